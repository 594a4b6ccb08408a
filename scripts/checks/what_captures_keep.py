#!/usr/bin/env python3
"""What a student learns from a capture, beside one that has its teacher at hand and one that has the labels alone.

    scripts/checks/what_captures_keep.py --lathe .build/release/lathe [--work FOLDER] [--tiny]

A teacher is an adapter on a base. Students are smaller adapters on the same base, trained for equally many steps on the same rows: on
labels, on the teacher's whole distributions (online), on a sampled capture, and on a top-k capture of no more bytes. Of each: bytes a
token, loss on held-out rows, the share of the online student's gain over the labels' (the first 100%), and how far the
probability of its first choice is from how often that is right (expected calibration error, 15 bins). With --tiny the base is the small
model of the tests, and rows are made up: seconds of CPU. Needs Python with h5py and numpy.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def call(options, work, *arguments):
    done = subprocess.run([options.lathe, *arguments], capture_output=True, text=True, cwd=work)
    if done.returncode != 0:
        sys.exit(f"lathe {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def report(options, work, *arguments):
    return json.loads(call(options, work, *arguments, "--json"))


def recipe(options, name, rows, rank, steps, distill):
    lines = [
        f"name: {name}", "seed: 1", f"model: {{ path: {options.base} }}",
        f"data: {{ train: {rows}, held_out: {options.held_out}, max_length: 256 }}",
        f"adapter: {{ r: {rank}, alpha: {2 * rank} }}",
        f"train: {{ max_steps: {steps}, batch_size: 8, learning_rate: {options.rate}, lr_scheduler: cosine, "
        f"threads: {options.threads} }}",
        "evaluate: { enabled: false }"]
    return "\n".join(lines + ([f"distill: {json.dumps(distill)}"] if distill else [])) + "\n"


def train(options, work, name, rank, steps, distill=None):
    """Trains once; a folder that is kept has it already. The adapter's folder."""
    file = work / f"{name}.yaml"
    file.write_text(recipe(options, name, options.train, rank, steps, distill))
    captured = report(options, work, "capture", str(file)) if distill and distill["source"] == "capture" else None
    call(options, work, "train", str(file), "--quiet")
    return str(work / "checkpoints" / name / "adapter"), captured


def calibration(options, work, name, adapter):
    """How far confidence and accuracy of the first choice lie apart, over all held-out target tokens."""
    place = work / f"first-{name}.h5"
    file = work / f"first-{name}.yaml"
    distill = {"teacher_adapter": adapter, "keep": "top_k", "k": 1, "path": str(place)}
    file.write_text(recipe(options, f"first-{name}", options.held_out, 1, 1, distill).replace(
        f"held_out: {options.held_out}, ", ""))
    call(options, work, "capture", str(file), "--quiet")
    lines = call(
        options, work, "score", "--model", options.base, "--adapter", adapter, "--data", options.held_out, "--tokens", "--json",
        "--quiet", "--set", "data.max_length=256", "--set", f"train.threads={options.threads}")
    labels = [i for line in lines.splitlines() for row in [json.loads(line)] for i, m in zip(row["ids"], row["mask"]) if m]
    with h5py.File(place) as capture:
        first = capture["entries/ids"][:]
        confidence = np.exp(capture["entries/log_probabilities"][:].astype("f8"))
    assert len(first) == len(labels), (len(first), len(labels))
    right = (first == np.array(labels)).astype("f8")
    bins = np.minimum((confidence * 15).astype(int), 14)
    return sum(abs((confidence - right)[bins == b].sum()) for b in range(15)) / len(right)


