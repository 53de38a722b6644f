package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"proxyaddr/ldapscan/ldaptest"
	"proxyaddr/report/statedir"
)

// installed makes a service of this program, and deletes it when the test ends.
func installed(t *testing.T, args ...string) *mgr.Service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "proxyaddr.exe") // by whose name it knows that it is no test
	copyFile(t, self, program)
	manager, err := mgr.Connect()
	if err != nil {
		t.Skip("this account cannot install services: ", err)
	}
	t.Cleanup(func() { manager.Disconnect() })
	s, err := manager.CreateService("proxyaddr-test", program, mgr.Config{StartType: mgr.StartManual}, args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Delete(); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	return s
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	r, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(w, r); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// reaches waits until a service is in a state.
func reaches(t *testing.T, s *mgr.Service, want svc.State) svc.Status {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		status, err := s.Query()
		if err != nil {
			t.Fatal(err)
		}
		if status.State == want {
			return status
		}
		if time.Now().After(deadline) {
			t.Fatalf("state %d, want %d; exit codes %d and %d", status.State, want, status.Win32ExitCode, status.ServiceSpecificExitCode)
		}
	}
}

// The service manager starts a watch, asks how it is, and stops it, which is no failure.
func TestService(t *testing.T) {
	srv, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	swept := make(chan bool, 1)
	srv.Inject(ldaptest.Fault{Do: func() { swept <- true }})
	s := installed(t, append([]string{"watch", "--state", state, "--every", "1s", "--event-log"}, login...)...)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	if status := reaches(t, s, svc.Running); status.Accepts&svc.AcceptStop == 0 {
		t.Errorf("it cannot be stopped: %+v", status)
	}
	select {
	case <-swept:
	case <-time.After(time.Minute):
		t.Fatal("it asks nothing")
	}
	if status, err := s.Control(svc.Interrogate); err != nil || status.State != svc.Running {
		t.Errorf("%+v, %v", status, err)
	}
	if _, err := s.Control(svc.Stop); err != nil {
		t.Fatal(err)
	}
	if status := reaches(t, s, svc.Stopped); status.Win32ExitCode != 0 {
		t.Errorf("%+v", status)
	}
	// The state is free again.
	dir, err := statedir.Open(state, "test")
	if err != nil {
		t.Fatal(err)
	}
	dir.Close()
}

// A service that cannot watch stops with the exit code of the command.
func TestServiceThatFails(t *testing.T) {
	_, login := serveCounting(t, "dc1.a.example")
	state := filepath.Join(t.TempDir(), "state")
	held, err := statedir.Open(state, "test")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	s := installed(t, append([]string{"watch", "--state", state}, login...)...)
	// Wine's manager reports a timeout if the service has stopped before the manager looked.
	if err := s.Start(); err != nil && !errors.Is(err, windows.ERROR_SERVICE_REQUEST_TIMEOUT) {
		t.Fatal(err)
	}
	if status := reaches(t, s, svc.Stopped); status.ServiceSpecificExitCode != exitInUse {
		t.Errorf("%+v", status)
	}
}
