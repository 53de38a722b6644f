package report

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report/background"
)

// sumsFile lists the other files with their checksums, as sha256sum -c reads them.
const sumsFile = "SHA256SUMS"

// A Sum is the SHA-256 of a file.
type Sum [sha256.Size]byte

// String returns the sum as sha256sum prints it.
func (s Sum) String() string { return hex.EncodeToString(s[:]) }

// summed writes to w in the background, and returns the checksum of what was written.
func summed(w io.Writer, write func(io.Writer) error) (sum Sum, err error) {
	hash := sha256.New()
	out := background.NewWriter(io.MultiWriter(w, hash))
	err = write(out)
	if failed := out.Close(); err == nil {
		err = failed
	}
	hash.Sum(sum[:0])
	return sum, err
}

// maxSums is how many bytes a SHA256SUMS may have: some 10,000 lines.
const maxSums = 1 << 20

// A sumsLine is one of SHA256SUMS as sha256sum reads it. It marks with "*" what it read
// as binary, and with a backslash a name that it escapes.
var sumsLine = regexp.MustCompile(`^\\?([0-9a-fA-F]{64}) [ *](?:\./)*(.+)$`)

// readSums returns the checksums that the SHA256SUMS in dir lists, by name, in
// hexadecimal; none if it is missing. A line that it cannot read is an error, as a file
// may be listed there.
func readSums(dir string) (map[string]string, error) {
	f, err := osfile.OpenRegular(filepath.Join(dir, sumsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxSums+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSums {
		return nil, fmt.Errorf("larger than %d MiB", maxSums>>20)
	}
	sums := make(map[string]string)
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(string(data), ByteOrderMark)) {
		n++
		if line = strings.TrimRight(line, "\r\n"); line == "" || line[0] == '#' {
			continue
		}
		m := sumsLine.FindStringSubmatch(line)
		if m == nil {
			return nil, fmt.Errorf("line %d is not as sha256sum writes it", n)
		}
		sums[m[2]] = strings.ToLower(m[1])
	}
	return sums, nil
}

// Contradicted tells whether the SHA256SUMS beside the file at path lists it with
// another checksum than sum, in hexadecimal: it is not what a scan or fix wrote there.
// A SHA256SUMS that is not a regular file, or has more than 1 MiB, is an error.
func Contradicted(path, sum string) (bool, error) {
	dir, name := filepath.Split(path)
	sums, err := readSums(dir)
	if err != nil {
		return false, named(filepath.Join(dir, sumsFile), err)
	}
	for listed, want := range sums {
		if strings.EqualFold(listed, name) && want != sum { // Windows opens it by either name
			return true, nil
		}
	}
	return false, nil
}
