// Package neterr tells network errors apart by their numbers. Windows returns those of
// Winsock; Go invented syscall.ECONNREFUSED and the like there. The text of an error is
// in the language of the system, so it is only compared with the system's own text for a
// number.
package neterr

import (
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
)

// The numbers from 10000 on are Winsock's. No other system has numbers that high.
var (
	refused     = []syscall.Errno{syscall.ECONNREFUSED, 10061}                             // WSAECONNREFUSED
	reset       = []syscall.Errno{syscall.ECONNRESET, 10054, 10053}                        // WSAECONNRESET, WSAECONNABORTED
	unreachable = []syscall.Errno{syscall.EHOSTUNREACH, syscall.ENETUNREACH, 10065, 10051} // WSAEHOSTUNREACH, WSAENETUNREACH
	timedOut    = []syscall.Errno{syscall.ETIMEDOUT, 10060}                                // WSAETIMEDOUT
)

// Refused reports whether nothing listens on the port.
func Refused(err error) bool { return is(err, refused) }

// Reset reports whether the connection was aborted.
func Reset(err error) bool { return is(err, reset) }

// Unreachable reports whether there is no route to the host.
func Unreachable(err error) bool { return is(err, unreachable) }

// TimedOut reports whether an answer or a connection did not come in time, by the clock
// of the system or by a deadline of the program.
func TimedOut(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout() || is(err, timedOut)
}

// RefusedText is [Refused] for an error of which a library kept only the text.
func RefusedText(text string) bool { return holds(text, refused) }

// TimedOutText is [TimedOut] for an error of the system of which a library kept only the
// text.
func TimedOutText(text string) bool { return holds(text, timedOut) }

func is(err error, numbers []syscall.Errno) bool {
	return slices.ContainsFunc(numbers, func(n syscall.Errno) bool { return errors.Is(err, n) })
}

func holds(text string, numbers []syscall.Errno) bool {
	return slices.ContainsFunc(numbers, func(n syscall.Errno) bool { return strings.Contains(text, n.Error()) })
}
