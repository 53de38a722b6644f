// Package background writes while the next bytes are being made.
package background

import (
	"bufio"
	"io"
)

const bufferSize = 32 << 10

// A Writer hands what is written to another goroutine, which writes it.
type Writer struct {
	buffer *bufio.Writer
	pipe   *io.PipeWriter
	ended  chan error
}

// NewWriter returns a Writer to w, which nobody else may use until Close.
func NewWriter(w io.Writer) *Writer {
	reader, pipe := io.Pipe()
	b := &Writer{bufio.NewWriterSize(pipe, bufferSize), pipe, make(chan error, 1)}
	go func() {
		_, err := io.CopyBuffer(w, reader, make([]byte, bufferSize))
		reader.CloseWithError(err)
		b.ended <- err
	}()
	return b
}

// Write returns the error of an earlier Write if that failed meanwhile.
func (b *Writer) Write(p []byte) (int, error) { return b.buffer.Write(p) }

// Close waits until everything is written, and returns the first error. It does not close w.
func (b *Writer) Close() error {
	err := b.buffer.Flush()
	b.pipe.Close()
	if failed := <-b.ended; failed != nil {
		return failed
	}
	return err
}
