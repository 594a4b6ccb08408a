#!/usr/bin/env python3
"""Makes the small trained T5 of Tests/TestSupport/TinySeq2Seq: tokenizer, weights, and what transformers says of it.

The tokenizer is T5's in small: unigrams with a Precompiled normaliser (a few rules of our own), the mark of words, `</s>` behind a text,
extra ids. The model (gated, with a head of its own) learns made-up sentences of the kind that Tests/CommandTests write, so that it
writes recognisable text. golden.json has tokens of odd texts, and of rows the tokens, the losses of the answers, greedy answers.
Made with sentencepiece, tokenizers, torch and transformers. Run: python3 scripts/goldens/tiny_seq2seq.py
"""
import io
import json
import pathlib
import random
import sys
import tempfile

import sentencepiece
import torch
import transformers
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import T5Config, T5ForConditionalGeneration

output = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "TestSupport" / "TinySeq2Seq"
NAMES = ["Tom", "Lily", "Ben", "Sue", "Max"]
THINGS = ["a ball", "a cat", "the red car", "the park", "a big dog", "a tree", "the sun"]
VERBS = ["found", "liked", "drew", "lost", "sold", "met", "took", "left"]
# What is written in another way than it is meant, as code points: spaces, a ligature, wide figures, a composed letter.
RULES = {"\u00a0": " ", "\u3000": " ", "\ufb01": "fi", "\uff11": "1", "\uff12": "2", "e\u0301": "\u00e9"}


def rows(verb, count):
    for row in range(count):
        yield (
            f"{NAMES[row % 5]} {verb} {THINGS[row % 7]}. ",
            f"{NAMES[(row + 1) % 5]} was happy to play with {THINGS[(row * 3 + 1) % 7]}.")


def tokenizer():
    texts = [prompt + answer for verb in VERBS + ["saw", "had"] for prompt, answer in rows(verb, 35)]
    texts += ["Write a headline: the café has 12 fine rooms, and 1 of them is free.", "summarize: it is a sunny day"]
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        for source, target in RULES.items():
            rules.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
        rules.flush()
        trained = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts), model_writer=trained, vocab_size=120, model_type="unigram",
            normalization_rule_tsv=rules.name, pad_id=0, eos_id=1, unk_id=2, bos_id=-1, hard_vocab_limit=False,
            minloglevel=2)
    proto = sentencepiece_model_pb2.ModelProto.FromString(trained.getvalue())
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    made = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    made.normalizer = normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap)
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    made.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    made.add_special_tokens(["<pad>", "</s>", "<unk>"])
    made.add_special_tokens([AddedToken(f"<extra_id_{number}>") for number in reversed(range(4))])
    made.post_processor = processors.TemplateProcessing(
        single=["$A", "</s>"], pair=["$A", "</s>", "$B", "</s>"], special_tokens=[("</s>", 1)])
    return made


def padded(sequences, value):
    longest = max(map(len, sequences))
    return torch.tensor([sequence + [value] * (longest - len(sequence)) for sequence in sequences])


def batch(made, pairs):
    read = [made.encode(prompt).ids for prompt, _ in pairs]
    return dict(
        input_ids=padded(read, 0), attention_mask=padded([[1] * len(ids) for ids in read], 0),
        labels=padded([made.encode(answer).ids for _, answer in pairs], -100))


torch.set_num_threads(2)
torch.manual_seed(5)
made = tokenizer()
config = T5Config(
    vocab_size=made.get_vocab_size(), d_model=32, d_kv=8, d_ff=48, num_layers=2, num_decoder_layers=2, num_heads=4,
    relative_attention_num_buckets=8, relative_attention_max_distance=16, feed_forward_proj="gated-gelu",
    tie_word_embeddings=False, decoder_start_token_id=0, pad_token_id=0, eos_token_id=1, dropout_rate=0.0)
config._attn_implementation = "eager"
model = T5ForConditionalGeneration(config).float()
pairs = [pair for verb in VERBS for pair in rows(verb, 35)]
dice = random.Random(1)
optimiser = torch.optim.AdamW(model.parameters(), lr=5e-3)
for step in range(int(sys.argv[1]) if sys.argv[1:] else 150):
    loss = model(**batch(made, dice.sample(pairs, 24))).loss
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    if step % 50 == 49:
        print(step + 1, loss.item(), flush=True)
model.eval()
output.mkdir(parents=True, exist_ok=True)
model.save_pretrained(output)
(output / "generation_config.json").unlink(missing_ok=True)
made.save(str(output / "tokenizer.json"))
(output / "tokenizer_config.json").write_text(
    json.dumps({"eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}) + "\n")
odd = [
    "Tom saw a ball.", "  Tom   saw ", "a\u00a0big\u3000dog", "the \ufb01ne cafe\u0301 \uff11\uff12", "Quixote ☃ §",
    "saw <extra_id_0> park</s> the", "\n\tthe\nsun\n", "", "▁a ▁ ball", "don't-stop",
]
held = list(rows("had", 8))
golden = {
    "transformers": transformers.__version__, "odd": odd, "ids": [made.encode(text).ids for text in odd], "rows": []}
with torch.no_grad():
    for prompt, answer in held:
        one = batch(made, [(prompt, answer)])
        written = model.generate(one["input_ids"], max_new_tokens=24, do_sample=False, num_beams=1)[0].tolist()[1:]
        golden["rows"].append({
            "read": one["input_ids"][0].tolist(), "labels": one["labels"][0].tolist(),
            "loss": model(**one).loss.item(), "written": written,
            "text": made.decode(written, skip_special_tokens=True)})
(output / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
print([row["text"] for row in golden["rows"]][:3], sum(row["loss"] for row in golden["rows"]) / 8)
