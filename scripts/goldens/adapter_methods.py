#!/usr/bin/env python3
"""Runs of the adapter methods whose product is not B·A alone, by PEFT: IA3, VeRA, LoHa, LoKr, AdaLoRA.

On the small trained Llama of Tests/TestSupport/TinyModel a folder each: the adapter before and after five steps of AdamW, the first
step's gradients, losses, gradient norms, and two merged weights. `adalora-budget` is a run in which ranks are given up and A and B are
held orthogonal. On the tiny GPT-2 of Tests/ModelsTests/Fixtures (weights stored [in, out], biases), or a Qwen2 where PEFT has no layers
for GPT-2's, in Tests/ModelExportTests/Fixtures/methods: adapter, loss, gradients, one block's merged weights and biases.
Run after tiny_trained.py and tiny_models.py: python3 scripts/goldens/adapter_methods.py. Needs torch, transformers and peft.
"""
import json
import pathlib
import shutil

import peft
import torch
import transformers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

root = pathlib.Path(__file__).resolve().parents[2]
tiny = root / "Tests" / "TestSupport" / "TinyModel"
fixtures = root / "Tests" / "ModelsTests" / "Fixtures"
others = root / "Tests" / "ModelExportTests" / "Fixtures" / "methods"
golden = json.loads((tiny / "lora" / "golden.json").read_text())
TARGETS = ["q_proj", "v_proj", "down_proj"]
STEPS = 5
BUDGET = dict(tinit=1, tfinal=1, deltaT=1, beta1=0.85, beta2=0.85, total_step=STEPS)


def configuration(method, targets, ends):
    common = dict(target_modules=targets, task_type="CAUSAL_LM")
    return {
        "ia3": lambda: peft.IA3Config(feedforward_modules=ends, **common),
        "vera": lambda: peft.VeraConfig(r=6, projection_prng_key=3, d_initial=0.2, **common),
        "loha": lambda: peft.LoHaConfig(r=2, alpha=3, **common),
        "lokr": lambda: peft.LoKrConfig(r=3, alpha=5, decompose_both=True, decompose_factor=4, **common),
        "adalora": lambda: peft.AdaLoraConfig(
            init_r=4, target_r=2, lora_alpha=8, orth_reg_weight=0.0, **BUDGET, **common),
        "adalora-budget": lambda: peft.AdaLoraConfig(
            init_r=4, target_r=2, lora_alpha=8, orth_reg_weight=0.3, **BUDGET, **common),
    }[method]()


def adapted(model, config):
    """The model with an adapter that has a gradient everywhere."""
    torch.manual_seed(23)
    tuned = peft.get_peft_model(model, config)
    tuned.peft_config["default"].base_model_name_or_path = "tiny"
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if not parameter.requires_grad:
                continue
            if "ia3_l" in name:
                parameter.add_(0.2 * torch.randn_like(parameter))
            elif "vera_lambda_b" in name or "lora_E" in name or "lokr_w1" in name or "hada_w2_b" in name:
                parameter.add_(0.1 * torch.randn_like(parameter))
    return tuned


def save(tuned, folder, targets):
    tuned.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    # Sets in PEFT: in another order at every run.
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text()) | {"target_modules": targets}
    if settings.get("feedforward_modules"):
        settings["feedforward_modules"] = sorted(settings["feedforward_modules"])
    path.write_text(json.dumps(settings, indent=1) + "\n")
    (folder / "adapter_model.safetensors").chmod(0o644)


def gradients_of(tuned):
    return {n: p.grad.clone().contiguous() for n, p in tuned.named_parameters() if p.requires_grad}


def run_on_llama(method):
    folder = tiny / method
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(tiny / "base", dtype=torch.float32, attn_implementation="eager")
    tuned = adapted(model, configuration(method, TARGETS, ["down_proj"])).eval()
    batch = dict(
        input_ids=torch.tensor(golden["input_ids"]), attention_mask=torch.tensor(golden["attention_mask"]),
        labels=torch.tensor(golden["labels"]))
    save(tuned, folder / "init", TARGETS)
    optimiser = torch.optim.AdamW(
        [p for p in tuned.parameters() if p.requires_grad], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms, budgets = [], [], []
    for step in range(STEPS + 1):
        loss = tuned(**batch).loss
        losses.append(loss.item())
        if step == STEPS:
            break
        optimiser.zero_grad()
        loss.backward()
        gradients = gradients_of(tuned)
        norms.append(torch.sqrt(sum((g ** 2).sum() for g in gradients.values())).item())
        if step == 0:
            save_file(gradients, folder / "grads_step0.safetensors")
        optimiser.step()
        if method == "adalora-budget":
            tuned.base_model.update_and_allocate(step + 1)
            values = [p for n, p in tuned.named_parameters() if "lora_E" in n]
            budgets.append(sum(int((p != 0).sum()) for p in values))
    save(tuned, folder / "final", TARGETS)
    merged = {}
    if method != "adalora-budget":
        state = tuned.merge_and_unload().state_dict()
        merged = {n: state[n].contiguous() for n in state if "layers.1." in n and any(t in n for t in TARGETS[1:])}
        save_file(merged, folder / "merged.safetensors")
    (folder / "golden.json").write_text(json.dumps({
        "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
        "optimizer": "AdamW lr 1e-3 betas .9 .999 eps 1e-8 weight_decay 0.01, no clipping, no scheduler",
        "input_ids": golden["input_ids"], "attention_mask": golden["attention_mask"], "labels": golden["labels"],
        "loss_per_step_then_after": losses, "grad_norm": norms, "values_left": budgets}, indent=1) + "\n")
    print(method, losses, norms, budgets)


def run_on_other(method, name, targets, ends, block):
    folder = others / method
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForCausalLM.from_pretrained(fixtures / name, dtype=torch.float32, attn_implementation="eager")
    tuned = adapted(model, configuration(method, targets, ends)).eval()
    save(tuned, folder / "adapter", targets)
    ids = torch.tensor([json.loads((fixtures / name / "golden.json").read_text())["ids"][0]])
    logits = tuned(ids).logits[0, :-1]
    loss = torch.nn.functional.cross_entropy(logits, ids[0, 1:], reduction="sum")
    loss.backward()
    tensors = {"gradient." + n: g for n, g in gradients_of(tuned).items()} | {"loss": loss.detach().reshape(1)}
    state = tuned.merge_and_unload().state_dict()
    tensors |= {
        "merged." + n: v.clone().contiguous() for n, v in state.items()
        if block in n and any(target + "." in n for target in targets)}
    save_file(tensors, folder / "golden.safetensors")
    (folder / "model.txt").write_text(name + "\n")
    print(method, name, float(loss), len(tensors))


def main():
    torch.set_num_threads(1)
    for method in ("ia3", "vera", "loha", "lokr", "adalora", "adalora-budget"):
        run_on_llama(method)
    for method in ("ia3", "vera", "adalora"):
        run_on_other(method, "gpt2-scales", ["c_attn", "mlp.c_proj"], ["mlp.c_proj"], "h.1.")
    for method in ("loha", "lokr"):
        run_on_other(method, "qwen2", ["q_proj", "down_proj"], [], "layers.1.")


if __name__ == "__main__":
    main()
