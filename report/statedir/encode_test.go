package statedir

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// encoded returns the text of a state.
func encoded(s *memory.State, history int64) []byte {
	var b bytes.Buffer
	encode(&b, s, history) // to a buffer: it does not fail
	return b.Bytes()
}

func TestGolden(t *testing.T) {
	got := encoded(sample(1), 77)
	golden := filepath.Join("testdata", stateName)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	back, history, err := decode(string(got))
	if err != nil || history != 77 {
		t.Fatal(history, err)
	}
	if diff := cmp.Diff(sample(1), back); diff != "" {
		t.Error(diff)
	}
	lines := appendHistory(nil, sample(1), []memory.HistoryEntry{{Kind: "new", ID: "C-AAAAAAAAAAAAAAAA", Class: conflicts.Duplicate, Address: "smtp:<a>@b", Detail: "x"}})
	wantLines := `{"time":"2026-11-02T02:00:00Z","run":1,"event":"new","id":"C-AAAAAAAAAAAAAAAA","class":"duplicate","address":"smtp:<a>@b","detail":"x"}
{"time":"2026-11-02T02:00:00Z","run":1,"event":"run","complete":true,"incremental":true,"exit_code":1,"duration_ms":1234,"counts":{"new":1,"suppressed":1}}
`
	if diff := cmp.Diff(wantLines, string(lines)); diff != "" {
		t.Error(diff)
	}
}

// parts keeps what it is given, up to the part that fails.
type parts struct {
	list [][]byte
	fail int
}

func (p *parts) Write(b []byte) (int, error) {
	if len(p.list)+1 == p.fail {
		return 0, errKilled
	}
	p.list = append(p.list, bytes.Clone(b))
	return len(b), nil
}

// A large state is written in parts, and the first that fails ends it.
func TestLargeStateInParts(t *testing.T) {
	s := sample(1)
	for range 2000 {
		s.Cases = append(s.Cases, s.Cases[0])
	}
	var all parts
	if err := encode(&all, s, 1); err != nil {
		t.Fatal(err)
	}
	back, _, err := decode(string(bytes.Join(all.list, nil)))
	if err != nil || len(back.Cases) != len(s.Cases) || len(all.list) < 5 {
		t.Fatalf("%d parts: %v", len(all.list), err)
	}
	for n := range all.list {
		some := parts{fail: n + 1}
		if err := encode(&some, s, 1); err != errKilled || len(some.list) != n {
			t.Errorf("after part %d failed there are %d: %v", n+1, len(some.list), err)
		}
	}
}

// Whatever a run hands over, the next one can read it back: a clock that was put back during
// the run makes its duration negative, and a run that failed has counted nothing.
func TestWhatIsWrittenIsRead(t *testing.T) {
	for name, run := range map[string]memory.Run{
		"clock put back": {Number: 2, Time: sample(1).Last.Time, Duration: -time.Hour, Complete: true, Counts: map[memory.Status]int{}},
		"failed":         {Number: 2, Time: sample(1).Last.Time, ExitCode: 4},
	} {
		s := sample(1)
		s.Last = run
		back, _, err := decode(string(encoded(s, 0)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if back.Last.Duration != 0 || (back.Last.Counts == nil) != (run.Counts == nil) {
			t.Errorf("%s: %+v", name, back.Last)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encoded(sample(1), 1))
	f.Add([]byte(`{"schema_version":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, history, err := decode(string(text))
		if err != nil {
			return
		}
		again, n, err := decode(string(encoded(s, history)))
		if err != nil || n != history {
			t.Fatalf("%v in %s", err, encoded(s, history))
		}
		if !bytes.Equal(encoded(s, history), encoded(again, n)) {
			t.Errorf("%s became %s", encoded(s, history), encoded(again, n))
		}
	})
}
