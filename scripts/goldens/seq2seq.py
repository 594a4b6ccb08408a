#!/usr/bin/env python3
"""Writes training.json beside the tiny models with an encoder of Tests/ModelsTests/Fixtures: the loss of answers under LoRA adapters on
all linear layers of encoder and decoder, PEFT's gradients of every factor, and the losses of five steps of AdamW, in fp32.

Two examples of unequal lengths stand in one padded batch, as transformers and PEFT (TaskType.SEQ_2_SEQ_LM) train on them: the decoder's
input is made of the labels. Factors are made up so that a test can make them again, as in family_gradients.py.
Run after encoder_decoder.py: python3 scripts/goldens/seq2seq.py
"""
import json
import math
import pathlib

import peft
import torch
import transformers
from transformers import AutoModelForSeq2SeqLM

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
rank, alpha, rate, decay, steps, end = 2, 3.0, 1e-3, 0.01, 5, 1


def made_up(number, shape):
    """The numbers of the factor `number`, counted over layers in the order of their names, A before B."""
    count = math.prod(shape)
    return torch.tensor(
        [0.1 * math.sin(12.9898 * index + 78.233 * number) for index in range(count)], dtype=torch.float64
    ).float().reshape(shape)


def padded(rows, value):
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [value] * (longest - len(row)) for row in rows])


for name in ("t5", "t5-gated", "mt5"):
    folder = root / name
    golden = json.loads((folder / "golden.json").read_text())
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    layers = sorted(
        path for path, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not model.get_output_embeddings())
    tuned = peft.get_peft_model(model, peft.LoraConfig(
        task_type=peft.TaskType.SEQ_2_SEQ_LM, r=rank, lora_alpha=alpha, target_modules=layers)).eval()
    factors = {}
    for path, parameter in tuned.named_parameters():
        if parameter.requires_grad:
            layer, factor = path.removeprefix("base_model.model.").removesuffix(".default.weight").rsplit(".", 1)
            factors[layer, factor] = parameter
            with torch.no_grad():
                parameter.copy_(made_up(2 * layers.index(layer) + (factor == "lora_B"), parameter.shape))
    assert len(factors) == 2 * len(layers)
    read = [source + [end] for source in golden["read"]]
    answers = [written[1:] + [end] for written in golden["written"]]
    batch = dict(
        input_ids=padded(read, 0), attention_mask=padded([[1] * len(row) for row in read], 0),
        labels=padded(answers, -100))
    loss = tuned(**batch).loss
    loss.backward()
    gradients = {
        f"{layer}.{factor}": [float(f"{x:.6g}") for x in parameter.grad.flatten().tolist()]
        for (layer, factor), parameter in sorted(factors.items())}
    optimiser = torch.optim.AdamW(factors.values(), lr=rate, weight_decay=decay)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        found = tuned(**batch).loss
        losses.append(found.item())
        found.backward()
        optimiser.step()
    losses.append(tuned(**batch).loss.item())
    (folder / "training.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__, "rank": rank,
        "alpha": alpha, "rate": rate, "read": read, "answers": answers, "loss": loss.item(), "losses": losses,
        "gradients": gradients}) + "\n")
    print(name, losses)
