#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The documents: the files that they name are there, their commands are commands of this program with keys that it has,
# messages of the FAQ are messages of the sources.
# shellcheck source=tests/program_lib
. "$(CDPATH='' cd -- "${srcdir:-.}" && pwd)/tests/program_lib"
cd "$here" || exit 99
documents="README.md $(ls doc/*.md)"
roots='doc|input|jobscripts|include|src|tests|python|packaging'
: >"$scratch/last.log"
complain() { :; } # what is wrong is said before

# Files that documents name, and the targets of links.
named() {
  # shellcheck disable=SC2086
  grep -ohE "(^|[ \`(])($roots)/[A-Za-z0-9_./-]*[A-Za-z0-9_/]" $documents | sed 's/^[ `(]//'
  # shellcheck disable=SC2086
  grep -ohE '\]\([^)#:]+' $documents | sed 's/^](//' | while read -r target; do
    case $target in doc/* | input/*) echo "$target" ;; *) echo "doc/$target" ;; esac
  done
}
missing() { # the names of what is not there
  named | grep -E '\.[a-z0-9]+$|/$' | grep -v NAME | sort -u | while read -r name; do
    [ -e "$name" ] || [ "$name" = doc/decks.md ] || echo "$name"
  done
}
missing >"$scratch/missing"
sed 's/^/# not there: /' "$scratch/missing"
check "every file that a document names is there" absent_or_empty "$scratch/missing"

# Commands: lines and words of code that begin with squall.
commands() {
  # shellcheck disable=SC2086
  grep -ohE '^ {4}(build/)?squall [^#]*|`(build/)?squall [^`]*`' $documents |
    sed -E 's/^ +//; s/`//g; s/^build\///; s/ {3,}.*//; s/ *\\$//' | sort -u
  awk '/^```sh$/ { code = 1; next } /^```/ { code = 0 } code && /^squall / { print }' doc/tutorial.md
}
commands >"$scratch/commands"
check "documents have commands" [ "$(wc -l <"$scratch/commands")" -gt 50 ]

"$squall" --help </dev/null | sed -nE 's/^  ([a-z-]+) .*/\1/p' | sort -u >"$scratch/known"
awk '{ print $2 }' "$scratch/commands" | grep -E '^[a-z][a-z-]*$' | grep -vxE 'records|store' | sort -u |
  comm -23 - "$scratch/known" >"$scratch/unknown"
sed 's/^/# no command: /' "$scratch/unknown"
# ("squall records" and "squall store" are formats of files.)
check "every command of a document is one" absent_or_empty "$scratch/unknown"

# Their keys, held against a deck that exists: what is wrong with the deck's words is said by check.
sed -n 's/^squall [a-z-]* \(input\/[a-z0-9-]*\.yaml\)\( -[a-z].*\)$/\1 \2/p' "$scratch/commands" |
  sort -u >"$scratch/decks"
check "documents run decks with keys of their own" [ -s "$scratch/decks" ]
wrong=0
while read -r deck words; do
  # shellcheck disable=SC2086
  "$squall" check "$deck" $words -run_dir "$scratch/none" >"$scratch/said" 2>&1 </dev/null
  code=$?
  if [ $code = 64 ] && grep -qE 'no (key|section|option|parameter)|unknown|did you mean' "$scratch/said"; then
    echo "# squall check $deck $words"; sed 's/^/#   /' "$scratch/said" | tail -n 3; wrong=1
  fi
done <"$scratch/decks"
check "their keys are keys" [ $wrong = 0 ]

# The FAQ quotes messages, one of them of Open MPI: **`words ... words`**.
grep -oE '^\*\*`[^*]*`\*\*|^\*\*`[^`]*`' doc/faq.md | grep -oE '`[^`]*`' | tr -d '`' |
  sed 's/ *\.\.\. */\n/g' | sed -E 's/[:,;.]$//; s/^[:,;] *//' | awk 'length > 6' | sort -u >"$scratch/phrases"
find src jobscripts -type f -exec cat {} + | tr '\n' ' ' | sed 's/" *"//g' >"$scratch/sources"
while read -r phrase; do
  case $phrase in *'There are not enough slots'*) continue ;; esac
  grep -qF -e "$phrase" "$scratch/sources" || echo "$phrase"
done <"$scratch/phrases" >"$scratch/invented"
sed 's/^/# no message has: /' "$scratch/invented"
check "messages of the FAQ are messages of the program" absent_or_empty "$scratch/invented"

if command -v pandoc >/dev/null; then
  sh doc/html.sh "$scratch/html" >"$scratch/pandoc.log" 2>&1
  check "the web pages are made" [ -s "$scratch/html/index.html" ]
  dead=$(grep -ohE 'href="[^"#:]+' "$scratch"/html/*.html | sed 's/href="//' | sort -u | while read -r link; do
    [ -e "$scratch/html/$link" ] || [ "$link" = decks.html ] || [ "$link" = NAME.html ] || echo "$link"; done)
  echo "# dead links: ${dead:-none}"
  check "their links lead to pages" [ -z "$dead" ]
else
  skip "pandoc is not installed"
  skip "pandoc is not installed"
fi
cd "$scratch" || exit 99
finish
