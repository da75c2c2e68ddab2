#!/usr/bin/env bash
# Tests with several processes: dist_test.sh CONFIG CHECKPOINT NPROC [arguments of test.py ...]
# One process a GPU over NCCL; where there are no GPUs, NPROC processes over gloo.
# On several machines set NNODES, NODE_RANK, MASTER_ADDR and PORT.
if [[ $# -lt 3 ]]; then
    echo "usage: dist_test.sh CONFIG CHECKPOINT NPROC [arguments of test.py ...]" >&2
    exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/dist_run.sh" test "$3" "$1" "$2" "${@:4}"
