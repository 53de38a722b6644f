package background

import (
	"bytes"
	"errors"
	"testing"
)

func TestWriterWritesEverything(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), 50_000)
	var got bytes.Buffer
	w := NewWriter(&got)
	for rest := want; len(rest) > 0; {
		n := min(len(rest), 7777)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := w.Close(); err != nil || !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%v, %d of %d bytes", err, got.Len(), len(want))
	}
}

// waiting takes a first piece only once it is told to.
type waiting chan bool

func (w waiting) Write(p []byte) (int, error) {
	<-w
	return len(p), nil
}

func TestWriteDoesNotWait(t *testing.T) {
	slow := make(waiting)
	w := NewWriter(slow)
	for _, n := range []int{bufferSize, 1} { // the second one empties the buffer
		if _, err := w.Write(make([]byte, n)); err != nil {
			t.Error(err)
		}
	}
	close(slow)
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

var errFull = errors.New("no space left on device")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// An error is told however much is written after it.
func TestWriterTellsTheError(t *testing.T) {
	for _, pieces := range []int{1, 2, 100} {
		w := NewWriter(full{})
		for range pieces {
			if _, err := w.Write(make([]byte, bufferSize)); err != nil && !errors.Is(err, errFull) {
				t.Error(err)
			}
		}
		if err := w.Close(); !errors.Is(err, errFull) {
			t.Errorf("%d pieces: %v", pieces, err)
		}
	}
}
