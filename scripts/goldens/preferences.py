#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/preferences.json: what TRL's trainers make of pairs of answers and of rated ones, loss by loss.

The model is the small chat model of Tests/TestSupport/TinyModel with the LoRA adapter that its run begins with, in float64, since in
float32 sums of log-probabilities lose more than is tested here; the reference is the same model with the adapter off. Losses, rewards
and gradients come from the trainers' own code. Of every adapter's gradient the norm is kept, and its product with a fixed wave, which
tells its numbers apart. Pairs are those of the dpo fixture; rated answers are theirs one by one, the better ones good.
Made with torch, transformers, peft and trl; the versions are written into the file. Run: python3 scripts/goldens/preferences.py
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
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

torch.set_num_threads(2)
root = pathlib.Path(__file__).resolve().parents[2]
model_folder = root / "Tests" / "TestSupport" / "TinyModel"
output = root / "Tests" / "ObjectivesTests" / "Fixtures" / "preferences.json"
pairs = json.loads((root / "Tests/ObjectivesTests/Fixtures/dpo/golden.json").read_text())["runs"]["lora"]

# Settings of train, as TRL names them. Each is a case of its own.
CASES = [
    ("dpo", dict(loss_type=["sigmoid"])), ("dpo", dict(loss_type=["hinge"], beta=2.0)), ("dpo", dict(loss_type=["ipo"])),
    ("dpo", dict(loss_type=["exo_pair"], label_smoothing=0.01)), ("dpo", dict(loss_type=["nca_pair"])),
    ("dpo", dict(loss_type=["robust"], label_smoothing=0.1)), ("dpo", dict(loss_type=["bco_pair"])),
    ("dpo", dict(loss_type=["sppo_hard"])), ("dpo", dict(loss_type=["aot"])),
    ("dpo", dict(loss_type=["aot_unpaired"], label_smoothing=0.2)), ("dpo", dict(loss_type=["apo_zero"])),
    ("dpo", dict(loss_type=["apo_down"])), ("dpo", dict(loss_type=["discopop"], discopop_tau=0.1)),
    ("dpo", dict(loss_type=["sigmoid_norm"], beta=5.0)), ("dpo", dict(loss_type=["sft"])),
    ("dpo", dict(loss_type=["sigmoid", "bco_pair", "sft"], loss_weights=[0.8, 0.2, 1.5])),
    ("dpo", dict(loss_type=["sigmoid"], ld_alpha=0.4)), ("dpo", dict(loss_type=["ipo"], ld_alpha=0.0)),
    ("dpo", dict(loss_type=["sigmoid"], f_divergence_type="forward_kl")),
    ("dpo", dict(loss_type=["hinge"], f_divergence_type="js_divergence")),
    ("dpo", dict(loss_type=["ipo"], f_divergence_type="alpha_divergence", f_alpha_divergence_coef=0.3)),
    ("cpo", dict(loss_type="sigmoid")), ("cpo", dict(loss_type="sigmoid", label_smoothing=0.1, cpo_alpha=0.5)),
    ("cpo", dict(loss_type="hinge")), ("cpo", dict(loss_type="ipo")),
    ("simpo", dict(beta=2.0, simpo_gamma=0.5)), ("simpo", dict(beta=2.0, cpo_alpha=1.0, alpha=0.25, simpo_gamma=1.0)),
    ("orpo", dict()),
    ("kto", dict()), ("kto", dict(desirable_weight=1.5, undesirable_weight=0.5)), ("kto", dict(loss_type="apo_zero_unpaired")),
]
BETA = 0.3


def begin(made):
    """Gives the trainer's adapter the numbers that it begins with."""
    init = model_folder / "lora" / "init"
    made.model.double()
    set_peft_model_state_dict(made.model, load_file(init / "adapter_model.safetensors"))
    # What is learnt is not told apart from the reference where both say the same.
    with torch.no_grad():
        trained = [(name, parameter) for name, parameter in made.model.named_parameters() if parameter.requires_grad]
        for number, (name, parameter) in enumerate(trained):
            if "lora_B" in name:
                wave = torch.arange(parameter.numel(), dtype=torch.float64) * 0.7 + number
                # Numbers that an adapter in float32 can have.
                parameter.copy_((0.05 * wave.sin()).float().reshape(parameter.shape))
    return made


def sequences():
    return [
        (ids[:length], ids[length:]) for ids, length in zip(pairs["ids"], pairs["prompt_lengths"])
    ]


def dpo_inputs():
    """A batch as DPOTrainer's collator has it: chosen answers, then rejected ones, padded on the right."""
    order = sequences()[0::2] + sequences()[1::2]
    width = max(len(prompt) + len(answer) for prompt, answer in order)

    def padded(rows):
        return torch.tensor([row + [0] * (width - len(row)) for row in rows])

    return {
        "input_ids": padded([prompt + answer for prompt, answer in order]),
        "attention_mask": padded([[1] * len(prompt + answer) for prompt, answer in order]),
        "completion_mask": padded([[0] * len(prompt) + [1] * len(answer) for prompt, answer in order]),
    }


