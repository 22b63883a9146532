#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# squall export: what squall makes in the formats of other programs, the same on any number of ranks; read back by the
# formats' own descriptions (export_check.py), by NumPy and by VTK, where these are there; what is refused.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

made hmc train sample correct measure
run 1 export whole --to csv --output out
check "a run as csv: series of its files, tables with units" every 'ended 0' 'says "out/ensemble.csv"' \
  'exist out/ensemble.csv out/samples.csv out/corrected.csv out/tables.csv out/columns.csv' \
  'lines 1 "^training,M,.*,1,\"order parameter" out/measure.csv' \
  'lines 512 "^training,[0-3],[0-9]*,phi2," out/ensemble.csv' \
  'lines 300 "^generated,0,[0-9]*,log_weight," out/samples.csv'
# every column that doc/file-format.md has, but for the thirty of families.csv
missing=
for column in $(sed -n 's/^| `[a-z_/]*[.]csv` | `\([A-Za-z0-9_,]*\)`.*/\1/p' "$here/doc/file-format.md" |
  tr , '\n' | sort -u); do
  grep -q "{\"$column\", \"" "$here/src/export/units.c" || missing="$missing $column"
done
check "every column of a table has its unit and its meaning" every '[ -z "$missing" ]' '! grep -q ",$" out/columns.csv'
for format in npz pyerrors dobs vtk safetensors; do
  run 1 export whole --to $format --output out
  ended 0 || complain
done
run 1 export whole --to xdmf
check "all other formats, with their files" every 'ended 0' 'exist out/ensemble.json.gz out/corrected.xml.gz' \
  'exist out/samples.pvd out/samples/generated-9.vti out/model.safetensors whole/ensemble.xmf whole/trajectories.xmf'
cp whole/ensemble.xmf out
for ranks in 2 3; do
  for format in csv npz pyerrors dobs vtk safetensors; do
    run $ranks export whole --to $format --output out$ranks
  done
  run $ranks export whole --to xdmf; cp whole/ensemble.xmf out$ranks
  check "the files of $ranks ranks are those of 1" diff -r out out$ranks
done
run 1 export whole/samples.h5 --to vtk --records 17:18
check "a file alone, and the records that are asked for" every 'ended 0' 'exist whole/samples/generated-17.vti' \
  'absent whole/samples/generated-16.vti whole/samples/generated-19.vti' 'lines 2 "<DataSet" whole/samples.pvd'
rm -f whole/ensemble.json.gz
run 2 export whole/ensemble.h5 --to pyerrors
check "by default the file stands beside what it is made of" cmp whole/ensemble.json.gz out/ensemble.json.gz

# ---- other lattices
python=
for candidate in "${PYTHON:-python3}" python3 /usr/bin/python3; do
  [ -n "$python" ] || ! "$candidate" -c 'import numpy, h5py' 2>/dev/null || python=$candidate
done
PYTHONPATH=$here/python; export PYTHONPATH PYTHONDONTWRITEBYTECODE=1
python_does() { "$python" "$@" >last.log 2>&1; }
other() { # other NAME FIELDS WORDS...: a small run, its fields as image data and XDMF, in NAME
  name=$1 fields=$2; shift 2
  sed '/^model/,$d; s/, kappa.*/}/; s/256, chains: 4/8, chains: 2/; s/512/16/' deck.yaml >other.yaml
  run 1 hmc other.yaml -run_dir "$name" "$@"
  run 2 export "$name" --to vtk --output "$name" && run 2 export "$name/ensemble.h5" --to xdmf
  check "fields of $name: $fields images" every 'ended 0' "lines $fields '<DataSet' $name/ensemble.pvd"
  if [ -n "$python" ]; then
    check "they are the fields of $name" python_does "$here/tests/export_check.py" others "$name" "$name"
  else skip "their numbers: python3-numpy and python3-h5py are not there"; fi
}
phi4='-action_kappa 0.1 -action_lambda 0.1'
# shellcheck disable=SC2086 # words on purpose
{
  other path 18 $phi4 -lattice_extents 10
  other cube 18 $phi4 -lattice_extents 4,3,6
  other four 72 $phi4 -lattice_extents 4,3,2,6
  other vectors 18 -action_type on -action_components 3 $phi4 -lattice_extents 6,4
}

# ---- other models
cat >spins.yaml <<'DECK'
run:      {dir: spins, seed: 3}
lattice:  {extents: [4, 4]}
action:   {type: ising, beta: 0.3}
model:    {type: pixelcnn}
train:    {steps: 5, batch: 16}
DECK
run 1 train spins.yaml
run 3 export spins/model.h5 --to safetensors
check "a model of another type: its tensors and settings" every 'ended 0' \
  'grep -aq "\"model\":\"pixelcnn\"" spins/model.safetensors' \
  'grep -aq "\"first.weight\":{\"dtype\":\"F64\"" spins/model.safetensors'

