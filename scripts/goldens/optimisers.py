"""Goldens of the optimisers, a file for each of RUNS: `python optimisers.py Tests/OptimisersTests/Fixtures`.

Matrices in groups of their own, twenty steps with a rate that changes and gradients that are clipped now and then. Values at the start and
gradients are made by a rule that needs no file: `number`. Made with torch 2.15.0, transformers 5.23.0, lion-pytorch 0.2.5,
schedulefree 1.4.1 and bitsandbytes 0.50.2, whose tables run here while its step does not.
"""

import json
import math
import pathlib
import sys

import bitsandbytes.functional as codes
import schedulefree
import torch
import transformers
from lion_pytorch import Lion

STEPS = 20
BETAS = {"adam_beta1": 0.85, "adam_beta2": 0.97, "adam_epsilon": 1e-6}
GROUPS = [
    {"learning_rate_factor": 1, "weight_decay": 0.2}, {"learning_rate_factor": 4, "weight_decay": 0.0},
    {"learning_rate_factor": 0.5, "weight_decay": 0.1},
]
SHAPES = [(3, 5), (4, 3), (1, 7)]


def number(matrix, step, index):
    """An exact number for each place: from -2 to 2, some of them much smaller."""
    mixed = (index * 7919 + step * 104729 + matrix * 1299709 + 12345) % 2048
    return (mixed - 1024) / 512 / (1 << index % 5)


def tensor(matrix, step, shape):
    count = shape[0] * shape[1]
    return torch.tensor([number(matrix, step, index) for index in range(count)]).reshape(shape)


def adam_groups(groups, s):
    return torch.optim.AdamW(groups, betas=(s["adam_beta1"], s["adam_beta2"]), eps=s["adam_epsilon"])


class AdamW8bit(torch.optim.Optimizer):
    """The published step of bitsandbytes, on its own tables."""

    def __init__(self, groups, s):
        super().__init__(groups, {"s": s})
        self.maps = [codes.create_dynamic_map(True), codes.create_dynamic_map(False)]

    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                self.one(p, group)

    def moments(self, p, state):
        if p.numel() < 4096:
            return state.setdefault("m", torch.zeros_like(p)), state.setdefault("v", torch.zeros_like(p))
        if "m" not in state:
            return torch.zeros_like(p), torch.zeros_like(p)
        return [(m[state[n][0].long()] * self.spread(state[n][1], p)).reshape(p.shape) for n, m in zip("mv", self.maps)]

    @staticmethod
    def spread(scales, p):
        return torch.repeat_interleave(scales, 256)[:p.numel()]

    def quantise(self, moment, table):
        """The nearest number of the table, as on a GPU; the package's path for CPUs looks small ones up in a coarser table."""
        scales = torch.stack([block.abs().max() for block in moment.flatten().split(256)])
        scaled = moment.flatten() / self.spread(scales, moment)
        return torch.bucketize(scaled, (table[:-1] + table[1:]) / 2).to(torch.uint8), scales

    def one(self, p, group):
        state, s = self.state[p], group["s"]
        b1, b2, lr = s["adam_beta1"], s["adam_beta2"], group["lr"]
        state["step"] = state.get("step", 0) + 1
        m, v = self.moments(p, state)
        m, v = m * b1 + p.grad * (1 - b1), v * b2 + p.grad * p.grad * (1 - b2)
        denominator = v.sqrt() / math.sqrt(1 - b2 ** state["step"]) + s["adam_epsilon"]
        with torch.no_grad():
            p.mul_(1 - lr * group["weight_decay"])
            p.addcdiv_(m, denominator, value=-lr / (1 - b1 ** state["step"]))
        if p.numel() < 4096:
            state["m"], state["v"] = m, v
        else:
            for name, moment, table in zip("mv", (m, v), self.maps):
                state[name] = self.quantise(moment, table)

    def states(self, p):
        state = self.state[p]
        if p.numel() < 4096:
            return [state["m"], state["v"]]
        return [part for n in "mv" for part in state[n]]


class Muon:
    """torch's Muon for matrices, its AdamW for vectors."""

    def __init__(self, groups, s):
        def of(is_matrix):
            return [g for g in groups if (min(g["params"][0].shape) > 1) == is_matrix]

        self.matrices = torch.optim.Muon(
            of(True), momentum=s["muon_momentum"], nesterov=s["muon_nesterov"], ns_steps=s["muon_ns_steps"],
            adjust_lr_fn=s["muon_adjust_lr_fn"])
        self.vectors = adam_groups(of(False), s)
        self.param_groups = self.matrices.param_groups + self.vectors.param_groups

    def step(self):
        self.matrices.step()
        self.vectors.step()

    def states(self, p):
        if min(p.shape) > 1:
            return [self.matrices.state[p]["momentum_buffer"]]
        return [self.vectors.state[p][name] for name in ("exp_avg", "exp_avg_sq")]


