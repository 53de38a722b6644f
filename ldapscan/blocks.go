package ldapscan

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"

	"proxyaddr/ldapscan/ldif"
)

// A big export is read by several goroutines, each taking one block of it after
// the other, and more of them than maxReaders would take up more memory than they
// save time.
const (
	blockSize  = 4 << 20
	maxReaders = 4
)

// An exportPart is what one goroutine makes of the records that it reads.
type exportPart interface {
	// take is given a record, and the offset of the block of the file in which it
	// stands. The view and what the reader returns are valid until it returns.
	take(block int64, r *ldif.Reader, v *ldif.View)
	// page is told how many octets of the file are done.
	page(octets int64)
	// drop undoes what was taken.
	drop()
}

// readExport reads an export in parts, with the attributes that are wanted. If
// anything is wrong with it, it is read once more, in one part and up to there: the
// error tells the line, and what stands behind it does not count.
func readExport[P exportPart](ctx context.Context, x *Export, wanted func(name string) bool, begin func() P) ([]P, error) {
	n := min(runtime.GOMAXPROCS(0), maxReaders, 1+int(x.data.Size()/x.block))
	parts, err := readParts(ctx, x, n, x.block, wanted, begin)
	if err == nil || ctx.Err() != nil {
		return parts, ctx.Err()
	}
	for _, p := range parts {
		p.drop()
	}
	return readParts(ctx, x, 1, x.data.Size(), wanted, begin)
}

func readParts[P exportPart](ctx context.Context, x *Export, n int, block int64, wanted func(name string) bool, begin func() P) ([]P, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	blocks := &blocks{data: x.data, size: block}
	parts := make([]P, n)
	var group sync.WaitGroup
	for i := range parts {
		parts[i] = begin()
		group.Go(func() {
			if err := x.readBlocks(ctx, blocks, wanted, parts[i]); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	return parts, context.Cause(ctx)
}

func (x *Export) readBlocks(ctx context.Context, blocks *blocks, wanted func(name string) bool, part exportPart) error {
	r := ldif.NewReader(nil)
	r.Select = wanted
	for {
		start, end, err := blocks.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %s", x.name, cause(err))
		}
		r.Reset(io.NewSectionReader(x.data, start, end-start))
		for n := 0; ; n++ {
			if n%1000 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			v, err := r.View()
			if err == io.EOF {
				break
			}
			if err != nil {
				return fmt.Errorf("%s: %w", x.name, err)
			}
			if v.Change != ldif.ChangeNone && v.Change != ldif.ChangeAdd { // ldifde writes every object as an add
				return &Error{Subject: x.name, Problem: fmt.Sprintf("line %d: a change, not the content of a directory", v.Line),
					Hint: "export with ldifde -f export.ldif, or ldapsearch -LLL"}
			}
			part.take(start, r, v)
		}
		part.page(end - start)
	}
}

// blocks part a file into pieces that can be read on their own, of about the
// same size.
type blocks struct {
	data  *io.SectionReader
	size  int64
	taken atomic.Int64
}

// next returns where a block begins and ends that nobody has taken, or io.EOF.
func (b *blocks) next() (start, end int64, err error) {
	n := b.taken.Add(1) - 1
	if start = n * b.size; start >= b.data.Size() {
		return 0, 0, io.EOF
	}
	if end, err = b.cut(start + b.size); err == nil {
		start, err = b.cut(start)
	}
	return start, end, err
}

// cut returns the first place behind at that does not part a record.
func (b *blocks) cut(at int64) (int64, error) {
	if at == 0 || at >= b.data.Size() {
		return min(at, b.data.Size()), nil
	}
	return ldif.Cut(b.data, at)
}
