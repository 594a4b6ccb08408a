#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/encoder-tagging: encoders under heads that tag words, as transformers and PEFT train them.

Each model is a tiny random …ForTokenClassification in float32, all dropout off, saved with its own head and the names of its tags. On it
stands an adapter of random factors, with a head that PEFT saves whole. Written are model, adapter folder, the logits of the words with and
without the adapter, the loss, all gradients, and the losses of some steps of AdamW without decay.
Made with torch, transformers and peft; the versions are written into golden.json. Run: python3 scripts/goldens/encoder_tagging.py
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers
from peft import LoraConfig, TaskType, get_peft_model
from safetensors.torch import save_file
from transformers import AutoConfig, AutoModelForTokenClassification

output = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ObjectivesTests" / "Fixtures" / "encoder-tagging"
TAGS = ["O", "B-A", "I-A", "B-B", "I-B"]
# The words of each text stand at these tokens, and have these tags.
TEXTS = [([7, 21, 40, 9, 33], [1, 2, 4], [1, 2, 0]), ([12, 5], [0], [3]), ([44, 8, 19, 30, 6, 27, 11], [0, 1, 4, 6], [0, 3, 4, 0])]
STEPS, RATE, PAD = 5, 4e-3, 1
plain = dict(
    vocab_size=48, hidden_size=16, intermediate_size=20, num_hidden_layers=1, num_attention_heads=2,
    max_position_embeddings=24, pad_token_id=PAD)
quiet = dict(hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
SETTINGS = {
    "bert": {**plain, **quiet},
    "roberta": {**plain, **quiet, "bos_token_id": 0, "eos_token_id": 2},
    "distilbert": dict(
        vocab_size=48, dim=16, hidden_dim=20, n_layers=1, n_heads=2, max_position_embeddings=24, pad_token_id=PAD, dropout=0.0,
        attention_dropout=0.0, seq_classif_dropout=0.0),
    "modernbert": {
        **plain, "bos_token_id": 0, "eos_token_id": 2, "cls_token_id": 0, "sep_token_id": 2, "classifier_dropout": 0.0,
        "classifier_activation": "silu", "classifier_bias": True, "norm_bias": True},
}
# PEFT's all-linear would put an adapter on the head, which it saves whole.
TARGETS = {
    "bert": ["query", "value", "dense"], "roberta": ["query", "key", "dense"], "distilbert": ["q_lin", "v_lin", "lin1"],
    "modernbert": ["Wqkv", "Wo", "Wi"],
}
draw = torch.Generator().manual_seed(13)


def spread(parameters):
    for name, parameter in parameters:
        noise = torch.randn(parameter.shape, generator=draw)
        parameter.data = 1 + 0.1 * noise if "norm" in name.lower() and name.endswith("weight") else 0.3 * noise


def inputs():
    longest = max(len(ids) for ids, _, _ in TEXTS)
    wanted = torch.full((len(TEXTS), longest), -100)
    for row, (_, places, tags) in enumerate(TEXTS):
        wanted[row, places] = torch.tensor(tags)
    return {
        "input_ids": torch.tensor([ids + [PAD] * (longest - len(ids)) for ids, _, _ in TEXTS]),
        "attention_mask": torch.tensor([[1] * len(ids) + [0] * (longest - len(ids)) for ids, _, _ in TEXTS]), "labels": wanted,
    }


def words(logits):
    return [logits[row, place].tolist() for row, (_, places, _) in enumerate(TEXTS) for place in places]


def made(name):
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    config = AutoConfig.for_model(
        name, **SETTINGS[name], id2label=dict(enumerate(TAGS)), label2id={tag: place for place, tag in enumerate(TAGS)})
    model = AutoModelForTokenClassification.from_config(config, attn_implementation="eager").float()
    spread(model.named_parameters())
    model.save_pretrained(folder / "model")
    own = words(model.eval()(**inputs()).logits)
    model = get_peft_model(
        model, LoraConfig(task_type=TaskType.TOKEN_CLS, r=1, lora_alpha=2, lora_dropout=0.0, target_modules=TARGETS[name]))
    trained = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    spread(trained)
    model.save_pretrained(folder / "adapter")
    (folder / "adapter" / "README.md").unlink(missing_ok=True)
    place = folder / "adapter" / "adapter_config.json"
    said = json.loads(place.read_text())
    said["base_model_name_or_path"] = None
    # Sets have another order in each run.
    for key in ("target_modules", "modules_to_save"):
        said[key] = sorted(said[key])
    place.write_text(json.dumps(said, indent=1, sort_keys=True) + "\n")
    out = model.train()(**inputs())
    out.loss.backward()
    save_file(
        {key.replace(".default", "").replace("modules_to_save.", ""): value.grad.clone() for key, value in trained},
        folder / "gradients.safetensors")
    optimiser, losses = torch.optim.AdamW([value for _, value in trained], lr=RATE, weight_decay=0.0), []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = model(**inputs()).loss
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return {"loss": out.loss.item(), "logits": words(out.logits), "own_logits": own, "losses": losses}


output.mkdir(parents=True, exist_ok=True)
golden = {
    "rate": RATE, "tags": TAGS, "texts": [{"ids": ids, "words": places, "wanted": tags} for ids, places, tags in TEXTS],
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__},
    "models": {name: made(name) for name in SETTINGS},
}
(output / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
