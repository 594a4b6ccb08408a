"""Records the runs that the rules of a run's health are tested on: sound ones, and ones with a fault each.

    python3 scripts/goldens/health_runs.py LATHE BASES [NAME...]

LATHE is the built command, BASES a folder with SmolLM2-135M-Instruct.Q4_1.gguf and all-MiniLM-L6-v2. Each run is trained as a person would,
on rows that the repository ships, and what it told lies in Tests/WorkbenchTests/Fixtures/health/NAME.jsonl: times are left out, numbers
have four figures or two, and a row is named only where it has most of a step's loss.
"""
import json, os, random, subprocess, sys, tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUT = ROOT / "Tests/WorkbenchTests/Fixtures/health"
LATHE, BASES = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
SMOL, MINILM = BASES / "SmolLM2-135M-Instruct.Q4_1.gguf", BASES / "all-MiniLM-L6-v2"
TINY = ROOT / "Tests/TestSupport/TinyModel/chat"


def rows(name, count=None):
    lines = [json.loads(line) for line in open(ROOT / "datasets" / name)]
    return lines[:count]


def written(side, count=None):
    """Reviews as answers to a wish for one, which the tiny model has not seen: every tenth is held out."""
    return [
        {"messages": [{"role": "user", "content": f"A {line['label']} review, please."},
                      {"role": "assistant", "content": line["text"]}]}
        for number, line in enumerate(rows("reviews/train.jsonl")) if (number % 10 == 9) == (side == "held_out")][:count]


def recipe(model, train, held_out=(), task="generate", form="chat", **keys):
    """A recipe as a dict; keys as section__key."""
    made = {
        "seed": 42, "task": task, "model": {"path": str(model)},
        "data": {"train": train, "format": form, "max_length": 256}, "evaluate": {"enabled": False},
        "adapter": {"r": 8, "alpha": 16, "target_modules": "all-linear"},
        "train": {"batch_size": 8, "learning_rate": 4e-4, "lr_scheduler": "cosine", "warmup_ratio": 0.05},
    }
    if held_out:
        made["data"]["held_out"] = held_out
    for key, value in keys.items():
        section, name = key.split("__")
        if name == "max_steps":
            made["train"].pop("epochs", None)
        made[section][name] = value
    return made


def smol(train=None, held_out=None, steps=20, **keys):
    keys.setdefault("train__batch_size", 4)
    return recipe(
        SMOL, train or rows("health/train.jsonl"), held_out if held_out is not None else rows("health/held_out.jsonl", 16),
        **{"train__max_steps": steps, **keys})


def tiny(train=None, held_out=None, steps=50, **keys):
    keys.setdefault("train__learning_rate", 5e-3)
    return recipe(
        TINY, train or written("train"), written("held_out", 24) if held_out is None else held_out,
        **{"train__max_steps": steps, "data__max_length": 1024, **keys})


def reviews(train=None, held_out=None, **keys):
    return recipe(
        MINILM, train or rows("reviews/train.jsonl"), held_out or rows("reviews/held_out.jsonl"), task="classify",
        form="classification",
        **{"train__learning_rate": 7e-4, "train__batch_size": 16, "train__epochs": 3, "train__lr_scheduler": "linear",
           "data__max_length": 64, "adapter__r": 16, "adapter__alpha": 32, **keys})


def shuffled(lines, key, seed=1):
    values = [line[key] for line in lines]
    random.Random(seed).shuffle(values)
    return [{**line, key: value} for line, value in zip(lines, values)]


def answered(lines, change):
    """The rows with another last answer: change(number, answer)."""
    changed = []
    for number, line in enumerate(lines):
        messages = [dict(message) for message in line["messages"]]
        messages[-1]["content"] = change(number, messages[-1]["content"])
        changed.append({"messages": messages})
    return changed


def asked(lines, change):
    """The rows with another question."""
    return [{"messages": [{**line["messages"][0], "content": change(number, line["messages"][0]["content"])},
                          line["messages"][1]]} for number, line in enumerate(lines)]


def pairs(lines):
    """Notes in house style against notes without their lines."""
    made = []
    for line in lines:
        question, answer = line["messages"][-2]["content"], line["messages"][-1]["content"]
        worse = "I am sorry to hear that. " + answer.split("\n")[0].replace("Summary: ", "") + " Please come in some time."
        made.append({"prompt": question, "chosen": answer, "rejected": worse})
    return made


def healthy():
    entities = recipe(
        MINILM, rows("entities/train.jsonl"), rows("entities/held_out.jsonl"), task="tag", form="spans",
        train__learning_rate=2e-3, train__max_steps=50, train__batch_size=8)
    return {
        "smol-health": smol(steps=30),
        "smol-retail": smol(rows("retail/train.jsonl"), rows("retail/held_out.jsonl", 16)),
        "smol-media": smol(rows("media/train.jsonl"), rows("media/held_out.jsonl", 16), train__eval_every=10),
        "smol-low-rank": smol(adapter__r=4, adapter__alpha=8, train__learning_rate=1e-3, train__lr_scheduler="constant"),
        "smol-pairs": recipe(
            SMOL, pairs(rows("health/train.jsonl", 120)), [], form="preference", train__objective="dpo",
            train__max_steps=20, train__batch_size=4, train__learning_rate=1e-4),
        "reviews": reviews(),
        "reviews-evaluated": reviews(train__eval_every=10, train__epochs=2, train__learning_rate=1e-3),
        "entities": entities,
        "tiny": tiny(train__eval_every=15),
        "tiny-labels": recipe(
            TINY, rows("reviews/train.jsonl"), rows("reviews/held_out.jsonl"), form="classification", data__max_length=512,
            train__learning_rate=5e-3, train__epochs=2, train__batch_size=16),
        "tiny-lion": tiny(train__optimizer="lion", train__learning_rate=1e-3),
        "tiny-unclipped": tiny(train__max_grad_norm=0, train__learning_rate=3e-3, train__log_every=2),
    }


