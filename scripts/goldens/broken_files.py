#!/usr/bin/env python3
"""Writes Tests/WeightFilesTests/Fixtures/{safetensors,gguf}.json: good and broken weight files with the verdict expected of a reader.

The verdicts of safetensors files are those of the package `safetensors`; those of GGUF files follow the format's rules as
llama.cpp holds them (its Python package is laxer), and are written beside each case.
Run: python3 scripts/goldens/broken_files.py
"""
import base64
import json
import pathlib
import struct

import safetensors

folder = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "WeightFilesTests" / "Fixtures"


# MARK: safetensors

def tensor(dtype="F32", shape=(2,), start=0, end=8, **more):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end], **more}


def safetensors_file(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def safetensors_cases():
    eight = bytes(range(8))
    make = safetensors_file
    yield "one tensor", make({"weight": tensor()}, eight)
    yield "two tensors, the later one first", make(
        {"b": tensor(start=8, end=16), "a": tensor()}, eight + eight)
    yield "no tensors", make({})
    yield "metadata", make({"__metadata__": {"format": "pt"}, "a": tensor()}, eight)
    yield "a scalar", make({"a": tensor(shape=(), end=4)}, eight[:4])
    yield "nothing in one direction", make({"a": tensor(shape=(3, 0, 2), end=0)})
    yield "spaces behind the header", make(b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}      ', eight)
    yield "a name in Chinese", make({"权重": tensor()}, eight)
    yield "bfloat16", make({"a": tensor("BF16", (4,))}, eight)
    yield "an empty file", b""
    yield "five bytes", b"\x05\0\0\0\0"
    yield "a length alone", struct.pack("<Q", 2)
    yield "a length beyond the file", make({"a": tensor()}, eight, length=4096)
    yield "a length of 2^63", make({"a": tensor()}, eight, length=1 << 63)
    yield "a length of all ones", make({"a": tensor()}, eight, length=(1 << 64) - 1)
    yield "no JSON", make(b"weights")
    yield "a list", make(b"[]")
    yield "not UTF-8", make(b'{"\xff":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', eight)
    yield "JSON that is cut", make(b'{"a":{"dtype":"F32","shape":[2],"data_off')
    yield "an unknown type", make({"a": tensor("F33")}, eight)
    yield "a type that is a number", make({"a": {"dtype": 3, "shape": [2], "data_offsets": [0, 8]}}, eight)
    yield "no shape", make({"a": {"dtype": "F32", "data_offsets": [0, 8]}}, eight)
    yield "no offsets", make({"a": {"dtype": "F32", "shape": [2]}}, eight)
    yield "one offset", make({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0]}}, eight)
    yield "three offsets", make({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4, 8]}}, eight)
    yield "an offset below zero", make({"a": tensor(start=-8, end=0)}, eight)
    yield "an offset that is no whole number", make({"a": tensor(start=0.5)}, eight)
    yield "offsets the wrong way round", make({"a": tensor(start=8, end=0)}, eight)
    yield "an offset beyond the data", make({"a": tensor(shape=(4,), end=16)}, eight)
    yield "a shape that is larger than its bytes", make({"a": tensor(shape=(3,))}, eight)
    yield "a shape that is smaller than its bytes", make({"a": tensor(shape=(1,))}, eight)
    yield "a shape below zero", make({"a": tensor(shape=(-2,))}, eight)
    yield "a shape whose product is beyond 64 bits", make({"a": tensor(shape=(1 << 40, 1 << 40), end=0)})
    yield "a shape whose bytes are beyond 64 bits", make({"a": tensor(shape=(1 << 62,), end=0)})
    yield "a hole between tensors", make({"a": tensor(), "b": tensor(start=12, end=20)}, eight * 2 + eight[:4])
    yield "two tensors in one place", make({"a": tensor(), "b": tensor()}, eight)
    yield "tensors that overlap", make({"a": tensor(), "b": tensor(start=4, end=12)}, eight + eight[:4])
    yield "a hole at the beginning", make({"a": tensor(start=4, end=12)}, eight + eight[:4])
    yield "data behind the last tensor", make({"a": tensor()}, eight + b"more")
    yield "data that is cut", make({"a": tensor()}, eight[:5])
    yield "metadata that is no text", make({"__metadata__": {"epoch": 3}, "a": tensor()}, eight)
    yield "metadata that is a list", make({"__metadata__": ["pt"], "a": tensor()}, eight)
    yield "very deep JSON", make(b'{"a":' + b"[" * 3000 + b"]" * 3000 + b"}")


def safetensors_verdict(data):
    try:
        return sorted(name for name, _ in safetensors.deserialize(data))
    except safetensors.SafetensorError:
        return None


# MARK: GGUF

UINT8, INT8, UINT32, FLOAT32, BOOL, STRING, ARRAY, UINT64 = 0, 1, 4, 6, 7, 8, 9, 10


def text(value, length=None):
    value = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(value) if length is None else length) + value


def entry(key, kind, value):
    return text(key) + struct.pack("<I", kind) + value


def info(name="w", sizes=(8,), kind=0, offset=0, dimensions=None):
    return (text(name) + struct.pack("<I", len(sizes) if dimensions is None else dimensions)
            + b"".join(struct.pack("<Q", size) for size in sizes) + struct.pack("<IQ", kind, offset))


