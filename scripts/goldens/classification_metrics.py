"""Goldens of metrics of labels, numbers, spans and rankings:
`python classification_metrics.py > Tests/EvaluationTests/Fixtures/classification-metrics.json`.

Made with scikit-learn 1.9.1 (reports, confusion matrices, F1, errors, nDCG), SciPy 1.17.1 (correlations, binomial and χ²
distributions), seqeval 1.2.2 (strict mode); the calibration error is that of Guo et al. (2017) with NumPy.
"""

import json
import warnings

import numpy as np
from scipy import stats
from seqeval.metrics import classification_report as span_report
from seqeval.scheme import BILOU, IOB2, IOBES
from sklearn import metrics

warnings.filterwarnings("ignore")
draw = np.random.default_rng(11)
AVERAGES = ["macro avg", "weighted avg", "micro avg"]


def scores(entry):
    return {"precision": float(entry["precision"]), "recall": float(entry["recall"]), "f1": float(entry["f1-score"]),
            "support": int(entry["support"])}


def report(found, names):
    return {"classes": {name: scores(found[name]) for name in names if name in found},
            "averages": {name.split()[0]: scores(found[name]) for name in AVERAGES if name in found}}


def single(labels, truth, predicted):
    found = metrics.classification_report(truth, predicted, output_dict=True, zero_division=0)
    result = report(found, labels)
    micro = metrics.precision_recall_fscore_support(truth, predicted, average="micro", zero_division=0)
    result["averages"]["micro"] = {"precision": micro[0], "recall": micro[1], "f1": micro[2], "support": len(truth)}
    return {"labels": labels, "truth": truth, "predicted": predicted, "accuracy": metrics.accuracy_score(truth, predicted),
            "confusion": metrics.confusion_matrix(truth, predicted, labels=labels).tolist(), **result}


def classes():
    labels = ["billing", "delivery", "other", "returns"]
    truth = [labels[i] for i in draw.choice(4, 90, p=[0.5, 0.3, 0.15, 0.05])]
    noisy = [t if draw.random() < 0.7 else labels[draw.integers(4)] for t in truth]
    return [
        single(labels, truth, noisy),
        # One label is never predicted, one is never the truth, one is neither.
        single(labels, ["billing", "billing", "delivery", "delivery", "billing"],
               ["billing", "returns", "billing", "returns", "billing"]),
        single(labels, ["other"] * 3, ["other"] * 3),
        single(labels, ["other", "billing"], ["billing", "other"]),
    ]


def several():
    names = ["a", "b", "c", "d"]
    truth = (draw.random((60, 4)) < [0.5, 0.2, 0.05, 0.0]).astype(int)
    raw = np.clip(0.45 * truth + 0.55 * draw.random((60, 4)), 0, 1).round(2)
    predicted = (raw >= 0.5).astype(int)
    found = metrics.classification_report(truth, predicted, target_names=names, output_dict=True, zero_division=0)
    # The averages here are over classes that occur, as they are where scikit-learn finds the classes itself.
    used = [i for i in range(4) if truth[:, i].any() or predicted[:, i].any()]
    some = metrics.classification_report(truth, predicted, labels=used, target_names=[names[i] for i in used],
                                         output_dict=True, zero_division=0)
    best = []
    for label in range(4):
        cuts = np.unique(raw[:, label])
        best.append(max(metrics.f1_score(truth[:, label], raw[:, label] >= cut, zero_division=0) for cut in cuts))
    return {"names": names, "truth": truth.tolist(), "scores": raw.tolist(), "predicted": predicted.tolist(),
            "classes": report(found, names)["classes"], "averages": report(some, names)["averages"], "best_f1": best}


def mcnemar(base, adapter):
    count = base + adapter
    if count < 25:
        return {"base": base, "adapter": adapter, "exact": True, "statistic": min(base, adapter),
                "p": min(1.0, 2 * stats.binom.cdf(min(base, adapter), count, 0.5))}
    statistic = (abs(base - adapter) - 1) ** 2 / count
    return {"base": base, "adapter": adapter, "exact": False, "statistic": statistic, "p": stats.chi2.sf(statistic, 1)}


