package report

import (
	"time"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// schemaVersion is that of all documents.
const schemaVersion = 1

// documentKind tells a reader which document it has.
type documentKind string

const (
	scanDocument       documentKind = "scan"
	eventDocument      documentKind = "event"
	comparisonDocument documentKind = "comparison"
	checkDocument      documentKind = "check"
	verifyDocument     documentKind = "verify"
	fixDocument        documentKind = "fix"
	applyDocument      documentKind = "apply"
)

// text is a string that may hold bytes that are not UTF-8.
type text string

// MarshalText writes such bytes as Escape does: encoding/json would put U+FFFD
// in place of each.
func (t text) MarshalText() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return []byte(t), nil
	}
	return []byte(words.Escape(string(t))), nil
}

func texts(list []string) []text {
	out := make([]text, len(list))
	for i, s := range list {
		out[i] = text(s)
	}
	return out
}

// exact returns the fields that JSON cannot hold, out of pairs of name and
// value; encoding/json writes them in base64.
func exact(pairs ...string) map[string][]byte {
	var fields map[string][]byte
	for i := 0; i < len(pairs); i += 2 {
		if !utf8.ValidString(pairs[i+1]) {
			if fields == nil {
				fields = make(map[string][]byte)
			}
			fields[pairs[i]] = []byte(pairs[i+1])
		}
	}
	return fields
}

type auditJSON struct {
	jsonRecord
	Kind              documentKind    `json:"kind"`
	SchemaVersion     int             `json:"schema_version"`
	Version           text            `json:"version"`
	Command           text            `json:"command"`
	Complete          bool            `json:"complete"`
	IncompleteReasons []text          `json:"incomplete_reasons"`
	Notes             []text          `json:"notes"`
	Scope             scopeJSON       `json:"scope"`
	Coverage          []coverageJSON  `json:"coverage"`
	Rules             []ruleJSON      `json:"rules"`
	Counts            countsJSON      `json:"counts"`
	Remembered        *rememberedJSON `json:"remembered,omitempty"`
}

type scopeJSON struct {
	Source          []text       `json:"source"`
	Servers         []serverJSON `json:"servers"`
	Identity        text         `json:"identity"`
	Base            []text       `json:"base"`
	Exclude         []text       `json:"exclude"`
	AcceptedDomains []text       `json:"accepted_domains"`
}

type serverJSON struct {
	URL        text   `json:"url"`
	Host       text   `json:"host"`
	Site       text   `json:"site"`
	Transport  text   `json:"transport"`
	Mechanism  text   `json:"mechanism"`
	Protection text   `json:"protection"`
	Identity   text   `json:"identity"`
	Level      text   `json:"forest_level"`
	Missing    []text `json:"missing_attributes"`
}

type coverageJSON struct {
	Partition text `json:"partition"`
	Objects   int  `json:"objects"`
	Values    int  `json:"values"`
	Pages     int  `json:"pages"`
	Referrals int  `json:"referrals"`
	Deleted   int  `json:"deleted"`
	Problem   text `json:"problem"`
}

type ruleJSON struct {
	Name  string `json:"name"`
	About string `json:"about"`
}

type countsJSON struct {
	Objects   int                     `json:"objects"`
	Values    int                     `json:"values"`
	Pages     int                     `json:"pages"`
	Conflicts int                     `json:"conflicts"`
	Classes   map[conflicts.Class]int `json:"classes"`
	Changes   int                     `json:"changes"`
	Findings  int                     `json:"findings"`
}

