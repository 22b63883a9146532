#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The rules of the house, read from the sources: floors and includes, MPI, tables, comments, lengths, form. Each rule is
# then broken in a copy, which must be noticed. doc/conventions.md says why they are as they are.
# shellcheck disable=SC2317,SC2016 # the rules are called by name, through holds and notices; $ in awk programs
set -u
count=0 failed=0
check() { # check STATUS DESCRIPTION
  count=$((count + 1))
  if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}

sources() { find src include -name '*.[ch]' | sort; }
checked() { find src include tests -name '*.[ch]' | sort; }

# ---- floors

# Every directory of src has a floor, and every name in LAYERS a directory.
unlisted_modules() {
  awk '!/^#/ { for (i = 2; i <= NF; i++) print $i }' src/LAYERS | sort >"$scratch/listed"
  find src -mindepth 1 -maxdepth 1 -type d | sed 's,.*/,,' | sort | comm -3 "$scratch/listed" -
}

# Headers of a module come as "squall/X.h", those of a room of the program, which lie beside its sources, as
# "src/ROOM/X.h": X on a lower floor or one's own.
wrong_includes() {
  sources | xargs awk '
    FILENAME == "src/LAYERS" {
      if (/rooms of the program/) room = 1
      if (!/^#/) for (i = 2; i <= NF; i++) { level[$i] = $1; rooms[$i] = room }
      next
    }
    FNR == 1 { n = split(FILENAME, part, "/"); module = part[1] == "src" ? part[2] : part[n]; sub(/\.h$/, "", module) }
    !/^[ \t]*#[ \t]*include[ \t]*["<]/ { next }
    { split($0, quoted, /["<>]/); header = quoted[2]; own = index(header, "src/" module "/") == 1 }
    header ~ /^squall\// {
      name = header; gsub(/^squall\/|\.h$/, "", name)
      if (name == module || (name in level && module in level && level[name] < level[module])) next
      print FILENAME ":" FNR ": " module " (floor " level[module] ") includes " header " (floor " level[name] ")"; next
    }
    header ~ /^src\// && !own && rooms[module] {
      split(header, of, "/"); name = of[2]
      if (rooms[name] && level[name] < level[module]) next
      print FILENAME ":" FNR ": " module " (floor " level[module] ") includes " header " (floor " level[name] ")"; next
    }
    /include[ \t]*"/ && header != "config.h" && !own && (header ~ /\// || part[1] == "include") {
      print FILENAME ":" FNR ": includes " header " of another module" }' src/LAYERS
}

# X.c and X.h are one: they must not need, over the headers of their own directory, each other. What has no way out of a
# circle is left over when all that need nothing more are taken away.
circles() {
  sources | xargs awk '
    FNR == 1 { file = FILENAME; sub(/\.[ch]$/, "", file); split(file, part, "/"); directory = part[2]; seen[file] = 1 }
    /^#include "src\// {
      split($0, quoted, "\""); header = quoted[2]; sub(/\.h$/, "", header)
      split(header, of, "/")
      if (header != file && of[2] == directory) needs[file, header] = 1
    }
    END {
      do {
        less = 0
        for (f in seen) {
          waits = 0
          for (g in seen) if ((f, g) in needs) waits = 1
          if (!waits) { for (g in seen) delete needs[g, f]; delete seen[f]; less = 1 }
        }
      } while (less)
      for (f in seen) print f " is in a circle of includes, or needs one that is"
    }'
}

# ---- MPI

# Objects own their communicator, and ending the program is the business of main; io/probe.c and arrays/hdf5_probe.c
# end their own children.
wrong_words() {
  sources | grep -v -e '^src/app/' -e '^src/io/probe.c' -e '^src/arrays/hdf5_probe.c' |
    xargs grep -nE '(MPI|PETSC)_COMM_WORLD|(^|[^_[:alnum:]])(_?exit|_Exit|abort)[[:space:]]*\('
}

# What a deck says is read once, by the functions that turn its sections into settings: in files that are named so.
deck_elsewhere() {
  sources | grep -vE '^(src|include)/(squall/)?deck|/([a-z_]+_)?(settings|deck)\.c$' |
    xargs grep -nE 'sq_deck_(int|real|bool|text|ints|reals)\('
}

