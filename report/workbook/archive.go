package workbook

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"sort"

	"github.com/xuri/excelize/v2"

	"proxyaddr/report/background"
)

// archive writes the file so that the same audit gives the same bytes.
// excelize would compress it in memory, in the order of a map, and would hold
// rows in memory or in temporary files: so it makes the sheets of the tables
// without their rows, which are put in here. To compress as well as can be takes
// three times as long.
func (b *book) archive(w io.Writer, scanSum func() string) error {
	types := b.ContentTypes.Defaults // the image types, declared along with a chart, come from a map too
	sort.Slice(types, func(i, j int) bool { return types[i].Extension < types[j].Extension })
	all := parts{}
	b.SetZipWriter(func(io.Writer) excelize.ZipWriter { return all })
	if _, err := b.WriteToBuffer(); err != nil {
		return err
	}
	b.addResults(all)
	all[corePart] = bytes.NewBufferString(coreProperties)
	frames, err := b.takeFrames(all)
	if err != nil {
		return err
	}
	out := zip.NewWriter(w)
	deflate, err := flate.NewWriter(nil, flate.BestSpeed) // takes 1 MB, and the parts come one after the other
	if err != nil {
		return err
	}
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate.Reset(w)
		return compressor{background.NewWriter(deflate), deflate}, nil
	})
	write := func(name string, content []byte) error {
		part, err := out.Create(name)
		if err == nil {
			_, err = part.Write(content)
		}
		return err
	}
	var last []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if content := all[name].Bytes(); bytes.Contains(content, []byte(b.scanMark)) {
			last = append(last, name)
		} else if err := write(name, content); err != nil {
			return err
		}
	}
	for _, t := range b.tables {
		r := &rowWriter{table: t, frames: frames, out: out}
		if err := t.rows(r); err != nil {
			return err
		}
		if err := r.close(); err != nil {
			return err
		}
	}
	sum := []byte(scanSum())
	for _, name := range last {
		if err := write(name, bytes.ReplaceAll(all[name].Bytes(), []byte(b.scanMark), sum)); err != nil {
			return err
		}
	}
	return out.Close()
}

// A compressor compresses in the background.
type compressor struct {
	*background.Writer
	deflate *flate.Writer
}

func (c compressor) Close() error { return errors.Join(c.Writer.Close(), c.deflate.Close()) }

// addResults puts in what formulas give, for programs that do not calculate: excelize keeps no
// text beside a formula.
func (b *book) addResults(all parts) {
	const name, after = "xl/worksheets/sheet1.xml", "</f>"
	var sheet []byte
	rest := all[name].Bytes()
	for _, result := range b.results {
		end := bytes.Index(rest, []byte(after)) + len(after)
		sheet = append(sheet, rest[:end]...)
		sheet = append(appendText(append(sheet, "<v>"...), result), "</v>"...)
		rest = rest[end:]
	}
	all[name] = bytes.NewBuffer(append(sheet, rest...))
}

// corePart is the part of the document properties.
const corePart = "docProps/core.xml"

// parts are the files inside a workbook, taken from excelize.
type parts map[string]*bytes.Buffer

func (p parts) Create(name string) (io.Writer, error) {
	p[name] = &bytes.Buffer{}
	return p[name], nil
}

func (parts) AddFS(fs.FS) error { return errors.ErrUnsupported }
func (parts) Close() error      { return nil }

// A frame is what surrounds the rows of a sheet and their links.
type frame struct {
	name                              string
	beforeRows, beforeLinks, toTheEnd []byte
}

// takeFrames takes the sheets of the tables, by name, out of the parts.
func (b *book) takeFrames(all parts) (map[string]frame, error) {
	frames := map[string]frame{}
	for id, sheet := range b.GetSheetMap() {
		if sheet == summarySheet || sheet == aboutSheet {
			continue
		}
		name := fmt.Sprintf("xl/worksheets/sheet%d.xml", id)
		xml := all[name].Bytes()
		// The order of elements is that of CT_Worksheet (ECMA-376 part 1, A.2).
		rows, links := bytes.Index(xml, []byte("</sheetData>")), bytes.Index(xml, []byte("<pageMargins"))
		if rows < 0 || links < rows {
			return nil, fmt.Errorf("%s: no place for rows", name)
		}
		frames[sheet] = frame{name, xml[:rows], xml[rows:links], xml[links:]}
		delete(all, name)
	}
	return frames, nil
}
