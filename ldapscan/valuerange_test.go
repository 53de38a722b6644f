package ldapscan

import "testing"

func TestRangeOf(t *testing.T) {
	for description, want := range map[string]struct {
		name   string
		values valueRange
	}{
		"proxyAddresses":                                  {"proxyAddresses", valueRange{}},
		"proxyAddresses;x-opt":                            {"proxyAddresses", valueRange{}},
		"proxyAddresses;range=0-*":                        {"proxyAddresses", valueRange{}},
		"proxyAddresses;range=0-1499":                     {"proxyAddresses", valueRange{0, 1500}},
		"proxyAddresses;Range=1500-*":                     {"proxyAddresses", valueRange{1500, 0}},
		"proxyAddresses;x;range=0-0":                      {"proxyAddresses", valueRange{0, 1}},
		"member;range=5-7;lang-de":                        {"member", valueRange{5, 8}},
		"member;range=0-99999999999999999999":             {"member", unreadableRange},
		"member;range=0-9223372036854775807":              {"member", unreadableRange},
		"member;range=99999999999999999999-*":             {"member", unreadableRange},
		"member;range=7-5":                                {"member", unreadableRange},
		"member;range=5":                                  {"member", unreadableRange},
		"member;range=*-5":                                {"member", unreadableRange},
		"member;range=-1-5":                               {"member", unreadableRange},
		"member;range=":                                   {"member", unreadableRange},
		"proxyAddresses;range=0-4;range=5-*":              {"proxyAddresses", unreadableRange},
		"proxyAddresses;ranges=0-4;orange=1-2;x-range=0-": {"proxyAddresses", valueRange{}},
		"":           {"", valueRange{}},
		";range=0-1": {"", valueRange{0, 2}},
	} {
		if name, values := rangeOf(description); name != want.name || values != want.values {
			t.Errorf("%s: %q, %+v", description, name, values)
		}
	}
}

func TestWhole(t *testing.T) {
	for _, tc := range []struct {
		ranges []valueRange
		want   bool
	}{
		{nil, true},
		{[]valueRange{{0, 0}}, true},
		{[]valueRange{{0, 5}}, false},
		{[]valueRange{{5, 0}}, false},
		{[]valueRange{{0, 5}, {5, 0}}, true},
		{[]valueRange{{5, 0}, {0, 5}}, true},
		{[]valueRange{{0, 5}, {6, 0}}, false},
		{[]valueRange{{0, 9}, {2, 4}, {7, 12}, {12, 0}}, true},
		{[]valueRange{{0, 5}, unreadableRange}, false},
		{[]valueRange{unreadableRange}, false},
	} {
		if got := whole(tc.ranges); got != tc.want {
			t.Errorf("%v: %v", tc.ranges, got)
		}
	}
}
