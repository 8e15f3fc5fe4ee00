package processor

import (
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Idle returns for how long the machine's processors, all together, have had
// nothing to do so far, to 10 ms; false if the system does not tell.
func Idle() (time.Duration, bool) {
	text, err := os.ReadFile("/proc/uptime") // proc_uptime(5)
	if err != nil {
		return 0, false
	}
	return parseIdle(string(text))
}

// parseIdle reads "350735.47 234388.90": seconds since the boot, and idle ones.
func parseIdle(text string) (time.Duration, bool) {
	fields := strings.Fields(text)
	if len(fields) < 2 {
		return 0, false
	}
	s, err := strconv.ParseFloat(fields[1], 64)
	return time.Duration(s * float64(time.Second)), err == nil && s > 0
}

// quota is how many processors' time the control groups of the process let it
// have, 0 for any. It is read once.
var quota = sync.OnceValue(func() float64 {
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	return lowestQuota(groupOf(string(own)), func(group string) string {
		text, _ := os.ReadFile(path.Join("/sys/fs/cgroup", group, "cpu.max")) // of version 2
		return string(text)
	})
})

// groupOf returns the control group of version 2 in the text of
// /proc/self/cgroup, the root if there is none.
func groupOf(text string) string {
	for line := range strings.Lines(text) {
		if group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return path.Clean("/" + group)
		}
	}
	return "/"
}

// lowestQuota returns the lowest quota of a group and those that it lies in.
func lowestQuota(group string, cpuMax func(group string) string) (lowest float64) {
	for {
		if q := parseQuota(cpuMax(group)); q > 0 && (lowest == 0 || q < lowest) {
			lowest = q
		}
		if group == "/" {
			return lowest
		}
		group = path.Dir(group)
	}
}

// parseQuota reads "150000 100000": microseconds in a period of so many; "max" is
// none, and so is what cannot be read.
func parseQuota(text string) float64 {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return 0
	}
	q, err := strconv.ParseFloat(fields[0], 64)
	period, bad := strconv.ParseFloat(fields[1], 64)
	if err != nil || bad != nil || period <= 0 {
		return 0
	}
	return q / period
}