def concatenated_inputs():
    """A batch as CPOTrainer and ORPOTrainer read it."""
    def side(name, rows):
        width = max(len(prompt) + len(answer) for prompt, answer in rows)
        return {
            f"{name}_input_ids": torch.tensor([p + a + [0] * (width - len(p + a)) for p, a in rows]),
            f"{name}_attention_mask": torch.tensor([[1] * len(p + a) + [0] * (width - len(p + a)) for p, a in rows]),
            f"{name}_labels": torch.tensor(
                [[-100] * len(p) + a + [-100] * (width - len(p + a)) for p, a in rows]),
        }

    return {**side("chosen", sequences()[0::2]), **side("rejected", sequences()[1::2])}


def rated_inputs():
    """A batch as KTOTrainer's collator has it; each prompt before the answer of the row before it, too."""
    rows = sequences()
    mismatched = [(prompt, rows[number - 1][1]) for number, (prompt, _) in enumerate(rows)]

    def batch(prefix, order):
        width = max(len(prompt) + len(answer) for prompt, answer in order)
        def padded(lists):
            return torch.tensor([one + [0] * (width - len(one)) for one in lists])
        return {
            prefix + "input_ids": padded([prompt + answer for prompt, answer in order]),
            prefix + "attention_mask": padded([[1] * len(prompt + answer) for prompt, answer in order]),
            prefix + "completion_mask": padded([[0] * len(prompt) + [1] * len(answer) for prompt, answer in order]),
        }

    return {**batch("", rows), **batch("KL_", mismatched), "label": torch.tensor([True, False] * (len(rows) // 2))}


def trainer(kind, folder):
    common = dict(
        output_dir=folder, max_length=256, per_device_train_batch_size=4, report_to=[], use_cpu=True, bf16=False,
        gradient_checkpointing=False, disable_dropout=True, beta=BETA)
    tokenizer = AutoTokenizer.from_pretrained(model_folder / "chat")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    rows = [{"prompt": "Where is Tom?", "chosen": "At home.", "rejected": "A song."}]
    if kind == "kto":
        rows = [{"prompt": "Where is Tom?", "completion": answer, "label": answer == "At home."}
                for answer in ("At home.", "A song.")]
    data = datasets.Dataset.from_list(rows)
    config, made = {
        "dpo": (DPOConfig, DPOTrainer), "cpo": (CPOConfig, CPOTrainer), "orpo": (ORPOConfig, ORPOTrainer),
        "kto": (KTOConfig, KTOTrainer),
    }[kind]
    adapter = LoraConfig.from_pretrained(model_folder / "lora" / "init")
    adapter.inference_mode = False
    return begin(made(
        model=AutoModelForCausalLM.from_pretrained(model_folder / "chat", dtype=torch.float64),
        args=config(**common), processing_class=tokenizer, train_dataset=data,
        peft_config=adapter))


def set_up(made, kind, settings):
    """Gives the trainer the settings of a case, those left out being its configuration's defaults."""
    fields = type(made.args).__dataclass_fields__
    values = {
        name: fields[name].default_factory() if callable(fields[name].default_factory) else fields[name].default
        for name in ("label_smoothing", "ld_alpha", "f_divergence_type", "f_alpha_divergence_coef", "loss_type",
                     "loss_weights", "discopop_tau", "cpo_alpha", "alpha", "simpo_gamma", "desirable_weight",
                     "undesirable_weight") if name in fields
    }
    if kind == "simpo":
        values |= {"loss_type": "simpo", "cpo_alpha": 0.0}
    values |= {"beta": BETA, **settings}
    for name, value in values.items():
        setattr(made, name, value)
    if kind == "dpo":
        made.loss_types = values["loss_type"]
        made.loss_weights = values["loss_weights"] or [1.0] * len(made.loss_types)
        made.args.discopop_tau = values["discopop_tau"]
    if kind == "kto":
        made.calculate_KL = made.loss_type == "kto"


def told(made):
    metrics = made._metrics if isinstance(made, (DPOTrainer, KTOTrainer)) else made._stored_metrics
    return {name: values[-1] for name, values in metrics["train"].items()}


def run(made, kind, settings):
    set_up(made, kind, settings)
    made.model.train()
    made.model.zero_grad()
    inputs = {"dpo": dpo_inputs, "kto": rated_inputs}.get(kind, concatenated_inputs)()
    loss = made.compute_loss(made.model, inputs)
    loss.backward()
    gradients = {
        name.replace(".default", "").replace("base_model.model.", ""): parameter.grad.double().flatten()
        for name, parameter in made.model.named_parameters() if parameter.requires_grad
    }
    numbers = told(made)
    wanted = ("rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/chosen",
              "logps/rejected", "nll_loss", "kl")
    return {
        "objective": kind, "settings": {"beta": BETA, **settings}, "loss": loss.item(),
        "told": {name: numbers[name] for name in wanted if name in numbers},
        "norm": float(sum((one ** 2).sum() for one in gradients.values()) ** 0.5),
        "gradients": {
            name: [float(one.norm()), float((one * torch.arange(one.numel(), dtype=torch.float64).cos()).sum())]
            for name, one in gradients.items()
        },
    }


cases = []
with tempfile.TemporaryDirectory() as folder:
    # One after the other: a trainer is not used once the next one is made.
    for made, kinds in (("dpo", ["dpo"]), ("cpo", ["cpo", "simpo"]), ("orpo", ["orpo"]), ("kto", ["kto"])):
        made = trainer(made, folder)
        cases += [run(made, kind, settings) for kind, settings in CASES if kind in kinds]

golden = {
    "versions": {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
                 "trl": trl.__version__},
    "cases": cases,
}
output.write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace('{"objective"', '\n{"objective"') + "\n")
