# intime-sync as an image: `docker run --rm -v "$PWD:/work" IMAGE plan clinic`.
# The digest is that of python:3.13-slim in github.com/docker-library/repo-info, repos/python/remote/3.13-slim.md, where
# the makers of the image write it down; raise it from there, in both places, or let Dependabot do it.
FROM python:3.13-slim@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6 AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
COPY requirements/build.lock requirements/runtime.lock requirements/
# Wheels only: building something would fetch what it is built with, and of that no hash is known.
RUN python -I -m venv /opt/build \
    && /opt/build/bin/python -I -m pip install --require-hashes --only-binary=:all: -r requirements/build.lock \
    && python -I -m venv /opt/intime-sync \
    && /opt/intime-sync/bin/python -I -m pip install --require-hashes --only-binary=:all: -r requirements/runtime.lock
COPY . .
RUN /opt/build/bin/python -I -m pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/intime-sync/bin/python -I -m pip install --no-deps --no-index /wheels/*.whl \
    && /opt/intime-sync/bin/python -I -m pip check

FROM python:3.13-slim@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6
LABEL org.opencontainers.image.title="intime-sync" \
      org.opencontainers.image.description="Plan and apply an InTime Messenger account from YAML in git" \
      org.opencontainers.image.licenses="MIT"
ENV PATH="/opt/intime-sync/bin:$PATH" PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --uid 10001 --user-group --create-home intime
COPY --from=build /opt/intime-sync /opt/intime-sync
USER 10001:10001
WORKDIR /work
ENTRYPOINT ["intime-sync"]
CMD ["--help"]
