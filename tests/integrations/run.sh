#!/usr/bin/env bash
# Tests the adapters with the libraries themselves, each in an environment of its own, since their pins clash.
#
#   bash tests/integrations/run.sh [LIBRARY ...]     all of them by default
#
# A library is also the keyword that selects its tests. A test that is skipped here counts as failed. PYTHON names the
# interpreter of the environments, python3 by default; nemo_gym needs 3.12 and is left out with an older one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# What each needs beside the test runner, pinned where constraints.txt does not.
declare -A NEEDS=(
    [trl]=".[trl,report]"
    [openenv]=".[openenv,report] psutil websockets"
    [verifiers]=".[report] verifiers==0.4.0"
    [reasoning_gym]=". reasoning-gym==0.1.23"
    [lm_eval]=". lm-eval==0.4.13"
    [verl]="."
    [skyrl]=". skyrl-gym==0.4.0"
    [gem]=". gem-llm==0.1.0"
    [textarena]=". textarena==0.7.4"
    [torchrl]=". torchrl==0.14.1"
    [tianshou]=". tianshou==2.0.1"
    [rllib]=".[ray]"
    [agilerl]=". agilerl==2.58.0 peft"
    [minari]=". minari[hdf5,create]==0.5.4 pillow"
    [skrl]=". skrl==2.1.1 torch"
    [pufferlib]=". torch psutil rich rich-argparse"
    [rl_zoo3]=".[train] rl-zoo3==2.9.2"
    [nemo_gym]=". nemo-gym==0.4.0"
)
# What pins a package that it does not need here, and so is installed without what it requires.
declare -A ALONE=([pufferlib]="pufferlib-core==3.0.23")
ORDER=(trl openenv verifiers reasoning_gym lm_eval verl skyrl gem textarena)
ORDER+=(torchrl tianshou rllib agilerl minari skrl pufferlib rl_zoo3)
PYTHON="${PYTHON:-python3}"
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 12))' && ORDER+=(nemo_gym)
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" NO_SKIPS=1

# These libraries want other versions of a few packages.
mkdir -p .venv/integrations
grep -vE '^(certifi|cryptography|filelock|importlib.metadata|openai|pandas|pillow|pyarrow)==' constraints.txt >.venv/integrations/constraints.txt

[ $# -gt 0 ] || set -- "${ORDER[@]}"
failed=()
for name in "$@"; do
    [ -n "${NEEDS[$name]:-}" ] || { echo "expected a name among ${ORDER[*]}, actual value: '$name'" >&2; exit 2; }
    venv=.venv/integrations/$name
    printf '\n=== %s\n' "$name"
    [ -x "$venv/bin/python" ] || "$PYTHON" -m venv "$venv"
    # shellcheck disable=SC2086
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --constraint .venv/integrations/constraints.txt \
        ${NEEDS[$name]} pytest hypothesis &&
        { [ -z "${ALONE[$name]:-}" ] || "$venv/bin/python" -m pip install --quiet --no-deps ${ALONE[$name]}; } &&
        "$venv/bin/python" -m pytest -q tests/integrations -k "$name" || failed+=("$name")
done
[ ${#failed[@]} -eq 0 ] || { printf '\nfailed: %s\n' "${failed[*]}"; exit 1; }
