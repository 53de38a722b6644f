package report

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"proxyaddr/conflicts"
)

// instruction begins a comment line of a record that [ReadFix] reads. There are
// three of them:
//
//	# proxyaddr: object 6f9619ff-8b86-d011-b42d-00c04fc964ff
//	# proxyaddr: ends C-ABCDEFGHIJ
//	# proxyaddr: restores C-ABCDEFGHIJ
//
// They name the object that the record changes, and each conflict that the record
// ends or brings back. An instruction begins at the margin and is never wrapped. All
// other comment lines of a record are indented, so that no name and no address from
// the directory can look like an instruction.
const instruction = "proxyaddr: "

// textIndent is the least indent of a comment line that is no instruction.
const textIndent = "  "

var instructionForm = regexp.MustCompile(`^` + instruction + `(?:object (\S+)|(ends|restores) ` + idForm + `)$`)

// idForm is what the ID of a conflict looks like.
const idForm = `C-[0-9A-Z]+`

var conflictID = regexp.MustCompile(`^` + idForm + `$`)

// instruct writes the instructions of a record.
func (c *commenter) instruct(o *objectChanges, back bool) {
	if guid := o.object.GUID; guid != (conflicts.GUID{}) {
		c.text = guid.Append(append(c.text[:0], instruction+"object "...))
		c.line(c.text)
	}
	verb := "ends "
	if back {
		verb = "restores "
	}
	for i, change := range o.changes {
		if i == 0 || change.Key != o.changes[i-1].Key {
			c.text = append(append(append(c.text[:0], instruction...), verb...), change.Conflict...)
			c.line(c.text)
		}
	}
}

// obey reads the instructions among the comments of a record. One that is not
// understood is an error.
func obey(fix *conflicts.FixRecord, comments []string) error {
	ends := false
	for _, line := range comments {
		if !strings.HasPrefix(line, instruction) {
			continue
		}
		m := instructionForm.FindStringSubmatch(line)
		if m == nil {
			return fmt.Errorf("the comment %q is not understood", line)
		}
		switch m[2] {
		case "ends":
			ends = true
		case "restores":
			fix.Restores = true
		default:
			guid, err := conflicts.ParseGUID(m[1])
			if err != nil || fix.GUID != (conflicts.GUID{}) {
				return fmt.Errorf("the comment %q does not name one object", line)
			}
			fix.GUID = guid
		}
	}
	if ends && fix.Restores {
		return errors.New("the comments say that the record ends one conflict and restores another")
	}
	return nil
}
