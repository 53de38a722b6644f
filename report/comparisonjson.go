package report

import (
	"io"
	"time"

	"proxyaddr/conflicts"
)

// ComparisonJSON writes a comparison as one document, in the manner of [JSON].
func ComparisonJSON(w io.Writer, c *conflicts.Comparison) error {
	e := newJSONEncoder(w)
	e.open(newComparisonJSON(c))
	e.array("differences", len(c.Differences), func(i int) any { return newDifferenceJSON(&c.Differences[i]) })
	e.array("conflicts", len(c.Pending), func(i int) any { return newPendingJSON(&c.Pending[i]) })
	e.close()
	return e.flush()
}

type comparisonJSON struct {
	Kind              documentKind          `json:"kind"`
	SchemaVersion     int                   `json:"schema_version"`
	Version           text                  `json:"version"`
	Command           text                  `json:"command"`
	Complete          bool                  `json:"complete"`
	IncompleteReasons []text                `json:"incomplete_reasons"`
	Notes             []text                `json:"notes"`
	Time              time.Time             `json:"time,omitzero"`
	Servers           []serverJSON          `json:"servers"`
	Base              []text                `json:"base"`
	Exclude           []text                `json:"exclude"`
	Coverage          []replicaCoverageJSON `json:"coverage"`
	Counts            comparisonCountsJSON  `json:"counts"`
}

type replicaCoverageJSON struct {
	Server text `json:"server"`
	coverageJSON
}

type comparisonCountsJSON struct {
	Differences int                          `json:"differences"`
	Statuses    map[conflicts.CopyStatus]int `json:"statuses"`
	Conflicts   int                          `json:"conflicts"`
}

func newComparisonJSON(c *conflicts.Comparison) *comparisonJSON {
	j := &comparisonJSON{
		Kind: comparisonDocument, SchemaVersion: schemaVersion, Version: newText(c.Version), Command: newText(c.Command),
		Complete: c.Complete(), IncompleteReasons: texts(c.Problems), Notes: texts(c.Notes), Time: c.Time,
		Servers: make([]serverJSON, len(c.Servers)), Base: texts(c.Base), Exclude: texts(c.Exclude),
		Coverage: make([]replicaCoverageJSON, len(c.Coverage)),
		Counts:   comparisonCountsJSON{len(c.Differences), map[conflicts.CopyStatus]int{}, len(c.Pending)},
	}
	for i := range c.Servers {
		j.Servers[i] = newServerJSON(&c.Servers[i])
	}
	for i, row := range c.Coverage {
		j.Coverage[i] = replicaCoverageJSON{newText(row.Server.Name()), newCoverageJSON(row.Coverage)}
	}
	for _, s := range conflicts.CopyStatuses {
		if s != conflicts.Newest {
			j.Counts.Statuses[s] = c.Count(s)
		}
	}
	return j
}

type differenceJSON struct {
	DN     text                 `json:"dn"`
	GUID   string               `json:"guid"`
	Name   text                 `json:"name"`
	Kind   text                 `json:"kind"`
	Status conflicts.CopyStatus `json:"status"`
	Copies []copyJSON           `json:"copies"`
	Base64 map[string][]byte    `json:"base64,omitempty"`
}

type copyJSON struct {
	Server text `json:"server"`
	// State is there, missing, deleted or unread.
	State   string               `json:"state"`
	DN      text                 `json:"dn"`
	Has     []valueJSON          `json:"has"`
	Lacks   []valueJSON          `json:"lacks"`
	Written *stampJSON           `json:"written,omitempty"`
	Deleted *stampJSON           `json:"deleted,omitempty"`
	Status  conflicts.CopyStatus `json:"status"`
	Because text                 `json:"because"`
	// These three are there if Status is on-the-way or stuck.
	Certainty string            `json:"certainty,omitempty"`
	Age       *int              `json:"age_seconds,omitempty"`
	Usual     *int              `json:"usual_seconds,omitempty"`
	Base64    map[string][]byte `json:"base64,omitempty"`
}

func newDifferenceJSON(d *conflicts.Difference) *differenceJSON {
	var room jsonRoom
	o := d.Object()
	j := &differenceJSON{DN: newText(o.DN), GUID: o.GUID.String(), Name: newText(o.Name()), Kind: newText(o.Kind()), Status: d.Status(),
		Copies: make([]copyJSON, len(d.Copies)), Base64: exact("dn", o.DN, "name", o.Name())}
	for i, c := range d.Copies {
		one := copyJSON{Server: newText(c.Server.Name()), State: "missing", Has: newValuesJSON(c.Has), Lacks: newValuesJSON(c.Lacks), Deleted: newStampJSON(&room, c.Deleted),
			Status: c.Status, Because: newText(c.Because)}
		if c.Certainty != conflicts.NotKnown {
			one.Certainty, one.Age, one.Usual = c.Certainty.String(), seconds(c.Age), seconds(c.Usual)
		}
		switch {
		case c.Object != nil:
			one.State, one.DN, one.Written, one.Base64 = "there", newText(c.Object.DN), newStampJSON(&room, c.Object.Written), exact("dn", c.Object.DN)
		case c.Unread:
			one.State = "unread"
		case c.Deleted.Known():
			one.State = "deleted"
		}
		j.Copies[i] = one
	}
	return j
}

func seconds(d time.Duration) *int {
	n := int(d.Seconds())
	return &n
}

type pendingJSON struct {
	*conflictJSON
	Owners []pendingOwnerJSON `json:"owners"`
}

type pendingOwnerJSON struct {
	ownerJSON
	// SeenOn are the domain controllers on which it has the address.
	SeenOn []text `json:"seen_on"`
}

func newPendingJSON(p *conflicts.Pending) *pendingJSON {
	j := &pendingJSON{conflictJSON: new(conflictJSON), Owners: make([]pendingOwnerJSON, len(p.Owners))}
	j.set(&p.Conflict, new(jsonRoom))
	for i, o := range j.conflictJSON.Owners {
		j.Owners[i] = pendingOwnerJSON{o, texts(serverNames(p.Seen[i]))}
	}
	return j
}
