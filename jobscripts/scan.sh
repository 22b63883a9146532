# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034,SC2154 # sourced by run.sh, scaling.sbatch and campaign
# The settings of a site, how ranks are started, and scans.

# load_site DIRECTORY: the settings of the site: those of SQUALL_SITE, the user's own, or those beside these scripts.
load_site() {
  local file
  for file in "${SQUALL_SITE-}" "${XDG_CONFIG_HOME:-${HOME-}/.config}/squall/site.sh" "$1/site.sh"; do
    [ -f "$file" ] || continue
    # shellcheck disable=SC1090
    . "$file"
    return
  done
  return 1
}

# launch srun|mpirun: sets start=(...), how ranks are started.
launch() {
  local mpi=${SQUALL_SRUN_MPI-}
  case $1 in
    mpirun) start=("${mpirun[@]}"); return 0 ;;
    srun) start=("${srun[@]}") ;;
    *) return 1 ;;
  esac
  if [ -z "$mpi" ]; then
    case $("$squall" --version 2>/dev/null </dev/null) in
      *"Open MPI"*) mpi=pmix ;;
      *MPICH* | *Intel* | *MVAPICH*) mpi=pmi2 ;;
    esac
  fi
  case " ${start[*]} " in *" --mpi"*) ;; *) [ -z "$mpi" ] || start+=("--mpi=$mpi") ;; esac
  # since SLURM 22.05 srun does not take it from the job
  [ -z "${SLURM_CPUS_PER_TASK-}" ] || start+=("--cpus-per-task=$SLURM_CPUS_PER_TASK")
}

# Scans over deck parameters. A scan is a list of KEY=VALUE:VALUE:..., task n is the n-th combination, the last key fastest.

# scan_count SCAN...: prints the number of tasks.
scan_count() {
  local each values count=1
  for each in "$@"; do
    IFS=: read -ra values <<<"${each#*=}"
    count=$((count * ${#values[@]}))
  done
  echo "$count"
}

# scan_task N SCAN...: sets overrides=(-KEY VALUE ...) and task_name, what the task's directory is called.
scan_task() {
  local n=$1 i each key value values
  shift
  overrides=() task_name=
  for ((i = $#; i >= 1; i--)); do
    each=${!i} key=${each%%=*}
    IFS=: read -ra values <<<"${each#*=}"
    value=${values[n % ${#values[@]}]}
    n=$((n / ${#values[@]}))
    overrides=("-$key" "$value" "${overrides[@]}")
    task_name="$key-${value//,/x}${task_name:+_$task_name}"
  done
}
