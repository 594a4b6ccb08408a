#!/usr/bin/env python3
"""Fine-tune with TRL and PEFT on the CPU under bf16 autocast, loss on completions; prints JSON."""
import argparse
import json
import pathlib

import torch
from datasets import load_dataset
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rank", type=int, required=True)
    parser.add_argument("--alpha", type=int, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--length", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--warm-up", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--max-steps", type=int, default=-1)
    parser.add_argument("--checkpointing", action="store_true")
    return parser.parse_args()


def main() -> None:
    chosen = options()
    torch.set_num_threads(chosen.threads)
    cache = str(pathlib.Path(chosen.out).parent / "datasets-cache")
    rows = load_dataset("json", data_files=chosen.data, split="train", cache_dir=cache)
    steps = chosen.max_steps if chosen.max_steps > 0 else -(-len(rows) // chosen.batch)
    trainer = SFTTrainer(
        model=AutoModelForCausalLM.from_pretrained(chosen.model, dtype=torch.float32),
        processing_class=AutoTokenizer.from_pretrained(chosen.model),
        train_dataset=rows,
        peft_config=LoraConfig(
            r=chosen.rank, lora_alpha=chosen.alpha, lora_dropout=0.0, target_modules="all-linear",
            task_type="CAUSAL_LM"),
        args=SFTConfig(
            output_dir=str(pathlib.Path(chosen.out).parent / "trl-run"), use_cpu=True, bf16=True,
            per_device_train_batch_size=chosen.batch, num_train_epochs=1, max_steps=chosen.max_steps,
            max_length=chosen.length, completion_only_loss=True, learning_rate=chosen.rate,
            lr_scheduler_type="cosine", warmup_steps=-int(-steps * chosen.warm_up // 1), weight_decay=0.0,
            max_grad_norm=1.0, gradient_checkpointing=chosen.checkpointing, optim="adamw_torch", seed=42,
            logging_steps=1, save_strategy="no", report_to="none", disable_tqdm=True))
    outcome = trainer.train()
    trainer.save_model(chosen.out)
    # Counted by TRL without the padding.
    tokens = max(entry.get("num_tokens", 0) for entry in trainer.state.log_history)
    print(json.dumps({
        "tokens": tokens, "steps": outcome.global_step, "loss": outcome.training_loss,
        "tokens_per_second": tokens / outcome.metrics["train_runtime"]}))


if __name__ == "__main__":
    main()
