package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// shell runs a command line with cmd.exe of the system directory, which PATH cannot replace. The
// line goes to it as it is: cmd does not know the quoting that package os/exec writes. /S makes it
// remove only the quotes that are added here, /D leaves out the commands that a registry key has
// every cmd run first.
func shell(ctx context.Context, line string) (*exec.Cmd, error) {
	system, err := windows.GetSystemDirectory()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(system, "cmd.exe"))
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /D /S /C "` + line + `"`}
	return cmd, nil
}

// runGroup runs a command. When its context ends, it is killed with all processes that it
// started, as they are in one job. If there can be no job, only the command is killed.
func runGroup(cmd *exec.Cmd) error {
	cmd.WaitDelay = killDelay
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return cmd.Run()
	}
	defer windows.CloseHandle(job)
	cmd.Cancel = func() error {
		_ = windows.TerminateJobObject(job, 1)
		return cmd.Process.Kill()
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if process, err := windows.OpenProcess(windows.PROCESS_SET_QUOTA|windows.PROCESS_TERMINATE, false, uint32(cmd.Process.Pid)); err == nil {
		_ = windows.AssignProcessToJobObject(job, process)
		windows.CloseHandle(process)
	}
	return cmd.Wait()
}
