package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed-1814a72b/paceline/internal/command"
)

func TestReadWording(t *testing.T) {
	folder := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	prompt := write("prompt.txt", "\xef\xbb\xbfSay {{.x}}\r\n")
	empty := write("empty.txt", " \n")
	messages := write("messages.json", "\n[{\"role\":\"user\",\"content\":\"{{.x}}\"}]\n")
	body := write("body.json", `{"n": 12345678901234567890}`)
	broken := write("broken.json", "{\n\n\"a\": }")
	env, stop := command.System()
	defer stop()
	tests := []struct {
		name  string
		flags runFlags
		want  wording
		err   string
	}{
		{name: "plain", flags: runFlags{prompt: "Hi {{.x}}", system: "Be kind"}, want: wording{prompt: "Hi {{.x}}", system: "Be kind"}},
		{name: "file", flags: runFlags{prompt: "@" + prompt}, want: wording{prompt: "Say {{.x}}"}},
		{name: "an @", flags: runFlags{prompt: "@@home"}, want: wording{prompt: "@home"}},
		{name: "json", flags: runFlags{messages: messages, body: body},
			want: wording{messages: []byte(`[{"role":"user","content":"{{.x}}"}]`), body: []byte(`{"n": 12345678901234567890}`)}},
		{name: "missing", flags: runFlags{prompt: "@" + folder + "/none"}, err: "none: no such file"},
		{name: "empty", flags: runFlags{system: "@" + empty}, err: "--system: " + empty + " is empty"},
		{name: "nothing behind @", flags: runFlags{prompt: "@"}, err: "@ names no file"},
		{name: "directory", flags: runFlags{body: folder}, err: "is a directory"},
		{name: "broken", flags: runFlags{body: broken}, err: "--body: " + broken + ":3: not valid JSON"},
		{name: "wrong kind", flags: runFlags{messages: body}, err: "must hold an array of messages"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readWording(&env, &tt.flags)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Fatalf("error %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || got.prompt != tt.want.prompt || got.system != tt.want.system ||
				string(got.messages) != string(tt.want.messages) || string(got.body) != string(tt.want.body) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
