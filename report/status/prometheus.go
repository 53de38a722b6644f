package status

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/conflicts/memory"
)

// Prometheus writes the report in the text exposition format 0.0.4. No label has an
// address or a distinguished name. After an incomplete run the metrics of conflicts and
// findings are left out: they would be too low.
func (r *Report) Prometheus(w io.Writer) error {
	m := &metrics{}
	m.begin("build_info", "Version of proxyaddr, always 1.")
	m.sample(1, "version", r.Version)
	m.begin("scan_complete", "Whether the last scan was complete.")
	m.sample(oneIf(r.reliable()))
	if r.State != nil {
		r.scanMetrics(m)
	}
	if r.reliable() {
		r.conflictMetrics(m)
	}
	_, err := io.WriteString(w, m.text.String())
	return err
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (r *Report) scanMetrics(m *metrics) {
	last := &r.State.Last
	m.begin("scan_last_run_timestamp_seconds", "Start of the last scan.")
	m.sample(seconds(r.State.LastRun()))
	if !r.State.LastComplete.IsZero() {
		m.begin("scan_last_complete_timestamp_seconds", "Start of the last scan that read everything.")
		m.sample(seconds(r.State.LastComplete))
	}
	m.begin("scan_duration_seconds", "Duration of the last scan.")
	m.sample(last.Duration.Seconds())
	m.begin("scan_exit_code", "Exit code of the last scan.")
	m.sample(float64(last.ExitCode))
	m.begin("objects", "Objects with addresses in each partition, as of the last scan that read everything.")
	var labels []string
	objects := map[string]int{}
	for _, p := range r.State.Partitions {
		label := partitionLabel(p.Name)
		if !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
		objects[label] += p.Objects
	}
	slices.Sort(labels)
	for _, label := range labels {
		m.sample(float64(objects[label]), "partition", label)
	}
	m.begin("suppressions", "Suppressions that match a conflict, match none, or have ended.")
	s := last.Suppressions
	m.sample(float64(s.Active-s.Unmatched), "state", "active")
	m.sample(float64(s.Expired), "state", "expired")
	m.sample(float64(s.Unmatched), "state", "unmatched")
}

// openStatuses are the statuses of conflicts that exist or may exist.
var openStatuses = slices.DeleteFunc(slices.Clone(memory.Statuses), func(s memory.Status) bool { return s == memory.Resolved })

func (r *Report) conflictMetrics(m *metrics) {
	type group struct {
		class  conflicts.Class
		status memory.Status
	}
	counts := map[group]int{}
	var oldest time.Time
	for _, c := range r.State.Cases {
		counts[group{c.Class, c.Status}]++
		if c.Status != memory.Resolved && c.Status != memory.Suppressed && (oldest.IsZero() || c.FirstSeen.Before(oldest)) {
			oldest = c.FirstSeen
		}
	}
	m.begin("conflicts", "Conflicts by class and by their status in the last scan.")
	for _, class := range conflicts.Classes {
		for _, s := range openStatuses {
			m.sample(float64(counts[group{class, s}]), "class", string(class), "state", string(s))
		}
	}
	if !oldest.IsZero() {
		m.begin("conflict_oldest_timestamp_seconds", "When the oldest conflict that is not suppressed was first seen.")
		m.sample(seconds(oldest))
	}
	m.begin("findings", "Hygiene findings by kind.")
	for _, k := range conflicts.FindingKinds {
		m.sample(float64(r.State.Last.Findings[k]), "kind", string(k))
	}
}

func seconds(t time.Time) float64 { return float64(t.Unix()) }

// partitionLabel returns the DNS name in the name of a partition, which is not a secret, with its
// part of the directory.
func partitionLabel(name string) string {
	domain := conflicts.Domain(name)
	switch key := conflicts.DNKey(name); {
	case domain == "":
		return "export"
	case strings.HasPrefix(key, "cn=schema,cn=configuration,"):
		return "schema of " + domain
	case strings.HasPrefix(key, "cn=configuration,"):
		return "configuration of " + domain
	}
	return domain
}

// metrics is a text of metrics, all of them gauges.
type metrics struct {
	text strings.Builder
	name string
}

func (m *metrics) begin(name, help string) {
	m.name = "proxyaddr_" + name
	fmt.Fprintf(&m.text, "# HELP %s %s\n# TYPE %s gauge\n", m.name, help, m.name)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// sample writes a value. labels are names and values in turn.
func (m *metrics) sample(value float64, labels ...string) {
	m.text.WriteString(m.name)
	for i := 0; i < len(labels); i += 2 {
		open := ","
		if i == 0 {
			open = "{"
		}
		fmt.Fprintf(&m.text, `%s%s="%s"`, open, labels[i], labelEscapes.Replace(strings.ToValidUTF8(labels[i+1], "\ufffd")))
	}
	if len(labels) > 0 {
		m.text.WriteString("}")
	}
	m.text.WriteString(" " + strconv.FormatFloat(value, 'f', -1, 64) + "\n")
}
