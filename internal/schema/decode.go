package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/seed-1814a72b/paceline/internal/schema/onepass"
)

// Numbers beyond these are refused: the validator computes with all their
// digits.
const (
	maxDigits   = 4096
	maxExponent = 4096
)

var (
	limits = onepass.Limits{Nested: maxNested, Digits: maxDigits, Exponent: maxExponent}
	anyDoc = onepass.JSON(limits)
)

// decode reads one JSON value, numbers as they stand. Nesting beyond 10,000 is
// an error, as is anything behind the value. The error says where it is.
func decode(text []byte) (any, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, syntaxError(text, err)
	}
	if err := checkNumbers(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// Valid returns nil if doc is one JSON value of a size that can be checked, else
// where it is not.
func Valid(doc []byte) error {
	if Surely(doc) {
		return nil
	}
	_, err := decode(doc)
	return err
}

// Surely reports whether doc is JSON, in a single pass. Of what is JSON it may say
// no where something in it is rare or beyond what can be checked.
func Surely(doc []byte) bool { return anyDoc.Check(doc) == onepass.Fits }

// syntaxError says in which line, and of a single one in which column, text
// stops being JSON.
func syntaxError(text []byte, err error) error {
	var raw json.RawMessage
	e, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(text, &raw))
	if !ok {
		return fmt.Errorf("not valid JSON: %w", err)
	}
	before := text[:min(max(e.Offset-1, 0), int64(len(text)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("not valid JSON at line %d, column %d: %w", line, column, e)
}

func checkNumbers(v any) error {
	switch v := v.(type) {
	case json.Number:
		return checkNumber(string(v))
	case []any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	case map[string]any:
		for _, e := range v {
			if err := checkNumbers(e); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkNumber(n string) error {
	if len(n) > maxDigits {
		return fmt.Errorf("a number has more than %d digits", maxDigits)
	}
	if i := strings.IndexAny(n, "eE"); i >= 0 {
		if e, err := strconv.Atoi(n[i+1:]); err != nil || e > maxExponent || e < -maxExponent {
			return fmt.Errorf("a number has an exponent beyond %d", maxExponent)
		}
	}
	return nil
}