# Who may call MPI by itself. Kernels and theories never do: their callers hand them blocks.
mpi_modules='
  base          which rank prints an error; the version of the library
  comm          the grid of ranks, collective decisions, exact sums
  lattice       who the neighbours of a block are
  deck          one rank reads, all know
  field         sums over the sites of all ranks
  halo          rims
  flux          fluxes that every rank holds
  io            files
  arrays        files of others
  fft           slabs
  fokkerplanck  equations and walkers shared out by PETSc
  hmc           what chains of all replicas have seen
  diffusion     bounds over the fields of all replicas
  crosses       whole fields of spins
  correct       moves that ranks decide together
  multilevel    coarse levels that every rank holds
  obs           spectra over the fields of all replicas
  train         gradients of all replicas
  run import learning ensemble bounds measure stage small correction plot report    the program
  scan page trial bench app    the program'
mpi_elsewhere() {
  allowed=$(echo "$mpi_modules" | sed -n 's/^  \([a-z ]*[a-z]\)  .*/\1/p' | tr '\n' ' ')
  for module in src/*/; do
    module=${module#src/} module=${module%/}
    case " $allowed " in *" $module "*) continue ;; esac
    grep -nE '(^|[^[:alnum:]_])P?MPI_[A-Z][a-z_]+[[:space:]]*\(' "src/$module"/*.[ch] /dev/null
  done
}

# ---- tables, comments, what is public

# A table of variants stands alone in a table.c, so that a test can link one of its own with a row more.
tables_with_others() {
  find src -name '*.c' | sort | xargs awk '
    FNR == 1 { functions = "" ; table = 0 }
    (/^const .*sq_[a-z_]+_types\[\]/ || /^(static )?const .*\*const [a-z_]+\[\] = / && !/ char /) &&
      FILENAME !~ /\/table\.c$/ {
      print FILENAME ":" FNR ": this belongs into table.c"
    }
    FILENAME !~ /\/table\.c$/ { next }
    /^(static )?const .*\[\] = / { table = 1 }
    /^\{$/ { functions = FNR }
    table && functions { print FILENAME ":" FNR ": a table stands alone in its file"; functions = "" }'
}

without_opening_comment() {
  checked | xargs awk 'FNR == 2 && !/^\/\*/ { print FILENAME " does not open with what it is" }'
}
# The first line, that after #! in scripts, names the licence of the file LICENSE.
without_licence() {
  head -n 1 LICENSE | grep -qx 'BSD 3-Clause License' || echo "LICENSE is not that of the sources"
  find src include tests doc python jobscripts quickstart -type f | sort |
    grep -E '\.(c|h|py|sh|sbatch|pbs|lsf)$|/campaign$|^quickstart$' | xargs awk '
    FNR == 1 { line = /^#!/ ? 2 : 1 }
    FNR == line && !/^(\/\*|#) SPDX-License-Identifier: BSD-3-Clause( \*\/)?$/ {
      print FILENAME ": line " line " does not name the licence"
    }'
}

# FILE:LINE NAME COMMENTED SAYS for every function of include/squall: whether a comment stands over it or over the group
# it belongs to, and whether that, or the opening comment for all, says who must call it ("Collective over ...").
public_functions() {
  find include -name '*.h' | sort | xargs awk '
    FNR == 1 { comment = ""; inside = 0; opening = 1; depth = 0; next }
    /^\/\*/ || inside {
      if (!inside) comment = ""
      comment = comment " " $0
      inside = !/\*\//
      if (!inside && opening) { opening = 0; for_all = comment ~ /ollective/ }
      next
    }
    /^$/ { comment = "" }
    depth { if (/^}/) depth = 0; next }
    /^(typedef|extern|enum|struct).*\{$/ { depth = 1; comment = "" }
    /^(typedef|static|#)/ { next }
    /^[A-Za-z].*[ *]sq_[a-z0-9_A-Z]+\(/ {
      name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
      print FILENAME ":" FNR, name, comment != "", for_all || comment ~ /ollective/
    }'
}
undocumented() {
  public_functions | awk '!$3 { print $1 ": " $2 " has no comment"; next }
    !$4 { print $1 ": nothing says whether " $2 " is collective" }'
}

# Public functions are there for other files. Those that only tests call, and why:
only_tests='
  sq_memory_lives sq_deck_parse              tests begin and end with them
  sq_clusters_inspect sq_sampler_gain sq_gap_fit_mass sq_rng_choose    what a test must see or choose of the inside
  sq_hmc_thermalise sq_flow_level_action     the whole in one call, as a user of the library has it
  sq_score_read sq_records_deck sq_running_merge sq_learner_weight sq_generator_log_weights    for users of the library
  sq_version_number    of the library that runs, against SQ_VERSION of the headers
  sq_array_write    arrays of other programs
  sq_model_name sq_model_find sq_chain_local sq_chain_langevin    rows by name, a step of each dynamics: for users, too'
uncalled() {
  excused=$(echo "$only_tests" | grep -oE 'sq_[a-zA-Z0-9_]+' | tr '\n' ' ')
  sources | xargs grep -oEH 'sq_[a-zA-Z0-9_]+' | sort -u | awk -F: '
    { split($1, part, "/") }
    part[1] == "src" { files[$2]++ }
    part[1] == "include" { headers[$2] = headers[$2] " " $1 }
    END { for (name in files) print name, files[name]; for (name in headers) if (!(name in files)) print name, 0 }' \
    >"$scratch/uses"
  # a macro or inline function of a header is a caller, too
  find include -name '*.h' -exec grep -hE '^( |#define)' {} + | grep -oE 'sq_[a-zA-Z0-9_]+' | sort -u >"$scratch/inline"
  public_functions | awk -v excused=" $excused " -v uses="$scratch/uses" -v inline="$scratch/inline" '
    BEGIN { while ((getline line <uses) > 0) { split(line, w, " "); n[w[1]] = w[2] }
            while ((getline line <inline) > 0) n[line]++ }
    n[$2] < 2 && !index(excused, " " $2 " ") { print $1 ": nothing outside its own file calls " $2 }'
}

# ---- lengths and form

# Without the line of the licence.
long_files() {
  sources | xargs awk 'FNR == 402 { print FILENAME " has more than 400 lines" }'
  find tests -name '*.[ch]' | sort | xargs awk 'FNR == 602 { print FILENAME " has more than 600 lines" }'
}
wide_lines() {
  { checked; find tests .ci quickstart -type f -name '[a-z]*' ! -name '*.*'; find tests -name '*.sh'; } |
    xargs awk 'length > 120 { print FILENAME ":" FNR ": more than 120 characters" }'
}
# A function is what stands between lines that are { and }.
long_functions() {
  sources | xargs awk '
    FNR == 1 || /^}/ {
      if (begun && FNR > begun + 51) print FILENAME ":" begun ": a function of more than 50 lines"
      begun = 0
    }
    /^\{$/ { begun = FNR }'
}
unformatted() {
  command -v clang-format >/dev/null || return 0
  checked | xargs clang-format --dry-run 2>&1 | grep 'warning:'
}

# ---- the rules, and their breaking

# The page that explains the house has its floors, and the drawing is that of the page.
other_page() {
  awk '/^[0-9]/ { for (i = 2; i <= NF; i++) print $1, $i }' src/LAYERS | sort >"$scratch/floors"
  awk -F ' *[|] *' '/^[|] *[0-9]+ *[|]/ { print $2, $3 }' doc/architecture.md | sort | comm -3 "$scratch/floors" -
  sh doc/house.sh --check || echo "doc/figures/house.svg is an old drawing: doc/house.sh makes it anew"
}

# A rule holds when it prints nothing.
holds() { # holds RULE DESCRIPTION
  "$1" >"$scratch/found"
  sed 's/^/# /' "$scratch/found"
  test ! -s "$scratch/found"
  check $? "$2"
}

# A rule is worth something when it notices one broken line.
notices() { # notices RULE FILE TEXT
  saved=
  "$1" >"$scratch/before"
  [ -f "$2" ] && saved=yes && cp "$2" "$scratch/saved"
  printf '%s\n' "$3" >>"$2"
  "$1" >"$scratch/after"
  ! cmp -s "$scratch/before" "$scratch/after"
  check $? "noticed: $2 with $(printf '%s' "$3" | head -n 1 | cut -c 1-80)"
  if [ "$saved" ]; then cp "$scratch/saved" "$2"; else rm "$2"; fi
}

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "${srcdir:-.}" || exit 99

holds unlisted_modules "src/LAYERS lists the modules of src"
holds other_page "doc/architecture.md has these floors, and its drawing"
holds wrong_includes "modules include only headers of lower floors"
holds circles "files do not include each other in circles"
holds wrong_words "no world communicator and no exit below app"
holds deck_elsewhere "decks are read where their sections become settings"
holds mpi_elsewhere "MPI is called only where the list of the rule says"
holds tables_with_others "tables of variants stand alone in table.c"
holds without_opening_comment "every file opens with what it is"
holds without_licence "every file names its licence"
holds undocumented "public functions have a comment that says who calls them"
holds uncalled "public functions are called outside their own file"
holds long_files "no file over 400 lines, no test over 600"
holds wide_lines "no line over 120 characters"
holds long_functions "no function over 50 lines"
if command -v clang-format >/dev/null; then holds unformatted "the tree is as clang-format would have it"
else count=$((count + 1)); echo "ok $count - # SKIP there is no clang-format"; fi

mkdir "$scratch/copy" &&
  cp -R src include tests doc python .ci quickstart jobscripts LICENSE .clang-format "$scratch/copy" &&
  cd "$scratch/copy" || exit 99
chmod -R u+w .
notices unlisted_modules src/LAYERS '9 attic'
mkdir src/cellar
unlisted_modules | grep -q cellar
check $? "noticed: the directory src/cellar without a floor"
rmdir src/cellar
notices other_page src/LAYERS '15 attic'
notices other_page doc/architecture.md '| 15 | attic | what is left over |'
notices wrong_includes src/base/log.c '#include "squall/comm.h"'
notices wrong_includes src/comm/grid.c '#include "squall/rng.h"'
notices wrong_includes include/squall/lattice.h '# include <squall/action.h>'
notices wrong_includes src/action/planted.c '#include "src/fft/plan.h"'
notices wrong_includes src/action/planted.c '#include "../fft/plan.h"'
notices wrong_includes src/action/planted.c '#include "squall/attic.h"'
notices wrong_includes src/action/planted.c '#include "src/run/run.h"'
notices wrong_includes src/run/planted.c '#include "src/ensemble/ensemble.h"'
notices wrong_includes src/stage/planted.c '#include "src/report/report.h"'
notices wrong_includes src/app/planted.c '#include "src/fft/plan.h"'
echo '#include "src/rng/b.h"' >src/rng/a.h
notices circles src/rng/b.c '#include "src/rng/a.h"'
rm src/rng/a.h
notices wrong_words src/field/field.c 'MPI_Comm everybody = MPI_COMM_WORLD;'
notices wrong_words include/squall/field.h '#define EVERYBODY PETSC_COMM_WORLD'
notices wrong_words src/rng/rng.c 'void stop(void) { exit(1); }'
notices wrong_words src/rng/rng.c '	abort ();'
notices deck_elsewhere src/stage/planted.c '  int steps = sq_deck_int(run->deck, "sample", "steps");'
notices mpi_elsewhere src/nn/planted.c '  PetscCallMPI(MPI_Barrier(comm));'
notices tables_with_others src/rng/rng.c 'const sq_rng_type *const sq_rng_types[] = {&one, NULL};'
notices tables_with_others src/rng/rng.c 'static const sq_rng_type *const all[] = {&one, NULL};'
notices tables_with_others src/action/table.c "$(printf 'static int helper(void)\n{\n}')"
notices without_opening_comment src/rng/planted.c "$(printf 'int x;\nint y;')"
notices without_licence src/rng/planted.c '/* a file */'
notices undocumented include/squall/rng.h "$(printf '\ndouble sq_planted(int x);')"
notices undocumented include/squall/planted.h "$(printf '/* l */\n/* all */\n\n/* Sum. */\ndouble sq_planted(int x);')"
notices uncalled include/squall/rng.h 'double sq_planted(int x);'
notices long_files src/rng/rng.c "$(seq -f 'int x%g;' 400)"
notices long_files tests/planted.c "$(seq -f 'int x%g;' 602)"
notices wide_lines src/rng/rng.c "/* $(seq -s ' ' 50) */"
notices long_functions src/rng/rng.c "$(printf 'int planted(void)\n{\n'; seq -f '  x(%g);' 51; echo '}')"
if command -v clang-format >/dev/null; then notices unformatted src/rng/rng.c 'int  x ;'; fi
echo "1..$count"
exit $failed
