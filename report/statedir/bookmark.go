package statedir

import (
	"proxyaddr/conflicts"
)

func (e *encoder) bookmark(b *conflicts.Bookmark) {
	e.moment("swept", b.Swept)
	e.some("account", b.Account)
	e.some("schema_without", b.Schema)
	if b.Obstacle != "" {
		e.exact("obstacle", b.Obstacle)
	}
	array(e, "positions", b.Positions, func(p *conflicts.Position) {
		e.exact("partition", p.Partition)
		e.some("service_name", p.ServiceName)
		e.some("invocation_id", p.InvocationID)
		e.number("usn", p.USN)
		e.number("objects", int64(p.Objects))
		e.name("witnesses")
		e.object(func() {
			for _, w := range p.Witnesses {
				e.number(w.GUID.String(), w.USN)
			}
		})
	})
}

func (d *decoder) bookmark() *conflicts.Bookmark {
	b := &conflicts.Bookmark{}
	d.object(func(name string) bool {
		switch name {
		case "swept":
			b.Swept = d.moment()
		case "account":
			b.Account = d.string()
		case "schema_without":
			b.Schema = d.string()
		case "obstacle", "obstacle" + base64Suffix:
			b.Obstacle = d.exact(name)
		case "positions":
			d.array(func() { b.Positions = append(b.Positions, d.position()) })
		default:
			return false
		}
		return true
	}, "swept", "positions")
	return b
}

func (d *decoder) position() (p conflicts.Position) {
	d.object(func(name string) bool {
		switch name {
		case "partition", "partition" + base64Suffix:
			p.Partition = d.exact(name)
		case "service_name":
			p.ServiceName = d.string()
		case "invocation_id":
			p.InvocationID = d.string()
		case "usn":
			p.USN = d.whole()
		case "objects":
			p.Objects = int(d.count())
		case "witnesses":
			d.object(func(name string) bool {
				guid, err := conflicts.ParseGUID(name)
				if err != nil {
					return false
				}
				p.Witnesses = append(p.Witnesses, conflicts.Witness{GUID: guid, USN: d.whole()})
				return true
			})
		default:
			return false
		}
		return true
	}, "usn", "objects", "witnesses")
	return p
}
