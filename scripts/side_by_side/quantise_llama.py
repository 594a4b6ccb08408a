#!/usr/bin/env python3
"""llama.cpp's own quantiser on random rows, threads sharing them as its quantize program does; prints JSON."""
import argparse
import ctypes
import json
import pathlib
import threading
import time

import gguf
import numpy
import xllamacpp

COLUMNS = 4096


def library():
    folder = pathlib.Path(xllamacpp.__file__).parent
    loaded = ctypes.CDLL(str(next(folder.glob("xllamacpp*.so"))))
    loaded.ggml_quantize_chunk.restype = ctypes.c_size_t
    return loaded


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--type", required=True)
    parser.add_argument("--rows", type=int, default=512)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--importance", action="store_true")
    chosen = parser.parse_args()
    kind = gguf.GGMLQuantizationType[chosen.type]
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    numbers = ((numpy.random.default_rng(1).random((chosen.rows, COLUMNS)) - 0.5) / 8).astype(numpy.float32)
    counts = (1 + numpy.arange(COLUMNS) * 7 % 13).astype(numpy.float32)
    blocks = numpy.zeros(numbers.size // elements * size, numpy.uint8)
    weights = counts.ctypes.data_as(ctypes.c_void_p) if chosen.importance else None
    quantise, wide = library().ggml_quantize_chunk, ctypes.c_int64

    def work(first: int, count: int) -> None:
        quantise(
            int(kind), numbers.ctypes.data_as(ctypes.c_void_p), blocks.ctypes.data_as(ctypes.c_void_p), wide(first * COLUMNS),
            wide(count), wide(COLUMNS), weights)

    def run() -> float:
        share = chosen.rows // chosen.threads
        workers = [threading.Thread(target=work, args=(index * share, share)) for index in range(chosen.threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return time.perf_counter() - start

    fastest = min(run() for _ in range(3))
    print(json.dumps({"millions_per_second": chosen.rows // chosen.threads * chosen.threads * COLUMNS / fastest / 1e6}))


if __name__ == "__main__":
    main()
