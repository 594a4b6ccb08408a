#!/usr/bin/env bash
# Checks a built Lathe for machines that this one is not: rows score the same on emulated CPUs without AVX and without AVX-512
# (needs qemu-user), and the loops compile for 64-bit ARM (needs clang; with this machine's C headers, so types only).
# Usage: scripts/checks/other_machines.sh MODEL ROWS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
model=$1 rows=$2
lathe=.build/release/lathe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

score() { "$@" "$lathe" score --quiet --model "$model" --data "$rows" --set model.precision=fp32; }

if command -v qemu-x86_64 >/dev/null; then
    # The emulated CPU, not the environment, says what the libraries may use.
    unset OPENBLAS_CORETYPE LATHE_ISA
    score env >"$work/native"
    for cpu in Nehalem Haswell; do
        score qemu-x86_64 -cpu "$cpu" >"$work/$cpu" 2>"$work/errors" || { cat "$work/errors"; failed=1; }
        paste "$work/native" "$work/$cpu" | awk -v cpu="$cpu" '
            { difference = $4 - $8; if (difference < 0) difference = -difference; if (difference > most) most = difference }
            END { printf "%s: %d rows, losses differ by %.1e at most\n", cpu, NR, most; exit !(NR > 0 && most < 2e-5) }' ||
            failed=1
    done
else
    echo "no qemu-x86_64: emulated CPUs are left out"
fi

if command -v clang >/dev/null; then
    # What the headers of an x86 machine want and an ARM machine has not.
    mkdir -p "$work/gnu"
    touch "$work/gnu/stubs-32.h"
    for file in Sources/CKernels/*.c; do
        clang --target=aarch64-linux-gnu -std=gnu11 -ffp-contract=off -fsyntax-only -w -D'__regparm__(x)=__unused__' -I "$work" \
            -I "/usr/include/$(uname -m)-linux-gnu" -I Sources/CKernels/include "$file" || { echo "$file: not for ARM"; failed=1; }
    done
    echo "aarch64: loops compiled"
fi
exit "$failed"