# ---- what is refused
refused 64 "usage: squall export FILE|RUN_DIR --to FORMAT" export whole
refused 64 "excel is not known; there are npz, csv, pyerrors, dobs, vtk, xdmf, safetensors" export whole --to excel
refused 64 "did you mean --output" export whole/ensemble.h5 --to csv --outptu x
refused 64 "the value is missing: --to FORMAT" export whole/ensemble.h5 --to
refused 64 "usage: squall export" export whole/ensemble.h5 whole/samples.h5 --to csv
refused 64 "is a file of kind ensemble: the format safetensors is for models" export whole/ensemble.h5 --to safetensors
refused 64 "is a file of kind model: the format csv is for files of fields" export whole/model.h5 --to csv
refused 64 "is a file of kind trajectories" export whole/trajectories.h5 --to pyerrors
refused 64 "that is FIRST:LAST" export whole/samples.h5 --to vtk --records 5:3
refused 64 "no group has records 400 to 500" export whole/samples.h5 --to vtk --records 400:500
refused 64 "the format csv takes all of a file" export whole/samples.h5 --to csv --records 3
refused 64 "nowhere.h5: cannot be opened" export nowhere.h5 --to csv
refused 64 "is a file \*.pvd" export whole/samples.h5 --to vtk --output x.vti
mkdir empty
refused 64 "empty has no file for the format csv" export empty --to csv
refused 74 "cannot be created" export whole/samples.h5 --to csv --output nowhere/x.csv
printf 'no HDF5\n' >text.h5
refused 65 "text.h5" export text.h5 --to csv
cp whole/samples.h5 damaged.h5
at=$(($(grep -obUaP "$(printf '%s' '\x73\x71\x75\x61\x6c\x6c')" damaged.h5 | head -n 1 | cut -d: -f1) + 30000))
printf '\377\377\377\377' | dd of=damaged.h5 bs=1 seek=$at conv=notrunc 2>/dev/null
refused 65 "damaged.h5: " export damaged.h5 --to vtk --records 0:299
head -c 20000 whole/model.h5 >cut.h5
refused 65 "cut.h5" export cut.h5 --to safetensors
check "nothing of what was refused is left behind" absent damaged.pvd text.csv cut.safetensors damaged.pvd.*.tmp
for taken in samples.h5 model.h5 deck.yaml; do
  cp whole/$taken before
  refused 64 "whole/$taken is there and is no file" export whole/samples.h5 --to npz --output whole/$taken
  check "whole/$taken is what it was" cmp before whole/$taken
done
refused 64 "/dev/null is there and is no file" export whole/samples.h5 --to csv --output /dev/null
cp whole/measure.csv before
refused 64 "would take the place of those of the run" export whole --to csv --output ./whole
check "the measurements are what they were" cmp before whole/measure.csv
mkdir forged && cp whole/ensemble.h5 forged/ && printf 'a,b\n1\n' >forged/wrong.csv
refused 65 "wrong.csv is no table: its line 2 has 1 cells, its first one has 2 names" export forged --to csv

# ---- read by others
read_back() { # read_back CHECK DESCRIPTION
  if [ -z "$python" ]; then skip "$2: python3-numpy and python3-h5py are not there"; return; fi
  check "$2" python_does "$here/tests/export_check.py" "$1" whole out "$here/doc/examples/slides_table.py"
}
read_back gamma "a Gamma analysis in Python of the exported series gives squall's errors to 1 %"
read_back pyerrors "JSON read by the schema of pyerrors is what the series are"
read_back dobs "so is XML read as dobs"
read_back npz "arrays of NumPy have the bytes of the file, and the weights"
read_back vti "the numbers of image data are those of the fields"
read_back xdmf "the hyperslabs of XDMF are the fields, where they stand in contiguous datasets"
read_back safetensors "the header of safetensors is as specified, the tensors are those that squall.py finds"
read_back tables "tables in long CSV have every cell, and every row of measure.csv its unit"
read_back slides "the table of the slides from squall.py is what squall measured"
if [ -n "$python" ]; then
  check "the reader in NumPy denoises as the network does" \
    python_does "$here/doc/examples/denoise.py" out/model.safetensors
else skip "the reader in NumPy: python3-numpy is not there"; fi
if [ -n "$python" ] && "$python" -c 'import vtk' 2>/dev/null; then
  read_back vtk "VTK reads image data and, where it was built with it, XDMF"
else skip "VTK: python3-vtk9 or python3-paraview is not there"; fi

# ---- models of every type: their tensors are the weights of the file
model() { # NAME EXTENTS ACTION
  printf 'run: {dir: %s}\nlattice: {extents: [%s]}\naction: {%s}\nmodel: {type: %s}\ntrain: {steps: 2, batch: 8}\n' \
    "$1" "$2" "$3" "$1" >"$1.yaml"
  if [ "$1" = gan ]; then
    echo 'hmc: {configurations: 64, test: 16, chains: 2}' >>gan.yaml
    run 1 hmc gan.yaml
  fi
  run 1 train "$1.yaml"
  run 1 export "$1/model.h5" --to safetensors
  ended 0 || complain
}
models="pixelcnn hierarchical multilevel coupling-flow latent fourier-flow bisection heights gan"
if [ -n "$python" ] && $python -c 'import numpy, h5py' 2>/dev/null; then
  for type in pixelcnn hierarchical multilevel; do model $type '8, 8' 'type: ising, beta: 0.3'; done
  for type in coupling-flow latent gan; do model $type '4, 4' 'type: phi4, kappa: 0.2, lambda: 0.02'; done
  for type in fourier-flow bisection; do model $type 8 'type: particle, spacing: 0.2, lambda: 1, f2: 1'; done
  model heights '4, 4' 'type: complex, eta: 9, lambda: 1, mu: 0.1'
  # shellcheck disable=SC2086
  $python "$here/tests/export_layouts.py" $models >last.log 2>&1
  for type in $models; do
    check "the tensors of a model of type $type are its weights" grep -q "^$type right" last.log
  done
else skip "there is no python3 with numpy and h5py (python3-numpy, python3-h5py)"; fi

finish
