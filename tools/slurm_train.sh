#!/usr/bin/env bash
# Trains on a Slurm cluster: slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py ...]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS change what is asked for.
if [[ $# -lt 3 ]]; then
    echo "usage: slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py ...]" >&2
    exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/slurm_run.sh" train "$@"
