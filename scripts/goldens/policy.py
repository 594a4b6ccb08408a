#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/policy: what TRL's GRPOTrainer and RLOOTrainer make of answers and rewards that are given.

The model is the small chat model of Tests/TestSupport/TinyModel with the adapter that the run of LoRA begins with, in float64, since
float32 leaves a ratio of whole answers four digits; the reference is the same model with the adapter off; what answers were when they
were written is the model under an adapter halfway between the two. Losses and gradients come from the trainers' own `_compute_loss`,
log-probabilities from their own passes, advantages from the lines of the trainers that make them, here of rewards that are written
down.
Made with torch, transformers, peft and trl; the versions are written into golden.json. Run: python3 scripts/goldens/policy.py
"""
import json
import pathlib
import tempfile

import datasets
import peft
import torch
import transformers
import trl
from peft import LoraConfig, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

root = pathlib.Path(__file__).resolve().parents[2]
model_folder = root / "Tests" / "TestSupport" / "TinyModel"
output = root / "Tests" / "ObjectivesTests" / "Fixtures" / "policy"
TEMPERATURE, MOST, GROUP = 0.7, 12, 3
# Two prompts with three answers each, of lengths of their own.
PROMPTS = [[5, 9, 14, 3, 27], [8, 41, 6]]
ANSWERS = [[[11, 7, 2], [19, 4, 33, 21, 2], [30, 12]], [[7, 7, 16, 2], [25, 2], [13, 40, 18, 22, 9, 31, 2]]]
# Of two rewards each; the second counts half.
REWARDS = [[1.0, 0.0], [0.0, 1.0], [0.25, 1.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.5]]
WEIGHTS = [1.0, 0.5]
RUNS = {
    "grpo": dict(loss_type="grpo", beta=0.0, scale_rewards="group", old=False),
    "grpo_kl": dict(loss_type="grpo", beta=0.3, scale_rewards="group", old=True),
    "dapo": dict(loss_type="dapo", beta=0.1, scale_rewards="batch", old=True, epsilon_high=0.28),
    "bnpo": dict(loss_type="bnpo", beta=0.2, scale_rewards="none", old=False),
    "dr_grpo": dict(loss_type="dr_grpo", beta=0.0, scale_rewards="none", old=True, epsilon=0.01, epsilon_high=0.02),
    "plain_kl": dict(loss_type="grpo", beta=0.2, scale_rewards="none", old=True, use_bias_correction_kl=False),
    "rloo": dict(beta=0.05, old=True),
    "rloo_normalised": dict(beta=0.0, old=True, normalize_advantages=True, epsilon=0.001, epsilon_high=0.3),
}


def trainer(name, settings, folder):
    settings = {key: value for key, value in settings.items() if key != "old"}
    kind, configuration = (RLOOTrainer, RLOOConfig) if name.startswith("rloo") else (GRPOTrainer, GRPOConfig)
    init = model_folder / "lora" / "init"
    made = kind(
        model=AutoModelForCausalLM.from_pretrained(model_folder / "chat", dtype=torch.float64),
        reward_funcs=[lambda completions, **_: [0.0] * len(completions)] * len(WEIGHTS),
        args=configuration(
            output_dir=folder, temperature=TEMPERATURE, max_completion_length=MOST, num_generations=GROUP,
            per_device_train_batch_size=len(PROMPTS) * GROUP, report_to=[], use_cpu=True, bf16=False,
            gradient_checkpointing=False, disable_dropout=True, reward_weights=WEIGHTS, **settings),
        processing_class=AutoTokenizer.from_pretrained(model_folder / "chat"),
        train_dataset=datasets.Dataset.from_list([{"prompt": "Where is Tom?"}] * len(PROMPTS)),
        peft_config=LoraConfig.from_pretrained(init))
    made.model.double()
    set_peft_model_state_dict(made.model, load_file(init / "adapter_model.safetensors"))
    made.model.train()
    made.current_gradient_accumulation_steps = 1
    return made


def padded(rows, left):
    width = max(map(len, rows))
    def pad(row, value, fill):
        return [fill] * (width - len(row)) + value if left else value + [fill] * (width - len(row))
    return (
        torch.tensor([pad(row, row, 0) for row in rows]),
        torch.tensor([pad(row, [1] * len(row), 0) for row in rows]))


def log_probabilities(made, inputs):
    with torch.no_grad():
        return made._get_per_token_logps_and_entropies(
            made.model, torch.cat([inputs["prompt_ids"], inputs["completion_ids"]], 1),
            torch.cat([inputs["prompt_mask"], inputs["completion_mask"]], 1), inputs["completion_ids"].size(1))[0]


def advantages(name, made, rewards):
    """As both trainers make them of rewards, where every reward is a number."""
    grouped = rewards.view(-1, GROUP)
    if name.startswith("rloo"):
        found = rewards - ((grouped.sum(1, keepdim=True) - grouped) / (GROUP - 1)).view(-1)
        return (found - found.mean()) / (found.std() + 1e-4) if made.normalize_advantages else found
    found = rewards - grouped.mean(1).repeat_interleave(GROUP)
    if made.scale_rewards == "none":
        return found
    spread = rewards.std() if made.scale_rewards == "batch" else grouped.std(1).repeat_interleave(GROUP)
    return found / (spread + 1e-4)


def unpadded(values, mask):
    return [row[kept.bool()].tolist() for row, kept in zip(values, mask)]


def run(name, settings):
    with tempfile.TemporaryDirectory() as folder:
        made = trainer(name, settings, folder)
    model = made.model
    prompts, prompt_mask = padded([prompt for prompt in PROMPTS for _ in range(GROUP)], left=True)
    answers, answer_mask = padded([answer for group in ANSWERS for answer in group], left=False)
    inputs = {
        "prompt_ids": prompts, "prompt_mask": prompt_mask, "completion_ids": answers,
        "completion_mask": answer_mask, "num_items_in_batch": answer_mask.sum(),
    }
    adapter = {key: value.clone() for key, value in model.state_dict().items() if ".lora_" in key}
    model.load_state_dict({key: 0.5 * value for key, value in adapter.items()}, strict=False)
    old = log_probabilities(made, inputs)
    model.load_state_dict(adapter, strict=False)
    with model.disable_adapter():
        reference = log_probabilities(made, inputs)
    rewards = torch.tensor(REWARDS) @ torch.tensor(WEIGHTS)
    distance = ((old - reference) * answer_mask).sum(1)
    if name.startswith("rloo"):
        rewards = rewards - made.beta * distance
        inputs["old_logps"] = (old * answer_mask).sum(1)
    elif settings["old"]:
        inputs["old_per_token_logps"] = old
    if made.beta > 0:
        inputs["ref_per_token_logps"] = reference
    inputs["advantages"] = advantages(name, made, rewards)
    loss = made._compute_loss(model, inputs)
    loss.backward()
    gradients = {
        key.replace(".default", ""): parameter.grad.clone()
        for key, parameter in model.named_parameters() if parameter.requires_grad
    }
    norm = torch.sqrt(sum((gradient**2).sum() for gradient in gradients.values()))
    # All of one run of each trainer, of the others the norms.
    if name in ("grpo_kl", "rloo"):
        save_file({key: gradient.float() for key, gradient in gradients.items()}, output / f"{name}.gradients.safetensors")
    told = {key: values[-1] for key, values in made._metrics["train"].items() if key in ("kl", "clip_ratio/region_mean")}
    return {
        **{key: value for key, value in settings.items()}, "epsilon": made.epsilon_low, "epsilon_high": made.epsilon_high,
        "beta": made.beta, "rewards": rewards.tolist(), "advantages": inputs["advantages"].tolist(),
        "old_log_probabilities": unpadded(old, answer_mask), "reference": unpadded(reference, answer_mask),
        "loss": loss.item(), "gradient_norm": norm.item(),
        "norms": {key: gradient.norm().item() for key, gradient in gradients.items()}, "told": told,
    }


output.mkdir(parents=True, exist_ok=True)
golden = {
    "temperature": TEMPERATURE, "max_completion_length": MOST, "group": GROUP, "prompts": PROMPTS, "answers": ANSWERS,
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
                 "trl": trl.__version__},
    "runs": {name: run(name, settings) for name, settings in RUNS.items()},
}
(output / "golden.json").write_text(json.dumps(golden) + "\n")
