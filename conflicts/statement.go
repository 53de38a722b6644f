package conflicts

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Statement is a reason, a risk, the evidence of a cause, an obstacle or the detail of a
// finding: a code with the facts that it is made of. Each output says it at the length that
// its readers have time for; String says it in full. Facts that the code does not need are
// zero. Statements are made on demand, as an audit keeps facts and no sentences.
type Statement struct {
	Code StatementCode
	// Object and Other are the objects that it is about; of a cause, the one that was
	// written first comes first.
	Object, Other *Object
	// Time and OtherTime are when something happened to them.
	Time, OtherTime time.Time
	// Value is a stored value, an attribute, an address, a domain or a kind of object.
	Value string
	// Count and Of are numbers: "Count of Of".
	Count, Of int
}

// A StatementCode names what a statement says. Codes stay as they are from version to version.
type StatementCode string

// Verbatim is the code of a sentence, in Value, without further facts: it was read from a
// document of schema version 1.
const Verbatim StatementCode = "verbatim"

// Why the keeper keeps the address: the rule that preferred Object to Other, the best of those
// that it ruled out. If it left several, they are Count of Of.
const (
	OnlyHolder     StatementCode = "only-holder"
	ByLegacyDN     StatementCode = "legacy-exchange-dn"
	ByFixed        StatementCode = "fixed" // Value says why
	ByPrimary      StatementCode = "primary"
	ByMail         StatementCode = "mail"
	ByMailbox      StatementCode = "mailbox"
	ByEnabled      StatementCode = "enabled"
	ByFirstWritten StatementCode = "written-first"
	ByCreation     StatementCode = "created-first"
	ByGUID         StatementCode = "guid"   // arbitrary
	ByReview       StatementCode = "review" // Value is the comment
)

// What makes a change of Object risky.
const (
	RiskLiveMailbox     StatementCode = "live-mailbox"     // primary address of one
	RiskDisabledAccount StatementCode = "disabled-account" // primary address of one
	RiskPrimary         StatementCode = "primary-address"  // of anything else
	RiskSecondary       StatementCode = "secondary-address"
	RiskTarget          StatementCode = "target-stays" // Value is the targetAddress
	RiskMail            StatementCode = "mail-follows"
	RiskPolicy          StatementCode = "address-policy"
	RiskGroup           StatementCode = "large-group" // of Count members
	RiskSynchronized    StatementCode = "synchronized"
	RiskDropped         StatementCode = "dropped"
	RiskDomain          StatementCode = "domain-changes" // to Value
)

// What speaks for a cause.
const (
	RaceTooSoon       StatementCode = "race-too-soon"
	RaceSlow          StatementCode = "race-slow-replication"
	RaceWrittenAgain  StatementCode = "race-written-again"
	RaceUnseen        StatementCode = "race-not-replicated"
	RestoredLater     StatementCode = "restored"
	ContactHolds      StatementCode = "contact-and-mailbox"
	AliasTwice        StatementCode = "same-alias"
	AliasByPolicies   StatementCode = "same-alias-policies"
	UncheckedFirst    StatementCode = "unchecked-first-write"
	UncheckedCreation StatementCode = "unchecked-creation"
	UncheckedLast     StatementCode = "unchecked-last-write"
	UncheckedTogether StatementCode = "unchecked-same-second"
	ForestsApart      StatementCode = "two-forests"
	OneHolder         StatementCode = "one-holder"
	NoHolder          StatementCode = "no-holder"
	NoStamps          StatementCode = "no-stamps"
)

// Why the changes do not end a conflict.
const (
	LogonName     StatementCode = "logon-name"        // that of Object is the address
	MailOnly      StatementCode = "mail-only"         // mail of Object is the address
	Unchangeable  StatementCode = "cannot-be-changed" // Value says why
	OutsideScope  StatementCode = "outside-scope"
	NoReplacement StatementCode = "no-replacement" // Value says why
	OnlyChanges   StatementCode = "only-changes-read"
	NotAllRead    StatementCode = "not-everything-read"
)

