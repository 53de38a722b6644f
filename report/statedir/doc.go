// Package statedir keeps what runs remember in a directory of its own.
//
//	lock           held by the run that writes, by a lock of the operating system
//	state.json     all that is remembered, as of the last run
//	state.json.1   the same as of the run before
//	history.jsonl  a line for each run and each thing that it told
//
// A run is remembered in the moment in which its state.json takes the place of the one
// before. That holds how long history.jsonl was by then: what a killed run wrote behind
// that is cut off by the next one. Nothing takes a place before it is on the disk.
//
// A state that cannot be read is an error, never a new beginning: everything would be
// called new, or known.
package statedir
