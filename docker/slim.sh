#!/bin/sh
# Takes out of the image's venv what no run needs (about 170 MB); usage: slim.sh VENV
#
# What stays of OpenVINO: its core, the CPU plugin, the IR frontend and the Python bindings.
# What goes with a package goes with its metadata too, so that the versions listed are true.
set -eu

venv=$1
site=$(echo "$venv"/lib/python3.*/site-packages)
openvino=$site/openvino
[ -d "$openvino/libs" ] || { echo "slim.sh: no OpenVINO in $site" >&2; exit 1; }

# Fetching tokenizers from a hub and telemetry: both for a network that runs do not have.
"$venv/bin/pip" uninstall --yes --quiet --disable-pip-version-check \
    openvino-telemetry huggingface-hub hf-xet httpx2 httpcore2 h11 anyio truststore idna \
    fsspec tqdm pyyaml click

# Other devices, other model formats, converters, headers.
rm -rf "$openvino"/libs/libopenvino_intel_[gn]pu_plugin.so "$openvino"/libs/cache.json \
    "$openvino"/libs/libopenvino_tensorflow*_frontend* "$openvino"/libs/libopenvino_onnx_frontend* \
    "$openvino"/libs/libopenvino_pytorch_frontend* "$openvino"/libs/libopenvino_paddle_frontend* \
    "$openvino"/libs/libopenvino_jax_frontend* "$openvino"/libs/tbb.pc \
    "$openvino"/frontend/tensorflow "$openvino"/frontend/onnx "$openvino"/frontend/pytorch \
    "$openvino"/frontend/paddle "$openvino"/frontend/jax \
    "$openvino"/include "$openvino"/cmake "$openvino"/tools "$openvino"/torch \
    "$venv"/bin/ovc "$venv"/bin/benchmark_app "$venv"/bin/f2py "$venv"/bin/numpy-config

# Tests, type stubs and link libraries of the others.
find "$site" -type d -name tests -prune -exec rm -rf {} +
find "$site" -type f \( -name '*.pyi' -o -name '*.a' -o -name '*.h' \) -delete

# Last, as it is what all of the above was done with.
"$venv/bin/python" -m pip uninstall --yes --quiet --disable-pip-version-check setuptools pip
