#!/usr/bin/env python3
"""Peak memory of merging and of each export of a model with 3 GB of weights, against the bound: twice the largest tensor + 200 MB.

    scripts/checks/large_model.py --folder large

A model of random bf16 weights and a LoRA adapter of rank 16 on all linear layers are made in the folder, the same ones each time
(and kept: another call uses them). Every form is then written by a process of its own, whose peak is what the system counted,
pages of mapped files included, and removed again. Needs numpy, and room for the model and one export. Exit code 1 where one is
over the bound.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[2]
TOKENIZER = ROOT / "Tests/TestSupport/TinyModel/chat"
WIDTH, INNER, HEADS, KEY_HEADS, RANK = 2048, 8192, 32, 8, 16
KEY_WIDTH = WIDTH // HEADS * KEY_HEADS
LINEAR = {
    "self_attn.q_proj": (WIDTH, WIDTH), "self_attn.k_proj": (KEY_WIDTH, WIDTH), "self_attn.v_proj": (KEY_WIDTH, WIDTH),
    "self_attn.o_proj": (WIDTH, WIDTH), "mlp.gate_proj": (INNER, WIDTH), "mlp.up_proj": (INNER, WIDTH),
    "mlp.down_proj": (WIDTH, INNER)}
SLACK = 200_000_000

MODEL = ["--model", "model", "--adapter", "adapter", "--allow-near-no-op"]
GGUF = ["export", *MODEL, "--format", "gguf", "--type"]
FORMS = {
    "merge": ["merge", "--model", "model", "--adapter", "adapter", "--out", "out"],
    "safetensors": ["export", *MODEL, "--format", "safetensors", "--out", "out"],
    "hdf5": ["export", *MODEL, "--format", "hdf5", "--out", "out.h5"],
    "gguf-fp16": [*GGUF, "fp16", "--out", "out.gguf"],
    "gguf-Q8_0": [*GGUF, "Q8_0", "--out", "out.gguf"],
    "gguf-Q4_K_M": [*GGUF, "Q4_K_M", "--out", "out.gguf"],
    "gguf-Q4_K_M-split": [*GGUF, "Q4_K_M", "--split-max-size", "300MB", "--out", "out"],
    "gguf-base-Q4_K_M": ["export", "--model", "model", "--format", "gguf", "--type", "Q4_K_M", "--out", "out.gguf"],
    "peft": ["export", "--model", "model", "--adapter", "adapter", "--format", "peft", "--out", "out"],
    "gguf-lora": ["export", "--model", "model", "--adapter", "adapter", "--format", "gguf-lora", "--out", "out.gguf"],
}


def tensors_of_model(options):
    """Name and shape, in the order of the file."""
    yield "model.embed_tokens.weight", (options.vocabulary, WIDTH)
    for layer in range(options.layers):
        for part, shape in LINEAR.items():
            yield f"model.layers.{layer}.{part}.weight", shape
        yield f"model.layers.{layer}.input_layernorm.weight", (WIDTH,)
        yield f"model.layers.{layer}.post_attention_layernorm.weight", (WIDTH,)
    yield "model.norm.weight", (WIDTH,)


def tensors_of_adapter(options):
    for layer in range(options.layers):
        for part, (rows, columns) in LINEAR.items():
            name = f"base_model.model.model.layers.{layer}.{part}"
            yield f"{name}.lora_A.weight", (RANK, columns)
            yield f"{name}.lora_B.weight", (rows, RANK)


def write(path, tensors, random, deviation):
    """A safetensors file of random bf16 numbers; ones where a tensor is a vector. The bytes of all tensors, and of the largest."""
    header, end, largest = {}, 0, 0
    for name, shape in tensors:
        size = 2 * int(numpy.prod(shape))
        header[name] = {"dtype": "BF16", "shape": list(shape), "data_offsets": [end, end + size]}
        end, largest = end + size, max(largest, size)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for _, shape in tensors:
            rows, columns = shape if len(shape) == 2 else (1, shape[0])
            step = max(1, (1 << 20) // columns)
            for first in range(0, rows, step):
                size = (min(step, rows - first), columns)
                numbers = deviation * random.standard_normal(size, dtype=numpy.float32) if len(shape) == 2 \
                    else numpy.ones(size, numpy.float32)
                file.write((numbers.view(numpy.uint32) >> 16).astype("<u2").tobytes())
    return end, largest


def make(options):
    """The model and its adapter; they are whole where `sizes.json` stands beside them."""
    folder = options.folder
    sizes = folder / "sizes.json"
    wanted = {"layers": options.layers, "vocabulary": options.vocabulary}
    if sizes.exists() and {key: json.loads(sizes.read_text())[key] for key in wanted} == wanted:
        return json.loads(sizes.read_text())
    sizes.unlink(missing_ok=True)
    (folder / "model").mkdir(parents=True, exist_ok=True)
    (folder / "adapter").mkdir(exist_ok=True)
    config = json.loads((TOKENIZER / "config.json").read_text())
    config.update(
        vocab_size=options.vocabulary, hidden_size=WIDTH, intermediate_size=INNER, num_hidden_layers=options.layers,
        num_attention_heads=HEADS, num_key_value_heads=KEY_HEADS, torch_dtype="bfloat16")
    for name in ["tokenizer.json", "tokenizer_config.json", "generation_config.json"]:
        shutil.copy(TOKENIZER / name, folder / "model" / name)
    (folder / "model/config.json").write_text(json.dumps(config))
    (folder / "adapter/adapter_config.json").write_text(json.dumps({
        "peft_type": "LORA", "task_type": "CAUSAL_LM", "r": RANK, "lora_alpha": RANK, "base_model_name_or_path": "model",
        "target_modules": sorted({part.split(".")[1] for part in LINEAR})}))
    random = numpy.random.default_rng(3)
    total, largest = write(folder / "model/model.safetensors", list(tensors_of_model(options)), random, 0.02)
    write(folder / "adapter/adapter_model.safetensors", list(tensors_of_adapter(options)), random, 0.05)
    made = {**wanted, "bytes": total, "largest": largest}
    sizes.write_text(json.dumps(made))
    return made


def remove(folder):
    """What an export left; the model stays."""
    for path in folder.iterdir():
        if path.name not in {"model", "adapter", "sizes.json"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def measured(options, form):
    """Exit code, peak in bytes, seconds and what the command said where it failed."""
    remove(options.folder)
    began = time.monotonic()
    told = options.folder / "errors.txt"
    with open(told, "wb") as errors:
        process = subprocess.Popen(
            [options.lathe, *FORMS[form], "--quiet"], cwd=options.folder, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024, time.monotonic() - began, told.read_text()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="where the model is made and the exports are written")
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--vocabulary", type=int, default=32_000, help="rows of the largest tensor, if they are many")
    parser.add_argument("--forms", nargs="+", default=list(FORMS), choices=list(FORMS))
    parser.add_argument("--lathe", default=str(ROOT / ".build/release/lathe"))
    options = parser.parse_args()
    options.lathe = str(Path(options.lathe).resolve())
    sizes = make(options)
    bound = 2 * sizes["largest"] + SLACK
    print(f"{sizes['bytes'] / 1e9:.2f} GB of weights, the largest tensor {sizes['largest'] / 1e6:.0f} MB: "
          f"at most {bound / 1e6:.0f} MB", flush=True)
    over = 0
    for form in options.forms:
        code, peak, seconds, told = measured(options, form)
        wrong = code != 0 or peak > bound
        over += wrong
        print(f"{form:18} {peak / 1e6:6.0f} MB  {seconds:5.0f} s" + ("  WRONG" if wrong else "") +
              (f": exit {code}: {told.strip()[-400:]}" if code else ""), flush=True)
    remove(options.folder)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
