# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034 # sourced by run.sh, scaling.sbatch and campaign
# What differs from one machine to the next, for all job scripts. A copy of your own, ~/.config/squall/site.sh or what
# SQUALL_SITE names, is taken instead of this one. Sizes and limits are asked for on the command line:
#   sbatch --nodes=2 --ntasks-per-node=64 --time=02:00:00 jobscripts/run.sbatch input/DECK.yaml
# module load openmpi petsc hdf5 fftw          # where the software comes as modules
squall=squall                                  # the program; an absolute path when it is not installed
srun=(srun)                                    # the two ways to start it on all ranks of a job; srun is given --mpi as
mpirun=(mpirun --bind-to core)                 # the MPI that squall was built with needs it, or SQUALL_SRUN_MPI says
launcher=srun                                  # which of them, unless --launcher says so
# export SLURM_HINT=nomultithread              # one rank a core, where threads are counted as cores
