package conflicts

import "time"

// A Statement is a reason, a risk, the evidence of a cause or an obstacle: a code with the
// facts that it is made of. Each output says it at the length that its readers have time for;
// String says it in full. Facts that the code does not need are zero. Statements are made when
// they are asked for, as an audit keeps facts and no sentences.
type Statement struct {
	Code StatementCode
	// Object and Other are the objects that it is about; of a cause, the one that was
	// written first comes first.
	Object, Other *Object
	// Time and OtherTime are when something happened to them.
	Time, OtherTime time.Time
	// Value is a stored value, an attribute, an address or a domain.
	Value string
	// Count and Of are numbers: "Count of Of".
	Count, Of int
}

// A StatementCode names what a statement says. Codes stay as they are from version to version.
type StatementCode string

// Verbatim is the code of a sentence, in Value, of which no more is known: it was read from a
// document of an earlier version.
const Verbatim StatementCode = "verbatim"