// The codes of each use, but for Verbatim. ChoiceCodes stand against a choice, or beside all of them.
var (
	ReasonCodes   = []StatementCode{OnlyHolder, ByLegacyDN, ByFixed, ByPrimary, ByMail, ByMailbox, ByEnabled, ByFirstWritten, ByCreation, ByGUID, ByReview}
	EvidenceCodes = []StatementCode{RaceTooSoon, RaceSlow, RaceWrittenAgain, RestoredLater, ContactHolds, AliasTwice, AliasByPolicies,
		UncheckedFirst, UncheckedCreation, UncheckedLast, UncheckedTogether, ForestsApart, RaceUnseen, OneHolder, NoHolder, NoStamps}
	ObstacleCodes = []StatementCode{LogonName, MailOnly, Unchangeable, OutsideScope, NoReplacement, OnlyChanges, NotAllRead}
	RiskCodes     = []StatementCode{RiskLiveMailbox, RiskDisabledAccount, RiskPrimary, RiskSecondary, RiskTarget, RiskMail, RiskPolicy, RiskGroup,
		RiskSynchronized, RiskDropped, RiskDomain}
	ChoiceCodes = []StatementCode{MailShows, Forwards, LogonNameStays, DomainsUnknown, KeepsExternal, KeepsDisputed, KeeperFixed, KeeperOutside,
		KeeperPrimaries, LogsOn, DomainNotAccepted, Unclean, External, NoFreeAddress, OrMerge}
)

// ofTwo reports whether evidence is about two objects.
func (c StatementCode) ofTwo() bool {
	return c != RaceUnseen && c != OneHolder && c != NoHolder && c != NoStamps && slices.Contains(EvidenceCodes, c)
}

// ofOne reports whether an obstacle is about an object.
func (c StatementCode) ofOne() bool {
	return c != OnlyChanges && c != NotAllRead && slices.Contains(ObstacleCodes, c)
}

// Whole reports whether the statement, which is evidence or an obstacle, has what it needs.
func (s Statement) Whole() bool {
	switch {
	case s.Code.ofTwo():
		return s.Object != nil && s.Other != nil
	case s.Code.ofOne():
		return s.Object != nil
	}
	return s.Code == Verbatim || slices.Contains(EvidenceCodes, s.Code) || slices.Contains(ObstacleCodes, s.Code)
}

// String returns the statement in full. It names the objects, and tells two with one name
// apart.
func (s Statement) String() string { return s.Text(nil) }

// Text is String with the names that objects have in an audit.
func (s Statement) Text(n *Names) string {
	object, other := n.pair(s.Object, s.Other)
	say := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	switch s.Code {
	case Verbatim:
		return s.Value
	case OnlyHolder, ByLegacyDN, ByFixed, ByPrimary, ByMail, ByMailbox, ByEnabled, ByFirstWritten, ByCreation, ByGUID, ByReview:
		return s.reason()
	case RiskLiveMailbox, RiskDisabledAccount, RiskPrimary, RiskSecondary, RiskTarget, RiskMail, RiskPolicy, RiskGroup, RiskSynchronized, RiskDropped, RiskDomain:
		return s.risk()
	case LogonName:
		return say("the logon name of %s is this address as well; proxyaddr never changes a logon name", s.Object.DN)
	case MailOnly:
		return say("the mail attribute of %s shows this address and is left alone", s.Object.DN)
	case Unchangeable:
		return say("%s cannot be changed: %s", s.Object.DN, s.Value)
	case OutsideScope:
		return say("%s lies outside the reported subtrees", s.Object.DN)
	case NoReplacement:
		return s.Value
	case OnlyChanges:
		return "only changes were read, so no address is known to be free: a whole scan proposes what to do"
	case NotAllRead:
		return "not everything could be read, so no address is known to be free"
	}
	for _, text := range []string{s.obstacle(object), s.merge(object, other), s.evidence(object, other), s.detail()} {
		if text != "" {
			return text
		}
	}
	return ""
}

// reason says why the keeper keeps the address, without its name.
func (s Statement) reason() (text string) {
	switch s.Code {
	case OnlyHolder:
		text = "the only object that holds it in proxyAddresses"
	case ByLegacyDN:
		text = "its legacyExchangeDN is the address, and never changes"
	case ByFixed:
		text = "cannot be changed: " + s.Value
	case ByPrimary:
		text = "holds it as its primary address"
	case ByMail:
		text = "its mail attribute shows the address"
	case ByMailbox:
		text = "is " + s.Object.aKind()
	case ByEnabled:
		text = "its account is in use"
	case ByFirstWritten:
		text = "had it first, by " + moment(s.Time)
	case ByCreation:
		text = "was created first (" + moment(s.Time) + ")"
	case ByGUID:
		text = "arbitrary: no rule told the owners apart; please choose"
	case ByReview:
		text = "chosen in review"
		if s.Value != "" {
			text += ": " + s.Value
		}
	}
	switch {
	case s.Count > 1:
		text += fmt.Sprintf(" (%d of %d tie)", s.Count, s.Of)
	case s.Other == nil:
	case s.Code == ByMailbox && s.Object.Kind() != s.Other.Kind():
		text += ", which comes before " + s.Other.aKind()
	case s.Code == ByEnabled:
		text += "; that of the other is disabled"
	}
	return text
}

