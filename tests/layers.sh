#!/bin/sh
# The rules of the house, read from the sources: floors (src/LAYERS), no world communicator and no exit below app, short files.
# Each rule is then broken in a copy, which must be noticed.
# shellcheck disable=SC2317,SC2016 # the rules are called by name, through holds and notices; $ in awk programs
set -u
count=0 failed=0
check() { # check STATUS DESCRIPTION
  count=$((count + 1))
  if [ "$1" = 0 ]; then echo "ok $count - $2"; else echo "not ok $count - $2"; failed=1; fi
}

sources() { find src include -name '*.[ch]' | sort; }

# Every directory of src has a floor, and every name in LAYERS a directory.
unlisted_modules() {
  awk '!/^#/ { for (i = 2; i <= NF; i++) print $i }' src/LAYERS | sort >"$scratch/listed"
  find src -mindepth 1 -maxdepth 1 -type d | sed 's,.*/,,' | sort | comm -3 "$scratch/listed" -
}

# Headers of a module come as "squall/X.h", those of a room of the program, which lie beside its sources, as "src/ROOM/X.h": X on
# a lower floor or one's own.
wrong_includes() {
  sources | xargs awk '
    FILENAME == "src/LAYERS" { if (/rooms of the program/) room = 1; if (!/^#/) for (i = 2; i <= NF; i++) { level[$i] = $1; rooms[$i] = room } next }
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

# Objects own their communicator, and ending the program is the business of main.
wrong_words() {
  sources | grep -v '^src/app/' |
    xargs grep -nE '(MPI|PETSC)_COMM_WORLD|(^|[^_[:alnum:]])(_?exit|_Exit|abort)[[:space:]]*\('
}

long_files() {
  find src include tests -name '*.[ch]' | sort | xargs awk 'FNR == 601 { print FILENAME " has more than 600 lines" }'
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
  cp "$2" "$scratch/saved" 2>/dev/null
  printf '%s\n' "$3" >>"$2"
  "$1" | grep -q .
  check $? "noticed: $2 with $(printf '%s' "$3" | head -n 1)"
  if [ -f "$scratch/saved" ]; then mv "$scratch/saved" "$2"; else rm "$2"; fi
}

scratch=$(mktemp -d) || exit 99
trap 'rm -rf "$scratch"' EXIT
cd "${srcdir:-.}" || exit 99

holds unlisted_modules "src/LAYERS lists the modules of src"
holds wrong_includes "modules include only headers of lower floors"
holds wrong_words "no world communicator and no exit below app"
holds long_files "no file over 600 lines"

mkdir "$scratch/copy" && cp -R src include "$scratch/copy" && mkdir "$scratch/copy/tests" && cd "$scratch/copy" || exit 99
chmod -R u+w .
notices unlisted_modules src/LAYERS '9 attic'
mkdir src/cellar
unlisted_modules | grep -q cellar
check $? "noticed: the directory src/cellar without a floor"
rmdir src/cellar
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
notices wrong_words src/field/field.c 'MPI_Comm everybody = MPI_COMM_WORLD;'
notices wrong_words include/squall/field.h '#define EVERYBODY PETSC_COMM_WORLD'
notices wrong_words src/rng/rng.c 'void stop(void) { exit(1); }'
notices wrong_words src/rng/rng.c '	abort ();'
notices long_files src/rng/rng.c "$(seq -f 'int x%g;' 600)"
notices long_files tests/planted.c "$(seq -f 'int x%g;' 601)"
echo "1..$count"
exit $failed
