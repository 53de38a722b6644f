package main

import "strings"

// letters are those that the made-up addresses are written with besides ASCII, as
// Exchange's folding of case leaves them and as Active Directory compares them ([MS-UCODEREF],
// Windows 10 Sorting Weight Table), and the ways of writing each, decomposed ones first.
var letters = []struct {
	feature       string // of the directories that have it
	folded, loose string
	written       []string
}{
	{"letters", "é", "e", []string{"e\u0301", "E\u0301", "é", "É"}},
	{"letters", "ü", "u", []string{"u\u0308", "U\u0308", "ü", "Ü"}},
	{"letters", "ö", "o", []string{"o\u0308", "O\u0308", "ö", "Ö"}},
	{"marks", "й", "и", []string{"и\u0306", "И\u0306", "й", "Й"}},
	{"undecided letters", "i\u0307", "i", []string{"i\u0307", "I\u0307", "İ"}},
	{"letters", "ø", "o", []string{"ø", "Ø"}},
	{"letters", "ł", "l", []string{"ł", "Ł"}},
	{"letters", "đ", "d", []string{"đ", "Đ"}},
	{"undecided letters", "ss", "ss", []string{"ß", "ẞ"}},
	{"undecided letters", "æ", "ae", []string{"æ", "Æ"}},
	{"undecided letters", "þ", "th", []string{"þ", "Þ"}},
	{"wide letters", "ｂ", "b", []string{"ｂ", "Ｂ"}},
	{"wide letters", "ａ", "a", []string{"ａ", "Ａ"}},
	{"wide letters", "２", "2", []string{"２"}},
	{"wide letters", "＠", "@", []string{"＠"}},
	{"wide letters", "あ", "ア", []string{"あ"}},
	{"wide letters", "ｱ", "ア", []string{"ｱ"}},
	{"wide letters", "ア", "ア", []string{"ア"}},
	{"marks", "а", "а", []string{"а", "А"}},
	{"marks", "н", "н", []string{"н", "Н"}},
	{"marks", "д", "д", []string{"д", "Д"}},
	{"marks", "р", "р", []string{"р", "Р"}},
	{"marks", "е", "е", []string{"е", "Е"}},
	{"marks", "и", "и", []string{"и", "И"}},
}

var folded, loosened = func() (*strings.Replacer, *strings.Replacer) {
	var strict, loose []string
	for _, l := range letters {
		for _, w := range l.written {
			strict, loose = append(strict, w, l.folded), append(loose, w, l.loose)
		}
	}
	for c := 'A'; c <= 'Z'; c++ {
		strict, loose = append(strict, string(c), string(c-'A'+'a')), append(loose, string(c), string(c-'A'+'a'))
	}
	return strings.NewReplacer(strict...), strings.NewReplacer(loose...)
}()

// The labels of domains that are not ASCII: their A-label, for which full-width letters
// count as those of ASCII (UTS 46 section 4), and how Active Directory compares it, by
// what it stands for.
var (
	toASCII = strings.NewReplacer("müller", "xn--mller-kva", "ｂ", "b", "ａ", "a", "２", "2")
	toLoose = strings.NewReplacer("xn--mller-kva", "muller")
)

func inDomain(address string, r *strings.Replacer) string {
	at := strings.LastIndexByte(address, '@') + 1
	if at == 0 {
		return address
	}
	return address[:at] + r.Replace(address[at:])
}
