"""Masks of bench/medquad-eval-48.jsonl under Lathe's rule, computed with transformers: ids by `apply_chat_template`, the
trained span by rendering the prompt with the generation prompt, end of turn by the last special token, offsets by `tokenizers`.

Usage: python scripts/goldens/make_masks.py SMOLLM2_GGUF DATA_ROOT > Tests/DatasetsTests/Fixtures/medquad-masks.json
"""
import hashlib
import json
import sys

import gguf
import tokenizers
import transformers

gguf_path, data_root = sys.argv[1:]
template = gguf.GGUFReader(gguf_path).fields["tokenizer.chat_template"].contents()
backend = tokenizers.Tokenizer.from_file(f"{data_root}/models/smollm2-tokenizer/tokenizer.json")
tokenizer = transformers.PreTrainedTokenizerFast(
    tokenizer_object=backend, chat_template=template, bos_token="<|im_start|>", eos_token="<|im_end|>"
)

rows = []
for line in open(f"{data_root}/bench/medquad-eval-48.jsonl", encoding="utf-8"):
    row = json.loads(line)
    messages = row["prompt"] + row["completion"]
    text = tokenizer.apply_chat_template(messages, tokenize=False)
    prompt = tokenizer.apply_chat_template(row["prompt"], tokenize=False, add_generation_prompt=True)
    assert text.startswith(prompt)
    ids = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
    encoded = backend.encode(text, add_special_tokens=False)
    assert encoded.ids == ids
    end = max(offset[1] for id, offset in zip(encoded.ids, encoded.offsets) if id == tokenizer.eos_token_id)
    mask = [int(i > 0 and len(prompt) <= start < end) for i, (start, _) in enumerate(encoded.offsets)]
    digest = hashlib.sha256(",".join(f"{i}{'+' if m else '-'}" for i, m in zip(ids, mask)).encode()).hexdigest()
    rows.append({"tokens": len(ids), "targets": sum(mask), "sha256": digest})

json.dump({"transformers": transformers.__version__, "template": template, "rows": rows}, sys.stdout, indent=1)
print()
