#!/usr/bin/env python3
"""Makes the goldens of Tests/TrainingTests/Fixtures/starts: adapters of PEFT that begin with a weight, a gradient or activations.

For each case: the adapter as it begins, the losses of five AdamW steps on one batch, the gradients of the first, and what the trained
adapter adds to one weight. The bases are the small models that lie beside the tests.
Made with torch, transformers and peft; the versions are written into golden.json.
Run: python3 scripts/goldens/adapter_starts.py
"""
import json
import pathlib

import peft
import torch
import transformers
from peft.tuners.lora.loraga import preprocess_loraga
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

root = pathlib.Path(__file__).resolve().parents[2]
output = root / "Tests" / "TrainingTests" / "Fixtures" / "starts"
versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}
llama = dict(
    folder=root / "Tests/TestSupport/TinyModel/base",
    target_modules=["model.layers.0.self_attn.k_proj", "model.layers.1.self_attn.k_proj", "model.layers.2.mlp.down_proj"],
    rank_pattern={"layers.0.self_attn.k_proj": 3}, alpha_pattern={"down_proj": 5})
gpt2 = dict(
    folder=root / "Tests/ModelsTests/Fixtures/gpt2",
    target_modules=["transformer.h.0.attn.c_attn", "transformer.h.1.mlp.c_proj"], fan_in_fan_out=True)
cases = {
    "pissa": (llama, dict(init_lora_weights="pissa")),
    "pissa-stabilised": (llama, dict(init_lora_weights="pissa", use_rslora=True)),
    "pissa-dora": (llama, dict(init_lora_weights="pissa", use_dora=True)),
    "olora": (llama, dict(init_lora_weights="olora")),
    "eva": (llama, dict(init_lora_weights="eva")),
    "lora-ga": (llama, dict(init_lora_weights="lora_ga")),
    "gpt2-pissa": (gpt2, dict(init_lora_weights="pissa")),
    "gpt2-eva": (gpt2, dict(init_lora_weights="eva")),
}


def exact(matrix, q=6, niter=2, M=None):
    """In the place of torch.svd_lowrank, whose random subspace misses the third digit of some directions."""
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    return left[:, :q], values[:q], right[:q].T


torch.svd_lowrank = exact


def rows(vocabulary):
    """Two rows of made-up tokens, the first third of each without loss."""
    torch.manual_seed(5)
    ids = torch.randint(3, vocabulary, (2, 24))
    labels = ids.clone()
    labels[0, :8] = -100
    labels[1, :5] = -100
    return ids, labels


def adapted(model, settings, batch):
    """The model with an adapter as PEFT begins it."""
    start = settings["init_lora_weights"]
    if start == "lora_ga":
        settings = settings | {"lora_ga_config": peft.LoraGAConfig()}
    if start == "eva":
        settings = settings | {"eva_config": peft.EvaConfig(rho=2.0, tau=0.99)}
    configuration = peft.LoraConfig(r=4, lora_alpha=6, task_type="CAUSAL_LM", **settings)
    if start == "lora_ga":
        preprocess_loraga(model, configuration, lambda: model(**batch).loss.backward())
        model.eval()
    tuned = peft.get_peft_model(model, configuration)
    if start == "eva":
        peft.initialize_lora_eva_weights(tuned, [batch], show_progress_bar=False)
    return tuned


def factors(tuned):
    return {
        name.removeprefix("base_model.model.").replace(".default", ""): value.detach().clone().contiguous()
        for name, value in tuned.named_parameters() if value.requires_grad}


def delta(tuned, base, name):
    """What base and adapter together add to the untouched weight."""
    merged = tuned.merge_and_unload()
    change = merged.get_submodule(name).weight.detach() - base.get_submodule(name).weight.detach()
    return change.T.contiguous() if type(merged.get_submodule(name)).__name__ == "Conv1D" else change.contiguous()


def main():
    torch.set_num_threads(1)
    for name, (family, method) in cases.items():
        torch.manual_seed(17)
        family = dict(family)
        folder = family.pop("folder")
        base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        ids, labels = rows(model.config.vocab_size)
        batch = dict(input_ids=ids, labels=labels, attention_mask=torch.ones_like(ids))
        settings = family | method
        tuned = adapted(model, settings, batch)
        tuned.eval()
        tensors = {"init." + key: value for key, value in factors(tuned).items()}
        parameters = [value for value in tuned.parameters() if value.requires_grad]
        optimiser = torch.optim.AdamW(parameters, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
        losses = []
        for step in range(6):
            loss = tuned(**batch).loss
            losses.append(loss.item())
            if step == 5:
                break
            optimiser.zero_grad()
            loss.backward()
            if step == 0:
                for key, value in tuned.named_parameters():
                    if value.requires_grad:
                        key = key.removeprefix("base_model.model.").replace(".default", "")
                        tensors["gradient." + key] = value.grad.detach().clone().contiguous()
            optimiser.step()
        ranks = {key: tuned.get_submodule("base_model.model." + key).r["default"]
                 for key in settings["target_modules"]
                 if hasattr(tuned.get_submodule("base_model.model." + key), "r")}
        module = next(iter(ranks))
        tensors["delta." + module] = delta(tuned, base, module)
        place = output / name
        place.mkdir(parents=True, exist_ok=True)
        save_file(tensors, place / "tensors.safetensors")
        (place / "tensors.safetensors").chmod(0o644)
        (place / "golden.json").write_text(json.dumps(versions | {
            "start": method["init_lora_weights"], "use_rslora": method.get("use_rslora", False),
            "use_dora": method.get("use_dora", False), "r": 4, "alpha": 6,
            "target_modules": settings["target_modules"], "rank_pattern": settings.get("rank_pattern", {}),
            "alpha_pattern": settings.get("alpha_pattern", {}), "ranks": ranks, "delta": module,
            "input_ids": ids.tolist(), "labels": labels.tolist(), "losses": losses}, indent=1) + "\n")


main()
