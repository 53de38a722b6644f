package status

import (
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// metricsMode lets an exporter that runs as another user read the file.
const metricsMode = 0o644

// WriteMetrics replaces a file by the metrics in one step, so that no exporter reads half of
// them. Before that they are in a file beside it that exporters ignore: its name does not end in
// .prom.
func (r *Report) WriteMetrics(path string) error {
	var text strings.Builder
	if err := r.Prometheus(&text); err != nil {
		return err
	}
	return osfile.Replace(path, text.String(), metricsMode)
}
