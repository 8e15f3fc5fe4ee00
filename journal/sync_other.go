//go:build !linux

package journal

import "os"

// syncData syncs a file: F_FULLFSYNC on macOS, FlushFileBuffers on Windows.
func syncData(f *os.File) error { return f.Sync() }
