#!/usr/bin/env python3
"""Writes Tests/ModelExportTests/Fixtures/experts: adapters by PEFT on models with experts, what they give and their gradients.

The models are those that tiny_models.py wrote for Tests/ModelsTests. Each folder has an adapter as PEFT writes it, its gradients under
the same names, losses and logits. `old` has the factors of each expert by itself, as files from before transformers 5 do.
Run: python3 scripts/goldens/expert_adapters.py
"""
import json
import pathlib

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

tests = pathlib.Path(__file__).resolve().parents[2] / "Tests"
root = tests / "ModelExportTests" / "Fixtures" / "experts"
ids = [(i * i * 7 + i * 13 + i // 5) % 45 + 3 for i in range(24)]
labels = [-100 if i < 6 or i in (11, 12) else id for i, id in enumerate(ids)]
cases = {
    # Attention, router and experts.
    "all": ("mixtral", dict(r=2, lora_alpha=6, target_modules="all-linear")),
    # Layers with one network for all rows stay without; shares are not divided.
    "dense-layers": ("qwen3-moe", dict(r=2, lora_alpha=3, target_modules="all-linear")),
    # Parameters by their own names, of one kind and of one layer; biases.
    "parameters": ("qwen3-moe-shares", dict(
        r=3, lora_alpha=6, target_modules=["q_proj"],
        target_parameters=["mlp.experts.down_proj", "model.layers.1.mlp.experts.gate_up_proj"])),
    # Experts alone, by the names of their files, with alphas over square roots.
    "rank-stabilised": ("mixtral", dict(r=2, lora_alpha=3, use_rslora=True, target_modules=["w1", "w2", "w3"])),
}


def base(name):
    return AutoModelForCausalLM.from_pretrained(
        tests / "ModelsTests" / "Fixtures" / name, dtype=torch.float32, attn_implementation="eager")


def randomise(model):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.copy_(0.2 * torch.randn_like(parameter))


def measure(model, folder, base_name, gradients):
    model.eval()
    out = model(torch.tensor([ids]), labels=torch.tensor([labels]))
    if gradients:
        out.loss.backward()
        named = {
            key: value.grad for key, value in model.named_parameters() if "lora_" in key and value.grad is not None}
        state = {
            key: named[key.replace(".weight", ".default.weight")].contiguous()
            for key in get_peft_model_state_dict(model)}
        save_file(state, folder / "gradients.safetensors", metadata={"format": "pt"})
    (folder / "golden.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
        "base": base_name, "ids": ids, "labels": labels, "loss": out.loss.item(),
        "logits": [round(x, 6) for x in out.logits[0].detach().flatten().tolist()],
    }) + "\n")


def clean(folder):
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = None
    for key in ("target_modules", "target_parameters"):
        if config.get(key):
            config[key] = sorted(config[key])
    path.write_text(json.dumps(config, indent=1) + "\n")
    (folder / "README.md").unlink(missing_ok=True)


for number, (name, (base_name, settings)) in enumerate(cases.items()):
    torch.manual_seed(40 + number)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    model = get_peft_model(base(base_name), LoraConfig(**settings))
    randomise(model)
    model.save_pretrained(folder)
    clean(folder)
    measure(model, folder, base_name, gradients=True)

# As PEFT wrote it for transformers 4: a pair of factors for each linear layer.
folder = root / "old"
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(50)
tensors = {}
for layer in range(2):
    place = f"base_model.model.model.layers.{layer}."
    sizes = {"self_attn.v_proj": (32, 16), "block_sparse_moe.gate": (32, 4)}
    for expert in range(4):
        sizes[f"block_sparse_moe.experts.{expert}.w1"] = (32, 24)
        sizes[f"block_sparse_moe.experts.{expert}.w3"] = (32, 24)
        sizes[f"block_sparse_moe.experts.{expert}.w2"] = (24, 32)
    for module, (inputs, outputs) in sizes.items():
        tensors[place + module + ".lora_A.weight"] = 0.2 * torch.randn(2, inputs)
        tensors[place + module + ".lora_B.weight"] = 0.2 * torch.randn(outputs, 2)
save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
(folder / "adapter_config.json").write_text(json.dumps({
    "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": 2, "lora_alpha": 6, "lora_dropout": 0.0, "bias": "none",
    "target_modules": ["v_proj", "gate", "w1", "w2", "w3"], "base_model_name_or_path": None}, indent=1) + "\n")
measure(PeftModel.from_pretrained(base("mixtral"), folder), folder, "mixtral", gradients=False)
