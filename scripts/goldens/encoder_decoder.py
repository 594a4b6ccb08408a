#!/usr/bin/env python3
"""Writes the tiny random models with an encoder of Tests/ModelsTests/Fixtures: weights, configuration, what is read and written, fp32
logits, and what transformers writes greedily.

Made with torch and transformers (versions are written into each golden.json). Run: python3 scripts/goldens/encoder_decoder.py
"""
import json
import pathlib
import tempfile

import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import MT5Config, MT5ForConditionalGeneration, T5Config, T5ForConditionalGeneration

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "ModelsTests" / "Fixtures"

common = dict(
    vocab_size=48, d_model=16, d_kv=6, d_ff=24, num_layers=2, num_heads=3, decoder_start_token_id=0, pad_token_id=0,
    eos_token_id=1, dropout_rate=0.0,
)
models = {
    # Few buckets and short distances, so that texts of some tokens reach the last bucket.
    "t5": (T5ForConditionalGeneration, T5Config(
        **common, num_decoder_layers=3, relative_attention_num_buckets=8, relative_attention_max_distance=12), False),
    "t5-gated": (T5ForConditionalGeneration, T5Config(
        **common, feed_forward_proj="gated-gelu", relative_attention_num_buckets=8, relative_attention_max_distance=12,
        tie_word_embeddings=False), True),
    "mt5": (MT5ForConditionalGeneration, MT5Config(**common, layer_norm_epsilon=1e-5), False),
}


def stored_tensors(model):
    """What a saved model holds."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        return load_file(pathlib.Path(folder) / "model.safetensors")


for index, (name, (kind, config, has_head)) in enumerate(models.items()):
    torch.manual_seed(300 + index)
    config._attn_implementation = "eager"
    model = kind(config).float().eval()
    if has_head:
        model.lm_head.weight = torch.nn.Parameter(torch.empty(config.vocab_size, config.d_model))
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            spread = 1.0 if "relative" in parameter_name else 0.25
            parameter.copy_(
                1 + 0.2 * torch.randn_like(parameter) if "norm" in parameter_name else spread * torch.randn_like(parameter))
    generator = torch.Generator().manual_seed(7)
    read = [torch.randint(3, 48, (length,), generator=generator).tolist() for length in (17, 5)]
    written = [[0] + torch.randint(3, 48, (length,), generator=generator).tolist() for length in (8, 15)]
    with torch.no_grad():
        logits = [
            model(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target])).logits[0]
            for source, target in zip(read, written)
        ]
        answers = [
            model.generate(torch.tensor([source]), max_new_tokens=12, do_sample=False, use_cache=False)[0].tolist()[1:]
            for source in read
        ]
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    config.save_pretrained(folder)
    tensors = stored_tensors(model)
    if has_head:
        tensors["lm_head.weight"] = model.lm_head.weight.detach().clone()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    golden = {
        "torch": torch.__version__, "transformers": transformers.__version__, "read": read, "written": written,
        "answers": answers, "logits": [[round(x, 7) for x in row.flatten().tolist()] for row in logits],
    }
    (folder / "golden.json").write_text(json.dumps(golden) + "\n")
