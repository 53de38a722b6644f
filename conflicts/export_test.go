package conflicts

// What the tests of package conflicts_test, which import index, take from those of
// this one.
var (
	NewObject = object
	Summary   = summary
	AsView    = view
)
