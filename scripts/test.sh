#!/usr/bin/env bash
# Installs what is missing, builds everything with its tests and runs them.
# Arguments go to `swift test`, for instance: scripts/test.sh --filter Recipes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh --no-build
scripts/fetch_base_model.sh
for script in scripts/datasets/make_*.py; do
    python3 "$script" --check >&2
done
# One build for command and tests: in release mode too, for a transformer in a debug build is too slow to test.
swift build -c release --build-tests
swift test -c release --skip-build "$@"
