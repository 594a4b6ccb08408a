"""Writes Parquet files of many shapes with pyarrow and pandas, each beside the rows that a reader should give (.jsonl).

    python scripts/goldens/parquet_files.py FOLDER [--small]

--small writes the few that are kept under Tests/ParquetTests/Fixtures. Made with pyarrow 26.0.1 and pandas 3.1.1.
"""
import base64
import datetime
import decimal
import json
import math
import os
import random
import sys
import uuid

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

folder, small = sys.argv[1], "--small" in sys.argv
os.makedirs(folder, exist_ok=True)
random.seed(7)


def fraction(micros, nanos=0):
    if nanos % 1000:
        return ".%09d" % nanos
    return ".%06d" % micros if micros else ""


def plain(value):
    """The JSON that stands for a value of pyarrow's."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (int, np.integer)):
        return int(value) if -(2**63) <= value < 2**63 else float(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, pd.Timestamp):
        text = value.strftime("%Y-%m-%dT%H:%M:%S") + fraction(value.microsecond, value.microsecond * 1000 + value.nanosecond)
        return text + ("Z" if value.tzinfo else "")
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%dT%H:%M:%S") + fraction(value.microsecond)
        return text.rjust(len(text)) + ("Z" if value.tzinfo else "")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S") + fraction(value.microsecond)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(p, tuple) and len(p) == 2 for p in value):
            if all(isinstance(k, str) for k, _ in value):
                return {k: plain(v) for k, v in value}
            return [[plain(k), plain(v)] for k, v in value]
        return [plain(v) for v in value]
    raise TypeError(type(value))


maps = set()


def write(name, table, **options):
    pq.write_table(table, f"{folder}/{name}.parquet", **options)
    expect(name, table)


def expect(name, table):
    with open(f"{folder}/{name}.jsonl", "w") as out:
        for row in table.to_pylist():
            for field in table.schema:
                if pa.types.is_map(field.type) and row[field.name] == []:
                    row[field.name] = {} if pa.types.is_string(field.type.key_type) else []
            out.write(json.dumps(plain(row), ensure_ascii=False) + "\n")


def words(count):
    return " ".join(random.choice("heart lung 你好 fièvre a of pain ward 𝄞".split()) for _ in range(count))


def maybe(value, share=0.2):
    return None if random.random() < share else value


def chat(rows):
    def message():
        return {"role": random.choice(["user", "assistant"]), "content": maybe(words(random.randint(0, 12)))}

    return pa.table(
        {
            "id": pa.array(range(rows), pa.int64()),
            "messages": pa.array(
                [maybe([maybe(message(), 0.05) for _ in range(random.randint(0, 5))], 0.1) for _ in range(rows)],
                pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))),
            "tags": pa.array([maybe([maybe(words(1)) for _ in range(random.randint(0, 3))]) for _ in range(rows)],
                             pa.list_(pa.string())),
            "nested": pa.array(
                [maybe([maybe([maybe(random.randint(-9, 9)) for _ in range(random.randint(0, 3))])
                        for _ in range(random.randint(0, 3))]) for _ in range(rows)], pa.list_(pa.list_(pa.int32()))),
            "source": pa.array([maybe({"url": maybe("https://example.org/" + words(1)), "meta": maybe({"score": maybe(random.random())})})
                                for _ in range(rows)],
                               pa.struct([("url", pa.string()), ("meta", pa.struct([("score", pa.float64())]))])),
        })


def scalars(rows):
    day = datetime.date(1970, 1, 1)
    moment = datetime.datetime(2001, 9, 9, 1, 46, 40, 123456)

    def column(make, type):
        return pa.array([maybe(make()) for _ in range(rows)], type)

    return pa.table(
        {
            "bool": column(lambda: random.random() < 0.5, pa.bool_()),
            "int8": column(lambda: random.randint(-128, 127), pa.int8()),
            "int32": column(lambda: random.randint(-(2**31), 2**31 - 1), pa.int32()),
            "int64": column(lambda: random.randint(-(2**63), 2**63 - 1), pa.int64()),
            "uint8": column(lambda: random.randint(0, 255), pa.uint8()),
            "uint32": column(lambda: random.randint(0, 2**32 - 1), pa.uint32()),
            "uint64": column(lambda: random.randint(0, 2**63 - 1), pa.uint64()),
            "float": column(lambda: random.choice([0.0, -1.5, float("nan"), float("inf"), np.float32(random.random())]), pa.float32()),
            "double": column(random.random, pa.float64()),
            "half": column(lambda: np.float16(random.choice([0.0, 1.5, -6e-5, 6e-8, 65504.0])), pa.float16()),
            "text": column(lambda: words(random.randint(0, 9)), pa.string()),
            "large": column(lambda: words(2), pa.large_string()),
            "bytes": column(lambda: bytes(random.randint(0, 255) for _ in range(random.randint(0, 5))), pa.binary()),
            "fixed": column(lambda: bytes(random.randint(0, 255) for _ in range(3)), pa.binary(3)),
            "decimal": column(lambda: decimal.Decimal(random.randint(-(10**17), 10**17)).scaleb(-4), pa.decimal128(20, 4)),
            "decimal9": column(lambda: decimal.Decimal(random.randint(-999, 999)).scaleb(-2), pa.decimal128(5, 2)),
            "decimal76": column(lambda: decimal.Decimal(random.randint(-(10**60), 10**60)), pa.decimal256(70, 0)),
            "date": column(lambda: day + datetime.timedelta(random.randint(-300_000, 300_000)), pa.date32()),
            "milli": column(lambda: moment.replace(microsecond=random.choice([0, 5000])), pa.timestamp("ms")),
            "micro": column(lambda: moment - datetime.timedelta(random.randint(0, 30_000), 0, random.randint(0, 999_999)), pa.timestamp("us")),
            "utc": column(lambda: moment.replace(tzinfo=datetime.timezone.utc), pa.timestamp("us", tz="UTC")),
            "nano": column(lambda: random.randint(0, 2**60), pa.timestamp("ns")),
            "time": column(lambda: datetime.time(random.randint(0, 23), 5, 6, random.choice([0, 70_000])), pa.time64("us")),
            "category": column(lambda: random.choice(["yes", "no", "maybe"]), pa.string()).dictionary_encode(),
            "map": pa.array([maybe([(words(1) + str(i), i) for i in range(random.randint(0, 3))]) for _ in range(rows)],
                            pa.map_(pa.string(), pa.int32())),
            "pairs": pa.array([maybe([(i, words(1)) for i in range(random.randint(0, 3))]) for _ in range(rows)],
                              pa.map_(pa.int32(), pa.string())),
            "nothing": pa.nulls(rows),
        })


if small:
    write("chat", chat(12))
    write("scalars-v2-zstd", scalars(6), compression="zstd", data_page_version="2.0", use_dictionary=False)
    write("groups-gzip", chat(20), compression="gzip", row_group_size=7, write_page_checksum=True)
    text = pa.table({"text": [words(5) for _ in range(30)], "n": list(range(30))})
    write("delta", text, use_dictionary=False, data_page_version="2.0",
          column_encoding={"text": "DELTA_BYTE_ARRAY", "n": "DELTA_BINARY_PACKED"})
    frame = pd.DataFrame({"text": ["a", None, "b"], "label": [1, 2, 3], "score": [0.5, None, 1.5]})
    frame.to_parquet(f"{folder}/pandas.parquet")
    expect("pandas", pa.table(frame))
    sys.exit()

for codec in ["none", "snappy", "gzip", "zstd", "brotli", "lz4"]:
    for dictionary in [True, False]:
        for version in ["1.0", "2.0"]:
            name = f"{codec}-{'dict' if dictionary else 'plain'}-{version[0]}"
            options = dict(compression=codec, use_dictionary=dictionary, data_page_version=version)
            write("chat-" + name, chat(300), **options)
            write("scalars-" + name, scalars(200), **options)
for rows in [0, 1, 7, 8, 9]:
    write(f"chat-{rows}", chat(rows))
    write(f"scalars-{rows}", scalars(rows))
write("groups", chat(500), row_group_size=33, write_page_checksum=True)
write("pages", chat(3000), data_page_size=200, write_page_index=True, write_page_checksum=True)
write("pages-2", scalars(2000), data_page_size=100, data_page_version="2.0", dictionary_pagesize_limit=300)
write("old-timestamps", scalars(60).select(["micro", "milli", "text"]), use_deprecated_int96_timestamps=True)
write("old-lists", chat(60), use_compliant_nested_type=False)
write("version-1", scalars(60).drop(["nano", "half"]), version="1.0")
write("long-texts", pa.table({"text": [words(20_000), None, words(1), words(30_000)] * 3}))
write("constant", pa.table({"text": ["same"] * 50_000, "n": [None] * 49_999 + [1]}))
write("required", pa.table(
    {"a": ["x", "y"], "b": [[1, 2], []]},
    schema=pa.schema([pa.field("a", pa.string(), nullable=False),
                      pa.field("b", pa.list_(pa.field("element", pa.int32(), nullable=False)), nullable=False)])))
write("deep", pa.table({"d": [[[[{"k": [[1, None], None, []]}]]], None, [[[]]]]}))
numbers = pa.table({
    "i": pa.array([random.randint(-(2**31), 2**31 - 1) for _ in range(1000)], pa.int32()),
    "l": pa.array([maybe(random.randint(-(2**63), 2**63 - 1)) for _ in range(1000)], pa.int64()),
    "s": pa.array(range(1000), pa.int64()), "f": pa.array(np.random.default_rng(1).random(1000), pa.float32()),
    "d": pa.array([maybe(random.random()) for _ in range(1000)], pa.float64()),
    "t": pa.array([maybe(words(3)) for _ in range(1000)]), "x": pa.array([b"ab%d" % (i % 9) for i in range(1000)], pa.binary(3)),
    "b": pa.array([maybe(i % 7 < 3) for i in range(1000)], pa.bool_())})
for version in ["1.0", "2.0"]:
    write(f"delta-{version[0]}", numbers, use_dictionary=False, data_page_version=version, column_encoding={
        "i": "DELTA_BINARY_PACKED", "l": "DELTA_BINARY_PACKED", "s": "DELTA_BINARY_PACKED", "t": "DELTA_LENGTH_BYTE_ARRAY",
        "f": "BYTE_STREAM_SPLIT", "d": "BYTE_STREAM_SPLIT", "x": "DELTA_BYTE_ARRAY", "b": "RLE"})
    write(f"split-{version[0]}", numbers, use_dictionary=False, data_page_version=version, column_encoding={
        "i": "BYTE_STREAM_SPLIT", "l": "BYTE_STREAM_SPLIT", "t": "DELTA_BYTE_ARRAY", "x": "BYTE_STREAM_SPLIT"})
frame = pd.DataFrame({
    "text": [words(4) for _ in range(100)], "label": pd.Categorical([random.choice("abc") for _ in range(100)]),
    "when": pd.date_range("2024-01-01", periods=100, freq="37min"), "n": np.arange(100), "f": np.linspace(0, 1, 100)},
    index=[f"row {i}" for i in range(100)])
for name, options in [("pandas", {}), ("pandas-no-index", {"index": False}), ("pandas-zstd", {"compression": "zstd"}),
                      ("pandas-none", {"compression": None})]:
    frame.to_parquet(f"{folder}/{name}.parquet", **options)
    expect(name, pq.read_table(f"{folder}/{name}.parquet"))
