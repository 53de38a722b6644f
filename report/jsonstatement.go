package report

import (
	"fmt"
	"time"

	"proxyaddr/conflicts"
)

// A statementJSON has a code and the facts that it is made of, for programs. The sentence for
// people stands beside it.
type statementJSON struct {
	Code      conflicts.StatementCode `json:"code"`
	Object    *objectRefJSON          `json:"object,omitempty"`
	Other     *objectRefJSON          `json:"other,omitempty"`
	Time      *time.Time              `json:"time,omitempty"`
	OtherTime *time.Time              `json:"other_time,omitempty"`
	Value     text                    `json:"value,omitempty"`
	Count     int                     `json:"count,omitempty"`
	Of        int                     `json:"of,omitempty"`
	Base64    map[string][]byte       `json:"base64,omitempty"`
}

// An objectRefJSON names an object by its objectGUID, or by its DN if it has none.
type objectRefJSON struct {
	GUID   string            `json:"guid,omitempty"`
	DN     text              `json:"dn,omitempty"`
	Base64 map[string][]byte `json:"base64,omitempty"`
}

func newObjectRefJSON(room *jsonRoom, o *conflicts.Object) *objectRefJSON {
	if o == nil {
		return nil
	}
	j := room.refs.next()
	if *j = (objectRefJSON{GUID: room.guid(o.GUID)}); j.GUID == "" {
		j.DN, j.Base64 = newText(o.DN), exact("dn", o.DN)
	}
	return j
}

// newStatementJSON leaves out the object if that is the one that has the statement.
func newStatementJSON(room *jsonRoom, s conflicts.Statement, of *conflicts.Object) *statementJSON {
	j := room.statements.next()
	*j = statementJSON{Code: s.Code, Other: newObjectRefJSON(room, s.Other), Time: room.time(s.Time), OtherTime: room.time(s.OtherTime),
		Value: newText(s.Value), Count: s.Count, Of: s.Of, Base64: exact("value", s.Value)}
	if s.Object != of {
		j.Object = newObjectRefJSON(room, s.Object)
	}
	return j
}

// statementsJSON puts statements in the place of others. The list is never nil.
func statementsJSON(room *jsonRoom, place []statementJSON, list []conflicts.Statement, of *conflicts.Object) []statementJSON {
	place = again(place)
	for _, s := range list {
		place = append(place, *newStatementJSON(room, s, of))
	}
	return place
}

// find returns the object that a ref names, nil for nil.
func (d *jsonReader) find(j *objectRefJSON) (*conflicts.Object, error) {
	if j == nil {
		return nil, nil
	}
	guid, err := readGUID(j.GUID)
	if err != nil {
		return nil, err
	}
	named := conflicts.Entry{GUID: guid, DN: exactly(j.Base64, "dn", j.DN)}
	if o := d.objects[named.Ref()]; o != nil {
		return o, nil
	}
	return nil, fmt.Errorf("%s%s: about an object that is no owner", j.GUID, named.DN)
}

// statement reads one that is kept as it is: evidence or an obstacle. Others are worked out.
func (d *jsonReader) statement(j *statementJSON) (s conflicts.Statement, err error) {
	s = conflicts.Statement{Code: j.Code, Value: j.value()}
	if s.Object, err = d.find(j.Object); err != nil {
		return s, err
	}
	if s.Other, err = d.find(j.Other); err != nil {
		return s, err
	}
	if !s.Whole() {
		return s, fmt.Errorf("%q: unknown, or its objects are missing", s.Code)
	}
	return s, nil
}

func (j *statementJSON) value() string { return exactly(j.Base64, "value", j.Value) }
