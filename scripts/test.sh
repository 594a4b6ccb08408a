#!/usr/bin/env bash
# Installs what is missing, builds everything with its tests, runs them, and says which were skipped and why.
# Arguments go to `swift test`, for instance: scripts/test.sh --filter Recipes
# With LATHE_STRICT set, as continuous integration has it, a compiler's warning is a failure.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

# How many tests may be skipped, of all; fewer are where the public data is there too (LATHE_DATA).
most_skipped=32

say() { printf '%s\n' "test: $*" >&2; }

scripts/setup.sh --no-build
scripts/fetch_base_model.sh
for script in scripts/datasets/make_*.py; do
    python3 "$script" --check >&2
done

# 1. What only tests need: a browser, a tracer of system calls, the library that benchmarks are held against, Python's venv, the editor
# of run paths that archives are made with.
if command -v dpkg-query >/dev/null; then
    for package in chromium strace libdnnl-dev python3-venv patchelf; do
        [ -n "$(missing_packages "$package")" ] || continue
        say "installing $package"
        install_packages "$package" || say "left out: tests that need $package (as root: apt-get install $package)"
    done
    # The benchmarks join the package where their library is there.
    [ -n "$(missing_packages libdnnl-dev)" ] || export LATHE_BENCHMARKS=1
fi

# 2. Programs that read what Lathe writes, in a virtual environment of their own. torch is too large to be fetched for a test:
# what transformers and PEFT say lies beside the tests as golden files.
modules=(h5py pyarrow pandas tensorboard)
has_modules() { "$1" -c "import $(IFS=,; echo "${modules[*]}")" 2>/dev/null; }
if [ -n "${LATHE_PYTHON:-}" ] && has_modules "$LATHE_PYTHON"; then
    say "tests use $LATHE_PYTHON"
elif ! has_modules .venv-tests/bin/python; then
    say "installing ${modules[*]} into .venv-tests"
    if ! python3 -m venv .venv-tests ||
        ! .venv-tests/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: "${modules[@]}" >&2; then
        say "left out: tests that need a Python with ${modules[*]} (LATHE_PYTHON names one)"
    fi
fi

# 3. One build for command and tests: in release mode too, for a transformer in a debug build is too slow to test. In a folder of
# its own: tests need Swift's library as a shared one, the released command has it inside.
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
swift build --scratch-path .build-tests -c release --build-tests 2>&1 | tee "$logs/build"
say "built after $SECONDS s"
if [ -n "${LATHE_STRICT:-}" ] && grep -q 'warning:' "$logs/build"; then
    say "the build warns:"
    grep 'warning:' "$logs/build" | sort -u >&2
    exit 1
fi
status=0
swift test --scratch-path .build-tests -c release --skip-build "$@" 2>&1 | tee "$logs/tests" || status=$?

# 4. What was skipped. A part of the tests says nothing about their number.
limit=(--most "$most_skipped")
[ $# -eq 0 ] || limit=()
python3 scripts/checks/skipped_tests.py "$logs/tests" "${limit[@]}" || status=$((status == 0 ? 1 : status))
exit "$status"