func newAuditJSON(a *conflicts.Audit) *auditJSON {
	j := &auditJSON{
		Kind:              scanDocument,
		SchemaVersion:     schemaVersion,
		Version:           text(a.Version),
		Command:           text(a.Command),
		Complete:          a.Complete(),
		IncompleteReasons: texts(a.Problems),
		Notes:             texts(a.Notes),
		Scope: scopeJSON{
			Source:          texts(a.Scope.Source),
			Servers:         make([]serverJSON, len(a.Scope.Servers)),
			Identity:        text(a.Scope.Identity),
			Base:            texts(a.Scope.Base),
			Exclude:         texts(a.Scope.Exclude),
			AcceptedDomains: texts(a.Scope.AcceptedDomains),
		},
		Coverage: make([]coverageJSON, len(a.Coverage)),
		Rules:    make([]ruleJSON, len(a.Rules)),
		Counts: countsJSON{
			Objects: a.Objects(), Values: a.Values(), Pages: a.Pages(),
			Conflicts: len(a.Conflicts), Changes: len(a.Changes), Findings: len(a.Findings),
			Classes: make(map[conflicts.Class]int),
		},
		Remembered: newRememberedJSON(a.Remembered),
	}
	for i := range a.Scope.Servers {
		j.Scope.Servers[i] = newServerJSON(&a.Scope.Servers[i])
	}
	for i, c := range a.Coverage {
		j.Coverage[i] = newCoverageJSON(c)
	}
	for i, r := range a.Rules {
		j.Rules[i] = ruleJSON{r.Name, r.About}
	}
	for _, c := range conflicts.Classes {
		j.Counts.Classes[c] = a.Count(c)
	}
	if len(a.Events) > 0 {
		j.Kind = eventDocument
	}
	return j
}

func newServerJSON(s *conflicts.Server) serverJSON {
	return serverJSON{text(s.URL), text(s.Host), text(s.Site), text(s.Transport), text(s.Mechanism), text(s.Protection),
		text(s.Identity), text(s.Level), texts(s.Missing)}
}

func newCoverageJSON(c conflicts.Coverage) coverageJSON {
	return coverageJSON{text(c.Partition), c.Objects, c.Values, c.Pages, c.Referrals, c.Deleted, text(c.Problem)}
}

type conflictJSON struct {
	jsonRecord
	ID         string            `json:"id"`
	Class      conflicts.Class   `json:"class"`
	Type       text              `json:"type"`
	Address    text              `json:"address"`
	Keeper     keeperJSON        `json:"keeper"`
	Reason     text              `json:"reason"`
	Cause      causeJSON         `json:"cause"`
	Unresolved text              `json:"unresolved"`
	Owners     []ownerJSON       `json:"owners"`
	Standing   *standingJSON     `json:"standing,omitempty"`
	Base64     map[string][]byte `json:"base64,omitempty"`
}

