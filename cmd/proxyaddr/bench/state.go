package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
)

// measureState measures a scan with --state of which nothing is new beside the same scan
// without, in turn, on the server that answers from RAM.
func (b *bench) measureState(ctx context.Context, stdout io.Writer, d directory, rounds int) error {
	if err := b.prepare(ctx, d); err != nil {
		return err
	}
	at, size, stop, err := b.startReplay(ctx, d)
	if err != nil {
		return err
	}
	defer stop()
	plain := b.totals("proxyaddr scan --format totals", at)
	stateful := b.totals("proxyaddr scan --format totals --state", at, "--state", b.path("state"))
	if _, err := stateful.run(ctx, b.dir); err != nil { // the first one knows no conflict yet
		return err
	}
	state, err := os.Stat(b.path("state/state.json"))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d objects with %d addresses, %d known conflicts in a state of %.1f MiB; rounds: %d, medians\n",
		b.objects, b.values, b.conflicts(), float64(state.Size())/(1<<20), rounds)
	fmt.Fprintf(stdout, "%s/%s, %d processors, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	runs, err := compare(ctx, stdout, fmt.Sprintf("served from RAM, over TLS (%d MiB)", size>>20), b.dir, []program{plain, stateful}, rounds)
	if err != nil {
		return err
	}
	more := func(of func(usage) float64) float64 { return 100 * (medianRatio(runs[1], runs[0], of) - 1) }
	fmt.Fprintf(stdout, "\nThe state adds %.1f %% of the time, %.1f %% of the processor time and %.1f MiB.\n",
		more(usage.seconds), more(usage.processor), median(runs[1], usage.mebibytes)-median(runs[0], usage.mebibytes))
	return nil
}

// totals is a scan that prints little, so that what it does beside that shows.
func (b *bench) totals(name string, at endpoints, flags ...string) program {
	argv := []string{b.proxyaddr, "scan", "-H", at.tls, "-D", admin, "-y", b.path(passwordFile), "--ca-file", b.path(certFile), "--format", "totals", "--quiet"}
	return program{name: name, argv: append(argv, flags...), exits: []int{1}, check: func(output io.Reader) error {
		line, err := bufio.NewReader(output).ReadString('\n')
		var got int
		if _, scanned := fmt.Sscanf(strings.ReplaceAll(line, ",", ""), "%d conflicts", &got); scanned != nil || err != nil || got != b.conflicts() {
			return fmt.Errorf("it printed %q, want %d conflicts", line, b.conflicts())
		}
		return nil
	}}
}

func (a answer) conflicts() (n int) {
	for _, count := range a.classes {
		n += count
	}
	return n
}
