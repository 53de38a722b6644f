package statedir

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"slices"
	"syscall"
)

// A modelDisk is a directory in memory that can fail at a step, and that knows what is on
// the disk and what only the operating system has.
type modelDisk struct {
	names map[string]*modelFile
	// journal has the names after each change since the last sync, the synced first.
	journal    []map[string]*modelFile
	noExchange bool
	chance     *rand.Rand

	steps  int
	failAt int   // the step that fails, from 1; 0 is none
	with   error // what it fails with; errKilled also ends all that follows
}

type modelFile struct{ data, synced []byte }

var errKilled = errors.New("killed")

func newModelDisk(seed uint64) *modelDisk {
	d := &modelDisk{names: map[string]*modelFile{}, chance: rand.New(rand.NewPCG(seed, 0))}
	d.journal = []map[string]*modelFile{{}}
	return d
}

// step tells whether the next step fails.
func (d *modelDisk) step() error {
	d.steps++
	if d.failAt > 0 && (d.steps == d.failAt || d.steps > d.failAt && d.with == errKilled) {
		return d.with
	}
	return nil
}

// restart is a new process; after a power cut it finds only what was synced, and of the
// rest what chance left.
func (d *modelDisk) restart(powerCut bool) {
	d.steps, d.failAt = 0, 0
	if !powerCut {
		return
	}
	d.names = maps.Clone(d.journal[d.chance.IntN(len(d.journal))])
	for name := range d.names {
		if _, synced := d.journal[0][name]; !synced && d.chance.IntN(2) == 0 {
			delete(d.names, name) // POSIX promises no order
		}
	}
	for _, f := range d.names {
		if !bytes.Equal(f.data, f.synced) {
			kept := 0 // what was synced, where the rest came behind it
			if bytes.HasPrefix(f.data, f.synced) {
				kept = len(f.synced)
			}
			switch left := f.data[:kept+d.chance.IntN(len(f.data)-kept+1)]; d.chance.IntN(3) {
			case 0:
				f.data = bytes.Clone(f.synced)
			case 1:
				f.data = bytes.Clone(left)
			default: // the length without the data
				f.data = append(bytes.Clone(left), make([]byte, len(f.data)-len(left))...)
			}
			f.synced = f.data
		}
	}
	d.journal = []map[string]*modelFile{maps.Clone(d.names)}
}

func (d *modelDisk) changed() { d.journal = append(d.journal, maps.Clone(d.names)) }

func (d *modelDisk) Read(name string) (string, error) {
	if f := d.names[name]; f != nil {
		return string(f.data), nil
	}
	return "", fs.ErrNotExist
}

func (d *modelDisk) Size(name string) (int64, error) {
	text, err := d.Read(name)
	return int64(len(text)), err
}

func (d *modelDisk) Create(name string) (file, error) {
	if err := d.step(); err != nil {
		return nil, err
	}
	d.names[name] = &modelFile{}
	d.changed()
	return &modelHandle{d, d.names[name]}, nil
}

func (d *modelDisk) Append(name string) (file, error) {
	if d.names[name] == nil {
		return d.Create(name)
	}
	if err := d.step(); err != nil {
		return nil, err
	}
	return &modelHandle{d, d.names[name]}, nil
}

func (d *modelDisk) Cut(name string, size int64) error {
	if err := d.step(); err != nil {
		return err
	}
	f := d.names[name]
	if f == nil {
		return fs.ErrNotExist
	}
	f.data = bytes.Clone(f.data[:min(size, int64(len(f.data)))])
	f.synced = f.data
	return nil
}

func (d *modelDisk) Remove(name string) error {
	if d.names[name] == nil {
		return fs.ErrNotExist
	}
	if err := d.step(); err != nil {
		return err
	}
	delete(d.names, name)
	d.changed()
	return nil
}

func (d *modelDisk) Rename(from, to string) error {
	if err := d.step(); err != nil {
		return err
	}
	if d.names[from] == nil {
		return fs.ErrNotExist
	}
	d.names[to] = d.names[from]
	delete(d.names, from)
	d.changed()
	return nil
}

func (d *modelDisk) Exchange(a, b string) error {
	if d.noExchange {
		return errors.ErrUnsupported
	}
	if err := d.step(); err != nil {
		return err
	}
	if d.names[a] == nil || d.names[b] == nil {
		return fs.ErrNotExist
	}
	d.names[a], d.names[b] = d.names[b], d.names[a]
	d.changed()
	return nil
}

func (d *modelDisk) Sync() error {
	if err := d.step(); err != nil {
		return err
	}
	d.journal = []map[string]*modelFile{maps.Clone(d.names)}
	return nil
}

type modelHandle struct {
	disk *modelDisk
	file *modelFile
}

func (h *modelHandle) Write(p []byte) (int, error) {
	err := h.disk.step()
	n := len(p)
	if err != nil {
		n = h.disk.chance.IntN(n + 1)
		if h.disk.steps > h.disk.failAt {
			n = 0 // killed before
		}
	}
	h.file.data = slices.Concat(h.file.data, p[:n])
	return n, err
}

func (h *modelHandle) Sync() error {
	if err := h.disk.step(); err != nil {
		return err
	}
	h.file.synced = h.file.data
	return nil
}

func (h *modelHandle) Close() error { return h.disk.step() }

var errFull = &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
