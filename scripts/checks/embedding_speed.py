#!/usr/bin/env python3
"""Vectors of texts by `lathe predict` against sentence-transformers: how far apart they are, and how fast each is.

Both make vectors of the same rows on the same threads, sentence-transformers with batches of 16. Loading is not counted: of the
command it is what the time of few rows leaves. Meant for a machine that does nothing else.
Run: python3 scripts/checks/embedding_speed.py LATHE MODEL_FOLDER ROWS.jsonl [THREADS]   (rows with a field `text`)
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
import torch
from sentence_transformers import SentenceTransformer

lathe, model, rows = sys.argv[1:4]
threads = int(sys.argv[4]) if len(sys.argv) > 4 else 2
lines = pathlib.Path(rows).read_text().splitlines()
texts = [json.loads(line)["text"] for line in lines]
few = max(1, len(lines) // 10)


def by_lathe(count, folder):
    """Vectors of the first rows, and seconds of the whole command."""
    data, out = folder / "rows.jsonl", folder / f"{count}.jsonl"
    data.write_text("\n".join(lines[:count]) + "\n")
    start = time.perf_counter()
    subprocess.run(
        [lathe, "predict", "--model", model, "--data", str(data), "--out", str(out), "--set", f"train.threads={threads}"],
        check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    return numpy.array([json.loads(line)["vector"] for line in out.read_text().splitlines()]), seconds


torch.set_num_threads(threads)
reference = SentenceTransformer(model, device="cpu")
reference.encode(texts[:few], batch_size=16)
start = time.perf_counter()
expected = reference.encode(texts, batch_size=16)
theirs = len(texts) / (time.perf_counter() - start)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    _, base = by_lathe(few, folder)
    found, whole = by_lathe(len(lines), folder)
ours = (len(texts) - few) / max(1e-9, whole - base)
cosines = (found * expected).sum(1) / numpy.linalg.norm(found, axis=1) / numpy.linalg.norm(expected, axis=1)
print(f"{len(texts)} texts, {threads} threads")
print(f"cosine: lowest {cosines.min():.6f}, mean {cosines.mean():.6f}")
print(f"sentence-transformers {theirs:.1f} texts/s, lathe {ours:.1f} texts/s: {ours / theirs:.2f} times")
sys.exit(0 if cosines.min() >= 0.9999 and ours >= 2 * theirs else 1)
