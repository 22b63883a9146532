#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# The report: its page and table, figures by name, in every format and style; without gnuplot; while a run goes on.
# shellcheck disable=SC2016,SC2034,SC2086,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"

run 2 run deck.yaml -report_figures false
check "a run without pictures" every 'ended 0' 'exist whole/report/index.html whole/report/action.dat' \
  'absent whole/report/action.png'
page=whole/report/index.html table=whole/report/table.tex
check "the page has links, captions, the deck folded" every 'grep -q "<nav><a href=\"#" $page' \
  'grep -q "<figcaption>.*phi4 kappa=0.22 lambda=0.022 on 8x6; fields: training 512, testing 256, gen" $page' \
  'grep -q "<details id=\"deck\">" $page' '! grep -q "<figure>" $page'
check "numbers that matter stand above the table" \
  awk '/effective sample size, generated/ { a = NR } /acceptance, corrected/ { b = NR } /verdicts passed/ { c = NR }
    /<table id="ensembles">/ { t = NR } END { exit !(a && b && c && t > a && t > b && t > c) }' $page
check "the table has rows of weights and fits" every 'grep -q "<td>log_Z</td>" $page' 'grep -q "<td>ess</td>" $page'
check "figures that would have too few data are named with a reason" \
  grep -q '<li>Noise level and momentum: 2 trajectories are too few' $page
columns() { # every row of table.tex has as many cells as its head
  awk -F ' & ' '/\\\\$/ { if (!n) n = NF; if (NF != n) bad = 1; rows++ } END { exit bad || rows < 15 || n != 5 }' "$1"
}
check "the table for LaTeX is one" every 'columns $table' 'grep -q "chi_2. & .[0-9.()]*. & " $table' \
  'lines 1 "begin{tabular}{lrrrr}" $table' 'lines 1 "end{tabular}" $table' 'grep -q "^ESS & -- & -- & " $table'

if command -v pdflatex >/dev/null; then
  mkdir tex
  printf '\\documentclass{article}\n\\begin{document}\n\\input{table.tex}\n\\end{document}\n' >tex/page.tex
  cp $table tex
  (cd tex && pdflatex -interaction=nonstopmode -halt-on-error page.tex) </dev/null >last.log 2>&1; code=$?
  check "and LaTeX sets it, in the width of a page" every 'ended 0' 'exist tex/page.pdf' \
    'lines 0 "Overfull" tex/page.log'
else
  skip "LaTeX: pdflatex is not there (Debian: texlive-latex-base)"
fi
rm -r whole/report
run 1 report deck.yaml --figure s_ef
check "a wrong name of a figure gets the nearest" every 'ended 64' 'says "did you mean .*s_eff"'
run 1 report deck.yaml --figure action,s_ef
check "in a list too" every 'ended 64' 'says "s_ef is not known, did you mean s_eff"'
run 2 report deck.yaml -report_figure quantum,action
check "a figure that the run has nothing for is refused" every 'ended 64' \
  'says "report.figure: quantum: the run has nothing"'
PATH=/nonexistent "$squall" report deck.yaml </dev/null >last.log 2>&1; code=$?
check "without gnuplot there are data and scripts, which is said once" every 'ended 0' 'lines 1 gnuplot last.log' \
  'exist whole/report/action.dat whole/report/action.gp whole/report/index.html'
rm -r whole/report

# ---- while a run goes on

live="deck.yaml -train_steps 1000000 -run_checkpoint 0.01 -report_figures false"
start 2 live report/loss.dat run $live
touch live/stop; goes_on
check "a run that goes on draws its page, which a browser loads again, with the loss so far" every 'ended 75' \
  'grep -q "http-equiv=.refresh" live/report/index.html' \
  'grep -q "The run goes on: train, [0-9]* of" live/report/index.html' \
  'grep -q "figure id=.loss" live/report/index.html' 'lines 0 "report: live" last.log'
run 1 report $live -run_dir live
check "a report by itself is of no run that goes on" every 'ended 0' \
  'lines 0 "http-equiv=.refresh" live/report/index.html' 'lines 0 "The run goes on" live/report/index.html'
rm -rf live
start 1 live train.checkpoint.h5 run $live -report_refresh false
touch live/stop; goes_on
check "with refresh: false there is none before the end" every 'ended 75' 'absent live/report'

if can_draw; then
  run 3 report deck.yaml --figure action,s_eff
  check "of several figures, one that cannot be drawn is named" every 'ended 64' 'says "report.figure: s_eff"'
  rm -rf whole/report
  run 2 report deck.yaml -report_figure "[weights, magnetisation]" -report_format png,pdf,svg -report_style paper
  check "figures by name, in three formats, without the page" every 'ended 0' \
    'drawn whole weights magnetisation' 'exist whole/report/weights.pdf whole/report/weights.svg' \
    'absent whole/report/index.html whole/report/action.dat whole/report/action.png'
  check "PDF begins as one" [ "$(head -c 5 whole/report/weights.pdf)" = %PDF- ]
  check "and is 8.6 cm wide" grep -aq 'MediaBox \[ *0 0 243\|MediaBox \[ *0 0 244' whole/report/weights.pdf
  if command -v xmllint >/dev/null; then
    check "SVG is XML" xmllint --noout whole/report/weights.svg whole/report/magnetisation.svg
  else
    echo "# SVG is not parsed: no xmllint (Debian: libxml2-utils)"
  fi
  check "and SVG" grep -q '<svg' whole/report/weights.svg
  rm whole/report/*.p* whole/report/*.svg
  (cd whole/report && gnuplot -d -e "format = 'svg'; style = 'web'" weights.gp) >last.log 2>&1
  check "a script draws in another format and style by itself" exist whole/report/weights.svg
  run 2 report deck.yaml --style paper
  check "paper is also pdf" exist whole/report/action.pdf whole/report/action.png whole/report/index.html
  check "the page shows pictures and leads to the others" every 'grep -q "<img src=\"action.png\"" $page' \
    'grep -q "<a href=\"action.pdf\">pdf</a>" $page'
  check "and no script complains" absent_or_empty whole/report/gnuplot.log
  run 1 report deck.yaml --format svg
  check "a page of SVG alone shows these" grep -q '<img src="action.svg"' $page
fi
finish
