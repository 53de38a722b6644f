package main

import (
	"os/exec"

	"golang.org/x/sys/windows"
)

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
