#!/usr/bin/env python3
"""Which modules PEFT's IA3 scales in each family where nobody names any: Tests/ModelExportTests/Fixtures/methods/ia3-targets.json.

Of every tiny model in Tests/ModelsTests/Fixtures the modules whose outputs are scaled and those whose inputs are, or null where PEFT
asks for target_modules. Run after tiny_models.py: python3 scripts/goldens/ia3_targets.py. Needs torch, transformers and peft.
"""
import json
import pathlib

import peft
import transformers

root = pathlib.Path(__file__).resolve().parents[2]
models = root / "Tests" / "ModelsTests" / "Fixtures"
# One of each family; BERT's kin and T5 have no heads of language models here.
NAMES = [
    "llama3", "mistral", "mixtral", "qwen2", "qwen3", "qwen3-moe", "gemma2", "gemma3", "granite", "cohere", "stablelm", "gpt2", "phi3",
    "gpt-neox", "falcon", "falcon-new", "smollm3", "olmo2", "olmoe", "bert", "roberta", "xlm-roberta", "distilbert", "t5", "t5-gated", "mt5",
]


def scaled(name):
    config = transformers.AutoConfig.from_pretrained(models / name)
    kinds = [transformers.AutoModelForCausalLM, transformers.AutoModel]
    kind = transformers.AutoModelForSeq2SeqLM if config.is_encoder_decoder else kinds[config.model_type.find("bert") >= 0]
    try:
        tuned = peft.get_peft_model(kind.from_config(config), peft.IA3Config())
    except ValueError as refusal:
        assert "target_modules" in str(refusal), refusal
        return None
    layers = {path.removeprefix("base_model.model."): layer for path, layer in tuned.named_modules() if hasattr(layer, "is_feedforward")}
    return {
        key: [path for path, layer in layers.items() if layer.is_feedforward == isInput]
        for key, isInput in [("outputs", False), ("inputs", True)]
    }


def main():
    # The first block says it all.
    found = {name: scaled(name) for name in NAMES}
    for entry in found.values():
        for key, paths in (entry or {}).items():
            entry[key] = [path for path in paths if ".0." in path]
    target = root / "Tests" / "ModelExportTests" / "Fixtures" / "methods" / "ia3-targets.json"
    target.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
