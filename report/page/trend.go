package page

import (
	"fmt"
	"strings"
	"time"
)

// A trend shows how many conflicts the last runs found. Runs that were not complete are gaps:
// what they found cannot be compared.
type trend struct {
	Runs        int
	First, Last Run // that were complete
	Gaps        []gap
	Incomplete  int
	Lines       []line
	Grid        []gridLine
	// From and To are when the first and the last run were.
	From, To time.Time
	// LastX and LastY are the place of the last complete run.
	LastX, LastY string
}

// A gap covers runs that follow each other and were not complete.
type gap struct{ X, Width, Middle string }

// A line joins complete runs that follow each other.
type line struct{ Points, Area string }

type gridLine struct {
	Y, TextY string
	Value    int
}

// The drawing is plotHeight high below plotTop. It is plotWidth wide; sides are left
// for labels, both in the units of the lines; marks and texts are placed in percent.
const (
	plotTop    = 12
	plotHeight = 120
	plotWidth  = 1000
	plotSide   = 40
)

// newTrend returns nil if fewer than two runs can be compared.
func newTrend(runs []Run) *trend {
	t := &trend{Runs: len(runs)}
	highest, complete := 0, 0
	for _, r := range runs {
		if !r.Complete {
			t.Incomplete++
			continue
		}
		if complete == 0 {
			t.First = r
		}
		t.Last = r
		complete++
		highest = max(highest, r.Conflicts)
	}
	if complete < 2 {
		return nil
	}
	t.From, t.To = runs[0].Time, runs[len(runs)-1].Time
	top, step := axis(highest)
	y := func(n int) float64 { return plotTop + plotHeight*(1-float64(n)/float64(top)) }
	x := func(i float64) float64 { return plotSide + (plotWidth-2*plotSide)*i/float64(len(runs)-1) }
	place := func(x float64) string { return fmt.Sprintf("%.2f%%", x*100/plotWidth) }
	for n := 0; n <= top; n += step {
		t.Grid = append(t.Grid, gridLine{fmt.Sprintf("%.1f", y(n)), fmt.Sprintf("%.1f", y(n)+4), n})
	}
	for i := 0; i < len(runs); {
		n := i
		for n < len(runs) && runs[n].Complete == runs[i].Complete {
			n++
		}
		if !runs[i].Complete {
			from, to := max(float64(i-1), 0), min(float64(n), float64(len(runs)-1))
			t.Gaps = append(t.Gaps, gap{place(x(from)), place(x(to) - x(from)), place((x(from) + x(to)) / 2)})
			i = n
			continue
		}
		var points strings.Builder
		for ; i < n; i++ {
			fmt.Fprintf(&points, " %.1f,%.1f", x(float64(i)), y(runs[i].Conflicts))
			t.LastX, t.LastY = place(x(float64(i))), fmt.Sprintf("%.1f", y(runs[i].Conflicts))
		}
		list := points.String()[1:]
		if !strings.Contains(list, " ") { // a point, which a line without length shows
			list += " " + list
		}
		first, _, _ := strings.Cut(list, ",")
		last, _, _ := strings.Cut(list[strings.LastIndex(list, " ")+1:], ",")
		t.Lines = append(t.Lines, line{list, fmt.Sprintf("%s,%d %s %s,%d", first, plotTop+plotHeight, list, last, plotTop+plotHeight)})
	}
	return t
}

// axis returns a round number that is not below the highest, and a step that divides it into
// a few parts.
func axis(highest int) (top, step int) {
	const parts = 5
	for unit := 1; ; unit *= 10 {
		for _, step := range []int{unit, 2 * unit, 5 * unit} {
			if parts*step >= highest {
				return max(1, (highest+step-1)/step) * step, step
			}
		}
	}
}

func percent(n, of int) string { return fmt.Sprintf("%.2f%%", 100*float64(n)/float64(of)) }
