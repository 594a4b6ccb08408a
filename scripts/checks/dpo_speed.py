#!/usr/bin/env python3
"""How much a step of DPO costs: against a step of plain fine-tuning on the same tokens, and against TRL's DPOTrainer with PEFT on the same rows.

    python3 scripts/checks/dpo_speed.py --lathe .build/release/lathe --model FOLDER
        [--steps 8] [--batch 4] [--precision fp32|bf16] [--recompute] [--repeat 1] [--without-trl]

The model is a Hugging Face folder with a chat template, as SmolLM2-135M-Instruct; the pairs are those of datasets/headlines. For plain
fine-tuning each pair becomes two rows, its prompt with each of its answers, so that a step of as many tokens is twice as many rows. Seconds
of a step are the median of those after the first two; memory is the most that the process holds. Both sides train the same layers with the
same batch, TRL in float32, Lathe in `--precision`; with `--recompute` both compute blocks twice instead of keeping what they leave, and
with `--repeat` answers are N times as long. Nothing else should run beside it. The last line is JSON.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIMITS = {"step": 2.2, "memory": 1.2, "trl_speed": 6.0, "trl_memory": 1 / 8}


def rows(count, repeat):
    with open(ROOT / "datasets" / "headlines" / "train.jsonl", encoding="utf-8") as file:
        pairs = [json.loads(line) for line in file]
    for pair in pairs:
        for side in ("chosen", "rejected"):
            pair[side] = " ".join([pair[side]] * repeat)
    return [pairs[index % len(pairs)] for index in range(count)]


def start(command, folder):
    """Runs `command`, whose failure ends this check."""
    outcome = subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if outcome.returncode:
        sys.exit(f"{' '.join(command)}: {outcome.stderr[-2000:]}")


def lathe(options, objective, folder, pairs):
    """Seconds of a step, tokens of a step, and peak memory."""
    data = folder / f"{objective}.jsonl"
    if objective == "dpo":
        lines, batch = pairs, options.batch
    else:
        lines = [{"prompt": pair["prompt"], "completion": pair[side]} for pair in pairs for side in ("chosen", "rejected")]
        batch = 2 * options.batch
    data.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    recipe = folder / f"{objective}.yaml"
    recipe.write_text(
        f"name: {objective}\nmodel: {{ path: {options.model}, precision: {options.precision} }}\n"
        f"data: {{ train: {data.name}, prompt_style: chat, shuffle: false, max_length: 2048 }}\n"
        "adapter: { r: 16, alpha: 32, target_modules: all-linear }\n"
        f"train: {{ objective: {objective}, max_steps: {options.steps}, batch_size: {batch}, "
        f"recompute: {str(options.recompute).lower()} }}\n"
        "evaluate: { enabled: false }\n", encoding="utf-8")
    start([str(options.lathe), "train", recipe.name], folder)
    # Lathe counts its peak anew for each stage, so that the system's own count says little.
    peak = json.loads((folder / "checkpoints" / objective / "run.json").read_text(encoding="utf-8"))["peak_memory_bytes"]
    steps = []
    with open(folder / "checkpoints" / objective / "events.jsonl", encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            if event.get("event") == "step":
                steps.append(event)
    # Speed is of all steps so far: what one took follows from what was done until it, and until the one before.
    totals, tokens = [], 0
    for step in steps:
        tokens += step["tokens"]
        totals.append(tokens / step["tokens_per_second"])
    seconds = [after - before for before, after in zip(totals, totals[1:])][1:]
    return statistics.median(seconds), statistics.median(step["tokens"] for step in steps[2:]), peak


TRL = r'''
import json, resource, sys, time
import datasets, torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import DPOConfig, DPOTrainer
model, data, steps, batch, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5])
recompute = sys.argv[6] == "True"
torch.set_num_threads(threads)
rows = [json.loads(line) for line in open(data, encoding="utf-8")]
def turn(role, text): return [{"role": role, "content": text}]
rows = [{"prompt": turn("user", r["prompt"]), "chosen": turn("assistant", r["chosen"]), "rejected": turn("assistant", r["rejected"])} for r in rows]
marks = []
class Clock(TrainerCallback):
    def on_step_begin(self, *args, **more): self.start = time.perf_counter()
    def on_step_end(self, *args, **more): marks.append(time.perf_counter() - self.start)
trainer = DPOTrainer(
    model=AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32),
    args=DPOConfig(output_dir="trl", beta=0.1, max_length=None, per_device_train_batch_size=batch, max_steps=steps, report_to=[],
                   use_cpu=True, bf16=False, gradient_checkpointing=recompute, save_strategy="no", logging_strategy="no"),
    processing_class=AutoTokenizer.from_pretrained(model), train_dataset=datasets.Dataset.from_list(rows),
    peft_config=LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"), callbacks=[Clock()])
trainer.train()
lengths = [2 * len(r["prompt_ids"]) + len(r["chosen_ids"]) + len(r["rejected_ids"]) for r in trainer.train_dataset]
tokens = sum(lengths) / len(lengths) * batch
marks = sorted(marks[2:])
print(json.dumps({"seconds": marks[len(marks) // 2], "tokens": tokens, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
'''


def trl(options, folder):
    outcome = subprocess.run(
        [sys.executable, "-c", TRL, str(options.model), "dpo.jsonl", str(options.steps), str(options.batch), str(os.cpu_count()),
         str(options.recompute)],
        cwd=folder, capture_output=True, text=True)
    if outcome.returncode:
        sys.exit(f"TRL: {outcome.stderr[-2000:]}")
    return json.loads(outcome.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lathe", type=lambda path: pathlib.Path(path).resolve(), default=ROOT / ".build/release/lathe")
    parser.add_argument("--model", type=lambda path: pathlib.Path(path).resolve(), required=True)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--recompute", action="store_true")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--without-trl", action="store_true")
    options = parser.parse_args()
    if options.steps < 4:
        sys.exit("--steps: at least 4, of which the first two are not counted")
    pairs = rows(options.steps * options.batch, options.repeat)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        found = {}
        for objective in ("cross_entropy", "dpo"):
            seconds, tokens, peak = lathe(options, objective, folder, pairs)
            found[objective] = {"seconds": seconds, "tokens": tokens, "peak": peak}
            print(f"{objective}: {seconds:.2f} s a step of {tokens:.0f} tokens, {peak / 1e6:.0f} MB", flush=True)
        plain, dpo = found["cross_entropy"], found["dpo"]
        ratios = {
            "step": dpo["seconds"] / dpo["tokens"] / (plain["seconds"] / plain["tokens"]), "memory": dpo["peak"] / plain["peak"],
        }
        if not options.without_trl:
            other = found["trl"] = trl(options, folder)
            print(f"TRL: {other['seconds']:.2f} s a step of {other['tokens']:.0f} tokens, {other['peak'] / 1e6:.0f} MB", flush=True)
            ratios["trl_speed"] = dpo["tokens"] / dpo["seconds"] / (other["tokens"] / other["seconds"])
            ratios["trl_memory"] = dpo["peak"] / other["peak"]
    kept = {
        name: ratio >= LIMITS[name] if name == "trl_speed" else ratio <= LIMITS[name] for name, ratio in ratios.items()
    }
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.3f}, {'within' if kept[name] else 'NOT within'} {LIMITS[name]:.3f}")
    print(json.dumps({"measured": found, "ratios": ratios, "kept": kept}))
    return 0 if all(kept.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
