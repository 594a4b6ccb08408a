#!/usr/bin/env python3
"""Makes the small trained Llama of Tests/TestSupport/TinyModel: tokenizer, weights in three forms, goldens, a run of each method.

The model (143 thousand weights, GQA, vocabulary of 512) learns our own rows of datasets/ and made-up sentences for a few
minutes, so that it writes recognisable text. Every weight is a number that float16 and bfloat16 hold exactly: the folder
in float32, the GGUF in float32 and the GGUF in float16 are one and the same model.
Made with torch, transformers, tokenizers, peft and gguf; the versions are written into golden.json.
Run: python3 scripts/goldens/tiny_trained.py [STEPS]; with 0 steps the weights that are there stay, and all else is remade.
"""
import copy
import json
import pathlib
import random
import shutil
import sys

import gguf
import numpy
import peft
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import LlamaConfig, LlamaForCausalLM

root = pathlib.Path(__file__).resolve().parents[2]
output = root / "Tests" / "TestSupport" / "TinyModel"
base, chat = output / "base", output / "chat"
methods = {"lora": {}, "dora": {"use_dora": True}}
versions = {"torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__}

SPECIAL = ["<pad>", "<s>", "</s>", "<|turn|>"]
PAD, BEGIN, END = 0, 1, 2
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}<|turn|>{{ message['role'] }}\n{{ message['content'] | trim }}"
    "{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)
CONFIGURATION = dict(
    vocab_size=512, hidden_size=64, intermediate_size=128, num_hidden_layers=3, num_attention_heads=8,
    num_key_value_heads=4, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=True,
    bos_token_id=BEGIN, eos_token_id=END, pad_token_id=PAD, attention_dropout=0.0,
    rope_parameters={"rope_theta": 10000.0, "rope_type": "default"},
)


# MARK: What it learns

def chats():
    """The conversations of datasets/."""
    for name in ("health", "media", "retail"):
        for line in (root / "datasets" / name / "train.jsonl").read_text().splitlines():
            yield json.loads(line)["messages"]


def stories(count):
    """Made-up little stories and questions about them, all from one seed."""
    dice = random.Random(11)
    names = ["Tom", "Lily", "Ben", "Sue", "Max", "Anna"]
    things = ["a ball", "a cat", "the red car", "a big dog", "a tree", "the sun", "a small boat", "the old house"]
    places = ["in the park", "at home", "by the river", "in the garden", "at school", "near the sea"]
    feelings = ["happy", "sad", "tired", "proud", "cold", "hungry"]
    deeds = ["wanted to play", "went home", "sang a song", "ate some bread", "ran very fast", "told a story"]
    for _ in range(count):
        one, two = dice.sample(names, 2)
        thing, other = dice.sample(things, 2)
        place, feeling, deed = dice.choice(places), dice.choice(feelings), dice.choice(deeds)
        number = dice.randint(2, 12)
        text = dice.choice([
            f"Once there was a child. The child was called {one}. {one} was {feeling} and {deed}. ",
            f"{one} and {two} were {place}. They saw {thing}. {one} {deed}. {two} was {feeling}. ",
            f"One day {one} found {thing} {place}. \"Look, {two}!\" said {one}. {two} was {feeling}. ",
            f"{one} had {thing}. {two} had {other}. They {deed} {place}. Then {two} {deed}. ",
            f"It was {number} o'clock. {one} was {place} with {thing}. {two} came and {deed}. ",
        ])
        text += dice.choice([f"The end.", f"So {one} was {feeling}.", f"Then they went home.", f"{two} said thank you."])
        if dice.random() < 0.2:
            question = dice.choice([f"Where is {one}?", f"Where did you see {one}?"])
            yield [{"role": "user", "content": question}, {"role": "assistant", "content": f"{one} is {place}."}]
        else:
            yield text