type keeperJSON struct {
	DN     text              `json:"dn"`
	GUID   string            `json:"guid"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

type causeJSON struct {
	Kind      conflicts.CauseKind `json:"kind"`
	Certainty string              `json:"certainty"`
	Because   text                `json:"because"`
}

type ownerJSON struct {
	DN        text   `json:"dn"`
	GUID      string `json:"guid"`
	Partition text   `json:"partition"`
	Name      text   `json:"name"`
	Kind      text   `json:"kind"`
	claimJSON
	// Also are the other values of the object that hold the address.
	Also []claimJSON `json:"also"`
	// What is not known is left out. Written is about proxyAddresses.
	Created  time.Time         `json:"created,omitzero"`
	Written  *stampJSON        `json:"written,omitempty"`
	Restored time.Time         `json:"restored,omitzero"`
	Base64   map[string][]byte `json:"base64,omitempty"`
}

type stampJSON struct {
	Time       time.Time         `json:"time"`
	Version    int               `json:"version"`
	Invocation string            `json:"invocation_id"`
	Server     text              `json:"server"`
	Site       text              `json:"site"`
	Base64     map[string][]byte `json:"base64,omitempty"`
}

type claimJSON struct {
	Attribute string            `json:"attribute"`
	Value     text              `json:"value"`
	Primary   bool              `json:"primary"`
	Padded    bool              `json:"padded"`
	Loose     bool              `json:"loose"`
	Base64    map[string][]byte `json:"base64,omitempty"`
}

func newConflictJSON(c *conflicts.Conflict) *conflictJSON {
	k := c.Keeper()
	j := &conflictJSON{
		ID: c.ID, Class: c.Class, Type: text(c.Key.Type()), Address: text(c.Key.Address()),
		Keeper: keeperJSON{text(k.DN), k.GUID.String(), exact("dn", k.DN)},
		Reason: text(c.Reason()), Cause: causeJSON{c.Cause.Kind, c.Cause.Certainty.String(), text(c.Cause.Evidence().String())}, Unresolved: text(c.Obstacles()),
		Owners: make([]ownerJSON, len(c.Owners)), Standing: newStandingJSON(c.Standing),
		Base64: exact("address", c.Key.Address()),
	}
	for i, o := range c.Owners {
		j.Owners[i] = ownerJSON{
			DN: text(o.DN), GUID: o.GUID.String(), Partition: text(o.Partition), Name: text(o.Name()), Kind: text(o.Kind()),
			claimJSON: newClaimJSON(o.Claims[0]),
			Also:      make([]claimJSON, len(o.Claims)-1),
			Created:   o.Created.UTC(), Written: newStampJSON(o.Written), Restored: o.Restored.UTC(),
			Base64: exact("dn", o.DN, "partition", o.Partition, "name", o.Name(), "value", o.Claims[0].Value),
		}
		for n, claim := range o.Claims[1:] {
			j.Owners[i].Also[n] = newClaimJSON(claim)
		}
	}
	return j
}

func newStampJSON(s conflicts.Stamp) *stampJSON {
	if !s.Known() {
		return nil
	}
	return &stampJSON{s.Time.UTC(), s.Version, s.Invocation.String(), text(s.Server), text(s.Site), exact("server", s.Server, "site", s.Site)}
}

func newClaimJSON(c conflicts.Claim) claimJSON {
	return claimJSON{c.Attribute, text(c.Value), c.Primary, c.Padded, c.Loose, exact("value", c.Value)}
}

type changeJSON struct {
	jsonRecord
	Conflict string `json:"conflict"`
	// Type and Address are those of the conflict. Documents of earlier versions have
	// neither.
	Type       text              `json:"type"`
	Address    text              `json:"address"`
	DN         text              `json:"dn"`
	GUID       string            `json:"guid"`
	Attribute  string            `json:"attribute"`
	Old        text              `json:"old"`
	New        text              `json:"new"`
	Risk       string            `json:"risk"`
	RiskReason text              `json:"risk_reason"`
	Base64     map[string][]byte `json:"base64,omitempty"`
}

func newChangeJSON(c *conflicts.Change) *changeJSON {
	return &changeJSON{
		Conflict: c.Conflict, Type: text(c.Key.Type()), Address: text(c.Key.Address()), DN: text(c.Object.DN), GUID: c.Object.GUID.String(), Attribute: c.Attribute,
		Old: text(c.Old), New: text(c.New), Risk: c.Risk.String(), RiskReason: text(c.RiskReason()),
		Base64: exact("address", c.Key.Address(), "dn", c.Object.DN, "old", c.Old, "new", c.New),
	}
}

type findingJSON struct {
	jsonRecord
	Kind   conflicts.FindingKind `json:"kind"`
	DN     text                  `json:"dn"`
	GUID   string                `json:"guid"`
	Value  text                  `json:"value"`
	Detail text                  `json:"detail"`
	Base64 map[string][]byte     `json:"base64,omitempty"`
}

func newFindingJSON(f *conflicts.Finding) *findingJSON {
	return &findingJSON{
		Kind: f.Kind, DN: text(f.DN), GUID: f.GUID.String(), Value: text(f.Value), Detail: text(f.Detail().String()),
		Base64: exact("dn", f.DN, "value", f.Value, "detail", f.Detail().String()),
	}
}
