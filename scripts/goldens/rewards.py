#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/rewards.json: losses of pairs of rewards as TRL's RewardTrainer computes them, with their slopes.

The trainer's own loss is run over a model that gives the rewards as they are. Made with torch and trl; the versions are written into
the file. Run: python3 scripts/goldens/rewards.py
"""
import collections
import json
import pathlib
import types

import torch
import trl
from trl import RewardTrainer

output = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ObjectivesTests" / "Fixtures" / "rewards.json"
CHOSEN, REJECTED = [0.3, -1.2, 4.0, 2.0], [0.1, 0.7, -3.5, 2.0]
MARGINS = [0.0, 0.5, 2.0, 1.0]


def run(margins, centering):
    rewards = torch.tensor([[value] for value in CHOSEN + REJECTED], dtype=torch.float64, requires_grad=True)
    model = lambda **_: types.SimpleNamespace(logits=rewards)
    accelerator = types.SimpleNamespace(gather=lambda value: value, gather_for_metrics=lambda value: value)
    trainer = types.SimpleNamespace(
        model=types.SimpleNamespace(training=False), accelerator=accelerator, _total_train_tokens=0,
        args=types.SimpleNamespace(center_rewards_coefficient=centering),
        _metrics=collections.defaultdict(lambda: collections.defaultdict(list)))
    inputs = {} if margins is None else {"margin": torch.tensor(margins, dtype=torch.float64)}
    loss = RewardTrainer.compute_loss(trainer, model, inputs)
    loss.backward()
    told = trainer._metrics["eval"]
    pairs = len(CHOSEN)
    return {
        "margins": margins or [0.0] * pairs, "centering": centering or 0.0, "loss": loss.item(),
        "slopes": [value for pair in range(pairs) for value in (rewards.grad[pair, 0].item(), rewards.grad[pair + pairs, 0].item())],
        "accuracy": told["accuracy"][-1], "margin": told["margin"][-1],
    }


golden = {
    "versions": {"torch": torch.__version__, "trl": trl.__version__},
    "rewards": [value for pair in zip(CHOSEN, REJECTED) for value in pair],
    "cases": [run(None, None), run(MARGINS, None), run(MARGINS, 0.01)],
}
output.write_text(json.dumps(golden, indent=1) + "\n")
