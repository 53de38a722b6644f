package words

import "proxyaddr/conflicts"

// A Memo keeps what was last said of a conflict. Outputs say it again for each owner, and it
// takes time in proportion to the owners, of which there can be thousands.
type Memo struct {
	of   *conflicts.Conflict
	text string
}

// Say returns what say says of a conflict.
func (m *Memo) Say(c *conflicts.Conflict, say func(*conflicts.Conflict) string) string {
	if m.of != c {
		m.of, m.text = c, say(c)
	}
	return m.text
}
