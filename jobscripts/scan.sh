# shellcheck shell=bash disable=SC2034 # sourced by run.sbatch and campaign
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
