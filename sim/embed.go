package sim

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"github.com/tidwall/gjson"
)

// embeddingQuery is what a request for embeddings asks.
type embeddingQuery struct {
	inputs     []string // texts, or the JSON of arrays of tokens
	dimensions int
	base64     bool
}

func (q *Query) setEmbedding(name string, v gjson.Result) {
	switch name {
	case "dimensions":
		q.embedding.dimensions = max(0, min(1<<16, int(v.Int())))
	case "encoding_format":
		q.embedding.base64 = v.String() == "base64"
	case "input":
		q.embedding.inputs = embeddingInputs(v)
		q.PromptTokens += tokensOf(v.String())
	}
}

// embeddingInputs reads a text, several, the tokens of a text, or of several.
func embeddingInputs(v gjson.Result) []string {
	if !v.IsArray() || v.Get("0").Type == gjson.Number {
		return []string{v.String()}
	}
	var list []string
	for _, e := range v.Array() {
		list = append(list, e.String())
	}
	return list
}

// embed answers a request for embeddings.
func (c *call) embed() {
	if len(c.query.embedding.inputs) == 0 {
		c.refuse(errNoInput)
		return
	}
	c.accepted = true
	if !c.s.sleep(c.r.Context(), c.from.Add(c.s.cfg.TTFT.sample(&c.luck))) {
		c.leave()
		return
	}
	body := c.appendEmbeddings([]byte(`{"object":"list","data":[`))
	c.rec.Status = http.StatusOK
	if wire := c.wire(); wire != nil && wire.whole != nil {
		wire.whole(c, body)
		return
	}
	c.give(body)
}

func (c *call) appendEmbeddings(b []byte) []byte {
	q := &c.query.embedding
	size := q.dimensions
	if size == 0 {
		size = c.s.cfg.EmbeddingSize
	}
	for i, text := range q.inputs {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"object":"embedding","index":`...)
		b = appendInt(b, i)
		b = append(b, `,"embedding":`...)
		b = appendVector(b, c.s.vector(text, size), q.base64)
		b = append(b, '}')
	}
	b = append(b, `],"model":`...)
	b = appendString(b, c.query.Model)
	b = append(b, `,"usage":{"prompt_tokens":`...)
	b = appendInt(b, c.query.PromptTokens)
	b = append(b, `,"total_tokens":`...)
	b = appendInt(b, c.query.PromptTokens)
	return append(b, "}}\n"...)
}

// vector returns a text's unit vector: the same text has the same one.
func (s *Server) vector(text string, size int) []float32 {
	d := draws(hash(s.cfg.Seed, text))
	v := make([]float32, size)
	sum := 0.0
	for i := range v {
		v[i] = float32(2*d.float() - 1)
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}

// appendVector appends numbers, or base64 of little-endian float32, which the
// official clients ask for.
func appendVector(b []byte, v []float32, encode bool) []byte {
	if encode {
		raw := make([]byte, 0, 4*len(v))
		for _, f := range v {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f))
		}
		b = append(b, '"')
		return append(base64.StdEncoding.AppendEncode(b, raw), '"')
	}
	b = append(b, '[')
	for i, f := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendFloat(b, float64(f), 'g', -1, 32)
	}
	return append(b, ']')
}

// serveModels lists the models, or one if any is known.
func (s *Server) serveModels(w http.ResponseWriter, _ *http.Request) {
	type model struct {
		ID      string `json:"id"`
		Object  string `json:"object"`
		Created int64  `json:"created"`
		OwnedBy string `json:"owned_by"`
	}
	names := s.cfg.Models
	if len(names) == 0 {
		names = []string{"sim"}
	}
	list := struct {
		Object string  `json:"object"`
		Data   []model `json:"data"`
	}{Object: "list"}
	for _, name := range names {
		list.Data = append(list.Data, model{name, "model", s.started.Unix(), "sim"})
	}
	body, err := json.Marshal(list)
	if err != nil { // a struct of strings and numbers always marshals
		panic(err)
	}
	writeJSON(w, http.StatusOK, body)
}
