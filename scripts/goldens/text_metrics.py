"""Goldens of ROUGE-L and BLEU: `python text_metrics.py > Tests/EvaluationTests/Fixtures/text-metrics.json`.

Made with rouge_score 0.1.2 (rougeL, stemmer off) and sacrebleu 2.6.0 (corpus BLEU, defaults).
"""

import json
import random

from rouge_score import rouge_scorer
import sacrebleu
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

PAIRS = [
    ("The cat sat on the mat.", "The cat sat on the mat."),
    ("The cat sat on a mat", "A cat was sitting on the mat."),
    ("", "Something was expected here."),
    ("Something was said.", ""),
    ("Take 2.5 mg twice a day, with food.", "Take 2,500 mg once a day; never with food!"),
    ("It costs $1,299.00 (incl. VAT) - order now...", "It costs $1,299 (VAT incl.) -- order today..."),
    ("Well-known state-of-the-art 3-in-1 cover", "A well known state of the art 3-in-1 cover"),
    ("Tom &amp; Jerry &lt;3 &quot;films&quot;", "Tom & Jerry <3 \"films\""),
    ("hyphen-\nated words\nand lines", "hyphenated words and lines"),
    ("Café déjà vu, naïve façade", "Cafe deja vu, naïve facade"),
    ("头痛 怎么办 ? 多喝水 。", "头痛 应该 多喝水 。"),
    ("a b c d e f g h", "h g f e d c b a"),
    ("one", "one"),
    ("one two three", "one two three four five six seven"),
    ("the the the the the the", "the cat is on the mat"),
    ("don't can't won't it's", "do not can not it's"),
    ("tab\tand\u00a0nbsp\u2003wide", "tab and nbsp wide"),
    ("x<skipped>y 5.- 6,7 .8 9.", "xy 5 - 6,7 0.8 9 ."),
]


def main():
    words = "order refund the a is was late parcel, 3.5 stars; film scene (new) dose daily - and/or not?".split()
    draw = random.Random(7)
    pairs = list(PAIRS)
    for _ in range(22):
        reference = [draw.choice(words) for _ in range(draw.randint(3, 18))]
        answer = [draw.choice(words) if draw.random() < 0.3 else word for word in reference][: draw.randint(2, 18)]
        pairs.append((" ".join(answer), " ".join(reference)))
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    corpora = [[0], [1], [0, 1, 4], [2], [2, 3], [12], [13], list(range(len(PAIRS))), list(range(18, 40)), list(range(40))]
    print(json.dumps({
        "rouge_score": "0.1.2", "sacrebleu": sacrebleu.__version__,
        "pairs": [{"answer": a, "reference": r, "rougeL": scorer.score(r, a)["rougeL"].fmeasure} for a, r in pairs],
        "tokens": [Tokenizer13a()(a.rstrip()).split() for a, _ in pairs],
        "bleu": [{"rows": c, "score": sacrebleu.corpus_bleu([pairs[i][0] for i in c], [[pairs[i][1] for i in c]]).score}
                 for c in corpora],
    }, ensure_ascii=False, indent=1))


main()
