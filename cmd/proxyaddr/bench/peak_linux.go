package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// peak returns the largest resident set of the process and those it waited for.
// It counts what the process had of its parent's memory until it became another
// program: that is why what serves the directory is a process of its own, and why
// a program smaller than this one cannot be told.
func peak(p *os.ProcessState) (size int64, small bool) {
	ru, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, true
	}
	return ru.Maxrss << 10, ru.Maxrss <= ownPeak()
}

// ownPeak returns the peak of this process in KiB (proc_pid_status(5)). What
// getrusage says includes that of the program which started this one.
func ownPeak() (kib int64) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kib); n == 1 {
			break
		}
	}
	return kib
}
