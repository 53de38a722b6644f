package kerberos

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// In a session without a ticket, or without Kerberos at all, the error says so.
func TestNoTicketIsExplained(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	i, err := begin(ctx, "ldap/dc1.nowhere.invalid/nowhere.invalid", layerSeal, nil)
	if err == nil {
		i.context.close()
		i.credentials.release()
		t.Skip("this session has a ticket for any server")
	}
	var e *Error
	explained := (&Client{user: signedIn}).explain(err, "dc1.nowhere.invalid")
	if !errors.As(explained, &e) || e.Hint() == "" {
		t.Errorf("%v: %v", err, explained)
	}
	t.Log(explained)
}

func TestClosedContextMakesNoTokens(t *testing.T) {
	c := &securityContext{}
	c.close()
	if _, err := c.wrap([]byte("x"), true); err == nil {
		t.Error("wrapped")
	}
	if _, err := c.unwrap(make([]byte, 100), true); err == nil {
		t.Error("unwrapped")
	}
}

func TestChannelBindingsHaveTheFormOfWindows(t *testing.T) {
	const binding = "tls-server-end-point:x"
	b := channelBindings([]byte(binding))
	if want := strings.Repeat("\x00", 24) + "\x16\x00\x00\x00\x20\x00\x00\x00" + binding; string(b) != want {
		t.Errorf("%q", b)
	}
}
