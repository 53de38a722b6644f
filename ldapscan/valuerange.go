package ldapscan

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A valueRange tells which values of an attribute came with an entry, counted from 0
// ([MS-ADTS] 3.1.1.3.1.3.3): from first to the one before next or, if next is 0, all from
// first on. The zero valueRange stands for all values.
type valueRange struct{ first, next int }

// unreadableRange stands for a range that cannot be read. Values are missing.
var unreadableRange = valueRange{math.MaxInt, math.MaxInt}

// rangeOf splits an attribute description, "proxyAddresses;range=0-1499" (RFC 4512
// section 2.5), into the name of the attribute and the range of the values that came. The
// range may be any of the options, in any case.
func rangeOf(description string) (name string, values valueRange) {
	name, options, more := strings.Cut(description, ";")
	ranges := 0
	for option := ""; more; {
		option, options, more = strings.Cut(options, ";")
		if bounds, ok := strings.CutPrefix(strings.ToLower(option), "range="); ok {
			values = parseRange(bounds)
			ranges++
		}
	}
	if ranges > 1 {
		values = unreadableRange
	}
	return name, values
}

func parseRange(bounds string) valueRange {
	low, high, _ := strings.Cut(bounds, "-")
	first, err := strconv.Atoi(low)
	if err != nil {
		return unreadableRange
	}
	if high == "*" {
		return valueRange{first, 0}
	}
	last, err := strconv.Atoi(high)
	if err != nil || last < first || last == math.MaxInt {
		return unreadableRange
	}
	return valueRange{first, last + 1}
}

// whole reports whether ranges, in any order, cover all values.
func whole(ranges []valueRange) bool {
	ranges = slices.SortedFunc(slices.Values(ranges), func(a, b valueRange) int { return cmp.Compare(a.first, b.first) })
	next := 0
	for _, r := range ranges {
		if r.first > next {
			return false
		}
		if r.next == 0 {
			return true
		}
		next = max(next, r.next)
	}
	return len(ranges) == 0
}
