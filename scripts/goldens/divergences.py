#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/divergences.json: the generalised Jensen-Shannon divergence of TRL's GKDTrainer.

A few rows of logits of a student and of a teacher, from mild to sharp; for each share and temperature the loss of each row and the
gradient of their sum by the student's logits, in float64 from numbers that float32 holds.
Made with torch and trl; the versions are written into the file. Run: python3 scripts/goldens/divergences.py
"""
import json
import os
import pathlib

os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"

import torch
import trl
from trl.experimental.gkd import GKDTrainer

ROWS, VOCABULARY = 4, 11
BETAS, TEMPERATURES = (0.0, 0.1, 0.5, 0.9, 1.0), (1.0, 2.0)


def main():
    torch.manual_seed(7)
    sharpness = torch.tensor([0.5, 2.0, 4.0, 8.0])[:, None]
    student, teacher = (torch.randn(ROWS, VOCABULARY) * sharpness for _ in range(2))
    cases = []
    for beta in BETAS:
        for temperature in TEMPERATURES:
            logits = student.double().requires_grad_()
            losses = GKDTrainer.generalized_jsd_loss(
                logits[None], teacher.double()[None], beta=beta, temperature=temperature, reduction="none")
            losses.sum().backward()
            cases.append({
                "beta": beta, "temperature": temperature, "losses": losses.sum(-1).flatten().tolist(),
                "gradient": logits.grad.flatten().tolist(),
            })
    output = pathlib.Path(__file__).resolve().parents[2] / "Tests/ObjectivesTests/Fixtures/divergences.json"
    output.write_text(json.dumps({
        "torch": torch.__version__, "trl": trl.__version__, "rows": ROWS, "vocabulary": VOCABULARY,
        "student": student.flatten().tolist(), "teacher": teacher.flatten().tolist(), "cases": cases,
    }) + "\n")


main()
