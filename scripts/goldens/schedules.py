"""Goldens of the learning-rate schedules: `python schedules.py > Tests/OptimisersTests/Fixtures/schedules.json`.

Made with transformers 5.23.0 and torch 2.15.0: factors of `get_scheduler`, the rates of `ReduceLROnPlateau` after each of a list of losses,
and `TrainingArguments`' rule for warm-up ratios.
"""

import json
import math

import torch
import transformers

PEAK = 2e-4
LENGTHS = [(0, 1), (0, 7), (3, 20), (5, 5), (9, 6)]
# Name here, name there, lengths of warm-up and run, and what forms the schedule.
CASES = [
    *[(name, there, length, {}) for name, there in [
        ("constant", "constant_with_warmup"), ("linear", "linear"), ("cosine", "cosine")] for length in LENGTHS],
    ("constant_with_warmup", "constant_with_warmup", (3, 20), {}),
    *[(name, name, length, settings) for length in [(0, 7), (3, 20)] for name, settings in [
        ("cosine", {"num_cycles": 1.5}),
        ("cosine_with_restarts", {}),
        ("cosine_with_restarts", {"num_cycles": 3}),
        ("cosine_with_min_lr", {"min_lr": 3e-5}),
        ("cosine_with_min_lr", {"min_lr_rate": 0.1, "num_cycles": 0.7}),
        ("cosine_warmup_with_min_lr", {"min_lr_rate": 0.2}),
        ("cosine_warmup_with_min_lr", {"min_lr": 1e-5, "warmup_lr_rate": 0.3, "num_cycles": 0.4}),
        ("polynomial", {}),
        ("polynomial", {"power": 2.5, "lr_end": 3e-5}),
        ("inverse_sqrt", {}),
        ("inverse_sqrt", {"timescale": 4}),
        ("warmup_stable_decay", {"num_decay_steps": 4}),
        ("warmup_stable_decay", {"num_decay_steps": 2, "decay_type": "linear", "min_lr_ratio": 0.1}),
        ("warmup_stable_decay", {
            "num_decay_steps": 5, "num_stable_steps": 3, "warmup_type": "cosine", "decay_type": "1-sqrt"}),
        ("warmup_stable_decay", {
            "num_decay_steps": 6, "warmup_type": "1-sqrt", "num_cycles": 0.3, "min_lr_ratio": 0.25}),
    ]],
]
LOSSES = [3.0, 2.0, 2.0, 1.9999, 2.1, 1.5, 1.6, 1.7, 1.5, 1.499, 1.6, 1.7, 1.8, 1.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
PLATEAUS = [
    {}, {"patience": 0}, {"patience": 1, "factor": 0.5}, {"patience": 1, "factor": 0.5, "cooldown": 2},
    {"patience": 0, "factor": 0.3, "min_lr": 5e-5}, {"patience": 1, "threshold": 0.2},
    {"patience": 1, "threshold": 0.2, "threshold_mode": "abs"}, {"patience": 0, "factor": 0.9, "eps": 1.5e-5},
]


def optimiser():
    return torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=PEAK)


def rates(name, warmup, total, settings):
    steps = optimiser()
    schedule = transformers.get_scheduler(name, steps, warmup, total, scheduler_specific_kwargs=settings or None)
    values = []
    for _ in range(total + 2):
        values.append(schedule.get_last_lr()[0])
        steps.step()
        schedule.step()
    return values


def plateau(settings):
    steps = optimiser()
    schedule = transformers.get_scheduler("reduce_lr_on_plateau", steps, scheduler_specific_kwargs=settings)
    values = [PEAK]
    for loss in LOSSES:
        schedule.step(loss)
        values.append(schedule.get_last_lr()[0])
    return values


def main():
    ratios = [(ratio, total) for ratio in (0.0, 0.03, 0.1, 0.5) for total in (1, 24, 100)]
    print(json.dumps({
        "transformers": transformers.__version__, "peak": PEAK,
        "cases": [
            {"name": n, "warmup": w, "total": t, "settings": s, "rates": rates(there, w, t, s)}
            for n, there, (w, t), s in CASES],
        "losses": LOSSES, "plateaus": [{"settings": s, "rates": plateau(s)} for s in PLATEAUS],
        "ratios": [{"ratio": r, "total": t, "steps": math.ceil(t * r)} for r, t in ratios],
    }))


main()
