#!/usr/bin/env bash
# Lathe and its peers on the same files, in the same run, turn by turn: medians and ratios.
#
#   scripts/side_by_side.sh [--only train,generation,tokenizer,preparation,quantisation] [--rounds N] [--max-steps N]
#                           [--train FILE --held-out FILE] [--text FILE] [--model FILE] [--megabytes N] [--json FILE]
#
# The peers are Python programs. LATHE_PYTHON names an interpreter that has torch, transformers, peft, trl, datasets, tokenizers,
# gguf, xllamacpp and datasketch (the last alone for --only preparation); without it a virtual environment with them is made in .venv-side-by-side (some gigabytes, once). LATHE_TORCH
# is what to install as torch: say "torch==2.13.0+cpu" where pip's settings know a build without CUDA, which is smaller.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "side_by_side: $*" >&2; }

packages=(torch transformers peft trl datasets tokenizers gguf xllamacpp datasketch)
case " $* " in
    *" --only preparation "*) packages=(datasketch) ;;
esac

has_packages() {
    "$1" - "${packages[@]}" <<'PYTHON' 2>/dev/null
import importlib.util, sys
sys.exit(any(importlib.util.find_spec(name) is None for name in sys.argv[1:]))
PYTHON
}

if [ -n "${LATHE_PYTHON:-}" ]; then
    python=$LATHE_PYTHON
    has_packages "$python" || { say "$python lacks one of: ${packages[*]}"; exit 69; }
else
    python=$root/.venv-side-by-side/bin/python
    if [ ! -x "$python" ]; then
        say "making .venv-side-by-side"
        python3 -m venv "$root/.venv-side-by-side" || { say "needs python3 with venv (apt-get install python3-venv)"; exit 69; }
    fi
    if ! has_packages "$python"; then
        say "installing ${packages[*]}; pip's own settings say from where"
        [ "${packages[0]}" = torch ] && packages[0]=${LATHE_TORCH:-torch}
        "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: "${packages[@]}" >&2
    fi
fi

programs=(lathe Benchmarks)
# Benchmarks need oneDNN (libdnnl-dev) and join the package only where they are asked for.
export LATHE_BENCHMARKS=1
[ "${packages[0]}" = datasketch ] && programs=(lathe)
for program in "${programs[@]}"; do
    if [ ! -x "$root/.build/release/$program" ]; then
        say "building $program"
        (cd "$root" && swift build -c release --product "$program" >&2)
    fi
done
exec "$python" "$root/scripts/side_by_side/compare.py" "$@"
