#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Configurations of other programs: an ensemble of squall's own, written by NumPy and h5py in every layout, comes back
# with the averages that it had, the same on 1 to 4 ranks; models learn from it. What cannot be, is refused in one
# message.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
for python in python3 /usr/bin/python3 none; do
  $python -c 'import numpy, h5py' 2>/dev/null && break
done
if [ "$python" = none ]; then
  echo "1..0 # SKIP there is no python3 with numpy and h5py (python3-numpy, python3-h5py)"
  exit 0
fi

made hmc
cat >write.py <<'PYTHON'
import h5py, numpy as np
f = h5py.File('whole/ensemble.h5')
groups = [f[g + '/field'][:] for g in ('training', 'testing')]
chains = 4
phi = np.concatenate([g.reshape(chains, -1, 8, 6) for g in groups], axis=1)   # [chain, n, x, y]
n = phi.shape[1]
flat = phi.reshape(-1, 8, 6)
np.save('phi.npy', flat[:, None])
np.save('turned.npy', np.asfortranarray(phi.transpose(1, 3, 0, 2)))          # n y chain x
np.savez_compressed('phi.npz', beta=np.arange(3.), phi=phi.reshape(chains, n, 48))
with open('phi.bin', 'wb') as out:
    out.write(b'header!' + flat.astype('>f8').tobytes())
with h5py.File('phi.h5', 'w') as h:
    taken = phi.transpose(1, 0, 2, 3).reshape(-1, 8, 6)                       # the chains in turn
    h.create_dataset('a/b/phi', data=taken.transpose(2, 0, 1), dtype='>f4', chunks=(6, 100, 3), compression='gzip',
                     shuffle=True)
    g = h.create_group('configurations')
    for i, one in enumerate(flat):
        g.create_dataset('conf_%d' % i, data=one)
    h['spins'] = np.array(['text'], dtype='S4')
half = len(flat) // 2
for i in range(2):
    with h5py.File('part%d.h5' % i, 'w') as h:
        h['phi'] = flat[i * half:(i + 1) * half]
for name, parts in ('virtual', 2), ('gap', 1):
    layout = h5py.VirtualLayout(shape=flat.shape, dtype='f8')
    for i in range(parts):
        layout[i * half:(i + 1) * half] = h5py.VirtualSource('part%d.h5' % i, 'phi', shape=(half, 8, 6))
    with h5py.File(name + '.h5', 'w') as h:
        h.create_virtual_dataset('phi', layout)
np.save('nan.npy', np.where(np.arange(flat.size).reshape(flat.shape) == 48 * 77 + 5, np.nan, flat))
np.save('twice.npy', np.concatenate([flat, flat[10:12]]))
np.save('shape.npy', flat.reshape(8, 6, -1))
np.save('half.npy', flat * 0.7)
slow = np.zeros((200, 4, 8, 6))
rng = np.random.default_rng(2)
for t in range(1, 200):
    slow[t] = 0.9 * slow[t - 1] + rng.normal(size=(4, 8, 6))
np.save('shuffled.npy', slow[1:].reshape(-1, 8, 6))
np.save('complex.npy', flat + 1j)
np.save('few.npy', flat[:40])
spin = np.sign(np.random.default_rng(1).normal(size=(200, 6, 6))).astype('i1')
np.save('spin.npy', spin)
np.save('bits.npy', spin > 0)
open('cut.npy', 'wb').write(open('phi.npy', 'rb').read()[:-9])
PYTHON
$python write.py || exit 99
cat >import.yaml <<'DECK'
run:      {dir: own, seed: 3}
lattice:  {extents: [8, 6]}
action:   {type: phi4, kappa: 0.22, lambda: 0.022}
ensemble: {file: phi.npy, chains: 4, test: 256}
model:    {channels: 16, blocks: 1}
train:    {steps: 40, batch: 16}
sample:   {configurations: 200, steps: 4}
correct:  {method: metropolis}
report:   {figures: false}
DECK

# ---- one ensemble, in every layout
for n in 1 2 3 4; do
  run $n import import.yaml -run_dir on$n
  ended 0 || complain
done
first=$(content on1/ensemble.h5)
check "an ensemble is imported, the same on 1 to 4 ranks" every 'same "$first" "$(content on2/ensemble.h5)"' \
  'same "$first" "$(content on3/ensemble.h5)"' 'same "$first" "$(content on4/ensemble.h5)"'
