"""Goldens of ROUGE, BLEU and chrF: `python text_metrics.py > Tests/EvaluationTests/Fixtures/text-metrics.json`.

Made with rouge_score 0.1.2 (stemmer off) and sacrebleu 2.6.0 (corpus BLEU and chrF, defaults; chrF++ with word_order=2). Chinese:
BLEU with tokenize="zh", ROUGE with a tokenizer that sets each Han character apart.
"""

import json
import random
import re

from rouge_score import rouge_scorer
import sacrebleu

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

# Several lines, for rougeLsum: sentences that share tokens, that come in another order, that are empty.
PAIRS_OF_LINES = [
    ("The cat sat.\nThe dog ran away.", "The dog ran.\nThe cat sat on the mat."),
    ("a b c d\nc d e f", "a c b d\nf e d c\na a a"),
    ("one line only, of the report", "one line\nonly, of\nthe report"),
    ("\n\nfirst\n\n\nsecond third\n", "second\n\nfirst third"),
    ("the the\nthe the", "the\nthe the the"),
    ("...\n!!", "nothing in common\nhere"),
]

CHINESE = [
    ("患者每天服用两次阿司匹林。", "患者每天应服用两次阿司匹林。"),
    ("请在三天后复诊，并带上检查单。", "请三天后来复诊，带好检查单！"),
    ("体温38.5℃，脉搏102次/分。", "体温 38.5 ℃，脉搏 98 次/分。"),
    ("没有发现异常", "未见明显异常"),
    ("“血压”偏高——建议low-salt diet", "血压偏高，建议low-salt饮食"),
    ("先吃药\n再休息。", "休息后\n先吃药。"),
    ("", "多喝水"),
    ("明天", "今天下午"),
    ("订单A1024已发货，预计3天送达", "订单 A1024 已经发货，预计 3 天内送达"),
]


class Characters:
    """Han characters one by one, runs of a-z and 0-9."""

    def tokenize(self, text):
        return re.findall(r"[a-z0-9]+|[\u3400-\u4dbf\u4e00-\u9fff]", text.lower())


def rouge(pairs, tokenizer=None):
    names = {"rouge1": "rouge_1", "rouge2": "rouge_2", "rougeL": "rouge_l", "rougeLsum": "rouge_lsum"}
    scorer = rouge_scorer.RougeScorer(list(names), use_stemmer=False, tokenizer=tokenizer)
    scores = [scorer.score(r, a) for a, r in pairs]
    return [{"answer": a, "reference": r, **{ours: score[theirs].fmeasure for theirs, ours in names.items()}}
            for (a, r), score in zip(pairs, scores)]


def corpus(pairs, rows, **bleu):
    answers, references = [pairs[i][0] for i in rows], [[pairs[i][1] for i in rows]]
    return {"rows": rows, "bleu": sacrebleu.corpus_bleu(answers, references, **bleu).score,
            "chrf": sacrebleu.corpus_chrf(answers, references).score,
            "chrf_pp": sacrebleu.corpus_chrf(answers, references, word_order=2).score}


def main():
    words = "order refund the a is was late parcel, 3.5 stars; film scene (new) dose daily - and/or not?".split()
    draw = random.Random(7)
    pairs = list(PAIRS)
    for _ in range(22):
        reference = [draw.choice(words) for _ in range(draw.randint(3, 18))]
        answer = [draw.choice(words) if draw.random() < 0.3 else word for word in reference][: draw.randint(2, 18)]
        pairs.append((" ".join(answer), " ".join(reference)))
    # Rows are named by their place, so what is new stands at the end.
    pairs += PAIRS_OF_LINES
    corpora = [[0], [1], [0, 1, 4], [2], [2, 3], [12], [13], list(range(len(PAIRS))), list(range(18, 40)), list(range(40)),
               list(range(40, 46)), list(range(46))]
    print(json.dumps({
        "rouge_score": "0.1.2", "sacrebleu": sacrebleu.__version__, "pairs": rouge(pairs),
        "corpora": [corpus(pairs, rows) for rows in corpora],
        "chinese": rouge(CHINESE, Characters()),
        "chinese_corpora": [corpus(CHINESE, rows, tokenize="zh")
                            for rows in [[i] for i in range(len(CHINESE))] + [list(range(5)), list(range(len(CHINESE)))]],
    }, ensure_ascii=False, indent=1))


main()
