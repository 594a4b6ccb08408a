#!/usr/bin/env bash
# From a fresh clone to a tuned model: installs what is missing, builds, fetches the base model, runs the quickstart recipe.
# Arguments go to `lathe run`, for instance: scripts/quickstart.sh --set train.max_steps=10
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/setup.sh
scripts/fetch_base_model.sh
exec .build/release/lathe run recipes/quickstart.yaml "$@"
