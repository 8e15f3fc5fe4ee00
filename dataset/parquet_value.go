package dataset

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/format"

	"github.com/seed-1814a72b/paceline/internal/jsontext"
)

// A leaf writes the values of a column that are not null.
type leaf struct {
	kind  parquet.Kind // what the values are
	def   int          // the highest definition level
	rep   int          // the highest repetition level
	write func(dst []byte, v parquet.Value) ([]byte, error)
}

// append appends v as JSON. An error concerns v alone, unless it is of another
// kind than its column.
func (l leaf) append(dst []byte, v parquet.Value) ([]byte, error) {
	if v.Kind() != l.kind {
		return dst, fmt.Errorf("a value of type %v in a column of type %v", v.Kind(), l.kind)
	}
	return l.write(dst, v)
}

// leafOf returns how the values of a column are written, by its logical type
// and, in files of old writers, by its converted type. A type that is not known
// is written as its physical type.
func leafOf(e *format.SchemaElement) (leaf, error) {
	kind := kindOf(e)
	if kind < parquet.Boolean || kind > parquet.FixedLenByteArray {
		return leaf{}, fmt.Errorf("its type %d is not known", e.Type.V)
	}
	meaning := meaningOf(e)
	if meaning == nil {
		return leaf{kind: kind, write: physical[kind]}, nil
	}
	write, err := writerOf(meaning, kind, e)
	if err == nil && write == nil {
		err = fmt.Errorf("a %v cannot be %v", kind, meaning)
	}
	return leaf{kind: kind, write: write}, err
}

// physical are the writers of values that are nothing but what they are stored
// as.
var physical = [...]func([]byte, parquet.Value) ([]byte, error){
	parquet.Boolean:           appendBool,
	parquet.Int32:             appendInt32,
	parquet.Int64:             appendInt64,
	parquet.Int96:             appendInt96,
	parquet.Float:             appendFloat32,
	parquet.Double:            appendFloat64,
	parquet.ByteArray:         appendBase64,
	parquet.FixedLenByteArray: appendBase64,
}

// meaningOf returns an element's logical type, made from its converted type if
// it has none; nil if values mean nothing beyond their physical type.
func meaningOf(e *format.SchemaElement) format.LogicalTypeValue {
	if e.LogicalType.Value != nil || !e.ConvertedType.Valid {
		return e.LogicalType.Value
	}
	switch c := e.ConvertedType.V; c {
	case deprecated.UTF8:
		return &format.StringType{}
	case deprecated.Enum:
		return &format.EnumType{}
	case deprecated.Json:
		return &format.JsonType{}
	case deprecated.Decimal:
		return &format.DecimalType{Scale: e.Scale.V, Precision: e.Precision.V}
	case deprecated.Date:
		return &format.DateType{}
	case deprecated.Uint8, deprecated.Uint16, deprecated.Uint32, deprecated.Uint64:
		return &format.IntType{BitWidth: 8 << (c - deprecated.Uint8)}
	default:
		return convertedTime(c)
	}
}

// convertedTime returns the logical type of the converted types of times,
// which are all in UTC; nil for others.
func convertedTime(c deprecated.ConvertedType) format.LogicalTypeValue {
	millis := format.TimeUnit{Value: &format.MilliSeconds{}}
	micros := format.TimeUnit{Value: &format.MicroSeconds{}}
	switch c {
	case deprecated.TimeMillis:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimeMicros:
		return &format.TimeType{IsAdjustedToUTC: true, Unit: micros}
	case deprecated.TimestampMillis:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: millis}
	case deprecated.TimestampMicros:
		return &format.TimestampType{IsAdjustedToUTC: true, Unit: micros}
	}
	return nil
}

