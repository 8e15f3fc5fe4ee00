package flow

// ModelsMax is how many models have limits and a line of their own, beside those
// that are given limits; the others share one. It bounds what is kept where
// every item names a model of its own.
const ModelsMax = 64

// Model returns the number by which tickets name a model. Those beyond
// [ModelsMax] share number 0 with calls that name none.
func (a *Admission) Model(name string) int {
	if name == a.last.name {
		return a.last.number
	}
	a.last.name, a.last.number = name, a.number(name)
	return a.last.number
}

func (a *Admission) number(name string) int {
	if n, ok := a.models[name]; ok || a.named == ModelsMax {
		return n
	}
	a.named++
	return a.model(name)
}

// model adds a model, which must be new, unless it is there.
func (a *Admission) model(name string) int {
	if n, ok := a.models[name]; ok {
		return n
	}
	n := len(a.models)
	a.models[name] = n
	a.last.name, a.last.number = name, n
	a.queue.lines = append(a.queue.lines, newLine())
	for _, l := range a.lanes {
		l.share(l.given.Models[name])
	}
	return n
}

// SetLimits replaces the limits of lane number n, those of its models apart.
// What was taken of them stays taken.
func (a *Admission) SetLimits(now Instant, n int, l Limits) {
	a.lanes[n].set(now, l)
	for _, line := range a.queue.lines {
		a.queue.unpark(line)
	}
}

// SetModelLimits replaces what is given for one model's calls on lane number n.
func (a *Admission) SetModelLimits(now Instant, n int, model string, l Limits) {
	number := a.model(model)
	lane := a.lanes[n]
	lane.shares[number].set(now, l)
	lane.shares[number].endSeek(now)
	lane.adaptive.expect(lane.requests().worth(startWorth))
	a.queue.unpark(a.queue.lines[number])
}
