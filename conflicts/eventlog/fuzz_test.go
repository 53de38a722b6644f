package eventlog

import (
	"bytes"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// Whatever the input, Read ends with a Log that keeps its promises or an Error
// that says why not, and says the same if it gets the input in other pieces.
func FuzzRead(f *testing.F) {
	for _, ex := range examples(f) {
		f.Add(ex.input)
	}
	for _, b := range bulk {
		f.Add([]byte(b.head + b.other + b.ours + b.tail))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		log, err := Read("input", bytes.NewReader(data))
		var e *Error
		if (err == nil) != (log != nil) || err != nil && !errors.As(err, &e) {
			t.Fatalf("%v, %v", log, err)
		}
		check(t, log)
		again, err2 := Read("input", iotest.HalfReader(bytes.NewReader(data)))
		if diff := cmp.Diff(log, again); diff != "" || (err == nil) != (err2 == nil) {
			t.Errorf("in other pieces: %v\n%s", err2, diff)
		}
	})
}

// Whatever stands in the words of an event, the readings are names.
func FuzzPair(f *testing.F) {
	for _, ex := range examples(f) {
		if len(ex.input) < 4<<10 {
			f.Add(string(ex.input))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if readings, err := pair(text); err == nil {
			check(t, &Log{Events: []Event{{ID: 9514, Readings: readings, Count: 1}}})
		}
	})
}