def faulty():
    health, retail, texts = rows("health/train.jsonl"), rows("retail/train.jsonl"), rows("reviews/train.jsonl")
    word = "the patient says that it hurts a little more than it did on the day before, and the night was long; "
    few, notes = written("train", 12), written("train")
    return {
        "rate-high-smol": smol(train__learning_rate=4e-2),
        "rate-high-reviews": reviews(train__learning_rate=7e-2),
        "rate-low-smol": smol(train__learning_rate=4e-6),
        "rate-low-reviews": reviews(train__learning_rate=7e-6),
        "labels-shuffled": reviews(shuffled(texts, "label")),
        "rows-repeated": tiny(notes[:30] * 8, steps=40),
        "answers-same": tiny(
            answered(asked(notes, lambda n, q: f"{q} Number {n}."), lambda n, a: a if n % 3 else "n/a"), steps=40),
        "masks-empty": tiny(asked(notes, lambda n, q: q if n % 3 else word * 12 + q), steps=40, data__max_length=192,
                            data__too_long="truncate"),
        "held-out-other": smol(health, retail[:16]),
        "row-giant": tiny(answered(notes, lambda n, a: a if n != 40 else word * 40), data__max_length=4096),
        "rows-strange": tiny(
            answered(notes, lambda n, a: a if n % 40 else "".join(random.Random(n).choices("qxzjkwvy#%&@ ", k=300))),
            steps=50),
        "adapter-frozen": tiny(train__learning_rate=1e-12, steps=30),
        "adapter-without-scale": tiny(adapter__alpha=1e-6, steps=30),
        "clipped": tiny(train__max_grad_norm=0.01, steps=30),
        "answers-cut": tiny(data__max_length=88, data__too_long="truncate", steps=30),
        "warm-up": tiny(train__warmup_steps=40, train__warmup_ratio=None, steps=50),
        "overfitting": tiny(few, steps=120, train__batch_size=4, train__eval_every=10, train__learning_rate=1e-2, train__log_every=3),
        "overfitting-reviews": reviews(
            shuffled(texts[:60], "label"), train__epochs=20, train__eval_every=10, train__log_every=2),
        "held-out-leaks": reviews(texts, texts[:20] + rows("reviews/held_out.jsonl", 40), train__epochs=2, train__learning_rate=1e-3),
        "numbers-broken": tiny(train__learning_rate=1e30, train__max_grad_norm=0, steps=30),
    }


def figure(name, value):
    figures = 2 if name in ("update_ratio", "expected_change", "learning_rate") else 4
    return float(f"{value:.{figures}g}") if isinstance(value, float) else value


def kept(line):
    """A line without times; None for those that no rule reads."""
    if line["event"] in ("log_started", "stage", "note", "warning", "health", "saved"):
        return None
    for name in ("time", "tokens_per_second", "seconds_left", "seconds", "tokens", "target_tokens"):
        line.pop(name, None)
    if line.get("heaviest_loss_share", 1) < 0.6:
        for name in ("heaviest_row", "heaviest_loss_share", "heaviest_weight_share"):
            line.pop(name)
    if line["event"] == "failed":
        line["reason"] = line["reason"].split("\n")[0]
    return {name: figure(name, value) for name, value in line.items()}


def record(name, made):
    with tempfile.TemporaryDirectory() as folder:
        for side in ("train", "held_out"):
            if made["data"].get(side):
                with open(f"{folder}/{side}.jsonl", "w") as file:
                    file.writelines(json.dumps(line) + "\n" for line in made["data"][side])
                made["data"][side] = f"{side}.jsonl"
        made = {"name": name, **made}
        made["train"] = {key: value for key, value in made["train"].items() if value is not None}
        Path(folder, "recipe.yaml").write_text(json.dumps(made))
        done = subprocess.run(
            ["nice", "-n", "10", LATHE, "train", "recipe.yaml", "--set", "train.threads=1"], cwd=folder, capture_output=True, text=True)
        log = Path(folder, "checkpoints", name, "events.jsonl")
        if not log.exists():
            print(f"{name}: no log\n{done.stderr[-1500:]}")
            return
        lines = [kept(json.loads(line)) for line in log.read_text().splitlines()]
        OUT.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines if line)
        (OUT / f"{name}.jsonl").write_text(text)
        told = [line.strip() for line in done.stderr.splitlines() if "health:" in line]
        print(f"{name}: rc {done.returncode}, {len(text)} bytes", *told, sep="\n    ", flush=True)


runs = {**{"sound-" + name: made for name, made in healthy().items()}, **faulty()}
for name in sys.argv[3:] or runs:
    record(name, runs[name])
