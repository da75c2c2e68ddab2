#!/usr/bin/env bash
# Make or update a virtual environment that holds restorekit, its extras and basicsr, all with
# the versions of requirements/constraints.txt. `make install` calls it.
#
# usage: tools/install.sh VENV [WHAT]
#   WHAT         what pip installs, with its extras (default: this clone, editable, with all)
#   PYTHON       interpreter that the environment is made with (python3)
#   TORCH_INDEX  package index to take PyTorch from, e.g. https://download.pytorch.org/whl/cu130;
#                by default its CUDA build where there is an NVIDIA GPU, else its CPU build
set -euo pipefail
cd "$(dirname "$0")/.."

venv=${1:?usage: tools/install.sh VENV [WHAT]}
what=(--editable ".[all]")
[[ -z ${2:-} ]] || what=("$2")
python=${PYTHON:-python3}
constraints=requirements/constraints.txt
cpu_index=https://download.pytorch.org/whl/cpu

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 2; }
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
pinned() { sed -n "s/^$1==\([^ ;]*\).*/\1/p" "$constraints"; }
is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; }

make_environment() {
    command -v "$python" >/dev/null ||
        fail "there is no '$python'; install Python 3.10 or newer, or name one with PYTHON=…"
    is_recent "$python" ||
        fail "'$python' is $("$python" -V 2>&1), and Python 3.10 or newer is needed; name one with PYTHON=…"
    # An environment whose interpreter is gone or too old is made anew; any other is kept.
    if ! { "$venv/bin/python" -c 'import pip' && is_recent "$venv/bin/python"; } 2>/dev/null; then
        say "making $venv with $("$python" -V)"
        "$python" -m venv --clear "$venv" ||
            fail "'$python -m venv' failed; Debian and Ubuntu need the package python3-venv"
    fi
    pip install --quiet --constraint "$constraints" pip setuptools
}

has_nvidia_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L 2>/dev/null | grep '^GPU' >/dev/null; }

# Whether pip, with these options, finds the build +cpu of the pinned PyTorch.
offers_cpu_build() {
    pip index versions torch --retries 1 --timeout 10 "$@" 2>/dev/null |
        grep -F "$(pinned torch)+cpu" >/dev/null
}

install_torch() {
    local version
    version=$(pinned torch)
    if pip freeze | grep -E "^torch==${version//./\\.}(\+|$)" >/dev/null; then
        return
    fi
    # With an index of PyTorch's own only torch is taken from it, and what torch needs comes
    # with the rest, from where pip is configured to look.
    if [[ -n ${TORCH_INDEX:-} ]]; then
        say "PyTorch $version from $TORCH_INDEX"
        pip install --no-deps --index-url "$TORCH_INDEX" "torch==$version"
    elif [[ $(uname) != Linux ]] || has_nvidia_gpu; then
        say "PyTorch $version"
        pip install --constraint "$constraints" "torch==$version"
    elif offers_cpu_build; then
        say "PyTorch $version, CPU build (no NVIDIA GPU found)"
        pip install --constraint "$constraints" "torch==$version+cpu"
    elif offers_cpu_build --index-url "$cpu_index"; then
        say "PyTorch $version, CPU build (no NVIDIA GPU found) from $cpu_index"
        pip install --no-deps --index-url "$cpu_index" "torch==$version+cpu"
    else
        say "no CPU build of PyTorch $version is within reach: taking the default build, which on Linux" \
            "brings several GB of CUDA libraries (TORCH_INDEX=URL names an index with a smaller one)"
        pip install --constraint "$constraints" "torch==$version"
    fi
}

# basicsr's own requirements would replace PyTorch, and an isolated build of it fetches another.
install_basicsr() {
    if "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 13))'; then
        say "basicsr is left out: its setup.py does not run on Python 3.13 and newer, and" \
            "everything but the bridge to its networks works without it"
        return
    fi
    # What the modules of basicsr that are used here import, beside restorekit's own requirements.
    pip install --quiet --constraint "$constraints" requests tqdm
    pip install --quiet --constraint "$constraints" --no-deps --no-build-isolation basicsr
}

# spandrel asks for torchvision, which restorekit's use of it does not need.
install_spandrel() {
    pip install --quiet --constraint "$constraints" einops
    pip install --quiet --constraint "$constraints" --no-deps spandrel
}

make_environment
install_torch
say "restorekit with its extras (about 600 MB the first time), then basicsr and spandrel"
pip install --quiet --constraint "$constraints" --no-build-isolation "${what[@]}"
install_basicsr
install_spandrel
say "done: $venv/bin/restorekit"
