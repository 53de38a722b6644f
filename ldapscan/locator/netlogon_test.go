package locator

import (
	"strings"
	"testing"
)

// An answer of Samba 4.17, as it came over the wire.
const (
	sambaID    = 7
	sambaValue = "\x17\x00\x00\x00\xbd\x11\x00\x00\x9c\xab\xca\xd8\xa6\xd0;K\xa2/W\xfb\vi\x16\x03" +
		"\bfabrikam\x04test\x00\xc0\x18\x04dc31\xc0\x18\bFABRIKAM\x00\x04DC31\x00\x00" +
		"\x17Default-First-Site-Name\x00\xc0A\x05\x00\x00\x00\xff\xff\xff\xff"
	sambaAnswer = "0}\x02\x01\adx\x04\x000t0r\x04\bnetlogon1f\x04d" + sambaValue + "0\f\x02\x01\ae\a\n\x01\x00\x04\x00\x04\x00"
)

func TestAnswerOfSamba(t *testing.T) {
	got, err := parseAnswer([]byte(sambaAnswer), sambaID)
	want := Controller{
		Host: "dc31.fabrikam.test", Domain: "fabrikam.test", Forest: "fabrikam.test",
		Site: "Default-First-Site-Name", ClientSite: "Default-First-Site-Name", Flags: 0x11bd,
	}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	for _, f := range []Flags{PDC, GlobalCatalog, KDC, Closest, Writable} {
		if !got.Is(f) {
			t.Errorf("flag %#x is missing", f)
		}
	}
}

// An answer that is not whole tells nothing, and one that is damaged nothing wrong.
func TestDamagedAnswers(t *testing.T) {
	for i := range len(sambaValue) {
		if c, err := parseNetlogon([]byte(sambaValue[:i])); err == nil {
			t.Errorf("cut to %d bytes: %+v", i, c)
		}
	}
	entry := len(sambaAnswer) - len("0\f\x02\x01\ae\a\n\x01\x00\x04\x00\x04\x00")
	for i := range entry {
		if c, err := parseAnswer([]byte(sambaAnswer[:i]), sambaID); err == nil {
			t.Errorf("message cut to %d bytes: %+v", i, c)
		}
	}
	for name, tt := range map[string]struct {
		old, new string
		err      error
	}{
		"opcode":                         {"\x17\x00\x00\x00", "\x13\x00\x00\x00", errDamaged},
		"paused":                         {"\x17\x00\x00\x00", "\x18\x00\x00\x00", errPaused},
		"no directory":                   {"\xbd\x11", "\xad\x11", errNotServed},
		"pointer to itself":              {"\x00\xc0\x18\x04", "\x00\xc0\x27\x04", errDamaged},
		"pointer ahead":                  {"\x00\xc0\x18\x04", "\x00\xc0\x50\x04", errDamaged},
		"pointer past the end":           {"\x00\xc0\x18\x04", "\x00\xff\xff\x04", errDamaged},
		"pointer to before its own name": {"dc31\xc0\x18", "dc31\xc0\x29", errDamaged},
		"reserved label type":            {"\x04dc31", "\x44dc31", errDamaged},
		"no host":                        {"\x04dc31\xc0\x18", "\x00\x04aaa\xc0\x18", errDamaged},
		"slash in the host":              {"dc31\xc0", "dc/1\xc0", errDamaged},
		"fragment in the host":           {"dc31\xc0", "dc#1\xc0", errDamaged},
		"dot in a label":                 {"dc31\xc0", "dc..\xc0", errDamaged},
		"query in the domain":            {"fabrikam", "fabrika?", errDamaged},
		"escape in the site":             {"Default-", "Default\x1b", errDamaged},
		"not UTF-8":                      {"fabrikam", "fabrik\xffm", errDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			if n := strings.Count(sambaValue, tt.old); n != 1 || len(tt.old) != len(tt.new) {
				t.Fatalf("%q occurs %d times", tt.old, n)
			}
			c, err := parseNetlogon([]byte(strings.Replace(sambaValue, tt.old, tt.new, 1)))
			if err != tt.err || c != (Controller{}) {
				t.Errorf("%+v, %v; want %v", c, err, tt.err)
			}
		})
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 4)
	for name, tt := range map[string]struct {
		in   string
		at   int
		name string
		next int // 0: damaged
	}{
		"root":                  {"\x00", 0, "", 1},
		"labels":                {"\x02dc\x03com\x00", 0, "dc.com", 8},
		"pointer":               {"\x03com\x00\x02dc\xc0\x00", 5, "dc.com", 10},
		"pointer to a pointer":  {"\x03com\x00\x02dc\xc0\x00\xc0\x05", 10, "dc.com", 12},
		"pointer only":          {"\x03com\x00\xc0\x00", 5, "com", 7},
		"empty":                 {"", 0, "", 0},
		"past the end":          {"\x00", 1, "", 0},
		"label cut off":         {"\x03co", 0, "", 0},
		"end missing":           {"\x03com", 0, "", 0},
		"half a pointer":        {"\x03com\x00\x02dc\xc0", 5, "", 0},
		"loop of one":           {"\xc0\x00", 0, "", 0},
		"loop of two":           {"\xc0\x02\xc0\x00", 2, "", 0},
		"loop through a label":  {"\x01a\xc0\x00", 0, "", 0},
		"longer than 255":       {long + "\x00", 0, "", 0},
		"longer by its pointer": {long[:192] + "\x00" + long[:64] + "\xc0\x00", 193, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			got, next, err := parseName([]byte(tt.in), tt.at)
			if got != tt.name || next != tt.next || (err == nil) != (tt.next > 0) {
				t.Errorf("%q, next %d, %v; want %q, %d", got, next, err, tt.name, tt.next)
			}
		})
	}
}

// Whatever comes over the network, an answer is either refused or can be used.
func FuzzAnswer(f *testing.F) {
	f.Add([]byte(sambaAnswer))
	f.Add(searchEntry(sambaID, netlogon(dc("m", "Munich").Controller)))
	f.Add(searchDone(sambaID))
	f.Add([]byte("0\x80\x02\x01\ad\x80\x04\x000\x80"))
	f.Fuzz(func(t *testing.T, b []byte) {
		check(t, b, func(b []byte) (Controller, error) { return parseAnswer(b, sambaID) })
	})
}

func FuzzNetlogon(f *testing.F) {
	f.Add([]byte(sambaValue))
	f.Add([]byte(strings.Replace(sambaValue, "\xc0\x18", "\xc0\x27", 1)))
	f.Add(netlogon(dc("m", "Munich", readOnly, clientSite("")).Controller))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b, parseNetlogon) })
}

func check(t *testing.T, b []byte, parse func([]byte) (Controller, error)) {
	c, err := parse(b)
	switch {
	case err != nil && c != (Controller{}):
		t.Errorf("%+v beside %v", c, err)
	case err == nil && (c.Host == "" || c.Domain == "" || c.Forest == "" || !c.Answered()):
		t.Errorf("%+v", c)
	case strings.ContainsAny(c.Site+c.ClientSite, "\x00\n\x1b/@\\"):
		t.Errorf("%+v", c)
	}
	for _, name := range []string{c.Host, c.Domain, c.Forest} {
		if host, ok := HostName(name); err == nil && (!ok || host != name) {
			t.Errorf("%+v", c)
		}
	}
}
