#!/usr/bin/env python3
"""Writes Tests/EvaluationTests/Fixtures/sentences: a tiny random BERT as sentence-transformers has one, with a tokenizer of its
own, and the vectors that sentence-transformers makes of texts: short, empty, with accents, in Chinese, longer than is read.

Made with torch, transformers, tokenizers and sentence-transformers (versions are written into golden.json).
Run: python3 scripts/goldens/tiny_sentences.py
"""
import json
import pathlib
import shutil

import sentence_transformers
import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel, BertTokenizerFast

root = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "EvaluationTests" / "Fixtures" / "sentences"
TEXTS = [
    "The patient reports a mild headache since Tuesday.", "", "Où est la crème brûlée?", "我们 在北京喝茶。", "TOTALLY Unknown ☃ words!",
    "the order arrived late " * 12, "a", "Does it hurt? It does not hurt.",
]
LEARNT = [
    "the patient reports a mild headache since tuesday", "the order arrived late and broken", "where is the creme brulee",
    "我们在北京喝茶", "does it hurt it does not hurt", "totally known words", "send a replacement before the end of the week",
]
tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.train_from_iterator(LEARNT, trainers.WordPieceTrainer(
    vocab_size=160, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False))
ids = {token: tokenizer.token_to_id(token) for token in ("[CLS]", "[SEP]")}
tokenizer.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=list(ids.items()))
shutil.rmtree(root, ignore_errors=True)
bare = root / "bare"
bare.mkdir(parents=True)
torch.manual_seed(11)
model = BertModel(BertConfig(
    vocab_size=tokenizer.get_vocab_size(), hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2,
    max_position_embeddings=40)).eval()
with torch.no_grad():
    for name, parameter in model.named_parameters():
        noise = torch.randn_like(parameter)
        parameter.copy_(1 + 0.2 * noise if "LayerNorm.weight" in name else 0.25 * noise)
model.save_pretrained(bare)
BertTokenizerFast(tokenizer_object=tokenizer).save_pretrained(bare)
transformer = Transformer(str(bare), max_seq_length=24)
sentences = SentenceTransformer(modules=[transformer, Pooling(16, "mean"), Normalize()], device="cpu")
sentences.save(str(root), create_model_card=False)
shutil.rmtree(bare)
first = SentenceTransformer(modules=[transformer, Pooling(16, "cls")], device="cpu")
golden = {
    "torch": torch.__version__, "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
    "sentence_transformers": sentence_transformers.__version__, "texts": TEXTS,
    "ids": [sentences.tokenizer(text, truncation=True, max_length=24)["input_ids"] for text in TEXTS],
    "mean": [[round(float(x), 6) for x in row] for row in sentences.encode(TEXTS)],
    "first": [[round(float(x), 6) for x in row] for row in first.encode(TEXTS)],
    "prompted": [[round(float(x), 6) for x in row] for row in sentences.encode(TEXTS, prompt="order: ")],
}
(root / "golden.json").write_text(json.dumps(golden, ensure_ascii=False) + "\n")
