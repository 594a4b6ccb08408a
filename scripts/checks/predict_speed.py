#!/usr/bin/env python3
"""Rows a second of `lathe predict` against the pipeline of transformers, on the same model folder, rows and threads.

The pipeline has batches of 16 and its tensors in fp32; rows are as long as they are and padded as it does. Loading is not counted: of
the command it is what the time of few rows leaves. Meant for a machine that does nothing else.
Run: python3 scripts/checks/predict_speed.py LATHE MODEL_FOLDER ROWS.jsonl TASK [NEW_TOKENS] [THREADS]
TASK is text-classification (a folder of a ...ForSequenceClassification, rows with a field `text`) or text-generation (rows with a field
`prompt`, of which NEW_TOKENS tokens are written, greedily).
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import torch
import transformers

lathe, model, rows, task = sys.argv[1:5]
new_tokens = int(sys.argv[5]) if len(sys.argv) > 5 else 32
threads = int(sys.argv[6]) if len(sys.argv) > 6 else 2
writes = task == "text-generation"
field = "prompt" if writes else "text"
lines = pathlib.Path(rows).read_text().splitlines()
texts = [json.loads(line)[field] for line in lines]
few = max(1, len(lines) // 10)


def by_lathe(count, folder):
    """What is said of the first rows, and seconds of the whole command."""
    data, out = folder / "rows.jsonl", folder / f"{count}.jsonl"
    data.write_text("".join(json.dumps({field: text}) + "\n" for text in texts[:count]))
    settings = [f"train.threads={threads}"] + ([f"evaluate.max_new_tokens={new_tokens}", "data.prompt_style=plain"] if writes else [])
    start = time.perf_counter()
    subprocess.run(
        [lathe, "predict", "--model", model, "--data", str(data), "--out", str(out)]
        + [word for setting in settings for word in ("--set", setting)],
        check=True, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    return [json.loads(line) for line in out.read_text().splitlines()], seconds


torch.set_num_threads(threads)
pipeline = transformers.pipeline(task, model=model, device="cpu", dtype=torch.float32, batch_size=16)
options = {}
if writes:
    pipeline.tokenizer.padding_side = "left"
    if pipeline.tokenizer.pad_token_id is None:
        pipeline.tokenizer.pad_token = pipeline.tokenizer.eos_token
    options = {"max_new_tokens": new_tokens, "do_sample": False, "return_full_text": False}
pipeline(texts[:16], **options)
start = time.perf_counter()
expected = pipeline(texts, **options)
theirs = len(texts) / (time.perf_counter() - start)
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    _, base = by_lathe(few, folder)
    found, whole = by_lathe(len(lines), folder)
if len(found) != len(expected) or whole <= base:
    sys.exit(f"{len(found)} of {len(expected)} rows; {few} rows took {base:.2f} s, all {whole:.2f} s: nothing is told of that")
ours = (len(texts) - few) / (whole - base)
if writes:
    same = sum(row["text"] == answer[0]["generated_text"] for row, answer in zip(found, expected))
else:
    same = sum(row["label"] == answer["label"] for row, answer in zip(found, expected))
print(f"{len(texts)} rows, {threads} threads; {same} answered alike")
print(f"transformers {theirs:.2f} rows/s, lathe {ours:.2f} rows/s: {ours / theirs:.2f} times")
# Greedy texts part where two tokens are all but as likely; labels hardly ever do.
sys.exit(0 if ours >= 4 * theirs and same >= (0.8 if writes else 0.99) * len(texts) else 1)
