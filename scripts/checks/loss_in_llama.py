#!/usr/bin/env python3
"""Scores rows with llama.cpp: the mean loss of each GGUF file over the same target tokens that Lathe scores, beside Lathe's own.

Needs numpy and xllamacpp (llama.cpp as a Python module).
Usage: python3 scripts/checks/loss_in_llama.py ROWS FILE.gguf ...      LATHE=path of the command (.build/release/lathe)
"""
import ctypes
import json
import math
import os
import pathlib
import subprocess
import sys

import numpy
import xllamacpp

LONGEST = 1024
library = ctypes.CDLL(str(next(pathlib.Path(xllamacpp.__file__).parent.glob("*.so"))))


class Parameters(ctypes.Structure):
    """llama.cpp's parameters of models and contexts: larger than either, of which only the first numbers are set here."""
    _fields_ = [("numbers", ctypes.c_uint32 * 256)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)), ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)), ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8))]


def function(name, result, *arguments):
    found = getattr(library, name)
    found.restype, found.argtypes = result, arguments
    return found


pointer, boolean = ctypes.c_void_p, ctypes.c_bool
load = function("llama_model_load_from_file", pointer, ctypes.c_char_p, Parameters)
open_context = function("llama_init_from_model", pointer, pointer, Parameters)
model_defaults = function("llama_model_default_params", Parameters)
context_defaults = function("llama_context_default_params", Parameters)
memory_of = function("llama_get_memory", pointer, pointer)
clear = function("llama_memory_clear", None, pointer, boolean)
decode = function("llama_decode", ctypes.c_int32, pointer, Batch)
logits_at = function("llama_get_logits_ith", ctypes.POINTER(ctypes.c_float), pointer, ctypes.c_int32)
vocabulary_of = function("llama_model_get_vocab", pointer, pointer)
size_of = function("llama_vocab_n_tokens", ctypes.c_int32, pointer)
new_batch = function("llama_batch_init", Batch, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32)


def mean_loss(file, rows):
    """Over the targets of all rows."""
    model = load(str(file).encode(), model_defaults())
    settings = context_defaults()
    settings.numbers[0] = settings.numbers[1] = settings.numbers[2] = LONGEST  # n_ctx, n_batch, n_ubatch
    context = open_context(model, settings)
    size, batch = size_of(vocabulary_of(model)), new_batch(LONGEST, 0, 1)
    total, count = 0.0, 0
    for row in rows:
        ids = row["ids"]
        clear(memory_of(context), True)
        batch.n_tokens = len(ids)
        for place, token in enumerate(ids):
            batch.token[place], batch.pos[place], batch.n_seq_id[place], batch.logits[place] = token, place, 1, 1
            batch.seq_id[place][0] = 0
        if decode(context, batch) != 0:
            raise SystemExit(f"llama.cpp cannot read {file}")
        for place, counts in enumerate(row["mask"]):
            if place == 0 or not counts:
                continue
            logits = numpy.ctypeslib.as_array(logits_at(context, place - 1), (size,)).astype(numpy.float64)
            largest = logits.max()
            total += largest + math.log(numpy.exp(logits - largest).sum()) - logits[ids[place]]
            count += 1
    return total / count


def main():
    silence = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, pointer)(lambda *_: None)
    library.llama_log_set(silence, None)
    library.llama_backend_init()
    lathe = os.environ.get("LATHE", ".build/release/lathe")
    print(f"{'file':40} {'lathe':>9} {'llama.cpp':>9}")
    for file in sys.argv[2:]:
        told = subprocess.run(
            [lathe, "score", "--quiet", "--json", "--tokens", "--model", file, "--data", sys.argv[1]], check=True,
            capture_output=True, text=True).stdout
        rows = [json.loads(line) for line in told.splitlines()]
        targets = sum(row["target_tokens"] for row in rows)
        own = sum(row["loss"] * row["target_tokens"] for row in rows) / targets
        print(f"{pathlib.Path(file).name:40} {own:9.4f} {mean_loss(file, rows):9.4f}", flush=True)


if __name__ == "__main__":
    main()
