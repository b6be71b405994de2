#!/bin/sh
# Make the virtual environment with the locked dependencies; called by `make setup`.
# usage: setup.sh PYTHON VENV READY    (READY is touched last: a killed set-up is begun anew)
set -eu
python=$1 venv=$2 ready=$3

fail() { printf 'error: %s\n  detail: %s\n  hint:   %s\n' "$1" "$2" "$3" >&2; exit 2; }

"$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || fail \
    "the kit needs Python 3.11" \
    "$python is $("$python" --version 2>&1 || true)" \
    "install it (Debian 12: apt-get install python3 python3-venv), or name it: make PYTHON=python3.11"
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail \
    "this Python cannot make virtual environments" \
    "the module ensurepip is missing" \
    "apt-get install python3.11-venv"

[ ! -e "$venv" ] || [ -e "$venv/pyvenv.cfg" ] || fail \
    "VENV names something that is no virtual environment" \
    "$venv, which would be replaced" \
    "name a folder that does not exist: make VENV=.venv"
echo "making $venv with the dependencies of requirements.txt" >&2
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --no-deps -r requirements.txt || fail \
    "the dependencies could not be installed" \
    "pip's own words are above" \
    "check the network and pip's configuration, then run it again"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --no-build-isolation --editable . || fail \
    "the kit itself could not be installed" "pip's own words are above" "please report it"
touch "$ready"
