package conflicts

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"proxyaddr/conflicts/eventlog"
)

func TestMatchWrites(t *testing.T) {
	const guid, other, dn = "00000001-0000-0000-0000-000000000000", "00000002-0000-0000-0000-000000000000", "CN=Ann,DC=x"
	id, err := ParseGUID(guid)
	if err != nil {
		t.Fatal(err)
	}
	at := func(minute int) eventlog.Time {
		moment := time.Date(2023, 5, 15, 9, minute, 0, 0, time.UTC)
		return eventlog.Time{Time: moment, Zoned: true, Text: "x"}
	}
	add := func(minute int, value, operation string) eventlog.Write {
		return eventlog.Write{GUID: guid, DN: dn, Attribute: "proxyAddresses", Value: value, Added: true, Operation: operation,
			Account: `CORP\hrfeed`, Computer: "BER-DC01.corp.example", Logged: at(minute)}
	}
	del := func(minute int, value, operation string) eventlog.Write {
		w := add(minute, value, operation)
		w.Added = false
		return w
	}
	// unclear is a write at a time whose day and month cannot be told apart.
	unclear := func(w eventlog.Write) eventlog.Write {
		w.Logged = eventlog.Time{Text: fmt.Sprintf("3/5/2026 9:%02d", w.Logged.Time.Minute())}
		return w
	}
	local := func(w eventlog.Write) eventlog.Write {
		w.Logged.Time, w.Logged.Zoned = w.Logged.Time.Add(time.Hour), false
		return w
	}
	with := func(w eventlog.Write, change func(*eventlog.Write)) eventlog.Write { change(&w); return w }
	const ours = "smtp:sales@x.example"
	const unordered = "the writer of 1 value is not named: the order of its events in the audit log is unknown; use .evtx files, whose times are in UTC"
	const hrfeed = `written by CORP\hrfeed on BER-DC01, `
	for name, test := range map[string]struct {
		writes []eventlog.Write
		want   []string
		note   string
	}{
		"added":                       {[]eventlog.Write{add(1, ours, "a")}, []string{hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"added twice counts the last": {[]eventlog.Write{add(3, ours, "c"), add(1, ours, "a"), del(2, ours, "b")}, []string{hrfeed + "2023-05-15 09:03:00 UTC"}, ""},
		"in two exports":              {[]eventlog.Write{add(1, ours, "a"), add(1, ours, "a")}, []string{hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"in two exports, whole": {[]eventlog.Write{add(1, ours, "a"), add(1, "smtp:b@x.example", "b"), add(1, ours, "a"), add(1, "smtp:b@x.example", "b")},
			[]string{hrfeed + "2023-05-15 09:01:00 UTC"}, "1 event of the audit log matches no owner of a conflict"},
		"in two exports, one of which has local time and shows the name for the GUID": {
			[]eventlog.Write{with(local(add(1, ours, "a")), func(w *eventlog.Write) { w.GUID, w.Computer = "", "BER-DC01" }), del(1, "smtp:b@x.example", "a"), add(1, ours, "a"),
				with(local(del(1, "smtp:b@x.example", "a")), func(w *eventlog.Write) { w.GUID, w.Computer = "", "BER-DC01" })},
			[]string{hrfeed + "2023-05-15 09:01:00 UTC, in place of smtp:b@x.example"}, ""},
		"newest first, of unclear dates": {[]eventlog.Write{unclear(add(3, ours, "c")), unclear(del(2, ours, "b")), unclear(add(1, ours, "a"))}, nil, unordered},
		"one of an unclear date":         {[]eventlog.Write{unclear(add(1, ours, "a"))}, []string{hrfeed + "3/5/2026 9:01"}, ""},
		"one request of an unclear date": {[]eventlog.Write{unclear(add(1, ours, "a")), unclear(del(1, "SMTP:sales@x.example", "a"))},
			[]string{hrfeed + "3/5/2026 9:01, in place of SMTP:sales@x.example"}, ""},
		"in UTC and in local time":  {[]eventlog.Write{local(add(1, ours, "a")), del(2, ours, "b"), add(3, ours, "c")}, nil, unordered},
		"all in local time":         {[]eventlog.Write{local(add(3, ours, "c")), local(del(2, ours, "b")), local(add(1, ours, "a"))}, []string{hrfeed + "2023-05-15 10:03:00 (zone unknown)"}, ""},
		"others of an unclear date": {[]eventlog.Write{add(1, ours, "a"), unclear(add(1, "smtp:b@x.example", "b"))}, []string{hrfeed + "2023-05-15 09:01:00 UTC"}, "1 event of the audit log matches no owner of a conflict"},
		"in place of another": {[]eventlog.Write{add(1, ours, "a"), del(1, "smtp:old@x.example", "a")},
			[]string{hrfeed + "2023-05-15 09:01:00 UTC, in place of smtp:old@x.example"}, ""},
		"one of several": {[]eventlog.Write{add(1, ours, "a"), add(1, "smtp:b@x.example", "a"), del(1, "smtp:c@x.example", "a")},
			[]string{hrfeed + "2023-05-15 09:01:00 UTC"}, "2 events of the audit log match no owner of a conflict"},
		"another spelling brought it": {[]eventlog.Write{add(1, "smtp:SALES@x.example", "a"), del(2, "smtp:SALES@x.example", "b"), add(2, ours, "b")},
			[]string{hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"another spelling of unknown origin": {[]eventlog.Write{del(2, "SMTP:sales@x.example", "b"), add(2, ours, "b")},
			[]string{hrfeed + "2023-05-15 09:02:00 UTC, in place of SMTP:sales@x.example"}, ""},
		"deleted, and added unseen":  {[]eventlog.Write{add(1, ours, "a"), del(2, ours, "b")}, nil, ""},
		"later than the directory":   {[]eventlog.Write{add(30, ours, "a")}, nil, "1 event of the audit log matches no owner of a conflict"},
		"another value":              {[]eventlog.Write{add(1, "smtp:b@x.example", "a")}, nil, "1 event of the audit log matches no owner of a conflict"},
		"another object of the name": {[]eventlog.Write{with(add(1, ours, "a"), func(w *eventlog.Write) { w.GUID = other })}, nil, "1 event of the audit log matches no owner of a conflict"},
		"renamed since":              {[]eventlog.Write{with(add(1, ours, "a"), func(w *eventlog.Write) { w.DN = "CN=Before,DC=x" })}, []string{hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"by its name alone":          {[]eventlog.Write{with(add(1, ours, "a"), func(w *eventlog.Write) { w.GUID, w.DN = "", "cn=ANN, dc=X" })}, []string{hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"mail": {[]eventlog.Write{with(add(1, "Sales@x.example", "a"), func(w *eventlog.Write) { w.Attribute = "mail" })},
			[]string{"mail " + hrfeed + "2023-05-15 09:01:00 UTC"}, ""},
		"a server": {[]eventlog.Write{with(add(1, ours, "a"), func(w *eventlog.Write) { w.Account, w.Computer, w.Logged = `CORP\EX01$`, "", eventlog.Time{} })},
			[]string{`written by CORP\EX01$ (a computer account; if it is an Exchange server, its admin audit log names the person)`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o := &Object{Entry: Entry{DN: dn, GUID: id}, Written: Stamp{Time: at(4).Time, Version: 2}}
			a := &Audit{Conflicts: []Conflict{{Owners: []Owner{{Object: o, Claims: []Claim{{Attribute: ProxyAddresses, Value: ours}, {Attribute: Mail, Value: "Sales@x.example"}}}}}}}
			a.MatchWrites(test.writes)
			var got []string
			for _, w := range a.Conflicts[0].Owners[0].WrittenBy() {
				got = append(got, w.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if want := []string{test.note}; test.note == "" && a.Notes != nil || test.note != "" && !slices.Equal(a.Notes, want) {
				t.Errorf("%q", a.Notes)
			}
		})
	}
	// The time grows with the log, not with its square.
	oneRequest, spellings := []eventlog.Write{add(0, ours, "a")}, []eventlog.Write{add(0, ours, "0")}
	for i := range 20_000 {
		added := add(0, "SMTP:sales@x.example", "a")
		added.Computer = strconv.Itoa(i)
		oneRequest = append(oneRequest, del(0, fmt.Sprintf("smtp:%d@x.example", i), "a"), added)
		values := []string{ours, "SMTP:sales@x.example"}
		spellings = append(spellings, del(i+1, values[i%2], strconv.Itoa(i+1)), add(i+1, values[(i+1)%2], strconv.Itoa(i+1)))
	}
	for name, writes := range map[string][]eventlog.Write{"one large request": oneRequest, "many spellings": spellings} {
		t.Run(name, func(t *testing.T) {
			o := &Object{Entry: Entry{DN: dn, GUID: id}}
			a := &Audit{Conflicts: []Conflict{{Owners: []Owner{{Object: o, Claims: []Claim{{Attribute: ProxyAddresses, Value: ours}}}}}}}
			start := time.Now()
			a.MatchWrites(writes)
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			if got := a.Conflicts[0].Owners[0].WrittenBy(); len(got) != 1 || got[0].String() != hrfeed+"2023-05-15 09:00:00 UTC" {
				t.Errorf("%+v", got)
			}
		})
	}
	// An export without objectGUIDs has names alone.
	o := &Object{Entry: Entry{DN: dn}}
	a := &Audit{Conflicts: []Conflict{{Owners: []Owner{{Object: o, Claims: []Claim{{Attribute: ProxyAddresses, Value: ours}}}}}}}
	if a.MatchWrites([]eventlog.Write{add(1, ours, "a")}); len(a.Conflicts[0].Owners[0].WrittenBy()) != 1 {
		t.Error("not found by name")
	}
}
