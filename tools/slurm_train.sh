#!/usr/bin/env bash
# Runs train.py on a Slurm cluster: slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py ...]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS change what is asked for.
if [[ $# -lt 3 ]]; then
    echo "usage: slurm_train.sh PARTITION JOB_NAME CONFIG [arguments of train.py ...]" >&2
    exit 2
fi
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
# SRUN_ARGS holds several words on purpose.
# shellcheck disable=SC2086
exec srun -p "$1" --job-name="$2" --gres=gpu:"$per_node" --ntasks="$gpus" \
    --ntasks-per-node="$per_node" --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} "${PYTHON:-python3}" -u -m restorekit.cli train "${@:3}" --launcher slurm
