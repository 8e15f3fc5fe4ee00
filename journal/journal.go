// Package journal is the durable record of a run: its rows, each once, and
// what happened for them. docs/journal.md describes the files by byte.
//
// For an output answers.jsonl there is a folder answers.jsonl.paceline with the
// journal and a lock. A row is written once, into the output; the journal
// commits it. A commit makes the rows durable first and then their records,
// many at a time. When a journal is opened again, whatever killed the process,
// a torn tail is cut off the journal, uncommitted rows are cut off the output,
// and what was committed is there. Damage to what was committed is an error
// that names the place; it is never passed over.
//
// What a journal promises: a row whose commit was announced is found again
// after a crash of the process or, unless Options.NoSync is set, of the
// machine; no item ever has two rows; the output holds committed rows only,
// once the journal has been opened or closed. Calls are not promised to be
// made only once: requests that were in flight are named instead.
package journal

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Options says how a journal is kept. The zero value is a safe default.
type Options struct {
	// Identity is whatever identifies the run, and opaque to the journal. It is
	// stored in a new journal; see Recovery.Identity and SetIdentity.
	Identity []byte
	// SyncEvery is how long a row may wait for its commit, and an intent until
	// it is on the disk. 0: 100 ms.
	// Negative: rows wait until there are SyncBytes of them, Flush or Close.
	SyncEvery time.Duration
	// SyncBytes is how many bytes of rows are committed at once at the latest.
	// Four times as many may wait, then Append waits. 0: 1 MiB.
	SyncBytes int
	// NoSync leaves out fsync: what was committed survives the death of the
	// process, but not of the machine.
	NoSync bool
	// RoomWait is how long a write is tried again that the disk has no room for; then
	// the journal fails. 0: two minutes. Negative: it is tried once more, in the room
	// that the reserve leaves. See Room.
	RoomWait time.Duration
	// FS replaces the file system, for tests. nil: OS.
	FS FS
}

func (o Options) complete() Options {
	if o.SyncEvery == 0 {
		o.SyncEvery = 100 * time.Millisecond
	}
	if o.SyncBytes <= 0 {
		o.SyncBytes = 1 << 20
	}
	if o.RoomWait == 0 {
		o.RoomWait = 2 * time.Minute
	}
	if o.FS == nil {
		o.FS = OS{}
	}
	return o
}

// Journal is the open journal of one run. All methods are safe for concurrent
// use. After a failed write or sync nothing more is accepted: every later call
// returns the same *Error, and Failed is closed. A write that the disk has no room
// for has not failed before it was tried again for Options.RoomWait: see Room.
type Journal struct {
	opt    Options
	place  place
	lock   *os.File
	madeUp bool // the folder was made by this Open

	recovered Recovery
	items     items
	fault     fault
	astray    fault // its files are no longer where they were opened
	watched   bool  // whether they are looked for
	queue     queue
	tail      tail
	room      room
	unkept    unkept

	out  File  // written by the committer alone
	end  int64 // of the last committed row in out; likewise
	torn bool  // bytes that no record covers may stand behind end; likewise

	closing  sync.Mutex // held by Close and Rewrite
	closed   bool
	closeErr error
}

// Open opens or creates the journal of an output, and takes its lock, which
// Close gives back. It cuts off what no commit covers. It fails before anything
// has been spent: if the output cannot be written (CodeOutput, CodeIO), if the disk
// does not take another MiB (CodeIO), if holds it (CodeLocked), if it holds rows without a journal (CodeNoJournal), if
// what was committed is damaged (CodeCorrupt), if the journal cannot be
// understood (CodeVersion).
func Open(output string, o Options) (*Journal, error) {
	j, err := prepare(output, o)
	if err != nil {
		return nil, err
	}
	if err := j.begin(); err != nil {
		j.release()
		return nil, err
	}
	return j, nil
}

// prepare finds the place, makes the folder and takes the lock.
func prepare(output string, o Options) (*Journal, error) {
	p, err := locate(output)
	if err != nil {
		return nil, err
	}
	j := &Journal{opt: o.complete(), place: p}
	j.fault.ch = make(chan struct{})
	j.astray.ch = make(chan struct{})
	j.room.init()
	j.tail.fault, j.tail.put = &j.fault, j.write
	j.queue.room.L = &j.queue.mu
	j.queue.wake = make(chan struct{}, 1)
	err = os.Mkdir(p.dir, 0o755)
	j.madeUp = err == nil
	if err != nil && !os.IsExist(err) {
		return nil, &Error{Code: CodeIO, Path: p.dir, Text: "cannot make the journal's folder", Err: cause(err)}
	}
	if j.lock, err = lock(p); err != nil {
		return nil, err
	}
	return j, nil
}

