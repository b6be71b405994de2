#!/bin/sh
# Regenerates the locks from pyproject.toml:
#   docker/requirements.txt  what the image holds       [project.dependencies]
#   requirements.txt         what the host holds        the same, and the extras host and dev
#   requirements-more.txt    what `make more` adds      the extra more, without what is there already
#   requirements-train.txt   what `make train` adds     the extra train, but torch (requirements-torch.txt
#                            says why) with what its builds for CPUs need; constrained by requirements.txt
#   docker/requirements-openvino-<version>.txt   what the image holds with another OpenVINO, for
#                            each version in docker/openvino-versions.txt
# Each of the first three is constrained by those before it, so that a package in several has one version.
#
# usage: docker/lock.sh [--upgrade]     (without it, versions that still fit are kept)
set -eu

PIP_TOOLS_VERSION=7.6.2
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/python" -m pip install --quiet "pip-tools==$PIP_TOOLS_VERSION"

# Hashes come from the index alone: folders of wheels that a machine adds are not everyone's.
export PIP_EXTRA_INDEX_URL='' PIP_FIND_LINKS='' PIP_CONSTRAINT=''
export CUSTOM_COMPILE_COMMAND='docker/lock.sh'

compile() {
    "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe \
        --no-emit-index-url --no-emit-trusted-host --no-emit-find-links \
        --resolver=backtracking "$@"
}

compile "$@" --output-file docker/requirements.txt pyproject.toml
# shellcheck disable=SC2013  # versions hold no blanks
for version in $(grep -v '^#' docker/openvino-versions.txt); do
    mkdir -p "$tools/$version"
    sed "s/\"openvino==[0-9.]*\"/\"openvino==$version\"/" pyproject.toml \
        >"$tools/$version/pyproject.toml"
    cp -r submission "$tools/$version/"
    out=docker/requirements-openvino-$version.txt
    compile "$@" --no-annotate --output-file "$out" "$tools/$version/pyproject.toml"
done
compile "$@" --extra host --extra dev --constraint docker/requirements.txt \
    --output-file requirements.txt pyproject.toml

more=$tools/more.in
python3 - >"$more" <<'END'
import tomllib
with open("pyproject.toml", "rb") as stream:
    print(*tomllib.load(stream)["project"]["optional-dependencies"]["more"], sep="\n")
END
compile "$@" --constraint requirements.txt --no-annotate --output-file requirements-more.txt "$more"

train=$tools/train.in
python3 - >"$train" <<'END'
import tomllib
with open("pyproject.toml", "rb") as stream:
    wanted = tomllib.load(stream)["project"]["optional-dependencies"]["train"]
print(*(each for each in wanted if not each.startswith("torch==")), sep="\n")
print("filelock", "fsspec", "jinja2", "networkx", "setuptools", "sympy", "typing-extensions", sep="\n")
END
compile "$@" --constraint requirements.txt --no-annotate --output-file requirements-train.txt "$train"
