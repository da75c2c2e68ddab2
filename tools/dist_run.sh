#!/usr/bin/env bash
# What dist_train.sh and dist_test.sh share: dist_run.sh COMMAND NPROC [arguments of the command ...]
set -euo pipefail
# An interrupt during a command substitution would end in status 1; Python gets the default again.
trap 'exit 130' INT
command=$1 processes=$2
shift 2
if ! [[ $processes =~ ^[1-9][0-9]*$ ]]; then
    echo "dist_$command.sh: the number of processes is '$processes'; give a whole number of at least 1." >&2
    exit 2
fi
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -z ${PYTHON:-} ]]; then
    PYTHON=python3
    if [[ -z ${VIRTUAL_ENV:-} && -x $root/.venv/bin/python ]]; then
        PYTHON=$root/.venv/bin/python
    fi
fi
if [[ ${NNODES:-1} == 1 ]]; then
    nodes=(--standalone)
else
    nodes=(--nnodes "$NNODES" --node-rank "${NODE_RANK:?set NODE_RANK}"
        --master-addr "${MASTER_ADDR:?set MASTER_ADDR}" --master-port "${PORT:-29500}")
fi
# An interrupt may come while Python is still importing.
program='
import sys
try:
    from restorekit.engine.launch import launch
    status = launch(sys.argv[1:])
except KeyboardInterrupt:
    sys.stderr.write("interrupted before the start.\n")
    status = 130
sys.exit(status)'
exec "$PYTHON" -c "$program" "${nodes[@]}" --nproc-per-node "$processes" \
    -m restorekit.cli "$command" "$@" --launcher pytorch
