#!/usr/bin/env python3
"""Writes the tiny random models of Tests/ModelsTests/Fixtures: weights, configuration, token ids and fp32 logits.

Made with torch and transformers (versions are written into each golden.json). Run: python3 scripts/goldens/tiny_models.py [NAME...]
"""
import json
import pathlib
import sys
import tempfile

import gguf
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import (
    Cohere2Config, Cohere2ForCausalLM, CohereConfig, CohereForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GraniteConfig,
    GraniteForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, MixtralConfig,
    MixtralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
    Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM, StableLmConfig, StableLmForCausalLM,
)

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"

common = dict(
    vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, attention_dropout=0.0,
)
small = {**common, "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_key_value_heads": 1}
models = {
    "llama3": (LlamaForCausalLM, LlamaConfig(
        **common, tie_word_embeddings=False, rms_norm_eps=1e-5,
        rope_parameters={
            "rope_theta": 100.0, "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32})),
    "llama-bias": (LlamaForCausalLM, LlamaConfig(
        **common, tie_word_embeddings=True, attention_bias=True, mlp_bias=True,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0})),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(
        **common, tie_word_embeddings=True, rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"})),
    "qwen3": (Qwen3ForCausalLM, Qwen3Config(
        **common, head_dim=12, tie_word_embeddings=False,
        rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"})),
    "mistral": (MistralForCausalLM, MistralConfig(
        **common, tie_word_embeddings=False, sliding_window=7,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    # With the defaults of beta_fast, beta_slow and attention_factor, and with others. Few pairs turn often enough in 16
    # positions for the defaults' ramp, so the second has a base and betas that put pairs on all three parts of it.
    "yarn": (Qwen2ForCausalLM, Qwen2Config(
        **common, tie_word_embeddings=True,
        rope_parameters={
            "rope_theta": 1000000.0, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16})),
    "yarn-factors": (LlamaForCausalLM, LlamaConfig(
        **{**common, "num_attention_heads": 2, "num_key_value_heads": 1}, head_dim=16, tie_word_embeddings=True,
        rope_parameters={
            "rope_theta": 500.0, "rope_type": "yarn", "factor": 3.0, "original_max_position_embeddings": 64,
            "attention_factor": 1.3, "beta_fast": 4.0, "beta_slow": 0.5})),
    # Texts longer than the window; both kinds of layers, with rotary positions of their own.
    "gemma3": (Gemma3ForCausalLM, Gemma3TextConfig(
        **{**common, "num_hidden_layers": 3}, head_dim=12, query_pre_attn_scalar=20, sliding_window=7,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={
            "sliding_attention": {"rope_theta": 50.0, "rope_type": "default"},
            "full_attention": {"rope_theta": 1000.0, "rope_type": "linear", "factor": 8.0}})),
    "mixtral": (MixtralForCausalLM, MixtralConfig(
        **{**common, "intermediate_size": 24}, num_local_experts=4, num_experts_per_tok=2, sliding_window=7,
        rms_norm_eps=1e-5, rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    # Shares that are not divided, and layers with one network for all.
    "qwen3-moe": (Qwen3MoeForCausalLM, Qwen3MoeConfig(
        **{**common, "num_hidden_layers": 4}, head_dim=12, moe_intermediate_size=16, num_experts=6,
        num_experts_per_tok=3, norm_topk_prob=False, mlp_only_layers=[1], decoder_sparse_step=2,
        rope_parameters={"rope_theta": 1000000.0, "rope_type": "default"})),
    # Shares that are, experts in every layer, biases.
    "qwen3-moe-shares": (Qwen3MoeForCausalLM, Qwen3MoeConfig(
        **common, moe_intermediate_size=16, num_experts=6, num_experts_per_tok=2, norm_topk_prob=True,
        attention_bias=True, tie_word_embeddings=True, use_sliding_window=True, sliding_window=6,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    # Every multiplier, and none but those that the family takes where nothing is said.
    "granite": (GraniteForCausalLM, GraniteConfig(
        **small, embedding_multiplier=3.0, attention_multiplier=0.3, residual_multiplier=0.75, logits_scaling=1.5,
        rms_norm_eps=1e-5, rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    "granite-bias": (GraniteForCausalLM, GraniteConfig(
        **small, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    "cohere": (CohereForCausalLM, CohereConfig(
        **small, logit_scale=0.25, rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    "cohere-bias": (CohereForCausalLM, CohereConfig(
        **small, attention_bias=True, tie_word_embeddings=False, logit_scale=1.5, layer_norm_eps=1e-3,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0})),
    # Texts longer than the window; the layer that sees everything turns nothing.
    "cohere2": (Cohere2ForCausalLM, Cohere2Config(
        **{**small, "num_hidden_layers": 3}, logit_scale=0.5, sliding_window=7,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    "stablelm": (StableLmForCausalLM, StableLmConfig(
        **small, use_qkv_bias=True,
        rope_parameters={"rope_theta": 500.0, "rope_type": "default", "partial_rotary_factor": 0.5})),
    "stablelm-parallel": (StableLmForCausalLM, StableLmConfig(
        **small, use_parallel_residual=True, tie_word_embeddings=True, layer_norm_eps=1e-3,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
}



def stored_tensors(model):
    """What a saved model holds: experts lie there one by one."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(pathlib.Path(folder) / "model.safetensors")


def write_gemma_gguf(config, tensors, path):
    """The same model as GGUF has the family: other names, and norms with 1 added."""
    names = {
        "model.embed_tokens": "token_embd", "model.norm": "output_norm", "input_layernorm": "attn_norm",
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "self_attn.o_proj": "attn_output",
        "post_attention_layernorm": "post_attention_norm", "pre_feedforward_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
        "post_feedforward_layernorm": "post_ffw_norm",
    }
    writer = gguf.GGUFWriter(path, "gemma3")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["full_attention"]["rope_theta"])
    writer.add_float32("gemma3.rope.freq_base_swa", config.rope_parameters["sliding_attention"]["rope_theta"])
    writer.add_string("gemma3.rope.scaling.type", "linear")
    writer.add_float32("gemma3.rope.scaling.factor", config.rope_parameters["full_attention"]["factor"])
    writer.add_uint32("gemma3.attention.sliding_window", config.sliding_window)
    writer.add_uint32("gemma3.attention.sliding_window_pattern", 2)
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    for key, value in tensors.items():
        module = key.removesuffix(".weight")
        if module.startswith("model.layers."):
            layer, module = module.removeprefix("model.layers.").split(".", 1)
            name = f"blk.{layer}.{names[module]}.weight"
        else:
            name = names[module] + ".weight"
        writer.add_tensor(name, (value + 1 if "norm" in key else value).numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


chosen = sys.argv[1:] or list(models)
for index, (name, (kind, config)) in enumerate(models.items()):
    if name not in chosen:
        continue
    torch.manual_seed(100 + index)
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            if "norm" in parameter_name:
                # Gemma adds the 1 itself.
                parameter.copy_((0 if "gemma" in name else 1) + 0.2 * torch.randn_like(parameter))
            else:
                parameter.copy_(0.25 * torch.randn_like(parameter))
    generator = torch.Generator().manual_seed(7)
    ids = [torch.randint(3, 48, (length,), generator=generator).tolist() for length in (21, 5)]
    with torch.no_grad():
        logits = [model(torch.tensor([row])).logits[0] for row in ids]
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    written = json.loads((folder / "config.json").read_text())
    written["model_type"] = config.model_type
    (folder / "config.json").write_text(json.dumps(written, indent=1) + "\n")
    tensors = {key: value.contiguous() for key, value in model.state_dict().items()}
    if any(".experts." in key for key in tensors):
        tensors = stored_tensors(model)
    if config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if name == "gemma3":
        write_gemma_gguf(config, tensors, folder / "model.gguf")
    golden = {
        "torch": torch.__version__, "transformers": transformers.__version__, "ids": ids,
        "logits": [[round(x, 7) for x in row.flatten().tolist()] for row in logits],
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
