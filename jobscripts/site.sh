# shellcheck shell=bash disable=SC2034 # sourced by run.sbatch
# What differs from one machine to the next. Sizes and limits are asked for on the command line:
#   sbatch --nodes=2 --ntasks-per-node=64 --time=02:00:00 jobscripts/run.sbatch input/DECK.yaml
# module load openmpi petsc hdf5 fftw          # where the software comes as modules
squall=squall                                  # the program; an absolute path when it is not installed
launcher=(srun --mpi=pmix)                     # or (mpirun --bind-to core)
