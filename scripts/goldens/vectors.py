#!/usr/bin/env python3
"""Makes Tests/ObjectivesTests/Fixtures/vectors.json: losses of vectors of texts and PEFT's gradients of every factor, in fp32.

The models are the small BERT of Tests/ModelsTests/Fixtures/bert and the small decoder of Tests/TestSupport/TinyModel under LoRA adapters
of made-up factors; the losses are sentence-transformers' own. Beside them: what its InformationRetrievalEvaluator and
EmbeddingSimilarityEvaluator say of vectors that are given.
Run: python3 scripts/goldens/vectors.py
"""
import json
import math
import pathlib

import peft
import sentence_transformers
import torch
import transformers
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.sentence_transformer.evaluation import EmbeddingSimilarityEvaluator, InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.losses.matryoshka import shrink

root = pathlib.Path(__file__).resolve().parents[2]
models = {
    "bert": (root / "Tests" / "ModelsTests" / "Fixtures" / "bert", ["query", "value"]),
    "decoder": (root / "Tests" / "TestSupport" / "TinyModel" / "base", ["q_proj", "v_proj"]),
}
draw = torch.Generator().manual_seed(5)


def text(length, model):
    size = 48 if model == "bert" else 500
    return torch.randint(5, size, (length,), generator=draw).tolist()


def rows(model, counts):
    return [[text(3 + (row * 5 + place * 3) % 6, model) for place in range(count)] for row, count in enumerate(counts)]


CASES = [
    {"model": "bert", "pooling": "mean", "normalize": True, "objective": "in_batch_negatives", "counts": [2, 2, 2, 2]},
    {"model": "bert", "pooling": "cls", "normalize": False, "objective": "in_batch_negatives", "counts": [3, 3, 3]},
    {"model": "bert", "pooling": "mean", "normalize": False, "objective": "in_batch_negatives", "counts": [2, 2, 2],
     "dimensions": [16, 8]},
    {"model": "bert", "pooling": "mean", "normalize": False, "objective": "triplet", "counts": [3, 3, 3], "margin": 0.5},
    {"model": "bert", "pooling": "mean", "normalize": True, "objective": "triplet", "counts": [3, 3], "margin": 0.2,
     "distance": "cosine", "dimensions": [16, 4]},
    {"model": "bert", "pooling": "mean", "normalize": True, "objective": "cosine", "counts": [2, 2, 2],
     "scores": [0.9, 0.1, -0.4]},
    {"model": "bert", "pooling": "mean", "normalize": True, "objective": "cosent", "counts": [2, 2, 2, 2],
     "scores": [1.0, 0.2, 1.0, 0.5]},
    {"model": "decoder", "pooling": "last", "normalize": True, "objective": "in_batch_negatives", "counts": [3, 3, 3]},
    {"model": "decoder", "pooling": "mean", "normalize": True, "objective": "cosent", "counts": [2, 2, 2],
     "scores": [3.0, 1.0, 2.0]},
]


def made_up(number, shape):
    count = math.prod(shape)
    return torch.tensor(
        [0.1 * math.sin(12.9898 * index + 78.233 * number) for index in range(count)], dtype=torch.float64
    ).float().reshape(shape)


def tuned(name):
    folder, targets = models[name]
    model = transformers.AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    model = peft.get_peft_model(model, peft.LoraConfig(r=2, lora_alpha=3, target_modules=targets))
    named = {
        key.removeprefix("base_model.model.").replace(".default", ""): parameter
        for key, parameter in model.named_parameters() if parameter.requires_grad}
    for number, key in enumerate(sorted(named)):
        with torch.no_grad():
            named[key].copy_(made_up(number, named[key].shape))
    return model, named


def vector(model, ids, case):
    states = model(input_ids=torch.tensor([ids])).last_hidden_state[0]
    pooled = {"mean": states.mean(0), "cls": states[0], "last": states[-1]}[case["pooling"]]
    return torch.nn.functional.normalize(pooled, dim=-1) if case["normalize"] else pooled


