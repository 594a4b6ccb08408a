#!/usr/bin/env python3
"""Writes Tests/PruningTests/Fixtures/pruned.json: what is left of the tiny random models of Tests/ModelsTests/Fixtures once blocks, inner
channels or heads are gone, by transformers' own modules with these parts taken out by hand.

Made with torch and transformers (versions are written into the file). Run: python3 scripts/goldens/pruned_models.py
"""
import json
import pathlib

import torch
import transformers
from torch import nn
from transformers import AutoModelForCausalLM

tests = pathlib.Path(__file__).resolve().parents[2] / "Tests"
families = ["llama3", "llama-bias", "qwen2", "qwen3", "mistral", "yarn", "yarn-factors", "gemma3"]


def sliced(layer, rows=None, columns=None):
    """`layer` with these outputs and inputs."""
    weight, bias = layer.weight.data, None if layer.bias is None else layer.bias.data
    if rows is not None:
        weight, bias = weight[rows], None if bias is None else bias[rows]
    if columns is not None:
        weight = weight[:, columns]
    new = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    new.weight.data = weight.clone()
    if bias is not None:
        new.bias.data = bias.clone()
    return new


def keep_blocks(model, blocks):
    model.model.layers = nn.ModuleList([model.model.layers[block] for block in blocks])
    for place, layer in enumerate(model.model.layers):
        layer.self_attn.layer_idx = place
    config = model.config
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[block] for block in blocks]
    config.num_hidden_layers = len(blocks)


def keep_channels(layer, channels):
    mlp = layer.mlp
    mlp.gate_proj, mlp.up_proj = sliced(mlp.gate_proj, rows=channels), sliced(mlp.up_proj, rows=channels)
    mlp.down_proj = sliced(mlp.down_proj, columns=channels)


def keep_groups(layer, groups, width, together):
    """Key heads `groups`, each with the query heads that share it."""
    def features(heads):
        return [head * width + feature for head in heads for feature in range(width)]

    attention = layer.self_attn
    keys, queries = features(groups), features([g * together + i for g in groups for i in range(together)])
    attention.q_proj = sliced(attention.q_proj, rows=queries)
    attention.k_proj, attention.v_proj = sliced(attention.k_proj, rows=keys), sliced(attention.v_proj, rows=keys)
    attention.o_proj = sliced(attention.o_proj, columns=queries)


def case(family, ids, blocks, channels=None, groups=None):
    model = AutoModelForCausalLM.from_pretrained(
        tests / "ModelsTests" / "Fixtures" / family, attn_implementation="eager", dtype=torch.float32).eval()
    keep_blocks(model, blocks)
    config = model.config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    together = config.num_attention_heads // config.num_key_value_heads
    for place, layer in enumerate(model.model.layers):
        if channels:
            keep_channels(layer, channels[place])
        if groups:
            keep_groups(layer, groups[place], width, together)
    with torch.no_grad():
        logits = [model(torch.tensor([row]), use_cache=False).logits[0, -1] for row in ids]
    return {
        "family": family, "blocks": blocks, "channels": channels, "groups": groups,
        "logits": [[round(x, 6) for x in row.tolist()] for row in logits],
    }


cases = []
generator = torch.Generator().manual_seed(11)
ids = [torch.randint(3, 48, (length,), generator=generator).tolist() for length in (21, 5)]
for family in families:
    count = 3 if family == "gemma3" else 2
    for blocks in ([[0, 2], [1, 2], [1]] if count == 3 else [[0], [1]]):
        cases.append(case(family, ids, blocks))
    whole = list(range(count))
    channels = [sorted(torch.randperm(40, generator=generator)[:26].tolist()) for _ in whole]
    cases.append(case(family, ids, whole, channels=channels))
    if family == "yarn-factors":
        continue  # One group of heads.
    groups = [[(block + 1) % 2] for block in whole]
    cases.append(case(family, ids, whole, groups=groups))
    cases.append(case(family, ids, whole[1:], channels=channels[1:], groups=groups[1:]))
path = tests / "PruningTests" / "Fixtures" / "pruned.json"
path.parent.mkdir(parents=True, exist_ok=True)
lines = ",\n".join(json.dumps(found) for found in cases)
versions = f'"torch": "{torch.__version__}", "transformers": "{transformers.__version__}"'
path.write_text(f'{{{versions}, "ids": {json.dumps(ids)}, "cases": [\n{lines}\n]}}\n')
