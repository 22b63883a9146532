#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The documents as web pages with a search, by pandoc: doc/html.sh DIRECTORY [decks.md] from the top of the tree, or
# `make html`. The pages need no server: open index.html.
set -eu
to=$1; decks=${2:-}
command -v pandoc >/dev/null || { echo "html: pandoc is not installed (Debian: pandoc)" >&2; exit 77; }
mkdir -p "$to"
pages() { # file, one a line, in the order of the list of pages
  for name in tutorial cookbook guide faq; do echo doc/$name.md; done
  ls doc/*.md | grep -vE '/(tutorial|cookbook|guide|faq)\.md$'
  echo CONTRIBUTING.md
  [ -z "$decks" ] || echo "$decks"
}
title() { sed -n '/^# /{s/^# //p;q;}' "$1"; }
page() { case $1 in README.md) echo index.html ;; *) basename "$1" .md | sed 's/$/.html/' ;; esac; }

{
  echo '<nav><input id="search" type="search" placeholder="Search the documents" aria-label="Search"><ol id="found"></ol><ul>'
  echo '<li><a href="index.html">squall</a></li>'
  pages | while read -r file; do printf '<li><a href="%s">%s</a></li>\n' "$(page "$file")" "$(title "$file" | sed 's/&/\&amp;/g; s/</\&lt;/g')"; done
  echo '</ul></nav>'
} >"$to/nav.part"

# What the search looks through: [page, anchor, heading, words] of every section.
{
  echo 'const sections = ['
  { echo README.md; pages; } | while read -r file; do
    awk -v page="$(page "$file")" '
      function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); gsub(/[\t\r]/, " ", s); return s }
      function put() { if (heading != "") printf "[\"%s\",\"%s\",\"%s\",\"%s\"],\n", page, anchor, text(heading), text(words) }
      /^(```|~~~)/ { code = !code }
      /^#+ / && !code { put(); heading = $0; sub(/^#+ /, "", heading); anchor = tolower(heading); gsub(/[^a-z0-9 _-]/, "", anchor); gsub(/ /, "-", anchor); words = ""; next }
      { words = words " " $0 }
      END { put() }' "$file"
  done
  echo '];'
  cat doc/html/search.js
} >"$to/search.js"
mkdir -p "$to/examples"
cp doc/examples/* "$to/examples/"
cp doc/html/style.css "$to/"
for figures in doc/figures/*.png doc/figures/*.svg; do [ ! -e "$figures" ] || { mkdir -p "$to/figures"; cp "$figures" "$to/figures/"; }; done

{ echo README.md; pages; } | while read -r file; do
  pandoc --from gfm --to html5 --standalone --lua-filter doc/html/links.lua --metadata "pagetitle=$(title "$file")" \
    --css style.css --include-before-body "$to/nav.part" --variable lang=en "$file" |
    sed 's|</body>|<script src="search.js"></script></body>|' >"$to/$(page "$file").new"
  mv "$to/$(page "$file").new" "$to/$(page "$file")"
done
rm "$to/nav.part"
