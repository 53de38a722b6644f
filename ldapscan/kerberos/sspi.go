package kerberos

import "fmt"

// signedIn is the account of the user who is signed in to Windows, for errors.
const signedIn = "the signed-in user"

// A status is an error of SSPI, by which Windows logs on (winerror.h). Its texts here are the
// same whatever the language of Windows.
type status uint32

// The errors of SSPI that a bind can meet.
const (
	secPackageNotFound     status = 0x80090305
	secTargetUnknown       status = 0x80090303
	secInvalidToken        status = 0x80090308
	secLogonDenied         status = 0x8009030C
	secUnknownCredentials  status = 0x8009030D
	secNoCredentials       status = 0x8009030E
	secMessageAltered      status = 0x8009030F
	secOutOfSequence       status = 0x80090310
	secNoAuthority         status = 0x80090311
	secContextExpired      status = 0x80090317
	secBufferTooSmall      status = 0x80090321
	secWrongPrincipal      status = 0x80090322
	secTimeSkew            status = 0x80090324
	secEncryptionType      status = 0x80090342
	secBadBindings         status = 0x80090346
	secDowngrade           status = 0x80090350
	secCannotRefer         status = 0x80090359
	secMutualAuthFailed    status = 0x80090363
	secPolicyAccountForbid status = 0x80090364
)

func (s status) Error() string { return fmt.Sprintf("Windows error 0x%08X", uint32(s)) }

var noSession = fault{signedIn, "this Windows session has no Kerberos ticket of a domain",
	"sign in as a user of the domain, or name one with -D and --auth gssapi; a saved network password, a local account and a task without a stored password have no ticket"}

// statusFaults are the errors of SSPI in words. A ticket that the server refuses comes as an
// error of LDAP; see [diagnoseLDAP].
var statusFaults = map[status]fault{
	secPackageNotFound: {"Windows", "it has no Kerberos package", "log on with -D and --auth gssapi"},
	secTargetUnknown:   codeFaults[7],
	secCannotRefer:     codeFaults[7],
	secLogonDenied: {signedIn, "the domain refused the logon",
		"check that the account is enabled, its password has not expired, and no policy forbids it to log on from here"},
	secPolicyAccountForbid: codeFaults[12].of(signedIn),
	secUnknownCredentials:  noSession,
	secNoCredentials:       noSession,
	secContextExpired:      {signedIn, "the ticket has expired", "sign in again, or lock and unlock the session"},
	secNoAuthority: {signedIn, "no domain controller can be reached for the logon",
		"check the network, the domain's DNS server, and that no firewall blocks port 88"},
	secWrongPrincipal:   identityFault,
	secMutualAuthFailed: identityFault,
	secDowngrade:        identityFault,
	secTimeSkew:         skew,
	secEncryptionType:   noAES.of(signedIn),
	secBadBindings:      badBindings,
	secMessageAltered:   {"{host}", "the server's answer was changed on the way", hintServer},
	secOutOfSequence:    {"{host}", "the server's answer came out of sequence", hintServer},
	secInvalidToken:     {"{host}", "the server's answer is no Kerberos token", "check that it is a domain controller"},
}

// fault returns the status in words.
func (s status) fault() fault {
	if f, ok := statusFaults[s]; ok {
		return f
	}
	return fault{signedIn, "Windows cannot log on by Kerberos: " + s.Error(),
		"check with klist that the session has a ticket, or name a user with -D and --auth gssapi"}
}

// of returns the fault with a subject of its own.
func (f fault) of(subject string) fault {
	f.subject = subject
	return f
}
