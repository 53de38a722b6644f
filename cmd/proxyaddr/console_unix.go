//go:build unix

package main

// obeyEscapes reports that a terminal obeys escape sequences.
func obeyEscapes(int) (undo func(), ok bool) { return nil, true }
