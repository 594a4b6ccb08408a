#!/usr/bin/env python3
"""Writes gradients.json beside the tiny models of Tests/ModelsTests/Fixtures: the loss of a model's own texts under LoRA adapters on
all linear layers, and PEFT's gradients of every factor, in fp32.

Factors are made up so that a test can make them again: see `made_up`.
Run after tiny_models.py: python3 scripts/goldens/family_gradients.py [NAME...]
"""
import json
import math
import pathlib
import sys

import peft
import torch
import transformers
from transformers import AutoModelForCausalLM
from transformers.pytorch_utils import Conv1D

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
rank, alpha = 2, 3.0


def made_up(number, shape):
    """The numbers of the factor `number`, counted over layers in the order of their names, A before B."""
    count = math.prod(shape)
    return torch.tensor(
        [0.1 * math.sin(12.9898 * index + 78.233 * number) for index in range(count)], dtype=torch.float64
    ).float().reshape(shape)


def linear_layers(model):
    """All but the head, by name."""
    head = model.get_output_embeddings()
    return sorted(
        name for name, module in model.named_modules()
        if isinstance(module, (torch.nn.Linear, Conv1D)) and module is not head)


for folder in sorted(root.iterdir()):
    if not (folder / "golden.json").exists() or not (folder / "model.safetensors").exists():
        continue
    if sys.argv[1:] and folder.name not in sys.argv[1:]:
        continue
    texts = json.loads((folder / "golden.json").read_text())["ids"]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    layers = linear_layers(model)
    tuned = peft.get_peft_model(model, peft.LoraConfig(r=rank, lora_alpha=alpha, target_modules=layers))
    factors = {}
    for name, parameter in tuned.named_parameters():
        if not parameter.requires_grad:
            continue
        layer, factor = name.removeprefix("base_model.model.").removesuffix(".default.weight").rsplit(".", 1)
        factors[layer, factor] = parameter
        number = 2 * layers.index(layer) + (factor == "lora_B")
        with torch.no_grad():
            parameter.copy_(made_up(number, parameter.shape))
    losses = []
    for ids in texts:
        logits = tuned(torch.tensor([ids])).logits[0, :-1]
        losses.append(torch.nn.functional.cross_entropy(logits, torch.tensor(ids[1:]), reduction="sum"))
    loss = sum(losses) / sum(len(ids) - 1 for ids in texts)
    loss.backward()
    (folder / "gradients.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
        "rank": rank, "alpha": alpha, "loss": loss.item(),
        "gradients": {
            f"{layer}.{factor}": [float(f"{x:.6g}") for x in parameter.grad.flatten().tolist()]
            for (layer, factor), parameter in sorted(factors.items())},
    }) + "\n")
