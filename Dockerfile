# intime-sync as an image: `docker run --rm -v "$PWD:/work" IMAGE plan clinic`.
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/intime-sync \
    && /opt/intime-sync/bin/python -m pip install --no-cache-dir ".[emulator,excel,receive]"

FROM python:3.13-slim
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
