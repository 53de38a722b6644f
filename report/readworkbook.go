package report

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan/osfile"
	"proxyaddr/report/workbook"
)

// maxWorkbook is how many bytes a workbook may have.
const maxWorkbook = 1 << 30

// ReadWorkbook reads the decisions in the workbook at path, and the scan.json
// beside it, from which [Destination.Publish] made the workbook. That says what is
// decided on; of the workbook nothing but decisions, new values and comments is taken.
//
// A workbook that is not of this scan, and either file if it is damaged, is a
// [workbook.ReviewError].
func ReadWorkbook(path string) (*workbook.Decisions, error) {
	f, err := osfile.OpenRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxWorkbook {
		return nil, workbook.Unusable("", "%s: more than %d MiB", path, maxWorkbook>>20)
	}
	sum, err := summed(io.Discard, func(w io.Writer) error { _, err := io.Copy(w, f); return err })
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	scan, scanSum, err := readScan(ScanBeside(path))
	if err != nil {
		return nil, err
	}
	return workbook.Read(workbook.File{ReaderAt: f, Size: info.Size(), Path: path, Sum: sum.String(), ScanSum: scanSum.String()}, scan)
}

// ScanBeside returns the name of the scan.json that is read with a workbook.
func ScanBeside(workbook string) string { return filepath.Join(filepath.Dir(workbook), scanFile) }

// readScan reads the scan.json beside a workbook, and holds it to SHA256SUMS where that
// is there.
func readScan(path string) (a *conflicts.Audit, sum Sum, err error) {
	f, err := osfile.OpenRegular(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, sum, workbook.Unusable("put the workbook back beside the files of its scan", "%s is missing; fix needs the scan.json that was written with this workbook", path)
	}
	if err != nil {
		return nil, sum, err
	}
	defer f.Close()
	var broken error
	sum, err = summed(io.Discard, func(w io.Writer) error {
		in := io.TeeReader(f, w)
		a, broken = ReadJSON(in)
		_, err := io.Copy(io.Discard, in)
		return err
	})
	if err != nil {
		return nil, sum, fmt.Errorf("%s: %w", path, err)
	}
	changed, err := Contradicted(path, sum.String())
	if err != nil {
		return nil, sum, err
	}
	if changed {
		return nil, sum, workbook.Unusable("restore it, or scan again and review the new workbook", "%s: was changed after the scan: %s lists another checksum", path, sumsFile)
	}
	if broken != nil {
		return nil, sum, workbook.Unusable("", "%s: %v", path, broken)
	}
	return a, sum, nil
}
