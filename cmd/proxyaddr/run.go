package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"syscall"
)

// The voice of the command: stdout has only data. Everything else goes to stderr after the
// program's name, without a capital and a full stop. An error names its object first, and a hint
// may follow it.

// gcPercent is lower than Go's 100: nearly all memory of a scan is the index, which grows slowly.
// Collecting more often takes no measurable time and saves a quarter of the memory.
const gcPercent = 30

// run is the whole program without the exit. Tests call it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	endings := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as it is under nohup
		endings = append(endings, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), endings...)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	c := &console{stdin: stdin, stdout: stdout, stderr: stderr, getenv: os.Getenv, environ: os.Environ()}
	defer c.close()
	return c.run(ctx, args)
}

func (c *console) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		fmt.Fprint(c.stderr, overview())
		return exitUsage
	}
	name, args := args[0], args[1:]
	switch name {
	case "help", "-h", "--help":
		if len(args) == 0 || slices.Contains([]string{"help", "-h", "--help"}, args[0]) {
			return c.print(ctx, overview())
		}
		name, args = args[0], []string{"--help"}
	case "--version":
		name = "version"
	}
	for _, cmd := range commands {
		if cmd.name == name {
			return cmd.run(ctx, c, args)
		}
	}
	return c.fail(ctx, "", unknownCommand(name))
}
