#!/usr/bin/env python3
"""What llama.cpp makes of a GGUF file, in fp32: ids of texts, logits that follow ids, and the ids it goes on with.

Run: python3 scripts/checks/gguf_by_llama_cpp.py FILE QUESTIONS, where QUESTIONS holds {"texts": [...], "ids": [...], "steps": N}; prints
{"texts": [[id, ...], ...], "logits": [[...], ...], "greedy": [id, ...]}. Needs numpy and xllamacpp.
"""
import json
import sys

from llama_cpp import Llama


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        questions = json.load(file)
    model = Llama(sys.argv[1], context=512, exact=True)
    print(json.dumps({
        "texts": [model.ids(text) for text in questions["texts"]],
        "logits": model.logits(questions["ids"]).tolist(),
        "greedy": model.greedy(questions["ids"], questions["steps"]),
    }))


if __name__ == "__main__":
    main()
