#!/bin/sh
# Make the environment of the engine ray, apart from the kit's own; called by `make fleet`.
# usage: setup_fleet.sh PYTHON VENV READY    (READY is touched last: a killed set-up starts again)
set -eu
python=$1 venv=$2 ready=$3

fail() { printf 'error: %s\n  detail: %s\n  hint:   %s\n' "$1" "$2" "$3" >&2; exit 2; }

[ ! -e "$venv" ] || [ -e "$venv/pyvenv.cfg" ] || fail \
    "FLEET_VENV names something that is no virtual environment" \
    "$venv, which would be replaced" \
    "name a folder that does not exist: make fleet FLEET_VENV=.venv-fleet"
[ ! -e "$venv/bin/mlperf-kit" ] || fail \
    "FLEET_VENV names the environment of the kit" \
    "$venv, which would be replaced; Ray never shares one with the kit" \
    "leave FLEET_VENV out, or name a folder that does not exist"
echo "making $venv with $("$python" --version 2>&1) and Ray (300 MB)" >&2
rm -rf "$venv"
"$python" -m venv "$venv" || fail \
    "this Python cannot make virtual environments" \
    "$python: its own words are above" \
    "name another: make fleet PYTHON=/path/to/python3"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r requirements-fleet.txt || fail \
    "Ray could not be installed" \
    "pip's own words are above" \
    "check the network and pip's configuration, then run it again"
touch "$ready"