def schedule_free(groups, s):
    optimiser = schedulefree.AdamWScheduleFree(
        groups, betas=(s["adam_beta1"], s["adam_beta2"]), eps=s["adam_epsilon"], foreach=False)
    optimiser.train()
    return optimiser


def named(*names):
    return lambda optimiser, p: [optimiser.state[p][name] for name in names]


def adafactor_states(optimiser, p):
    state = optimiser.state[p]
    if min(p.shape) > 1:
        return [state["exp_avg_sq_row"], state["exp_avg_sq_col"]]
    return [state["exp_avg_sq_row"] * 0 + state["exp_avg_sq_col"]]


MUON = {**BETAS, "muon_momentum": 0.9, "muon_nesterov": True, "muon_ns_steps": 5, "muon_adjust_lr_fn": "original"}
# Name of the file: rule, its settings, how it is made there, its states, and what else the golden has.
RUNS = {
    "adamw": ("adamw", BETAS, adam_groups, named("exp_avg", "exp_avg_sq"), {}),
    "lion": (
        "lion", {"adam_beta1": 0.9, "adam_beta2": 0.99},
        lambda groups, s: Lion(groups, betas=(s["adam_beta1"], s["adam_beta2"])), named("exp_avg"), {}),
    "adafactor": (
        "adafactor", {"adafactor_scale_parameter": False},
        lambda groups, s: transformers.Adafactor(groups, scale_parameter=False, relative_step=False),
        adafactor_states, {}),
    "adafactor_scaled": (
        "adafactor", {"adafactor_scale_parameter": True},
        lambda groups, s: transformers.Adafactor(groups, scale_parameter=True, relative_step=False),
        adafactor_states, {}),
    "adafactor_torch": (
        "adafactor", {"adafactor_scale_parameter": True}, lambda groups, s: torch.optim.Adafactor(groups), None,
        {"decay": False}),
    "muon": ("muon", MUON, Muon, lambda optimiser, p: optimiser.states(p), {}),
    "muon_matched": (
        "muon", {**MUON, "muon_nesterov": False, "muon_ns_steps": 3, "muon_adjust_lr_fn": "match_rms_adamw"}, Muon,
        lambda optimiser, p: optimiser.states(p), {}),
    "schedule_free_adamw": (
        "schedule_free_adamw", BETAS, schedule_free, lambda optimiser, p: [
            optimiser.state[p]["z"], optimiser.state[p]["exp_avg_sq"], torch.tensor(
                [next(g[k] for g in optimiser.param_groups if g["params"][0] is p) for k in ("lr_max", "weight_sum")])
        ], {"mean": True}),
    "adamw_8bit": (
        "adamw_8bit", BETAS, AdamW8bit, lambda optimiser, p: optimiser.states(p), {"wide": (61, 70), "rate": 1e-4}),
}


def numbers(tensor, every=1):
    return [float(f"{x:.9g}") for x in tensor.flatten().tolist()[::every]]


def golden(rule, settings, make, states, more):
    shapes = SHAPES[:2] + [more["wide"]] if "wide" in more else SHAPES
    groups = [{**g, "weight_decay": g["weight_decay"] * more.get("decay", True)} for g in GROUPS]
    matrices = [torch.nn.Parameter(tensor(i, 1000, shape)) for i, shape in enumerate(shapes)]
    optimiser = make(
        [{"params": [m], "lr": 1.0, "weight_decay": g["weight_decay"]} for m, g in zip(matrices, groups)], settings)
    steps = []
    every = [1, 1, 97 if "wide" in more else 1]
    for step in range(STEPS):
        rate, scale = more.get("rate", 0.02) / (1 + step % 7), 1.0 if step % 3 else 0.5
        for i, (matrix, shape) in enumerate(zip(matrices, shapes)):
            gradient = tensor(i, step, shape)
            gradient[0, :2] = 0
            matrix.grad = gradient * scale
        for group in optimiser.param_groups:
            place = next(i for i, m in enumerate(matrices) if m is group["params"][0])
            group["lr"] = rate * groups[place]["learning_rate_factor"]
        optimiser.step()
        steps.append({
            "learning_rate": rate, "gradient_scale": scale,
            "values": [numbers(m, e) for m, e in zip(matrices, every)],
        })
    result = {"rule": rule, "settings": settings, "shapes": shapes, "groups": groups, "every": every, "steps": steps}
    if states:
        result["states"] = [[numbers(s, e) for s in states(optimiser, m)] for m, e in zip(matrices, every)]
    if "mean" in more:
        optimiser.eval()
        result["mean"] = [numbers(m) for m in matrices]
    if rule == "adamw_8bit":
        result["tables"] = [numbers(table) for table in optimiser.maps]
    return result


def main():
    torch.set_num_threads(2)
    for name, run in RUNS.items():
        path = pathlib.Path(sys.argv[1]) / f"{name}.json"
        path.write_text(json.dumps(golden(*run)) + "\n", encoding="utf-8")


main()
