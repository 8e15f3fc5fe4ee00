package serve

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serving starts a server for the rest of the process, and returns its address.
func serving(t *testing.T) string {
	t.Helper()
	s, address, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve()
	return "http://" + address
}

func post(t *testing.T, url string) *http.Response {
	t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(`{"model":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func counted(t *testing.T, url string) (c Counters) {
	t.Helper()
	resp, err := http.Get(url + "/counters")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestServerAnswers(t *testing.T) {
	url := serving(t)
	for range 3 {
		body, err := io.ReadAll(post(t, url+"/json/v1/chat/completions").Body)
		if err != nil || len(body) != BodySize {
			t.Fatalf("%d bytes, %v", len(body), err)
		}
	}
	for _, path := range []string{"/burst", "/paced"} {
		if text := streamed(t, post(t, url+path)); text != StreamContent {
			t.Errorf("%s: %q", path, text)
		}
	}
	if c := counted(t, url); c.Calls != 5 || c.Chunks != 2*Chunks || c.Open != 0 || c.Refused != 0 {
		t.Errorf("counted %+v", c)
	}
}

// streamed returns a stream's text.
func streamed(t *testing.T, resp *http.Response) string {
	t.Helper()
	var text strings.Builder
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || data == "[DONE]" {
			continue
		}
		var chunk struct {
			Choices []struct{ Delta struct{ Content string } }
		}
		if err := json.Unmarshal([]byte(data), &chunk); err != nil {
			t.Fatal(err)
		}
		for _, c := range chunk.Choices {
			text.WriteString(c.Delta.Content)
		}
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return text.String()
}

func TestServerHoldsStreamsUntilTheyAreClosed(t *testing.T) {
	url := serving(t)
	resp := post(t, url+"/held")
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); err != nil || !strings.Contains(line, `"role":"assistant"`) {
		t.Fatalf("begins with %q, %v", line, err)
	}
	if c := counted(t, url); c.Open != 1 || c.Calls != 0 || c.Chunks < 1 {
		t.Errorf("counted %+v", c)
	}
	resp.Body.Close()
	for counted(t, url).Open > 0 { // the server hears of it soon
	}
}

func TestServerRefusesWhatItDoesNotKnow(t *testing.T) {
	url := serving(t)
	if resp := post(t, url+"/else"); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("HTTP %s", resp.Status)
	}
	if c := counted(t, url); c.Refused != 1 {
		t.Errorf("counted %+v", c)
	}
}

// Each stream has its turn once in a rotation, wherever on it it stands.
func TestWheel(t *testing.T) {
	now := time.Unix(0, 0)
	w := newWheel(time.Millisecond, 20*time.Millisecond)
	if w.wait(now) >= 0 {
		t.Error("an empty wheel waits for something")
	}
	turns := map[*conn]int{}
	for range 100 {
		w.add(now, &conn{})
	}
	for range 60 {
		now = now.Add(time.Millisecond)
		if w.wait(now) != 0 {
			t.Fatalf("at %v the wheel waits %v", now, w.wait(now))
		}
		w.turn(now, func(c *conn) bool {
			turns[c]++
			return turns[c] < 3
		})
	}
	for _, n := range turns {
		if n != 3 {
			t.Errorf("a stream had %d turns in three rotations", n)
		}
	}
	if len(turns) != 100 || w.count != 0 {
		t.Errorf("%d streams had a turn, %d are left", len(turns), w.count)
	}
	w.add(now, &conn{})
	if skipped := w.turn(now.Add(time.Second), func(*conn) bool { return true }); skipped < 900*time.Millisecond {
		t.Errorf("of a second only %v was skipped", skipped)
	}
}
