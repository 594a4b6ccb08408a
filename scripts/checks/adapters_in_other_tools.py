#!/usr/bin/env python3
"""Adapters that `lathe export` wrote, computed by the tools that read them, against PEFT.

    python3 scripts/checks/adapters_in_other_tools.py [--lathe PATH] [--family NAME ...]

For the trained model of the tests and a tiny random one of each family, and for adapters that a form has no number for (rsLoRA, ranks and alphas of their own,
some modules, some blocks, DoRA): PEFT's log-probabilities of the next token against llama.cpp's for the GGUF-LoRA file beside the
model's GGUF, against mlx-lm's for the MLX folder, and against PEFT's own for what came back through all forms. Each effect is
held against the bare base too, so that an adapter that does nothing is seen. Needs torch, transformers, peft, gguf and
xllamacpp; mlx and mlx-lm where they are there. Exits 1 where anything differs.
"""
import argparse
import contextlib
import json
import math
import pathlib
import shutil
import subprocess
import sys
import tempfile

import gguf
import numpy
import peft
import tokenizers
import torch
import transformers
import xllamacpp

root = pathlib.Path(__file__).resolve().parents[2]
tiny = root / "Tests" / "TestSupport" / "TinyModel"
VOCABULARY = 512
LETTER = tokenizers.Tokenizer.from_file(str(tiny / "base" / "tokenizer.json")).encode("e", add_special_tokens=False).ids[-1]
# llama.cpp looks a GELU up in a table of halves.
TOLERANCE = {"llama.cpp": 4e-3, "mlx": 1e-3, "peft": 1e-4}
PROMPTS = [[1, 70, 300, 17, 45, 220], [1, 9, 9, 411, 33, 128, 256, 77, 5, 6, 90], [1, 500]]

COMMON = dict(
    vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=8,
    num_key_value_heads=4, max_position_embeddings=128, rms_norm_eps=1e-5, bos_token_id=1, eos_token_id=2, pad_token_id=0)
FAMILIES = {
    "llama": ("LlamaForCausalLM", "LlamaConfig", dict(tie_word_embeddings=True)),
    "llama-untied": ("LlamaForCausalLM", "LlamaConfig", dict(tie_word_embeddings=False)),
    "mistral": ("MistralForCausalLM", "MistralConfig", dict(tie_word_embeddings=False, sliding_window=None)),
    "qwen2": ("Qwen2ForCausalLM", "Qwen2Config", dict(tie_word_embeddings=True)),
    "qwen3": ("Qwen3ForCausalLM", "Qwen3Config", dict(tie_word_embeddings=True, head_dim=16)),
    "gemma3": (
        "Gemma3ForCausalLM", "Gemma3TextConfig",
        dict(head_dim=16, query_pre_attn_scalar=16, sliding_window=512, tie_word_embeddings=True)),
}
ADAPTERS = {
    "plain": dict(r=8, lora_alpha=16, target_modules="all-linear"),
    "rslora": dict(r=8, lora_alpha=16, use_rslora=True, target_modules=["q_proj", "k_proj", "down_proj"]),
    "patterns": dict(
        r=4, lora_alpha=6, use_rslora=True, target_modules=["q_proj", "v_proj", "o_proj", "up_proj"],
        rank_pattern={"v_proj": 2, "up_proj": 7}, alpha_pattern={"layers.1.self_attn.q_proj": 3, "up_proj": 9}),
    "blocks": dict(r=4, lora_alpha=8, target_modules=["k_proj", "gate_proj"], layers_to_transform=[1, 2]),
    "one-block": dict(r=4, lora_alpha=8, target_modules=["model.layers.0.self_attn.q_proj"]),
}
HEAD = dict(r=4, lora_alpha=8, target_modules=["lm_head", "o_proj"])
DORA = dict(r=4, lora_alpha=8, use_dora=True, target_modules=["q_proj", "up_proj"])


