//go:build linux

package samba

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// server is the running samba: a process group of about twenty processes.
//
// Its standard input is a pipe that nobody writes to. Under -i, samba ends its
// process group when it reads the end of it, and the kernel closes our end when
// this process dies, whatever it dies of.
type server struct {
	addr   *address
	dir    string
	cmd    *exec.Cmd
	stdin  io.Closer
	log    string
	exited chan struct{} // closed when the first process of the group has ended
}

func serve(d *domain, addr *address) (*server, error) {
	s := &server{
		addr:   addr,
		dir:    d.Dir,
		cmd:    exec.Command("samba", "-i", "-M", "prefork", "-s", d.path("smb.conf")),
		log:    d.path("out.log"),
		exited: make(chan struct{}),
	}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.Env = append(os.Environ(), "KRB5_CONFIG="+d.path("krb5.conf"))
	s.cmd.ExtraFiles = []*os.File{addr.claim}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if s.stdin, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
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
		case <-s.exited:
			err = errors.New("the server ended")
		case <-timeout:
			err = fmt.Errorf("not ready after a minute: %w", err)
		}
		log, _ := os.ReadFile(s.log)
		return errors.Join(fmt.Errorf("%w\n%s", err, tail(log)), s.stop())
	}
	return nil
}

// stop ends the server, waits until the last of its processes is gone, and
// removes its files.
func (s *server) stop() error {
	s.stdin.Close()
	select {
	case <-s.exited:
	case <-time.After(10 * time.Second):
		syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	}
	s.addr.release()
	if err := awaitFree(s.addr.ip, 10*time.Second); err != nil {
		return fmt.Errorf("samba at %s: still there: %w", s.addr.ip, err)
	}
	return os.RemoveAll(s.dir)
}
