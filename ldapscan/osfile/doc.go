// Package osfile does with files what package os does not do alike on every
// operating system: it locks them, brings their names to the disk, exchanges two
// directories in one step, and tells whose they are. It imports nothing of ours.
package osfile
