#!/usr/bin/env python3
"""Writes the tiny random encoders of Tests/ModelsTests/Fixtures: weights, configuration, and of two texts the states, what the
pooler makes of them, and the gradients of adapters.

The gradients are those of the sum of all states, each times a weight that follows from its place, by adapters of PEFT on all
linear layers of the blocks; they lie beside the adapters' numbers in `adapter.safetensors`. Where llama.cpp has the
architecture, the same model lies there as a GGUF file, too.
Made with torch, transformers, PEFT and gguf (versions are written into each golden.json).
Run: python3 scripts/goldens/tiny_encoders.py [NAME...]
"""
import json
import pathlib
import sys

import gguf
import peft
import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    BertConfig, BertForMaskedLM, BertModel, DistilBertConfig, DistilBertForMaskedLM, DistilBertModel, ModernBertConfig,
    ModernBertForMaskedLM, ModernBertModel, NomicBertConfig, NomicBertModel, RobertaConfig, RobertaForSequenceClassification,
    XLMRobertaConfig, XLMRobertaModel,
)

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"
sizes = dict(vocab_size=48, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2)
bert = dict(**sizes, max_position_embeddings=32, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
distil = dict(
    vocab_size=48, dim=16, hidden_dim=24, n_layers=2, n_heads=2, max_position_embeddings=32, dropout=0.0,
    attention_dropout=0.0)
modern = dict(
    **{**sizes, "num_hidden_layers": 4}, max_position_embeddings=64, pad_token_id=0, bos_token_id=1, eos_token_id=2,
    cls_token_id=1, sep_token_id=2)
models = {
    # A file of the bare model and its pooler, with types of tokens told apart.
    "bert": (BertModel, BertConfig(**bert)),
    # A file of the model under a head, without pooler; another activation, another ε, one type of tokens.
    "bert-masked": (BertForMaskedLM, BertConfig(**bert, hidden_act="relu", layer_norm_eps=1e-5, type_vocab_size=1)),
    # Positions begin after the padding token's.
    "roberta": (RobertaForSequenceClassification, RobertaConfig(
        **bert, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2, layer_norm_eps=1e-5)),
    "xlm-roberta": (XLMRobertaModel, XLMRobertaConfig(
        **bert, type_vocab_size=1, pad_token_id=3, bos_token_id=0, eos_token_id=2, hidden_act="gelu_new")),
    "distilbert": (DistilBertModel, DistilBertConfig(**distil)),
    "distilbert-masked": (DistilBertForMaskedLM, DistilBertConfig(**distil, activation="relu", sinusoidal_pos_embds=True)),
    # Texts longer than the window.
    "modernbert": (ModernBertModel, ModernBertConfig(
        **modern, local_attention=6, global_attn_every_n_layers=3, global_rope_theta=1000.0, local_rope_theta=50.0)),
    "modernbert-biases": (ModernBertForMaskedLM, ModernBertConfig(
        **modern, local_attention=9, layer_types=["sliding_attention", "full_attention"] * 2, attention_bias=True,
        mlp_bias=True, norm_bias=True, hidden_activation="silu", norm_eps=1e-6)),
    "nomic-bert": (NomicBertModel, NomicBertConfig(
        **bert, rope_parameters={"rope_theta": 200.0, "rope_type": "default"}, layer_norm_eps=1e-5)),
}
gguf_names = {
    "embeddings.word_embeddings": "token_embd", "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types", "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q", "attention.self.key": "attn_k", "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output", "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up", "output.dense": "ffn_down", "output.LayerNorm": "layer_output_norm",
}


def write_gguf(config, tensors, path):
    """The model as llama.cpp's converter writes it: without the pooler."""
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_head_count(config.num_attention_heads)
    writer.add_layer_norm_eps(config.layer_norm_eps)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.CLS)
    writer.add_token_type_count(config.type_vocab_size)
    for key, value in tensors.items():
        module, suffix = key.rsplit(".", 1)
        if module.startswith("pooler"):
            continue
        if module.startswith("encoder.layer."):
            layer, module = module.removeprefix("encoder.layer.").split(".", 1)
            name = f"blk.{layer}.{gguf_names[module]}.{suffix}"
        else:
            name = f"{gguf_names[module]}.{suffix}"
        writer.add_tensor(name, value.numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def weights(count):
    """What each number of the states counts in the sum whose gradients are taken."""
    return torch.cos(0.37 * torch.arange(count, dtype=torch.float64)).float()


chosen = sys.argv[1:] or list(models)
for index, (name, (kind, config)) in enumerate(models.items()):
    if name not in chosen:
        continue
    torch.manual_seed(300 + index)
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter)
            isNorm = "norm" in parameter_name.lower() and parameter_name.endswith("weight")
            parameter.copy_(1 + 0.2 * noise if isNorm else 0.25 * noise)
    generator = torch.Generator().manual_seed(7)
    ids = [torch.randint(4, 48, (length,), generator=generator).tolist() for length in (21, 5)]
    if "roberta" in name:
        # A padding token inside a text has a position of its own, and is passed over when others are counted.
        ids[0][9] = config.pad_token_id
    types = None
    if getattr(config, "type_vocab_size", 0) > 1:
        types = [[int(row > 0.6 * len(text)) for row in range(len(text))] for text in ids]
    base = getattr(model, model.base_model_prefix, model)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    config.architectures = [kind.__name__]
    config.save_pretrained(folder)
    written = json.loads((folder / "config.json").read_text())
    written["model_type"] = config.model_type
    (folder / "config.json").write_text(json.dumps(written, indent=1) + "\n")
    tensors = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
    shared = ["cls.predictions.decoder.weight", "cls.predictions.decoder.bias", "vocab_projector.weight", "decoder.weight"]
    for key in shared:
        tensors.pop(key, None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    if name == "bert":
        write_gguf(config, tensors, folder / "model.gguf")

    def run(encoder):
        outputs = []
        for number, text in enumerate(ids):
            extra = {} if types is None else {"token_type_ids": torch.tensor([types[number]])}
            outputs.append(encoder(torch.tensor([text]), attention_mask=torch.ones(1, len(text), dtype=torch.long), **extra))
        return outputs

    with torch.no_grad():
        outputs = run(base)
    golden = {
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__, "ids": ids,
        "types": types,
        "states": [[round(x, 6) for x in output.last_hidden_state.flatten().tolist()] for output in outputs],
    }
    if getattr(outputs[0], "pooler_output", None) is not None:
        golden["pooled"] = [[round(x, 6) for x in output.pooler_output.flatten().tolist()] for output in outputs]
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")

    linear = [path for path, module in base.named_modules() if isinstance(module, torch.nn.Linear) and "pooler" not in path]
    adapted = peft.get_peft_model(base, peft.LoraConfig(r=2, lora_alpha=3, target_modules=linear)).eval()
    kept = {}
    with torch.no_grad():
        for parameter_name, parameter in adapted.named_parameters():
            if "lora_" in parameter_name:
                parameter.copy_(0.1 * torch.randn_like(parameter))
    states = torch.cat([output.last_hidden_state.flatten() for output in run(adapted)])
    (states * weights(states.numel())).sum().backward()
    for parameter_name, parameter in adapted.named_parameters():
        if "lora_" in parameter_name:
            path = parameter_name.removeprefix("base_model.model.").replace(".default", "")
            kept[path] = parameter.detach().contiguous()
            kept[path + ".gradient"] = parameter.grad.contiguous()
    kept["states"] = states.detach()
    save_file(kept, folder / "adapter.safetensors", metadata={"format": "pt"})
