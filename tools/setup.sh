#!/bin/sh
# Makes the virtual environment with the locked packages; called by `make setup`.
#
# usage: setup.sh PYTHON VENV READY
#
# PYTHON may be empty: then it is the Python of the present VENV, or the first of python3.11 to
# python3.14, python3 and python that is supported and can make virtual environments. READY is
# touched last, so that a set-up that was killed starts again.
set -eu
python=$1 venv=$2 ready=$3

fail() { printf 'error: %s\n  detail: %s\n  hint:   %s\n' "$1" "$2" "$3" >&2; exit 2; }

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }
release_of() { "$1" --version 2>&1 | head -n 1; }
supported() { case $(version_of "$1") in 3.1[1-4]) true ;; *) false ;; esac; }
makes_venvs() { "$1" -c 'import venv, ensurepip' 2>/dev/null; }

demand_venvs() { # PYTHON
    makes_venvs "$1" || fail \
        "this Python cannot make virtual environments" \
        "$1 ($(release_of "$1")) lacks the module venv or ensurepip" \
        "on Debian or Ubuntu, as root: apt-get install python$(version_of "$1")-venv"
}

find_python() {
    [ ! -x "$venv/bin/python" ] ||
        present=$("$venv/bin/python" -c 'import sys; print(sys._base_executable)' 2>/dev/null) || true
    bare='' seen=''
    for each in ${present:+"$present"} python3.11 python3.12 python3.13 python3.14 python3 python; do
        [ -n "$(version_of "$each")" ] || continue
        seen="$seen${seen:+, }$each is $(release_of "$each")"
        supported "$each" || continue
        if makes_venvs "$each"; then
            python=$each
            return
        fi
        bare=${bare:-$each}
    done
    [ -z "$bare" ] || demand_venvs "$bare"
    fail "the kit needs Python 3.11, 3.12, 3.13 or 3.14" "${seen:-there is no python3}" \
        "on Debian or Ubuntu, as root: apt-get install python3 python3-venv; or name one: make PYTHON=/path/to/python3"
}

[ ! -e "$venv" ] || [ -e "$venv/pyvenv.cfg" ] || fail \
    "VENV names something that is no virtual environment" \
    "$venv, which would be replaced" \
    "name a folder that does not exist: make VENV=.venv"
if [ -z "$python" ]; then
    find_python
else
    supported "$python" || fail \
        "the kit needs Python 3.11, 3.12, 3.13 or 3.14" \
        "$python is $(release_of "$python")" \
        "leave PYTHON out to have one found, or name another: make PYTHON=python3.12"
    demand_venvs "$python"
    # `make PYTHON=…` comes here even where the environment is ready: it may be of another Python
    if [ -e "$ready" ] && [ "$(release_of "$venv/bin/python")" = "$(release_of "$python")" ]; then
        exit 0
    fi
fi

version=$(version_of "$python")
echo "making $venv with $(release_of "$python") ($(command -v "$python")) and the packages of requirements.txt" >&2
case $version in
3.13) echo "note: OpenVINO 2024.6 has no build for Python $version; with RUNNER=host a later version runs" >&2 ;;
3.14) echo "note: LoadGen has no build for Python $version; measuring needs a container engine" >&2 ;;
esac
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
    --no-deps -r requirements.txt || fail \
    "the packages could not be installed" \
    "pip's own words are above" \
    "check the network and pip's configuration, then run it again"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
    --no-build-isolation --editable . || fail \
    "the kit itself could not be installed" "pip's own words are above" "please report it"
touch "$ready"
