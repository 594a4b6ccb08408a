#!/usr/bin/env python3
"""Writes Tests/ModelExportTests/Fixtures/beside: what PEFT trains beside the factors of an adapter, and an adapter on the head.

The models are those that tiny_models.py wrote for Tests/ModelsTests. Each folder has an adapter as PEFT writes it, its gradients under the
same names, the last logits, and the losses of five steps of AdamW.
Run: python3 scripts/goldens/trained_beside.py
"""
import json
import pathlib

import peft
import torch
import transformers
from peft import LoraConfig, PrefixTuningConfig, PromptTuningConfig, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

tests = pathlib.Path(__file__).resolve().parents[2] / "Tests"
root = tests / "ModelExportTests" / "Fixtures" / "beside"
ids = [(i * i * 7 + i * 13 + i // 5) % 45 + 3 for i in range(24)]
labels = [-100 if i < 6 or i in (11, 12) else id for i, id in enumerate(ids)]
cases = {
    # One set of rows for embedding and head; tokens of the text and one that it does not have.
    "tokens-tied": ("smollm3", dict(target_modules=["q_proj", "down_proj"], trainable_token_indices=[29, 5, 1])),
    # Rows of the embedding alone, which is scaled and whose head is capped; not the head's, which has rows of its own.
    "tokens-of-both": ("gemma2", dict(
        target_modules=["v_proj"], trainable_token_indices={"embed_tokens": [29, 5], "lm_head": [11]})),
    "tokens-untied": ("stablelm", dict(target_modules=["v_proj"], trainable_token_indices=[10, 5])),
    # Tables, a norm and a projection as a whole.
    "whole": ("granite", dict(
        target_modules=["q_proj", "o_proj"], modules_to_save=["embed_tokens", "lm_head", "norm", "up_proj"])),
    # An embedding that is no longer the head; norms that have 1 added, before and after.
    "whole-tied": ("gemma2", dict(target_modules=["k_proj"], modules_to_save=["embed_tokens", "layernorm"])),
    # Learned positions and a weight that is stored the other way, with their biases.
    "positions": ("gpt2", dict(
        target_modules=["c_attn"], modules_to_save=["wpe", "c_fc", "ln_f"], fan_in_fan_out=True)),
    "biases": ("gpt2", dict(target_modules=["c_attn"], bias="all", fan_in_fan_out=True)),
    # One norm for two sublayers side by side.
    "parallel": ("falcon", dict(target_modules=["dense"], modules_to_save=["layernorm"])),
    "biases-of-adapted": ("granite-bias", dict(target_modules=["q_proj", "up_proj"], bias="lora_only")),
    # The head as a target, beside rows that it shares with the embedding, and scaled.
    "head": ("smollm3-window", dict(target_modules=["q_proj", "lm_head"])),
    "head-tied": ("cohere", dict(target_modules=["v_proj", "lm_head"], trainable_token_indices=[10, 5])),
    # Tokens before the text alone: rotated positions, learned ones.
    "prompt": ("smollm3", dict(num_virtual_tokens=3)),
    "prompt-positions": ("gpt2", dict(num_virtual_tokens=5)),
    # Keys and values before those of the text: rotated positions, learned ones, norms of heads beside a scaled embedding and windows.
    "prefix": ("smollm3", dict(num_virtual_tokens=3, prefix_projection=False)),
    "prefix-positions": ("gpt2", dict(num_virtual_tokens=5, prefix_projection=False)),
    "prefix-norms": ("gemma3", dict(num_virtual_tokens=4, prefix_projection=False)),
}


def configuration(settings):
    if "prefix_projection" in settings:
        return PrefixTuningConfig(task_type="CAUSAL_LM", **settings)
    if "num_virtual_tokens" in settings:
        return PromptTuningConfig(task_type="CAUSAL_LM", **settings)
    return LoraConfig(r=2, lora_alpha=6, task_type="CAUSAL_LM", **settings)


def state(model):
    return get_peft_model_state_dict(model, save_embedding_layers=False)


def trained(model):
    return {name: value for name, value in model.named_parameters() if value.requires_grad}


def write(model, folder, name, of):
    """What is trained, under the names that PEFT saves it by."""
    numbers = {id(value): of(value) for value in trained(model).values()}
    pointers = {value.data_ptr(): numbers[id(value)] for value in trained(model).values()}
    # The tokens before a text are saved as a copy, and are all that is trained.
    found = {key: pointers.get(value.data_ptr(), next(iter(numbers.values()))) for key, value in state(model).items()}
    save_file(
        {key: value.detach().clone().contiguous() for key, value in found.items()},
        folder / name, metadata={"format": "pt"})


for number, (name, (base_name, settings)) in enumerate(cases.items()):
    torch.manual_seed(60 + number)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    base = AutoModelForCausalLM.from_pretrained(
        tests / "ModelsTests" / "Fixtures" / base_name, dtype=torch.float32, attn_implementation="eager")
    model = get_peft_model(base, configuration(settings))
    with torch.no_grad():
        for key, value in trained(model).items():
            value.add_((0.2 if "lora_" in key else 0.05) * torch.randn_like(value))
    model.save_pretrained(folder, save_embedding_layers=False)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = None
    if "target_modules" in config:
        config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=1) + "\n")
    (folder / "README.md").unlink(missing_ok=True)

    model.eval()
    optimiser = torch.optim.AdamW(trained(model).values(), lr=1e-2, weight_decay=0.1)
    losses, logits = [], None
    for step in range(6):
        out = model(torch.tensor([ids]), labels=torch.tensor([labels]))
        losses.append(out.loss.item())
        if step == 0:
            logits = out.logits[0, -3:].detach()
        if step == 5:
            break
        optimiser.zero_grad()
        out.loss.backward()
        if step == 0:
            write(model, folder, "gradients.safetensors", lambda value: value.grad)
        optimiser.step()
    (folder / "golden.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
        "base": base_name, "ids": ids, "labels": labels, "loss": losses[0], "losses": losses,
        "logits": [round(x, 6) for x in logits.flatten().tolist()],
    }) + "\n")
    print(name, len(trained(model)), losses[0], losses[-1])