def calibration(bins):
    confidences = np.concatenate([draw.random(200) * 0.75 + 0.25, [0.2, 0.4, 0.6, 0.8, 1.0, 1 / 3, 2 / 3]])
    right = draw.random(len(confidences)) < confidences ** 1.5
    bounds = np.arange(bins + 1) / bins
    error = 0.0
    for low, high in zip(bounds[:-1], bounds[1:]):
        inside = (confidences > low) & (confidences <= high)
        if inside.any():
            error += abs(right[inside].mean() - confidences[inside].mean()) * inside.mean()
    return {"bins": bins, "confidences": confidences.tolist(), "right": right.tolist(), "ece": error}


def numbers(truth, predicted):
    return {"truth": truth.tolist(), "predicted": predicted.tolist(),
            "mae": metrics.mean_absolute_error(truth, predicted),
            "rmse": metrics.root_mean_squared_error(truth, predicted),
            "pearson": float(stats.pearsonr(truth, predicted)[0]), "spearman": float(stats.spearmanr(truth, predicted)[0])}


def regression():
    truth = draw.normal(3, 1, 50)
    return [numbers(truth, truth + draw.normal(0, 0.7, 50)),
            # Ties, and numbers whose spread is small beside them.
            numbers(draw.integers(1, 6, 80).astype(float), draw.integers(1, 6, 80).astype(float)),
            numbers(1e6 + draw.random(40), 1e6 + draw.random(40)),
            numbers(np.array([1.0, 2.0, 3.0]), np.array([3.0, 2.0, 1.0]))]


def spans(name, scheme, tags):
    truth = [[tags[i] for i in draw.integers(len(tags), size=draw.integers(1, 12))] for _ in range(60)]
    predicted = [[t if draw.random() < 0.75 else tags[draw.integers(len(tags))] for t in row] for row in truth]
    found = span_report(truth, predicted, output_dict=True, mode="strict", scheme=scheme, zero_division=0)
    types = sorted(key for key in found if not key.endswith("avg"))
    return {"scheme": name, "truth": truth, "predicted": predicted, **report(found, types)}


def schemes():
    return [spans("bio", IOB2, ["O", "O", "B-DRUG", "I-DRUG", "B-DOSE", "I-DOSE", "I-DRUG"]),
            spans("bioes", IOBES, ["O", "B-DRUG", "I-DRUG", "E-DRUG", "S-DRUG", "B-DOSE", "E-DOSE", "S-DOSE"]),
            spans("bilou", BILOU, ["O", "B-DRUG", "I-DRUG", "L-DRUG", "U-DRUG", "B-DOSE", "L-DOSE", "U-DOSE"]),
            spans("bio", IOB2, ["O", "B", "I"])]


def ranking(relevances, ranked):
    relevances, ranked = np.array(relevances, float), np.array(ranked, float)
    order = np.argsort(-ranked, kind="stable")
    hits = relevances[order] > 0
    return {"relevances": relevances.tolist(), "scores": ranked.tolist(),
            "ndcg_10": float(metrics.ndcg_score([relevances], [ranked], k=10, ignore_ties=True)) if hits.any() else 0.0,
            "mrr_10": float(1 / (np.argmax(hits) + 1)) if hits[:10].any() else 0.0,
            "recall_5": float(hits[:5].sum() / max(hits.sum(), 1))}


def rankings():
    cases = [((draw.random(30) < 0.15).astype(float), draw.random(30)) for _ in range(6)]
    cases += [(draw.integers(0, 4, 25).astype(float), draw.random(25)) for _ in range(3)]
    cases += [(np.zeros(12), draw.random(12)), (np.eye(1, 14, 13)[0], -np.arange(14.0))]
    return [ranking(*case) for case in cases]


print(json.dumps({
    "classes": classes(), "several": several(),
    "mcnemar": [mcnemar(*pair) for pair in [(0, 0), (1, 0), (3, 9), (12, 12), (0, 24), (5, 20), (10, 15), (30, 12), (400, 420)]],
    "calibration": [calibration(15), calibration(10)], "regression": regression(), "spans": schemes(), "rankings": rankings(),
}))