def loss_of(case, columns):
    labels = torch.tensor(case["scores"]) if "scores" in case else torch.zeros(columns[0].shape[0])
    nothing = torch.nn.Identity()
    match case["objective"]:
        case "in_batch_negatives":
            loss = losses.MultipleNegativesRankingLoss(nothing)
        case "triplet":
            metric = losses.TripletDistanceMetric
            loss = losses.TripletLoss(
                nothing, metric.COSINE if case.get("distance") == "cosine" else metric.EUCLIDEAN, case["margin"])
        case "cosine":
            loss = losses.CosineSimilarityLoss(nothing)
        case _:
            loss = losses.CoSENTLoss(nothing)
    sizes = case.get("dimensions")
    if sizes is None:
        return loss.compute_loss_from_embeddings(columns, labels)
    return sum(loss.compute_loss_from_embeddings([shrink(column, size) for column in columns], labels) for size in sizes)


def run(case):
    case = dict(case)
    model, named = tuned(case["model"])
    case["rows"] = rows(case["model"], case.pop("counts"))
    columns = [torch.stack([vector(model, row[place], case) for row in case["rows"]]) for place in range(len(case["rows"][0]))]
    loss = loss_of(case, columns)
    loss.backward()
    case["loss"] = loss.item()
    case["gradients"] = {key: [float(f"{x:.6g}") for x in named[key].grad.flatten().tolist()] for key in sorted(named)}
    return case


class Given(torch.nn.Module):
    """A model whose vectors are given."""

    similarity_fn_name = "cosine"
    model_card_data = type("Card", (), {"set_evaluation_metrics": lambda *a, **k: None})()

    def __init__(self, vectors):
        super().__init__()
        self.vectors = vectors

    def encode(self, texts, **_):
        return torch.stack([self.vectors[text] for text in texts])

    encode_query = encode_document = encode


def ranking():
    """Questions, some asked twice, and texts, some of which answer two; a text that answers none in some rows."""
    drawn = [torch.randn(4, generator=draw) for _ in range(40)]
    pairs = [(q, 20 + (q * 7) % 13, 33 + q % 5 if q % 3 == 0 else None) for q in range(16)] + [(3, 21, None), (5, 20, None)]
    names = [str(i) for i in range(40)]
    queries, corpus, right = {}, {}, {}
    for question, answer, other in pairs:
        queries[f"q{question}"] = names[question]
        right.setdefault(f"q{question}", set()).add(f"d{answer}")
        for document in [answer, other]:
            if document is not None:
                corpus[f"d{document}"] = names[document]
    said = InformationRetrievalEvaluator(
        queries, corpus, right, accuracy_at_k=[1], precision_recall_at_k=[1, 5, 10], mrr_at_k=[10], ndcg_at_k=[10],
        map_at_k=[10], write_csv=False,
        score_functions={"cosine": sentence_transformers.util.cos_sim})
    found = said.compute_metrices(Given(dict(zip(names, drawn))))["cosine"]
    scores = [float(x) for x in torch.randn(len(pairs), generator=draw)]
    similar = EmbeddingSimilarityEvaluator(
        [names[p[0]] for p in pairs], [names[p[1]] for p in pairs], scores, write_csv=False, main_similarity="cosine")
    values = similar(Given(dict(zip(names, drawn))))
    return {
        "vectors": [[float(x) for x in v] for v in drawn],
        "rows": [[q, d] + ([n] if n is not None else []) for q, d, n in pairs], "scores": scores,
        "metrics": {
            "ndcg_at_10": found["ndcg@k"][10], "mrr_at_10": found["mrr@k"][10],
            **{f"recall_at_{k}": found["recall@k"][k] for k in (1, 5, 10)},
            "spearman": float(values["spearman_cosine"]), "pearson": float(values["pearson_cosine"])},
    }


output = root / "Tests" / "ObjectivesTests" / "Fixtures" / "vectors.json"
output.write_text(json.dumps({
    "torch": torch.__version__, "transformers": transformers.__version__, "peft": peft.__version__,
    "sentence_transformers": sentence_transformers.__version__,
    "cases": [run(case) for case in CASES], "ranking": ranking()}) + "\n")
