#!/bin/sh
# Regenerates the locks from pyproject.toml. One lock serves Python 3.11 to 3.14: where two of
# them need different versions, its lines carry markers.
#
# usage: docker/lock.sh [--upgrade]     (without it, versions that still fit are kept)
#
#   docker/requirements.txt  what the image holds       the extra host
#   requirements.txt         what `make setup` installs  the extras host, run and dev
#   requirements-more.txt    what `make more` adds      the extra more
#   requirements-train.txt   what `make train` adds     the extra train except torch
#                            (requirements-torch.txt says why), with what torch's CPU builds need
#   requirements-fleet.txt   what `make fleet` installs apart from the rest: the extra fleet
#   docker/requirements-openvino-<version>.txt   what the image holds with another OpenVINO, for
#                            each version in docker/openvino-versions.txt
#
# Each lock of an environment that is shared is constrained by those above it, so that a package in
# several has one version. At the end every lock is resolved for each Python, to see that there are
# wheels for all of it.
set -eu

UV_VERSION=0.13.9
PYTHONS='3.11 3.12 3.13 3.14'

case "${1:-} $#" in
' 0' | '--upgrade 1') ;;
'-h 1' | '--help 1') sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0" && exit 0 ;;
*) sed -n '/^# usage/s/^# //p' "$0" >&2 && exit 2 ;;
esac

cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION"

# Hashes come from the index alone: folders of wheels that a machine adds are not everyone's.
unset UV_FIND_LINKS UV_INDEX UV_EXTRA_INDEX_URL UV_CONSTRAINT UV_OVERRIDE
export UV_NO_CONFIG=1 UV_SYSTEM_CERTS=1 UV_CUSTOM_COMPILE_COMMAND='docker/lock.sh'
uv() { "$work/venv/bin/uv" "$@"; }

# The extras of pyproject.toml as a list for the resolver, without those that they name themselves.
# A version of OpenVINO replaces the default ones.
wanted() { # EXTRA... [--openvino VERSION]
    python3 - "$@" <<'PYTHON'
import sys, tomllib

with open("pyproject.toml", "rb") as stream:
    project = tomllib.load(stream)["project"]
extras = project["optional-dependencies"]
names, _, versions = " ".join(sys.argv[1:]).partition("--openvino")
lines = [line for name in names.split() for line in extras[name]]
if versions:
    lines = [line for line in lines if not line.startswith("openvino==")]
    lines.append(f"openvino=={versions.strip()}")
left_out = ("torch==", project["name"])
print(*dict.fromkeys(line for line in lines if not line.startswith(left_out)), sep="\n")
PYTHON
}

compile() { # OUTPUT INPUT [OPTION...]
    output=$1 input=$2
    shift 2
    echo "resolving $output" >&2
    uv pip compile --quiet --universal --python-version "${PYTHONS%% *}" --generate-hashes \
        --only-binary :all: --no-annotate "$@" --output-file "$output" "$input"
    for python in $PYTHONS; do
        uv pip install --quiet --dry-run --require-hashes --no-deps --only-binary :all: \
            --python-version "$python" --target "$work/none" --requirements "$output" || {
            echo "error: $output cannot be installed with Python $python" >&2
            exit 3
        }
    done
}

wanted host >"$work/image.in"
compile docker/requirements.txt "$work/image.in" "$@"
grep -v '^#' docker/openvino-versions.txt | while read -r version; do
    wanted host --openvino "$version" >"$work/openvino.in"
    compile "docker/requirements-openvino-$version.txt" "$work/openvino.in" "$@"
done

wanted host run dev >"$work/host.in"
compile requirements.txt "$work/host.in" --constraint docker/requirements.txt "$@"

wanted more >"$work/more.in"
compile requirements-more.txt "$work/more.in" --constraint requirements.txt "$@"

wanted train >"$work/train.in"
printf '%s\n' filelock fsspec jinja2 networkx setuptools sympy typing-extensions >>"$work/train.in"
compile requirements-train.txt "$work/train.in" --constraint requirements.txt "$@"

wanted fleet >"$work/fleet.in"
compile requirements-fleet.txt "$work/fleet.in" "$@"
