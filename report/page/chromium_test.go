package page

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A browser is a headless Chromium, asked over its debugging pipe: messages in JSON, each
// with a zero byte behind it, on descriptors 3 and 4
// (https://chromedevtools.github.io/devtools-protocol/).
type browser struct {
	tb       testing.TB
	requests io.Writer
	answers  *bufio.Reader
	last     int
	session  string
	// events are what the browser told since the page was opened.
	events []message
}

type message struct {
	ID      int             `json:"id,omitempty"`
	Session string          `json:"sessionId,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   json.RawMessage `json:"error,omitempty"`
}

// newBrowser starts the chromium of the search path; tests that are to be short are skipped.
func newBrowser(tb testing.TB) *browser {
	tb.Helper()
	if testing.Short() {
		tb.Skip("starts Chromium")
	}
	fail := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
	}
	in, requests, err := os.Pipe()
	fail(err)
	answers, out, err := os.Pipe()
	fail(err)
	ctx, cancel := context.WithTimeout(tb.Context(), 2*time.Minute)
	profile := tb.TempDir()
	cmd := exec.CommandContext(ctx, "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--remote-debugging-pipe", "--user-data-dir="+profile, "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+profile)
	cmd.ExtraFiles = []*os.File{in, out}
	// Wait waits until nobody can write to it any more: for all processes of Chromium, the last
	// of which still write to the profile when the first has ended.
	cmd.Stderr = io.Discard
	fail(cmd.Start())
	in.Close()
	out.Close()
	b := &browser{tb: tb, requests: requests, answers: bufio.NewReader(answers)}
	tb.Cleanup(func() {
		b.ask("Browser.close", nil, nil)
		requests.Close()
		cmd.Wait()
		cancel()
		answers.Close()
	})
	var target struct{ TargetID string }
	b.ask("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.ask("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.ask(domain+".enable", nil, nil)
	}
	return b
}

// ask sends a command and waits for its answer.
func (b *browser) ask(method string, params, result any) {
	b.tb.Helper()
	b.last++
	text, err := json.Marshal(map[string]any{"id": b.last, "sessionId": b.session, "method": method, "params": params})
	if b.session == "" || strings.HasPrefix(method, "Browser.") {
		text, err = json.Marshal(map[string]any{"id": b.last, "method": method, "params": params})
	}
	if err != nil {
		b.tb.Fatal(err)
	}
	if _, err := b.requests.Write(append(text, 0)); err != nil {
		b.tb.Fatalf("%s: %v", method, err)
	}
	for {
		m, err := b.next()
		switch {
		case errors.Is(err, io.EOF) && method == "Browser.close":
			return
		case err != nil:
			b.tb.Fatalf("%s: %v", method, err)
		case m.ID != b.last:
			continue
		case m.Error != nil:
			b.tb.Fatalf("%s: %s", method, m.Error)
		case result != nil:
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.tb.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

// next returns the next message, and keeps it if it is an event.
func (b *browser) next() (m message, err error) {
	text, err := b.answers.ReadBytes(0)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
		return m, err
	}
	if m.ID == 0 {
		b.events = append(b.events, m)
	}
	return m, nil
}

// open shows a page and waits until it was loaded.
func (b *browser) open(page string, scripts bool) {
	b.tb.Helper()
	path := filepath.Join(b.tb.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
		b.tb.Fatal(err)
	}
	b.ask("Emulation.setScriptExecutionDisabled", map[string]any{"value": !scripts}, nil)
	b.events = nil
	b.ask("Page.navigate", map[string]any{"url": (&url.URL{Scheme: "file", Path: path}).String()}, nil)
	for !slices.ContainsFunc(b.events, func(m message) bool { return m.Method == "Page.loadEventFired" }) {
		if _, err := b.next(); err != nil {
			b.tb.Fatal(err)
		}
	}
}

// eval returns the value of an expression of JavaScript in the page.
func (b *browser) eval(expression string) string {
	b.tb.Helper()
	var got struct {
		Result struct {
			Value any
		}
		ExceptionDetails json.RawMessage
	}
	b.ask("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.tb.Fatalf("%s: %s", expression, got.ExceptionDetails)
	}
	return fmt.Sprint(got.Result.Value)
}

// want fails the test unless an expression has a value.
func (b *browser) want(value, expression string) {
	b.tb.Helper()
	if got := b.eval(expression); got != value {
		b.tb.Errorf("%s is %s, want %s", expression, got, value)
	}
}

// quiet fails the test if the page made the browser load, report or ask anything.
func (b *browser) quiet() {
	b.tb.Helper()
	requests := 0
	for _, e := range b.events {
		switch e.Method {
		case "Network.requestWillBeSent":
			requests++ // the page itself
		case "Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening":
			b.tb.Errorf("%s: %s", e.Method, e.Params)
		}
	}
	if requests != 1 {
		b.tb.Errorf("%d requests, want that of the page alone", requests)
	}
}
