//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// A signal ends watch in order and without a failure, also in the middle of a run, which then
// leaves no trace.
func TestWatchSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		srv, login := serveCounting(t, "dc1.a.example")
		state := filepath.Join(t.TempDir(), "state")
		process := make(chan *os.Process, 1)
		srv.Inject(ldaptest.Fault{Kind: ldaptest.Hang, Match: func(s ldaptest.Search) bool {
			return strings.Contains(s.Filter, "(uSNChanged>=") && strings.Contains(s.Filter, "(objectGUID=") // of the second run
		}, Do: func() {
			if err := (<-process).Signal(signal); err != nil {
				t.Error(err)
			}
		}})
		cmd, stderr := program(t, append([]string{"watch", "--state", state, "--every", "1s"}, login...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		process <- cmd.Process
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitClean || !strings.HasSuffix(stderr.String(), "proxyaddr: watch has ended\n") {
			t.Errorf("%v: %v\n%s", signal, cmd.ProcessState, stderr)
		}
		if s, err := statedir.Read(state); err != nil || !s.Last.Complete || s.Last.Number != 1 {
			t.Errorf("%v: %+v, %v", signal, s, err)
		}
	}
}

// Killed at any moment, watch loses no finding, and at worst tells one again that it had not
// remembered yet.
func TestWatchKilled(t *testing.T) {
	kills := 30
	if testing.Short() {
		kills = 5
	}
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	login = append(login, "--state", state)
	scanState(t, exitClean, append(login, "--fail-on", "new")...)
	began := time.Now()
	scanState(t, exitClean, append(login, "--fail-on", "new", "--incremental")...)
	whole := time.Since(began) + 100*time.Millisecond // to start a process
	for n := range kills {
		applyTo(t, srv, fmt.Sprintf("dn: CN=A%[1]d,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: smtp:p%[1]d@a.example\n\n"+
			"dn: CN=B%[1]d,DC=a,DC=example\nchangetype: add\nobjectClass: contact\nproxyAddresses: smtp:p%[1]d@a.example\n", n))
		cmd, _ := program(t, append([]string{"watch", "--every", "1s"}, login...)...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Duration(rand.Float64()*float64(whole)), func() { cmd.Process.Kill() })
		_ = cmd.Wait()
		summary, stderr := scanState(t, exitClean, append(login, "--fail-on", "none", "--incremental")...)
		if want := fmt.Sprintf("1 new, %d known;", n+1); !strings.HasPrefix(summary, want) && !strings.Contains(summary, fmt.Sprintf(": %d known;", n+2)) {
			t.Fatalf("kill %d: %s\n%s", n, summary, stderr)
		}
	}
	events := toldIn(t, state)
	for n := range kills {
		if got := events[fmt.Sprintf("new smtp:p%d@a.example", n)]; got != 1 {
			t.Errorf("conflict %d was told as new %d times", n, got)
		}
	}
}
