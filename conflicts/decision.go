package conflicts

// A Proposal is what may be done about one owner that has to give up the address of a
// conflict. People decide on each by itself. Every address in it is free, and no two
// proposals of an audit share one, so that any mix of decisions can be carried out.
type Proposal struct {
	Conflict *Conflict
	Owner    *Owner
	// First and Count select its changes among those of the audit.
	First, Count int32
	// SwapTo is the address, with its type, that the keeper gets if the owner is to keep the
	// one in conflict; empty if none can be given.
	SwapTo string
}

// A Choice is one way to end a conflict, as far as one owner goes.
type Choice struct {
	// Changes are made together. There are none if the choice is not on offer.
	Changes []Change
	Risk    Risk
	Risks   []Statement
	// Obstacle says why the choice is not on offer or not advised; its code is empty if
	// nothing has to be said.
	Obstacle Statement
}

// Offered reports whether the choice can be made.
func (c *Choice) Offered() bool { return len(c.Changes) > 0 }

// Advice is what a reviewer without further knowledge should choose.
type Advice string

const (
	AdviseReplace Advice = "replace"
	AdviseRemove  Advice = "remove"
	// AdviseChoice: no rule told the owners apart, so that a person has to choose which of
	// them keeps the address.
	AdviseChoice Advice = "choose"
)
