#!/usr/bin/env bash
# Builds the site in build/site, without the network once the packages are there: warnings and dead links are errors.
#
#   bash scripts/docs.sh            builds it
#   bash scripts/docs.sh --serve    builds it and shows it at http://localhost:8000
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"
set_up_venv docs
# MkDocs 2 is another program; the pinned version is the last of the first.
export NO_MKDOCS_2_WARNING=true
.venv/bin/python -m mkdocs build --clean --strict --quiet
echo "The site: build/site/index.html"
if [ "${1:-}" = --serve ]; then
    .venv/bin/python -m http.server --bind 127.0.0.1 --directory build/site 8000
fi
