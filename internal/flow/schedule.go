package flow

// A schedule is a heap of those that wait for an instant, the earliest first,
// for package container/heap. Each is told its place, by which [heap.Remove]
// finds one that goes before its time.
type schedule[T scheduled] []T

// scheduled is whoever waits in a schedule.
type scheduled interface {
	due() Instant // does not change meanwhile
	place() *int  // the schedule's, as long as it holds it
}

func (s schedule[T]) Len() int           { return len(s) }
func (s schedule[T]) Less(i, j int) bool { return s[i].due() < s[j].due() }
func (s schedule[T]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	*s[i].place(), *s[j].place() = i, j
}

func (s *schedule[T]) Push(x any) {
	t := x.(T)
	*t.place() = len(*s)
	*s = append(*s, t)
}

func (s *schedule[T]) Pop() any {
	var none T // the heap keeps nobody alive that has left it
	last := len(*s) - 1
	t := (*s)[last]
	(*s)[last] = none
	*s = (*s)[:last]
	return t
}

// first returns when the first one's time comes, [Never] if nobody waits.
func (s schedule[T]) first() Instant {
	if len(s) == 0 {
		return Never
	}
	return s[0].due()
}

func (t *Ticket) due() Instant { return t.NotBefore }
func (t *Ticket) place() *int  { return &t.index }

func (l *line) due() Instant { return l.until }
func (l *line) place() *int  { return &l.index }
