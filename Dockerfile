# The image of the runs: Python, OpenVINO's CPU plugin, LoadGen and this package without its
# laboratory (submission/lab, which makes and measures models); nothing else.
#
# It needs no BuildKit, so that the docker SDK can build it. Runs start it as any --user with a
# read-only root and without network; so everything is compiled here, and /tmp is a tmpfs.

ARG BASE_IMAGE=debian:bookworm-slim

# ---- build: holds pip, build arguments and the whole context; none of it reaches the image
FROM ${BASE_IMAGE} AS build
SHELL ["/bin/sh", "-eu", "-c"]

# apt's versions follow the base image: a base pinned by digest pins what it was made with
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates python3 python3-venv >/dev/null \
 && rm -rf /var/lib/apt/lists/*

# An index that the host's pip is configured with; it stays in this stage's history only.
ARG PIP_INDEX_URL
# Another OpenVINO than the default: a version that has a lock in docker/.
ARG OPENVINO
COPY docker/requirements*.txt docker/slim.sh /build/
RUN if [ -z "${PIP_INDEX_URL:-}" ]; then unset PIP_INDEX_URL; fi; \
    python3 -m venv /opt/venv \
 && PIP_CERT=/etc/ssl/certs/ca-certificates.crt /opt/venv/bin/pip install \
      --require-hashes --no-deps --only-binary :all: --no-cache-dir --no-compile \
      --disable-pip-version-check --quiet --progress-bar off \
      -r "/build/requirements${OPENVINO:+-openvino-$OPENVINO}.txt" \
 && sh /build/slim.sh /opt/venv \
 && echo /opt/kit > "$(echo /opt/venv/lib/python3.*/site-packages)/kit.pth" \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/venv/lib

COPY . /build/context
RUN mkdir -p /opt/kit /opt/workdir/datasets/squad /opt/workdir/models/bert \
 && cp -r /build/context/submission /build/context/docker/entrypoint /opt/kit/ \
 && rm -rf /opt/kit/submission/lab /opt/kit/submission/cli/lab \
 && chmod -R u=rwX,go=rX /opt/kit && chmod 0755 /opt/kit/entrypoint \
 && /opt/venv/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/kit/submission \
 && /opt/venv/bin/python /build/context/docker/describe.py /build/context /opt/workdir/build.json

# ---- the image
FROM ${BASE_IMAGE}

# hadolint ignore=DL3008
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      python3 >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log

COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/workdir /opt/workdir
COPY --from=build /opt/kit /opt/kit
# of this stage: the one before has packages that the image lacks
RUN PYTHONDONTWRITEBYTECODE=1 /opt/venv/bin/python -c \
      "from submission.container.sbom import write_sbom; write_sbom()"

ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    HOME=/tmp \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BERT_DATA_DIR=/opt/workdir/datasets/squad \
    BERT_MODEL_DIR=/opt/workdir/models/bert

WORKDIR /opt/workdir
USER 65534:65534
ENTRYPOINT ["/opt/kit/entrypoint"]
CMD ["--help"]

# No "created": it would make every build another image. The revision is the digest of the
# files that the image is made from (build.json has it too), not of a commit that changes others.
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="MLPerf Inference datacenter BERT, open division" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
