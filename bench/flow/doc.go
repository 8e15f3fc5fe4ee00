// Package flow measures admission and the treatment of stuck calls against
// what theory allows: the last start that a limit permits, the makespan of the
// same calls without hangs. Each row of docs/flow.md is one test here.
//
// All but the rows that are called real run in virtual time (testing/synctest)
// against package sim over an in-memory network, and sim's ledger is the judge:
// a figure is what the server saw, not what the client believes. A row runs
// over many seeds, which determine latencies, faults, network delays and where
// in a server's window the run begins.
//
//	make bench-flow                                          # everything, into docs/flow.md
//	go test ./bench/flow -full -v -run TestHangs             # one table, 20 seeds
//	go test ./bench/flow -full -v -run TestHangs -seeds 100
//	go test ./bench/flow                                     # few seeds, small sizes: do the measurements work?
//
// A row that falls short of its target is printed as short; it fails no test.
// What fails a test is a measurement that is no measurement: a lost row, an
// answer that the server never gave.
package flow