def render(item):
    """A text as a whole sequence; the template writes its own beginning."""
    if isinstance(item, str):
        return "<s>" + item + "</s>"
    return "<s>" + "".join(f"<|turn|>{turn['role']}\n{turn['content'].strip()}</s>\n" for turn in item)


def plain(item):
    return item if isinstance(item, str) else "\n".join(turn["content"] for turn in item)


def train_tokenizer(items):
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    made.decoder = decoders.ByteLevel()
    made.train_from_iterator(
        map(plain, items),
        trainers.BpeTrainer(
            vocab_size=CONFIGURATION["vocab_size"], special_tokens=SPECIAL, show_progress=False,
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", BEGIN)])
    return made


def train(tokenizer, items, steps):
    torch.manual_seed(3)
    model = LlamaForCausalLM(LlamaConfig(**CONFIGURATION, attn_implementation="sdpa"))
    stream = []
    order = random.Random(5)
    for _ in range(2):
        order.shuffle(items)
        for item in items:
            stream += tokenizer.encode(render(item), add_special_tokens=False).ids
    stream = torch.tensor(stream)
    print(f"{len(stream) // 2} tokens, {sum(p.numel() for p in model.parameters())} weights", file=sys.stderr)
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3, betas=(0.9, 0.98), weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps, pct_start=0.05)
    length, rows = 128, 16
    for step in range(steps):
        starts = torch.randint(0, len(stream) - length - 1, (rows,))
        batch = torch.stack([stream[start:start + length] for start in starts])
        loss = model(batch, labels=batch).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        if step % 100 == 0 or step == steps - 1:
            print(f"step {step}: loss {loss.item():.3f}", file=sys.stderr)
    with torch.no_grad():
        for parameter in model.parameters():
            rounded = parameter.to(torch.bfloat16).to(torch.float16).float()
            assert torch.equal(rounded, rounded.to(torch.bfloat16).float()) and rounded.isfinite().all()
            parameter.copy_(rounded)
    return model


# MARK: How it is written

def write_json(path, value):
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def write_folders(model, tokenizer):
    """base/ without a chat template, chat/ with one; they share the weights and the tokenizer through links."""
    for folder in (base, chat):
        folder.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous() for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file(tensors, base / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save(str(base / "tokenizer.json"), pretty=False)
    write_json(base / "config.json", {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        **{key: value for key, value in CONFIGURATION.items() if key not in ("rope_parameters", "attention_dropout")},
        "rope_theta": 10000.0, "hidden_act": "silu", "torch_dtype": "float32"})
    write_json(base / "generation_config.json", {"bos_token_id": BEGIN, "eos_token_id": [END], "pad_token_id": PAD})
    settings = {
        "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "model_max_length": 512,
        "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    write_json(base / "tokenizer_config.json", settings)
    write_json(chat / "tokenizer_config.json", settings | {"chat_template": TEMPLATE})
    for name in ("model.safetensors", "tokenizer.json", "config.json", "generation_config.json"):
        (chat / name).unlink(missing_ok=True)
        (chat / name).symlink_to(f"../base/{name}")


def permuted(weight, heads):
    """Rows of q and k as llama.cpp keeps them: the two halves of a head interleaved."""
    return weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:]).swapaxes(1, 2).reshape(weight.shape)


def gguf_tensors(model):
    names = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm"}
    for name, value in model.state_dict().items():
        if name == "lm_head.weight":
            continue
        value = value.numpy()
        name = name.removeprefix("model.").removesuffix(".weight")
        if name.startswith("layers."):
            _, layer, part = name.split(".", 2)
            if part.endswith("q_proj"):
                value = permuted(value, CONFIGURATION["num_attention_heads"])
            if part.endswith("k_proj"):
                value = permuted(value, CONFIGURATION["num_key_value_heads"])
            name = f"blk.{layer}.{names[part]}"
        else:
            name = {"embed_tokens": "token_embd", "norm": "output_norm"}[name]
        yield name + ".weight", numpy.ascontiguousarray(value)


def write_gguf(path, model, tokenizer, half, template=None):
    writer = gguf.GGUFWriter(path, "llama")
    heads = CONFIGURATION["num_attention_heads"]
    writer.add_name("Tiny")
    writer.add_context_length(CONFIGURATION["max_position_embeddings"])
    writer.add_embedding_length(CONFIGURATION["hidden_size"])
    writer.add_block_count(CONFIGURATION["num_hidden_layers"])
    writer.add_feed_forward_length(CONFIGURATION["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(CONFIGURATION["num_key_value_heads"])
    writer.add_rope_freq_base(10000.0)
    writer.add_rope_dimension_count(CONFIGURATION["hidden_size"] // heads)
    writer.add_layer_norm_rms_eps(CONFIGURATION["rms_norm_eps"])
    writer.add_vocab_size(CONFIGURATION["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16 if half else gguf.LlamaFileType.ALL_F32)
    written = json.loads(tokenizer.to_str())
    tokens = sorted(written["model"]["vocab"], key=written["model"]["vocab"].get)
    kinds = [gguf.TokenType.CONTROL if token in SPECIAL else gguf.TokenType.NORMAL for token in tokens]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in written["model"]["merges"]])
    writer.add_bos_token_id(BEGIN)
    writer.add_eos_token_id(END)
    writer.add_pad_token_id(PAD)
    writer.add_add_bos_token(True)
    if template:
        writer.add_chat_template(template)
    for name, value in gguf_tensors(model):
        writer.add_tensor(name, value.astype(numpy.float16) if half and value.ndim > 1 else value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


# MARK: What is known about it

def write_golden(model, tokenizer):
    """Greedy text after a prompt, its ends of sequence passed over, and the log-probability of every token of some texts."""
    prompt = tokenizer.encode("Once").ids
    ids, margins = list(prompt), []
    with torch.no_grad():
        first = model(torch.tensor([ids])).logits[0, -1]
        for _ in range(256):
            top = model(torch.tensor([ids])).logits[0, -1].topk(2)
            margins.append((top.values[0] - top.values[1]).item())
            ids.append(top.indices[0].item())
        texts = []
        for text in [
            "Tom saw a ball. Lily was happy.", "Once there was a child. The child was called Ben. Ben was tired.",
            "Intent: delivery_status", "naïve 日本 12345\n\n  tail ",
            render([{"role": "user", "content": "Where is Max?"}, {"role": "assistant", "content": "Max is at home."}])[3:],
        ]:
            row = tokenizer.encode(text).ids
            scores = model(torch.tensor([row])).logits[0].log_softmax(-1)
            logs = [scores[place, token].item() for place, token in enumerate(row[1:])]
            texts.append({"text": text, "ids": row, "log_probabilities": [round(x, 6) for x in logs]})
    assert min(margins) > 1e-3, f"the greedy text is too close a choice: {min(margins)}"
    text = tokenizer.decode(ids, skip_special_tokens=True)
    print(text, file=sys.stderr)
    write_json(output / "golden.json", versions | {
        "prompt": "Once", "prompt_ids": prompt, "greedy_ids": ids, "greedy_text": text, "smallest_margin": min(margins),
        "first_logits": [round(x, 6) for x in first.tolist()], "texts": texts})


def take_steps(tuned, optimiser, folder, **batch):
    """Five steps on one batch, the first one's gradients and logits kept: the losses, also after the last, and gradient norms."""
    losses, norms = [], []
    for step in range(6):
        answer = tuned(**batch)
        losses.append(answer.loss.item())
        if step == 5:
            break
        optimiser.zero_grad()
        answer.loss.backward()
        gradients = {n: p.grad.clone() for n, p in tuned.named_parameters() if p.requires_grad}
        norms.append(torch.sqrt(sum((g ** 2).sum() for g in gradients.values())).item())
        if step == 0:
            save_file(gradients, folder / "grads_step0.safetensors")
            save_file({"logits": answer.logits.detach().contiguous()}, folder / "logits_step0.safetensors")
        optimiser.step()
    return losses, norms


def write_run(model, tokenizer, method):
    """A run by PEFT: B starts away from zero, so that every factor has a gradient, and magnitudes away from the weight's."""
    torch.manual_seed(17)
    folder = output / method
    shutil.rmtree(folder, ignore_errors=True)
    targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
    tuned = peft.get_peft_model(model, peft.LoraConfig(
        r=4, lora_alpha=8, lora_dropout=0.0, target_modules=targets, task_type="CAUSAL_LM", **methods[method]))
    tuned.peft_config["default"].base_model_name_or_path = "tiny"
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_B" in name:
                parameter.copy_(0.02 * torch.randn_like(parameter))
            if "lora_magnitude" in name:
                parameter.mul_(1 + 0.1 * torch.randn_like(parameter))
    rows = [
        (4, "Sue found a small boat by the river. Max came and sang a song."),
        (7, "Ben had the old house. Anna wanted a cat."),
    ]
    encoded = [tokenizer.encode(text).ids + [END] for _, text in rows]
    width = max(map(len, encoded))
    ids = torch.tensor([row + [END] * (width - len(row)) for row in encoded])
    mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in encoded])
    labels = ids.clone()
    labels[mask == 0] = -100
    for place, (prompt, _) in enumerate(rows):
        labels[place, :prompt] = -100
    tuned.save_pretrained(folder / "init")
    optimiser = torch.optim.AdamW(
        [p for p in tuned.parameters() if p.requires_grad], lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    losses, norms = take_steps(tuned, optimiser, folder, input_ids=ids, attention_mask=mask, labels=labels)
    tuned.save_pretrained(folder / "final")
    for name in ("init", "final"):
        (folder / name / "README.md").unlink(missing_ok=True)
        # A set in PEFT: in another order at every run.
        settings = json.loads((folder / name / "adapter_config.json").read_text())
        write_json(folder / name / "adapter_config.json", settings | {"target_modules": targets})
    merged = tuned.merge_and_unload().eval()
    with torch.no_grad():
        merged_loss = merged(ids, attention_mask=mask, labels=labels).loss.item()
    # One layer of the merged model stands for all: three would be as large as the model.
    layer = {n: v.contiguous() for n, v in merged.state_dict().items() if n.startswith("model.layers.1.")}
    save_file(layer, folder / "merged_layer_1.safetensors", metadata={"format": "pt"})
    write_json(folder / "golden.json", versions | {
        "config": {"r": 4, "alpha": 8, "dropout": 0, "target_modules": targets},
        "optimizer": "AdamW lr 1e-3 betas .9 .999 eps 1e-8 weight_decay 0.01, no clipping, no scheduler",
        "input_ids": ids.tolist(), "attention_mask": mask.tolist(), "labels": labels.tolist(),
        "loss_per_step_then_after": losses, "grad_norm": norms, "merged_loss": merged_loss})


def main():
    torch.set_num_threads(2)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    items = list(chats()) + list(stories(3000))
    if steps:
        tokenizer = train_tokenizer(items)
        model = train(tokenizer, items, steps)
    else:
        tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        model = LlamaForCausalLM(LlamaConfig(**CONFIGURATION))
        model.load_state_dict(load_file(base / "model.safetensors"), strict=False)
        model.tie_weights()
    model.config._attn_implementation = "eager"
    model.eval()
    write_folders(model, tokenizer)
    write_gguf(output / "tiny.f32.gguf", model, tokenizer, half=False)
    write_gguf(output / "tiny-chat.f16.gguf", model, tokenizer, half=True, template=TEMPLATE)
    write_golden(model, tokenizer)
    for method in methods:
        write_run(copy.deepcopy(model), tokenizer, method)
    for path in output.rglob("*.safetensors"):
        if not path.is_symlink():
            path.chmod(0o644)


main()