run 2 import import.yaml -run_dir on1
check "once" every 'ended 0' 'says "import: finished before"'
layout() { # layout NAME RANKS WORDS...: the same records
  name=$1 ranks=$2; shift 2
  run "$ranks" import import.yaml -run_dir "$name" "$@"
  check "$name" every 'ended 0' 'same "$first" "$(content "$name/ensemble.h5")"'
}
layout "npy-in-Fortran-order" 2 -ensemble_file turned.npy -ensemble_axes "n y chain x"
layout "npz-compressed-flat" 3 -ensemble_file phi.npz -ensemble_dataset phi -ensemble_axes "chain n s"
layout "raw" 2 -ensemble_file phi.bin -ensemble_type '>f8' -ensemble_shape 768,8,6 -ensemble_offset 7
layout "a-dataset-a-configuration" 2 -ensemble_file phi.h5 -ensemble_dataset configurations
layout "a-virtual-dataset" 2 -ensemble_file virtual.h5
sed '/^ensemble/d' import.yaml >words.yaml
run 2 import words.yaml phi.h5:/configurations --chains 4 --test 256 -run_dir words
check "by words alone" every 'ended 0' 'same "$first" "$(content words/ensemble.h5)"'
run 2 train words.yaml -run_dir words
check "a deck without the section learns from it" every 'ended 0' 'exist words/model.h5'
run 2 import import.yaml -run_dir float -ensemble_file phi.h5 -ensemble_dataset a/b/phi -ensemble_axes "[y, n, x]" \
  -ensemble_order interleaved
check "big-endian float32 of a compressed dataset, its axes swapped, its chains in turn" every 'ended 0' \
  'says "hdf5, float32, big-endian, 6 x 768 x 8; axes y n x"'
run 1 measure deck.yaml
run 1 measure import.yaml -run_dir on1
run 2 measure import.yaml -run_dir float -ensemble_file phi.h5 -ensemble_dataset a/b/phi -ensemble_axes "[y, n, x]" \
  -ensemble_order interleaved
for d in whole on1 float; do grep -E "^(training|testing)" $d/measure.csv | cut -d, -f1-5 >$d.csv; done
check "it has the averages and errors that it had" every '[ $(wc -l <on1.csv) -gt 20 ]' 'cmp whole.csv on1.csv'
cut -d, -f3 whole.csv >a.txt; cut -d, -f3 float.csv >b.txt
check "float32 has them to its digits" alike a.txt b.txt
run 2 import import.yaml -run_dir less -ensemble_skip 20 -ensemble_every 3 -ensemble_test 5
check "the first are left out, and every third is taken" every 'ended 0' \
  'says "232 configurations of 4 chains, 227 for"'

# ---- all later stages
run 2 run import.yaml
check "models learn from it, and are corrected" every 'ended 0' 'exist own/model.h5 own/corrected.h5 own/measure.csv' \
  'says "verdict: training"' 'grep -q "^corrected,abs_M" own/measure.csv'
run 1 run import.yaml
check "a run is finished once" every 'ended 0' 'says "train: finished before\|model.h5 is kept"'
run 1 check import.yaml -run_dir new
check "check knows how many there are" every 'ended 0' 'says "import  512 configurations for training, 256 held out"'
cat >spins.yaml <<'DECK'
run:      {dir: spins}
lattice:  {extents: [6, 6]}
action:   {type: ising, beta: 0}
ensemble: {file: bits.npy, scale: 2, shift: -1, test: 50}
DECK
run 2 import spins.yaml
check "spins from bits" every 'ended 0' 'exist spins/ensemble.h5'

run 1 import spins.yaml
check "the same file is no news" every 'ended 0' '! says CHANGED'
$python -c "import numpy as np; a = np.load('bits.npy'); np.save('bits.npy', a[::-1].copy())"
run 2 import spins.yaml
check "a file that changed since is" every 'ended 0' 'says "bits.npy has CHANGED since spins/ensemble.h5 was made"'
rm -r spins
run 2 import spins.yaml
cp bits.npy '2:1 bits.npy'
run 2 import spins.yaml '2:1 bits.npy' -run_dir colon
check "a file with a colon in its name" every 'ended 0' \
  'same "$(content spins/ensemble.h5)" "$(content colon/ensemble.h5)"'