// begin recovers, and starts to accept rows.
func (j *Journal) begin() error {
	if err := j.probe(); err != nil {
		return err
	}
	if err := j.load(); err != nil {
		return err
	}
	if err := j.startSession(); err != nil {
		return err
	}
	j.watched = j.trust()
	j.startCommitter()
	return nil
}

// release gives back files and lock; of a folder that was made for nothing it
// leaves no trace.
func (j *Journal) release() {
	j.closeFiles()
	_ = remove(j.opt.FS, j.place.reserve)
	forget := j.madeUp && !exists(j.place.journal)
	dropLock(j.lock, forget)
	if forget {
		os.Remove(j.place.dir)
	}
}

func (j *Journal) closeFiles() {
	for _, f := range []File{j.out, j.tail.f} {
		if f != nil {
			f.Close()
		}
	}
	j.out, j.tail.f = nil, nil
}

// Recovered returns what the journal held when it was opened.
func (j *Journal) Recovered() Recovery {
	r := j.recovered
	r.Identity = slices.Clone(r.Identity)
	r.InFlight, r.Latest = slices.Clone(r.InFlight), slices.Clone(r.Latest)
	r.Account = r.Account.clone()
	return r
}

// Done reports whether an item has a row, committed or about to be.
func (j *Journal) Done(index int64) bool { return j.items.isDone(index) }

// ItemSum returns the checksum that came with an item's row or last intent, and
// false if none did.
func (j *Journal) ItemSum(index int64) (uint32, bool) {
	sum := j.items.sum(index)
	return sum, sum != 0
}

// Failed is closed when a write or a sync has failed, and with it the journal:
// the run should send nothing more.
func (j *Journal) Failed() <-chan struct{} { return j.fault.ch }

// Err returns what closed Failed, or nil.
func (j *Journal) Err() error { return j.fault.get() }

// SetIdentity replaces the stored identity. It is durable when it returns. It
// waits for a Close or a Rewrite under way.
func (j *Journal) SetIdentity(identity []byte) error {
	if len(identity) > maxPayload {
		return usage("the identity is longer than %d bytes", maxPayload)
	}
	j.closing.Lock() // the file must not be closed between the write and its sync
	defer j.closing.Unlock()
	end, err := j.tail.append(func(b []byte, _ int64) []byte { return identityRecord(b, identity) })
	if err != nil {
		return err
	}
	return j.tail.sync(end)
}

// Close commits what waits, and gives back the lock. It returns the error of
// the commit, or of whatever failed before. If the files went astray, it brings
// what was written to a path again and returns an *Error with CodeOutput that
// says to which one. Closing again does nothing and
// returns the same.
func (j *Journal) Close() error {
	j.closing.Lock()
	defer j.closing.Unlock()
	if j.closed {
		return j.closeErr
	}
	j.closed = true
	j.closeErr = j.halt(closedError(j.place))
	j.cutUncommitted()
	if j.closeErr == nil {
		j.closeErr = j.retrieve()
	}
	j.release()
	return j.closeErr
}

// halt commits what waits, refuses everything from then on, and joins the
// committer. The journal then ends with the note that all of it is durable.
func (j *Journal) halt(why error) error {
	j.queue.halt(why)
	<-j.queue.joined
	end, err := j.tail.halt(why)
	if err != nil {
		return err
	}
	return j.tail.sync(end)
}

func closedError(p place) *Error {
	return &Error{Code: CodeClosed, Path: p.output, Text: "the journal is closed"}
}

// cutUncommitted takes a torn row off the output after a failed write, so that
// the file holds whole lines only. If it fails, the next Open does it.
func (j *Journal) cutUncommitted() {
	if j.torn && j.out != nil {
		j.out.Truncate(j.end)
	}
}

// fault is the first failure of a journal.
type fault struct {
	err atomic.Pointer[Error]
	ch  chan struct{} // closed with it
}

// set records a failure, unless there is one, and returns the first.
func (f *fault) set(path, text string, err error) error {
	return f.fail(&Error{Code: CodeIO, Path: path, Text: text, Err: cause(err)})
}

// fail is set of a whole error.
func (f *fault) fail(err *Error) error {
	if f.err.CompareAndSwap(nil, err) {
		close(f.ch)
	}
	return f.err.Load()
}

func (f *fault) get() error {
	if err := f.err.Load(); err != nil {
		return err
	}
	return nil
}
