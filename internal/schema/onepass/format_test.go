package onepass

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The quick checks of formats take nothing that the library does not.
func FuzzFormats(f *testing.F) {
	for _, s := range []string{
		"2026-11-25", "2026-00-10", "2026-10-00", "0000-01-01", "2026-11-25T23:59:59Z", "2026-11-25T23:59:59.123Z", "2026-11-25T23:59:59.Z",
		"2026-11-25T24:00:00Z", "https://example.com/a-b_c~d", "http://a.b", "http://", "https://a..b/", "https://-a.b", "http://1.2.3.4",
		"2EB8AA08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-aa98-11ea-b4aa-73b441d1638G", "a.b@c.de", "a@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a@b.", "@",
	} {
		f.Add(s)
	}
	library := map[string]*jsonschema.Schema{}
	for name := range surely {
		s, err := compileLibrary(nil, []byte(`{"format":"`+name+`"}`), jsonschema.Draft2020, true)
		if err != nil {
			f.Fatal(err)
		}
		library[name] = s
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, sure := range surely {
			if sure([]byte(s)) && library[name].Validate(s) != nil {
				t.Errorf("%q is taken for a %s", s, name)
			}
		}
	})
}

func TestTheUsualOnesOfAFormatAreTakenQuickly(t *testing.T) {
	for name, s := range map[string]string{
		"date": "2026-11-25", "date-time": "2026-11-25T23:59:59.5Z", "uri": "https://example.com/a-b/c_d.html",
		"uuid": "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "email": "ann.lee@example.com",
	} {
		if !surely[name]([]byte(s)) {
			t.Errorf("%s is left to the library's %s", s, name)
		}
	}
}
