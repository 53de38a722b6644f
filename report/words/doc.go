// Package words has what the outputs of package report say alike: whether a scan was
// complete, what it looked at, what becomes of an owner and at what risk, and how
// numbers are written. A text that two outputs share has its home here.
//
// [Escape] makes the strings of a directory safe to show, and [Columns] says how wide
// they are on a terminal. The package imports no other of report; all of them may import it.
package words
