#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/encoder-heads: encoders under heads of tasks as transformers and PEFT train them.

Each model is a tiny random …ForSequenceClassification with all dropout off, in float32, saved with its own head. An adapter of random
factors stands on it, and what PEFT saves whole has random numbers too. Written are the models, the adapter folders as PEFT writes them,
logits with and without the adapter, the loss, all gradients, and the losses of some steps of AdamW without decay.
Made with torch, transformers and peft; the versions are written into golden.json. Run: python3 scripts/goldens/encoder_heads.py
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import (
    BertConfig, BertForSequenceClassification, DistilBertConfig, DistilBertForSequenceClassification, ModernBertConfig,
    ModernBertForSequenceClassification, RobertaConfig, RobertaForSequenceClassification,
)

output = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ObjectivesTests" / "Fixtures" / "encoder-heads"
STEPS, RATE, PADDING = 5, 5e-3, 1
sizes = dict(vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=1, num_attention_heads=2)
bert = dict(**sizes, max_position_embeddings=32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
modern = dict(
    **sizes, max_position_embeddings=32, pad_token_id=PADDING, bos_token_id=0, eos_token_id=2, cls_token_id=0, sep_token_id=2,
    classifier_dropout=0.0)
distil = dict(
    vocab_size=48, dim=16, hidden_dim=24, n_layers=1, n_heads=2, max_position_embeddings=32, dropout=0.0,
    attention_dropout=0.0, seq_classif_dropout=0.0, pad_token_id=PADDING)
MODELS = {
    "bert": (BertForSequenceClassification, BertConfig, dict(**bert, pad_token_id=PADDING), "all-linear"),
    "roberta": (RobertaForSequenceClassification, RobertaConfig, dict(**bert, pad_token_id=PADDING), "all-linear"),
    # PEFT wants to save pre_classifier whole, and cannot where an adapter stands on it.
    "distilbert": (DistilBertForSequenceClassification, DistilBertConfig, distil, ["q_lin", "v_lin", "lin1"]),
    "modernbert": (ModernBertForSequenceClassification, ModernBertConfig, modern, "all-linear"),
    "modernbert-mean": (ModernBertForSequenceClassification, ModernBertConfig, dict(
        **modern, classifier_pooling="mean", classifier_bias=True, classifier_activation="silu", norm_bias=True),
        "all-linear"),
}
TASKS = {
    "classify": {"problem": "single_label_classification", "outputs": 3, "wanted": [[2], [0], [1], [2]]},
    "multi_label": {"problem": "multi_label_classification", "outputs": 3, "wanted": [[0, 2], [], [1], [0, 1, 2]]},
    "regress": {"problem": "regression", "outputs": 1, "wanted": [[0.5], [-1.25], [3.0], [0.0]]},
}
# Models that have all of the tasks; the others have the first.
ALL = ["bert", "modernbert-mean"]
generator = torch.Generator().manual_seed(7)
IDS = [torch.randint(4, 48, (length,), generator=generator).tolist() for length in (5, 1, 9, 6)]
LONGEST = max(len(row) for row in IDS)


def batch():
    ids = torch.tensor([row + [PADDING] * (LONGEST - len(row)) for row in IDS])
    mask = torch.tensor([[1] * len(row) + [0] * (LONGEST - len(row)) for row in IDS])
    return {"input_ids": ids, "attention_mask": mask}


def labels(task):
    if task["problem"] == "multi_label_classification":
        wanted = torch.zeros(len(IDS), task["outputs"])
        for row, classes in enumerate(task["wanted"]):
            wanted[row, classes] = 1
        return wanted
    return torch.tensor(task["wanted"], dtype=torch.float32 if task["outputs"] == 1 else torch.long)[:, 0]


def scatter(model, only_trained=False):
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if only_trained and not parameter.requires_grad:
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = "norm" in name.lower() and name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if is_norm else 0.25 * noise)


def run(name, task_name, task, folder):
    kind, config, settings, targets = MODELS[name]
    torch.manual_seed(1)
    model = kind(config(**settings, num_labels=task["outputs"], problem_type=task["problem"], attn_implementation="eager")).float()
    scatter(model)
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder / "model")
    model.eval()
    with torch.no_grad():
        own = model(**batch()).logits
    model = get_peft_model(
        model, LoraConfig(task_type=TaskType.SEQ_CLS, r=1, lora_alpha=2, lora_dropout=0.0, target_modules=targets))
    scatter(model, only_trained=True)
    model.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    place = folder / "adapter" / "adapter_config.json"
    written = json.loads(place.read_text())
    written["base_model_name_or_path"] = None
    # A set, whose order is another in each run.
    if isinstance(written["target_modules"], list):
        written["target_modules"].sort()
    place.write_text(json.dumps(written, indent=1, sort_keys=True) + "\n")
    model.train()
    out = model(**batch(), labels=labels(task))
    out.loss.backward()
    save_file({
        key.replace(".default", "").replace("modules_to_save.", ""): parameter.grad.clone()
        for key, parameter in model.named_parameters() if parameter.requires_grad
    }, folder / "gradients.safetensors")
    losses = []
    optimiser = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=RATE, weight_decay=0.0)
    for _ in range(STEPS):
        optimiser.zero_grad()
        step = model(**batch(), labels=labels(task)).loss
        step.backward()
        optimiser.step()
        losses.append(step.item())
    return {**task, "loss": out.loss.item(), "logits": out.logits.tolist(), "own_logits": own.tolist(), "losses": losses}


output.mkdir(parents=True, exist_ok=True)
golden = {
    "rate": RATE, "ids": IDS,
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
    "models": {
        name: {task: run(name, task, TASKS[task], output / name / task) for task in TASKS if name in ALL or task == "classify"}
        for name in MODELS
    },
}
(output / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
