package journal

import (
	"encoding/hex"
	"testing"
	"time"
)

// The bytes of version 1, as docs/journal.md gives them. A change here is a new
// version.
func TestFormat(t *testing.T) {
	e := Entry{
		Index: 3, Status: Failed, Code: 15, ItemSum: 0x01020304, Offset: 300, Length: 120, RowSum: 0x05060708,
		Started: time.UnixMilli(1_700_000_000_000), FirstToken: 250 * time.Millisecond, Total: time.Second,
		Requests: 2, Attempts: 1, PromptTokens: 40, CompletionTokens: Unknown, Cost: 0,
	}
	cut := e
	cut.Status, cut.Code = Truncated, 27
	went := e
	went.Status, went.Code = Done, 0
	went.Trip = Trip{Started: e.Started.Add(300 * time.Millisecond), FirstToken: e.FirstToken, Total: e.Total, HTTP: 200, Bytes: 600, RequestID: "req_1"}
	failed := Trip{Started: e.Started, Total: time.Second, HTTP: 503, Message: "busy", Endpoint: "b", Model: "m", Hedge: true}
	moment := Moment{At: e.Started, Span: time.Second, Requests: 1, Retries: 2, Throttled: 3, Hedges: 4, PromptTokens: 5, CompletionTokens: 6,
		Cost: 7, Processor: time.Millisecond, InFlight: 8, Waiting: 9, Cap: 10, RequestLimit: 11, TokenLimit: 12, MoneyLimit: 13, FoundOut: true,
		Limited: []time.Duration{0, time.Second}}
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"header", header(), "504c4a524e4c0d0a010000005ac44b51"},
		{"identity", identityRecord(nil, []byte("id")), "01026964c6c93b72"},
		{"session", sessionRecord(nil, 1_700_000_000_000, 4711), "020880d095ffbc31e7242976f1fd"},
		{"intent", appendIntent(nil, intent{index: 3, sum: 0x01020304, cost: 150}), "0307030403020197019463f64c"},
		{"attempt", appendAttempt(nil, &Attempt{Index: 3, Code: 1, Reserved: 150, PromptTokens: 40, CompletionTokens: Unknown, Cost: 7}), "040703019701290008c6ae78aa"},
		{"entry", appendEntry(nil, &e), "052303010f0403020108070605ac027880d095ffbc3190a10fc0843d02012900010201010180304d9e"},
		{"intent with tokens", appendIntent(nil, intent{index: 3, sum: 0x01020304, cost: 150, tokens: 300}), "030903040302019701ad023b7dc35a"},
		{"bounds", appendBounds(nil, Bounds{1, 2, 3, 4}), "0904010203040f760e59"},
		{"entry of a cut answer", appendEntry(nil, &cut), "052403021b0403020108070605ac027880d095ffbc3190a10fc0843d0201290001030201010114e717e5"},
		{"entry with its trip", appendEntry(nil, &went), "052e0300000403020108070605ac027880d095ffbc3190a10fc0843d02012900010201010107d804057265715f31d8043df2fdf1"},
		{"attempt with its trip", appendAttempt(nil, &Attempt{Index: 3, Code: 1, Reserved: 150, PromptTokens: 0, CompletionTokens: 0, Cost: 0, Trip: failed}), "041d03019701010101ec0780a0abfef962f703c0843d04627573790162016d836c7b1f"},
		{"moment", appendMoment(nil, &moment), "0a1e80d095ffbc31c0843de8070102030405060708090a0b0c0d010101c0843d37a3482d"},
		{"batch", appendBatch(nil, 16, 300), "061010000000000000002c01000000000000424e4016"},
		{"carry", appendCarry(nil, Totals{1, 2, 3, 4, 5, 6, 7, 8}), "070801020304050607086e2074ea"},
		{"account", appendAccount(nil, Account{Answered: Spent{1, 2, 3, 4, 5, 6}, Wasted: map[uint8]Spent{15: {Requests: 1}}}), "08080000010203040506d36e13050808010f01000000000016b2b0e8"},
		{"switch", switchRecord(nil, 1000, 500), "8110e803000000000000f4010000000000001df3a28d"},
	} {
		if got := hex.EncodeToString(c.got); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// What a later version adds behind a status is taken for what it was before, as
// an older version takes what this one adds.
func TestKindsOfInvalidEntries(t *testing.T) {
	e := Entry{Index: 3, Status: Invalid, Length: 1}
	plain := appendEntry(nil, &e)
	for status := Truncated; status < statuses; status++ {
		e.Status = status
		record := appendEntry(nil, &e)
		_, payload, _, _, ok := parseRecord(record)
		if got, parsed := parseEntry(payload); !ok || !parsed || got.Status != status {
			t.Errorf("%d is read as %d", status, got.Status)
		}
		if payload[1] != byte(Invalid) || len(record) != len(plain) {
			t.Errorf("%d: an older version does not read an invalid entry", status)
		}
		for _, kind := range []byte{0, byte(Done), byte(Invalid), byte(statuses), 255} {
			payload[len(payload)-1-len(appendBrought(nil, &e))] = kind
			if got, parsed := parseEntry(payload); !parsed || got.Status != Invalid {
				t.Errorf("kind %d is read as %d", kind, got.Status)
			}
		}
	}
}
