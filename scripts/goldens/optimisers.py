"""Goldens of the optimisers, a file for each of RULES: `python optimisers.py Tests/OptimisersTests/Fixtures`.

Two matrices in two groups, nine steps with a rate that changes. Made with torch 2.15.0 and lion-pytorch 0.2.5.
"""

import json
import pathlib
import sys

import torch
from lion_pytorch import Lion

RULES = {
    "adamw": (
        {"adam_beta1": 0.85, "adam_beta2": 0.97, "adam_epsilon": 1e-6},
        lambda groups, s: torch.optim.AdamW(
            groups, betas=(s["adam_beta1"], s["adam_beta2"]), eps=s["adam_epsilon"]),
        ["exp_avg", "exp_avg_sq"],
    ),
    "lion": (
        {"adam_beta1": 0.9, "adam_beta2": 0.99},
        lambda groups, s: Lion(groups, betas=(s["adam_beta1"], s["adam_beta2"])),
        ["exp_avg"],
    ),
}
GROUPS = [{"learning_rate_factor": 1, "weight_decay": 0.2}, {"learning_rate_factor": 4, "weight_decay": 0.0}]
SHAPES = [(3, 5), (4, 3)]


def numbers(tensor):
    return tensor.flatten().tolist()


def golden(settings, make, states):
    torch.manual_seed(1)
    matrices = [torch.nn.Parameter(torch.randn(shape)) for shape in SHAPES]
    start = [numbers(matrix) for matrix in matrices]
    optimiser = make(
        [{"params": [m], "lr": 1.0, "weight_decay": g["weight_decay"]} for m, g in zip(matrices, GROUPS)], settings)
    steps = []
    for step in range(9):
        rate, scale = 0.02 / (1 + step), 1.0 if step % 3 else 0.5
        gradients = [torch.randn(shape) * 3 ** (step % 4) for shape in SHAPES]
        for gradient in gradients:
            gradient[0, :2] = 0
        for matrix, gradient in zip(matrices, gradients):
            matrix.grad = gradient * scale
        for group, own in zip(optimiser.param_groups, GROUPS):
            group["lr"] = rate * own["learning_rate_factor"]
        optimiser.step()
        steps.append({
            "learning_rate": rate, "gradient_scale": scale, "gradients": [numbers(g) for g in gradients],
            "values": [numbers(m) for m in matrices],
        })
    return {
        "settings": settings, "shapes": SHAPES, "groups": GROUPS, "start": start, "steps": steps,
        "states": [[numbers(optimiser.state[m][name]) for name in states] for m in matrices],
    }


def main():
    for name, rule in RULES.items():
        path = pathlib.Path(sys.argv[1]) / f"{name}.json"
        path.write_text(json.dumps(golden(*rule)) + "\n", encoding="utf-8")


main()
