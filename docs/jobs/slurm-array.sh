#!/bin/bash
# A sweep as a Slurm array: every task does its part of the runs, and all share one folder.
#   sbatch --array=0-7 docs/jobs/slurm-array.sh --data cifar100 --path cifar-100-binary --shots 1,2,5,10,20,50,all --out results/cifar --feature-cache results/features
# Build once before: dotnet build -c Release samples/LabelShift. The folder of the results must be on a disk that all nodes share.
# After the last task the tables are there; if a task dies, submit the same command again.
#SBATCH --job-name=label-shift
#SBATCH --output=label-shift-%A-%a.log
#SBATCH --cpus-per-task=2
#SBATCH --time=12:00:00
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"
exec dotnet run -c Release --no-build --project samples/LabelShift -- --threads "${SLURM_CPUS_PER_TASK:-2}" "$@"
