package price

import (
	"strings"
	"testing"
)

// samples are counted with tiktoken's o200k_base and cl100k_base.
var samples = []struct {
	name, text    string
	o200k, cl100k int
}{
	{"english", "The hotel was lovely and the staff went out of their way to help us, but breakfast was cold every single morning and nobody seemed to care. We would come back, although perhaps not in the high season, when the pool is crowded and the queue for the lift never ends.", 56, 56},
	{"german", "Das Hotel war wunderschön und das Personal überaus freundlich, doch das Frühstück war jeden Morgen kalt, und niemand schien sich darum zu kümmern. Wir würden wiederkommen, allerdings nicht in der Hauptsaison, wenn der Pool überfüllt ist.", 50, 67},
	{"russian", "Отель был прекрасным, и персонал всегда старался помочь, но завтрак каждое утро был холодным, и никого это не волновало. Мы бы вернулись, но не в разгар сезона, когда бассейн переполнен.", 56, 92},
	{"chinese", "酒店非常漂亮，工作人员也很热情，但是每天早上的早餐都是冷的，似乎没有人在意。我们还会再来，不过也许不会在旺季，那时泳池很拥挤。", 45, 84},
	{"japanese", "ホテルはとても素敵で、スタッフも親切でしたが、毎朝の朝食は冷たくて誰も気にしていないようでした。また来たいですが、混雑する時期は避けたいと思います。", 51, 79},
	{"korean", "호텔은 정말 아름다웠고 직원들도 친절했지만, 매일 아침 식사가 차가웠고 아무도 신경 쓰지 않는 것 같았습니다. 성수기가 아니라면 다시 오고 싶습니다.", 46, 81},
	{"emoji", "😀🎉👩‍🚀🔥💯🙏😂🥳🌍✨🤖📈", 22, 37},
	{"json", `{"id":"a8f3-22","name":"Grand Hotel","stars":4,"reviews":[{"score":3.5,"text":"cold breakfast"},{"score":4,"text":"nice pool"}],"open":true,"geo":[52.5200,13.4050]}`, 59, 58},
	{"code", "func (r *Ratio) Observe(bytes, tokens int64) {\n\tif bytes <= 0 || tokens <= 0 {\n\t\treturn\n\t}\n\tr.bytes = r.bytes*decay + float64(bytes)\n}\n", 44, 44},
	{"digits", "3.14159265358979 2718281828 4669201609 12345678901234567890 20261123", 29, 29},
}

func TestEstimateIsNearTheTokenizers(t *testing.T) {
	for _, s := range samples {
		got := float64(Estimate([]byte(s.text)))
		if got < 0.65*float64(s.cl100k) || got > 2*float64(s.o200k) || got < 0.9*float64(s.o200k) {
			t.Errorf("%s: estimated %v, counted %d and %d", s.name, got, s.o200k, s.cl100k)
		}
	}
	if got := Estimate(nil); got != 0 {
		t.Errorf("nothing is %d tokens", got)
	}
	if got := Estimate([]byte{0xff, 0xfe}); got < 1 {
		t.Errorf("invalid UTF-8 is %d tokens", got)
	}
}

func FuzzEstimate(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got := Estimate(text)
		if got < 0 || got > int64(len(text)) || (got == 0) != (len(text) == 0) {
			t.Fatalf("%d tokens for %d bytes", got, len(text))
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	text := []byte(strings.Repeat(samples[0].text+samples[2].text, 20))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Estimate(text)
	}
}
