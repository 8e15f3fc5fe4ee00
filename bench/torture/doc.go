// Package torture kills `paceline run` at random moments, again and again, and
// holds what is left against what the provider saw.
//
// A round is one input. `paceline run` works on it as a process of its own, over
// loopback against `paceline sim` with every fault that it has; the process is
// killed (SIGKILL) after a random time, and the same command is started again,
// until every item has its row. A run that ends by itself, because the provider
// refused its key for instance, is started again too. Now and then it is
// interrupted first, or told to put its rows in order, or to send failed items
// again, so that a kill meets those moments as well.
//
// After every kill: the journal can be read, and every row that was ever
// committed is there, whole, once, with its checksum (but for failed ones that
// --retry-failed took back). At the end of a round: one row for each item, each
// answer one that the simulator gave to this very item, no request that the
// journal does not know of, tokens and money as the simulator counted them up to
// what the summary marks as unknown or possibly paid twice, and the key in no
// file and no line of output.
//
//	make torture                                     # 1,000 kills
//	go test ./bench/torture                          # 25 kills
//	go test ./bench/torture -v -kills 200 -seed 7    # a seed that failed
//
// The seed decides inputs, flags and moments. Moments are of the real clock, so
// a seed that failed once may need several tries; virtual time, in which a seed
// gives the same run, is what TestMasterOracle uses.
package torture
