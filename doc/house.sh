#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Draws the house as it stands in the table of doc/architecture.md: doc/figures/house.svg. `doc/house.sh` from the top of the tree;
# `doc/house.sh --check` only says whether the drawing is that of the table (0) or an old one (1).
set -u
draw() {
  awk -F ' *[|] *' '
    BEGIN { n = 0; top = 0 }
    /^[|] floor [|] room/ { rooms = 1 }
    /^[|] *[0-9]+ *[|]/ { floor = $2; name[n] = $3; what[n] = $4; at[n] = floor; room[n] = rooms; count[floor]++; n++; if (floor > top) top = floor }
    function escape(s) { gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s); gsub(/`/, "", s); return s }
    function put(x, y, size, weight, fill, s) {
      printf "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" font-weight=\"%s\" fill=\"%s\">%s</text>\n", x, y, size, weight, fill, escape(s)
    }
    function box(i, x, y, w, h,    words, k, m, line, row) {
      printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"4\" fill=\"%s\" stroke=\"#5a6b7b\"/>\n", x, y, w, h, room[i] ? "#fdf0d5" : "#e3eef9"
      put(x + 8, y + 19, 14, "bold", "#1b2a38", name[i])
      m = split(what[i], words, " "); line = ""; row = 0
      for (k = 1; k <= m + 1; k++) {
        if (k <= m && length(line) + length(words[k]) + 1 <= (w - 14) / 5.4) { line = line (line == "" ? "" : " ") words[k]; continue }
        if (row < 4) put(x + 8, y + 35 + 12 * row, 10, "normal", "#42505c", line (row == 3 && k <= m ? " ..." : ""))
        row++; line = words[k]
      }
    }
    END {
      width = 1400; height = 80; gap = 8; left = 44
      total = (top + 1) * (height + gap) + 40
      printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"DejaVu Sans, Helvetica, sans-serif\">\n", width, total
      print "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
      put(left, 20, 12, "normal", "#42505c", "A box includes only boxes of lower floors. Blue: modules of the library. Yellow: rooms of the program.")
      for (f = top; f >= 0; f--) {
        y = 32 + (top - f) * (height + gap); k = 0; w = (width - left - gap) / (count[f] ? count[f] : 1)
        put(14, y + height / 2 + 5, 14, "bold", "#8a97a3", f)
        for (i = 0; i < n; i++) if (at[i] == f) box(i, left + k++ * w, y, w - gap, height)
      }
      print "</svg>"
    }' doc/architecture.md
}
cd "$(dirname "$0")/.." || exit 1
if [ "${1-}" = --check ]; then draw | cmp -s - doc/figures/house.svg; exit; fi
draw >doc/figures/house.svg
