"""Makes the fixtures of TokenizersTests: small tokenizers trained here and what Hugging Face's `tokenizers` makes of hard texts.

Run with tokenizers 0.23 from the package root: python scripts/goldens/train_tokenizers.py
"""
import json
import pathlib
import random

from tokenizers import AddedToken, Regex, Tokenizer
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = pathlib.Path("Tests/TokenizersTests/Fixtures")
CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"\p{N}{1,3}" + REST
QWEN2 = CONTRACTIONS + r"\p{N}" + REST

WORDS = "the patient was given a dose of 20 mg twice daily and order number returns within thirty days please don't we'll can't it's"
CORPUS = [WORDS] + [
    "Der Arzt prüfte die Größe; naïve café façade, señor!",
    "Медицина и здоровье. 日本語の文章と中文文本。 한국어 문장.",
    "Numbers: 3.14, 1,000,000 and 2024-05-17 (approx.).",
    "def f(x):\n    return x ** 2  # square\n",
] + [" ".join(random.Random(i).sample(WORDS.split(), 9)) for i in range(60)]


def texts():
    fixed = [
        "", " ", "  ", "\n", "\t\n \r\n", "Hello, world!", "é e\u0301 Å A\u030a \u1112\u1161\u11ab 한", "👨‍👩‍👧‍👦🇩🇪👍🏽 ok",
        "日本語、中文 한국어", "don't DON'T we'LL", "1234567 12 3.5 ½ ٣", "<|bos|>hi<|eot|> <s>x</s> <unk>", "[MASK] a [SEP]",
        "<tool>x <tool> y<tool>", "a foo bar   b", "ﬁ ﷺ Ⅷ ﾊﾟ", "x" * 60, "\u200b\u00a0\u3000\ufeff", "▁a ▁▁b", "<0x41>", "नमस्ते ก็",
        "\x00\x07 a\x7f", "İstanbul ẞ ΑΣ", "a\u0323\u0307 a\u0307\u0323", "   lead and trail   ",
    ]
    rng = random.Random(3)
    pool = list("abdeosty ABC  \n\t.,'!0123é") + ["e\u0301", "한", "日", "😀", "\u200d", "<|bos|>", "</s>", "'s", "'LL", "ﬁ", "\u00a0", "▁"]
    return fixed + ["".join(rng.choice(pool) for _ in range(rng.randint(1, 30))) for _ in range(60)]


def byte_level(pattern, normalizer=None, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<|bos|>", "<|eot|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def sentence_piece(legacy):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=legacy)
    specials = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=440, special_tokens=specials, show_progress=False, limit_alphabet=60)
    tokenizer.train_from_iterator(CORPUS, trainer)
    description = json.loads(tokenizer.to_str())
    description["added_tokens"] = [token for token in description["added_tokens"] if token["id"] < 3]
    if legacy:
        description["pre_tokenizer"] = None
        description["normalizer"] = {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}
    tokenizer = Tokenizer.from_str(json.dumps(description))
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", 1)])
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=320, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=350, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def with_added_tokens():
    tokenizer = byte_level(QWEN2)
    tokenizer.add_tokens([
        AddedToken("<tool>", single_word=True, normalized=False), AddedToken("foo bar", lstrip=True, rstrip=True, normalized=False),
        AddedToken("  ", normalized=False), AddedToken("Number", normalized=True)])
    return tokenizer


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    llama3 = byte_level(LLAMA3, ignore_merges=True)
    llama3.post_processor = processors.TemplateProcessing(single="<|bos|> $A", pair="<|bos|> $A $B", special_tokens=[("<|bos|>", 0)])
    tokenizers = {
        "llama3": llama3, "qwen2": byte_level(QWEN2, normalizers.NFC()), "metaspace-bpe": sentence_piece(False),
        "legacy-bpe": sentence_piece(True), "unigram": unigram(), "wordpiece": word_piece(), "added": with_added_tokens()}
    for name, tokenizer in tokenizers.items():
        tokenizer.save(str(OUT / f"{name}.tokenizer.json"), pretty=False)
        cases = []
        for text in texts():
            encoding = tokenizer.encode(text)
            plain = tokenizer.encode(text, add_special_tokens=False)
            cases.append({
                "text": text, "ids": encoding.ids, "ids_no_special": plain.ids, "skip_special": False,
                "decoded": tokenizer.decode(plain.ids, skip_special_tokens=False)})
        (OUT / f"{name}.cases.json").write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")


main()
