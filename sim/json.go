package sim

import (
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string. Bytes that are not UTF-8 go through
// as they are: it is for a fault to put them there.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		case '\r':
			b = append(b, '\\', 'r')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}

// appendNullable appends s as a JSON string, or null if it is empty.
func appendNullable(b []byte, s string) []byte {
	if s == "" {
		return append(b, "null"...)
	}
	return appendString(b, s)
}

func appendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// appendBytes appends the bytes of s as a JSON array of numbers.
func appendBytes(b []byte, s string) []byte {
	b = append(b, '[')
	for i := range len(s) {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendInt(b, int(s[i]))
	}
	return append(b, ']')
}

// longestToken is how many bytes a token has at most.
const longestToken = 8

// tokenize splits text into tokens: words with the space before them, and
// pieces of words that are long. Joined they are the text.
func tokenize(text string) []string {
	tokens := make([]string, 0, len(text)/5+1)
	for start := 0; start < len(text); {
		end := start + 1
		for end < len(text) && text[end] != ' ' && (end-start < longestToken || !utf8.RuneStart(text[end])) {
			end++
		}
		tokens = append(tokens, text[start:end])
		start = end
	}
	return tokens
}

// tokensOf estimates the tokens of a prompt's text: four bytes make one.
func tokensOf(text string) int { return (len(text) + 3) / 4 }
