package main

import (
	"cmp"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"proxyaddr/ldapscan/debuglog"
)

func addLogFlags(fs *pflag.FlagSet) {
	fs.String("log-level", "", "log each request and how servers were found and logged on to: `level` debug or off (default: off, with --log-file debug)")
	choose(fs, "log-level", "debug", "off")
	fs.String("log-file", "", "append the log to this `file` instead of printing it to stderr")
	fs.Bool("log-values", false, "write names and values of the directory into the log as they are, not as hashes")
}

// startLog begins the log that the flags ask for, and returns a function to end it. A command
// without the flags has none. It appends to an existing file: the file may have the log of a
// failed run, and one named in the settings is used every night.
func (c *console) startLog(fs *pflag.FlagSet) (end func(code int), err error) {
	if fs.Lookup("log-level") == nil {
		return func(int) {}, nil
	}
	level, _ := fs.GetString("log-level")
	name, _ := fs.GetString("log-file")
	values, _ := fs.GetBool("log-values")
	switch logged := level == "debug" || level == "" && name != ""; {
	case level != "" && level != "debug" && level != "off":
		return nil, wrong("it takes debug or off", "--log-level %s: unknown", level)
	case name == "-":
		return nil, wrong("leave it out: --log-level debug prints to stderr", "--log-file -: not a file")
	case values && !logged:
		return nil, wrong("add --log-file FILE or --log-level debug", "--log-values: there is no log")
	case !logged:
		return func(int) {}, nil
	}
	out := &logWriter{w: c.stderr}
	file := (*os.File)(nil)
	if name == "" {
		c.stderr = out // for everything that is printed meanwhile too
	} else {
		file, err = os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, unopened("--log-file names a file to which the log is appended", err)
		}
		out.w = file
		c.warnIfShared(name)
	}
	c.requests = debuglog.New(out, values)
	var given []string
	fs.Visit(func(f *pflag.Flag) { given = append(given, "--"+f.Name) })
	began := time.Now()
	c.requests.Debug("begin", "version", version(), "os", runtime.GOOS+"/"+runtime.GOARCH, "command", fs.Name(), "flags", strings.Join(given, " "), "values", values)
	return func(code int) {
		c.requests.Debug("end", "exit", code, "duration", time.Since(began))
		if file != nil {
			if err := cmp.Or(out.err, file.Close()); err != nil {
				c.log("--log-file %s: not complete: %v", name, err)
			}
		}
	}, nil
}

// A logWriter writes for several goroutines, and keeps the first error.
type logWriter struct {
	mu  sync.Mutex
	w   io.Writer
	err error
}

func (l *logWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err := l.w.Write(b)
	l.err = cmp.Or(l.err, err)
	return n, err
}
