package check

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/kaptinlin/jsonrepair"

	"github.com/seed-1814a72b/paceline/internal/schema"
)

// What a repair says that it did.
const (
	wasCut    = "cut out of the text around it"
	wasMended = "its JSON mended"
)

// JSON is the rule that an answer is one JSON value, and fits Schema if there
// is one. Repair: it may stand within other text, and may have the small
// mistakes that models make. One that was cut off is not completed.
type JSON struct {
	Schema *schema.Schema // nil: any JSON
	Repair bool
}

func (r JSON) read(answer []byte, cut bool) (json.RawMessage, []string, error) {
	err := r.fits(answer, cut)
	if err == nil {
		return answer, nil, nil
	}
	var misfit *schema.Misfit
	if errors.As(err, &misfit) { // it is JSON: there is nothing to repair
		return nil, nil, err
	}
	text := string(answer)
	parts := Find(text)
	switch {
	case r.Repair:
		return r.repair(parts, text, cut, err)
	case len(parts) > 0 && parts[0].Valid:
		err = fmt.Errorf("there is text around the JSON: %s", shown(text))
	}
	return nil, nil, err
}

// repair takes the first part that fits, as it is or mended. Else the error is
// what is wrong with the likeliest.
func (r JSON) repair(parts []Part, text string, cut bool, err error) (json.RawMessage, []string, error) {
	for i, p := range parts[:min(len(parts), maxParts)] {
		value, repairs := p.Text, []string{wasCut}
		if !p.Valid {
			mended, ok := mend(p.Text)
			if !ok || cut { // nobody knows how it would have ended
				continue
			}
			value, repairs = mended, []string{wasCut, wasMended}
			if p.Text == text {
				repairs = repairs[1:]
			}
		}
		doc := []byte(value)
		fault := r.fits(doc, cut)
		if fault == nil {
			return doc, repairs, nil
		}
		if i == 0 {
			err = fault
		}
	}
	return nil, nil, err
}

// mend returns text with the small mistakes in its JSON mended, if that can be
// done.
func mend(text string) (mended string, ok bool) {
	if len(text) > maxMended || depth(text) > maxNested {
		return "", false
	}
	defer func() {
		if recover() != nil { // it guesses at what anybody may write
			mended, ok = "", false
		}
	}()
	mended, err := jsonrepair.Repair(text)
	return mended, err == nil
}

var errCutNumber = errors.New("the number may have been cut off")

// fits reports why text is not a value that the rule takes.
func (r JSON) fits(text []byte, cut bool) (err error) {
	if r.Schema != nil {
		err = r.Schema.Validate(text)
	} else {
		err = schema.Valid(text)
	}
	if err == nil && cut && text[len(text)-1] >= '0' && text[len(text)-1] <= '9' {
		return errCutNumber
	}
	return err
}
