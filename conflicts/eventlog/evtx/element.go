package evtx

// An Element is an element of an event's XML.
type Element struct {
	Name       string
	Attributes []Attribute
	Text       string
	Children   []*Element
}

// An Attribute is an attribute of an element.
type Attribute struct{ Name, Value string }

// Child returns the first child with that name, or nil. The children of nil are nil.
func (e *Element) Child(name string) *Element {
	if e != nil {
		for _, c := range e.Children {
			if c.Name == name {
				return c
			}
		}
	}
	return nil
}

// Content returns the text of an element, and nothing of nil.
func (e *Element) Content() string {
	if e == nil {
		return ""
	}
	return e.Text
}

// Attribute returns the value of an attribute, or nothing.
func (e *Element) Attribute(name string) string {
	if e != nil {
		for _, a := range e.Attributes {
			if a.Name == name {
				return a.Value
			}
		}
	}
	return ""
}
