package status

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"proxyaddr/ldapscan/osfile"
)

// metricsMode lets an exporter read the file that runs as another user.
const metricsMode = 0o644

// WriteMetrics puts the metrics in the place of a file in one step, so that no exporter
// reads half of them. Until then they are in a file beside it whose name no exporter
// takes: it does not end in .prom.
func (r *Report) WriteMetrics(path string) (err error) {
	var text strings.Builder
	if err := r.Prometheus(&text); err != nil {
		return err
	}
	tmp := path + ".new"
	// Whoever may write beside it could have put a link there.
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, metricsMode)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(tmp)
		}
	}()
	if _, err = f.WriteString(text.String()); err != nil {
		return err
	}
	if err = f.Chmod(metricsMode); err != nil && !errors.Is(err, errors.ErrUnsupported) { // whatever the umask is
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = osfile.Rename(tmp, path); err != nil {
		return err
	}
	return osfile.SyncDir(filepath.Dir(path))
}
