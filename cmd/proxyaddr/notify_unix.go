//go:build unix

package main

import (
	"context"
	"os/exec"
	"syscall"
)

// shell runs a command line with the system's shell.
func shell(ctx context.Context, line string) (*exec.Cmd, error) {
	return exec.CommandContext(ctx, "sh", "-c", line), nil
}

// runGroup runs a command. When its context ends, it is killed with all processes that it
// started.
func runGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = killDelay
	return cmd.Run()
}
