#!/usr/bin/env bash
# Tests on a Slurm cluster: slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of test.py ...]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS change what is asked for.
if [[ $# -lt 4 ]]; then
    echo "usage: slurm_test.sh PARTITION JOB_NAME CONFIG CHECKPOINT [arguments of test.py ...]" >&2
    exit 2
fi
exec "$(dirname "${BASH_SOURCE[0]}")/slurm_run.sh" test "$@"
