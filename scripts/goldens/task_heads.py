#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/heads: heads of tasks as transformers and PEFT train them beside an adapter.

The model is the small one of Tests/TestSupport/TinyModel under transformers' …ForSequenceClassification and …ForTokenClassification,
in float32, with a LoRA adapter of random factors and a head that PEFT saves whole; all dropout is off. Written are the adapter
folders as PEFT writes them, logits, the loss, all gradients, and the losses of some steps of AdamW without decay.
Made with torch, transformers and peft; the versions are written into golden.json. Run: python3 scripts/goldens/task_heads.py
"""
import json
import pathlib
import shutil

import peft
import torch
import torch.nn.functional as F
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification

root = pathlib.Path(__file__).resolve().parents[2]
base = root / "Tests" / "TestSupport" / "TinyModel" / "base"
output = root / "Tests" / "ObjectivesTests" / "Fixtures" / "heads"
STEPS, RATE, IGNORED = 4, 5e-3, -100

generator = torch.Generator().manual_seed(7)
LENGTHS = [5, 1, 9, 6]
IDS = [torch.randint(3, 500, (length,), generator=generator).tolist() for length in LENGTHS]
# The first rows of words; a one-token text has one word.
READ = [[0, 2, 4], [0], [0, 1, 5, 8], [1, 3, 4, 5]]
TASKS = {
    "classify": {"outputs": 3, "wanted": [[2], [0], [1], [2]]},
    "balanced": {"outputs": 3, "wanted": [[2], [0], [1], [2]], "shares": [0.5, 0.2, 0.3]},
    "focal": {"outputs": 3, "wanted": [[2], [0], [1], [2]], "gamma": 2.0},
    "multi_label": {"outputs": 3, "wanted": [[0, 2], [], [1], [0, 1, 2]]},
    "regress": {"outputs": 1, "wanted": [[0.5], [-1.25], [3.0], [0.0]]},
    "tag": {"outputs": 5, "wanted": [[1, 0, 4], [2], [0, 0, 3, 1], [4, 4, 0, 2]]},
}


def made(name, task):
    torch.manual_seed(11)
    is_tagging = name == "tag"
    problem = {"multi_label": "multi_label_classification", "regress": "regression"}.get(
        name, "single_label_classification")
    kind = AutoModelForTokenClassification if is_tagging else AutoModelForSequenceClassification
    settings = {} if is_tagging else {"problem_type": problem}
    model = kind.from_pretrained(base, num_labels=task["outputs"], dtype=torch.float32, **settings)
    model.config.pad_token_id = 0
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    model = get_peft_model(
        model, LoraConfig(
            task_type=TaskType.TOKEN_CLS if is_tagging else TaskType.SEQ_CLS, r=2, lora_alpha=4, lora_dropout=0.0,
            target_modules=["q_proj", "v_proj", "down_proj"]))
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = torch.randn(parameter.shape, generator=generator) * 0.2
    return model.train()


def batch():
    longest = max(LENGTHS)
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in IDS])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in IDS])
    return ids, mask


def labels(name, task):
    if name == "tag":
        wanted = torch.full((len(IDS), max(LENGTHS)), IGNORED)
        for row, (places, classes) in enumerate(zip(READ, task["wanted"])):
            wanted[row, places] = torch.tensor(classes)
        return wanted
    if name == "multi_label":
        wanted = torch.zeros(len(IDS), task["outputs"])
        for row, classes in enumerate(task["wanted"]):
            wanted[row, classes] = 1
        return wanted
    return torch.tensor(task["wanted"], dtype=torch.float32 if name == "regress" else torch.long)[:, 0]


def loss_of(name, task, model):
    ids, mask = batch()
    wanted = labels(name, task)
    if name in ("balanced", "focal"):
        logits = model(input_ids=ids, attention_mask=mask).logits
        losses = F.cross_entropy(logits, wanted, reduction="none")
        if name == "balanced":
            losses = losses * (1 / (task["outputs"] * torch.tensor(task["shares"])))[wanted]
        else:
            losses = losses * (1 - torch.exp(-losses)) ** task["gamma"]
        return losses.mean(), logits
    out = model(input_ids=ids, attention_mask=mask, labels=wanted)
    return out.loss, out.logits


def run(name, task):
    model = made(name, task)
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = None
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    loss, logits = loss_of(name, task, model)
    loss.backward()
    gradients = {
        key.replace(".default", "").replace("modules_to_save.", ""): parameter.grad.clone()
        for key, parameter in model.named_parameters() if parameter.requires_grad
    }
    save_file(gradients, folder / "gradients.safetensors")
    read = [logits[row, place] for row, places in enumerate(READ) for place in places] if name == "tag" else logits
    losses = []
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    for _ in range(STEPS):
        optimiser.zero_grad()
        step, _ = loss_of(name, task, model)
        step.backward()
        optimiser.step()
        losses.append(step.item())
    return {**task, "loss": loss.item(), "logits": [row.tolist() for row in read], "losses": losses}


output.mkdir(parents=True, exist_ok=True)
golden = {
    "rate": RATE, "ids": IDS, "read": READ,
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
    "tasks": {name: run(name, task) for name, task in TASKS.items()},
}
(output / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
