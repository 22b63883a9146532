#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The figures of the house as a table, and limits on them: lines of modules and rooms, lengths of functions and files,
# MPI, comments. house.sh alone prints; `make check` runs it as a test. Which lines break a rule: tests/layers.sh.
# shellcheck disable=SC2016 # $ in awk programs
set -u
cd "${srcdir:-.}" || exit 99
count=0 failed=0
limit() { # limit VALUE MOST WHAT
  count=$((count + 1))
  if awk "BEGIN { exit !($1 <= $2) }"; then echo "ok $count - $3: $1, at most $2"
  else echo "not ok $count - $3: $1, more than $2"; failed=1; fi
}
sources() { find src include -name '*.[ch]' | sort; }

echo "# floor room            lines  files  functions  median  longest  over 400 lines  files with MPI  comments"
table=$(
  sources | xargs awk '
    FILENAME == "src/LAYERS" { if (/rooms of the program/) program = 1
                               if (!/^#/) for (i = 2; i <= NF; i++) { floor[$i] = $1; room[$i] = program + 0 } next }
    FNR == 1 { split(FILENAME, p, "/"); header = p[1] == "include"; m = header ? p[3] : p[2]; sub(/\.h$/, "", m)
               files[m]++; inside = 0; seen = 0; units[m] += FILENAME ~ /\.c$/ }
    FNR == 1 && /SPDX/ { next }
    { lines[m]++ }
    FNR == 402 { long[m]++ }
    /^[ \t]*\/\*/ || inside { said[m]++; inside = !/\*\// }
    /(^|[^[:alnum:]_])MPI_[A-Z][a-z_]+[ \t]*\(/ && !header && !seen { seen = 1; mpi[m]++ }
    /^\{$/ { from = FNR }
    /^}/ && from { print "F", m, FNR - from - 1; from = 0 }
    END { for (m in lines) print "M", m, floor[m], lines[m], files[m], long[m] + 0, mpi[m] + 0, units[m] + 0, said[m],
                               room[m] + 0 }' src/LAYERS | sort -k 1,2 -k 3n
)
printf '%s\n' "$table" | awk '
  $1 == "F" { n[$2]++; length_of[$2, n[$2]] = $3 }
  $1 == "M" { k = n[$2]; printf "# %5s %-14s %6d %6d %10d %7d %8d %15d %15d %8.1f %%\n", $3, $2, $4, $5, k,
              k ? length_of[$2, int((k + 1)/2)] : 0, k ? length_of[$2, k] : 0, $6, $7, 100*$9/$4 }' | sort -k 2n -k 3
figure() { printf '%s\n' "$table" | awk "$1"; }
share() { awk "BEGIN { printf \"%.1f\", 100 * ($1) / ($2) }"; }

functions=$(printf '%s\n' "$table" | grep -c ^F)
median=$(figure '$1 == "F" { print $3 }' | sort -n | awk '{ x[NR] = $1 } END { print x[int((NR + 1)/2)] }')
units=$(figure '$1 == "M" { n += $8 } END { print n }')
mpi=$(figure '$1 == "M" { n += $7 } END { print n }')
header_lines=$(find include -name '*.h' -exec cat {} + | wc -l)
header_comments=$(find include -name '*.h' -exec cat {} + |
  awk '/^ *\/\*/ || inside { n++; inside = !/\*\// } END { print n }')
echo "# in all $(figure '$1 == "M" { n += $4 } END { print n }') lines, $functions functions, $units .c files"
limit "$(figure '$1 == "F" && $3 > most { most = $3 } END { print most + 0 }')" 50 "lines of the longest function"
limit "$median" 12 "lines of the median function"
limit "$(figure '$1 == "M" && $10 && $2 != "app" && $4 > most { most = $4 } END { print most + 0 }')" 2500 \
  "lines of the largest room"
limit "$(figure '$1 == "M" && $2 == "app" { print $4 }')" 1200 "lines of app"
limit "$(figure '$1 == "M" { n += $6 } END { print n + 0 }')" 0 "files of more than 400 lines"
limit "$(share "$mpi" "$units")" 25 "per cent of the .c files that call MPI"
limit "$(share "$header_lines - $header_comments" "$header_lines")" 65 \
  "per cent of the lines of public headers that are not comments"
echo "1..$count"
exit $failed
