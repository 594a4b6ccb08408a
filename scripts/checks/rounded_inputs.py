#!/usr/bin/env python3
"""Why llama.cpp's perplexity of a file differs from Lathe's: what it rounds a layer's input to, done in transformers.

    scripts/checks/rounded_inputs.py --model FILE.gguf --data datasets/health/held_out.jsonl

llama.cpp multiplies blocks with inputs that it rounds to 8 bits first: in blocks of 32 numbers (Q8_0; Q8_1 for types with a minimum,
with the block's sum in fp16), or of 256 (Q8_K) for K-quants and IQ4_XS. Lathe keeps inputs in fp32. Here transformers computes with
the file's weights, once as they are and once with each layer's input rounded by those rules. The first must be Lathe's number, the
second llama.cpp's, where that is all that differs; it is run with keys and values in fp32 here, not in its usual
fp16. Needs torch, transformers, gguf, xllamacpp.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import numpy
import torch
from llama_cpp import Llama
from transformers import AutoModelForCausalLM

ROOT = Path(__file__).resolve().parents[2]
NAMES = {
    "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output", "gate_proj": "ffn_gate",
    "up_proj": "ffn_up", "down_proj": "ffn_down"}
SMALL = {"Q4_0", "Q5_0", "Q8_0", "IQ4_NL"}
WITH_MINIMUM = {"Q4_1", "Q5_1"}
LARGE = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_XS"}


def half(values):
    return values.to(torch.float16).to(torch.float32)


def in_small_blocks(x):
    """Q8_0: 32 numbers with a scale in fp16. The numbers, and what Q8_1 keeps of their sums."""
    blocks = x.reshape(*x.shape[:-1], -1, 32)
    scale = blocks.abs().amax(-1, keepdim=True) / 127
    whole = torch.where(scale > 0, blocks / scale.clamp(min=1e-30), 0).round()
    return (whole * half(scale)).reshape(x.shape), half(whole.sum(-1) * scale[..., 0])


def in_large_blocks(x):
    """Q8_K: 256 numbers with a scale in fp32, so that the largest becomes −127."""
    blocks = x.reshape(*x.shape[:-1], -1, 256)
    largest = torch.gather(blocks, -1, blocks.abs().argmax(-1, keepdim=True))
    inverse = torch.where(largest != 0, -127 / torch.where(largest != 0, largest, 1), 0)
    whole = (blocks * inverse).round().clamp(max=127)
    return torch.where(inverse != 0, whole / torch.where(inverse != 0, inverse, 1), 0).reshape(x.shape)


def minima(tensor, kind, heads):
    """m of each block of Q4_1 or Q5_1, `[rows, blocks]`, rows in transformers' order."""
    size = gguf.GGML_QUANT_SIZES[gguf.GGMLQuantizationType[kind]][1]
    blocks = tensor.data.reshape(tensor.data.shape[0], -1, size)
    found = torch.from_numpy(numpy.ascontiguousarray(blocks[..., 2:4]).view(numpy.float16)[..., 0].astype(numpy.float32))
    if heads:
        rows, count = found.shape
        found = found.reshape(heads, rows // heads // 2, 2, count).transpose(1, 2).reshape(rows, count)
    return found


class Rounded:
    """A linear layer with its input as llama.cpp has it; `on` says whether."""

    on = False

    def __init__(self, layer, tensor, heads):
        self.layer, self.kind = layer, tensor.tensor_type.name
        self.minima = minima(tensor, self.kind, heads) if self.kind in WITH_MINIMUM else None

    def __call__(self, x):
        weight, bias = self.layer.weight, self.layer.bias
        if not Rounded.on or self.kind == "F32":
            return torch.nn.functional.linear(x, weight, bias)
        if self.kind in LARGE:
            return torch.nn.functional.linear(in_large_blocks(x), weight, bias)
        if self.kind in ("F16", "BF16"):
            narrow = torch.float16 if self.kind == "F16" else torch.bfloat16
            return torch.nn.functional.linear(x.to(narrow).to(torch.float32), weight, bias)
        rounded, sums = in_small_blocks(x)
        y = torch.nn.functional.linear(rounded, weight, bias)
        if self.minima is None:
            return y
        exact = rounded.reshape(*x.shape[:-1], -1, 32).sum(-1)
        return y + torch.nn.functional.linear(sums - exact, self.minima)


def replace_layers(model, reader):
    tensors = {tensor.name: tensor for tensor in reader.tensors}
    permutes = reader.get_field("general.architecture").contents() == "llama"
    for name, module in model.named_modules():
        if not isinstance(module, torch.nn.Linear):
            continue
        part = name.rsplit(".", 1)[-1]
        if part == "lm_head":
            tensor, heads = tensors.get("output.weight", tensors["token_embd.weight"]), 0
        else:
            tensor = tensors[f"blk.{name.split('.')[2]}.{NAMES[part]}.weight"]
            config = model.config
            heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}.get(part, 0) * permutes
        module.forward = Rounded(module, tensor, heads)


def perplexity(model, rows, targets_of):
    total = count = 0
    with torch.no_grad():
        for row in rows:
            targets = targets_of(row)
            hidden = model.model(torch.tensor([row["ids"]])).last_hidden_state[0]
            logits = model.lm_head(hidden[[place - 1 for place in targets]])
            total += torch.nn.functional.cross_entropy(
                logits.double(), torch.tensor([row["ids"][place] for place in targets]), reduction="sum").item()
            count += len(targets)
    return math.exp(total / count)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--data", default=str(ROOT / "datasets/health/held_out.jsonl"))
    parser.add_argument("--rows", type=int, default=48)
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as few:
        few.writelines(open(options.data).readlines()[:options.rows])
        few.flush()
        told = subprocess.run(
            [options.lathe, "score", "--quiet", "--json", "--tokens", "--model", options.model, "--data", few.name,
             "--set", "model.precision=fp32"], check=True, capture_output=True, text=True).stdout
    rows = [json.loads(line) for line in told.splitlines()]

    def targets_of(row):
        return [place for place in range(1, len(row["ids"])) if row["mask"][place]]

    count = sum(len(targets_of(row)) for row in rows)
    ours = math.exp(-sum(row["logprobs"][place] for row in rows for place in targets_of(row)) / count)
    llama = Llama(options.model, context=max(len(row["ids"]) for row in rows) + 8, threads=options.threads, exact=True)
    theirs = math.exp(sum(sum(llama.losses(row["ids"], targets_of(row))) for row in rows) / count)
    llama.close()
    path = Path(options.model)
    model = AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name, dtype=torch.float32).eval()
    replace_layers(model, gguf.GGUFReader(options.model))
    plain = perplexity(model, rows, targets_of)
    Rounded.on = True
    rounded = perplexity(model, rows, targets_of)
    print(f"{path.name}: perplexity, inputs as they are: Lathe {ours:.4f}, transformers {plain:.4f}")
    print(f"{path.name}: perplexity, inputs rounded: llama.cpp {theirs:.4f} ({100 * (theirs / ours - 1):+.3f}%), "
          f"transformers {rounded:.4f} ({100 * (rounded / ours - 1):+.3f}%)")
    sys.exit(0 if abs(plain / ours - 1) < 1e-3 and abs(rounded / theirs - 1) < 5e-3 else 1)


if __name__ == "__main__":
    main()
