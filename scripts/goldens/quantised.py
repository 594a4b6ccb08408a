#!/usr/bin/env python3
"""Writes Tests/KernelsTests/Fixtures/quantised.json: blocks of every type that Lathe reads, with the floats they stand for.

The blocks and their floats come from llama.cpp's C code (PyPI: libgguf), but for float16 and bfloat16, which numpy gives.
Run: python3 scripts/goldens/quantised.py
"""
import base64
import json
import pathlib

import libgguf
import numpy

TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]


def text(array):
    return base64.b64encode(numpy.ascontiguousarray(array).tobytes()).decode()


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


def main():
    x = rows()
    half = x.astype(numpy.float16)
    brain = (x.view(numpy.uint32) >> 16).astype(numpy.uint16)
    cases = [
        {"type": "F16", "blocks": text(half), "floats": text(half.astype(numpy.float32))},
        {"type": "BF16", "blocks": text(brain), "floats": text(brain.astype(numpy.uint32) << 16)},
    ]
    for name in TYPES:
        kind = libgguf.GGMLQuantizationType[name]
        blocks = libgguf.quantize_rows(x, kind)
        floats = libgguf.dequantize_rows(blocks, kind)
        assert floats.shape == x.shape and floats.dtype == numpy.float32
        assert numpy.abs(floats - x)[:3].mean() < 0.3
        cases.append({"type": name, "blocks": text(blocks), "floats": text(floats)})
    folder = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "KernelsTests" / "Fixtures"
    folder.mkdir(exist_ok=True)
    (folder / "quantised.json").write_text(json.dumps({"cases": cases}, indent=1) + "\n")


main()
