#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Makes a corpus of small runs for tests/program_corpus.sh, one for each theory and type of model, with the program of a
# release:  sh tests/corpus/make.sh SQUALL tests/corpus/runs-VERSION.tar.xz
# A release adds its own; those that are there stay as they are. The test goes through all of them.
set -eu
squall=$1 to=$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd)/$(basename -- "$2")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export OMP_NUM_THREADS=1

# deck NAME: standard input as the deck of the run NAME
deck() { { echo "run: {dir: $1, seed: 5}"; cat; echo "report: {figures: false}"; } >"$1.yaml"; }

deck phi4-diffusion <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 5, thermalisation: 40, separation: 2}
model:    {channels: 16, blocks: 0, embedding: 8}
train:    {steps: 6, batch: 8, calibrate: 16}
sample:   {configurations: 40, steps: 3, trajectories: 2}
correct:  {method: metropolis}
likelihood: {configurations: 2, paths: 2, steps: 4, path_steps: [2]}
DECK
deck phi4-partial <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 5, thermalisation: 40, separation: 2}
model:    {channels: 16, blocks: 0, embedding: 8}
train:    {steps: 6, batch: 8, calibrate: 16}
sample:   {configurations: 40, steps: 4, trajectories: 0}
correct:
  {method: partial, chains: 2, configurations: 8, steps: 4, depth: 2, block: 4, separation: 1, thermalisation: 2}
DECK
deck phi4-coupling-flow <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
model:    {type: coupling-flow, channels: 16, depth: 0, layers: 2}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
correct:  {method: metropolis}
DECK
deck phi4-latent <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 5, thermalisation: 40, separation: 2}
model:    {type: latent, channels: 16, depth: 0, rounds: 1}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
DECK
deck phi4-gan <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 5, thermalisation: 40, separation: 2}
model:    {type: gan, channels: 16, blocks: 0}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
DECK
deck on-diffusion <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: on, components: 2, kappa: 0.2, lambda: 0.022}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 5, thermalisation: 40, separation: 2}
model:    {channels: 16, blocks: 0, embedding: 8}
train:    {steps: 4, batch: 8, calibrate: 16}
sample:   {configurations: 40, steps: 3, trajectories: 0}
DECK
deck phi4-multilevel <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
mc:       {configurations: 32, test: 8, chains: 4, thermalisation: 20, separation: 1}
model:    {type: multilevel, channels: 16}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
correct:  {method: metropolis}
DECK
deck ising-hierarchical <<'DECK'
lattice:  {extents: [8, 8]}
action:   {type: ising, beta: 0.4}
mc:       {configurations: 32, test: 8, chains: 4, thermalisation: 20, separation: 1}
model:    {type: hierarchical, hidden: 16}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
correct:  {method: metropolis}
DECK
deck xy-pixelcnn <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: xy, beta: 0.7}
mc:       {configurations: 32, test: 8, chains: 4, thermalisation: 20, separation: 1}
model:    {type: pixelcnn, channels: 16}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
correct:  {method: reweight}
DECK
deck complex-heights <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: 0.9}
mc:       {configurations: 32, test: 8, chains: 4, thermalisation: 20, separation: 1}
model:    {type: heights, hidden: 16, radius: 1}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
DECK
deck complex-langevin <<'DECK'
lattice:  {extents: [4, 2]}
action:   {type: complex, eta: 4.01, lambda: 1, mu: 0.5}
langevin: {configurations: 32, chains: 4, eps: [0.02, 0.01], thermalisation: 20, separation: 1}
DECK
deck u1 <<'DECK'
lattice:  {extents: [4, 4]}
action:   {type: u1, beta: 2}
mc:       {configurations: 64, test: 0, chains: 4, thermalisation: 20, separation: 1}
DECK
deck particle-bisection <<'DECK'
lattice:  {extents: [16]}
action:   {type: particle, spacing: 0.25, lambda: 1, f2: 2}
hmc:      {configurations: 32, test: 8, chains: 4, length: 1, steps: 8, thermalisation: 40, separation: 2}
model:    {type: bisection, channels: 16, depth: 0}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
correct:  {method: reweight}
DECK
deck particle-fourier-flow <<'DECK'
lattice:  {extents: [16]}
action:   {type: particle, spacing: 0.25, lambda: 1, f2: 1}
mc:       {configurations: 32, test: 8, chains: 4, thermalisation: 20, separation: 1}
model:    {type: fourier-flow, channels: 16, layers: 2}
train:    {steps: 4, batch: 8}
sample:   {configurations: 40}
DECK
for deck in *.yaml; do
  "$squall" run "$deck" >/dev/null
done

# Runs that were interrupted, in training and in making an ensemble.
sed 's/dir: phi4-diffusion/dir: interrupted-train/' phi4-diffusion.yaml >interrupted-train.yaml
"$squall" hmc interrupted-train.yaml >/dev/null
touch interrupted-train/stop
"$squall" train interrupted-train.yaml >/dev/null 2>&1 || [ $? = 75 ]
[ -e interrupted-train/train.checkpoint.h5 ]

for run in */; do # pictures, logs and pages are no part of what is promised
  rm -rf "$run/report" "$run/log.txt" "$run/compare.txt" "$run/status.json" "$run/lock"
done
tar -cJf "$to" --sort=name --owner=0 --group=0 --numeric-owner -- *
ls -l "$to"
