#!/usr/bin/env python3
"""Planted rows and planted mistakes: what `select` and `rank` find of them, on a real model and the datasets of the repository.

    planted_choice.py --lathe .build/release/lathe [--model checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf] [--rows 150]
                      [--warmup 32] [--folds N] [--epochs N] [--only select|sets|labels|answers]

select: rows of the retail set stand among rows of the health set, one in five; eight other retail rows are the targets. Asked is how
many of the planted rows are in the fifth of the list that stays, by chance one in five.
rank, sets: what is asked in the sets of health, retail and media, with the set's name as the label, 2 % of which are changed. Asked is how
many of these are in the worst tenth, as rows are ranked where nobody says how; --folds and --epochs say it.
rank, labels: the same of messages to the clinic's desk with the urgency of their notes as labels, which is much harder to learn.
rank, answers: retail rows, of which 2 % have the answer of another row. Asked is the same, of each way to rank.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows(path):
    return [json.loads(line) for line in (ROOT / path).read_text().splitlines()]


def write(path, found):
    path.write_text("".join(json.dumps(row) + "\n" for row in found))


def listed(options, folder, name, train, step, more=()):
    """The places of the list that a step makes, worst or nearest first, and the seconds that it took."""
    write(folder / "train.jsonl", train)
    recipe = folder / "recipe.yaml"
    recipe.write_text(
        f"name: {name}\nseed: 1\nmodel: {{ path: {json.dumps(str(pathlib.Path(options.model).resolve()))} }}\n"
        f"data: {{ train: {json.dumps(str(folder / 'train.jsonl'))}, max_length: 384, too_long: truncate_prompt,\n"
        f"  steps: [{step}] }}\n" + "\n".join(more) + "\n")
    start = time.time()
    call = [str(pathlib.Path(options.lathe).resolve()), "prepare", str(recipe), "--quiet"]
    subprocess.run(call, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    kind = re.match(r"\{ *(\w+)", step).group(1)
    lines = (folder / "checkpoints" / name / "prepared" / f"{kind}-1.jsonl").read_text().splitlines()
    places = [int(json.loads(line)["place"].rsplit(":", 1)[1]) - 1 for line in lines]
    return places, time.time() - start


def report(what, planted, places, share, seconds):
    count = round(share * len(places))
    found = len(set(places[:count]) & set(planted))
    deepest = max(places.index(row) for row in planted) + 1
    print(
        f"{what}: {found} of {len(planted)} planted rows in the first {count} of {len(places)}, the last of them at "
        f"{deepest}; {seconds:.0f} s", flush=True)


def select(options, folder):
    draw = random.Random(3)
    planted = draw.sample(rows("datasets/retail/train.jsonl"), options.rows // 5)
    others = draw.sample(rows("datasets/health/train.jsonl"), options.rows - len(planted))
    mixed = [(row, True) for row in planted] + [(row, False) for row in others]
    draw.shuffle(mixed)
    targets = folder / "targets.jsonl"
    write(targets, draw.sample(rows("datasets/retail/held_out.jsonl"), 8))
    step = f"{{ select: {{ targets: {json.dumps(str(targets))}, size: 0.2, warmup_steps: {options.warmup} }} }}"
    places, seconds = listed(options, folder, "select", [row for row, _ in mixed], step)
    report("select", [index for index, (_, is_planted) in enumerate(mixed) if is_planted], places, 0.2, seconds)


def said(row):
    """What is asked in a row: its users' messages."""
    return " ".join(m["content"] for m in row["messages"] if m["role"] == "user")


def ranking(options):
    """The keys of `rank` that were given."""
    return ", ".join(f"{key}: {value}" for key in ("folds", "epochs") if (value := getattr(options, key)) is not None)


def flipped(options, folder, what, found):
    """Changes 2 % of the labels, and says how many of these are found."""
    draw = random.Random(5)
    draw.shuffle(found)
    found = found[: options.rows]
    kinds = sorted({row["label"] for row in found})
    planted = draw.sample(range(len(found)), max(2, round(0.02 * len(found))))
    for index in planted:
        found[index]["label"] = draw.choice([kind for kind in kinds if kind != found[index]["label"]])
    step = f"{{ rank: {{ {ranking(options)} }} }}"
    places, seconds = listed(options, folder, "labels", found, step, ["train: { learning_rate: 5e-4 }"])
    report(f"rank, {what}", planted, places, 0.1, seconds)


def sets(options, folder):
    names = ("health", "retail", "media")
    flipped(options, folder, "sets", [
        {"text": said(row)[:200], "label": name}
        for name in names for row in rows(f"datasets/{name}/train.jsonl") if said(row)])


def labels(options, folder):
    found = []
    for row in rows("datasets/health/train.jsonl"):
        urgency = re.search(r"Urgency: (\w+)", row["messages"][-1]["content"])
        if urgency:
            found.append({"text": said(row), "label": urgency.group(1)})
    flipped(options, folder, "labels", found)


def answers(options, folder):
    draw = random.Random(7)
    found = draw.sample(rows("datasets/retail/train.jsonl"), min(options.rows, 252))
    planted = draw.sample(range(len(found)), max(3, round(0.02 * len(found))))
    answered = [found[index]["messages"][-1]["content"] for index in planted]
    for place, index in enumerate(planted):
        found[index]["messages"][-1]["content"] = answered[(place + 1) % len(answered)]
    for by in ("change", "loss"):
        step = f"{{ rank: {{ {', '.join(filter(None, (f'by: {by}', ranking(options))))} }} }}"
        places, seconds = listed(options, folder, "answers", found, step)
        report(f"rank, answers by {by}", planted, places, 0.1, seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--model", default="checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf")
    parser.add_argument("--rows", type=int, default=150)
    parser.add_argument("--warmup", type=int, default=32)
    parser.add_argument("--folds", type=int)
    parser.add_argument("--epochs", type=float)
    parser.add_argument("--only", choices=["select", "sets", "labels", "answers"])
    options = parser.parse_args()
    for check in (select, sets, labels, answers):
        if options.only in (None, check.__name__):
            with tempfile.TemporaryDirectory() as folder:
                check(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
