package report

import (
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// schemaVersion is that of all documents.
const schemaVersion = 2

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

// text is a string for encoding/json, which would put U+FFFD in the place of a byte that is not
// UTF-8.
type text string

// newText writes such bytes as [words.Escape] does.
func newText(s string) text {
	if utf8.ValidString(s) {
		return text(s)
	}
	return text(words.Escape(s))
}

func texts(list []string) []text { return appendTexts(make([]text, 0, len(list)), list) }

func appendTexts(out []text, list []string) []text {
	for _, s := range list {
		out = append(out, newText(s))
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

// exactList adds to fields the elements of a list that JSON cannot hold. The name of each has
// its index, from 0.
func exactList(fields map[string][]byte, name string, list []string) map[string][]byte {
	for i, s := range list {
		if !utf8.ValidString(s) {
			if fields == nil {
				fields = make(map[string][]byte)
			}
			fields[elementName(name, i)] = []byte(s)
		}
	}
	return fields
}

func elementName(list string, i int) string { return list + "." + strconv.Itoa(i) }

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
	// Base64 is about IncompleteReasons and Notes.
	Base64 map[string][]byte `json:"base64,omitempty"`
}

type scopeJSON struct {
	Source          []text       `json:"source"`
	Servers         []serverJSON `json:"servers"`
	Identity        text         `json:"identity"`
	Connection      text         `json:"connection"`
	Base            []text       `json:"base"`
	Exclude         []text       `json:"exclude"`
	AcceptedDomains []text       `json:"accepted_domains"`
	// DomainsKnown says whether the accepted domains are known.
	DomainsKnown bool `json:"accepted_domains_known"`
	// PrimaryDomains stand in for them where they are not known.
	PrimaryDomains []text `json:"primary_domains,omitempty"`
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
	Proposals int                     `json:"proposals"`
	Findings  int                     `json:"findings"`
}

func newAuditJSON(a *conflicts.Audit) *auditJSON {
	j := &auditJSON{
		Kind:              scanDocument,
		SchemaVersion:     schemaVersion,
		Version:           newText(a.Version),
		Command:           newText(a.Command),
		Complete:          a.Complete(),
		IncompleteReasons: texts(a.Problems),
		Notes:             texts(a.Notes),
		Scope: scopeJSON{
			Source:          texts(a.Scope.Source),
			Servers:         make([]serverJSON, len(a.Scope.Servers)),
			Identity:        newText(a.Scope.Identity),
			Connection:      newText(a.Scope.Connection),
			Base:            texts(a.Scope.Base),
			Exclude:         texts(a.Scope.Exclude),
			AcceptedDomains: texts(a.Scope.AcceptedDomains),
			DomainsKnown:    a.Scope.AcceptedDomainsKnown(),
			PrimaryDomains:  texts(a.Scope.PrimaryDomains),
		},
		Coverage: make([]coverageJSON, len(a.Coverage)),
		Rules:    make([]ruleJSON, len(a.Rules)),
		Counts: countsJSON{
			Objects: a.Objects(), Values: a.Values(), Pages: a.Pages(),
			Conflicts: len(a.Conflicts), Changes: len(a.Changes), Proposals: len(a.Proposals), Findings: len(a.Findings),
			Classes: make(map[conflicts.Class]int),
		},
		Remembered: newRememberedJSON(a.Remembered),
		Base64:     exactList(exactList(nil, "incomplete_reasons", a.Problems), "notes", a.Notes),
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
	return serverJSON{newText(s.URL), newText(s.Host), newText(s.Site), newText(s.Transport), newText(s.Mechanism), newText(s.Protection),
		newText(s.Identity), newText(s.Level), texts(s.Missing)}
}

func newCoverageJSON(c conflicts.Coverage) coverageJSON {
	return coverageJSON{newText(c.Partition), c.Objects, c.Values, c.Pages, c.Referrals, c.Deleted, newText(c.Problem)}
}

type conflictJSON struct {
	jsonRecord
	ID         string            `json:"id"`
	Class      conflicts.Class   `json:"class"`
	Type       text              `json:"type"`
	Address    text              `json:"address"`
	Keeper     keeperJSON        `json:"keeper"`
	Reason     text              `json:"reason"`
	Reasons    []statementJSON   `json:"reasons"`
	Cause      causeJSON         `json:"cause"`
	Unresolved text              `json:"unresolved"`
	Obstacles  []statementJSON   `json:"obstacles"`
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
	Evidence  *statementJSON      `json:"evidence,omitempty"`
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

// conflictsJSON lists conflicts.
func conflictsJSON(list []conflicts.Conflict) jsonList {
	var j conflictJSON
	var room jsonRoom
	return jsonList{"conflicts", "conflict", len(list), func(i int) jsonLine {
		j.set(&list[i], &room)
		return &j
	}}
}

// set makes it the record of a conflict, in the memory of the one before.
func (j *conflictJSON) set(c *conflicts.Conflict, room *jsonRoom) {
	room.clear()
	k := c.Keeper()
	room.said = c.AppendReasons(room.said[:0])
	evidence := c.Cause.Evidence()
	*j = conflictJSON{
		ID: c.ID, Class: c.Class, Type: newText(c.Key.Type()), Address: newText(c.Key.Address()),
		Keeper: keeperJSON{newText(k.DN), room.guid(k.GUID), exact("dn", k.DN)},
		Reason: newText(c.Reason()), Reasons: statementsJSON(room, j.Reasons, room.said, k.Object),
		Cause:      causeJSON{Kind: c.Cause.Kind, Certainty: c.Cause.Certainty.String(), Because: newText(evidence.String())},
		Unresolved: newText(c.Obstacles()), Obstacles: statementsJSON(room, j.Obstacles, c.Unresolved, nil),
		Owners: slices.Grow(j.Owners[:0], len(c.Owners)), Standing: newStandingJSON(c.Standing),
		Base64: exact("address", c.Key.Address()),
	}
	if evidence.Code != "" {
		j.Cause.Evidence = newStatementJSON(room, evidence, nil)
	}
	j.Owners = j.Owners[:len(c.Owners)]
	for i := range c.Owners {
		j.Owners[i].set(&c.Owners[i], room)
	}
}

func newStampJSON(room *jsonRoom, s conflicts.Stamp) *stampJSON {
	if !s.Known() {
		return nil
	}
	server, site := s.Server(), s.Site()
	j := room.stamps.next()
	*j = stampJSON{s.Time.UTC(), s.Version, room.guid(s.Invocation()), newText(server), newText(site), exact("server", server, "site", site)}
	return j
}

func newClaimJSON(c conflicts.Claim) claimJSON {
	return claimJSON{c.Attribute.String(), newText(c.Value), c.Primary, c.Padded, c.Loose, exact("value", c.Value)}
}

type changeJSON struct {
	jsonRecord
	Conflict string `json:"conflict"`
	// Type and Address are those of the conflict. Documents of earlier versions have
	// neither.
	Type      text   `json:"type"`
	Address   text   `json:"address"`
	DN        text   `json:"dn"`
	GUID      string `json:"guid"`
	Name      text   `json:"name"`
	Kind      text   `json:"kind"`
	Attribute string `json:"attribute"`
	Old       text   `json:"old"`
	New       text   `json:"new"`
	// Follows is the old value of the change of proxyAddresses that this change of mail
	// goes with.
	Follows    text              `json:"follows,omitempty"`
	Risk       string            `json:"risk"`
	RiskReason text              `json:"risk_reason"`
	Risks      []statementJSON   `json:"risks"`
	Base64     map[string][]byte `json:"base64,omitempty"`
}

// changesJSON lists changes.
func changesJSON(changes []conflicts.Change) jsonList {
	var j changeJSON
	var room jsonRoom
	return jsonList{"changes", "change", len(changes), func(i int) jsonLine {
		j.set(changes, i, &room)
		return &j
	}}
}

// set makes it the record of the i-th change, in the memory of the one before.
func (j *changeJSON) set(changes []conflicts.Change, i int, room *jsonRoom) {
	room.clear()
	c := &changes[i]
	room.said = c.AppendRisks(room.said[:0])
	followed := conflicts.Followed(changes, i)
	*j = changeJSON{
		Conflict: c.Conflict, Type: newText(c.Key.Type()), Address: newText(c.Key.Address()), DN: newText(c.Object.DN), GUID: room.guid(c.Object.GUID),
		Name: newText(c.Object.Name()), Kind: newText(c.Object.Kind()), Attribute: c.Attribute.String(), Old: newText(c.Old), New: newText(c.New), Follows: newText(followed),
		Risk: c.Risk.String(), RiskReason: newText(c.RiskReason()), Risks: statementsJSON(room, j.Risks, room.said, c.Object),
		Base64: exact("address", c.Key.Address(), "dn", c.Object.DN, "name", c.Object.Name(), "kind", c.Object.Kind(), "old", c.Old, "new", c.New, "follows", followed),
	}
}

type findingJSON struct {
	jsonRecord
	Kind    conflicts.FindingKind `json:"kind"`
	DN      text                  `json:"dn"`
	GUID    string                `json:"guid"`
	Name    text                  `json:"name"`
	Value   text                  `json:"value"`
	Detail  text                  `json:"detail"`
	Details *statementJSON        `json:"details"`
	Base64  map[string][]byte     `json:"base64,omitempty"`
}

func newFindingJSON(f *conflicts.Finding) *findingJSON {
	detail := f.Detail()
	sentence := detail.String()
	return &findingJSON{
		Kind: f.Kind, DN: newText(f.DN), GUID: f.GUID.String(), Name: newText(f.Name()), Value: newText(f.Value), Detail: newText(sentence),
		Details: newStatementJSON(new(jsonRoom), detail, nil), Base64: exact("dn", f.DN, "name", f.Name(), "value", f.Value, "detail", sentence),
	}
}
