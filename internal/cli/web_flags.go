package cli

import (
	"errors"
	"slices"

	"github.com/spf13/pflag"

	"github.com/seed-1814a72b/paceline/internal/dash"
	"github.com/seed-1814a72b/paceline/internal/value"
)

// webFlags is what `paceline run` is told about its page in the browser.
type webFlags struct {
	ui      dash.Address // zero: no page
	uiToken string       // "": that of tokenVariable, or one is made where it is needed
	uiStay  bool
}

// tokenVariable is the environment variable of the page's token.
const tokenVariable = "PACELINE_UI_TOKEN"

func (f *webFlags) define(s *pflag.FlagSet) {
	s.Var(address{&f.ui}, "ui", "show the run in the browser while it goes on, with pause and limits, at this address: HOST:PORT, or a port alone, which is on this machine only. Alone it is 127.0.0.1:7777 or, if that is taken, the next port that is free. An address that others can reach has a token, which is printed")
	s.Lookup("ui").NoOptDefVal = dash.AutoAddress.String()
	value.Text(s, &f.uiToken, "ui-token", "", "TOKEN", "ask for this token, 16 letters, digits, - or _ at least, also on this machine; better by the variable "+tokenVariable+", which no other process sees")
	s.BoolVar(&f.uiStay, "ui-stay", false, "keep the page up when the run has ended, until Ctrl-C")
}

// check refuses what means nothing without a page.
func (f *webFlags) check() error {
	switch {
	case f.ui != (dash.Address{}):
		return nil
	case f.uiToken != "":
		return errors.New("--ui-token is for the page of --ui, which is not given")
	case f.uiStay:
		return errors.New("--ui-stay is for the page of --ui, which is not given")
	}
	return nil
}

// token returns the token that was given; zero if none was.
func (f *webFlags) token(getenv func(string) string) (dash.Token, error) {
	for _, given := range []struct{ name, text string }{{"--ui-token", f.uiToken}, {tokenVariable, getenv(tokenVariable)}} {
		if given.text == "" {
			continue
		}
		t, err := dash.ReadToken(given.text)
		if err != nil {
			return t, errors.New(given.name + ": " + err.Error())
		}
		return t, nil
	}
	return dash.Token{}, nil
}

// address is the value of --ui.
type address struct{ to *dash.Address }

func (a address) Type() string { return "ADDRESS" }

func (a address) String() string {
	if a.to == nil {
		return ""
	}
	return a.to.String()
}

func (a address) Set(s string) (err error) {
	*a.to, err = dash.ParseAddress(s)
	return err
}

// joinAddress lets --ui stand both alone and before an address: the two words
// `--ui ADDRESS` become one, if the second looks like one.
func joinAddress(args []string) []string {
	i := slices.Index(args, "--ui")
	if end := slices.Index(args, "--"); i < 0 || i+1 == len(args) || end >= 0 && end < i || !dash.LooksLikeAddress(args[i+1]) {
		return args
	}
	joined := append(slices.Clone(args[:i]), "--ui="+args[i+1])
	return append(joined, args[i+2:]...)
}
