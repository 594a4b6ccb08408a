#!/usr/bin/env python3
"""Writes adapter.safetensors beside the tiny models of Tests/ModelsTests/Fixtures whose projections are one weight: a LoRA adapter that
PEFT put on all linear layers, the gradients of its factors, and the summed loss of a text's tokens.

Run after tiny_models.py: python3 scripts/goldens/fused_adapters.py. Needs torch, transformers, peft and safetensors.
"""
import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"

for name in ("gpt2-scales", "phi3", "gpt-neox", "falcon", "falcon-new", "falcon-after"):
    folder = root / name
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    torch.manual_seed(11)
    adapted = get_peft_model(model, LoraConfig(r=2, lora_alpha=3, target_modules="all-linear", lora_dropout=0.0))
    factors = {key: value for key, value in adapted.named_parameters() if "lora_" in key}
    with torch.no_grad():
        for value in factors.values():
            value.copy_(0.3 * torch.randn_like(value))
    ids = torch.tensor([json.loads((folder / "golden.json").read_text())["ids"][0]])
    logits = adapted.eval()(ids).logits[0, :-1]
    loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum")
    loss.backward()
    tensors = {"loss": loss.detach().reshape(1)}
    for key, value in factors.items():
        key = key.removeprefix("base_model.model.").replace(".default", "")
        tensors[key], tensors["gradient." + key] = value.detach(), value.grad
    save_file({key: value.contiguous() for key, value in tensors.items()}, folder / "adapter.safetensors")
    print(name, len(factors), float(loss))
