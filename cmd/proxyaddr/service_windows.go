package main

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc"
)

// serviceName is the name of the service in the documentation. A process with one service can be
// installed under any other name too.
const serviceName = "proxyaddr"

// stopHint is the time for stopping that the service manager is told: a pending request ends at
// once, and a --notify-command is killed.
const stopHint = 20 * time.Second

// asService runs work until the service manager ends it, if the manager started this process;
// otherwise it runs work directly. Only the manager can tell: [svc.IsWindowsService] looks for a
// session that services have in Windows, but not in Wine.
func asService(ctx context.Context, work func(context.Context) (int, error)) (int, error) {
	s := &service{ctx: ctx, work: work}
	err := svc.Run(serviceName, s)
	if errors.Is(err, windows.ERROR_FAILED_SERVICE_CONTROLLER_CONNECT) || errors.Is(err, windows.ERROR_SERVICE_ALREADY_RUNNING) { // asked before
		return work(ctx)
	}
	if err != nil {
		return 0, err
	}
	return s.code, s.err
}

// A service is work that the service manager starts and stops.
type service struct {
	ctx  context.Context
	work func(context.Context) (int, error)
	code int
	err  error
}

// Execute is called by the service manager. It answers the manager's requests until the work has
// ended.
func (s *service) Execute(_ []string, requests <-chan svc.ChangeRequest, status chan<- svc.Status) (specific bool, code uint32) {
	ctx, stop := context.WithCancel(s.ctx)
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.code, s.err = s.work(ctx)
	}()
	now := svc.Status{State: svc.Running, Accepts: svc.AcceptStop | svc.AcceptShutdown}
	status <- now
	for {
		select {
		case <-done:
			code := s.code
			if s.err != nil {
				code = exitCode(ctx, s.err)
			}
			return true, uint32(code)
		case request := <-requests:
			if request.Cmd == svc.Stop || request.Cmd == svc.Shutdown {
				now = svc.Status{State: svc.StopPending, WaitHint: uint32(stopHint.Milliseconds())}
				stop()
			}
			status <- now // also what was asked for is only how it is
		}
	}
}
