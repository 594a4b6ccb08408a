"""llama.cpp through its C functions, which the shared library of the package xllamacpp exports."""

import ctypes
from pathlib import Path


class Parameters(ctypes.Structure):
    """Parameters of models and contexts, passed by value: more bytes than any version's have."""

    _fields_ = [("numbers", ctypes.c_uint32 * 256)]


class Batch(ctypes.Structure):
    _fields_ = [
        ("n_tokens", ctypes.c_int32), ("token", ctypes.POINTER(ctypes.c_int32)), ("embd", ctypes.c_void_p),
        ("pos", ctypes.POINTER(ctypes.c_int32)), ("n_seq_id", ctypes.POINTER(ctypes.c_int32)),
        ("seq_id", ctypes.POINTER(ctypes.POINTER(ctypes.c_int32))), ("logits", ctypes.POINTER(ctypes.c_int8))]


def library():
    import xllamacpp

    lib = ctypes.CDLL(str(next(Path(xllamacpp.__file__).parent.glob("xllamacpp*.so"))))
    pointer = ctypes.c_void_p
    for name, result, arguments in [
        ("llama_model_default_params", Parameters, []), ("llama_context_default_params", Parameters, []),
        ("llama_model_load_from_file", pointer, [ctypes.c_char_p, Parameters]), ("llama_model_free", None, [pointer]),
        ("llama_init_from_model", pointer, [pointer, Parameters]), ("llama_free", None, [pointer]),
        ("llama_model_get_vocab", pointer, [pointer]), ("llama_vocab_n_tokens", ctypes.c_int32, [pointer]),
        ("llama_vocab_get_add_bos", ctypes.c_bool, [pointer]), ("llama_vocab_bos", ctypes.c_int32, [pointer]),
        ("llama_tokenize", ctypes.c_int32, [
            pointer, ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int32), ctypes.c_int32, ctypes.c_bool,
            ctypes.c_bool]),
        ("llama_batch_init", Batch, [ctypes.c_int32] * 3), ("llama_batch_free", None, [Batch]),
        ("llama_decode", ctypes.c_int32, [pointer, Batch]),
        ("llama_get_logits", ctypes.POINTER(ctypes.c_float), [pointer]), ("llama_get_memory", pointer, [pointer]),
        ("llama_memory_clear", None, [pointer, ctypes.c_bool]),
        ("llama_set_n_threads", None, [pointer, ctypes.c_int32, ctypes.c_int32]),
        ("llama_log_set", None, [pointer, pointer]),
    ]:
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Llama:
    """A GGUF file as llama.cpp runs it."""

    quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)

    def __init__(self, path, context=2048, threads=2, exact=False):
        """`exact`: keys and values are kept in fp32, and attention is computed step by step."""
        self.lib = library()
        self.lib.llama_log_set(ctypes.cast(self.quiet, ctypes.c_void_p), None)
        self.model = self.lib.llama_model_load_from_file(str(path).encode(), self.lib.llama_model_default_params())
        if not self.model:
            raise RuntimeError(f"llama.cpp does not load {path}")
        parameters = self.lib.llama_context_default_params()
        # n_ctx, n_batch, n_ubatch, n_seq_max
        parameters.numbers[0:4] = [context, context, context, 1]
        if exact:
            # flash_attn_type; type_k, type_v
            parameters.numbers[13] = 0
            parameters.numbers[26:28] = [0, 0]
        self.context = self.lib.llama_init_from_model(self.model, parameters)
        self.lib.llama_set_n_threads(self.context, threads, threads)
        self.vocabulary = self.lib.llama_vocab_n_tokens(self.lib.llama_model_get_vocab(self.model))

    @property
    def begin(self):
        """The token that texts begin with; none where nothing is put before them."""
        vocabulary = self.lib.llama_model_get_vocab(self.model)
        return self.lib.llama_vocab_bos(vocabulary) if self.lib.llama_vocab_get_add_bos(vocabulary) else None

    def close(self):
        self.lib.llama_free(self.context)
        self.lib.llama_model_free(self.model)

    def ids(self, text):
        """Of a text, with the tokens that stand around one, and special tokens for what they are."""
        data = text.encode()
        found = (ctypes.c_int32 * (len(data) + 8))()
        vocabulary = self.lib.llama_model_get_vocab(self.model)
        return list(found[:self.lib.llama_tokenize(vocabulary, data, len(data), found, len(found), True, True)])

    def logits(self, ids, places=None):
        """Of the tokens of one sequence at `places`, or of all: [tokens, vocabulary]."""
        import numpy

        places = range(len(ids)) if places is None else places
        self.lib.llama_memory_clear(self.lib.llama_get_memory(self.context), True)
        batch = self.lib.llama_batch_init(len(ids), 0, 1)
        batch.n_tokens = len(ids)
        for place, token in enumerate(ids):
            batch.token[place], batch.pos[place], batch.n_seq_id[place] = token, place, 1
            batch.seq_id[place][0], batch.logits[place] = 0, place in places
        code = self.lib.llama_decode(self.context, batch)
        if code != 0:
            raise RuntimeError(f"llama.cpp does not decode {len(ids)} tokens: {code}")
        found = numpy.ctypeslib.as_array(
            self.lib.llama_get_logits(self.context), (len(places), self.vocabulary)).copy()
        self.lib.llama_batch_free(batch)
        return found

    def log_probabilities(self, ids):
        """[tokens, vocabulary], natural logarithm, in double."""
        import numpy

        logits = self.logits(ids).astype(numpy.float64)
        logits -= logits.max(1, keepdims=True)
        return logits - numpy.log(numpy.exp(logits).sum(1, keepdims=True))

    def losses(self, ids, targets):
        """−log p of the tokens at `targets`, places of a sequence, each after those before it."""
        import numpy

        before = [place - 1 for place in targets]
        found = []
        for row, place in zip(self.logits(ids, before), targets):
            largest = float(row.max())
            total = numpy.exp(row - largest).sum(dtype=numpy.float64)
            found.append(largest + float(numpy.log(total)) - float(row[ids[place]]))
        return found

    def greedy(self, ids, count):
        """The likeliest continuation."""
        found = []
        for _ in range(count):
            sequence = list(ids) + found
            found.append(int(self.logits(sequence, [len(sequence) - 1])[0].argmax()))
        return found
