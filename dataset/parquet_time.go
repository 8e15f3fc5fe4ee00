package dataset

import (
	"fmt"
	"math/big"
	"strconv"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// Times are ISO 8601: a timestamp that is an instant ends in Z, one of a wall
// clock does not. Zeros at the end of a fraction are left out.
const (
	dateLayout = "2006-01-02"
	timeLayout = "15:04:05.999999999"
)

func unitProblem(u format.TimeUnit) error {
	if u.Value == nil {
		return fmt.Errorf("its unit of time is not known")
	}
	return nil
}

// appendTime appends t in UTC. A year beyond 9999 gets its sign, as ISO 8601
// has it.
func appendTime(dst []byte, t time.Time, layout, zone string) []byte {
	t = t.UTC()
	dst = append(dst, '"')
	if t.Year() > 9999 {
		dst = append(dst, '+')
	}
	dst = t.AppendFormat(dst, layout)
	return append(append(dst, zone...), '"')
}

func appendDate(dst []byte, v parquet.Value) ([]byte, error) {
	return appendTime(dst, time.Unix(int64(v.Int32())*24*60*60, 0), dateLayout, ""), nil
}

func timestamp(m *format.TimestampType) func([]byte, parquet.Value) ([]byte, error) {
	zone := ""
	if m.IsAdjustedToUTC {
		zone = "Z"
	}
	return func(dst []byte, v parquet.Value) ([]byte, error) {
		return appendTime(dst, instant(v.Int64(), m.Unit.Value), dateLayout+"T"+timeLayout, zone), nil
	}
}

// instant returns the time that is n units after 1970.
func instant(n int64, unit format.TimeUnitValue) time.Time {
	switch unit.(type) {
	case *format.MilliSeconds:
		return time.UnixMilli(n)
	case *format.MicroSeconds:
		return time.UnixMicro(n)
	}
	return time.Unix(0, n)
}

func timeOfDay(kind parquet.Kind, m *format.TimeType) func([]byte, parquet.Value) ([]byte, error) {
	zone := ""
	if m.IsAdjustedToUTC {
		zone = "Z"
	}
	return func(dst []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		if kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		t := instant(n, m.Unit.Value)
		if n < 0 || t.Unix() >= 24*60*60 {
			return dst, rowProblemf("a time of %d %v after midnight", n, m.Unit.Value)
		}
		return appendTime(dst, t, timeLayout, zone), nil
	}
}

// appendInt96 appends the timestamps of old writers: nanoseconds of the day,
// then the Julian day. They do not say whether they are instants.
func appendInt96(dst []byte, v parquet.Value) ([]byte, error) {
	const julianDayOf1970 = 2440588
	i := v.Int96()
	nanos := int64(i[0]) | int64(i[1])<<32
	days := int64(int32(i[2])) - julianDayOf1970
	t := time.Unix(days*24*60*60+nanos/1e9, nanos%1e9)
	return appendTime(dst, t, dateLayout+"T"+timeLayout, ""), nil
}

const (
	// maxScale is how many digits a decimal may have behind its point.
	maxScale = 1000

	// maxDecimal is how many bytes it may have: some 1,200 digits.
	maxDecimal = 512
)

func scaleProblem(m *format.DecimalType) error {
	if m.Scale < 0 || m.Scale > maxScale {
		return fmt.Errorf("its scale of %d is not one of 0 to %d", m.Scale, maxScale)
	}
	return nil
}

// decimal writes exact numbers: 12.50 has both of its digits.
func decimal(kind parquet.Kind, m *format.DecimalType) func([]byte, parquet.Value) ([]byte, error) {
	scale := int(m.Scale)
	return func(dst []byte, v parquet.Value) ([]byte, error) {
		switch kind {
		case parquet.Int32:
			return appendScaled(dst, strconv.FormatInt(int64(v.Int32()), 10), scale), nil
		case parquet.Int64:
			return appendScaled(dst, strconv.FormatInt(v.Int64(), 10), scale), nil
		}
		b := v.ByteArray()
		if len(b) > maxDecimal {
			return dst, rowProblemf("a DECIMAL of %d bytes: at most %d are read", len(b), maxDecimal)
		}
		return appendScaled(dst, unscaled(b).String(), scale), nil
	}
}

// unscaled returns the number that b is in two's complement, big-endian.
func unscaled(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// appendScaled puts the point of a decimal before its last scale digits.
func appendScaled(dst []byte, digits string, scale int) []byte {
	if digits[0] == '-' {
		dst = append(dst, '-')
		digits = digits[1:]
	}
	if scale == 0 {
		return append(dst, digits...)
	}
	for missing := scale + 1 - len(digits); missing > 0; missing-- {
		digits = "0" + digits
	}
	point := len(digits) - scale
	dst = append(dst, digits[:point]...)
	dst = append(dst, '.')
	return append(dst, digits[point:]...)
}