# ---- what is right and looks wrong: fields that come back after rejected moves and reflections; rare windings
right() { # NAME ACTION EXTENTS: an ensemble of squall's own Monte Carlo, as an npz
  printf 'run: {dir: %s, seed: 5}\nlattice: {extents: [%s]}\naction: {%s}\n' "$1" "$3" "$2" >"$1.yaml"
  run 1 mc "$1.yaml" -mc_configurations 1200 -mc_test 60 -mc_chains 4
  run 1 export "$1/ensemble.h5" --to npz
  run 2 import "$1.yaml" "$1/ensemble.npz:training.field" --chains 4 -run_dir "$1-again"
  check "a right ensemble: $1" every 'ended 0' "exist $1-again/ensemble.h5"
}
right particle 'type: particle, spacing: 0.2, lambda: 1, f2: 1' 16
right complex 'type: complex, eta: 9, lambda: 1, mu: 0.1' '4, 6'
right ising 'type: ising, beta: 0.4' '8, 8'
check "its couplings are told" every 'says "Schwinger-Dyson equations hold"' 'says "the fields have beta = 0\.4"'
refused 65 "NOT THOSE OF THE ACTION ising beta=0.44.*look like beta = 0\.[34]" import ising.yaml \
  ising/ensemble.npz:training.field --chains 4 -run_dir no -action_beta 0.44

# ---- what cannot be
$python -c 'import numpy as np; np.save("same.npy", np.full((768, 8, 6), 0.3))'
refused 65 "all 768 configurations are THE SAME" import import.yaml -run_dir no -ensemble_file same.npy \
  -ensemble_chains 1
refused 65 "configuration 77 has numbers that are not finite" import import.yaml -run_dir no -ensemble_file nan.npy \
  -ensemble_chains 1
refused 65 "2 configurations are THERE TWICE, configuration 1[01] and configuration 76[89] first" import import.yaml \
  -run_dir no -ensemble_file twice.npy -ensemble_chains 1
refused 64 "these fit: ensemble.axes: \"x y n\"" import import.yaml -run_dir no -ensemble_file shape.npy
refused 64 "lattice.extents" import import.yaml -run_dir no -lattice_extents 8,8
refused 64 "are 5 chains\|5 chains of equal length" import import.yaml -run_dir no -ensemble_chains 5
refused 64 "nothing is left to learn from" import import.yaml -run_dir no -ensemble_test 768
refused 64 "has no configurations left" import import.yaml -run_dir no -ensemble_skip 192
refused 64 "a word for every axis" import import.yaml -run_dir no -ensemble_axes "n q"
refused 65 "complex numbers" import import.yaml -run_dir no -ensemble_file complex.npy
refused 65 "was cut" import import.yaml -run_dir no -ensemble_file cut.npy
refused 65 "its parts have 18432 of them" import import.yaml -run_dir no -ensemble_file gap.h5
mv part1.h5 away.h5
refused 65 "the file part1.h5 of its part 1 is not there" import import.yaml -run_dir no -ensemble_file virtual.h5
refused 64 "cannot be opened" import import.yaml -run_dir no -ensemble_file missing.npy
refused 64 "shape and type must be given" import import.yaml -run_dir no -ensemble_file deck.yaml
refused 64 "did you mean a/b/phi" import import.yaml -run_dir no -ensemble_file phi.h5 -ensemble_dataset a/b/pi
refused 64 "has several arrays" import import.yaml -run_dir no -ensemble_file phi.npz
refused 64 "ensemble.file" import import.yaml -run_dir no -ensemble_file ""
refused 64 "run .squall import" hmc import.yaml -run_dir no
refused 64 "both a section hmc and a section ensemble" import import.yaml -run_dir no -hmc_chains 4
refused 65 "has the number 0, which the action ising cannot have" import spins.yaml -run_dir no -ensemble_shift 0 \
  -ensemble_scale 1
refused 65 "off by kappa 8.9.*They look like kappa = 0.220(3), lambda = 0.023(3)" import import.yaml -run_dir no \
  -action_kappa 0.24
refused 65 "another normalisation: ensemble.scale: 1.4" import import.yaml -run_dir no -ensemble_file half.npy
refused 65 "from one to the 4th after it; are they 4 chains in turn" import import.yaml -run_dir no \
  -ensemble_file shuffled.npy -ensemble_chains 1
refused 64 "ensemble.test: 256 in the file, 200 in the deck" import import.yaml -run_dir on1 -ensemble_test 200
check "nothing is left of what was refused" absent no/ensemble.h5 no/ensemble.h5.part
run 2 import import.yaml -run_dir lenient -action_kappa 0.24 -ensemble_checks warn
check "but a warning does where the deck wants it" every 'ended 0' \
  'grep -q "the fields are NOT THOSE" lenient/log.txt' 'exist lenient/ensemble.h5'
run 1 import import.yaml -run_dir few -ensemble_file few.npy -ensemble_test 8
check "of few fields little is told" every 'ended 0' 'says "too few fields to tell"'
check "all memory is given back" absent_or_empty never_freed.log
finish
