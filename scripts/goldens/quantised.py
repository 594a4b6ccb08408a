#!/usr/bin/env python3
"""Writes two fixtures into Tests/KernelsTests/Fixtures.

quantised.json: blocks of every type that Lathe reads, with the floats they stand for. quantised_rows.json: rows of all kinds, with
and without what their columns count, and the blocks that the reference makes of them.

Blocks and floats come from llama.cpp's C code (PyPI: libgguf), but for float16 and bfloat16, which numpy gives.
Run: python3 scripts/goldens/quantised.py
"""
import base64
import json
import pathlib

import libgguf
import numpy

TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"]
FOLDER = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KernelsTests" / "Fixtures"


def text(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


def quantised(rows, name, importance=None):
    return libgguf.quantize_rows(rows, libgguf.GGMLQuantizationType[name], importance)


def rows():
    """Rows of 256: noise, noise with outliers, a wave, small numbers, zeros with one spike."""
    dice = numpy.random.default_rng(3)
    noise = dice.standard_normal((2, 256))
    noise[1, ::37] *= 20
    wave = numpy.cos(numpy.arange(256) / 9)[None] + 0.25
    small = dice.standard_normal((1, 256)) * 1e-5
    spike = numpy.zeros((1, 256))
    spike[0, 77] = -3
    return numpy.concatenate([noise, wave, small, spike]).astype(numpy.float32)


def write_blocks():
    x = rows()
    half = x.astype(numpy.float16)
    brain = (x.view(numpy.uint32) >> 16).astype(numpy.uint16)
    cases = [
        {"type": "F16", "blocks": text(half), "floats": text(half.astype(numpy.float32))},
        {"type": "BF16", "blocks": text(brain), "floats": text(brain.astype(numpy.uint32) << 16)},
    ]
    for name in TYPES:
        blocks = quantised(x, name)
        floats = libgguf.dequantize_rows(blocks, libgguf.GGMLQuantizationType[name])
        assert floats.shape == x.shape and floats.dtype == numpy.float32
        assert numpy.abs(floats - x)[:3].mean() < 0.3
        cases.append({"type": name, "blocks": text(blocks), "floats": text(floats)})
    write("quantised.json", cases)


def kinds_of_rows():
    """Rows that weights are like, and rows that round badly, by name. The width is never one alone that fills 16 blocks."""
    dice = numpy.random.default_rng(11)
    width = 768
    noise = dice.standard_normal((3, width))
    columns = numpy.where(dice.random(width) < 0.02, 12, 1)
    outlier = dice.standard_normal((1, width)) * 0.01
    outlier[0, 7::32] = 5
    signed_zeros = dice.standard_normal((1, width))
    signed_zeros[:, ::2] = 0
    signed_zeros[:, 1::4] *= -0.0
    spike = numpy.zeros((1, width))
    spike[0, 3::32] = -2
    return {
        "noise": noise * 0.03, "outlying columns": noise[:2] * 0.02 * columns, "heavy tails": dice.standard_t(3, (2, width)) * 0.02,
        "shifted": noise[:1] * 0.02 + 0.05, "constant": numpy.full((1, width), 0.37), "negative": numpy.full((1, width), -1.7),
        "zero": numpy.zeros((1, width)), "signed zeros": signed_zeros, "small": noise[:1] * 1e-7, "tiny": noise[:1] * 1e-20,
        "at the end": noise[:1] * 1e-37, "subnormal": noise[:1] * 1e-40, "large": noise[:1] * 1e4, "one outlier": outlier,
        "spike": spike, "ties": numpy.round(noise[:2] * 4) / 8, "whole": dice.integers(-8, 9, (1, width)),
    }


def write_rows():
    weighed = {"noise", "outlying columns", "heavy tails", "shifted", "one outlier"}
    counts = numpy.random.default_rng(12).gamma(0.5, 1, 768).astype(numpy.float32)
    cases = []
    for name, x in kinds_of_rows().items():
        x = numpy.ascontiguousarray(x, numpy.float32)
        for importance in [None, counts] if name in weighed else [None]:
            case = {"name": name, "columns": x.shape[1], "rows": text(x)}
            if importance is not None:
                case["importance"] = text(importance)
            cases.append(case | {kind: text(quantised(x, kind, importance)) for kind in TYPES})
    write("quantised_rows.json", cases)


def write(name, cases):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / name).write_text(json.dumps({"cases": cases}, indent=1) + "\n")


write_blocks()
write_rows()
