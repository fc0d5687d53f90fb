#!/usr/bin/env bash
# Tests the adapters with the libraries themselves, each in an environment of its own, since their pins clash.
#
#   bash tests/integrations/run.sh [trl] [openenv] [single_turn] [page] [rl] [verifiers]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What each needs beside find-gym and the test runner, pinned where constraints.txt does not.
# AgileRL, whose pins clash with those of TorchRL, is tested where it is installed beside find-gym.
declare -A NEEDS=(
    [trl]=".[trl,report]"
    [openenv]=".[openenv,report] psutil websockets"
    [single_turn]=".[report] reasoning-gym==0.1.23 lm-eval==0.4.13"
    [page]=".[report] skyrl-gym==0.4.0 gem-llm==0.1.0 textarena==0.7.4"
    [rl]=". torchrl==0.14.1 tianshou==2.0.1 minari==0.5.4"
    [verifiers]=".[report] verifiers==0.4.0"
)
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"

# These libraries want other versions of a few packages.
mkdir -p .venv/integrations
grep -vE '^(certifi|filelock|openai|pandas|pillow)==' constraints.txt >.venv/integrations/constraints.txt

[ $# -gt 0 ] || set -- trl openenv single_turn page rl verifiers
for name in "$@"; do
    [ -n "${NEEDS[$name]:-}" ] || { echo "expected a name among ${!NEEDS[*]}, actual value: '$name'" >&2; exit 2; }
    venv=.venv/integrations/$name
    printf '\n=== %s\n' "$name"
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    # shellcheck disable=SC2086
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint .venv/integrations/constraints.txt \
        ${NEEDS[$name]} pytest hypothesis
    "$venv/bin/python" -m pytest -q "tests/integrations/test_$name.py" tests/integrations/test_same_everywhere.py
done
