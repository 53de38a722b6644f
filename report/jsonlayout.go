package report

import "bytes"

// lineWidth is how wide a list or object may be, with what stands before it, to take one line.
const lineWidth = 100

// layOut appends a compact JSON text to dst in lines that people can read, each behind prefix
// but for the first. A list or an object that fits into a line takes one, but for the
// outermost. The text is valid, as encoding/json made it.
func layOut(dst, text []byte, prefix, indent string) []byte {
	depth, line := 0, len(dst) // line is where the line begins
	breakLine := func() {
		dst = append(dst, '\n')
		line = len(dst)
		dst = append(dst, prefix...)
		for range depth {
			dst = append(dst, indent...)
		}
	}
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case '{', '[':
			if end := fitting(text[i:], lineWidth-(len(dst)-line)); end == 2 || end > 0 && depth > 0 {
				dst = spaced(dst, text[i:i+end])
				i += end
				continue
			}
			depth++
			dst = append(dst, c)
			breakLine()
		case '}', ']':
			depth--
			breakLine()
			dst = append(dst, c)
		case ',':
			dst = append(dst, c)
			breakLine()
		case ':':
			dst = append(dst, ": "...)
		case '"':
			end := i + stringEnd(text[i:])
			dst = append(dst, text[i:end]...)
			i = end
			continue
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}

// fitting returns the length of the list or object that a text begins with, if it takes no
// more than room columns, else 0.
func fitting(text []byte, room int) int {
	depth := 0
	for i := 0; i < min(len(text), room); i++ {
		switch text[i] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ':':
			room-- // for the space behind it
		case '"':
			i += stringEnd(text[i:]) - 1
		}
	}
	return 0
}

// spaced appends a text with spaces behind commas and colons.
func spaced(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case ',', ':':
			dst = append(dst, c, ' ')
		case '"':
			end := i + stringEnd(text[i:])
			dst = append(dst, text[i:end]...)
			i = end - 1
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// stringEnd returns the length of the string that a text begins with.
func stringEnd(text []byte) int {
	for i := 1; ; {
		i += bytes.IndexByte(text[i:], '"') + 1
		escapes := 0
		for text[i-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}
