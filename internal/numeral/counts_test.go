package numeral

import (
	"testing"
)

func TestByteSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 999: "999 bytes", 1500: "1.5 kB", 12_345_678: "12.3 MB", 5e12: "5.0 TB"} {
		if got := Bytes(n); got != want {
			t.Errorf("byteSize(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestFiguresLeaveOutWhatIsNotThere(t *testing.T) {
	if got, want := Figures(Always(0, "done"), IfAny(0, "failed"), IfAny(1234, "to do")), "0 done   1,234 to do"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
