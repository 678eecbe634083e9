# One image for the page and for the workers; docker-compose.yml says which of the two a container is.
FROM python:3.12-slim

RUN pip install --no-cache-dir uv

ENV UV_PYTHON_DOWNLOADS=never \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/darkroom \
    PATH=/opt/darkroom/bin:$PATH \
    PYTHONUNBUFFERED=1

WORKDIR /app

# Dependencies first: they are gigabytes (torch with its CUDA libraries), and change less often than the code.
COPY pyproject.toml ./
RUN uv sync --no-dev --no-cache

# The mount points must belong to the user before a volume takes their place: an empty one inherits their owner.
RUN useradd --uid 10001 --create-home darkroom \
    && install -d -o darkroom -g darkroom -m 0700 /data /data/run

COPY app.py README.md LICENSE ./
COPY models models
COPY workers workers
COPY dashboard dashboard
COPY assets assets

# __pycache__ cannot be written beside the code at run time, so it is made here.
RUN python -m compileall -q app.py models workers dashboard

USER darkroom
ENV DARKROOM_DATA_DIR=/data
VOLUME /data
EXPOSE 8050

# How many threads torch may use, and how they wait, is decided by the workers themselves (workers/fleet.py).
CMD ["gunicorn", "--worker-class=gthread", "--workers=2", "--threads=8", "--bind=0.0.0.0:8050", "--worker-tmp-dir=/dev/shm", "--timeout=60", "app:page()"]
