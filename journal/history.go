package journal

// history copies what a rewrite keeps of the past: the sessions, moments and
// attempts, and as an attempt the request that had brought a row which does not
// stay. They stand without intents, and so count in no total: the carry and the
// account records have them.
func (w *writer) history(old *replay, f File, keep func(Entry) bool) error {
	s := newScanner(f, headerSize, old.good)
	out := w.records()
	for s.scan() {
		switch s.kind {
		case kindSession, kindMoment, kindAttempt:
			out.buf = append(out.buf, s.raw()...)
		case kindEntry:
			e, ok := s.fields().entry()
			if !ok {
				return changed(old.path, s.off)
			}
			if keep != nil && !keep(e) {
				out.buf = old.ledger.asAttempt(out.buf, &e)
			}
		}
		if err := out.flush(bufferSize); err != nil {
			return err
		}
	}
	if s.err != nil || s.next < old.good {
		return &Error{Code: CodeIO, Path: old.path, Offset: s.next, Text: "cannot read the journal", Err: s.err}
	}
	return nil
}

// asAttempt appends the request that brought a row, if one did that does not
// stand as an attempt already.
func (l *ledger) asAttempt(dst []byte, e *Entry) []byte {
	if l.complete(e); !e.Brings() {
		return dst
	}
	return appendAttempt(dst, &Attempt{
		Index: e.Index, Code: e.Code, Reserved: Unknown, Trip: e.Trip,
		PromptTokens: e.Brought.PromptTokens, CompletionTokens: e.Brought.CompletionTokens, Cost: e.Brought.Cost,
	})
}

// raw returns the current record as it stands in the file.
func (s *scanner) raw() []byte { return s.buf[s.off-s.at : s.next-s.at] }

func changed(path string, off int64) *Error {
	return &Error{Code: CodeCorrupt, Path: path, Offset: off, Text: "the journal changed while it was read"}
}
