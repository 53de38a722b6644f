package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A program is one of those compared.
type program struct {
	name string
	// argv is run with env added to the environment.
	argv, env []string
	// check looks at what the program printed; nil where that is thrown away.
	check func(output io.Reader) error
	// exits are the codes of success; none means 0.
	exits []int
}

// A usage is what one run took. The processor time is that of all its processes,
// the memory that of the largest, at its peak and in bytes.
type usage struct {
	wall, cpu time.Duration
	peak      int64
	// small says that the peak is no larger than the measuring process, which the
	// kernel counts in: the real one is unknown, and less.
	small bool
}

func (u usage) seconds() float64   { return u.wall.Seconds() }
func (u usage) processor() float64 { return u.cpu.Seconds() }
func (u usage) mebibytes() float64 { return float64(u.peak) / (1 << 20) }

// run runs the program once and checks its answer.
func (p program) run(ctx context.Context, dir string) (u usage, err error) {
	cmd := exec.CommandContext(ctx, p.argv[0], p.argv[1:]...)
	settings := func(v string) bool { return strings.HasPrefix(v, "PROXYADDR_") } // they would change the question
	cmd.Env = append(slices.DeleteFunc(os.Environ(), settings), p.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if p.check != nil {
		f, err := os.Create(filepath.Join(dir, "output"))
		if err != nil {
			return u, err
		}
		defer f.Close()
		cmd.Stdout = f
	}
	start := time.Now()
	err = cmd.Run()
	u.wall = time.Since(start)
	if ctx.Err() != nil {
		return u, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return u, fmt.Errorf("%s: %w", p.name, err)
	}
	if got := cmd.ProcessState.ExitCode(); got != 0 && p.exits == nil || p.exits != nil && !slices.Contains(p.exits, got) {
		return u, fmt.Errorf("%s: exit code %d: %s", p.name, got, bytes.TrimSpace(stderr.Bytes()))
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.peak, u.small = peak(cmd.ProcessState)
	if f, ok := cmd.Stdout.(*os.File); ok {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return u, err
		}
		if err := p.check(f); err != nil {
			return u, fmt.Errorf("%s: %w", p.name, err)
		}
	}
	return u, nil
}

// compare runs the programs in turn, so often, prints the medians and what they are of the
// first program's, and returns the runs of each. Ratios are taken round by round, so that
// what slows the machine for a while slows both.
func compare(ctx context.Context, w io.Writer, title, dir string, programs []program, rounds int) (runs [][]usage, err error) {
	runs = make([][]usage, len(programs))
	for range rounds {
		for i, p := range programs {
			u, err := p.run(ctx, dir)
			if err != nil {
				return nil, err
			}
			runs[i] = append(runs[i], u)
		}
	}
	fmt.Fprintf(w, "\n%-42s %9s %9s %10s %8s %7s %7s\n", title, "wall", "CPU", "peak", "wall", "CPU", "peak")
	for i, p := range programs {
		mark := ""
		if slices.ContainsFunc(runs[i], func(u usage) bool { return u.small }) {
			mark = "<"
		}
		fmt.Fprintf(w, "%-42s %7.2f s %7.2f s %10s %8s %7s %7s\n", p.name,
			median(runs[i], usage.seconds), median(runs[i], usage.processor), fmt.Sprintf("%s%.0f MiB", mark, median(runs[i], usage.mebibytes)),
			ratio(runs[i], runs[0], usage.seconds), ratio(runs[i], runs[0], usage.processor), mark+ratio(runs[i], runs[0], usage.mebibytes))
	}
	return runs, nil
}

func median[T any](list []T, of func(T) float64) float64 {
	values := make([]float64, len(list))
	for i, v := range list {
		values[i] = of(v)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// medianRatio returns the median of the ratios of each round.
func medianRatio(runs, to []usage, of func(usage) float64) float64 {
	type pair struct{ a, b usage }
	pairs := make([]pair, len(runs))
	for i := range runs {
		pairs[i] = pair{runs[i], to[i]}
	}
	return median(pairs, func(p pair) float64 { return of(p.a) / cmp.Or(of(p.b), 1) })
}

// ratio returns it with two digits.
func ratio(runs, to []usage, of func(usage) float64) string {
	switch r := medianRatio(runs, to, of); {
	case r >= 9.95:
		return fmt.Sprintf("%.0f", r)
	default:
		return fmt.Sprintf("%.2g", r)
	}
}
