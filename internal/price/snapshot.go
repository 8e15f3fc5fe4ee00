package price

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
)

// AsOf is the date of the embedded snapshot of models.dev: what providers
// charged later is not in it.
const AsOf = "2026-08-18"

// The snapshot is made by snapshot.py; NOTICE holds its licence. Its lines are
//
//	asof,DATE
//	at,PROVIDER,HOST[/PATH]
//	m,PROVIDER,MODEL,IN,OUT,CACHED,CONTEXT,MAXOUTPUT[,OVER,IN,OUT,CACHED]
//
// with prices in US dollars per 1M tokens and an empty CACHED for no price.
//
//go:embed prices.csv.gz
var packed []byte

// snapshot is the decoded data; it is not changed once made.
type snapshot struct {
	asOf   string
	at     map[string][]place          // by host, or by "*." and the host's ending
	models map[string]map[string]Price // by provider, then by the model's id in lower case
}

// place is a provider's path below a host, "" or with a leading slash.
type place struct{ path, provider string }

// load decodes the snapshot on first use. That the embedded data decodes is
// held by a test; a failure leaves every price unknown.
var load = sync.OnceValue(func() *snapshot {
	s, err := decode(packed)
	if err != nil {
		return &snapshot{}
	}
	return s
})

func decode(packed []byte) (*snapshot, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, fmt.Errorf("price snapshot: %w", err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("price snapshot: %w", err)
	}
	s := &snapshot{at: make(map[string][]place), models: make(map[string]map[string]Price)}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		if err := s.add(strings.Split(strings.TrimSpace(line), ",")); err != nil {
			return nil, fmt.Errorf("price snapshot, line %d: %w", number, err)
		}
	}
	return s, nil
}

func (s *snapshot) add(fields []string) error {
	switch {
	case fields[0] == "asof" && len(fields) == 2:
		s.asOf = fields[1]
	case fields[0] == "at" && len(fields) == 3:
		host, path, below := strings.Cut(fields[2], "/")
		if below {
			path = "/" + path
		}
		s.at[host] = append(s.at[host], place{path, fields[1]})
	case fields[0] == "m" && (len(fields) == 8 || len(fields) == 12):
		return s.addModel(fields[1:])
	default:
		return fmt.Errorf("%d fields of kind %q", len(fields), fields[0])
	}
	return nil
}

func (s *snapshot) addModel(f []string) (err error) {
	p := Price{Provider: f[0], Model: f[1], known: true}
	if p.Rate, err = parseRate(f[2:5]); err != nil {
		return err
	}
	if p.Context, err = strconv.ParseInt(f[5], 10, 64); err != nil {
		return err
	}
	if p.MaxOutput, err = strconv.ParseInt(f[6], 10, 64); err != nil {
		return err
	}
	if len(f) > 7 {
		if p.LongOver, err = strconv.ParseInt(f[7], 10, 64); err != nil {
			return err
		}
		if p.Long, err = parseRate(f[8:11]); err != nil {
			return err
		}
	}
	if s.models[p.Provider] == nil {
		s.models[p.Provider] = make(map[string]Price)
	}
	s.models[p.Provider][strings.ToLower(p.Model)] = p
	return nil
}

// parseRate reads input, output and cached price. No cached price means that
// cached input costs what other input does: too much rather than too little.
func parseRate(f []string) (r Rate, err error) {
	if r.Input, err = strconv.ParseFloat(f[0], 64); err != nil {
		return r, err
	}
	if r.Output, err = strconv.ParseFloat(f[1], 64); err != nil {
		return r, err
	}
	r.Cached = r.Input
	if f[2] != "" {
		r.Cached, err = strconv.ParseFloat(f[2], 64)
	}
	return r, err
}
