#!/usr/bin/env python3
"""Writes Tests/ModelExportTests/Fixtures/dora: DoRA by PEFT on the small models with biases and with norms of queries, keys and outputs.

Ranks and alphas by pattern, rank-stabilised scales, with and without dropout; the masks are those of RandomStream, so that the
reference drops what Lathe drops. Made with torch, transformers and peft (versions are written into golden.json).
Run: python3 scripts/goldens/dora_layers.py
"""
import json
import pathlib
import shutil

import numpy
import peft
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

tests = pathlib.Path(__file__).resolve().parents[2] / "Tests"
output = tests / "ModelExportTests" / "Fixtures" / "dora"
SEED, PURPOSE = 3, 4  # of the masks; RandomStream.Purpose.dropout
LAYERS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def words(seed, count):
    """Philox 4×32-10 at (index, stream 0, purpose), word by word: `count` of them."""
    index = numpy.arange((count + 3) // 4, dtype=numpy.uint64)
    low = numpy.uint64(0xFFFFFFFF)
    c = [index & low, index >> numpy.uint64(32), index * numpy.uint64(0), index * numpy.uint64(0) + numpy.uint64(PURPOSE)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        a, b = numpy.uint64(0xD2511F53) * c[0], numpy.uint64(0xCD9E8D57) * c[2]
        shift = numpy.uint64(32)
        c = [(b >> shift) ^ c[1] ^ numpy.uint64(k[0]), b & low, (a >> shift) ^ c[3] ^ numpy.uint64(k[1]), a & low]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return numpy.stack(c, axis=1).reshape(-1)[:count]


class Mask(torch.nn.Module):
    """Dropout with the mask of the adapter `index`."""

    def __init__(self, index, probability):
        super().__init__()
        self.seed = SEED ^ ((index + 1) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF)
        self.probability = probability

    def forward(self, x):
        kept = words(self.seed, x.numel()) >= int(self.probability * 2**32)
        factors = kept.astype(numpy.float32) * numpy.float32(1 / (1 - self.probability))
        return x * torch.from_numpy(factors).reshape(x.shape)


def make(name, base, **settings):
    folder = output / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    torch.manual_seed(23)
    model = AutoModelForCausalLM.from_pretrained(
        tests / "ModelsTests" / "Fixtures" / base, attn_implementation="eager", dtype=torch.float32)
    tuned = peft.get_peft_model(model, peft.LoraConfig(
        task_type="CAUSAL_LM", use_dora=True, target_modules=LAYERS, **settings))
    tuned.train()
    adapted = [m for m in tuned.modules() if isinstance(m, peft.tuners.lora.Linear)]
    order = {layer: place for place, layer in enumerate(LAYERS)}
    named = {id(m): n for n, m in tuned.named_modules()}
    adapted.sort(key=lambda m: (int(named[id(m)].split("layers.")[1].split(".")[0]), order[named[id(m)].rsplit(".", 1)[1]]))
    with torch.no_grad():
        for index, module in enumerate(adapted):
            module.lora_B["default"].weight.copy_(0.1 * torch.randn_like(module.lora_B["default"].weight))
            module.lora_magnitude_vector["default"].weight.mul_(
                1 + 0.3 * torch.randn_like(module.lora_magnitude_vector["default"].weight))
            if settings["lora_dropout"]:
                module.lora_dropout["default"] = Mask(index, settings["lora_dropout"])
    ids = torch.tensor([[1, 7, 30, 12, 45, 9, 9, 21, 33, 4, 18, 40, 26]])
    labels = ids.clone()
    labels[0, :4] = -100
    answer = tuned(ids, labels=labels)
    answer.loss.backward()
    save_file({n: p.grad for n, p in tuned.named_parameters() if p.requires_grad}, folder / "gradients.safetensors")
    tuned.peft_config["default"].base_model_name_or_path = base
    tuned.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    written = json.loads((folder / "adapter_config.json").read_text()) | {"target_modules": LAYERS}
    (folder / "adapter_config.json").write_text(json.dumps(written, indent=1) + "\n")
    trained = answer.loss.item()
    with torch.no_grad():
        loss = tuned.eval()(ids, labels=labels).loss.item()
        merged = tuned.merge_and_unload(safe_merge=True)
        weights = {n: v.contiguous() for n, v in merged.state_dict().items() if n.startswith("model.layers.1.")}
    save_file(weights, folder / "merged_layer_1.safetensors", metadata={"format": "pt"})
    (folder / "golden.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__, "base": base,
        "ids": ids[0].tolist(), "labels": labels[0].tolist(), "training_loss": trained, "loss": loss}) + "\n")
    for path in folder.glob("*.safetensors"):
        path.chmod(0o644)


patterns = dict(r=4, lora_alpha=6, rank_pattern={"down_proj": 1, "layers.1.self_attn.q_proj": 7},
                alpha_pattern={"k_proj": 3})
make("biases", "llama-bias", lora_dropout=0.0, use_rslora=True, **patterns)
make("dropout", "llama-bias", lora_dropout=0.3, **patterns)
make("norms", "gemma3", lora_dropout=0.25, r=3, lora_alpha=5)
