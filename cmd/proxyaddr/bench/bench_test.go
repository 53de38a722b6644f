package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts"
)

// The program starts itself, which is the test here.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == serveMode || os.Args[1] == mapMode) {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestSameSizeMakesTheSameDirectory(t *testing.T) {
	sum := func() string {
		h := sha256.New()
		if err := (directory{size: 3000}).writeLDIF(h); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%x", h.Sum(nil))
	}
	const want = "cb47a31f0fb4dace545b17a2d7e68db1aae0e4613cb2174555b40bf3cf70e327" // figures of different versions can be compared as long as it holds
	if a, b := sum(), sum(); a != want || b != want {
		t.Errorf("%s and %s, want %s", a, b, want)
	}
}

func TestAnswerIsWhatTheObjectsHold(t *testing.T) {
	d := directory{size: 20000}
	owners := map[string]int{}
	values := 0
	for i := range d.size {
		r := d.record(i)
		if got := d.find(r.guid[:]); got != i {
			t.Fatalf("object %d is found as %d", i, got)
		}
		values += len(r.addresses)
		for _, a := range r.addresses {
			owners[strings.ToLower(a)]++
		}
	}
	var twice []string
	for a, n := range owners {
		if n > 1 {
			twice = append(twice, a)
		}
	}
	slices.Sort(twice)
	want := answer{objects: d.size, values: values, duplicates: twice, classes: map[conflicts.Class]int{
		conflicts.Duplicate: 20, conflicts.Collation: 2, conflicts.CrossAttribute: 2, conflicts.NonSMTP: 2}}
	if diff := cmp.Diff(want, d.answer(), cmp.AllowUnexported(answer{})); diff != "" {
		t.Error(diff)
	}
	d.legacy = true
	legacy := map[string]bool{}
	for i := range d.size {
		legacy[strings.ToLower(d.record(i).legacy)] = true
	}
	if len(legacy) != d.size {
		t.Errorf("%d legacyExchangeDNs for %d objects", len(legacy), d.size)
	}
	if perObject := float64(values) / float64(d.size); perObject < 3.95 || perObject > 4.05 {
		t.Errorf("%.2f addresses an object", perObject)
	}
}

func TestProgramsThatFindSomethingElseAreTold(t *testing.T) {
	b := &bench{answer: answer{duplicates: []string{"smtp:a@x", "smtp:b@x"}}}
	for output, want := range map[string]string{
		"smtp:b@x\nSMTP:A@X\n":            "",
		"smtp:a@x\n":                      "missed smtp:b@x (1 duplicates, want 2)",
		"smtp:a@x\nsmtp:b@x\nsmtp:c@x\n":  "found, though there is only one, smtp:c@x (3 duplicates, want 2)",
		"proxyaddresses: smtp:a@x\nb@x\n": "missed smtp:b@x (2 duplicates, want 2)",
		"":                                "missed smtp:a@x (0 duplicates, want 2)",
	} {
		got := ""
		if err := b.lines(strings.NewReader(output)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
	for document, want := range map[string]string{
		`{"complete": false, "incomplete_reasons": ["no answer"]}`:    "incomplete: no answer",
		`{"complete": true, "counts": {"objects": 1, "values": 0}}`:   "1 objects with 0 addresses, want 0 with 0",
		`{"complete": true, "counts": {"classes": {"collation": 1}}}`: "1 conflicts of class collation, want 0",
		`{"complete": true}`: "missed smtp:a@x (0 duplicates, want 2)",
	} {
		if err := b.audit(strings.NewReader(document)); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", document, err, want)
		}
	}
}

func TestFailedProgramIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a shell")
	}
	for script, want := range map[string]string{
		"echo broken >&2; exit 3": "sh: exit code 3: broken",
		"echo other":              "sh: it said other",
	} {
		p := program{name: "sh", argv: []string{"sh", "-c", script}, check: func(r io.Reader) error {
			text, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			return fmt.Errorf("it said %s", bytes.TrimSpace(text))
		}}
		if _, err := p.run(t.Context(), t.TempDir()); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
}

// The whole bench, with the programs that are installed; ldapsearch must be.
func TestBenchRunsAndAllAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("builds proxyaddr and runs programs of OpenLDAP")
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-objects", "500", "-rounds", "1"}, nil, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	want := []string{"proxyaddr scan --format json", "ldapsearch > /dev/null", "ldapsearch > /dev/null, addresses alone", "ldapsearch > /dev/null, without TLS",
		"ldapsearch | awk | sort | uniq -d", "go-ldap SearchWithPaging and a map", "proxyaddr scan --input --format json", "grep | tr | sort | uniq -d"}
	if (&bench{}).python() != "" {
		want = append(want, "python-ldap and a dictionary")
	} else if !strings.Contains(out.String(), "Left out: python-ldap: not installed") {
		t.Error("python-ldap is missing and not named")
	}
	if there, err := (&bench{dir: t.TempDir()}).buildLDIFMap(t.Context()); err != nil {
		t.Error(err)
	} else if there != "" {
		want = append(want, "go-ldap/ldif Unmarshal and a map", "go-ldap/ldif UnmarshalEntries and a map")
	} else if !strings.Contains(out.String(), "Left out: go-ldap/ldif: ") {
		t.Error("go-ldap/ldif is missing and not named")
	}
	for _, name := range want {
		if row := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` +[0-9.]+ s +[0-9.]+ s +<?[0-9]+ MiB( +<?[0-9.]+){3}$`); !row.MatchString(out.String()) {
			t.Errorf("no row of %s", name)
		}
	}
	if !strings.Contains(out.String(), "All found the same 2 addresses") {
		t.Error("nothing says that all found the same")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if t.Failed() {
		t.Logf("%s", &out)
	}
}

// With 500 objects there are five conflicts, which both scans have to find.
func TestStateIsMeasured(t *testing.T) {
	if testing.Short() {
		t.Skip("builds proxyaddr")
	}
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-state", "-objects", "500", "-rounds", "1"}, nil, &out); err != nil {
		t.Fatalf("%v\n%s", err, &out)
	}
	if !regexp.MustCompile(`^500 objects with \d+ addresses, 5 known conflicts in a state of 0\.0 MiB;`).MatchString(out.String()) ||
		!regexp.MustCompile(`\nThe state adds -?[0-9.]+ % of the time, -?[0-9.]+ % of the processor time and -?[0-9.]+ MiB\.\n$`).MatchString(out.String()) {
		t.Errorf("%s", &out)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestMissingLibraryIsNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("runs go build")
	}
	t.Setenv("GOPROXY", "off")
	t.Setenv("GOMODCACHE", t.TempDir())
	b := &bench{dir: t.TempDir()}
	list, err := b.export(t.Context())
	if err != nil || len(list) == 0 || strings.Contains(list[len(list)-1].name, "go-ldap") {
		t.Errorf("%v, %v", list, err)
	}
	if len(b.missing) != 1 || !strings.HasPrefix(b.missing[0], "go-ldap/ldif: ") || !strings.Contains(b.missing[0], "GOPROXY=off") {
		t.Errorf("missing: %q", b.missing)
	}
}

func TestInterruptedBenchLeavesNothing(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, []string{"-objects", "500"}, nil, io.Discard); err == nil {
		t.Error("no error")
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Where the peak is known, memory that a program had must be in it.
func TestPeakIsThatOfTheProgram(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a shell")
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `x=$(head -c 50000000 /dev/zero | tr '\0' x); :`)
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if size, small := peak(cmd.ProcessState); !small && (size < 50e6 || size > 1e9) {
		t.Errorf("%d bytes", size)
	}
}
