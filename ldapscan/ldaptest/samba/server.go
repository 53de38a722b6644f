//go:build linux

package samba

import (
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"
	"time"
)

// Stop ends the DC as a power cut would: its connections break, and new ones are
// refused. What it holds is there again after [DC.Start]. A DC that other tests
// use is not to be stopped.
func (dc *DC) Stop(tb testing.TB) {
	tb.Helper()
	if err := dc.server.stop(); err != nil {
		tb.Fatalf("%s: %v", dc.Host, err)
	}
}

// Start runs a stopped DC again, at the same address, and waits until it is
// ready.
func (dc *DC) Start(tb testing.TB) {
	tb.Helper()
	if err := dc.serve(); err != nil {
		tb.Fatalf("%s: %v", dc.Host, err)
	}
}

// serve runs the server and waits until it is ready.
func (dc *DC) serve() (err error) {
	if dc.server, err = serve(dc.domain, dc.addr); err != nil {
		return err
	}
	return dc.server.await(dc.ready)
}

// end stops the DC, removes its files, and gives its address back.
func (dc *DC) end() error {
	defer dc.addr.release()
	if dc.server != nil {
		if err := dc.server.stop(); err != nil {
			return fmt.Errorf("samba at %s: %w", dc.IP, err)
		}
	}
	return os.RemoveAll(dc.domain.Dir)
}

// server is the running samba: a process group of about twenty processes.
//
// Its standard input is a pipe that nobody writes to. Under -i, samba ends its
// process group when it reads the end of it, and the kernel closes our end when
// this process dies, whatever it dies of.
type server struct {
	addr  *address
	stdin io.Closer
	group int // its process group
	log   string
	gone  chan struct{} // closed when no process with what it inherited is left
}

func serve(d *domain, addr *address) (*server, error) {
	s := &server{addr: addr, log: d.path("out.log"), gone: make(chan struct{})}
	log, err := os.OpenFile(s.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// Nobody writes to this pipe either: its end comes when the last process
	// that inherited it is gone.
	alive, inherited, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer inherited.Close()

	cmd := d.command("samba", "-i", "-M", "prefork", "-s", d.path("smb.conf"))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.ExtraFiles = []*os.File{addr.claim, inherited}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.stdin, err = cmd.StdinPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		alive.Close()
		return nil, err
	}
	s.group = cmd.Process.Pid
	go func() {
		defer close(s.gone)
		defer alive.Close()
		cmd.Wait()
		io.Copy(io.Discard, alive)
	}()
	return s, nil
}

// await waits until ready returns nil. When that takes a minute, or the server
// ends first, it stops the server and returns what was amiss.
func (s *server) await(ready func() error) error {
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	timeout := time.After(time.Minute)
	err := ready()
	for err != nil {
		select {
		case <-poll.C:
			err = ready()
			continue
		case <-s.gone:
			err = errors.New("the server ended")
		case <-timeout:
			err = fmt.Errorf("not ready after a minute: %w", err)
		}
		log, logErr := os.ReadFile(s.log)
		if logErr != nil { // the files were deleted while the server ran
			return errors.Join(err, logErr, s.stop())
		}
		return errors.Join(fmt.Errorf("%w\n%s", err, tail(log)), s.stop())
	}
	return nil
}

// stop ends the server and waits until its ports are free. A few of its processes
// close what they inherited and so outlive gone for a moment, with a port each.
func (s *server) stop() error {
	s.stdin.Close()
	select {
	case <-s.gone:
	case <-time.After(10 * time.Second):
		syscall.Kill(-s.group, syscall.SIGKILL)
		select {
		case <-s.gone:
		case <-time.After(10 * time.Second):
			return errors.New("the server does not end")
		}
	}
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	timeout := time.After(10 * time.Second)
	for {
		err := bindable(s.addr.ip)
		if err == nil {
			return nil
		}
		select {
		case <-poll.C:
		case <-timeout:
			return fmt.Errorf("the server keeps a port: %w", err)
		}
	}
}

// stopped reports whether no process of the server is left.
func (s *server) stopped() bool {
	select {
	case <-s.gone:
		return true
	default:
		return false
	}
}