func (s Statement) risk() string {
	switch s.Code {
	case RiskLiveMailbox:
		return "primary address of a live " + s.Object.mailboxName() + ": people and devices send from it"
	case RiskDisabledAccount:
		return "primary address of " + s.Object.aKind() + " whose account is disabled"
	case RiskPrimary:
		return "primary address of " + s.Object.aKind()
	case RiskTarget:
		return "its targetAddress is this address too and stays: mail for it goes to the keeper until an administrator sets another targetAddress"
	case RiskMail:
		return "the mail attribute showed this address and changes with it"
	case RiskPolicy:
		return "an e-mail address policy is in force: Exchange may stamp the old address again"
	case RiskGroup:
		return fmt.Sprintf("group with %d members or more", s.Count)
	case RiskSynchronized:
		return "synchronized object: the change reaches Entra ID with the next cycle"
	case RiskDropped:
		return "the address is dropped without a replacement"
	case RiskDomain:
		return "the domain changes to " + s.Value
	}
	return "secondary address; from now on only the keeper gets mail sent to it"
}

// evidence says what speaks for a cause. A is Object, b Other.
func (s Statement) evidence(a, b string) string {
	stamps := func(end string) string {
		later := "in the same second"
		if apart := s.OtherTime.Sub(s.Time); apart > 0 {
			later = apart.String() + " later"
		}
		return fmt.Sprintf("the proxyAddresses of %s were last written %s on %s, those of %s %s on %s%s", a, moment(s.Time), s.Object.Written.On(),
			b, later, s.Other.Written.On(), end)
	}
	// The last write may have been of another address.
	had := func() string { return fmt.Sprintf("%s had had the address since %s at the latest", a, moment(s.Time)) }
	switch s.Code {
	case RaceTooSoon:
		return stamps(", too soon to know of each other")
	case RaceSlow:
		return stamps("; replication may have taken longer")
	case RaceWrittenAgain:
		return stamps("; it was not the first write, so the address may be older")
	case RaceUnseen:
		return "no domain controller sees two of the owners yet"
	case RestoredLater:
		return fmt.Sprintf("%s was deleted, and restored %s; %s", b, moment(s.OtherTime), had())
	case ContactHolds:
		return fmt.Sprintf("%s is %s, %s is %s", a, s.Object.aKind(), b, s.Other.aKind())
	case AliasTwice, AliasByPolicies:
		text := fmt.Sprintf("%s and %s have the alias %s, in %s and in %s", a, b, s.Value, Domain(s.Object.Partition), Domain(s.Other.Partition))
		if s.Code == AliasByPolicies {
			text += ", and address policies are in force for both"
		}
		return text
	case UncheckedFirst:
		return fmt.Sprintf("the proxyAddresses of %s were first written %s; %s", b, moment(s.OtherTime), had())
	case UncheckedCreation:
		return fmt.Sprintf("%s was created %s; %s", b, moment(s.OtherTime), had())
	case UncheckedLast:
		return fmt.Sprintf("the proxyAddresses of %s were last written %s; %s", b, moment(s.OtherTime), had())
	case UncheckedTogether:
		return fmt.Sprintf("the proxyAddresses of %s and %s were last written in the same second on %s", a, b, s.Other.Written.On())
	case ForestsApart:
		return fmt.Sprintf("%s is in the forest %s, %s in %s; Exchange looks only in its own forest", a, s.Object.Forest, b, s.Other.Forest)
	case OneHolder:
		return "only one of the owners has it in proxyAddresses, and proxyaddr reads dates for proxyAddresses only"
	case NoHolder:
		return "none of the owners has it in proxyAddresses, and proxyaddr reads dates for proxyAddresses only"
	case NoStamps:
		return "the directory shows for at most one owner when and where its proxyAddresses were last written"
	}
	return ""
}

// Enumerate lists names as a sentence does: "a, b and c".
func Enumerate(names []string, conjunction string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + conjunction + " " + names[last]
}

// sentences joins statements as one text.
func sentences(list []Statement, separator string) string {
	if len(list) == 1 {
		return list[0].String()
	}
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.String()
	}
	return strings.Join(texts, separator)
}
