# The server alone: no TensorFlow, no training code, not root.
#   docker build -t digits . && docker run --rm -p 8000:8000 --read-only --tmpfs /tmp digits
# For a build that can be repeated, name the image by its digest too: FROM python:3.11-slim@sha256:..., as
# `docker buildx imagetools inspect python:3.11-slim` prints it. Packages are named by theirs in app/requirements.lock.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DIGITS_HOST=0.0.0.0 \
    DIGITS_DATABASE= \
    DIGITS_PORT=8000

WORKDIR /digits
COPY app/requirements.lock app/requirements.lock
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r app/requirements.lock \
    && useradd --system --no-create-home --uid 10001 digits
COPY app app
RUN python -m compileall -q app
COPY static static
COPY templates templates
COPY models models

USER 10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"DIGITS_PORT\"]}/health/ready', timeout=2)"]
CMD ["python", "-m", "app"]
