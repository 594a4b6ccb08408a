#!/usr/bin/env python3
"""Greedy answers of the small trained Llama under rules for logits, and the log-probabilities of its tokens.

The penalty for repeating and the order of all rules are transformers' and OpenAI's: the penalty over prompt and answer
(RepetitionPenaltyLogitsProcessor), those for presence and frequency over the answer, biases last; log-probabilities are
those of the model itself. Written to Tests/GenerationTests/Fixtures/sampling.json.
Run: python3 scripts/goldens/sampling.py
"""
import json
import pathlib

import torch
import transformers
from transformers import AutoModelForCausalLM, RepetitionPenaltyLogitsProcessor

root = pathlib.Path(__file__).resolve().parents[2]
base = root / "Tests" / "TestSupport" / "TinyModel" / "base"
output = root / "Tests" / "GenerationTests" / "Fixtures" / "sampling.json"
TOKENS, TOP = 24, 5
CASES = [
    {},
    {"repetition": 2.5},
    {"repetition": 0.7},
    {"presence": 8.0},
    {"frequency": 3.0},
    {"presence": -1.5, "frequency": 2.5, "repetition": 1.5},
    {"bias": {"17": 9.0, "40": -100.0, "250": 8.0}},
    {"repetition": 1.8, "presence": 4.0, "frequency": 1.25, "bias": {"300": 7.0, "9": -2.0}},
]


def answer(model, prompt, rules):
    """The answer's tokens, each with its log-probability and the likeliest in its place."""
    ids, said, tokens = list(prompt), [], []
    penalty = RepetitionPenaltyLogitsProcessor(penalty=rules["repetition"]) if "repetition" in rules else None
    for _ in range(TOKENS):
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0, -1].float()
        log_probs = torch.log_softmax(logits.double(), -1)
        scores = logits.clone()
        if penalty:
            scores = penalty(torch.tensor([ids]), scores[None])[0]
        for token in set(said):
            scores[token] -= rules.get("presence", 0) + rules.get("frequency", 0) * said.count(token)
        for token, bias in rules.get("bias", {}).items():
            scores[int(token)] += bias
        token = int(scores.argmax())
        top = torch.topk(log_probs, TOP)
        tokens.append({
            "id": token, "log_prob": round(float(log_probs[token]), 6), "top": top.indices.tolist(),
            "top_log_probs": [round(value, 6) for value in top.values.tolist()],
        })
        ids.append(token)
        said.append(token)
    return tokens


def main():
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    prompts = [[1, 75, 120, 33, 290, 75, 120], [1, 401, 18, 222, 54]]
    cases = [
        {"prompt": prompt, "rules": rules, "tokens": answer(model, prompt, rules)} for rules in CASES for prompt in prompts
    ]
    output.parent.mkdir(exist_ok=True)
    made_with = {"torch": torch.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    output.write_text('{"made_with": %s, "cases": [\n%s\n]}\n' % (json.dumps(made_with), lines))


main()
