// Package debuglog makes the log of a run: what was asked of which server, and what came
// of it. A log is meant to be sent to somebody else. So names and values of the directory
// stand in it as hashes, unless they are asked for. The hashes are keyed with a random key
// of the run: the same value has the same hash in a run, and nobody can try out what value
// that is.
//
// Code that logs says what a text is: [DN], [Filter], [Value] and [Message] make
// attributes of what can tell about people. Other attributes are for what cannot.
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

// A private text is written by a logger of [New] alone.
type private struct {
	text string
	mask func(h hasher, text string) string
}

// MarshalText is for other loggers, which do not know what may be told.
func (private) MarshalText() ([]byte, error) { return []byte("(withheld)"), nil }

// DN is a distinguished name. Its DC parts are told, and the names of containers that
// every forest has.
func DN(key, name string) slog.Attr { return slog.Any(key, private{name, maskDN}) }

// Filter is a search filter. What it compares with is not told, but for values of
// attributes that every forest has alike.
func Filter(key, filter string) slog.Attr { return slog.Any(key, private{filter, maskFilter}) }

// Value is any text that is not told.
func Value(key, text string) slog.Attr { return slog.Any(key, private{text, hasher.hash}) }

// Message is what a server says beside a result code. The codes in it are told.
func Message(key, text string) slog.Attr { return slog.Any(key, private{text, maskMessage}) }

// A hasher is the key of a run.
type hasher []byte

// hashSize keeps two values of a run apart: a million have the same hash in one of 500
// runs.
const hashSize = 6

func (h hasher) hash(text string) string {
	if text == "" {
		return ""
	}
	mac := hmac.New(sha256.New, h)
	io.WriteString(mac, text)
	return "~" + hex.EncodeToString(mac.Sum(nil)[:hashSize])
}
