package request

import "testing"

func TestSpanCannotBeLeft(t *testing.T) {
	for in, want := range map[string]string{
		"plain":       "`plain`",
		`CN=Doe\, J`:  "`CN=Doe\\, J`",
		"a`b":         "``a`b``",
		"a``b`c":      "```a``b`c```",
		"`":           "`` ` ``",
		" x ":         "`  x  `",
		"a\n\n# head": "`a\\n\\n# head`",
	} {
		if got := span(in); got != want {
			t.Errorf("span(%q) = %s, want %s", in, got, want)
		}
	}
}

func TestInertTextHasNoMarkup(t *testing.T) {
	const in = "a\n**b** [x](u) <i> `c` |\\ https://evil.example HTTP://x ftp://y (www.evil.example) ldaps://dc1"
	const want = "a\\\\n\\*\\*b\\*\\* \\[x\\](u) \\<i\\> \\`c\\` \\|\\\\ https\\://evil.example HTTP\\://x ftp\\://y (www\\.evil.example) ldaps://dc1"
	if got := inert(in); got != want {
		t.Errorf("inert(%q) = %s, want %s", in, got, want)
	}
}

func TestSentencesEndOnce(t *testing.T) {
	for in, want := range map[string]string{
		"next week":                "next week.",
		"Needed until May. ":       "Needed until May.",
		"Who asked?":               "Who asked?",
		"in use by *all*":          "in use by \\*all\\*.",
		"suppressed: x (CORP\\an)": "suppressed: x (CORP\\\\an).",
	} {
		if got := sentence(in); got != want {
			t.Errorf("sentence(%q) = %s, want %s", in, got, want)
		}
	}
}
