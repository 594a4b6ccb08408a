#!/usr/bin/env bash
# Gives every reader files with random faults, made from the fixtures of the tests. Ends with 1 where a file crashed a reader,
# hung it or took all memory; those files lie under fuzz/. The same --seed and --count give the same files.
# Arguments go to the program, for instance: scripts/checks/fuzz.sh --reader gguf --seed 7 --count 100000 --seconds 600
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

swift build -c release --product lathe >&2
swift build -c release --product Fuzz >&2
exec .build/release/Fuzz run --out fuzz "$@"
