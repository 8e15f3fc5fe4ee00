package witness

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
)

// Telling returns the paths of the files below a folder that hold a secret. It
// reads each of them whole.
func Telling(folder, secret string) (paths []string, err error) {
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(secret)) {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}
