#!/usr/bin/env python3
"""Writes Tests/ModelsTests/Fixtures/gguf: tiny Llamas in GGUF whose metadata say things in unusual ways, and llama.cpp's
log-probabilities of the token after one text, in fp32.

Weights are those of configurations.py. Needs numpy, safetensors, gguf and xllamacpp (llama.cpp as a Python module).
Run: python3 scripts/goldens/gguf_configurations.py
"""
import json
import pathlib

import gguf
import numpy
import xllamacpp
from safetensors.numpy import load_file

fixtures = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
root = fixtures / "gguf"
root.mkdir(parents=True, exist_ok=True)
tensors = load_file(fixtures / "configurations" / "plain.safetensors")
names = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}
once = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def interleaved(values, heads):
    """The order of q's and k's rows in llama.cpp's Llama, biases too."""
    shape = values.shape
    return values.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def write(path, extra, factors, biases, most=0):
    writer = gguf.GGUFWriter(path, "llama", split_max_tensors=most)
    writer.add_context_length(256)
    writer.add_embedding_length(16)
    writer.add_block_count(2)
    writer.add_feed_forward_length(24)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(50.0)
    writer.add_rope_dimension_count(8)
    writer.add_vocab_size(48)
    for key, value in extra.items():
        add = writer.add_string if isinstance(value, str) else (
            writer.add_uint32 if isinstance(value, int) else writer.add_float32)
        add("llama." + key, value)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(["<unk>", "<s>", "</s>"] + [f"t{i}" for i in range(45)])
    writer.add_token_scores([0.0] * 48)
    writer.add_token_types([2, 3, 3] + [1] * 45)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    for name, values in tensors.items():
        module = name.removesuffix(".weight")
        if module in once:
            writer.add_tensor(once[module] + ".weight", values)
            continue
        layer, module = module.removeprefix("model.layers.").split(".", 1)
        heads = {"attn_q": 2, "attn_k": 1}.get(names[module])
        writer.add_tensor(f"blk.{layer}.{names[module]}.weight", interleaved(values, heads) if heads else values)
        if biases and module.startswith("self_attn"):
            bias = numpy.random.default_rng(len(module) + int(layer)).standard_normal(len(values)).astype("float32")
            writer.add_tensor(f"blk.{layer}.{names[module]}.bias", interleaved(bias, heads) if heads else bias)
    if factors:
        writer.add_tensor("rope_freqs.weight", numpy.array([1.0, 1.5, 2.0, 5.0], dtype="float32"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logprobs(path, ids):
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = 0
    params.n_ctx = 256
    params.n_parallel = 1
    params.warmup = False
    server = xllamacpp.Server(params)
    answer = server.handle_completions({
        "prompt": ids, "n_predict": 1, "n_probs": 48, "temperature": 0.0, "cache_prompt": False, "samplers": ["top_k"]})
    answer = json.loads(answer) if isinstance(answer, (str, bytes)) else answer
    entry = (answer.get("completion_probabilities") or answer["choices"][0]["logprobs"]["content"])[0]
    found = {item["id"]: item["logprob"] for item in entry["top_logprobs"]}
    return [round(found[i], 6) if i in found else None for i in range(48)]


yarn = {"rope.scaling.type": "yarn", "rope.scaling.factor": 4.0}
cases = {
    "scale_linear": ({"rope.scale_linear": 3.0}, False),
    "factor-without-type": ({"rope.scaling.factor": 3.0}, False),
    "none-with-factor": ({"rope.scaling.type": "none", "rope.scaling.factor": 3.0}, False),
    "linear-attn_factor": ({"rope.scaling.type": "linear", "rope.scaling.factor": 2.0, "rope.scaling.attn_factor": 1.4}, False),
    "attn_factor": ({"rope.scaling.attn_factor": 1.7}, False),
    "yarn-attn_factor": ({**yarn, "rope.scaling.original_context_length": 64, "rope.scaling.attn_factor": 1.3}, False),
    "yarn-without-original": (yarn, False),
    "yarn-freqs": ({**yarn, "rope.scaling.original_context_length": 64}, True),
    "linear-freqs": ({"rope.scaling.type": "linear", "rope.scaling.factor": 2.0}, True),
    "biases": ({}, False),
}
ids = [1] + [(i * i * 7 + i * 13 + i // 5) % 45 + 3 for i in range(60)]
written = []
for name, (extra, factors) in cases.items():
    path = root / f"{name}.gguf"
    write(path, extra, factors, name == "biases")
    written.append({"name": name, "logprobs": logprobs(path, ids)})
# A model in three files: the first is named split-00001-of-00003.gguf.
write(root / "split.gguf", {}, False, False, most=8)
written.append({"name": "split-00001-of-00003", "logprobs": logprobs(root / "split-00001-of-00003.gguf", ids)})
adapter = gguf.GGUFWriter(root / "adapter.gguf", "llama")
adapter.add_type("adapter")
adapter.add_string("adapter.type", "lora")
adapter.add_float32("adapter.lora.alpha", 4.0)
for factor, shape in (("a", (2, 16)), ("b", (16, 2))):
    adapter.add_tensor(f"blk.0.attn_q.weight.lora_{factor}", numpy.ones(shape, dtype="float32"))
adapter.write_header_to_file()
adapter.write_kv_data_to_file()
adapter.write_tensors_to_file()
adapter.close()
(root / "golden.json").write_text(json.dumps(
    {"llama.cpp": "xllamacpp " + getattr(xllamacpp, "__version__", "?"), "ids": ids, "cases": written}, indent=1) + "\n")
