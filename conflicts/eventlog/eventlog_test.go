package eventlog

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// An endless is an export: a beginning, the same events again and again up to a
// size, and between them some of ours.
type endless struct {
	io.Reader
	heap uint64 // in use when all but the last was read
}

// exportOf writes other events until there are size bytes of them, ours in front
// of them, in the middle and behind, and what stands at both ends.
func exportOf(size int, head, other, ours, tail string) *endless {
	e := new(endless)
	half := size / len(other) / 2
	measure := readerFunc(func([]byte) (int, error) {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		e.heap = m.HeapAlloc
		return 0, io.EOF
	})
	e.Reader = io.MultiReader(
		strings.NewReader(head+ours), &repeated{text: other, times: half},
		strings.NewReader(ours), &repeated{text: other, times: half},
		measure, strings.NewReader(ours+tail))
	return e
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type repeated struct {
	text  string
	rest  string
	times int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.times == 0 {
			return 0, io.EOF
		}
		r.times--
		r.rest = r.text
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

const sentence = "Two objects in the directory have the same proxy - dc=com/dc=contoso/ou=Sales/cn=Ann and dc=com/dc=contoso/ou=Sales/cn=Bob"

// bulk are the formats with an event of another kind and one of ours.
var bulk = map[string]struct{ head, other, ours, tail string }{
	"event XML": {
		"<Events>\n",
		"<Event><System><Provider Name='ESE'/><EventID>326</EventID><TimeCreated SystemTime='2024-05-14T10:00:00Z'/></System><EventData><Data>x</Data></EventData></Event>\n",
		"<Event><System><Provider Name='MSExchangeIS'/><EventID>9514</EventID></System><RenderingInfo><Message>" + sentence + "</Message></RenderingInfo></Event>\n",
		"</Events>\n",
	},
	"ConvertTo-Xml": {
		"<Objects>\n",
		"<Object><Property Name='Id'>326</Property><Property Name='Message'>Attached.</Property></Object>\n",
		"<Object><Property Name='Id'>9514</Property><Property Name='Message'>" + sentence + "</Property></Object>\n",
		"</Objects>\n",
	},
	"CLIXML": {
		"<Objs>\n",
		"<Obj><Props><I32 N='Id'>326</I32></Props><MS><S N='Message'>Attached.</S></MS></Obj>\n",
		"<Obj><Props><I32 N='Id'>9514</I32></Props><MS><S N='Message'>" + sentence + "</S></MS></Obj>\n",
		"</Objs>\n",
	},
	"JSON": {
		"[\n",
		"{\"Id\": 326, \"Message\": \"Attached.\", \"Properties\": [{\"Value\": 1}]},\n",
		"{\"Id\": 9514, \"Message\": \"" + sentence + "\"},\n",
		"{}]\n",
	},
	"table": {
		"Level,Date and Time,Source,Event ID,Task Category\n",
		"Information,2024-05-14 10:00:00,ESE,326,General,\"Attached.\n\"\n",
		"Warning,2024-05-14 10:00:00,MSExchangeIS,9514,General," + sentence + "\n",
		"",
	},
	"lines of JSON": {
		"",
		`{"Event":{"System":{"Provider":{"#attributes":{"Name":"ESE"}},"EventID":326},"EventData":{"Data":"Attached."}}}` + "\n",
		`{"Event":{"System":{"Provider":{"#attributes":{"Name":"MSExchangeIS"}},"EventID":9514},"EventData":{"Data":["dc=a/cn=1","dc=a/cn=2"]}}}` + "\n",
		"",
	},
	"evtxexport": {
		"evtxexport 20181227\n\n",
		"Event number\t\t\t: 1\nSource name\t\t\t: ESE\nEvent identifier\t\t: 0x00000146 (326)\nString: 1\t\t\t: Attached.\n\n",
		"Event number\t\t\t: 2\nSource name\t\t\t: MSExchangeIS\nEvent identifier\t\t: 0x8006252a (9514)\nString: 1\t\t\t: dc=a/cn=1\nString: 2\t\t\t: dc=a/cn=2\n\n",
		"",
	},
	"Snare": {
		"",
		"May 15 10:02:11 ex01 MSWinEventLog\t3\tApplication\t1\tMon May 15 10:02:11 2023\t326\tESE\tN/A\tN/A\tInformation\tex01\tGeneral\t\tAttached.\t1\n",
		"May 15 10:02:11 ex01 MSWinEventLog\t3\tApplication\t1\tMon May 15 10:02:11 2023\t9514\tMSExchangeIS\tN/A\tN/A\tWarning\tex01\tGeneral\t\t" + sentence + "\t1\n",
		"",
	},
	"text": {
		"",
		"Event[0]:\n  Source: ESE\n  Event ID: 326\n  Description: \nAttached.\n\n",
		"Event[0]:\n  Source: MSExchangeIS\n  Event ID: 9514\n  Description: \n" + sentence + "\n\n",
		"",
	},
	"a sentence a line": {
		"",
		"2024-05-14 10:00:00 EX01 Attached.\n",
		sentence + "\n",
		"",
	},
}

// An export may be of any size: three of our events are found among very many,
// and memory does not grow with them.
func TestBulk(t *testing.T) {
	const size, enough = 6 << 20, 3 << 20
	for name, b := range bulk {
		t.Run(name, func(t *testing.T) {
			var before runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			export := exportOf(size, b.head, b.other, b.ours, b.tail)
			log, err := Read("input", export)
			if err != nil {
				t.Fatal(err)
			}
			if len(log.Events) != 1 || log.Events[0].Count != 3 || len(log.Damaged) != 0 {
				t.Errorf("%+v", log)
			}
			if export.heap > before.HeapAlloc+enough {
				t.Errorf("%d KB in use", (export.heap-before.HeapAlloc)>>10)
			}
		})
	}
}

// An event without an end is not collected for ever, and those behind it are found.
func TestTooLarge(t *testing.T) {
	for name, b := range bulk {
		if b.head == "" || name == "evtxexport" || name == "CLIXML" {
			continue // has no end marks, or ends nest
		}
		t.Run(name, func(t *testing.T) {
			large := strings.NewReplacer("Attached.", strings.Repeat("x", 1<<20), "<Data>x", "<Data>"+strings.Repeat("x", 1<<20)).Replace(b.other)
			log, err := Read("input", strings.NewReader(b.head+large+b.ours+b.tail))
			if err != nil {
				t.Fatal(err)
			}
			if len(log.Events) != 1 || len(log.Damaged) == 0 {
				t.Fatalf("%+v", log)
			}
			if line := log.Damaged[0].Line; line != 2 {
				t.Errorf("damage in line %d", line)
			}
		})
	}
}

// Elements, objects and arrays within each other are no way to the stack.
func TestDeep(t *testing.T) {
	const depth = 50_000
	for name, input := range map[string]string{
		"event XML": "<Event>" + strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth) + "</Event>",
		"CLIXML":    strings.Repeat("<Obj>", depth) + strings.Repeat("</Obj>", depth),
		"JSON":      strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth),
		"arrays":    `{"Properties":` + strings.Repeat("[", depth) + strings.Repeat("]", depth) + "}",
		"names":     sentence[:55] + strings.Repeat("/cn=", depth),
	} {
		if _, err := Read("input", strings.NewReader(input)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// Of very many unreadable places the first are told, and how many others there are.
func TestDamages(t *testing.T) {
	export := "\"Message\",\"Id\"\n" + strings.Repeat("a,b,c\n", 1000) + "\"" + sentence + "\",\"9514\"\n"
	log, err := Read("input", strings.NewReader(export))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(log.Damaged); n != maxDamages+1 || log.Damaged[0].Line != 2 || log.Damaged[n-1].String() != "900 more places cannot be read" {
		t.Errorf("%d: %v", n, log.Damaged)
	}
}

func TestUnreadable(t *testing.T) {
	cause := errors.New("disk on fire")
	for _, before := range []string{"", sentence + "\n\n"} {
		log, err := Read("app.txt", io.MultiReader(strings.NewReader(before), iotest.ErrReader(cause)))
		if log != nil || !errors.Is(err, cause) || err.Error() != "app.txt: disk on fire" {
			t.Errorf("%v, %v", log, err)
		}
	}
}

func TestHints(t *testing.T) {
	for input, want := range map[string]string{
		"":                  hintInput,
		"hello":             hintInput,
		"0\x00\x00\x00LfLe": hintEVT,
		"[{\"Id\": 9514}]":  hintExport,
		"<Event><System>":   hintExport,
		"ElfFile\x00":       hintWhole,
		"[{\"Id\": 5136}]":  hintSecurity,
	} {
		_, err := Read("input", strings.NewReader(input))
		var e *Error
		if !errors.As(err, &e) || e.Advice != want || e.Subject != "input" {
			t.Errorf("%q: %+v", input, err)
		}
	}
}

// Two tellings of the same event add up, though one leaves more open.
func TestReadingsAddUp(t *testing.T) {
	log, err := Read("input", strings.NewReader(`[
		{"Id": 9514, "MachineName": "b", "Properties": [{"Value": "dc=a/cn=x"}, {"Value": "dc=a/cn=y"}]},
		{"Id": 9514, "MachineName": "A", "Message": "Two objects in the directory have the same proxy - /dc=a/cn=Y and /dc=a/cn=X."},
		{"Id": 9514, "MachineName": "B"  , "Properties": [{"Value": "dc=a/cn=y"}, {"Value": "dc=a/cn=x"}]}]`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Event{{
		ID: 9514,
		Readings: [][2]string{
			{"CN=x,DC=a", "CN=y,DC=a"},
			{"CN=Y,DC=a", "CN=X,DC=a"},
			{"CN=Y,DC=a", "CN=X.,DC=a"},
		},
		Count:     3,
		Computers: []string{"A", "b"},
	}}
	if diff := cmp.Diff(want, log.Events); diff != "" {
		t.Error(diff)
	}
}

func ExampleRead() {
	log, err := Read("event.txt", strings.NewReader(
		"Two objects in the Directory have the same proxy - "+
			"/dc=com/dc=contoso/ou=Sales/cn=Ann Lee and /dc=com/dc=contoso/ou=Sales/cn=Ray, Bob."))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, event := range log.Events {
		fmt.Println(event.Readings[0][0])
		fmt.Println(event.Readings[0][1])
	}
	// Output:
	// CN=Ann Lee,OU=Sales,DC=contoso,DC=com
	// CN=Ray\, Bob,OU=Sales,DC=contoso,DC=com
}

func TestParseMoment(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, test := range []struct {
		text       string
		month, day string // with the month first, and with the day first
		zoned      bool
	}{
		{"2014-05-14T08:00:00.123456700Z", "2014-05-14T08:00:00.1234567Z", "same", true},
		{"2019-11-07T09:59:56.5265735-08:00", "2019-11-07T17:59:56.5265735Z", "same", true},
		{"2019-11-07T00:30:00+0530", "2019-11-06T19:00:00Z", "same", true},
		{"2019-11-07 09:59:56.5 UTC", "2019-11-07T09:59:56.5Z", "same", true},
		{"Mar 31, 2021 23:51:47.018767400 UTC", "2021-03-31T23:51:47.0187674Z", "same", true},
		{"Mon May 15 10:02:11 2023", "2023-05-15T10:02:11Z", "same", false},
		{"Mon Mai 15 10:02:11 2023", "", "", false},
		{"May 15 10:02:11", "", "", false},
		{"/Date(1595374458918)/", "2020-07-21T23:34:18.918Z", "same", true},
		{"/Date(1595374458918+0200)/", "2020-07-21T23:34:18.918Z", "same", true},
		{"2020-05-14T10:00:00.000", "2020-05-14T10:00:00Z", "same", false},
		{"2024/05/14 15:00:00", "2024-05-14T15:00:00Z", "same", false},
		{"2024. 05. 14. 15:00:00", "2024-05-14T15:00:00Z", "same", false},
		{"27.10.2021 12:28:26", "2021-10-27T12:28:26Z", "same", false},
		{"27.10.2021 12.28.26", "2021-10-27T12:28:26Z", "same", false},
		{"7/6/2012 2:02:18 PM", "2012-07-06T14:02:18Z", "2012-06-07T14:02:18Z", false},
		{"7/6/2012 12:02:18 AM", "2012-07-06T00:02:18Z", "2012-06-07T00:02:18Z", false},
		{"7/6/2012 12:02:18 p.m.", "2012-07-06T12:02:18Z", "2012-06-07T12:02:18Z", false},
		{"7/6/2012 2:02:18\u202fPM", "2012-07-06T14:02:18Z", "2012-06-07T14:02:18Z", false},
		{"\u200e7/\u200e6/\u200e2012 2:02:18 PM", "2012-07-06T14:02:18Z", "2012-06-07T14:02:18Z", false},
		{"7/6/2012, 14:02", "2012-07-06T14:02:00Z", "2012-06-07T14:02:00Z", false},
		{"23-9-2010 17:06:55", "", "2010-09-23T17:06:55Z", false},
		{"9/23/2010 5:06:55 PM", "2010-09-23T17:06:55Z", "", false},
		{"2/30/2010 5:06:55 PM", "", "", false},
		{"30.02.2010 17:06:55", "", "", false},
		{"1.1.2010 25:00:00", "", "", false},
		{"1/1/2010 13:00:00 PM", "", "", false},
		{"1/1/10 1:00:00", "", "", false},
		{"2024/5/14 下午 03:00:00", "", "", false},
		{"2024-05-14 3:00:00 μμ", "", "", false},
		{"14 May 2024 10:00", "", "", false},
		{"yesterday", "", "", false},
		{"", "", "", false},
	} {
		want := moment{text: test.text, zoned: test.zoned}
		if test.day == "same" {
			test.day = test.month
		}
		if test.month != "" {
			want.at[monthFirst] = utc(test.month)
		}
		if test.day != "" {
			want.at[dayFirst] = utc(test.day)
		}
		got := parseMoment(test.text)
		if diff := cmp.Diff(want.at, got.at); diff != "" || want.text != got.text || want.zoned != got.zoned {
			t.Errorf("%q: zoned %v\n%s", test.text, got.zoned, diff)
		}
	}
}

// The better known of the times of an event count, and the others do not.
func TestPeriod(t *testing.T) {
	for name, test := range map[string]struct {
		texts       []string
		first, last string
	}{
		"a zone is better than none":     {[]string{"2024-05-14 01:00:00", "2024-05-14T03:00:00Z", "2024-05-14T02:00:00Z", "2024-05-15 09:00:00"}, "2024-05-14 02:00:00 UTC", "2024-05-14 03:00:00 UTC"},
		"a time is better than a text":   {[]string{"noon", "2024-05-14 03:00:00", "midnight"}, "2024-05-14 03:00:00 (zone unknown)", "2024-05-14 03:00:00 (zone unknown)"},
		"texts are in the input's order": {[]string{"noon", "dusk", "dawn"}, "noon", "dawn"},
		"nothing":                        {[]string{"", ""}, "", ""},
		"the order of dates told":        {[]string{"3/4/2024 1:00:00", "1/5/2024 1:00:00", "1/13/2024 1:00:00"}, "2024-01-05 01:00:00 (zone unknown)", "2024-03-04 01:00:00 (zone unknown)"},
		"the order of dates not told":    {[]string{"3/4/2024 1:00:00", "1/5/2024 1:00:00"}, "3/4/2024 1:00:00", "1/5/2024 1:00:00"},
		"the order contradicts itself":   {[]string{"13/4/2024 1:00:00", "1/13/2024 1:00:00"}, "13/4/2024 1:00:00", "1/13/2024 1:00:00"},
		"the order does not matter":      {[]string{"5/5/2024 1:00:00", "4/4/2024 1:00:00"}, "2024-04-04 01:00:00 (zone unknown)", "2024-05-05 01:00:00 (zone unknown)"},
	} {
		var p period
		var c calendar
		for _, text := range test.texts {
			m := parseMoment(text)
			c.see(m)
			p.add(m)
		}
		first, last := p.ends(c)
		if first.String() != test.first || last.String() != test.last {
			t.Errorf("%s: %v, %v", name, first, last)
		}
	}
}