def made_up_rows(count, dice):
    names = ["Tom", "Lily", "Ben", "Sue", "Max", "Anna", "Tim", "Mia"]
    things = ["a ball", "a cat", "the red car", "the park", "a big dog", "a tree", "the sun", "a small bird", "a cake", "the blue box"]
    verbs = ["saw", "found", "liked", "wanted", "lost"]
    deeds = ["was happy to play with", "ran home with", "was sad without", "gave Mom", "said hello to", "looked for", "put away"]

    def row():
        one, other, thing, object = dice.choice(names), dice.choice(names), dice.choice(things), dice.choice(things)
        return {
            "prompt": f"{one} {dice.choice(verbs)} {thing}. ",
            "completion": f"{other} {dice.choice(deeds)} {object}, and {one} {dice.choice(verbs)} {dice.choice(things)} too."}

    return "".join(json.dumps(row()) + "\n" for _ in range(count))


def make_tiny(options, work):
    dice = random.Random(5)
    options.base = str(ROOT / "Tests/TestSupport/TinyModel/base")
    for name, count in [("train", 400), ("held_out", 150)]:
        place = work / f"{name}.jsonl"
        place.write_text(made_up_rows(count, dice))
        setattr(options, name, str(place))
    options.teacher_steps, options.student_steps, options.rate, options.threads = 150, 40, "5e-3", 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--base", default=str(ROOT / "checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf"))
    parser.add_argument("--train", default=str(ROOT / "datasets/health/train.jsonl"))
    parser.add_argument("--held-out", default=str(ROOT / "datasets/health/held_out.jsonl"))
    parser.add_argument("--teacher-steps", type=int, default=60)
    parser.add_argument("--student-steps", type=int, default=30)
    parser.add_argument("--rate", default="4e-4")
    parser.add_argument("--tokens", type=int, default=12)
    parser.add_argument("--threads", default="auto")
    parser.add_argument("--tiny", action="store_true")
    parser.add_argument("--work", help="a folder that keeps the runs")
    options = parser.parse_args()
    options.lathe = str(Path(options.lathe).resolve())
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(options.work or temporary).resolve()
        work.mkdir(parents=True, exist_ok=True)
        if options.tiny:
            make_tiny(options, work)
        teacher, _ = train(options, work, "teacher", 16, options.teacher_steps)
        common = {"teacher_adapter": teacher, "loss": "forward_kl"}
        sampled = {**common, "source": "capture", "keep": "sampled", "tokens": options.tokens}
        students = {
            "labels": train(options, work, "labels", 4, options.student_steps),
            "online": train(options, work, "online", 4, options.student_steps, {**common, "source": "online"}),
            "sampled": train(options, work, "sampled", 4, options.student_steps, sampled)}
        bytes_of_sampled = students["sampled"][1]["bytes_per_token"]
        for k in range(9, 0, -1):
            place = work / f"top-{k}.h5"
            top = {**common, "source": "capture", "keep": "top_k", "k": k, "path": str(place)}
            file = work / f"top-{k}.yaml"
            file.write_text(recipe(options, f"top-{k}", options.train, 4, options.student_steps, top))
            if report(options, work, "capture", str(file))["bytes_per_token"] <= bytes_of_sampled:
                students[f"top-{k}"] = train(options, work, f"top-{k}", 4, options.student_steps, top)
                break
        losses = {}
        for name, (adapter, _) in [("teacher", (teacher, None))] + list(students.items()):
            found = report(
                options, work, "evaluate", "--model", options.base, "--adapter", adapter, "--data", options.held_out, "--set",
                "data.max_length=256", "--set", f"train.threads={options.threads}")
            losses[name] = (found["adapter"]["loss"], found["base"]["loss"])
        print(f"base: loss {losses['teacher'][1]:.4f}; teacher: loss {losses['teacher'][0]:.4f}, calibration error "
              f"{100 * calibration(options, work, 'teacher', teacher):.2f}%")
        gain = losses["labels"][0] - losses["online"][0]
        for name, (adapter, captured) in students.items():
            size = f"{captured['bytes_per_token']:.1f} bytes a token" if captured else ""
            share = 100 * (losses["labels"][0] - losses[name][0]) / gain
            print(f"{name:10} loss {losses[name][0]:.4f}, {share:6.1f}% of the gain, calibration error "
                  f"{100 * calibration(options, work, name, adapter):.2f}%  {size}", flush=True)


main()
