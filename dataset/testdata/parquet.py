"""Write the Parquet files of this folder with another implementation.

    pip install pyarrow==26.0.1 && python parquet.py

TestParquetOfAnotherImplementation says what is expected of them.
"""

import datetime as dt
import decimal
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

D = decimal.Decimal
UTC = dt.timezone.utc
words = ["zero", "one", "two \u00e9\n\"quoted\"", None]


def plain():
    """Scalars, some null, in 100 rows; words repeat, for the dictionary."""
    n = range(100)
    return pa.table({
        "id": pa.array([10_000_000_000_000_001 + i for i in n], pa.int64()),
        "word": pa.array([words[i % 4] for i in n], pa.string()),
        "u64": pa.array([None if i % 3 else 2**64 - 1 - i for i in n], pa.uint64()),
        "i8": pa.array([-i for i in n], pa.int8()),
        "f32": pa.array([i / 8 for i in n], pa.float32()),
        "f64": pa.array([[1e300, float("nan"), float("-inf"), 0.1][i % 4] for i in n], pa.float64()),
        "yes": pa.array([[True, False, None][i % 3] for i in n], pa.bool_()),
        "nothing": pa.nulls(100),
    })


def nested():
    return pa.table({
        "custom_id": ["a", "b", "c", "d"],
        "who": pa.array(
            [{"name": "Ann", "age": 30}, {"name": None, "age": 1}, None, {"name": "", "age": None}],
            pa.struct([("name", pa.string()), ("age", pa.uint32())])),
        "tags": pa.array([["x", None], [], None, ["y"]], pa.list_(pa.string())),
        "deep": pa.array(
            [[[1, 2], [], None, [3]], None, [], [None]], pa.list_(pa.list_(pa.int32()))),
        "map": pa.array(
            [[("k", [1.5]), ("l", None)], [], None, [("m", [])]],
            pa.map_(pa.string(), pa.list_(pa.float64()))),
        "by_number": pa.array([[(1, "one")], None, [], [(-2, None)]], pa.map_(pa.int32(), pa.string())),
        "messages": pa.array(
            [[{"role": "user", "content": "hi"}], [], None, [{"role": "system", "content": None}, None]],
            pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
    })


def typed():
    """Times, decimals, bytes."""
    when = dt.datetime(2024, 2, 29, 13, 14, 15, 123456)
    early = dt.datetime(1969, 12, 31, 23, 59, 59, 500000)
    return pa.table({
        "date": pa.array([dt.date(2024, 2, 29), dt.date(1582, 10, 15), None], pa.date32()),
        "zoned": pa.array([when.replace(tzinfo=UTC), early.replace(tzinfo=UTC), None], pa.timestamp("us", tz="Europe/Paris")),
        "local_ms": pa.array([when.replace(microsecond=123000), early, None], pa.timestamp("ms")),
        "local_ns": pa.array([1709212455123456789, -1, None], pa.timestamp("ns")),
        "time": pa.array([dt.time(1, 2, 3, 400000), dt.time(0), None], pa.time32("ms")),
        "time_us": pa.array([dt.time(23, 59, 59, 999999), dt.time(0), None], pa.time64("us")),
        "dec9": pa.array([D("1234567.89"), D("-0.05"), None], pa.decimal128(9, 2)),
        "dec18": pa.array([D("1"), D("-123456789012345.678"), None], pa.decimal128(18, 3)),
        "dec38": pa.array([D("12345678901234567890123456.789012345678"), D("-0.000000000001"), None], pa.decimal128(38, 12)),
        "dec76": pa.array([D("-" + "9" * 76), D(0), None], pa.decimal256(76, 0)),
        "bytes": pa.array([b"\x00\xff", b"", None], pa.binary()),
        "fixed": pa.array([b"abcd", b"\x00\x00\x00\x00", None], pa.binary(4)),
        "uuid": pa.array([uuid.UUID(int=1).bytes, uuid.UUID(int=2**128 - 1).bytes, None], pa.uuid()),
        "half": pa.array([1.5, -65504.0, None], pa.float16()),
        "json": pa.array(['{"a": [1, null]}', "not json", None], pa.json_()),
    })


def main():
    pq.write_table(plain(), "plain_zstd.parquet", compression="zstd", row_group_size=40)
    pq.write_table(plain(), "plain_snappy_v2.parquet", compression="snappy", data_page_version="2.0", data_page_size=200)
    pq.write_table(plain(), "plain_gzip.parquet", compression="gzip", use_dictionary=False)
    pq.write_table(plain(), "plain_brotli.parquet", compression="brotli", write_page_checksum=True)
    pq.write_table(plain(), "plain_lz4.parquet", compression="lz4")
    pq.write_table(plain(), "plain_delta.parquet", compression="none", use_dictionary=False, column_encoding={
        "id": "DELTA_BINARY_PACKED", "word": "DELTA_BYTE_ARRAY", "f32": "BYTE_STREAM_SPLIT"})
    pq.write_table(nested(), "nested.parquet", compression="zstd")
    pq.write_table(nested(), "nested_old_lists.parquet", compression="snappy", use_compliant_nested_type=False, row_group_size=1)
    pq.write_table(typed(), "typed.parquet", store_schema=False)
    pq.write_table(typed().select(["zoned", "local_ns"]), "int96.parquet", use_deprecated_int96_timestamps=True)
    pq.write_table(plain().slice(0, 0), "no_rows.parquet")


main()
