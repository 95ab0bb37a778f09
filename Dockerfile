# Assay on CPU: the same two commands as on a bare machine, with the environment already made.
FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install -y --no-install-recommends make git runsc libseccomp2 \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /assay
COPY . .
RUN scripts/setup.sh train,dev
ENV PATH=/assay/.venv/bin:$PATH

CMD ["assay", "--help"]
