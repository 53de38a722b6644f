package apply

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/ldapscan"
	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/ldapscan/osfile"
)

// A job is what a process of its own has to do, until it is killed.
type job struct {
	URL, CAFile, User, Password string
	Plan, Journal               string // files
	Undo                        bool
	// KillAt is the write or sync of the journal, from 1, in which the process kills
	// itself; of a write, Part gets through. 0 is none.
	KillAt int
	Part   float64
}

const jobVariable = "PROXYADDR_APPLY_JOB"

func TestMain(m *testing.M) {
	text := os.Getenv(jobVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var w job
	err := json.Unmarshal([]byte(text), &w)
	if err == nil {
		err = w.do()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (w *job) config() (ldapscan.Config, error) {
	pem, err := os.ReadFile(w.CAFile)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return ldapscan.Config{URL: w.URL, TLS: &tls.Config{RootCAs: roots}, Timeout: time.Minute,
		Credentials: ldapscan.Credentials{Mechanism: ldapscan.Simple, User: w.User, Password: w.Password}}, err
}

// do begins the job, or goes on with it where it was left.
func (w *job) do() error {
	ctx := context.Background()
	cfg, err := w.config()
	if err != nil {
		return err
	}
	f, err := ldapscan.OpenForest(ctx, ldapscan.ForestConfig{Servers: []ldapscan.Config{cfg}})
	if err != nil {
		return err
	}
	defer f.Close()
	j, err := Open(w.Journal, time.Now)
	if errors.Is(err, ErrNoPlan) {
		err = os.Remove(w.Journal)
	}
	if j == nil && (err == nil || errors.Is(err, os.ErrNotExist)) {
		j, err = w.create(f)
	} else if err == nil {
		j.file = &killer{file: j.file, job: w}
	}
	if err != nil {
		return err
	}
	defer j.Close()
	if err := Recover(ctx, f, j); err != nil {
		return err
	}
	if w.Undo && !j.Undoing() {
		err = j.Undo(*j.head)
	} else {
		err = j.Resume(*j.head)
	}
	if err != nil {
		return err
	}
	return runAll(ctx, f, j, j.Left(), func(*conflicts.FixRecord) {})
}

// create is Create in a process that can be killed meanwhile.
func (w *job) create(f *ldapscan.Forest) (*Journal, error) {
	text, err := os.ReadFile(w.Plan)
	if err != nil {
		return nil, err
	}
	var plan []conflicts.FixRecord
	if err := json.Unmarshal(text, &plan); err != nil {
		return nil, err
	}
	j := newJournal(time.Now)
	lines, err := j.announce(Head{Servers: Servers(f, plan)}, plan)
	if err != nil {
		return nil, err
	}
	created, err := osfile.CreateLocked(w.Journal)
	if err != nil {
		return nil, err
	}
	j.file = &killer{file: created, job: w}
	return j, j.put(lines...)
}

// A killer is a file in the middle of whose use the process ends.
type killer struct {
	file
	job *job
	n   int
}

func (k *killer) Write(p []byte) (int, error) {
	if k.n++; k.n == k.job.KillAt {
		k.file.Write(p[:int(k.job.Part*float64(len(p)+1))])
		k.kill()
	}
	return k.file.Write(p)
}

func (k *killer) Sync() error {
	if k.n++; k.n == k.job.KillAt {
		k.kill()
	}
	return k.file.Sync()
}

func (k *killer) kill() {
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		p.Kill()
	}
	select {}
}

// A victim is what runs against a directory until it is killed.
type victim struct {
	job
	forest  *ldapscan.Forest
	plan    []conflicts.FixRecord
	chance  *rand.Rand
	windows map[string]int // in which it was killed
	// at calls kill when the directory has made so many changes, where it can.
	at func(changes int, kill func())
	// took is how long the run that was not killed took.
	took time.Duration
}

// run starts the job and kills it, if it is to be, at one of the moments that
// matter: at a write or sync of the journal, when the directory has made a change
// and not answered, or whenever.
func (v *victim) run(t *testing.T, killed bool) {
	t.Helper()
	w := v.job
	moment := v.chance.IntN(3)
	if moment == 1 && v.at == nil {
		moment = 0
	}
	if killed && moment == 0 {
		// Two of each line, but of the plan.
		w.KillAt, w.Part = 1+v.chance.IntN(4*len(v.plan)+4), v.chance.Float64()
	}
	text, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), jobVariable+"="+string(text))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	started := make(chan struct{})
	if killed && moment == 1 {
		// Set before the start, as the first change may come at once.
		v.at(1+v.chance.IntN(len(v.plan)), func() { <-started; cmd.Process.Kill() })
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if killed && moment == 2 {
		defer time.AfterFunc(time.Duration(v.chance.Float64()*float64(v.took)), func() { cmd.Process.Kill() }).Stop()
	}
	err = cmd.Wait()
	switch {
	case err == nil && !killed:
		v.took = time.Since(began)
	case err != nil && (stderr.Len() > 0 || !killed):
		t.Fatalf("%v: %s", err, stderr.String())
	case err != nil:
		v.windows[v.look(t)]++
	}
}

// look finds out in which window the job was killed, and whether the journal
// agrees with the directory.
func (v *victim) look(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(v.Journal)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	j := newJournal(time.Now)
	_, err = j.load(bytes.NewReader(text))
	now := states(t, v.forest, v.plan)
	switch {
	case errors.Is(err, ErrNoPlan):
		if strings.Trim(now, "r") != "" {
			t.Fatalf("no plan, and the directory is %s", now)
		}
		return "before the plan"
	case err != nil:
		t.Fatal(err)
	case !agree(now, noted(j)):
		t.Fatalf("the journal says %s, the directory %s", noted(j), now)
	case j.Torn:
		return "in a line"
	case j.open == none:
		return "between changes"
	case (now[j.open] == 'a') == j.Undoing():
		return "before a change was made"
	}
	return "before it was noted that a change was made"
}

// finish runs the job until it is done, killed up to three times, and looks at
// what has come of it.
func (v *victim) finish(t *testing.T, undone bool) {
	t.Helper()
	v.Undo = undone
	for kills := 1 + v.chance.IntN(3); kills > 0; kills-- {
		v.run(t, true)
	}
	v.run(t, false)
	j, err := Open(v.Journal, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	want := strings.Repeat(map[bool]string{false: "a", true: "r"}[undone], len(v.plan))
	if now := states(t, v.forest, v.plan); now != want || noted(j) != want || len(j.Left()) > 0 {
		t.Fatalf("the directory is %s, the journal %s", now, noted(j))
	}
}

// newVictim writes the plan for a directory's staff.
func newVictim(t *testing.T, w job, seed uint64, base string) *victim {
	t.Helper()
	cfg, err := w.config()
	if err != nil {
		t.Fatal(err)
	}
	v := &victim{job: w, forest: open(t, cfg), chance: rand.New(rand.NewPCG(seed, 0)), windows: map[string]int{}, took: time.Second}
	v.plan = planFor(t, v.forest, base)
	text, err := json.Marshal(v.plan)
	if err != nil {
		t.Fatal(err)
	}
	v.Plan = filepath.Join(t.TempDir(), "plan")
	if err := os.WriteFile(v.Plan, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return v
}

// requests counts what a server is asked to change, and kills at a change.
type requests struct {
	mu     sync.Mutex
	of     map[string]int // by object
	left   int            // changes until kill
	killer func()
}

func (r *requests) sent(dn string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[dn]++
	return true
}

func (r *requests) made() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left--; r.left == 0 {
		r.killer()
	}
}

func (r *requests) at(changes int, kill func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left, r.killer = changes, kill
}

// take returns how often each object was to be changed since the last call.
func (r *requests) take() map[string]int {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.of
	r.of, r.left = map[string]int{}, 0
	return of
}

// Killed at any moment, and continued, a run leaves a journal that says what is
// in the directory. Each object is asked to change once: nothing is made twice, and
// nothing is lost.
func TestKilled(t *testing.T) {
	rounds, contacts := 200, 4
	if testing.Short() {
		rounds = 20
	}
	srv := serve(t, contacts)
	r := &requests{of: map[string]int{}}
	srv.Inject(ldaptest.Fault{Times: -1, Modify: r.sent, Do: r.made})
	w := job{URL: srv.URL, User: user, Password: password, CAFile: filepath.Join(t.TempDir(), "ca.pem")}
	if err := os.WriteFile(w.CAFile, srv.CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	v := newVictim(t, w, 1, root)
	v.at = r.at
	for round := range rounds {
		undone := round%2 == 1
		if !undone {
			v.Journal = filepath.Join(t.TempDir(), fmt.Sprintf("journal%d", round))
		}
		v.finish(t, undone)
		sent := r.take()
		for object, n := range sent {
			if n != 1 || len(sent) != contacts {
				t.Fatalf("round %d: %s was to be changed %d times, %d objects in all", round, object, n, len(sent))
			}
		}
	}
	t.Logf("killed %v", v.windows)
	for _, window := range []string{"before the plan", "in a line", "between changes", "before a change was made", "before it was noted that a change was made"} {
		if v.windows[window] == 0 && !testing.Short() {
			t.Errorf("never killed %s", window)
		}
	}
}
