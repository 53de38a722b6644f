package ldapscan

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"proxyaddr/conflicts"
)

// A mark identifies a domain controller and has its count of changes when it was
// asked.
type mark struct {
	session     *session
	serviceName string
	usn         int64
	groups      string // of the account, as text without meaning
}

// mark asks the root DSE, and has the connection stay with the server that answered.
func (d *Directory) mark(ctx context.Context) (mark, error) {
	d.conn.unpin()
	root, err := d.conn.read(ctx, "", []string{"dsServiceName", "highestCommittedUSN", "tokenGroups"})
	if err != nil || len(root) == 0 {
		return mark{}, cmp.Or(err, errors.New("the server does not show its root DSE"))
	}
	d.conn.pin()
	a := attributes{}
	a.take(root[0])
	return mark{session: d.conn.session, serviceName: a.first("dsservicename"), usn: a.number("highestcommittedusn"), groups: groupsOf(a["tokengroups"])}, nil
}

// groupsOf returns the groups of domains and the built-in ones among the security
// identifiers of a logon, in order. The others tell how and when the account logged
// on ([MS-DTYP] 2.4.2.4).
func groupsOf(sids [][]byte) string {
	var domain, builtin = []byte{0, 0, 0, 0, 0, 5, 21, 0, 0, 0}, []byte{0, 0, 0, 0, 0, 5, 32, 0, 0, 0}
	var groups []string
	for _, sid := range sids {
		if len(sid) > 12 && (bytes.HasPrefix(sid[2:], domain) || bytes.HasPrefix(sid[2:], builtin)) {
			groups = append(groups, string(sid))
		}
	}
	return strings.Join(inOrder(groups), "")
}

// invocationID reads the invocation id of the server's database. It changes when
// the database is restored ([MS-ADTS] 3.1.1.1.9). It is "" where the account may
// not read it.
func (d *Directory) invocationID(ctx context.Context, serviceName string) (string, error) {
	if serviceName == "" {
		return "", nil
	}
	dsa, err := d.config().conn.read(ctx, serviceName, []string{"invocationId"})
	if err != nil || len(dsa) == 0 {
		return "", err
	}
	a := attributes{}
	a.take(dsa[0])
	return guidOf([]byte(a.first("invocationid"))).String(), nil
}

// accountOf is a fingerprint of the account that reads and of its groups.
func accountOf(directories []*Directory, marks []mark) string {
	h := sha256.New()
	for i, d := range directories {
		fmt.Fprintf(h, "%q %q\n", d.conn.server().Identity, marks[i].groups)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// missingIn returns the names of the Exchange attributes that the schemas lack.
func missingIn(directories []*Directory) string {
	var missing []string
	for _, d := range directories {
		missing = append(missing, d.missing...)
	}
	return strings.Join(inOrder(missing), " ")
}

// A bookmarker makes the bookmark of a whole sweep. It asks the servers for their
// counts before the sweep, so the next scan reads again what is written during it.
type bookmarker struct {
	directories []*Directory
	marks       []mark
	bookmark    conflicts.Bookmark
}

func newBookmarker(ctx context.Context, directories []*Directory, now time.Time) *bookmarker {
	b := &bookmarker{directories: directories, marks: make([]mark, len(directories)), bookmark: conflicts.Bookmark{Swept: now.UTC().Truncate(time.Second)}}
	for i, d := range directories {
		m, err := d.mark(ctx)
		if err != nil {
			b.obstacle("%s: its count of changes could not be read: %s", d.conn.server().Name(), brief(err))
			return b
		}
		b.marks[i] = m
	}
	b.bookmark.Account, b.bookmark.Schema = accountOf(directories, b.marks), missingIn(directories)
	return b
}

func (b *bookmarker) obstacle(format string, args ...any) {
	if b.bookmark.Obstacle == "" {
		b.bookmark.Obstacle = fmt.Sprintf(format, args...)
	}
}

// after completes the bookmark when the sweep is over.
func (b *bookmarker) after(ctx context.Context, audit *conflicts.Audit) *conflicts.Bookmark {
	for i, d := range b.directories {
		if b.bookmark.Obstacle != "" {
			break
		}
		if err := b.positions(ctx, d, b.marks[i], audit); err != nil {
			b.obstacle("%s: its last written objects could not be read: %s", d.conn.server().Name(), brief(err))
		}
	}
	return &b.bookmark
}

func (b *bookmarker) positions(ctx context.Context, d *Directory, m mark, audit *conflicts.Audit) error {
	name := d.conn.server().Name()
	if !d.conn.session.same(m.session) {
		b.obstacle("%s took over during the last whole sweep", name)
		return nil
	}
	id, err := d.invocationID(ctx, m.serviceName)
	if err != nil {
		return err
	}
	if m.usn == 0 || m.serviceName == "" || id == "" {
		b.obstacle("%s does not tell its invocationId and highestCommittedUSN to this account", name)
		return nil
	}
	for _, p := range d.assigned {
		position := conflicts.Position{Partition: p.dn, ServiceName: m.serviceName, InvocationID: id, USN: m.usn}
		for _, c := range audit.Coverage {
			if c.Partition == p.dn {
				position.Objects = c.Objects
			}
		}
		hidden, err := d.conn.any(ctx, p.dn, "(&(!(uSNChanged=*))"+filter+")")
		if err != nil {
			return err
		}
		if hidden {
			b.obstacle("%s: this account cannot read uSNChanged of every object", p.dn)
			return nil
		}
		if position.Witnesses, err = d.witnesses(ctx, p.dn, m.usn); err != nil {
			return err
		}
		if len(position.Witnesses) == 0 {
			b.obstacle("%s: this account sees no object with uSNChanged", p.dn)
		}
		b.bookmark.Positions = append(b.bookmark.Positions, position)
	}
	return nil
}

// fewWitnesses are enough: each was written later than any older backup.
const fewWitnesses = 3

// witnesses returns the objects that were written last, up to a given change. It
// looks back in steps that grow.
func (d *Directory) witnesses(ctx context.Context, partition string, usn int64) (list []conflicts.Witness, err error) {
	for back := int64(64); ; back *= 8 {
		from := max(1, usn-back+1)
		q := query{base: partition, filter: fmt.Sprintf("(&(uSNChanged>=%d)(uSNChanged<=%d))", from, usn), attributes: []string{"objectGUID", "uSNChanged"}}
		list = nil
		err = d.results(ctx, q, func(r result) {
			a := attributes{}
			a.take(r)
			list = append(list, a.witness(r.dn))
		})
		if list = lastWritten(list); err != nil || len(list) == fewWitnesses || from == 1 {
			return list, err
		}
	}
}

func (a attributes) witness(dn string) conflicts.Witness {
	return conflicts.Witness{GUID: a.entry(dn).GUID, USN: a.number("usnchanged")}
}

// lastWritten returns the few that were written last, each once.
func lastWritten(list []conflicts.Witness) []conflicts.Witness {
	slices.SortFunc(list, func(a, b conflicts.Witness) int {
		return cmp.Or(cmp.Compare(b.USN, a.USN), bytes.Compare(a.GUID[:], b.GUID[:]))
	})
	var last []conflicts.Witness
	for _, w := range list {
		known := slices.ContainsFunc(last, func(l conflicts.Witness) bool { return l.GUID == w.GUID })
		if len(last) < fewWitnesses && !known && w.GUID != (conflicts.GUID{}) && w.USN > 0 {
			last = append(last, w)
		}
	}
	return last
}
