#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Every type of model with an exact density, hardly trained, in one to four dimensions: extents 1, 2, odd, unequal, both
# signs of couplings. Whatever the model is, weights give the Z of the theory, here summed over all fields by awk.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

# summed THEORY A B EXTENTS...: log Z, numbers of sites on a grid of their space.
summed() {
  theory=$1 a=$2 b=$3; shift 3
  echo "$@" | awk -v theory="$theory" -v a="$a" -v b="$b" '
    function link(p, q, mu) {
      if (theory == "ising") return -(mu == 1 ? b : 1) * a * value[p] * value[q]
      return theory == "xy" ? -a * cos(value[p] - value[q]) : -2 * a * value[p] * value[q]
    }
    function site(p, r) { r = value[p]^2; return theory == "phi4" ? (1 - 2 * b) * r + b * r * r : 0 }
    function sum(x, S, k, n, i, then) { # over the numbers of sites x, x + 1, ...
      if (x == V) { Z += exp(-S); return }
      n = x == 0 && theory == "xy" ? 1 : N
      for (k = 0; k < n; k++) {
        at[x] = k; then = S + site(k)
        for (i = 0; i < links[x]; i++) then += table[k, at[other[x, i]], along[x, i]]
        sum(x + 1, then)
      }
    }
    { N = theory == "ising" ? 2 : theory == "xy" ? 12 : 18
      step = theory == "ising" ? 2 : theory == "xy" ? 6.283185307179586 / N : 8 / (N - 1)
      for (k = 0; k < N; k++) value[k] = theory == "ising" ? 2 * k - 1 : theory == "xy" ? k * step : k * step - 4
      for (mu = 1; mu <= NF; mu++) for (k = 0; k < N; k++) for (l = 0; l < N; l++) table[k, l, mu] = link(k, l, mu)
      for (V = mu = 1; mu <= NF; mu++) V *= $mu
      for (x = 0; x < V; x++) { # each link once, at the later one of its sites
        stride = V
        for (mu = 1; mu <= NF; mu++) {
          stride /= $mu; c = int(x / stride) % $mu; y = x + ((c + 1) % $mu - c) * stride
          late = x > y ? x : y
          along[late, links[late] + 0] = mu; other[late, links[late]++] = x > y ? y : x
        }
      }
      sum(0, 0)
      printf "%.8f\n", log(Z) + (theory == "phi4" ? V * log(step) : theory == "xy" ? -(V - 1) * log(N) : 0) }'
}

# holds TYPE THEORY A B EXTENTS...
holds() {
  type=$1 theory=$2 a=$3 b=$4; shift 4
  case $theory in ising) of="beta: $a, ratio: $b" ;; xy) of="beta: $a" ;; phi4) of="kappa: $a, lambda: $b" ;; esac
  extents=$(echo "$*" | sed 's/ /, /g')
  cat >model.yaml <<DECK
run:      {dir: made, seed: 11}
lattice:  {extents: [$extents]}
action:   {type: $theory, $of}
model:    {type: $type}
train:    {steps: 3, batch: 16, learning_rate: 0.003, warm_up: 0}
sample:   {configurations: 3000}
DECK
  rm -rf made
  for stage in train sample measure; do run 1 "$stage" model.yaml; ended 0 || return 1; done
  weighed=$(sed -n 's/^generated,log_Z,\([^,]*\),\([^,]*\),.*/\1 \2/p' made/measure.csv)
  echo "$(summed "$theory" "$a" "$b" "$@") $weighed" |
    awk '{ print "# " $0; d = $2 - $1; if (d < 0) d = -d; exit !(NF == 3 && $3 < 0.05 && d < 4.5 * $3 + 1e-7) }'
}

while read -r type theory a b extents; do
  # shellcheck disable=SC2086 # one word each
  check "$type: log Z of $theory, $a $b, on $extents" holds "$type" "$theory" "$a" "$b" $extents
done <<'LIST'
pixelcnn ising 0.5 1 5
pixelcnn ising -0.3 1.5 3 3
pixelcnn ising 0.2 -1 2 1 3 2
pixelcnn xy 0.8 0 2 2
pixelcnn xy -0.9 0 1 3
multilevel ising -0.5 1 1
multilevel ising 0.3 2 6 2
multilevel ising 0.2 1 2 1 2 3
multilevel xy 0.8 0 2 1 2
multilevel xy -0.7 0 5
multilevel phi4 0.2 0.1 3
multilevel phi4 -0.15 0.3 2 2
hierarchical ising 0.4 1 2 4
hierarchical ising -0.3 0.6 4 2
LIST
finish
