package spelling

import "testing"

func TestNearest(t *testing.T) {
	names := []string{"concurrency", "output", "Text", "tpm", "first-token-timeout"}
	for word, want := range map[string]string{
		"first-token-timeot": "first-token-timeout", "wholly-other": "",
		"concurency": "concurrency", "ouput": "output", "text": "Text", "tmp": "tpm", "tp": "tpm", "nothing": "", "": "",
	} {
		if got := Nearest(word, names); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}
