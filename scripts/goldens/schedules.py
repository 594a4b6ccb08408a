"""Goldens of the learning-rate schedules: `python schedules.py > Tests/OptimisersTests/Fixtures/schedules.json`.

Made with transformers 5.23.0: factors of `get_*_schedule_with_warmup`, and `TrainingArguments`' rule for warm-up ratios.
"""

import json
import math

import torch
import transformers

MAKERS = {
    "constant": lambda o, w, t: transformers.get_constant_schedule_with_warmup(o, w),
    "linear": transformers.get_linear_schedule_with_warmup,
    "cosine": transformers.get_cosine_schedule_with_warmup,
}


def rates(name, warmup, total):
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = MAKERS[name](optimiser, warmup, total)
    values = []
    for _ in range(total + 2):
        values.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    return values


def main():
    cases = [(name, warmup, total) for name in MAKERS for warmup, total in [(0, 1), (0, 7), (3, 20), (5, 5), (9, 6)]]
    ratios = [(ratio, total) for ratio in (0.0, 0.03, 0.1, 0.5) for total in (1, 24, 100)]
    print(json.dumps({
        "transformers": transformers.__version__,
        "cases": [{"name": n, "warmup": w, "total": t, "rates": rates(n, w, t)} for n, w, t in cases],
        "ratios": [{"ratio": r, "total": t, "steps": math.ceil(t * r)} for r, t in ratios],
    }))


main()
