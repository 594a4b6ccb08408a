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
    Cohere2Config, Cohere2ForCausalLM, CohereConfig, CohereForCausalLM, FalconConfig, FalconForCausalLM, GPT2Config,
    GPT2LMHeadModel, GPTNeoXConfig, GPTNeoXForCausalLM, Gemma2Config, Gemma2ForCausalLM, Gemma3ForCausalLM, Gemma3TextConfig, GraniteConfig,
    GraniteForCausalLM, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, MixtralConfig,
    MixtralForCausalLM, Olmo2Config, Olmo2ForCausalLM, OlmoeConfig, OlmoeForCausalLM, Phi3Config, Phi3ForCausalLM, Qwen2Config,
    Qwen2ForCausalLM, Qwen3Config,
    Qwen3ForCausalLM, Qwen3MoeConfig, Qwen3MoeForCausalLM, SmolLM3Config, SmolLM3ForCausalLM, StableLmConfig, StableLmForCausalLM,
)

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"

common = dict(
    vocab_size=48, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, attention_dropout=0.0,
)
small = {**common, "hidden_size": 16, "intermediate_size": 24, "num_attention_heads": 2, "num_key_value_heads": 1}
gpt2 = dict(
    vocab_size=48, n_embd=16, n_layer=2, n_head=2, n_positions=256, bos_token_id=1, eos_token_id=2, resid_pdrop=0.0,
    embd_pdrop=0.0, attn_pdrop=0.0,
)
neox = {**small, "hidden_dropout": 0.0}
del neox["num_key_value_heads"]
falcon = dict(
    vocab_size=48, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, ffn_hidden_size=24,
    max_position_embeddings=64, bos_token_id=1, eos_token_id=2, rope_parameters={"rope_theta": 500.0, "rope_type": "default"},
)
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
    # Norms of queries and keys: each head's own, in one tensor and in one a head; over all heads at once.
    "cohere-norms": (CohereForCausalLM, CohereConfig(
        **small, use_qk_norm=True, logit_scale=0.5, rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    "stablelm-norms": (StableLmForCausalLM, StableLmConfig(
        **small, qk_layernorm=True, use_parallel_residual=True,
        rope_parameters={"rope_theta": 500.0, "rope_type": "default", "partial_rotary_factor": 0.75})),
    "olmo2": (Olmo2ForCausalLM, Olmo2Config(
        **small, rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    "olmo2-bias": (Olmo2ForCausalLM, Olmo2Config(
        **small, attention_bias=True, tie_word_embeddings=True, rms_norm_eps=1e-3,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    "stablelm-parallel": (StableLmForCausalLM, StableLmConfig(
        **small, use_parallel_residual=True, tie_word_embeddings=True, layer_norm_eps=1e-3,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    # Positions that are learned, weights of [in, out]; a scale that falls from layer to layer, and no head of its own.
    "gpt2": (GPT2LMHeadModel, GPT2Config(**gpt2)),
    "gpt2-scales": (GPT2LMHeadModel, GPT2Config(
        **{**gpt2, "layer_norm_epsilon": 1e-3}, n_inner=24, activation_function="relu",
        scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False)),
    "phi3": (Phi3ForCausalLM, Phi3Config(
        **small, pad_token_id=0, rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    # Short and long factors that differ: texts within the original positions have the short ones.
    "phi3-longrope": (Phi3ForCausalLM, Phi3Config(
        **{**small, "max_position_embeddings": 1024}, pad_token_id=0, sliding_window=7, tie_word_embeddings=True,
        original_max_position_embeddings=256, rope_parameters={
            "rope_theta": 500.0, "rope_type": "longrope", "partial_rotary_factor": 0.5,
            "short_factor": [1.0, 1.5], "long_factor": [2.0, 5.0]})),
    "gpt-neox": (GPTNeoXForCausalLM, GPTNeoXConfig(
        **neox, rope_parameters={"rope_theta": 500.0, "rope_type": "default", "partial_rotary_factor": 0.5})),
    "gpt-neox-after": (GPTNeoXForCausalLM, GPTNeoXConfig(
        **neox, use_parallel_residual=False, attention_bias=False, tie_word_embeddings=True, layer_norm_eps=1e-3,
        hidden_act="gelu_new", rope_parameters={
            "rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0, "partial_rotary_factor": 1.0})),
    # One key head, and heads that have their own; one norm, two, and one after the other.
    "falcon": (FalconForCausalLM, FalconConfig(**falcon)),
    "falcon-new": (FalconForCausalLM, FalconConfig(
        **{**falcon, "num_attention_heads": 4, "tie_word_embeddings": False}, new_decoder_architecture=True,
        num_kv_heads=2)),
    "falcon-new-norm": (FalconForCausalLM, FalconConfig(
        **{**falcon, "num_attention_heads": 4}, new_decoder_architecture=True, num_kv_heads=2,
        num_ln_in_parallel_attn=1, activation="relu")),
    "falcon-after": (FalconForCausalLM, FalconConfig(
        **falcon, multi_query=False, parallel_attn=False, bias=True, layer_norm_epsilon=1e-3)),
    # Both caps, small enough to bend scores and logits; texts longer than the window.
    "gemma2": (Gemma2ForCausalLM, Gemma2Config(
        **{**small, "num_hidden_layers": 3}, head_dim=12, query_pre_attn_scalar=5, sliding_window=7,
        attn_logit_softcapping=1.5, final_logit_softcapping=4.0, attention_bias=True,
        rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    # No cap, a window in the second layer, a head of its own.
    "gemma2-plain": (Gemma2ForCausalLM, Gemma2Config(
        **small, head_dim=8, query_pre_attn_scalar=8, sliding_window=5, attn_logit_softcapping=None,
        final_logit_softcapping=None, tie_word_embeddings=False, layer_types=["full_attention", "sliding_attention"],
        rope_parameters={"rope_theta": 10000.0, "rope_type": "linear", "factor": 2.0})),
    "gemma3-capped": (Gemma3ForCausalLM, Gemma3TextConfig(
        **small, head_dim=8, query_pre_attn_scalar=8, sliding_window=5, final_logit_softcapping=3.0,
        layer_types=["sliding_attention", "full_attention"], rope_parameters={
            "sliding_attention": {"rope_theta": 50.0, "rope_type": "default"},
            "full_attention": {"rope_theta": 1000.0, "rope_type": "default"}})),
    # Every second layer turns nothing.
    "smollm3": (SmolLM3ForCausalLM, SmolLM3Config(
        **{**small, "num_hidden_layers": 3}, pad_token_id=0, no_rope_layer_interval=2,
        rope_parameters={"rope_theta": 500.0, "rope_type": "default"})),
    "smollm3-window": (SmolLM3ForCausalLM, SmolLM3Config(
        **small, pad_token_id=0, no_rope_layers=[0, 1], use_sliding_window=True, sliding_window=7, attention_bias=True,
        mlp_bias=True, tie_word_embeddings=False,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16})),
    # A norm over all heads together; shares that are not divided, and some that are, with biases and a tied head.
    "olmoe": (OlmoeForCausalLM, OlmoeConfig(
        **{**common, "intermediate_size": 24}, num_experts=4, num_experts_per_tok=2, tie_word_embeddings=False,
        rope_parameters={"rope_theta": 10000.0, "rope_type": "default"})),
    "olmoe-shares": (OlmoeForCausalLM, OlmoeConfig(
        **{**small, "intermediate_size": 16}, num_experts=4, num_experts_per_tok=3, norm_topk_prob=True,
        attention_bias=True, tie_word_embeddings=True, rope_parameters={"rope_theta": 100.0, "rope_type": "default"})),
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


# What llama.cpp calls the modules of the families with one projection for query, key and value, and where it has its parts.
gguf_names = {
    "gpt2": {
        "wte": "token_embd", "wpe": "position_embd", "ln_f": "output_norm", "lm_head": "output", "ln_1": "attn_norm",
        "attn.c_attn": "attn_qkv", "attn.c_proj": "attn_output", "ln_2": "ffn_norm", "mlp.c_fc": "ffn_up",
        "mlp.c_proj": "ffn_down"},
    "phi3": {
        "embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
        "self_attn.qkv_proj": "attn_qkv", "self_attn.o_proj": "attn_output", "post_attention_layernorm": "ffn_norm",
        "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down"},
    "gptneox": {
        "embed_in": "token_embd", "final_layer_norm": "output_norm", "embed_out": "output",
        "input_layernorm": "attn_norm", "attention.query_key_value": "attn_qkv", "attention.dense": "attn_output",
        "post_attention_layernorm": "ffn_norm", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down"},
    "falcon": {
        "word_embeddings": "token_embd", "ln_f": "output_norm", "lm_head": "output", "input_layernorm": "attn_norm",
        "ln_attn": "attn_norm_2", "ln_mlp": "attn_norm", "self_attention.query_key_value": "attn_qkv",
        "self_attention.dense": "attn_output", "mlp.dense_h_to_4h": "ffn_up", "mlp.dense_4h_to_h": "ffn_down"},
}


def write_fused_gguf(config, tensors, path):
    """The same model as GGUF has it: weights of [out, in], all rows of queries, then of keys, then of values."""
    architecture = config.model_type.replace("_", "")
    heads = config.num_attention_heads
    groups = getattr(config, "num_key_value_heads", heads)
    if architecture == "falcon":
        groups = config.num_kv_heads if config.new_decoder_architecture or not config.multi_query else 1
    inner = {
        "gpt2": lambda: config.n_inner or 4 * config.n_embd, "falcon": lambda: config.ffn_hidden_size,
    }.get(architecture, lambda: config.intermediate_size)()
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    if architecture in ("phi3", "falcon"):
        writer.add_head_count_kv(groups)
    if architecture == "phi3":
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_sliding_window(config.sliding_window or 0)
    else:
        writer.add_layer_norm_eps(
            config.layer_norm_eps if architecture == "gptneox" else config.layer_norm_epsilon)
    if architecture != "gpt2":
        share = config.rope_parameters.get("partial_rotary_factor", 1.0)
        if architecture != "falcon":
            writer.add_rope_dimension_count(int(config.hidden_size // heads * share))
        writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    if architecture == "gptneox":
        writer.add_parallel_residual(config.use_parallel_residual)
    writer.add_bos_token_id(config.bos_token_id)
    writer.add_eos_token_id(config.eos_token_id)
    for key, value in tensors.items():
        module, suffix = key.rsplit(".", 1)
        layer = None
        for prefix in ("transformer.h.", "model.layers.", "gpt_neox.layers."):
            if module.startswith(prefix):
                layer, module = module.removeprefix(prefix).split(".", 1)
        for prefix in ("transformer.", "model.", "gpt_neox."):
            module = module.removeprefix(prefix)
        name = gguf_names[architecture][module]
        if architecture == "gpt2" and layer and value.dim() == 2:
            value = value.T
        if module.endswith("query_key_value"):
            blocks = value.reshape(groups, heads // groups + 2, -1, *value.shape[1:])
            value = torch.cat([
                part.reshape(-1, *value.shape[1:]) for part in (blocks[:, :-2], blocks[:, -2], blocks[:, -1])])
        writer.add_tensor((f"blk.{layer}." if layer else "") + f"{name}.{suffix}", value.contiguous().numpy())
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
            if "norm" in parameter_name or ".ln_" in parameter_name:
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
    if any(".experts." in key for key in tensors) or config.model_type == "gpt_neox":
        tensors = stored_tensors(model)
    if config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
        tensors.pop("embed_out.weight", None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if name == "gemma3":
        write_gemma_gguf(config, tensors, folder / "model.gguf")
    # llama.cpp knows no other activations, biases and scales of them.
    if name in ("gpt2", "phi3", "gpt-neox", "falcon", "falcon-new"):
        write_fused_gguf(config, tensors, folder / "model.gguf")
    golden = {
        "torch": torch.__version__, "transformers": transformers.__version__, "ids": ids,
        "logits": [[round(x, 7) for x in row.flatten().tolist()] for row in logits],
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
