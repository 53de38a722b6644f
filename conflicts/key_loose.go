package conflicts

import (
	"strings"
	"unicode/utf8"
)

//go:generate go run key_table_gen.go testdata/sortkeys.tsv

// Values of looseBlocks that are no code points. Surrogates, which no string has, number
// what is equal to several characters.
const (
	ignored        = 0xffff
	firstExpansion = 0xd800
	lastExpansion  = 0xdfff
)

// Marks that stand for the character before them, and those for its vowel.
const (
	repeatMark = '々'
	longMark   = 'ー'
)

// loosen returns what all strings share that Active Directory compares as equal. It
// compares sort keys ([MS-ADTS] 6.5), so this follows a table of sort keys; see
// testdata/sortkeys.tsv. Characters outside the BMP are equal to themselves.
func loosen(s string) string {
	if !utf8.ValidString(s) {
		return fold(s) // bytes that are no character have no sort key
	}
	return inParts(s, (*latinLetter).loosen, loosenMarked)
}

func loosenMarked(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	var last rune // the last one that a mark can repeat
	for _, r := range s {
		switch same := equalRune(r); {
		case same == ignored:
		case same == repeatMark || same == longMark:
			b.WriteRune(repeated(last, same))
		case same >= firstExpansion && same <= lastExpansion:
			b.WriteString(looseExpansions[same-firstExpansion])
			last = 0
		default:
			b.WriteRune(same)
			last = same
		}
	}
	return b.String()
}

// equalRune returns the character that stands for all that are equal to r, or what
// tells that it is ignored or equal to several.
func equalRune(r rune) rune {
	const blockSize = len(looseBlocks[0])
	if int(r) < len(looseIndex)*blockSize {
		if same := looseBlocks[looseIndex[int(r)/blockSize]][int(r)%blockSize]; same != 0 {
			return rune(same)
		}
	}
	return r
}

// repeated returns what a mark behind a character stands for, the same for all marks if
// it stands for nothing else.
func repeated(last, mark rune) rune {
	if last == 0 || last > 0xffff {
		return repeatMark
	}
	stands := last
	for _, m := range looseMarks {
		if m.first <= last && last <= m.last && (m.mark == repeatMark || m.mark == mark) {
			stands = m.stands
		}
	}
	if stands == 0 {
		return repeatMark
	}
	return stands
}
