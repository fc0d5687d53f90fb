#!/usr/bin/env bash
# Runs the tests.
#
#   bash scripts/test.sh [PYTEST ARGUMENTS]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
set_up_venv all,dev
.venv/bin/python -m pytest -n 2 --dist loadgroup "$@"
