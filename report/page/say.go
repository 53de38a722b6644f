package page

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"proxyaddr/conflicts"
	"proxyaddr/report/words"
)

// say puts a sentence together. Strings among its arguments are texts of a directory; the
// format is not.
func say(format string, args ...any) template.HTML {
	parts := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case template.HTML:
			parts[i] = string(arg)
		case time.Time:
			parts[i] = string(date(arg))
		default:
			parts[i] = string(text(fmt.Sprint(arg)))
		}
	}
	return template.HTML(fmt.Sprintf(format, parts...))
}

// sentence makes a clause one.
func sentence(s string) template.HTML {
	if s == "" {
		return ""
	}
	return text(words.Capital(strings.TrimSuffix(s, ".")) + ".")
}

func join(list []template.HTML, separator string) template.HTML {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = string(s)
	}
	return template.HTML(strings.Join(parts, separator))
}

// name is what the page calls an object.
func (v *view) name(o *conflicts.Object) string { return v.names.Of(o) }

// strong is its name in a sentence.
func (v *view) strong(o *conflicts.Object) template.HTML {
	if o == nil {
		return ""
	}
	return "<b>" + text(v.name(o)) + "</b>"
}
