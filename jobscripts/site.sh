# shellcheck shell=bash disable=SC2034 # sourced by run.sbatch, scaling.sbatch and campaign
# What differs from one machine to the next, for all job scripts. Sizes and limits are asked for on the command line:
#   sbatch --nodes=2 --ntasks-per-node=64 --time=02:00:00 jobscripts/run.sbatch input/DECK.yaml
# module load openmpi petsc hdf5 fftw          # where the software comes as modules
squall=squall                                  # the program; an absolute path when it is not installed
srun=(srun --mpi=pmix)                         # the two ways to start it on all ranks of a job
mpirun=(mpirun --bind-to core)
launcher=srun                                  # which of them, unless --launcher says so
