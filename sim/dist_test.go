package sim

import (
	"math"
	"strings"
	"testing"
	"time"
)

func TestParseDurations(t *testing.T) {
	for text, want := range map[string]string{
		"500ms": "500ms", "0": "0s", " 1.5s ": "1.5s", "constant:2s": "2s",
		"uniform:0.5s,1.5s": "uniform:500ms,1.5s", "normal:1s,200ms": "normal:1s,200ms",
		"lognormal:800ms,0.6": "lognormal:800ms,0.6", "exp:1s": "exp:1s",
	} {
		d, err := ParseDurations(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		mustBe(t, text, d.String(), want)
		if again, err := ParseDurations(d.String()); err != nil || again != d {
			t.Errorf("%q is read again as %v, %v", d, again, err)
		}
	}
}

func TestParseErrorsSayWhatIsAllowed(t *testing.T) {
	for _, test := range []struct {
		parse func(string) error
		text  string
		want  []string
	}{
		{durationsError, "gauss:1s,1s", []string{`unknown kind "gauss"`, "lognormal:median,sigma"}},
		{durationsError, "800", []string{`"800" is not a duration`, "800ms"}},
		{durationsError, "uniform:1s", []string{"1 values where 2 are due", "uniform:from,to"}},
		{durationsError, "uniform:2s,1s", []string{"1s is below 2s"}},
		{durationsError, "-1s", []string{"-1s is negative"}},
		{durationsError, "lognormal:1s,200ms", []string{`"200ms" is not a number`}},
		{countsError, "ten", []string{`"ten" is not a number`}},
		{countsError, "NaN", []string{`"NaN" is not a number`}},
		{faultsError, "500", []string{`"500" has no rate`, "500:0.02"}},
		{faultsError, "500:x", []string{`"x" is not a number`}},
		{faultsError, "500:1.5", []string{"between 0 and 1"}},
		{faultsError, "500:0.6,cut:0.6", []string{"add up to 1.2"}},
		{faultsError, "bang:0.1", []string{`unknown fault "bang"`, "reset", "from 400 to 599"}},
		{windowError, "rolling", []string{`unknown window "rolling"`, "token-bucket, fixed, sliding"}},
	} {
		err := test.parse(test.text)
		if err == nil {
			t.Errorf("%q is accepted", test.text)
			continue
		}
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: the error has several lines: %v", test.text, err)
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %q is not in the error %q", test.text, want, err)
			}
		}
	}
}

func durationsError(s string) error { _, err := ParseDurations(s); return err }
func countsError(s string) error    { _, err := ParseCounts(s); return err }
func faultsError(s string) error    { _, err := ParseFaults(s); return err }
func windowError(s string) error    { _, err := ParseWindow(s); return err }

func TestDistributionMeans(t *testing.T) {
	for text, want := range map[string]float64{
		"100": 100, "uniform:50,150": 100, "normal:100,10": 100, "exp:100": 100,
		"lognormal:100,0.5": 100 * math.Exp(0.125),
	} {
		c, r, sum := MustCounts(text), draws(1), 0.0
		const n = 200_000
		for range n {
			sum += c.d.sample(&r)
		}
		if mean := sum / n; math.Abs(mean-want) > 0.01*want {
			t.Errorf("%s: mean %.2f, want %.2f", text, mean, want)
		}
	}
}

func TestLognormalMedian(t *testing.T) {
	d, r, below := MustDurations("lognormal:800ms,0.6"), draws(7), 0
	for range 10_000 {
		if d.sample(&r) < 800*time.Millisecond {
			below++
		}
	}
	if below < 4800 || below > 5200 {
		t.Errorf("%d of 10000 lie below the median", below)
	}
}

func TestRatesAreMet(t *testing.T) {
	rates, r := must(ParseFaults("500:0.2,reset:0.1")), draws(3)
	n := map[string]int{}
	for range 100_000 {
		n[rates.pick(&r)]++
	}
	for fault, want := range map[string]int{"500": 20_000, "reset": 10_000, "": 70_000} {
		if got := n[fault]; got < want-600 || got > want+600 {
			t.Errorf("%q: %d of 100000, want about %d", fault, got, want)
		}
	}
}

func TestRatesAsText(t *testing.T) {
	var r Rates
	if err := r.UnmarshalText([]byte("500:0.02, reset:0.01,")); err != nil {
		t.Fatal(err)
	}
	mustBe(t, "text", r.String(), "500:0.02,reset:0.01")
}

func FuzzParseDurations(f *testing.F) {
	for _, s := range []string{"500ms", "uniform:1s,2s", "lognormal:1s,0.6", "exp:", "normal:1s,", ":,", "constant:9e99s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDurations(s)
		if err != nil {
			return
		}
		r := draws(1)
		for range 10 {
			if v := d.sample(&r); v < 0 || v > longest {
				t.Fatalf("%q gives %v", s, v)
			}
		}
		if _, err := ParseDurations(d.String()); err != nil {
			t.Fatalf("%q writes itself as %q, which cannot be read: %v", s, d, err)
		}
	})
}

func FuzzParseFaults(f *testing.F) {
	for _, s := range []string{"500:0.02,reset:0.01", "", ",", "cut:1", "cut:NaN", "599:1e-9", "::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		rates, err := ParseFaults(s)
		if err != nil {
			return
		}
		r := draws(1)
		for range 10 {
			if name := rates.pick(&r); name != "" && findFault(name) == nil {
				t.Fatalf("%q gives the unknown fault %q", s, name)
			}
		}
		if again, err := ParseFaults(rates.String()); err != nil || again.String() != rates.String() {
			t.Fatalf("%q writes itself as %q, which is read as %v, %v", s, rates, again, err)
		}
	})
}

func FuzzParseQuery(f *testing.F) {
	f.Add(chatBody("one of: a, b", streamed))
	f.Add(`{"model":1,"messages":[{"content":[{"text":"x"},3]},null],"n":-1,"top_logprobs":99,"tools":[{"function":{"name":"f"}}],"tool_choice":"required"}`)
	f.Add(`{"max_tokens":-5,"max_completion_tokens":9e18,"n":128}`)
	f.Add(`{"input":[[1,2],[3]],"dimensions":-3}`)
	f.Add(`{"model":"m","messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"schema":{"$ref":"#"}}}}`)
	f.Fuzz(func(t *testing.T, body string) {
		q, _ := parseQuery(body, 1)
		if q.N < 1 || q.N > 128 || q.TopLogProbs > 20 || q.embedding.dimensions < 0 || q.estimate() < 0 {
			t.Fatalf("%+v", q)
		}
	})
}
