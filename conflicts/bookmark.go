package conflicts

import "time"

// A Bookmark is what a scan leaves for the next one, which then reads only what was written
// since.
type Bookmark struct {
	// Swept is when the last complete whole sweep began.
	Swept time.Time
	// Account and Schema are fingerprints of who read, with its groups, and of the
	// attributes that there were. Where they differ, objects may be seen that were not.
	Account, Schema string
	Positions       []Position
	// Obstacle says why the next scan has to sweep everything all the same; empty if
	// nothing does.
	Obstacle string
}

// A Position is up to where the writes in one partition were read from one domain
// controller. Each has a count of its own ([MS-ADTS] 3.1.1.1.9).
type Position struct {
	Partition string // distinguished name
	// ServiceName is the dsServiceName of the domain controller, InvocationID that of
	// its database.
	ServiceName, InvocationID string
	// USN is the highestCommittedUSN up to which everything was read.
	USN int64
	// Objects is the number of objects with addresses in the last whole sweep.
	Objects int
	// Witnesses are objects that were written shortly before USN. If their uSNChanged
	// goes back, so did the database.
	Witnesses []Witness
}

// A Witness is an object and its uSNChanged when it was read.
type Witness struct {
	GUID GUID
	USN  int64
}
