// Package packaging_test holds the files for service managers to what these accept.
package packaging_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// An element is one of a task, as Microsoft's Task Scheduler Schema defines it.
type element struct {
	name string
	// sequence tells whether the children have to come in this order; otherwise any order
	// will do. Either way each comes once at most.
	sequence bool
	children []element
	text     string // a regular expression for the text of one without children
	required bool
}

const (
	boolean  = `true|false`
	duration = `P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?`
	path     = `.{1,260}`
)

func leaf(name, text string) element { return element{name: name, text: text} }
func must(e element) element         { e.required = true; return e }

// taskSchema has the elements that a task of one daily command can use.
var taskSchema = element{name: "Task", children: []element{
	{name: "RegistrationInfo", children: []element{leaf("URI", `\S+`), leaf("Source", `.*`), leaf("Author", `.*`), leaf("Description", `.*`)}},
	{name: "Triggers", children: []element{{name: "CalendarTrigger", sequence: true, children: []element{
		leaf("Enabled", boolean), leaf("StartBoundary", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`), leaf("EndBoundary", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d`),
		leaf("ExecutionTimeLimit", duration), leaf("RandomDelay", duration),
		must(element{name: "ScheduleByDay", children: []element{leaf("DaysInterval", `[1-9]\d{0,2}`)}}),
	}}}},
	{name: "Principals", sequence: true, children: []element{{name: "Principal", children: []element{
		leaf("UserId", `.+`), leaf("LogonType", `S4U|Password|InteractiveToken`), leaf("RunLevel", `LeastPrivilege|HighestAvailable`),
	}}}},
	{name: "Settings", children: []element{
		leaf("MultipleInstancesPolicy", `Parallel|Queue|IgnoreNew|StopExisting`), leaf("DisallowStartIfOnBatteries", boolean),
		leaf("StopIfGoingOnBatteries", boolean), leaf("StartWhenAvailable", boolean), leaf("RunOnlyIfNetworkAvailable", boolean),
		leaf("ExecutionTimeLimit", duration), leaf("Priority", `\d|10`),
	}},
	must(element{name: "Actions", sequence: true, children: []element{{name: "Exec", children: []element{
		must(leaf("Command", path)), leaf("Arguments", `.*`), leaf("WorkingDirectory", path),
	}}}}),
}}

const taskNamespace = "http://schemas.microsoft.com/windows/2004/02/mit/task"

// node is an element of the file.
type node struct {
	name     xml.Name
	attrs    map[string]string
	children []*node
	text     string
}

func readNode(d *xml.Decoder, start xml.StartElement) (*node, error) {
	n := &node{name: start.Name, attrs: map[string]string{}}
	for _, a := range start.Attr {
		n.attrs[a.Name.Local] = a.Value
	}
	for {
		token, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch x := token.(type) {
		case xml.StartElement:
			child, err := readNode(d, x)
			if err != nil {
				return nil, err
			}
			n.children = append(n.children, child)
		case xml.CharData:
			n.text += string(x)
		case xml.EndElement:
			return n, nil
		}
	}
}

// hold compares a node with its definition.
func hold(t *testing.T, n *node, def element, path string) {
	t.Helper()
	path += "/" + n.name.Local
	if n.name.Space != taskNamespace {
		t.Errorf("%s: in the namespace %q", path, n.name.Space)
	}
	if def.children == nil {
		if len(n.children) > 0 || !regexp.MustCompile(`^(?s:`+def.text+`)$`).MatchString(n.text) {
			t.Errorf("%s: %q", path, n.text)
		}
		return
	}
	if strings.TrimSpace(n.text) != "" {
		t.Errorf("%s: has the text %q", path, n.text)
	}
	last := -1
	seen := map[string]bool{}
	for _, child := range n.children {
		i := slices.IndexFunc(def.children, func(e element) bool { return e.name == child.name.Local })
		switch {
		case i < 0:
			t.Errorf("%s: no such element: %s", path, child.name.Local)
			continue
		case seen[child.name.Local]:
			t.Errorf("%s: %s comes twice", path, child.name.Local)
		case def.sequence && i < last:
			t.Errorf("%s: %s comes too late", path, child.name.Local)
		}
		last, seen[child.name.Local] = i, true
		hold(t, child, def.children[i], path)
	}
	for _, e := range def.children {
		if e.required && !seen[e.name] {
			t.Errorf("%s: lacks %s", path, e.name)
		}
	}
}

func readTask(t *testing.T) *node {
	t.Helper()
	data, err := os.ReadFile("windows/proxyaddr-scan.xml")
	if err != nil {
		t.Fatal(err)
	}
	// Task Scheduler takes it as UTF-16 from a string, and as the code page from a file.
	if bytes.Contains(data, []byte("encoding=")) || bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x80 }) {
		t.Error("the file declares an encoding, or has characters that are not ASCII")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	var root *node
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if start, ok := token.(xml.StartElement); ok {
			if root != nil {
				t.Fatal("two roots")
			}
			if root, err = readNode(d, start); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

// find returns an element by the names on the way to it.
func (n *node) find(path ...string) *node {
	for _, child := range n.children {
		if child.name.Local == path[0] {
			if len(path) == 1 {
				return child
			}
			return child.find(path[1:]...)
		}
	}
	return &node{}
}

func TestTaskFollowsTheSchema(t *testing.T) {
	task := readTask(t)
	hold(t, task, taskSchema, "")
	if version := task.attrs["version"]; version != "1.3" {
		t.Errorf("version %q", version)
	}
	if id := task.find("Principals", "Principal").attrs["id"]; id == "" || task.find("Actions").attrs["Context"] != id {
		t.Errorf("the actions do not run as principal %q", id)
	}
}

// What the script sets is what the file says.
func TestTaskAndScriptAgree(t *testing.T) {
	task := readTask(t)
	script, err := os.ReadFile("windows/Register-ProxyaddrScan.ps1")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path         []string
		want, script string
	}{
		{[]string{"Principals", "Principal", "LogonType"}, "Password", "-LogonType Password"},
		{[]string{"Principals", "Principal", "RunLevel"}, "LeastPrivilege", "-RunLevel Limited"},
		{[]string{"Settings", "MultipleInstancesPolicy"}, "IgnoreNew", "-MultipleInstances IgnoreNew"},
		{[]string{"Settings", "StartWhenAvailable"}, "true", "-StartWhenAvailable"},
		{[]string{"Settings", "DisallowStartIfOnBatteries"}, "false", "-AllowStartIfOnBatteries"},
		{[]string{"Settings", "StopIfGoingOnBatteries"}, "false", "-DontStopIfGoingOnBatteries"},
		{[]string{"Settings", "ExecutionTimeLimit"}, "PT2H", "-ExecutionTimeLimit (New-TimeSpan -Hours 2)"},
		{[]string{"Settings", "Priority"}, "5", "-Priority 5"},
		{[]string{"Triggers", "CalendarTrigger", "RandomDelay"}, "PT15M", "-RandomDelay (New-TimeSpan -Minutes 15)"},
		{[]string{"Triggers", "CalendarTrigger", "StartBoundary"}, "2026-01-01T02:00:00", "$At = '02:00'"},
		{[]string{"Triggers", "CalendarTrigger", "ScheduleByDay", "DaysInterval"}, "1", "-Daily"},
	} {
		if got := task.find(tt.path...).text; got != tt.want || !bytes.Contains(script, []byte(tt.script)) {
			t.Errorf("%v: %q in the file, want %q; the script has to hold %q", tt.path, got, tt.want, tt.script)
		}
	}
}
