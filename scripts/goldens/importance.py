#!/usr/bin/env python3
"""Writes Tests/ModelsTests/Fixtures/importance.json: the sums of squares of what each linear layer of the tiny model is given.

transformers runs the model, hooks see what each layer gets, alone and with the adapter that PEFT trained; fp32, fp64 sums.
Run: python3 scripts/goldens/importance.py
"""
import json
import pathlib

import peft
import torch
import transformers

root = pathlib.Path(__file__).resolve().parents[2]
tiny = root / "Tests" / "TestSupport" / "TinyModel"
texts = ["Lily saw a ball in the garden. Tom had a cat.", "The patient has a fever and a cough.", "A big dog"]


def plain_name(name):
    """A layer's path without what PEFT puts around it; None for what is no layer of the model."""
    name = name.removeprefix("base_model.model.").removesuffix(".base_layer")
    return name if name.startswith("model.layers.") and "lora" not in name else None


def sums(model, rows):
    """Of each layer, summed over all rows."""
    found = {}

    def hook(name):
        def see(_, inputs, __):
            squares = inputs[0].double().square().sum(dim=(0, 1))
            found[name] = found.get(name, 0) + squares
        return see

    handles = [
        module.register_forward_hook(hook(plain_name(name)))
        for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and plain_name(name)
    ]
    with torch.no_grad():
        for ids in rows:
            model(input_ids=torch.tensor([ids]))
    for handle in handles:
        handle.remove()
    return {name: [float(f"{value:.7g}") for value in values] for name, values in sorted(found.items())}


tokenizer = transformers.AutoTokenizer.from_pretrained(tiny / "base")
model = transformers.LlamaForCausalLM.from_pretrained(tiny / "base", dtype=torch.float32).eval()
rows = [tokenizer(text)["input_ids"] for text in texts]
golden = {"ids": rows, "base": sums(model, rows)}
golden["adapter"] = sums(peft.PeftModel.from_pretrained(model, tiny / "lora" / "final").eval(), rows)
golden["versions"] = {module.__name__: module.__version__ for module in (torch, transformers, peft)}
place = root / "Tests" / "ModelsTests" / "Fixtures" / "importance.json"
place.write_text(json.dumps(golden) + "\n")
