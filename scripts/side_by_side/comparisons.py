"""What is compared, and how each side is asked to do it."""
import json
import pathlib

from rounds import Bench, Row

RANK, ALPHA, BATCH, LENGTH, RATE, WARM_UP = 16, 32, 8, 512, 2e-4, 0.03


# Training

def compare_training(bench: Bench) -> list:
    """One epoch of LoRA r 16 on all linear layers, batch 8, loss on completions only, whole processes."""
    chosen = bench.chosen
    train = prompt_completion(chosen.train, bench.work / "train.jsonl")
    held_out = prompt_completion(chosen.held_out, bench.work / "held_out.jsonl")
    base = bench.exported("fp32")
    recipe = bench.work / "recipe.yaml"
    recipe.write_text(recipe_text(chosen, train))
    limit = ["--max-steps", chosen.max_steps] if chosen.max_steps else []
    checkpointing = ["--checkpointing"] if chosen.checkpointing else []
    seconds, rates, stepping, peaks, losses = ([[], []] for _ in range(5))
    for round_number in range(chosen.rounds):
        bench.note(f"training, round {round_number + 1}: Lathe")
        ours = bench.run(bench.lathe, "train", recipe, "--fresh", "--json")
        run_folder = bench.work / "checkpoints/side-by-side"
        our_tokens = sum(step_tokens(run_folder / "events.jsonl"))
        bench.note(f"   {ours.seconds:.1f} s; TRL")
        theirs = bench.python(
            "train_trl.py", "--model", base, "--data", train, "--out", bench.work / "trl-adapter", "--rank", RANK,
            "--alpha", ALPHA, "--batch", BATCH, "--length", LENGTH, "--rate", RATE, "--warm-up", WARM_UP, "--threads",
            chosen.threads, *limit, *checkpointing)
        bench.note(f"   {theirs.seconds:.1f} s")
        for side, ran, tokens, rate in (
                (0, ours, our_tokens, ours.output["tokens_per_second"]),
                (1, theirs, theirs.output["tokens"], theirs.output["tokens_per_second"])):
            seconds[side].append(ran.seconds)
            rates[side].append(tokens / ran.seconds)
            stepping[side].append(rate)
            peaks[side].append(ran.peak_bytes / 1e6)
        for side, adapter in enumerate((run_folder / "adapter", bench.work / "trl-adapter")):
            scored = bench.run(
                bench.lathe, "evaluate", "--model", chosen.model, "--adapter", adapter, "--data", held_out, "--json",
                "--set", f"data.max_length={LENGTH}", "--set", "data.too_long=truncate",
                *(["--set", "data.prompt_style=plain"] if is_plain(held_out) else []))
            losses[side].append(scored.output["adapter"]["loss"])
    peer = "TRL + PEFT"
    return [
        Row("training, whole process", "tokens/s", peer, *rates), Row("training, steps only", "tokens/s", peer, *stepping),
        Row("training, whole process", "s", peer, *seconds, more_is_better=False),
        Row("training, peak memory", "MB", peer, *peaks, more_is_better=False),
        Row("held-out loss, scored by Lathe", "nats", peer, *losses, more_is_better=False),
    ]


def is_plain(rows) -> bool:
    """Whether rows are prompts and completions, which TRL joins as they stand; messages go through the template in both tools."""
    with open(rows, encoding="utf-8") as lines:
        return isinstance(json.loads(next(lines)).get("prompt"), str)


def recipe_text(chosen, train: pathlib.Path) -> str:
    steps = f"max_steps: {chosen.max_steps}" if chosen.max_steps else "epochs: 1"
    style = ", prompt_style: plain" if is_plain(train) else ""
    return f"""name: side-by-side
seed: 42
model: {{ path: {json.dumps(str(chosen.model))} }}
data: {{ train: {json.dumps(str(train))}, max_length: {LENGTH}, too_long: truncate{style} }}
adapter: {{ r: {RANK}, alpha: {ALPHA}, dropout: 0.0, target_modules: all-linear }}
train: {{ {steps}, batch_size: {BATCH}, learning_rate: {RATE}, lr_scheduler: cosine, warmup_ratio: {WARM_UP},
         weight_decay: 0.0, max_grad_norm: 1.0, threads: {chosen.threads} }}
evaluate: {{ enabled: false }}
"""


def step_tokens(events: pathlib.Path) -> list:
    """The tokens of each step, as the run wrote them down."""
    found = []
    for line in events.read_text().splitlines():
        event = json.loads(line)
        if event.get("event") == "step":
            found.append(event["tokens"])
    return found


def prompt_completion(source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    """The rows as prompt and completion, which both sides read: a chat's last turn is its completion."""
    rows = [json.loads(line) for line in source.read_text().splitlines() if line.strip()]
    converted = [
        row if "completion" in row else {"prompt": row["messages"][:-1], "completion": row["messages"][-1:]} for row in rows
    ]
    target.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in converted))
    return target


# Generation

PROMPT, NEW, SEQUENCES = 512, 128, 16


def compare_generation(bench: Bench) -> list:
    """The same prompt, greedy, on the same file: reading it, writing after it, writing many at once."""
    chosen, rows = bench.chosen, []
    eight_bits = bench.work / f"{chosen.model.name.split('.')[0]}.Q8_0.gguf"
    if not eight_bits.exists():
        bench.note(f"making {eight_bits.name}")
        bench.python("quantise_to_q8.py", chosen.model, eight_bits)
    for label, model in (("Q4_1", chosen.model), ("Q8_0", eight_bits)):
        reading, writing, many = ([[], []] for _ in range(3))
        for round_number in range(chosen.rounds):
            bench.note(f"generation from {label}, round {round_number + 1}")
            size = ["--prompt", PROMPT, "--tokens", NEW, "--threads", chosen.threads]
            batch = ["--prompt", 16, "--tokens", NEW, "--threads", chosen.threads, "--sequences", SEQUENCES]
            for side, call in enumerate((
                    lambda words: bench.run(bench.benchmarks, "measure-generation", "--model", model, *words),
                    lambda words: bench.python("generate_llama.py", "--model", model, *words))):
                one, sixteen = call(size), call(batch)
                reading[side].append(one.output["prompt_tokens_per_second"])
                writing[side].append(one.output["tokens_per_second"])
                many[side].append(sixteen.output["tokens_per_second"])
        peer = "llama.cpp"
        rows += [
            Row(f"{label}: reading {PROMPT} tokens", "tokens/s", peer, *reading),
            Row(f"{label}: writing {NEW}, 1 sequence", "tokens/s", peer, *writing),
            Row(f"{label}: writing {NEW}, {SEQUENCES} sequences", "tokens/s", peer, *many),
        ]
    return rows


# Tokenising

def compare_tokenizer(bench: Bench) -> list:
    """Row by row on one thread, the same text, the same ids."""
    chosen, folder, rates = bench.chosen, bench.exported("bf16"), [[], []]
    for round_number in range(chosen.rounds):
        bench.note(f"tokenising, round {round_number + 1}")
        ours = bench.run(bench.benchmarks, "measure-tokenizer", "--model", folder, "--text", chosen.text)
        theirs = bench.python("tokenise.py", "--tokenizer", folder / "tokenizer.json", "--text", chosen.text)
        if ours.output["ids_sha256"] != theirs.output["ids_sha256"]:
            raise SystemExit("side_by_side: the two tokenizers give different ids")
        for side, ran in enumerate((ours, theirs)):
            rates[side].append(ran.output["megabytes_per_second"])
    return [Row("tokenising, same ids", "MB/s", "tokenizers", *rates)]
