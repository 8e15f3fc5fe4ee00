package sim_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/seed-1814a72b/paceline/sim"
	"github.com/tidwall/gjson"
)

// A test of one's own: a server whose first request fails, on a network in
// memory. Within testing/synctest the second of latency takes no time.
func Example() {
	server, err := sim.New(sim.Config{
		TTFT:   sim.MustDurations("10ms"),
		Limits: sim.Limits{RPM: 60, Window: sim.SlidingWindow},
		Script: map[int]string{1: "503"},
	})
	if err != nil {
		panic(err)
	}
	defer server.Close()
	var network sim.Network
	client, stop := network.Serve(server)
	defer stop()

	body := `{"model":"m","messages":[{"role":"user","content":"One of: positive, negative.\nI love it!"}]}`
	for range 2 {
		resp, err := client.Post("http://sim/v1/chat/completions", "application/json", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		answer, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		fmt.Printf("%d %q\n", resp.StatusCode, gjson.GetBytes(answer, "choices.0.message.content").String())
	}
	fmt.Println("requests:", server.Ledger().Requests)
	// Output:
	// 503 ""
	// 200 "positive"
	// requests: 2
}

// Any HTTP server can serve it.
func ExampleServer_HTTPServer() {
	server, err := sim.New(sim.Config{})
	if err != nil {
		panic(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := server.HTTPServer()
	go srv.Serve(l)
	defer server.Close() // ends the calls
	defer srv.Close()    // before that, the connections

	resp, err := http.Get("http://" + l.Addr().String() + "/v1/models")
	if err != nil {
		panic(err)
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 200 OK
}

func ExampleFaults() {
	for _, f := range sim.Faults()[:2] {
		fmt.Printf("%-10s %s\n", f.Name, f.Doc)
	}
	// Output:
	// 429        a rate limit, to be tried again in 1 s
	// 429-bare   a rate limit without a word on when to come back
}
