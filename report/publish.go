package report

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// sumsFile lists the other files with their checksums, as sha256sum -c reads them.
const sumsFile = "SHA256SUMS"

// A Sum is the SHA-256 of a file.
type Sum [sha256.Size]byte

// String returns the sum as sha256sum prints it.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// output is a file and what writes it.
type output struct {
	name  string
	write func(io.Writer) error
}

// publish does the work of Publish for any outputs.
func publish(dir string, outputs []output) (names []string, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, named(dir, err)
	}
	p := &publication{dir: dir}
	defer p.removeTemps()
	sums := make(map[string]Sum)
	for _, o := range outputs {
		if sums[o.name], err = p.stage(o); err != nil {
			return nil, err
		}
		names = append(names, o.name)
	}
	slices.Sort(names)
	if err := p.dropStale(names); err != nil {
		return nil, err
	}
	_, err = p.stage(output{sumsFile, func(w io.Writer) (err error) {
		for _, name := range names {
			_, err = fmt.Fprintf(w, "%s  %s\n", sums[name], name)
		}
		return err
	}})
	if err != nil {
		return nil, err
	}
	if err := p.commit(); err != nil {
		return nil, err
	}
	return slices.Insert(names, 0, sumsFile), nil
}

// A publication is a set of files on their way from temporary names to their own.
type publication struct {
	dir   string
	files []*staged
}

// staged is a file that takes its place when all are there.
type staged struct {
	path   string
	temp   string // the new file; empty if the one in place is only to go
	old    string // the file that was in place, until all is done; empty if there was none
	placed bool   // the new file is at path
}

// stage writes an output to a new temporary file, syncs it and returns its
// checksum. os.CreateTemp opens with O_EXCL and so follows no link.
func (p *publication) stage(o output) (sum Sum, err error) {
	path := filepath.Join(p.dir, o.name)
	f, err := os.CreateTemp(p.dir, ".proxyaddr-*.tmp")
	if err != nil {
		return sum, named(path, err)
	}
	p.files = append(p.files, &staged{path: path, temp: f.Name()})
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil {
			err = named(path, err)
		}
	}()
	if sum, err = summed(f, o.write); err != nil {
		return sum, err
	}
	return sum, f.Sync()
}

// summed writes to w and returns the checksum of what was written.
func summed(w io.Writer, write func(io.Writer) error) (sum Sum, err error) {
	hash := sha256.New()
	out := bufio.NewWriter(io.MultiWriter(w, hash))
	if err = write(out); err == nil {
		err = out.Flush()
	}
	hash.Sum(sum[:0])
	return sum, err
}

// named says of which file an error is, without the names that the file system
// gives, as those of temporary files.
func named(path string, err error) error {
	switch e := err.(type) {
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// published is a line of SHA256SUMS about a fix or rollback file.
var published = regexp.MustCompile(`(?m)^[0-9a-f]{64}  ((?:fix|rollback)-[a-z0-9._-]+\.ldif)$`)

// dropStale notes for removal the change files of an earlier scan that are not
// among names.
func (p *publication) dropStale(names []string) error {
	path := filepath.Join(p.dir, sumsFile)
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return named(path, err)
	}
	for _, m := range published.FindAllStringSubmatch(string(data), -1) {
		if !slices.Contains(names, m[1]) {
			p.files = append(p.files, &staged{path: filepath.Join(p.dir, m[1])})
		}
	}
	return nil
}

// commit puts every file in its place, or on an error leaves every place as it was.
func (p *publication) commit() error {
	for i, f := range p.files {
		if err := f.place(); err != nil {
			err = named(f.path, err)
			for _, f := range slices.Backward(p.files[:i+1]) {
				err = errors.Join(err, f.putBack())
			}
			return err
		}
	}
	for _, f := range p.files {
		if f.old != "" {
			_ = os.Remove(f.old) // hidden, and the next scan takes its name again
		}
	}
	return nil
}

func (f *staged) place() error {
	info, err := os.Lstat(f.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("is a directory")
	default:
		dir, name := filepath.Split(f.path)
		old := filepath.Join(dir, ".proxyaddr-"+name+".old")
		if err := os.Rename(f.path, old); err != nil {
			return err
		}
		f.old = old
	}
	if f.temp == "" {
		return nil
	}
	if err := os.Rename(f.temp, f.path); err != nil {
		return err
	}
	f.placed = true
	return nil
}

func (f *staged) putBack() error {
	switch {
	case f.old != "":
		return os.Rename(f.old, f.path)
	case f.placed:
		return os.Remove(f.path)
	}
	return nil
}

func (p *publication) removeTemps() {
	for _, f := range p.files {
		if f.temp != "" && !f.placed {
			_ = os.Remove(f.temp)
		}
	}
}
