package metrics

import "strings"

// series gathers the values of one family. Values of the same labels add up: two
// endpoints may have one name, and names that differ only in bytes that are no
// UTF-8 are the same to Prometheus, which would refuse the whole scrape.
type series struct {
	all   []sample
	place map[string]int // in all, by the labels
}

type sample struct {
	value  float64
	labels []string
}

// add counts value under labels.
func (s *series) add(value float64, labels ...string) {
	for i, l := range labels {
		labels[i] = strings.ToValidUTF8(l, "\uFFFD")
	}
	key := strings.Join(labels, "\xff") // is in no valid UTF-8
	if i, ok := s.place[key]; ok {
		s.all[i].value += value
		return
	}
	if s.place == nil {
		s.place = map[string]int{}
	}
	s.place[key] = len(s.all)
	s.all = append(s.all, sample{value, labels})
}

// other stands for the model of calls that name none, and of those beyond the 64
// that an engine tells apart.
const other = "other"

func modelLabel(name string) string {
	if name == "" {
		return other
	}
	return name
}
