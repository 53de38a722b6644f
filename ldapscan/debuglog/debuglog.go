// Package debuglog makes the log of a run: each request to a server, and its outcome. A
// log is meant to be sent to somebody else. So it has hashes in place of names and values
// of the directory, unless they are asked for. The hashes are keyed with a random key of
// the run: a value has one hash throughout a run, and nobody can find the value by
// trying.
//
// Code that logs says what kind of text it logs: [DN], [Filter], [Value] and [Message]
// are for texts that can be about people. Other attributes are for texts that cannot.
package debuglog

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
)

// New returns a logger that writes a line for each record to w. With values, names and
// values are written as they are.
func New(w io.Writer, values bool) *slog.Logger {
	key := hasher(make([]byte, sha256.Size))
	rand.Read(key)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			p, ok := a.Value.Any().(private)
			switch {
			case !ok:
				return a
			case values:
				return slog.String(a.Key, p.text)
			}
			return slog.String(a.Key, p.mask(key, p.text))
		},
	}))
}

// Or returns the logger, or in place of nil one that logs nothing.
func Or(log *slog.Logger) *slog.Logger {
	if log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return log
}

// A private text is written only by a logger of [New].
type private struct {
	text string
	mask func(h hasher, text string) string
}

// MarshalText hides the text from other loggers, which cannot hash it.
func (private) MarshalText() ([]byte, error) { return []byte("(withheld)"), nil }

// DN is a distinguished name. Its DC parts stay readable, and the containers that every
// forest has.
func DN(key, name string) slog.Attr { return slog.Any(key, private{name, maskDN}) }

// Filter is a search filter. Its values are hashed, except those of attributes that are
// alike in every forest.
func Filter(key, filter string) slog.Attr { return slog.Any(key, private{filter, maskFilter}) }

// Value is any text to be hashed.
func Value(key, text string) slog.Attr { return slog.Any(key, private{text, hasher.hash}) }

// Message is the diagnostic message of a server. The codes in it stay readable.
func Message(key, text string) slog.Attr { return slog.Any(key, private{text, maskMessage}) }

// A hasher is the key of a run.
type hasher []byte

// hashSize is enough to tell the values of a run apart: among a million values, two have
// the same hash in one of 500 runs.
const hashSize = 6

func (h hasher) hash(text string) string {
	if text == "" {
		return ""
	}
	mac := hmac.New(sha256.New, h)
	io.WriteString(mac, text)
	return "~" + hex.EncodeToString(mac.Sum(nil)[:hashSize])
}
