#!/usr/bin/env python3
"""Writes a GGUF file with the shape of Qwen2.5-0.5B and random weights, stored as Q4_K_M stores them.

What a stage takes in memory depends on shapes and stored types, not on what the weights say, so this stands for the real model
without a download. Needs numpy and gguf (pip install gguf numpy).

    scripts/checks/half_billion_model.py OUT.gguf [--layers 24]
"""
import argparse

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFWriter

WIDTH, INNER, HEADS, KEY_HEADS, VOCABULARY = 896, 4864, 14, 2, 151_936
KEY_WIDTH = WIDTH // HEADS * KEY_HEADS
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def byte_alphabet():
    """GPT-2's spelling of bytes as printable characters."""
    shown = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) if b in shown else chr(256 + sum(1 for c in range(b) if c not in shown)) for b in range(256)]


def vocabulary():
    """Bytes, pairs and triples of bytes in the order of their merges, special tokens, and unused rows as Qwen2.5 has them."""
    bytes_ = byte_alphabet()
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    letters = [bytes_[b] for b in b" etaoinshrdlcumwfgypbvkxjqz"]
    rest = [b for b in bytes_ if b not in letters]
    order = letters + rest
    wanted = 151_643 - 256
    merges = [(a, b) for a in order for b in order]
    for a in order:
        for pair in order[:40]:
            merges += [(a + pair, b) for b in order[:20]]
            if len(merges) >= wanted:
                break
    merges = merges[:wanted]
    tokens = bytes_ + [a + b for a, b in merges] + specials
    kinds = [1] * (256 + len(merges)) + [3] * len(specials)
    unused = VOCABULARY - len(tokens)
    tokens += [f"[PAD{i}]" for i in range(unused)]
    kinds += [5] * unused
    assert len(set(tokens)) == VOCABULARY
    return tokens, kinds, [f"{a} {b}" for a, b in merges]


def blocks(random, rows, columns, kind):
    """Random blocks of small weights: smaller in the blocks than in the embedding, so that what bf16 rounds is rounded alike."""
    elements, size = {Type.Q4_K: (256, 144), Type.Q6_K: (256, 210), Type.Q5_0: (32, 22), Type.Q8_0: (32, 34)}[kind]
    count = rows * columns // elements
    data = random.integers(0, 256, (count, size), dtype=np.uint8)

    def half(value):
        return np.full(count, value, dtype=np.float16).view(np.uint8).reshape(count, 2)

    if kind == Type.Q4_K:
        # weight = d · scale · q − dmin · minimum, with 6 bits of scale and 4 of q.
        data[:, 0:2], data[:, 2:4] = half(0.00003), half(0.0002)
    elif kind == Type.Q5_0:
        data[:, 0:2] = half(0.0004)
    elif kind == Type.Q8_0:
        data[:, 0:2] = half(0.00027)
    else:
        # weight = d · scale · (q − 32), with 8 bits of scale and 6 of q.
        data[:, 208:210] = half(0.000003)
    return data.reshape(rows, -1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--layers", type=int, default=24)
    arguments = parser.parse_args()
    random = np.random.default_rng(5)
    writer = GGUFWriter(arguments.out, "qwen2")
    writer.add_name("half a billion, random")
    writer.add_context_length(32_768)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(arguments.layers)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEY_HEADS)
    writer.add_rope_freq_base(1e6)
    writer.add_layer_norm_rms_eps(1e-6)
    tokens, kinds, merges = vocabulary()
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(tokens.index("<|endoftext|>"))
    writer.add_eos_token_id(tokens.index("<|im_end|>"))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)

    def matrix(name, rows, columns, kind):
        writer.add_tensor(name, blocks(random, rows, columns, kind), raw_dtype=kind)

    def vector(name, count, centre):
        writer.add_tensor(name, (centre + 0.02 * random.standard_normal(count)).astype(np.float32))

    matrix("token_embd.weight", VOCABULARY, WIDTH, Type.Q8_0)
    vector("output_norm.weight", WIDTH, 1)
    for layer in range(arguments.layers):
        name = f"blk.{layer}."
        # As Q4_K_M has it: half of the value and down projections are wider. Rows of 896 numbers are no whole blocks of 256: these
        # projections fall back to Q5_0, the wider ones to Q8_0.
        is_wide = layer % 2 == 0
        vector(name + "attn_norm.weight", WIDTH, 1)
        vector(name + "ffn_norm.weight", WIDTH, 1)
        for part, rows in (("q", WIDTH), ("k", KEY_WIDTH), ("v", KEY_WIDTH)):
            matrix(name + f"attn_{part}.weight", rows, WIDTH, Type.Q8_0 if part == "v" and is_wide else Type.Q5_0)
            vector(name + f"attn_{part}.bias", rows, 0)
        matrix(name + "attn_output.weight", WIDTH, WIDTH, Type.Q5_0)
        matrix(name + "ffn_gate.weight", INNER, WIDTH, Type.Q5_0)
        matrix(name + "ffn_up.weight", INNER, WIDTH, Type.Q5_0)
        matrix(name + "ffn_down.weight", WIDTH, INNER, Type.Q6_K if is_wide else Type.Q4_K)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main()
