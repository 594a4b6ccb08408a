"""Adapters combined by PEFT: `python combinations.py Tests/AdaptersTests/Fixtures/combinations [SEED]`.

Writes PEFT folders of small adapters for the first block of TinyModel, `cases.json` with what is combined how, and
`combined.safetensors` with the factors that PEFT makes of each case. Made with PEFT 0.21.2 and torch 2.15.0.
"""

import json
import pathlib
import sys
import warnings

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

BASE = pathlib.Path(__file__).parents[2] / "Tests/TestSupport/TinyModel/base"
ADAPTERS = {
    "first": {"r": 4, "lora_alpha": 6, "target_modules": ["q_proj", "k_proj"]},
    "second": {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "down_proj"], "alpha_pattern": {"down_proj": 3}},
    "third": {"r": 3, "lora_alpha": 5, "target_modules": ["q_proj", "k_proj"], "use_rslora": True},
    "patterned": {"r": 4, "lora_alpha": 2, "target_modules": ["q_proj", "k_proj"], "rank_pattern": {"k_proj": 2}},
    "other": {"r": 4, "lora_alpha": 3, "target_modules": ["q_proj", "k_proj"]},
}
PAIR, TRIPLE = ["first", "second"], ["first", "second", "other"]
CASES = [
    {"method": "linear", "adapters": ["patterned"], "weights": [-0.6]},
    {"method": "linear", "adapters": PAIR, "weights": [0.7, 0.3]},
    {"method": "linear", "adapters": PAIR, "weights": [1.3, -0.4]},
    {"method": "cat", "adapters": PAIR, "weights": [0.7, 0.3]},
    {"method": "cat", "adapters": ["first", "third", "patterned"], "weights": [0.5, -0.25, 1.0]},
    {"method": "svd", "adapters": PAIR, "weights": [0.7, 0.3]},
    {"method": "svd", "adapters": ["first", "third"], "weights": [0.7, -0.3], "svd_rank": 2},
    {"method": "svd", "adapters": ["first", "third"], "weights": [0.7, 0.3], "svd_rank": 12},
    {"method": "ties", "adapters": TRIPLE, "weights": [0.7, 0.6, -0.5], "density": 0.4},
    {"method": "ties", "adapters": TRIPLE, "weights": [1, 1, 1], "density": 0.65, "majority_sign_method": "frequency"},
    {"method": "ties_svd", "adapters": ["first", "third", "other"], "weights": [0.7, 0.6, 0.5], "density": 0.3,
     "svd_rank": 8},
    {"method": "ties_svd", "adapters": TRIPLE, "weights": [1, -1, 0.5], "density": 0.55,
     "majority_sign_method": "frequency", "svd_rank": 32},
    {"method": "magnitude_prune", "adapters": PAIR, "weights": [0.9, 0.4], "density": 0.37},
    {"method": "magnitude_prune_svd", "adapters": ["first", "third"], "weights": [0.9, 0.4], "density": 0.37,
     "svd_rank": 6},
    # Nothing is dropped, so that nothing is random.
    {"method": "dare_linear", "adapters": PAIR, "weights": [0.9, 0.4], "density": 1.0},
    {"method": "dare_ties", "adapters": TRIPLE, "weights": [0.9, 0.4, 0.2], "density": 1.0},
    {"method": "dare_linear_svd", "adapters": ["first", "third"], "weights": [0.9, 0.4], "density": 1.0, "svd_rank": 7},
    {"method": "dare_ties_svd", "adapters": ["first", "third", "other"], "weights": [0.9, 0.4, 0.2], "density": 1.0,
     "svd_rank": 32},
]


def adapted(seed):
    """TinyModel with all adapters, of random factors."""
    torch.manual_seed(seed)
    model = None
    for name, settings in ADAPTERS.items():
        config = LoraConfig(task_type="CAUSAL_LM", layers_to_transform=[0], **settings)
        if model is None:
            model = get_peft_model(AutoModelForCausalLM.from_pretrained(BASE), config, adapter_name=name)
        else:
            model.add_adapter(name, config)
    for key, parameter in model.named_parameters():
        if "lora_" in key:
            parameter.data = torch.randn_like(parameter) * 0.3
    return model


def combined(model, case, name):
    """The factors of one case, by module."""
    options = {key: case[key] for key in ("density", "majority_sign_method", "svd_rank") if key in case}
    model.add_weighted_adapter(case["adapters"], case["weights"], name, combination_type=case["method"], **options)
    factors = {}
    for path, module in model.named_modules():
        if name in getattr(module, "lora_A", {}):
            for letter in "AB":
                weight = getattr(module, f"lora_{letter}")[name].weight
                factors[f"{path.removeprefix('base_model.model.')}.lora_{letter}.weight"] = weight.detach().contiguous()
    model.delete_adapter(name)
    return factors


def main():
    warnings.simplefilter("ignore", UserWarning)
    folder = pathlib.Path(sys.argv[1])
    model = adapted(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    for readme in folder.rglob("README.md"):
        readme.unlink()
    for path in folder.rglob("adapter_config.json"):
        config = json.loads(path.read_text(encoding="utf-8")) | {"base_model_name_or_path": "base"}
        path.write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    tensors = {}
    for number, case in enumerate(CASES):
        for key, value in combined(model, case, f"case{number}").items():
            tensors[f"{number}.{key}"] = value
    save_file(tensors, folder / "combined.safetensors")
    (folder / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n", encoding="utf-8")


main()
