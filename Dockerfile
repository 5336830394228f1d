# A CPU image. For CUDA: docker build --build-arg TORCH=cuda, on a host with the NVIDIA container toolkit.
FROM python:3.11-slim

ARG TORCH=cpu
ARG EXTRAS=postgres
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

# Reads Cyrillic text in pictures (60 MB); without it English and Chinese are read.
RUN apt-get update && apt-get install -y --no-install-recommends tesseract-ocr tesseract-ocr-rus \
    && rm -rf /var/lib/apt/lists/*

COPY pyproject.toml README.md LICENSE ./
COPY deploy/ deploy/
COPY bot/ bot/
COPY handlers/ handlers/
COPY search/ search/
COPY storage/ storage/
COPY sandbox/ sandbox/
COPY history/ history/
COPY models/ models/
RUN deploy/install /venv "$TORCH" "$EXTRAS"

RUN useradd --create-home --uid 10001 chatlens && mkdir /data && chown chatlens /data
USER chatlens
# The archive, and the cache of downloaded model weights.
ENV CHATLENS_DATA_DIR=/data HF_HOME=/data/models
VOLUME /data

HEALTHCHECK --interval=30s --timeout=5s --start-period=10m --retries=3 CMD ["deploy/healthy", "/data"]
ENTRYPOINT ["/venv/bin/python", "-m", "bot"]
CMD ["run", "--no-demo"]
