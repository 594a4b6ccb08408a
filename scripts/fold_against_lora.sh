#!/usr/bin/env bash
# What adapter.method fold keeps of plain LoRA's gain: trains both on the 4-bit base for each of the three domain recipes, folds the
# one into the file, and scores base, base + LoRA and the folded file on held-out rows. The share of the gain comes with a 95%
# interval, from 2000 resamples of the rows.
# Usage: scripts/fold_against_lora.sh [--set KEY=VALUE ...]     for both methods alike
#        LATHE=path of the command (.build/release/lathe)   RECIPES="recipes/a.yaml ..."   WORK=folder that keeps the runs
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
lathe=$(realpath "${LATHE:-.build/release/lathe}")
recipes=${RECIPES:-recipes/retail-desk.yaml recipes/health-triage.yaml recipes/media-desk.yaml}
work=${WORK:-}
if [ -z "$work" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
fi
base=$(realpath checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf)

# The file that KEY names in RECIPE.
file_of() { # KEY RECIPE
    realpath "$(sed -n "s/^ *$1: *//p" "$2" | head -1)"
}

train() { # RECIPE RUN METHOD MORE...
    local recipe=$1 run=$2 method=$3
    shift 3
    [ -d "$work/checkpoints/$run/adapter" ] && return
    local rows held_out
    rows=$(file_of train "$recipe") held_out=$(file_of held_out "$recipe")
    (cd "$work" && "$lathe" train "$recipe" --quiet --set name="$run" --set adapter.method="$method" \
        --set model.path="$base" --set data.train="$rows" --set data.held_out="$held_out" \
        --set evaluate.enabled=false "$@" >"$run.log" 2>&1) ||
        { cat "$work/$run.log" >&2; exit 1; }
}

# Rows of tokens and loss, in columns: index, tokens, target tokens, loss.
score() { # OUT MODEL ROWS MORE...
    local out=$1 model=$2 rows=$3
    shift 3
    [ -s "$work/$out" ] || "$lathe" score --quiet --model "$model" --data "$rows" --set data.max_length=512 "$@" >"$work/$out"
}

printf '%-15s %6s %9s %9s %9s   %s\n' recipe rows base lora folded 'share of the gain, 95% interval'
for recipe in $recipes; do
    name=$(basename "$recipe" .yaml)
    path=$(realpath "$recipe")
    rows=$(file_of held_out "$recipe")
    train "$path" "$name-lora" lora "$@"
    train "$path" "$name-fold" fold "$@"
    folded=$work/$name.gguf
    [ -f "$folded" ] || "$lathe" export --quiet --model "$base" --adapter "$work/checkpoints/$name-fold/adapter" \
        --format gguf --out "$folded" >/dev/null
    [ "$(stat -Lc %s "$folded")" = "$(stat -Lc %s "$base")" ] || { echo "$folded has another size than the base" >&2; exit 1; }
    score "$name.base" "$base" "$rows"
    score "$name.lora" "$base" "$rows" --adapter "$work/checkpoints/$name-lora/adapter"
    score "$name.fold" "$folded" "$rows"
    paste "$work/$name.base" "$work/$name.lora" "$work/$name.fold" | awk -v name="$name" '
        { tokens[NR] = $3; base[NR] = $3 * $4; lora[NR] = $3 * $8; fold[NR] = $3 * $12 }
        function share(resampled,   i, row, b, l, f, t) {
            for (i = 1; i <= NR; i++) {
                row = resampled ? int(rand() * NR) + 1 : i
                b += base[row]; l += lora[row]; f += fold[row]; t += tokens[row]
            }
            losses = sprintf("%9.4f %9.4f %9.4f", b / t, l / t, f / t)
            return (b - f) / (b - l)
        }
        END {
            srand(1)
            whole = share(0)
            shown = losses
            for (k = 1; k <= 2000; k++) print share(1) | "sort -g > '"$work/shares"'"
            close("sort -g > '"$work/shares"'")
            while ((getline value < "'"$work/shares"'") > 0) sorted[++count] = value
            printf "%-15s %6d %s   %.1f%% (%.1f%% to %.1f%%)\n", name, NR, shown, 100 * whole, 100 * sorted[50], 100 * sorted[1950]
        }'
done
