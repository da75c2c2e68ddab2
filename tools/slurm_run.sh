#!/usr/bin/env bash
# What slurm_train.sh and slurm_test.sh share: slurm_run.sh COMMAND PARTITION JOB_NAME [arguments of the command ...]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS change what is asked for.
set -euo pipefail
command=$1 partition=$2 job=$3
gpus=${GPUS:-8}
per_node=${GPUS_PER_NODE:-8}
cpus=${CPUS_PER_TASK:-5}
# More threads than cores slow all processes down; clusters often set a number for a whole node.
if ! [[ ${OMP_NUM_THREADS:-} =~ ^[1-9][0-9]*$ ]] || ((OMP_NUM_THREADS > cpus)); then
    echo "slurm_$command.sh: $cpus threads in each process, as many as it has CPUs." >&2
    export OMP_NUM_THREADS=$cpus
fi
export MKL_NUM_THREADS=$OMP_NUM_THREADS
# SRUN_ARGS holds several words on purpose.
# shellcheck disable=SC2086
exec srun -p "$partition" --job-name="$job" --gres=gpu:"$per_node" --ntasks="$gpus" \
    --ntasks-per-node="$per_node" --cpus-per-task="$cpus" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} "${PYTHON:-python3}" -u -m restorekit.cli "$command" "${@:4}" --launcher slurm
