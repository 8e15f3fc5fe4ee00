//go:build e2e

package metrics

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// folder is where binaries lie.
const folder = "../../.e2e"

// program returns Prometheus, or promtool beside it, and skips the test where
// there is none.
func program(t *testing.T, name string) string {
	t.Helper()
	if path := os.Getenv("PACELINE_PROMETHEUS"); path != "" {
		return filepath.Join(filepath.Dir(path), name)
	}
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	path, err := filepath.Abs(filepath.Join(folder, "prometheus", "usr", "bin", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		return path
	}
	if err := unpack(filepath.Join(folder, "prometheus")); err != nil {
		t.Skipf("no Prometheus to be had (%v); install it, or name it by PACELINE_PROMETHEUS=/path/to/prometheus", err)
	}
	return path
}

// unpack fetches Debian's package and unpacks it into dir.
func unpack(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := in(dir, "apt-get", "download", "prometheus"); err != nil {
		if err := errors.Join(in(dir, "apt-get", "update"), in(dir, "apt-get", "download", "prometheus")); err != nil {
			return err
		}
	}
	packages, err := filepath.Glob(filepath.Join(dir, "prometheus_*.deb"))
	if err != nil || len(packages) == 0 {
		return errors.New("apt-get brought no package")
	}
	return in(dir, "dpkg", "-x", filepath.Base(packages[0]), ".")
}

func in(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, text)
	}
	return nil
}

// A prometheus is a server that scrapes each second.
type prometheus struct{ api string }

// start serves until the test ends. Its targets are at addresses.
func start(t *testing.T, target string, flags ...string) prometheus {
	t.Helper()
	binary, dir := program(t, "prometheus"), t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs:\n- job_name: paceline\n  static_configs: [{targets: ['%s']}]\n", target)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	address := freeAddress(t)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, append(flags, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+address)...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		log.Close()
	})
	p := prometheus{"http://" + address}
	wait(t, "Prometheus is ready", func() bool {
		resp, err := http.Get(p.api + "/-/ready")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// wait looks ten times a second, for a minute.
func wait(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for range 600 {
		if done() {
			return
		}
		<-tick.C
	}
	t.Fatalf("waited a minute in vain until %s", what)
}

// result is one series of an answer to a query.
type result struct {
	labels map[string]string
	value  float64
}

// query asks for the values at a time.
func (p prometheus) query(t *testing.T, at time.Time, expr string) ([]result, error) {
	t.Helper()
	form := url.Values{"query": {expr}, "time": {strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)}}
	resp, err := http.PostForm(p.api+"/api/v1/query", form)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", body, err)
	}
	if answer.Status != "success" {
		return nil, errors.New(answer.Error)
	}
	var all []result
	for _, r := range answer.Data.Result {
		text, _ := r.Value[1].(string) // of a native histogram there is none
		v, _ := strconv.ParseFloat(text, 64)
		all = append(all, result{r.Metric, v})
	}
	return all, nil
}