def lathe(options, *arguments):
    done = subprocess.run([options.lathe, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"lathe {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def make_base(options, name, folder):
    """A model of the family as a folder and as GGUF."""
    if name == "trained":
        return tiny / "base", tiny / "tiny.f32.gguf"
    base, model = make_folder(name, folder / "base"), folder / "base.gguf"
    lathe(options, "export", "--model", base, "--format", "gguf", "--type", options.gguf_type, "--out", model, "--json")
    return base, model


def make_folder(name, folder):
    model_class, configuration_class, more = FAMILIES[name]
    torch.manual_seed(len(name))
    model = getattr(transformers, model_class)(getattr(transformers, configuration_class)(**{**COMMON, **more}))
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.15) if weight.dim() > 1 else weight.normal_(mean=1 if "gemma" not in name else 0, std=0.1)
    model = model.float().eval()
    model.save_pretrained(folder)
    for file in ["tokenizer.json", "tokenizer_config.json"]:
        shutil.copy(tiny / "base" / file, folder)
    return folder


def load(base):
    return transformers.AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()


def make_adapter(base, settings, folder):
    model = peft.get_peft_model(load(base), peft.LoraConfig(task_type="CAUSAL_LM", **settings))
    torch.manual_seed(11)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_A" in name or "lora_B" in name:
                weight.normal_(std=0.12)
            elif "lora_magnitude" in name:
                weight.mul_(1.1)
    # Without a copy of the base's own head.
    model.save_pretrained(folder, save_embedding_layers=False)
    return folder


def of_transformers(base, adapter=None):
    model = load(base)
    if adapter is not None:
        model = peft.PeftModel.from_pretrained(model, str(adapter)).eval()
    with torch.no_grad():
        return [model(torch.tensor([ids])).logits[0, -1].double().log_softmax(-1).numpy() for ids in PROMPTS]


def of_llama_cpp(base, adapter=None):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(base)
    parameters.n_ctx, parameters.n_parallel, parameters.warmup = 256, 1, False
    parameters.cpuparams.n_threads = 2
    # Keys and values in fp32, as PEFT has them.
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if adapter is not None:
        parameters.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0)]
    server = xllamacpp.Server(parameters)
    found = []
    for ids in PROMPTS:
        answer = server.handle_completions({
            "prompt": ids, "max_tokens": 1, "n_predict": 1, "temperature": -1.0, "n_probs": VOCABULARY, "logprobs": VOCABULARY,
            "cache_prompt": False, "post_sampling_probs": False,
            # Only of a token that ends with a whole character are probabilities told: those of all tokens before the bias.
            "logit_bias": [[LETTER, 1000.0]]})
        text = answer if isinstance(answer, dict) else json.loads(answer)
        if "choices" in text:
            listed = text["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        else:
            listed = text["completion_probabilities"][0]["top_logprobs"]
        row = numpy.full(VOCABULARY, numpy.nan)
        for entry in listed:
            row[entry["id"]] = entry["logprob"]
        found.append(row)
    del server
    return found


def of_mlx(base, adapter):
    import mlx.core
    from mlx_lm.tuner.utils import load_adapters
    from mlx_lm.utils import load_model

    model, _ = load_model(pathlib.Path(base))
    if adapter is not None:
        model = load_adapters(model, str(adapter))
    model.eval()
    rows = [numpy.array(model(mlx.core.array([ids]))[0, -1].astype(mlx.core.float32), dtype=numpy.float64) for ids in PROMPTS]
    return [row - math.log(numpy.exp(row - row.max()).sum()) - row.max() for row in rows]


def computes_in_mlx(base, bare):
    """Whether mlx-lm is there and computes the bare base as transformers does: not all of its families read today's rotary keys."""
    if not has_mlx():
        return False
    with contextlib.suppress(Exception):
        return max(float(numpy.abs(a - b)[b > -12].max()) for a, b in zip(of_mlx(base, None), bare)) < TOLERANCE["mlx"]
    return False


def has_mlx():
    with contextlib.suppress(ImportError):
        import mlx_lm  # noqa: F401

        return True
    return False


def compare(tool, case, found, expected, bare, failures):
    """Tokens that are likely enough to be told apart: of the rest a float has no digits."""
    worst, effect = 0.0, 0.0
    for one, other, base in zip(found, expected, bare):
        likely = other > -12
        worst = max(worst, float(numpy.abs(one - other)[likely].max()) if not numpy.isnan(one[likely]).any() else math.inf)
        effect = max(effect, float(numpy.abs(other - base)[likely].max()))
    good = worst < TOLERANCE[tool] and effect > 0.1 and all(a.argmax() == b.argmax() for a, b in zip(found, expected))
    print(f"{'ok  ' if good else 'FAIL'} {case}: {tool} differs by {worst:.1e}, the adapter moves {effect:.2f}", flush=True)
    if not good:
        failures.append(f"{case} {tool}")


def check(options, family, folder, failures):
    try:
        base, model = make_base(options, family, folder)
    except RuntimeError as error:
        print(f"FAIL {family}: no GGUF of the base: {error}")
        failures.append(family)
        return
    bare = of_transformers(base)
    compare("llama.cpp", f"{family} base", of_llama_cpp(model), bare, [row + 1 for row in bare], failures)
    in_mlx = computes_in_mlx(base, bare)
    if has_mlx() and not in_mlx:
        print(f"     {family}: mlx-lm computes the bare base otherwise, so its adapters are not compared")
    adapters = {**ADAPTERS, "dora": DORA, **({"head": HEAD} if family in ("llama-untied", "mistral") else {})}
    for name, settings in adapters.items():
        case, place = f"{family} {name}", folder / name
        adapter = make_adapter(base, settings, place / "peft")
        expected = of_transformers(base, adapter)

        def export(source, form, name):
            out = place / name
            lathe(options, "export", "--model", base, "--adapter", source, "--format", form, "--what", "adapter", "--out", out,
                  "--json")
            return out

        source = adapter
        if name != "dora":
            source = export(adapter, "gguf-lora", "adapter.gguf")
            keys = gguf.GGUFReader(source).fields
            assert bytes(keys["adapter.type"].parts[-1]) == b"lora", "adapter.type"
            compare("llama.cpp", case, of_llama_cpp(model, source), expected, bare, failures)
        folder_of_mlx = export(source, "mlx", "mlx")
        if in_mlx:
            compare("mlx", case, of_mlx(base, folder_of_mlx), expected, bare, failures)
        back = export(export(folder_of_mlx, "hdf5", "adapter.h5"), "peft", "back")
        compare("peft", case, of_transformers(base, back), expected, bare, failures)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lathe", default=str(root / ".build/release/lathe"))
    parser.add_argument("--family", action="append", choices=["trained", *FAMILIES])
    parser.add_argument("--gguf-type", default="fp32", help="the name of 32-bit floats to `lathe export --type`")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    failures = []
    for family in options.family or ["trained", *FAMILIES]:
        with tempfile.TemporaryDirectory() as folder:
            check(options, family, pathlib.Path(folder), failures)
    if not has_mlx():
        print("mlx-lm is not installed: its folders were written and read by Lathe alone")
    print("all as PEFT computes it" if not failures else "\n".join(["differs:"] + failures))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
