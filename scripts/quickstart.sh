#!/usr/bin/env bash
# Samples functions, lets interpreters work on them, prints and plots their scores.
#
#   bash scripts/quickstart.sh [FUNCTIONS]     default: 40 functions; after the installation about a minute, most of which compiles loops once
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
set_up_venv report
functions=${1:-40}
.venv/bin/python scripts/evaluate.py --env FIND-numeric-v1 --agent atom-fit --agent interpolation --agent constant \
    --functions "$functions" --seed 0 --out "runs/quickstart-$functions"
echo "  source .venv/bin/activate puts find-gym on the path of this shell"
