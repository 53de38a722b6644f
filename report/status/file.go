package status

import (
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// metricsMode lets an exporter read the file that runs as another user.
const metricsMode = 0o644

// WriteMetrics puts the metrics in the place of a file in one step, so that no exporter
// reads half of them. Until then they are in a file beside it whose name no exporter
// takes: it does not end in .prom.
func (r *Report) WriteMetrics(path string) error {
	var text strings.Builder
	if err := r.Prometheus(&text); err != nil {
		return err
	}
	return osfile.Replace(path, text.String(), metricsMode)
}
