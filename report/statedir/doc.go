// Package statedir keeps the state of runs in a directory of its own.
//
//	lock           locked, through the operating system, by the run that writes
//	state.json     the state after the last run
//	state.json.1   the state after the run before
//	history.jsonl  a line for each run and each thing that it reported
//
// A run is remembered from the moment in which its state.json replaces the one before. The state
// holds the length of history.jsonl at that time: the next run cuts off anything that a killed
// run wrote after it. No file is renamed before it is on the disk.
//
// A state that cannot be read is an error, never a new beginning: otherwise every conflict would
// be called new, or known.
package statedir
