#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/dpo: pairs of answers as TRL's DPOTrainer cuts, scores and learns them.

The model is the small chat model of Tests/TestSupport/TinyModel with the adapter that the run of each method begins with, in
float32; the reference is the same model with the adapter off. Loss, rewards and gradients of the first step come from the trainer
itself, log-probabilities from the model's logits; then five steps of AdamW without decay.
Made with torch, transformers, peft and trl; the versions are written into golden.json. Run: python3 scripts/goldens/dpo.py
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
from trl import DPOConfig, DPOTrainer

root = pathlib.Path(__file__).resolve().parents[2]
model_folder = root / "Tests" / "TestSupport" / "TinyModel"
output = root / "Tests" / "ObjectivesTests" / "Fixtures" / "dpo"
BETA, STEPS, RATE = 0.3, 5, 5e-3


def message(role, content):
    return {"role": role, "content": content}


# As a person writes them: texts, messages, and two conversations that begin alike.
ROWS = [
    {"prompt": "Where is Tom?", "chosen": "Tom is at home.", "rejected": "Tom ran very fast and sang a song."},
    {
        "prompt": [message("system", "Answer in few words."), message("user", "Where did you see Lily?")],
        "chosen": [message("assistant", "Lily is in the park.")],
        "rejected": [message("assistant", "They saw a big dog. Then they went home.")],
    },
    {
        "chosen": [
            message("user", "Where is Ben?"), message("assistant", "Ben is at school."), message("user", "And Sue?"),
            message("assistant", "Sue is by the river."),
        ],
        "rejected": [
            message("user", "Where is Ben?"), message("assistant", "Ben is at school."), message("user", "And Sue?"),
            message("assistant", "The red car was happy."),
        ],
    },
    {
        "prompt": [message("user", "Tell me a story.")],
        "chosen": [
            message("assistant", "Max had a ball."), message("user", "And then?"), message("assistant", "The end."),
        ],
        "rejected": [message("assistant", "It was 7 o'clock. Anna was tired and proud and cold near the sea.")],
    },
]


def conversational(row):
    """The same row as TRL wants all rows of one set: messages with a prompt of their own."""
    if isinstance(row.get("prompt"), str):
        return {
            "prompt": [message("user", row["prompt"])], "chosen": [message("assistant", row["chosen"])],
            "rejected": [message("assistant", row["rejected"])],
        }
    return row if "prompt" in row else trl.extract_prompt(row)


def trainer(method):
    init = model_folder / method / "init"
    with tempfile.TemporaryDirectory() as folder:
        made = DPOTrainer(
            model=AutoModelForCausalLM.from_pretrained(model_folder / "chat", dtype=torch.float32),
            args=DPOConfig(
                output_dir=folder, beta=BETA, max_length=None, per_device_train_batch_size=len(ROWS), report_to=[],
                use_cpu=True, bf16=False, gradient_checkpointing=False, disable_dropout=True),
            processing_class=AutoTokenizer.from_pretrained(model_folder / "chat"),
            train_dataset=datasets.Dataset.from_list([conversational(row) for row in ROWS]),
            peft_config=LoraConfig.from_pretrained(init))
    made.model.float()
    set_peft_model_state_dict(made.model, load_file(init / "adapter_model.safetensors"))
    made.model.train()
    return made


def log_probabilities(model, inputs):
    logits = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).logits[:, :-1]
    tokens = logits.log_softmax(-1).gather(2, inputs["input_ids"][:, 1:, None])[..., 0]
    return (tokens * inputs["completion_mask"][:, 1:]).sum(1)


def run(method):
    made = trainer(method)
    model = made.model
    inputs = made.data_collator(list(made.train_dataset))
    pairs = len(ROWS)
    with torch.no_grad():
        policy = log_probabilities(model, inputs)
        with model.disable_adapter():
            reference = log_probabilities(model, inputs)
    loss = made.compute_loss(model, inputs)
    loss.backward()
    told = {name: values[-1] for name, values in made._metrics["train"].items() if name.startswith("rewards/")}
    gradients = {
        name.replace(".default", ""): parameter.grad.clone()
        for name, parameter in model.named_parameters() if parameter.requires_grad
    }
    save_file(gradients, output / f"{method}.gradients.safetensors")
    losses = []
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    for _ in range(STEPS):
        optimiser.zero_grad()
        step = made.compute_loss(model, inputs)
        step.backward()
        optimiser.step()
        losses.append(step.item())
    rewards = BETA * (policy - reference)
    sequences = [
        (example["prompt_ids"], example[side]) for example in made.train_dataset
        for side in ("chosen_ids", "rejected_ids")
    ]
    return {
        "ids": [prompt + answer for prompt, answer in sequences],
        "prompt_lengths": [len(prompt) for prompt, _ in sequences],
        "loss": loss.item(), "losses": losses, "told": told,
        "log_probabilities": torch.stack([policy[:pairs], policy[pairs:]], 1).flatten().tolist(),
        "reference": torch.stack([reference[:pairs], reference[pairs:]], 1).flatten().tolist(),
        "rewards": torch.stack([rewards[:pairs], rewards[pairs:]], 1).flatten().tolist(),
    }


output.mkdir(parents=True, exist_ok=True)
(output / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
golden = {
    "beta": BETA, "rate": RATE,
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
                 "trl": trl.__version__},
    "runs": {method: run(method) for method in ("lora", "dora")},
}
(output / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")
