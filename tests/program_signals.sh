#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Signals, pipes, terminals: closed output ends no run, TERM and INT stop with a checkpoint, what prints ends quietly.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
unset SQUALL_MEMORY # the output of these commands goes nowhere

# ---- output that nobody reads
# cut WORDS...: squall, whose output is closed before it says anything; $code and the words on stderr, last.log
cut() {
  (sleep 0.01; "$squall" "$@" 2>last.log </dev/null; echo $? >code) | :
  code=$(cat code)
}
for words in keys --help --version "run --help" "check deck.yaml" "info no.h5"; do
  # shellcheck disable=SC2086
  cut $words
  [ "$words" = "info no.h5" ] && continue
  check "squall $words into a closed pipe ends quietly" every '[ "$code" = 0 ] || [ "$code" = 141 ]' '[ ! -s last.log ]'
done
cut hmc deck.yaml -run_dir piped
check "a run whose pipe is closed goes on" every 'ended 0' '[ ! -s last.log ]' 'grep -q verdict: piped/log.txt'
content=$(content piped/ensemble.h5)
"$squall" hmc deck.yaml -run_dir closed <&- >&- 2>&-; code=$?
check "so does one with closed standard files, and its files are right" every 'ended 0' \
  'same "$content" "$(content closed/ensemble.h5)"'
if [ -c /dev/full ]; then
  "$squall" hmc deck.yaml -run_dir full >/dev/full 2>/dev/full </dev/null; code=$?
  check "so does one whose output is full" every 'ended 0' 'same "$content" "$(content full/ensemble.h5)"'
  for words in keys "check deck.yaml" --help "diff deck.yaml full" "compare full/ensemble.h5"; do
    # shellcheck disable=SC2086
    "$squall" $words >/dev/full 2>last.log </dev/null; code=$?
    check "but squall $words says that it could not print" every 'ended 74' 'says "cannot be written"'
  done
fi

# ---- signals
long="-hmc_separation 600"
# shellcheck disable=SC2086
start 1 hung ensemble.h5.part hmc deck.yaml $long
signal_all HUP; goes_on
check "a closed terminal ends no run" ended 0
straight=$(content hung/ensemble.h5)
for signal in TERM USR2; do
  # shellcheck disable=SC2086
  start 1 $signal ensemble.h5.part hmc deck.yaml $long
  signal_all $signal; signal_all $signal; goes_on # twice at once, as timeout does
  check "$signal stops a run with status 75" every 'ended 75' 'says "stopped by a signal"' \
    'grep -q "stopped by a signal" $signal/log.txt'
done
# shellcheck disable=SC2086
start 3 one ensemble.h5.part hmc deck.yaml $long
signal_one TERM; goes_on
check "so does one that reaches one rank alone" every 'ended 75' 'says "stopped by a signal"'
for directory in TERM one; do
  # shellcheck disable=SC2086
  run 2 hmc deck.yaml -run_dir $directory $long
  check "the same command goes on from there" every 'ended 0' 'says "hmc: resumed"' \
    'same "$straight" "$(content $directory/ensemble.h5)"'
done
start 1 twice ensemble.h5.part hmc deck.yaml -hmc_separation 1000000000
signal_all TERM; signal_all CONT; sleep 2.5; signal_all TERM; wait; code=$(cat ended.code)
check "a second TERM, two seconds later, ends it at once" ended 143

# ---- the environment
echo "-help" >.petscrc
printf 'help: 1\nlog_view:\n' >petsc.yaml
for setting in LC_ALL=de_DE.UTF-8 HOME="$scratch" PETSC_OPTIONS=-help PETSC_OPTIONS_YAML="$(cat petsc.yaml)" \
  HDF5_DRIVER=nonsense \
  HDF5_VOL_CONNECTOR=nonsense HDF5_PLUGIN_PATH="$scratch" HDF5_PLUGIN_PRELOAD="$scratch"; do
  env "$setting" "$squall" hmc deck.yaml -run_dir setting >last.log 2>&1 </dev/null; code=$?
  check "${setting%%=*} changes nothing" every 'ended 0' 'lines 0 "Options for\|log_view\|PETSc Performance" last.log' \
    'same "$content" "$(content setting/ensemble.h5)"'
  rm -rf setting
done
rm .petscrc
for words in --version "check deck.yaml" "keys" "compare piped/ensemble.h5" "hmc deck.yaml -run_dir nowhere"; do
  # shellcheck disable=SC2086
  env PATH=/nowhere TMPDIR="$scratch/deck.yaml" OMPI_MCA_pml=nonsense OMPI_MCA_btl=nonsense \
    "$squall" $words >last.log 2>&1 </dev/null; code=$?
  check "squall $words where MPI does not start, without PATH and temporary directory" ended 0
done
finish
