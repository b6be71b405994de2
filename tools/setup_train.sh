#!/bin/sh
# Add what training needs to the virtual environment; called by `make train`.
# usage: setup_train.sh PYTHON READY    (READY is touched last: a killed set-up starts again)
set -eu
python=$1 ready=$2

install() {
    "$python" -m pip install --quiet --disable-pip-version-check "$@" && return
    printf 'error: %s\n  detail: %s\n  hint:   %s\n' \
        "the packages for training could not be installed" "pip's own words are above" \
        "on a machine without a GPU: PIP_EXTRA_INDEX_URL=<PyTorch's index of CPU builds> make train" >&2
    exit 2
}

echo "adding torch and transformers to the virtual environment" >&2
install --require-hashes --no-deps -r requirements-train.txt
install -r requirements-torch.txt
touch "$ready"
