package journal

import "testing"

func TestSmoke(t *testing.T) {
	p := t.TempDir() + "/a.jsonl"
	j, err := Open(p, Options{Identity: []byte("id")})
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(100) {
		if err := j.Intend(i, 7, 5); err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(90) {
		if err := j.Append(Entry{Index: i, Requests: 1, Cost: 3}, []byte("{}\n"), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j, err = Open(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", j.Recovered())
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
