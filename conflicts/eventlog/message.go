package eventlog

import (
	"regexp"
	"slices"
	"strings"
)

// A Message is the kind of a text, other than event 9514 or 9217, that names an ambiguous address.
type Message string

const (
	// Refusal: Exchange did not assign an address because another object has it.
	Refusal Message = "refusal"
	// DeliveryReport: a report or a protocol says that the address of a recipient is ambiguous.
	DeliveryReport Message = "delivery report"
	// TrackingLog: the message tracking log says so.
	TrackingLog Message = "tracking log"
	// SyncError: Entra Connect could not export values that another object has; also event 6941.
	SyncError Message = "synchronization error"
)

// syncEvent is the event that Entra Connect (provider ADSync) logs.
const syncEvent = 6941

var (
	// refusal is Exchange's text in any language: "proxy address" and the address in quotes.
	refusal = regexp.MustCompile(`[Pp]rox[yi][^"“”„«»]{0,20}["“”„«]\s*(` +
		`(?i:smtp|x500|x400|sip|eum|mrs|fax|notes|msmail|ccmail)\s*:[^"“”«»]+?)\s*["“”»]`)
	// ambiguous is the status that Exchange gives a recipient.
	ambiguous = regexp.MustCompile(`RESOLVER\.ADR\.Ambiguous`)
	// sender begins a line with the address of the sender.
	sender = regexp.MustCompile(`(?i)^[ \t]*(?:from|sender|return-path|x-sender|reply-to)[a-z]*[ \t]*[:=]`)
	// recipients are those of an event of the message tracking log.
	recipients = regexp.MustCompile(`(?im)^[ \t]*Recipients[ \t]*:[ \t]*\{([^{}]*)\}`)
	// refused are the values that Entra Connect could not export, behind the names of their attributes.
	refused      = regexp.MustCompile(`\[\s*((?:` + refusedNames + `)\s[^\[\]]+?);?\s*\]`)
	refusedField = regexp.MustCompile(`^(?:` + refusedNames + `)\s+`)
)

const refusedNames = `ProxyAddresses|Mail|UserPrincipalName|TargetAddress`

// A telling is a place in a text that names ambiguous addresses.
type telling struct {
	start, end int
	message    Message
	addresses  []string
}

// tellings returns the places of a text that name ambiguous addresses, in order, and each kind
// of message about the same addresses once.
func tellings(text string) []telling {
	var all []telling
	if strings.Contains(text, "rox") { // which is found faster
		for _, at := range refusal.FindAllStringSubmatchIndex(text, -1) {
			all = append(all, telling{at[0], at[1], Refusal, []string{text[at[2]:at[3]]}})
		}
	}
	if strings.Contains(text, "[") {
		for _, at := range refused.FindAllStringSubmatchIndex(text, -1) {
			var values []string
			for _, value := range split(text[at[2]:at[3]]) {
				values = append(values, refusedField.ReplaceAllString(strings.TrimSpace(value), ""))
			}
			all = append(all, telling{at[0], at[1], SyncError, values})
		}
	}
	done := 0
	statuses := ambiguous.FindAllStringIndex(text, -1)
	for i, at := range statuses {
		// The recipient stands before its status, or behind it.
		before := text[done:at[0]]
		done = at[1]
		t := telling{at[0], at[1], DeliveryReport, nil}
		if list := recipients.FindAllStringSubmatch(before, -1); len(list) > 0 {
			t.message = TrackingLog
			t.addresses = split(list[len(list)-1][1])
		} else if found := mailboxes(before); len(found) > 0 {
			t.addresses = found[len(found)-1:]
		} else {
			behind := text[at[1]:]
			if i+1 < len(statuses) {
				behind = text[at[1]:statuses[i+1][0]]
			}
			found := mailboxes(behind)
			t.addresses = found[:min(len(found), 1)]
		}
		all = append(all, t)
	}
	for i := range all {
		all[i].addresses = addresses(all[i].addresses)
	}
	all = slices.DeleteFunc(all, func(t telling) bool { return len(t.addresses) == 0 })
	slices.SortStableFunc(all, func(a, b telling) int { return a.start - b.start })
	var once []telling
	for _, t := range all {
		same := func(o telling) bool { return o.message == t.message && slices.Equal(o.addresses, t.addresses) }
		if !slices.ContainsFunc(once, same) {
			once = append(once, t)
		}
	}
	return once
}

// mailboxes returns the mail addresses in a text that are not the sender's.
func mailboxes(text string) (list []string) {
	done := 0
	for _, at := range mailbox.FindAllStringIndex(text, -1) {
		before := text[done:at[0]]
		done = at[1]
		if sender.MatchString(before[strings.LastIndexByte(before, '\n')+1:]) {
			continue
		}
		found := text[at[0]:at[1]]
		if !strings.Contains(found, "}") { // of a list in braces
			found = strings.TrimPrefix(found, "{")
		}
		list = append(list, found)
	}
	return list
}

// split parts a list of addresses.
func split(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ';' || c == ',' })
}

// addresses returns those values that are addresses: SMTP ones without their type, others with
// it. It returns none twice.
func addresses(values []string) (list []string) {
	for _, value := range values {
		value = lineBreak.ReplaceAllString(strings.TrimSpace(value), "")
		typ, text, typed := strings.Cut(value, ":")
		if typed && strings.EqualFold(strings.TrimSpace(typ), "smtp") {
			value, typed = strings.TrimSpace(text), false
		}
		known := slices.ContainsFunc(list, func(a string) bool { return strings.EqualFold(a, value) })
		if !known && (typed && text != "" || smtp.MatchString(value)) {
			list = append(list, value)
		}
	}
	return list
}
