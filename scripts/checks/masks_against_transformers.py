#!/usr/bin/env python3
"""Tokens and loss masks of the prepared file against `apply_chat_template` and token offsets, on public chat sets.

    python3 scripts/checks/masks_against_transformers.py --data LATHE_DATA [--lathe PROGRAM] [--rows N] [--set NAME] [--template WORD]

Needs transformers, tokenizers, torch (for an empty model beside the tokenizer) and h5py. Each set is written as rows of `messages`,
prepared by Lathe, and computed again here: a trained turn is what the template renders after the generation prompt, up to and
including its end-of-turn token; a token carries loss where it begins inside, or straddles the border and differs from the prompt's
own. The set `odd` has messages as servers and tables write them: no content beside calls, content in parts, arguments as JSON text,
reasoning under any of its names, nulls. Exits 1 where one id or one mask differs.
"""
import argparse
import csv
import datetime
import gzip
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

import h5py
import tokenizers
import transformers

SPECIAL = """<|start_header_id|> <|end_header_id|> <|eot_id|> <|eom_id|> <|python_tag|> <|begin_of_text|> <start_of_turn> <end_of_turn>
<bos> <eos> [INST] [/INST] <s> </s> <think> </think> <tool_call> </tool_call> <tool_response> </tool_response> <|user|> <|assistant|>
<|system|> <|prompt|> <|answer|> <｜begin▁of▁sentence｜> <｜end▁of▁sentence｜> <｜User｜> <｜Assistant｜> <|tool_list_start|>""".split()
TEMPLATES = {  # a name in the vectors of chat templates → its beginning and end of sequence
    "Qwen/Qwen1.5-72B-Chat": ("<|endoftext|>", "<|im_end|>"),
    "Qwen/Qwen2.5-7B-Instruct": ("<|endoftext|>", "<|im_end|>"),
    "Qwen/Qwen3-0.6B": ("<|endoftext|>", "<|im_end|>"),
    "Qwen/Qwen3.5-4B": ("<|endoftext|>", "<|im_end|>"),
    "meta-llama/Llama-3.1-8B-Instruct": ("<|begin_of_text|>", "<|eot_id|>"),
    "TheBloke/Mistral-7B-Instruct-v0.1-GPTQ": ("<s>", "</s>"),
    "mistralai/Mistral-Nemo-Instruct-2407": ("<s>", "</s>"),
    "HuggingFaceH4/zephyr-7b-beta (add_generation_prompt=true)": ("<s>", "</s>"),
    "HuggingFaceH4/zephyr-7b-gemma-v0.1": ("<bos>", "<eos>"),
    "deepseek-ai/DeepSeek-R1": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    "LiquidAI/LFM2.5-VL-450M": ("<|startoftext|>", "<|im_end|>"),
}
SMOLLM2 = ("{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a "
           "helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + "
           "'\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}"
           "{% endif %}")
GEMMA = ("{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
         "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation "
         "roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if (message['role'] == 'assistant') %}{% set role = "
         "'model' %}{% else %}{% set role = message['role'] %}{% endif %}{{ '<start_of_turn>' + role + '\n' + message['content'] | trim "
         "+ '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{'<start_of_turn>model\n'}}{% endif %}")


# Public sets as messages

