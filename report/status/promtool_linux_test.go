package status

import (
	"bytes"
	"os/exec"
	"testing"
)

// Prometheus itself takes the metrics, and has nothing to say of their names and help.
func TestPromtoolTakesTheMetrics(t *testing.T) {
	if testing.Short() {
		t.Skip("starts promtool")
	}
	for name, r := range reports() {
		var b bytes.Buffer
		if err := r.Prometheus(&b); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("promtool", "check", "metrics")
		cmd.Stdin = &b
		if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}
