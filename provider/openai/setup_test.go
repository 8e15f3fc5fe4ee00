package openai

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	paceline "github.com/seed-1814a72b/paceline"
)

// TestSetupIsTheProvidersOwn makes calls of more providers than are kept, at the
// same time, and holds that each has its own key, header and address, and that a
// wrong one is refused each time.
func TestSetupIsTheProvidersOwn(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 2 * maxBounded {
		wg.Go(func() {
			p := Provider{
				Key: fmt.Sprint("key-number-", i), BaseURL: fmt.Sprintf("http://host%d.invalid/v1", i%7),
				Header: http.Header{"X-Number": {fmt.Sprint(i)}},
			}
			for range 2 {
				c, err := p.newCall(&paceline.Request{Model: "m"}, nil)
				if err != nil {
					t.Error(err)
					return
				}
				head := string(c.heads[1])
				for _, want := range []string{p.Key + "\r\n", c.url.Host + "\r\n", fmt.Sprintf("X-Number: %d\r\n", i), "text/event-stream"} {
					if !strings.Contains(head, want) {
						t.Errorf("%d: no %q in %q", i, want, head)
					}
				}
				if c.url.Host != fmt.Sprintf("host%d.invalid", i%7) || c.secrets.text(p.Key) != redacted {
					t.Errorf("%d: %s, %s", i, c.url, c.secrets.text(p.Key))
				}
			}
			p.Key = "two words"
			for range 2 {
				if _, err := p.newCall(&paceline.Request{Model: "m"}, nil); err == nil || err.Code != paceline.CodeAuth {
					t.Errorf("%d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
}

// An engine has a provider's attempts made by what is the same on smaller stacks, but
// those of one that is embedded by that in which it is.
func TestCompactOfIsForTheProviderItself(t *testing.T) {
	type logged struct{ Provider }
	p := Provider{BaseURL: "http://compact.example", Key: "k"}
	if c, ok := p.CompactOf(p).(*compact); !ok || c.BaseURL != p.BaseURL || c.Key != p.Key {
		t.Errorf("%T", p.CompactOf(p))
	}
	if got, ok := any(logged{p}).(interface {
		CompactOf(paceline.Provider) paceline.Provider
	}).CompactOf(logged{p}).(logged); !ok || got.BaseURL != p.BaseURL {
		t.Error("another provider stands for one that has it embedded")
	}
}