def smile(data):
    roles = {"client": "user", "counselor": "assistant", "system": "system"}
    with gzip.open(data / "health/zh-smile-sample/smile_every36th.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            yield {"messages": [dict(turn, role=roles.get(turn["role"], turn["role"])) for turn in json.loads(line)["messages"]]}


def kdconv(data):
    for name in ("film_dev", "music_dev"):
        for talk in json.loads((data / f"media/zh-kdconv/{name}.json").read_text()):
            yield {"messages": in_turn([turn["message"] for turn in talk["messages"]])}


def mts_dialog(data):
    with open(data / "health/mts-dialog/MTS-Dialog-ValidationSet.csv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            messages = []
            for line in row["dialogue"].splitlines():
                speaker, _, text = line.partition(":")
                if text.strip():
                    messages.append({"role": "assistant" if speaker.startswith("Doctor") else "user", "content": text.strip()})
            yield {"messages": joined(messages)}


def multidogo(data):
    with open(data / "retail/multidogo-fastfood/turn_dev.tsv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row["utterance"]]
    for _, talk in itertools.groupby(rows, key=lambda row: row["conversationId"]):
        yield {"messages": in_turn([row["utterance"] for row in talk])}


def taskmaster(data):
    for row in json.loads((data / "media/taskmaster3-movies/reward_reward_00.json").read_text()):
        messages = [{"role": "assistant" if turn["role"] == "agent" else "user", "content": turn["text"]}
                    for turn in json.loads(row["context"]) if turn.get("text")]
        yield {"messages": joined(messages)}


def tools(data):
    """Calls of functions, as OpenAI's format writes them."""
    for row in json.loads((data / "general/llamafactory-demo/glaive_toolcall_zh_demo.json").read_text()):
        messages = []
        for turn in row["conversations"]:
            if turn["from"] == "function_call":
                call = json.loads(turn["value"])
                messages.append({"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]})
            else:
                role = {"human": "user", "gpt": "assistant", "observation": "tool"}[turn["from"]]
                messages.append({"role": role, "content": turn["value"]})
        found = {"messages": messages}
        declared = json.loads(row["tools"]) if row["tools"] else []
        if declared:
            found["tools"] = [{"type": "function", "function": tool} for tool in declared]
        yield found


def thinking(data):
    """Answers with reasoning before them, which some templates take out of the history; turns without loss; awkward texts."""
    for number, row in enumerate(itertools.islice(multidogo(data), 60)):
        for place, turn in enumerate(row["messages"]):
            if turn["role"] == "assistant":
                if number % 3 == 0:
                    turn["content"] = f"<think>\nstep {place}\n</think>\n\n{turn['content']}"
                if number % 4 == 1:
                    turn["weight"] = place // 2 % 2
                if number % 5 == 2:
                    turn["content"] = f" end {turn['content']} <|im_end|> im_end"
        if any(turn["role"] == "assistant" and turn.get("weight", 1) for turn in row["messages"]):
            yield row


def odd(data):
    """Messages as servers and tables write them."""
    tool = {"type": "function", "function": {"name": "get_rain", "description": "Rain in a city", "parameters": {
        "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}
    ask, told = {"role": "user", "content": "Rain in Oslo?"}, {"role": "assistant", "content": "Take a coat."}
    for arguments in ({"city": "Oslo"}, '{"city": "Troms\\u00f8 \\"harbour\\""}', ""):
        for content in (None, "", "I look."):
            call = {"id": "abcdefghi", "type": "function", "function": {"name": "get_rain", "arguments": arguments}}
            answer = {"role": "assistant", "content": content, "tool_calls": [call]}
            result = {"role": "tool", "tool_call_id": "abcdefghi", "name": "get_rain", "content": '{"mm": 4, "sky": "gr\u00e5"}'}
            yield {"messages": [ask, answer, result, told], "tools": [tool]}
            yield {"messages": [ask, answer, result, told], "tools": json.dumps([tool])}
    for name in ("reasoning_content", "thinking", "reasoning"):
        yield {"messages": [ask, dict(told, **{name: "Clouds from the west."})]}
        yield {"messages": [ask, dict(told, **{name: "Clouds."}), ask, dict(told, **{name: "Still clouds."})]}
    yield {"messages": [dict(ask, tool_calls=None, tools=None), dict(told, tool_calls=[], name=None)], "tools": "[]"}
    yield {"messages": [dict(ask, content=[{"type": "text", "text": "Rain"}, {"type": "text", "text": " in Oslo?"}]), told]}
    yield {"messages": [ask, dict(told, content=[{"type": "text", "text": "Take a coat."}])]}
    yield {"messages": [dict(told, content="Welcome."), ask, told]}
    yield {"messages": [{"role": "system", "content": "Be brief."}, dict(told, content="Welcome."), ask, told]}
    yield {"messages": [{"role": "developer", "content": "Be brief."}, ask, told]}


def regular(row):
    """What a row of odd messages means, for transformers."""
    row = dict(row)
    if isinstance(row.get("tools"), str):
        row["tools"] = json.loads(row["tools"]) or None
    messages = []
    for turn in row["messages"]:
        turn = {name: value for name, value in turn.items() if name != "weight" and value not in (None, [])}
        if "tool_calls" in turn:
            turn["tool_calls"] = json.loads(json.dumps(turn["tool_calls"]))
            for call in turn["tool_calls"]:
                if isinstance(call["function"]["arguments"], str):
                    call["function"]["arguments"] = json.loads(call["function"]["arguments"] or "{}")
        messages.append(turn)
    return dict(row, messages=messages)


SETS = {"odd": odd, "smile": smile, "kdconv": kdconv, "mts-dialog": mts_dialog, "multidogo": multidogo, "taskmaster": taskmaster, "tools": tools,
        "thinking": thinking}


def in_turn(texts):
    return [{"role": "assistant" if number % 2 else "user", "content": text} for number, text in enumerate(texts)]


def joined(messages):
    """From the first user's turn on, turns of one speaker in a row as one: many templates refuse anything else, and transformers
    renders no prompt of nothing."""
    messages = itertools.dropwhile(lambda turn: turn["role"] != "user", messages)
    return [{"role": role, "content": "\n".join(turn["content"] for turn in turns)}
            for role, turns in itertools.groupby(messages, key=lambda turn: turn["role"])]


# The rule, computed with transformers

class Skip(Exception):
    """The template refuses the row."""


class Reference:
    def __init__(self, folder, variant):
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
        self.special = set(self.tokenizer.all_special_ids) | {
            number for number, token in self.tokenizer.added_tokens_decoder.items() if token.special}
        self.variant = variant

    def render(self, messages, row, prompt=False):
        try:
            text = self.tokenizer.apply_chat_template(
                messages, tools=row.get("tools"), tokenize=False, add_generation_prompt=prompt)
        except Exception as error:  # what a template raises has many types
            raise Skip(str(error)) from error
        if "{'type': '" in text:
            raise Skip("a list is printed as Python prints it")
        return text

    def encode(self, text):
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        return encoded["input_ids"], encoded["offset_mapping"]

    def turn(self, number, messages, row):
        prompt = self.render(messages[:number], row, prompt=True)
        text = self.render(messages[:number + 1], row)
        if not text.startswith(prompt) or len(text) <= len(prompt):
            raise Skip("the turn does not stand behind the generation prompt")
        tail = text[len(prompt):]
        ids, offsets = self.encode(tail)
        marks = [(start, stop) for token, (start, stop) in zip(ids, offsets) if token in self.special]
        content = messages[number].get("content") or ""
        content = (content if isinstance(content, str) else "".join(part["text"] for part in content)).strip()
        found = tail.rfind(content) if content and not messages[number].get("tool_calls") else -1
        while found >= 0 and any(start < edge < stop for start, stop in marks for edge in (found, found + len(content))):
            found = tail.rfind(content, 0, found + len(content) - 1)
        behind = [stop for start, stop in marks if found >= 0 and start >= found + len(content)]
        end = behind[0] if behind else marks[-1][1] if marks else len(tail.rstrip(" \t\n\v\f\r"))
        says = [content, *(call["function"]["name"] for call in messages[number].get("tool_calls", []))]
        if not any(piece and piece in tail[:end] for piece in says):
            raise Skip("nothing of an answer is rendered")
        return text, len(prompt), len(prompt) + end

    def sequences(self, row):
        """Ids and masks of a row: one sequence, and one more for each turn that later turns render differently."""
        weights = [turn.get("weight", 1) for turn in row["messages"]]
        row = regular(row)
        messages = row["messages"]
        trained = [number for number, turn in enumerate(messages) if turn["role"] == "assistant"]
        if self.variant.get("train_on") == "last":
            trained = trained[-1:]
        trained = [number for number in trained if weights[number]]
        if not trained:
            raise Skip("no turn is trained")
        whole = self.render(messages, row)
        if self.variant.get("train_on_prompt"):
            ids, _ = self.encode(whole)
            return self.cut([(ids, [int(place > 0) for place in range(len(ids))])])
        turns = [self.turn(number, messages, row) for number in trained]
        last = turns[-1]
        main = whole if whole.startswith(last[0][:last[2]]) else last[0]
        spans, found = [], []
        for text, start, end in turns:
            if main.startswith(text[:end]):
                spans.append((start, end))
            else:
                found.append(self.masked(text, [(start, end)]))
        if main == whole:
            kept = self.tokenizer.apply_chat_template(messages, tools=row.get("tools"), tokenize=True, return_dict=False)
            assert kept == self.encode(whole)[0]
        return self.cut(found + [self.masked(main, spans)])

    def masked(self, text, spans):
        ids, offsets = self.encode(text)
        mask = [0] * len(ids)
        for start, end in spans:
            first = next(place for place, (_, last) in enumerate(offsets) if last > start)
            if offsets[first][0] < start:
                alone = self.encode(text[:start])[0]
                first = min(first, sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], zip(ids, alone))))
            for place in range(max(1, first), len(ids)):
                mask[place] |= int(offsets[place][0] < end and offsets[place][0] < offsets[place][1])
        return ids, mask

    def cut(self, sequences):
        length = self.variant.get("max_length", 1 << 30)
        found = [(ids[:length], mask[:length]) for ids, mask in sequences]
        # Where a cut leaves special tokens alone, nothing of the answer is left to train on.
        return [(ids, mask) for ids, mask in found if any(kept and token not in self.special for token, kept in zip(ids, mask))]


# Lathe

def model_folder(folder, tokenizer_file, template, begin, end):
    """A tokenizer with the special tokens of many families, and a model of no use beside it."""
    folder.mkdir(parents=True)
    backend = tokenizers.Tokenizer.from_file(str(tokenizer_file))
    backend.add_special_tokens(sorted({*SPECIAL, begin, end} - set(backend.get_vocab())))
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_object=backend, bos_token=begin, eos_token=end, chat_template=template)
    tokenizer.save_pretrained(folder)
    config = transformers.LlamaConfig(
        vocab_size=(len(tokenizer) + 63) // 64 * 64, hidden_size=16, intermediate_size=16, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1 << 15, tie_word_embeddings=True)
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


def prepared(lathe, folder, model, rows, variant):
    data = folder / "rows.jsonl"
    data.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    settings = [f"max_length: {variant.get('max_length', 32768)}", "too_long: truncate"]
    if "strftime_now" in (model / "chat_template.jinja").read_text():  # any other template is told of no day, and lathe says so
        settings.append(f"template_date: {datetime.date.today()}")
    settings += [f"{name}: {str(variant[name]).lower()}" for name in ("train_on", "train_on_prompt") if name in variant]
    recipe = folder / "recipe.yaml"
    recipe.write_text(f"name: masks\nmodel: {{ path: {json.dumps(str(model))} }}\ndata: {{ train: rows.jsonl, format: chat, "
                      f"{', '.join(settings)} }}\n")
    ran = subprocess.run([lathe, "prepare", recipe.name], cwd=folder, capture_output=True, text=True)
    if ran.returncode != 0:
        raise SystemExit(f"lathe prepare failed on {folder}:\n{ran.stderr}")
    with h5py.File(folder / "checkpoints/masks/prepared/examples.h5") as file:
        side = file["train"]
        ids, mask, bounds, lines = (side[name][:].tolist() for name in ("ids", "mask", "bounds", "line"))
    found = {}
    for number, line in enumerate(lines):
        start, end = bounds[number], bounds[number + 1]
        found.setdefault(line - 1, []).append((ids[start:end], mask[start:end]))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--lathe", default=".build/release/lathe")
    parser.add_argument("--rows", type=int, default=100, help="of each set")
    parser.add_argument("--set", action="append", choices=list(SETS))
    parser.add_argument("--template", help="only templates whose name holds this")
    chosen = parser.parse_args()
    lathe = str(pathlib.Path(chosen.lathe).resolve())
    vectors = json.loads((chosen.data / "vectors/jinja/hfjs-e2e.json").read_text())
    templates = {"SmolLM2": (SMOLLM2, "<|im_start|>", "<|im_end|>"), "gemma": (GEMMA, "<bos>", "<end_of_turn>")}
    templates |= {name: (vectors[name]["chat_template"], *marks) for name, marks in TEMPLATES.items()}
    variants = [{}, {"train_on": "last"}, {"max_length": 96}, {"train_on_prompt": True}]
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    differing = 0
    for name, (template, begin, end) in templates.items():
        if chosen.template and chosen.template not in name:
            continue
        with tempfile.TemporaryDirectory() as scratch:
            model = pathlib.Path(scratch) / "model"
            model_folder(model, chosen.data / "models/smollm2-tokenizer/tokenizer.json", template, begin, end)
            for set_name in chosen.set or SETS:
                rows = list(itertools.islice(SETS[set_name](chosen.data), chosen.rows))
                for number, variant in enumerate(variants if set_name in ("multidogo", "thinking") else variants[:1]):
                    reference = Reference(model, variant)
                    usable, wanted, refusals = [], [], {}
                    for row in rows:
                        try:
                            sequences = reference.sequences(row)
                        except Skip as reason:
                            refusals[str(reason)[:60]] = refusals.get(str(reason)[:60], 0) + 1
                            continue
                        usable.append(row)
                        wanted.append(sequences)
                    if not usable:
                        print(f"{name:40} {set_name:11} refused by the template: {max(refusals, key=refusals.get)}")
                        continue
                    folder = pathlib.Path(scratch) / f"{set_name}-{number}"
                    folder.mkdir()
                    found = prepared(lathe, folder, model, usable, variant)
                    wrong = [place for place, sequences in enumerate(wanted) if found.get(place, []) != sequences]
                    differing += len(wrong)
                    targets = sum(sum(mask) for sequences in wanted for _, mask in sequences)
                    count = sum(map(len, wanted))
                    note = "".join(f" {key}={value}" for key, value in variant.items())
                    print(f"{name:40} {set_name:11} {len(usable)} rows, {count} sequences, {targets} tokens with loss, "
                          f"{sum(refusals.values())} rows refused, {len(wrong)} differ{note}", flush=True)
                    for place in wrong[:2]:
                        show(reference, usable[place], wanted[place], found.get(place, []))
    return 1 if differing else 0


def show(reference, row, wanted, found):
    print("   row", json.dumps(row, ensure_ascii=False)[:300])
    print(f"   {len(wanted)} sequences wanted, {len(found)} found")
    for (ids, mask), (other_ids, other_mask) in zip(wanted, found):
        for place in range(max(len(ids), len(other_ids))):
            if ids[place:place + 1] != other_ids[place:place + 1] or mask[place:place + 1] != other_mask[place:place + 1]:
                here = slice(max(0, place - 6), place + 4)
                print(f"   token {place}: wanted {list(zip(reference.tokenizer.convert_ids_to_tokens(ids[here]), mask[here]))}")
                print(f"            found  {list(zip(reference.tokenizer.convert_ids_to_tokens(other_ids[here]), other_mask[here]))}")
                break


if __name__ == "__main__":
    sys.exit(main())
