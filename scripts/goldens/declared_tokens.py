#!/usr/bin/env python3
"""Writes Tests/TokenizersTests/Fixtures/declared.cases.json: tokens that stand beside tokenizer.json alone, and the ids that
transformers gives with them. The tokenizer is Fixtures/llama3.tokenizer.json.

Run with transformers from the package root: python scripts/goldens/declared_tokens.py
"""
import json
import pathlib
import tempfile

import transformers

FIXTURES = pathlib.Path("Tests/TokenizersTests/Fixtures")
BASE = json.loads((FIXTURES / "llama3.tokenizer.json").read_text())
SIZE = len(BASE["model"]["vocab"])
TEXTS = ["a<|tool|>b", "<|bos|> x <|eot|>", "the dose<pad> y", "  <|tool|>  <think>z</think> ", "patient doses <|one|><|two|><|bos|>"]
FLAGS = {"lstrip": False, "rstrip": False, "single_word": False}


def special(content, **flags):
    return {"content": content, "normalized": False, "special": True, **FLAGS, **flags}


CASES = {
    "decoder": {"config": {"added_tokens_decoder": {str(SIZE): special("<|tool|>"), str(SIZE + 1): special("<think>")}}},
    "decoder out of order": {
        "config": {"added_tokens_decoder": {str(SIZE + 9): special("<|tool|>"), str(SIZE + 4): special("<think>")}}},
    "decoder changes flags": {
        "config": {"added_tokens_decoder": {"0": special("<|bos|>", rstrip=True), str(SIZE): special("</think>", lstrip=True)}}},
    "decoder, a word of the text": {
        "config": {"added_tokens_decoder": {
            str(SIZE): {"content": "dose", "normalized": True, "special": False, **FLAGS, "single_word": True}}}},
    "names": {"config": {"bos_token": "<|bos|>", "eos_token": "<|eot|>", "pad_token": "<pad>", "unk_token": "<|one|>"}},
    "additional": {"config": {"additional_special_tokens": ["<|tool|>", "<think>", "the"]}},
    "extra": {"config": {"extra_special_tokens": ["<|two|>", "<|one|>"], "additional_special_tokens": ["<|tool|>"]}},
    "extra by name": {"config": {"extra_special_tokens": {"tool_token": "<|tool|>", "end_token": "</think>"}}},
    "a name of its own": {"config": {"image_token": "<|one|>", "eos_token": "<|eot|>"}},
    "map": {
        "config": {"eos_token": "<|one|>"},
        "map": {"eos_token": special("<|eot|>"), "pad_token": "<pad>", "additional_special_tokens": ["<|tool|>"]}},
    "map beside a decoder": {
        "config": {"added_tokens_decoder": {str(SIZE): special("<|tool|>")}}, "map": {"pad_token": "<pad>"}},
    "added": {"config": {"pad_token": "<pad>"}, "added": {"<think>": SIZE + 1, "<|tool|>": SIZE, "<pad>": SIZE + 2}},
}
written = []
for name, files in CASES.items():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "tokenizer.json").write_text(json.dumps(BASE))
        config = {"tokenizer_class": "PreTrainedTokenizerFast", **files["config"]}
        (folder / "tokenizer_config.json").write_text(json.dumps(config))
        for key, file in [("map", "special_tokens_map.json"), ("added", "added_tokens.json")]:
            if key in files:
                (folder / file).write_text(json.dumps(files[key]))
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        written.append({
            "name": name, **files, "eos": tokenizer.eos_token_id,
            "ids": [tokenizer(text, add_special_tokens=False)["input_ids"] for text in TEXTS]})
(FIXTURES / "declared.cases.json").write_text(
    json.dumps({"transformers": transformers.__version__, "texts": TEXTS, "cases": written}, indent=1) + "\n")
