package pool

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/command"
	"github.com/seed-1814a72b/paceline/internal/spelling"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// An endpointSpec is one endpoint of a pool as --endpoint names it:
// URL,key=VARIABLE,rpm=300.
type endpointSpec struct {
	baseURL string
	keyEnv  string // the variable that holds its key; "": none is sent
	name    string // "": its number in the pool, from 1
	weight  float64
	Limits
}

// specFields are the fields of an endpoint in the order in which they are
// listed.
var specFields = append([]string{"key", "name", "weight"}, limitNames...)

// parseSpec reads an endpoint. Its errors name the field, and repeat no key.
func parseSpec(text string) (endpointSpec, error) {
	fields := strings.Split(text, ",")
	spec := endpointSpec{baseURL: strings.TrimSpace(fields[0]), Limits: Limits{Window: "bucket"}}
	if _, err := parseBaseURL(spec.baseURL); err != nil {
		return spec, err
	}
	return spec, value.Fields(fields[1:], spec.value, unknownField)
}

// value returns where a field of that name is written, nil if there is none.
func (s *endpointSpec) value(name string) pflag.Value {
	switch name {
	case "key":
		return variable{&s.keyEnv}
	case "name":
		return value.Word{To: &s.name, Kind: "NAME"}
	case "weight":
		return value.Quantity{To: &s.weight}
	}
	return s.Limits.value(name)
}

func unknownField(name string) error {
	if near := spelling.Nearest(name, specFields); near != "" {
		return fmt.Errorf("%q is no field of an endpoint; did you mean %s?", name, near)
	}
	if !identifier.MatchString(name) { // perhaps a key
		return errors.New("what follows the URL must be fields, name=value; they are " + strings.Join(specFields, ", "))
	}
	return fmt.Errorf("%q is no field of an endpoint; they are %s", name, strings.Join(specFields, ", "))
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,39}$`)

// variable is the name of an environment variable that holds a key. Whoever
// gives the key itself is not to read it in an error.
type variable struct{ to *string }

func (v variable) Type() string   { return "VARIABLE" }
func (v variable) String() string { return *v.to }

func (v variable) Set(s string) error {
	if !identifier.MatchString(s) {
		return errors.New("is the name of an environment variable, such as OPENAI_API_KEY; a key itself is never given here")
	}
	*v.to = s
	return nil
}

// unset is the error for a variable that holds no key. A name that may be a key
// itself, given in the variable's place, is not repeated.
func unset(name string) error {
	if strings.ToUpper(name) != name {
		return errors.New("key: the environment variable of that name is not set")
	}
	return fmt.Errorf("key: %s is not set; 'export %s=...'", name, name)
}

// specList collects the endpoints of a flag that may be repeated.
type specList struct{ to *[]endpointSpec }

// Repeats marks a [value.Repeated] one.
func (l specList) Repeats() {}

func (l specList) Type() string   { return "URL[,NAME=VALUE...]" }
func (l specList) String() string { return "" }

func (l specList) Set(s string) error {
	spec, err := parseSpec(s)
	if err == nil {
		*l.to = append(*l.to, spec)
	}
	return err
}

// readSpecs reads the endpoints of a file, one a line. Blank lines, and what
// follows a # at a line's beginning or after a blank, do not count.
func readSpecs(env *command.Env, name string) ([]endpointSpec, error) {
	text, err := command.Contents(env, name)
	if err != nil {
		return nil, fmt.Errorf("--endpoints: %w", err)
	}
	var specs []endpointSpec
	for i, line := range strings.Split(string(text), "\n") {
		if line = strings.TrimSpace(comment.ReplaceAllString(line, "")); line == "" {
			continue
		}
		spec, err := parseSpec(line)
		if err != nil {
			return nil, fmt.Errorf("--endpoints: %s:%d: %w", name, i+1, err)
		}
		specs = append(specs, spec)
	}
	if len(specs) == 0 {
		return nil, fmt.Errorf("--endpoints: %s names no endpoint", name)
	}
	return specs, nil
}

var comment = regexp.MustCompile(`(^|\s)#.*`)
