package words

import (
	"fmt"

	"proxyaddr/conflicts"
)

// Obstacle says what stands against a choice, without a period. Name names an object.
func Obstacle(s conflicts.Statement, name func(*conflicts.Object) string) string {
	switch s.Code {
	case conflicts.MailShows:
		return "mail shows it"
	case conflicts.Forwards:
		return name(s.Object) + " forwards to it"
	case conflicts.LogonNameStays:
		return "the logon name stays a conflict"
	case conflicts.DomainsUnknown:
		return "accepted domains unknown"
	case conflicts.KeepsExternal:
		return "would keep only its external address"
	case conflicts.KeepsDisputed:
		return "would keep only addresses that are in conflict too"
	case conflicts.KeeperFixed:
		return name(s.Object) + " cannot be changed"
	case conflicts.KeeperOutside:
		return name(s.Object) + " is outside the reported subtrees"
	case conflicts.KeeperPrimaries:
		return name(s.Object) + " has it as more than one primary address"
	case conflicts.LogsOn:
		return name(s.Object) + " logs on with this address"
	case conflicts.DomainNotAccepted:
		return s.Value + " is not an accepted domain"
	case conflicts.Unclean:
		return "the value that would stay is not clean (see Findings)"
	case conflicts.External:
		return "mail sent to it would go to an external address"
	case conflicts.NoFreeAddress:
		return fmt.Sprintf("no free address for %s", name(s.Object))
	}
	return s.Value
}
