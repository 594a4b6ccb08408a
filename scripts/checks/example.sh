#!/usr/bin/env bash
# Builds the package in Examples, which uses Lathe as any other package would, and runs its program on the tests' small model.
# It builds into the folder of the tests, where all of Lathe is compiled already: the same files with the same options are not
# compiled again. Run: scripts/checks/example.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
root=$PWD

swift build --package-path Examples --scratch-path .build-tests -c release --product tune
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
"$root/.build-tests/release/tune" "$root/Tests/TestSupport/TinyModel/base" "$root/Examples/rows/train.jsonl" "$root/Examples/rows/held_out.jsonl" |
    tee output
grep -q '^loss .*: better$' output
grep -q '^merged [1-9]' output
[ -f checkpoints/example/adapter/adapter_model.safetensors ]
[ -f example-merged/model.safetensors ]
printf '%s\n' "example: built, and run in a folder of its own" >&2
