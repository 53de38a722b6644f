package statedir

import (
	"fmt"
	"time"

	"proxyaddr/conflicts"
)

// Confirm notes that a complete run found nothing that is not in State. It adds no line to the
// history and does not rewrite the state: a small file has the time. bookmark is for the next run
// of this process.
func (d *Dir) Confirm(at time.Time, bookmark *conflicts.Bookmark) error {
	at = at.UTC().Truncate(time.Second)
	err := d.write(nextCheckedName, whole(fmt.Appendf(nil, "%d %s\n", d.State.Last.Number, at.Format(time.RFC3339))))
	if err == nil {
		err = d.disk.Rename(nextCheckedName, checkedName)
	}
	if err != nil {
		return d.failed(checkedName, err, "until it can be written, the last complete run looks older than it is")
	}
	d.State.Confirmed(at)
	d.State.Bookmark = bookmark
	return nil
}

// confirmed adds the note of Confirm to the state that was read. A file of another run, or one
// damaged by a power cut, is ignored: the state is then older, not wrong.
func (d *Dir) confirmed() {
	text, err := d.disk.Read(checkedName)
	if err != nil {
		return
	}
	var number int
	var stamp string
	if n, err := fmt.Sscanf(text, "%d %s\n", &number, &stamp); err != nil || n != 2 || number != d.State.Last.Number {
		return
	}
	if at, err := time.Parse(time.RFC3339, stamp); err == nil && d.State.Last.Complete {
		d.State.Confirmed(at)
	}
}