// writerOf returns the writer of values of kind that mean what is said, nil if
// they cannot.
func writerOf(meaning format.LogicalTypeValue, kind parquet.Kind, e *format.SchemaElement) (func([]byte, parquet.Value) ([]byte, error), error) {
	isInt := kind == parquet.Int32 || kind == parquet.Int64
	isBytes := kind == parquet.ByteArray || kind == parquet.FixedLenByteArray
	switch m := meaning.(type) {
	case *format.StringType, *format.EnumType:
		return only(isBytes, appendString), nil
	case *format.JsonType:
		return only(isBytes, appendDocument), nil
	case *format.UUIDType:
		return only(kind == parquet.FixedLenByteArray && e.TypeLength.V == 16, appendUUID), nil
	case *format.Float16Type:
		return only(kind == parquet.FixedLenByteArray && e.TypeLength.V == 2, appendFloat16), nil
	case *format.IntType:
		return only(isInt, integer(kind, m.IsSigned)), nil
	case *format.DateType:
		return only(kind == parquet.Int32, appendDate), nil
	case *format.TimeType:
		return only(isInt, timeOfDay(kind, m)), unitProblem(m.Unit)
	case *format.TimestampType:
		return only(kind == parquet.Int64, timestamp(m)), unitProblem(m.Unit)
	case *format.DecimalType:
		return only(isInt || isBytes, decimal(kind, m)), scaleProblem(m)
	}
	return physical[kind], nil
}

func only(ok bool, write func([]byte, parquet.Value) ([]byte, error)) func([]byte, parquet.Value) ([]byte, error) {
	if !ok {
		return nil
	}
	return write
}

func integer(kind parquet.Kind, signed bool) func([]byte, parquet.Value) ([]byte, error) {
	switch {
	case signed:
		return physical[kind]
	case kind == parquet.Int32:
		return func(dst []byte, v parquet.Value) ([]byte, error) {
			return strconv.AppendUint(dst, uint64(v.Uint32()), 10), nil
		}
	}
	return func(dst []byte, v parquet.Value) ([]byte, error) { return strconv.AppendUint(dst, v.Uint64(), 10), nil }
}

func appendBool(dst []byte, v parquet.Value) ([]byte, error) {
	return strconv.AppendBool(dst, v.Boolean()), nil
}

func appendInt32(dst []byte, v parquet.Value) ([]byte, error) {
	return strconv.AppendInt(dst, int64(v.Int32()), 10), nil
}

func appendInt64(dst []byte, v parquet.Value) ([]byte, error) {
	return strconv.AppendInt(dst, v.Int64(), 10), nil
}

func appendFloat32(dst []byte, v parquet.Value) ([]byte, error) {
	return appendFloat(dst, float64(v.Float()), 32), nil
}

func appendFloat64(dst []byte, v parquet.Value) ([]byte, error) {
	return appendFloat(dst, v.Double(), 64), nil
}

func appendFloat16(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 2 {
		return dst, rowProblemf("a FLOAT16 of %d bytes", len(b))
	}
	h := binary.LittleEndian.Uint16(b)
	sign, exp, frac := 1-2*float64(h>>15), int(h>>10&0x1f), float64(h&0x3ff)
	switch exp {
	case 0:
		return appendFloat(dst, sign*math.Ldexp(frac, -24), 32), nil
	case 0x1f:
		return append(dst, "null"...), nil
	}
	return appendFloat(dst, sign*math.Ldexp(1024+frac, exp-25), 32), nil
}

// appendFloat appends the shortest number that is f again, as encoding/json
// does. JSON has no word for what is not finite: null stands for it.
func appendFloat(dst []byte, f float64, bits int) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	form := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		form = 'e'
	}
	return strconv.AppendFloat(dst, f, form, -1, bits)
}

func appendBase64(dst []byte, v parquet.Value) ([]byte, error) {
	dst = append(dst, '"')
	dst = base64.StdEncoding.AppendEncode(dst, v.ByteArray())
	return append(dst, '"'), nil
}

func appendString(dst []byte, v parquet.Value) ([]byte, error) {
	return jsontext.Append(dst, v.ByteArray()), nil
}

// appendDocument appends JSON as it stands; what is none stays a string.
func appendDocument(dst []byte, v parquet.Value) ([]byte, error) {
	return appendJSON(dst, v.ByteArray()), nil
}

func appendUUID(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 16 {
		return dst, rowProblemf("a UUID of %d bytes", len(b))
	}
	return fmt.Appendf(dst, `"%x-%x-%x-%x-%x"`, b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}
