// Package osfile does what package os does not do on every operating system: it locks
// files, syncs directories, exchanges two directories in one step, and tells who owns a
// file. It imports no other package of this module.
package osfile
