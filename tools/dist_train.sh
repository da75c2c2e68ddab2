#!/usr/bin/env bash
# Trains with several processes: dist_train.sh CONFIG NPROC [arguments of train.py ...]
# --max-restarts N among the arguments starts the processes again when one is lost, up to N times.
# One process a GPU over NCCL; where there are no GPUs, NPROC processes over gloo.
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT.
if [[ $# -lt 2 ]]; then
    echo "usage: dist_train.sh CONFIG NPROC [arguments of train.py ...]" >&2
    exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/dist_run.sh" train "$2" "$1" "${@:3}"
