#!/usr/bin/env python3
"""Writes Tests/ModelsTests/Fixtures/configurations: config.json files that say things in unusual ways, and what transformers
makes of each: log-probabilities of the last tokens of one text, in fp32. Beside these, the fields that it declares of each family.

Two files of random weights serve all cases: with biases on queries, keys and values (Qwen2) and without (Llama, Mistral).
Run: python3 scripts/goldens/configurations.py, or with "fields" for these alone.
"""
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile

import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures" / "configurations"
root.mkdir(parents=True, exist_ok=True)
sizes = dict(
    vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    rms_norm_eps=1e-5, tie_word_embeddings=False,
)


families = (
    "llama", "mistral", "qwen2", "qwen3", "gemma3_text", "mixtral", "qwen3_moe", "granite", "cohere", "cohere2", "stablelm",
    "gpt2", "phi3", "gpt_neox", "falcon", "olmo2", "gemma2", "smollm3", "olmoe",
    "bert", "roberta", "xlm-roberta", "camembert", "distilbert", "modernbert", "nomic_bert", "t5", "mt5",
)
fields = {
    family: {
        field.name: (
            None if field.default is dataclasses.MISSING or not isinstance(field.default, (bool, int, float, str, type(None)))
            else field.default)
        for field in dataclasses.fields(transformers.AutoConfig.for_model(family))
    }
    for family in families
}
if sys.argv[1:] == ["fields"]:
    golden = json.loads((root / "golden.json").read_text())
    (root / "golden.json").write_text(json.dumps({**golden, "fields": fields}, indent=1) + "\n")
    sys.exit()


def weights(kind, config, seed, name):
    torch.manual_seed(seed)
    model = kind(config).float()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            parameter.copy_(1 + 0.2 * noise if "norm" in parameter_name else 0.4 * noise)
    save_file(
        {key: value.contiguous() for key, value in model.state_dict().items()}, root / name, metadata={"format": "pt"})


weights(LlamaForCausalLM, LlamaConfig(**sizes), 1, "plain.safetensors")
weights(Qwen2ForCausalLM, Qwen2Config(**sizes), 2, "biased.safetensors")

common = dict(**sizes, hidden_act="silu", max_position_embeddings=256, bos_token_id=1, eos_token_id=2)
llama = dict(model_type="llama", architectures=["LlamaForCausalLM"], **common)
mistral = dict(model_type="mistral", architectures=["MistralForCausalLM"], **common)
qwen2 = dict(model_type="qwen2", architectures=["Qwen2ForCausalLM"], **common)
yarn = {"rope_type": "yarn", "factor": 4.0}
factors = [1.0, 1.5, 2.0, 5.0]
long = {"max_position_embeddings": 8192}
cases = {
    "yarn, original outside": {
        **llama, "rope_theta": 50.0, "original_max_position_embeddings": 64, "rope_scaling": {"type": "yarn", "factor": 4.0}},
    "yarn, original inside and outside": {
        **llama, "rope_theta": 50.0, "original_max_position_embeddings": 24,
        "rope_scaling": {**yarn, "original_max_position_embeddings": 128}},
    "yarn, original nowhere": {**llama, "rope_theta": 50.0, "rope_scaling": yarn},
    "yarn, factor null": {
        **llama, "rope_theta": 50.0, "rope_scaling": {**yarn, "factor": None, "original_max_position_embeddings": 32}},
    "yarn, mscale": {
        **llama, "rope_theta": 50.0,
        "rope_scaling": {**yarn, "original_max_position_embeddings": 64, "mscale": 0.8, "mscale_all_dim": 2.0}},
    "yarn, mscale alone": {
        **llama, "rope_theta": 50.0, "rope_scaling": {**yarn, "original_max_position_embeddings": 64, "mscale": 0.8}},
    "yarn, not truncated": {
        **llama, "rope_theta": 50.0,
        "rope_scaling": {**yarn, "original_max_position_embeddings": 64, "beta_fast": 6.0, "truncate": False}},
    "yarn, betas of zero": {
        **llama, "rope_theta": 50.0,
        "rope_scaling": {**yarn, "original_max_position_embeddings": 64, "beta_fast": 0, "beta_slow": 0}},
    "llama3, original outside": {
        **llama, "rope_theta": 100.0, "original_max_position_embeddings": 32,
        "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}},
    "longrope, one set of factors": {
        **llama, "rope_theta": 50.0,
        "rope_scaling": {
            "rope_type": "longrope", "factor": 4.0, "short_factor": factors, "long_factor": factors,
            "original_max_position_embeddings": 64}},
    "scaling against parameters": {
        **llama, "rope_parameters": {"rope_theta": 500.0, "rope_type": "default"},
        "rope_scaling": {"type": "linear", "factor": 2.0}},
    "parameters against scaling with its own base": {
        **llama, "rope_theta": 100.0, "rope_parameters": {"rope_type": "linear", "factor": 8.0, "rope_theta": 500.0},
        "rope_scaling": {"rope_type": "linear", "factor": 2.0, "rope_theta": 30.0}},
    "empty scaling beside parameters": {
        **llama, "rope_scaling": {}, "rope_parameters": {"rope_type": "linear", "factor": 3.0, "rope_theta": 500.0}},
    "rope_type against type": {
        **llama, "rope_scaling": {"rope_type": "linear", "type": "yarn", "factor": 3.0}},
    "llama, a window that is not its own": {
        **llama, "sliding_window": 4, "use_sliding_window": True, "layer_types": ["sliding_attention", "full_attention"]},
    "llama, biases not mentioned": {**llama, "attention_dropout": 0.0, "pretraining_tp": 2},
    "mistral, window left out": {**mistral, **long},
    "mistral, window null": {**mistral, **long, "sliding_window": None},
    "mistral, layer types": {
        **mistral, "head_dim": 8, "sliding_window": 5, "layer_types": ["sliding_attention", "full_attention"],
        "attention_bias": True},
    "qwen2, window left out": {**qwen2, **long, "use_sliding_window": True, "max_window_layers": 1},
    "qwen2, window not in use": {**qwen2, "use_sliding_window": False, "sliding_window": 5},
    "qwen2, old names of layers": {
        **qwen2, "use_sliding_window": True, "sliding_window": 5, "layer_types": ["attention", "sliding_attention"]},
    "qwen2, biases denied": {**qwen2, "attention_bias": False, "mlp_bias": True},
    "tied, with a head of its own": {**llama, "tie_word_embeddings": True},
}
written = []
for name, config in cases.items():
    source = "biased.safetensors" if config["model_type"] == "qwen2" else "plain.safetensors"
    length = 4300 if config["max_position_embeddings"] == 8192 else 70
    ids = [(i * i * 7 + i * 13 + i // 5) % 45 + 3 for i in range(length)]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "config.json").write_text(json.dumps(config))
        shutil.copy(root / source, folder / "model.safetensors")
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0]
    logprobs = torch.log_softmax(logits[:-1].double(), -1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0][-24:]
    written.append(
        {"name": name, "config": config, "weights": source, "length": length,
         "logprobs": [round(x, 6) for x in logprobs.tolist()]})
(root / "golden.json").write_text(json.dumps(
    {"torch": torch.__version__, "transformers": transformers.__version__, "cases": written, "fields": fields},
    indent=1) + "\n")
