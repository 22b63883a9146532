#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Theories and sections, by a table: what a theory can have, `squall check` accepts; what it cannot have, check and the
# command itself refuse with what the theory lacks and what is possible with it, and leave nothing behind.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

build=${squall%/squall}
of() { sed -n "s/^$1 = //p" "$build/Makefile"; } # OF VARIABLE: what configure found
# shellcheck disable=SC2046 # words
$(of CC) $(of CFLAGS) -shared -fPIC -I"$here/include" $(of SQUALL_CPPFLAGS) "$here/doc/examples/phi6.c" -o phi6.so

# A deck of a theory: its lattice and its action.
deck() { printf 'run: {dir: never}\nlattice: {extents: %s}\naction: {type: %s}\n' "$2" "$3" >"$1.yaml"; }
deck phi4 '[4, 4]' 'phi4, kappa: 0.2, lambda: 0.1'
deck quartic '[4, 4]' 'quartic, mu: -1, lambda: 0.4, kappa: 1'
deck ising '[4, 4]' 'ising, beta: 0.4'
deck complex '[4, 4]' 'complex, eta: 5, lambda: 1, mu: 0.5'
deck on '[4, 4]' '"on", components: 3, kappa: 0.2, lambda: 0.1'
deck u1 '[4, 4]' 'u1, beta: 2'
deck xy '[4, 4]' 'xy, beta: 0.8'
deck plugin '[4, 4]' 'plugin, library: ./phi6.so, kappa: 0.3, lambda4: -0.7, lambda6: 0.2'

# What a theory has (+) and has not (-); one site for toy and fokker-planck.
cat >matrix <<'TABLE'
theory   mc hmc langevin train sample correct likelihood toy fokker-planck
phi4     +  +   +        +     +      +       +          +   +
quartic  +  +   +        +     +      +       +          +   +
ising    +  -   -        -     -      -       -          -   -
complex  +  -   +        -     -      -       -          -   -
on       +  +   +        +     +      +       +          -   -
u1       +  +   +        -     -      -       -          -   -
xy       +  +   +        -     -      -       -          -   -
plugin   +  +   +        +     +      +       +          +   +
TABLE
# Any key that makes a deck have the section.
key() {
  case $1 in
    toy) echo -toy_levels 4 ;;
    correct) echo -correct_chains 2 ;;
    fokker-planck) echo -fokker-planck_walkers 100 ;;
    likelihood) echo -likelihood_configurations 4 ;;
    sample | mc | hmc | langevin) echo "-$1_configurations 64" ;;
    train) echo -train_steps 4 ;;
  esac
}
ones() { sed -n 's/.*extents: \(\[.*\]\).*/\1/p' "$1.yaml" | sed 's/[0-9][0-9]*/1/g'; }

sections=$(sed -n 's/^theory *//p' matrix)
for theory in $(sed -n '2,$s/ .*//p' matrix); do
  # shellcheck disable=SC2046,SC2086 # words
  set -- $(sed -n "s/^$theory *//p" matrix)
  together="" alone="" lack=""
  name=$theory
  [ "$theory" != plugin ] || name=phi6
  for section in $sections; do
    case $1$section in
      +mc) alone=$(key mc) ;;
      +toy | +fokker-planck) ;;
      +*) together="$together $(key "$section")" ;;
      -*) lack="$lack $section" ;;
    esac
    [ "$1$section" != +fokker-planck ] || {
      # shellcheck disable=SC2046,SC2086
      run 1 check "$theory.yaml" -lattice_extents "$(ones "$theory")" $(key toy) $(key fokker-planck)
      check "$theory: one site" ended 0 || complain
    }
    shift
  done
  # shellcheck disable=SC2086
  run 1 check "$theory.yaml" $alone
  check "$theory: mc" every 'ended 0' 'says "The deck is valid"'
  # shellcheck disable=SC2086
  [ -z "$together" ] || { run 2 check "$theory.yaml" $together; check "$theory:$together" ended 0 || complain; }
  bad=""
  for section in $lack; do
    # shellcheck disable=SC2046
    run 1 check "$theory.yaml" $(key "$section")
    { ended 64 && says "$section: the action $name .*; possible with it: [a-z]" && lines 1 "^squall:" last.log; } ||
      bad="$bad check $section"
    run 1 "$section" "$theory.yaml"
    { ended 64 && says "$section: the action $name .*; possible with it: [a-z]" && [ ! -e never ]; } ||
      bad="$bad $section"
  done
  [ -z "$bad" ] || echo "# $theory: not refused as they should be:$bad"
  check "$theory: refused$lack" [ -z "$bad" ]
done

# ---- algorithms of a section
while read -r theory message words; do
  # shellcheck disable=SC2086
  run 1 check "$theory.yaml" $words
  check "$theory $words" every 'ended 64' 'says "$(echo "$message" | tr _ " ")"' || complain
done <<'TABLE'
phi4 local_needs_.*which_the_action_phi4_does_not_have;_possible:_hmc$ -mc_algorithm local
phi4 cluster_needs_.*possible:_hmc$ -mc_algorithm cluster
ising hmc_needs_.*which_the_action_ising_does_not_have;_possible:_local,_cluster$ -mc_algorithm hmc
complex cluster_needs_.*possible:_worm$ -mc_algorithm cluster
xy hmc.acceleration:_fourier:_the_action_xy_has_no_fields_of_real_numbers.*set_it_to_none -hmc_acceleration fourier
xy langevin.acceleration:_fourier:_the_action_xy.*set_it_to_none -langevin_acceleration fourier
xy mc.sweeps:_the_algorithm_hmc_has_no_such_key -mc_algorithm hmc -mc_sweeps 2
TABLE
finish
