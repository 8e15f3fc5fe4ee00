// Package dataset reads items from files and writes their results.
//
// [Open] turns paths, globs and standard input into one [Input]: JSON Lines,
// CSV, TSV, plain text and OpenAI Batch request lines, each of them plain or
// compressed (gzip, zstd; told by content, not by name), and Parquet, which has
// to be a regular file. [JSONL], [CSV] and [Text] do the same for an
// [io.Reader]. Memory does not grow with the data.
//
// A Parquet row is an object of its columns in the schema's order: integers and
// decimals are exact numbers, NaN and infinity null, dates, times and
// timestamps ISO 8601 (with Z if they are instants), UUIDs text, bytes that are
// no string base64; lists, maps and structs are arrays and objects. A row's
// Line is its number in the file, from 1.
//
// A line that cannot be read becomes an item whose Err is a [*LineError], and
// the rest goes on. What is wrong with a whole file is a [*FileError].
//
// [Check] reads an input once before a run: it counts, finds ids that occur
// twice and hands each item to a callback. [Limit] and [Sample] narrow a
// source down.
//
// [AppendRow], [AppendBatch] and [AppendResponse] format a result as one line;
// [NewJSONL] is a sink that writes rows, and [ParseRow] reads a row back.
package dataset
