package main

import "golang.org/x/sys/windows"

// obeyEscapes has a console obey escape sequences, which none does at first. undo, if not nil,
// takes that back: the programs that run there afterwards may rely on it. Consoles before
// Windows 10 and those in legacy mode print escape sequences instead; ok is false then.
func obeyEscapes(fd int) (undo func(), ok bool) {
	console, mode := windows.Handle(fd), uint32(0)
	if windows.GetConsoleMode(console, &mode) != nil {
		return nil, false
	}
	if mode&windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING != 0 {
		return nil, true
	}
	if windows.SetConsoleMode(console, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) != nil {
		return nil, false
	}
	return func() { _ = windows.SetConsoleMode(console, mode) }, true
}