def gguf_file(infos=(), data=b"", entries=(), *, magic=b"GGUF", version=3, tensors=None, keys=None, alignment=32, pad=True):
    entries = [entry("general.architecture", STRING, text("llama")), *entries]
    head = (magic + struct.pack("<IQQ", version, len(infos) if tensors is None else tensors,
                                len(entries) if keys is None else keys) + b"".join(entries) + b"".join(infos))
    return head + (b"\0" * (-len(head) % alignment) if pad else b"") + data


def gguf_cases():
    """Name, bytes, and whether a reader takes the file; None where either is right."""
    floats = struct.pack("<8f", *range(8))
    make = gguf_file
    whole = make([info()], floats)
    yield "one tensor", whole, True
    yield "version 2", make([info()], floats, version=2), True
    yield "no tensors", make(), True
    yield "an alignment of 64", make(
        [info()], floats, [entry("general.alignment", UINT32, struct.pack("<I", 64))], alignment=64), True
    yield "lists of numbers and of texts", make([info()], floats, [
        entry("x.numbers", ARRAY, struct.pack("<IQ3I", UINT32, 3, 1, 2, 3)),
        entry("x.texts", ARRAY, struct.pack("<IQ", STRING, 2) + text("a") + text("é"))]), True
    yield "two tensors", make([info("a"), info("b", offset=32)], floats + floats), True
    yield "four-bit blocks", make([info(sizes=(32, 2), kind=2)], bytes(36)), True
    yield "an empty file", b"", False
    yield "a magic number alone", b"GGUF", False
    yield "another magic number", make([info()], floats, magic=b"GGML"), False
    yield "version 0", make([info()], floats, version=0), False
    yield "version 1", make([info()], floats, version=1), False
    yield "version 4096", make([info()], floats, version=4096), False
    yield "too many tensors", make([info()], floats, tensors=1 << 62), False
    yield "too many keys", make([info()], floats, keys=1 << 62), False
    yield "one key too many", make(keys=2), False
    yield "one tensor too many", make([info()], floats, tensors=2, pad=False)[:-32], False
    yield "a key of 2^40 bytes", make(entries=[text("x", length=1 << 40) + struct.pack("<I", UINT8) + b"\1"]), False
    yield "a text of 2^63 bytes", make(entries=[entry("x", STRING, text("x", length=1 << 63))]), False
    yield "a value of no type", make(entries=[entry("x", 99, b"\1")]), False
    yield "a key twice", make(entries=[entry("x", UINT8, b"\1"), entry("x", UINT8, b"\2")]), False
    yield "a list of 2^60 numbers", make(entries=[entry("x", ARRAY, struct.pack("<IQ", UINT32, 1 << 60))]), False
    yield "a list of lists", make(
        entries=[entry("x", ARRAY, struct.pack("<IQ", ARRAY, 1) + struct.pack("<IQ", UINT8, 0))]), False
    yield "a list of no type", make(entries=[entry("x", ARRAY, struct.pack("<IQ", 42, 1) + bytes(8))]), False
    yield "an alignment of 0", make(entries=[entry("general.alignment", UINT32, bytes(4))]), False
    yield "an alignment of 24", make(entries=[entry("general.alignment", UINT32, struct.pack("<I", 24))]), False
    yield "an alignment that is a text", make(entries=[entry("general.alignment", STRING, text("32"))]), False
    yield "a tensor twice", make([info(), info(offset=32)], floats + floats), False
    yield "five dimensions", make([info(sizes=(2, 1, 2, 1, 2))], floats), False
    yield "a million dimensions", make([info(dimensions=1_000_000)], floats), False
    yield "a size of 2^63", make([info(sizes=(1 << 63,))], floats), False
    yield "sizes whose product is beyond 64 bits", make([info(sizes=(1 << 32, 1 << 32))], floats), False
    yield "a tensor of no type", make([info(kind=200)], floats), False
    yield "a type that was taken away", make([info(sizes=(32,), kind=4)], bytes(64)), False
    yield "a row that is no whole number of blocks", make([info(sizes=(8,), kind=2)], floats), False
    yield "an offset that is not aligned", make([info(offset=4)], floats + floats), False
    yield "an offset beyond the file", make([info(offset=1 << 20)], floats), False
    yield "an offset near 2^64", make([info(offset=(1 << 64) - 32)], floats), False
    yield "tensors that overlap", make([info("a", (16,)), info("b", offset=32)], floats + floats), False
    yield "no data", make([info()]), False
    yield "data that is cut", whole[:-4], False
    for cut in (5, 12, 23, 40, 70):
        yield f"cut to {cut} bytes", whole[:cut], False
    yield "a flag that is 2", make(entries=[entry("x", BOOL, b"\2")]), None
    yield "a key that is not UTF-8", make(entries=[entry(b"\xff", UINT8, b"\1")]), None
    yield "a name of 300 bytes", make([info("n" * 300)], floats), None


def main():
    folder.mkdir(exist_ok=True)

    def write(name, cases, source):
        (folder / name).write_text(json.dumps({"source": source, "cases": cases}, indent=1, ensure_ascii=False) + "\n")

    write("safetensors.json", [
        {"name": name, "bytes": base64.b64encode(data).decode(), "tensors": safetensors_verdict(data)}
        for name, data in safetensors_cases()], f"safetensors {safetensors.__version__}")
    write("gguf.json", [
        {"name": name, "bytes": base64.b64encode(data).decode(), "accepted": accepted}
        for name, data, accepted in gguf_cases()], "the rules of the format")


main()
