#!/usr/bin/env python3
"""Makes the small Llama of Tests/TestSupport/TinyModel in 4- and 5-bit blocks, and a run of adapter.method fold on it.

tiny-chat.mixed.gguf is tiny-chat.f16.gguf with other types: Q4_1, down projections in Q5_1, and value projections in Q8_0, whose
blocks have no minimum. The run is torch's: a layer's weight is d·q + m' with m' = fp16(m + s·B·A) for each block of 32, and the
gradient passes the rounding of m' as if there were none. Written are what a run of PEFT leaves for the other methods.
Made with torch, transformers and gguf; the versions are written into golden.json.
Run: python3 scripts/goldens/tiny_fold.py
"""
import json
import pathlib
import shutil

import gguf
import numpy
import torch
import transformers
from gguf.quants import quantize
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

root = pathlib.Path(__file__).resolve().parents[2]
output = root / "Tests" / "TestSupport" / "TinyModel"
mixed = output / "tiny-chat.mixed.gguf"
golden = json.loads((output / "lora" / "golden.json").read_text())
kinds = {
    "q_proj": "attn_q", "k_proj": "attn_k", "o_proj": "attn_output", "gate_proj": "ffn_gate", "up_proj": "ffn_up",
    "down_proj": "ffn_down"}
RANK, ALPHA, BLOCK, HEADS, GROUPS, LAYERS = 4, 8, 32, 8, 4, 3


# MARK: The file

def stored_type(name):
    if "attn_v." in name or name.startswith("token_embd"):
        return gguf.GGMLQuantizationType.Q8_0
    return gguf.GGMLQuantizationType.Q5_1 if "ffn_down" in name else gguf.GGMLQuantizationType.Q4_1


def write_mixed():
    """All metadata as it is but the file's type; matrices in the types above."""
    reader = gguf.GGUFReader(output / "tiny-chat.f16.gguf")
    writer = gguf.GGUFWriter(mixed, "llama")
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        writer.add_key_value(name, field.contents(), kind, field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q4_1)
    for tensor in reader.tensors:
        numbers = tensor.data.astype(numpy.float32)
        if numbers.ndim < 2:
            writer.add_tensor(tensor.name, numbers)
        else:
            kind = stored_type(tensor.name)
            writer.add_tensor(tensor.name, quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# MARK: The model

def in_order(rows, heads):
    """Rows of q and k as transformers has them."""
    return rows.reshape(heads, rows.shape[0] // heads // 2, 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def blocks(tensor):
    """d·q `[out, blocks, 32]` and m `[out, blocks]`, fp32, of Q4_1 or Q5_1."""
    rows = tensor.data.reshape(tensor.data.shape[0], -1, 24 if tensor.tensor_type.name == "Q5_1" else 20)
    d, m = (rows[..., at:at + 2].copy().view(numpy.float16)[..., 0].astype(numpy.float32) for at in (0, 2))
    bits = rows[..., -16:]
    q = numpy.concatenate([bits & 15, bits >> 4], -1).astype(numpy.uint32)
    if tensor.tensor_type.name == "Q5_1":
        high = rows[..., 4:8].copy().view(numpy.uint32)
        q |= (high >> numpy.arange(BLOCK, dtype=numpy.uint32) & 1) << 4
    return q.astype(numpy.float32) * d[..., None], m


class Fold(torch.nn.Module):
    """A linear layer whose minima are trained."""

    def __init__(self, product, minima):
        super().__init__()
        self.register_buffer("product", torch.from_numpy(numpy.ascontiguousarray(product)))
        self.register_buffer("minima", torch.from_numpy(numpy.ascontiguousarray(minima)))
        outputs, count = minima.shape
        bound = 1 / (count * BLOCK) ** 0.5
        self.lora_A = torch.nn.Parameter((2 * torch.rand(RANK, count) - 1) * bound)
        self.lora_B = torch.nn.Parameter(0.002 * torch.randn(outputs, RANK))

    def forward(self, x):
        exact = self.minima + ALPHA / RANK * (self.lora_B @ self.lora_A)
        folded = exact + (exact.half().float() - exact).detach()
        return torch.nn.functional.linear(x, (self.product + folded[..., None]).flatten(1))


def load():
    """The model in the file, with an adapter on every layer that can have one."""
    model = AutoModelForCausalLM.from_pretrained(output / "base", dtype=torch.float32).eval()
    model.requires_grad_(False)
    tensors = {tensor.name: tensor for tensor in gguf.GGUFReader(mixed).tensors}

    def numbers(name):
        tensor = tensors[name + ".weight"]
        return torch.from_numpy(gguf.quants.dequantize(tensor.data, tensor.tensor_type).copy())

    model.model.embed_tokens.weight.data.copy_(numbers("token_embd"))
    adapters = {}
    for layer, block in enumerate(model.model.layers):
        block.self_attn.v_proj.weight.data.copy_(numbers(f"blk.{layer}.attn_v"))
        for kind, name in kinds.items():
            part = "mlp" if kind in ("gate_proj", "up_proj", "down_proj") else "self_attn"
            product, minima = blocks(tensors[f"blk.{layer}.{name}.weight"])
            if kind in ("q_proj", "k_proj"):
                heads = HEADS if kind == "q_proj" else GROUPS
                product, minima = in_order(product, heads), in_order(minima, heads)
            fold = Fold(product, minima)
            setattr(getattr(block, part), kind, fold)
            adapters[f"model.layers.{layer}.{part}.{kind}"] = fold
    return model, adapters


# MARK: The run

def save(adapters, folder):
    folder.mkdir(parents=True)
    save_file(
        {
            f"base_model.model.{path}.{factor}.weight": getattr(fold, factor).detach().contiguous()
            for path, fold in adapters.items() for factor in ("lora_A", "lora_B")
        }, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({
        "base_model_name_or_path": "tiny", "bias": "none", "lora_alpha": ALPHA, "lora_dropout": 0.0,
        "peft_type": "LATHE_FOLD", "r": RANK, "target_modules": list(kinds), "task_type": "CAUSAL_LM"}, indent=1) + "\n")


def main():
    torch.set_num_threads(1)
    torch.manual_seed(17)
    write_mixed()
    model, adapters = load()
    folder = output / "fold"
    shutil.rmtree(folder, ignore_errors=True)
    save(adapters, folder / "init")
    ids, mask, labels = (torch.tensor(golden[key]) for key in ("input_ids", "attention_mask", "labels"))
    optimiser = torch.optim.AdamW(
        [p for p in model.parameters() if p.requires_grad], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms = [], []
    for step in range(6):
        answer = model(ids, attention_mask=mask, labels=labels)
        losses.append(answer.loss.item())
        if step == 5:
            break
        optimiser.zero_grad()
        answer.loss.backward()
        gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.requires_grad}
        norms.append(torch.sqrt(sum((g ** 2).sum() for g in gradients.values())).item())
        if step == 0:
            save_file(gradients, folder / "grads_step0.safetensors")
            save_file({"logits": answer.logits.detach().contiguous()}, folder / "logits_step0.safetensors")
        optimiser.step()
    save(adapters, folder / "final")
    (folder / "golden.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__,
        "config": {"r": RANK, "alpha": ALPHA, "dropout": 0, "target_modules": list(kinds)},
        "optimizer": "AdamW lr 1e-3 betas .9 .999 eps 1e-8 weight_decay 0.01, no clipping, no scheduler",
        "input_ids": golden["input_ids"], "attention_mask": golden["attention_mask"], "labels": golden["labels"],
        "loss_per_step_then_after": losses, "grad_norm": norms}, indent=1) + "\n")


if __name__ == "__main__":
    main()
