#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What the program tells of its tables: squall list, decks by squall init that pass squall check, manual pages,
# completion, help; misspelt words.
# shellcheck disable=SC2016,SC2034,SC2317 # conditions for every, which evaluates them
set -u
# shellcheck source=tests/program_lib
. "${srcdir:-.}/tests/program_lib"
names() { "$squall" list "$@" --names </dev/null; }

# Lists
run 1 list
check "what can be listed" every 'ended 0' 'says "^theories "' 'says "^commands "'
for kind in $(names); do
  run 1 list "$kind"
  check "list $kind" every 'ended 0' '[ "$(wc -l <last.log)" -ge 4 ]' 'lines 0 "null" last.log'
done
for kind in corrections observables; do
  run 1 list "$kind"
  check "$kind have a line each that says what they are" every 'lines 0 "^[^ ]*$" last.log'
done
run 1 keys lattice
check "keys of a section" every 'ended 0' 'lines 1 "^### " last.log' 'says "^| .extents. |"'
run 1 keys latice
check "a misspelt section" every 'ended 64' 'says "latice is not known, did you mean lattice"'
run 1 keys lattice action
check "one at a time" every 'ended 64' 'says "there is no place for action"'
run 1 list theores
check "a misspelt list" every 'ended 64' 'says "theores is not known, did you mean theories"'
run 2 list samplers --names
check "a list is printed once on two ranks" every 'ended 0' 'lines 1 "^heun$" last.log'

# Decks: whatever a theory can have passes check; what it cannot is refused with what is possible
decks=0
passes() { # FILE WORDS...: a deck that init makes passes, or it says why there is none
  file=$1; shift
  run 1 init d "$@" --output "$file"
  if [ "$code" = 64 ]; then says 'is not for the theory .*, which'; return; fi
  ended 0 || return 1
  run 1 check "$file" --quiet
  decks=$((decks + 1))
  every 'ended 0' '[ ! -s last.log ]' || { sed 's/^/# /' last.log; return 1; }
}
for theory in $(names theories); do
  for task in $(names tasks); do
    check "$theory for the task $task" passes "$theory-$task.yaml" --theory "$theory" --task "$task"
  done
  for model in $(names models); do
    check "$theory with a model of type $model" passes "$theory-$model.yaml" \
      --theory "$theory" --task model --model "$model"
  done
done
check "most of them are possible" [ "$decks" -ge 40 ]
run 1 init mine
check "init writes NAME.yaml" every 'ended 0' 'exist mine.yaml' 'says "mine.yaml is written"' \
  'lines 1 "^  dir: runs/mine " mine.yaml' 'lines 1 "^  # start: auto  *# " mine.yaml'
run 1 init mine
check "and nothing over it" every 'ended 64' 'says "mine.yaml cannot be written: File exists"'
run 1 init ../mine
check "a name is no path" ended 64
run 1 init ""
check "nor nothing" every 'ended 64' 'absent .yaml'
run 1 init mine --theory phi5
check "a misspelt theory" every 'ended 64' 'says "did you mean phi4"'
run 1 init mine --output -
check "a deck on the terminal" every 'ended 0' 'cmp last.log mine.yaml'
sed 's/^  # separation: auto/  separation: 2/' mine.yaml >uncommented.yaml
run 1 check uncommented.yaml --deck -lattice_extents 8,8
check "a comment becomes a key" every 'ended 0' 'says "separation: 2"'
run 2 run mine.yaml -lattice_extents 8,8 --set mc.configurations=64 -mc_test 16
check "such a deck runs" every 'ended 0' 'exist runs/mine/ensemble.h5'

# Manual pages: one for each command; the page of the whole names them all
for command in $(names commands); do
  run 1 manual "$command"
  cp last.log "squall-$command.1"
  check "the page of $command" every 'ended 0' 'says "^.TH SQUALL"' 'says "^.SH SEE ALSO"'
  written=$(printf '%s' "$command" | sed 's/-/\\\\-/g')
  check "squall.1 has $command" grep -q "^\.B[IR]* \"*${written}[ \"]*" "$here/doc/squall.1"
done
if command -v mandoc >/dev/null; then
  mandoc -Tlint -W warning squall-*.1 "$here/doc/squall.1" >lint.log 2>&1
  sed 's/^/# /' lint.log
  check "mandoc has nothing to warn of" [ ! -s lint.log ]
else skip "there is no mandoc (Debian: mandoc)"; fi

# Completion
run 1 completion tcsh
check "a shell that is not known" every 'ended 64' 'says "tcsh is not known.* bash, zsh"'
"$squall" completion bash >completion.bash </dev/null
complete_words() { # WORDS...: what bash would offer for the last
  bash -c '. ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _squall; printf "%s\n" "${COMPREPLY[@]}"' \
    bash "$@" >offered.log 2>completion.log
}
offers() { # WORD WORDS...
  word=$1; shift
  complete_words "$@"
  grep -qx -e "$word" offered.log && [ ! -s completion.log ]
}
if command -v bash >/dev/null; then
  check "completion: a command" offers train squall tr
  check "completion: help of a command" offers train squall help tr
  check "completion: a key" offers -train_steps squall train deck.yaml -train_s
  check "completion: a value" offers phi4 squall run deck.yaml -action_type ph
  check "completion: a value behind =" offers phi4 squall run -action_type = ph
  check "completion: --set" offers action.type= squall run --set action.t
  check "completion: a value of --set" offers phi4 squall run --set action.type = ph
  check "completion: an option of a command" offers --names squall list --n
  check "completion: what a command works on" offers theories squall list th
  check "completion: a choice of an option" offers ising squall init x --theory is
  check "completion: a word of a list" offers pdf squall report deck.yaml -report_format p
  check "completion: one more of a list" offers png,pdf squall report deck.yaml -report_format png,p
  check "completion: a section" offers lattice squall keys la
  check "completion: a file" offers deck.yaml squall run de
else skip "there is no bash (Debian: bash)"; fi
"$squall" completion zsh >_squall </dev/null
if command -v zsh >/dev/null; then
  # A zsh with the completion, on a terminal of its own: what it would offer for a line goes to offered.log.
  cat >inner.zsh <<'ZSH'
PROMPT= fpath=($PWD $fpath)
autoload -Uz compinit
compinit -u -D
bindkey '^I' complete-word
compadd() { # calls that only ask go on; what is offered is written down
  local -a hits
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  builtin compadd -A hits "$@"
  print -rl -- $hits >>offered.log
}
: >ready.log
ZSH
  cat >capture.zsh <<'ZSH'
zmodload zsh/zpty
until_there() { for ((i = 0; i < 600; i++)); do [[ -e $1 ]] && return; sleep 0.05; done }
zpty inner "zsh -f -i"
zpty -w inner ". ./inner.zsh"
until_there ready.log
zpty -wn inner "$1"$'\t'
zpty -w inner $'\C-u: >done.log'
until_there done.log
zpty -d inner
ZSH
  zsh_offers() { # WORD LINE
    rm -f offered.log ready.log done.log
    zsh -f capture.zsh "$2" </dev/null >zsh.log 2>&1
    exist offered.log && [ -e done.log ] && grep -qx -e "$1" offered.log
  }
  check "zsh: a command" zsh_offers train "squall tr"
  check "zsh: help of a command" zsh_offers train "squall help tr"
  check "zsh: an option before the command" zsh_offers --quiet "squall --q"
  check "zsh: a key behind such an option" zsh_offers -train_steps "squall --quiet train deck.yaml -train_s"
  check "zsh: a value" zsh_offers phi4 "squall run deck.yaml -action_type ph"
  check "zsh: a value behind =" zsh_offers phi4 "squall run deck.yaml -action_type=ph"
  check "zsh: one more of a list" zsh_offers pdf "squall report deck.yaml -report_format png,p"
  check "zsh: --set" zsh_offers action.type= "squall run --set action.t"
  check "zsh: a value of --set" zsh_offers phi4 "squall run --set action.type=ph"
  check "zsh: a file" zsh_offers deck.yaml "squall run de"
else skip "there is no zsh (Debian: zsh)"; fi

# Help and versions
for words in "help train" "train --help" "train deck.yaml -h" "--quiet train --help"; do
  # shellcheck disable=SC2086 # words
  run 1 $words
  check "squall $words" every 'ended 0' 'says "^usage: squall train DECK"' 'says "^  -train_steps "'
done
run 1 train --version
check "the version, with libraries, licence and how to cite it" every 'ended 0' 'says "^squall [0-9]"' 'says "HDF5"' \
  'says "BLAS"' 'says "libyaml"' 'says "^licence"' 'says "^cite"'
run 1 run deck.yaml -run_dir help -hmc_configurations x
check "a value may be the word help" every 'ended 64' 'says "is not an integer"'
run 1 hlep
check "a misspelt command" every 'ended 64' 'says "there is no command hlep"'
run 1 trian deck.yaml
check "and the nearest" every 'ended 64' 'says "did you mean train?"'
run 1 --help train
check "options before the command" every 'ended 0' 'says "^usage: squall train DECK"'
NO_COLOR='' run 1 check deck.yaml --quiet
check "a quiet command says nothing" every 'ended 0' '[ ! -s last.log ]'
if command -v script >/dev/null; then
  script -qec "'$squall' run nothing.yaml" /dev/null >coloured.log </dev/null
  script -qec "'$squall' run nothing.yaml --no-color" /dev/null >plain.log </dev/null
  script -qec "NO_COLOR=1 '$squall' run nothing.yaml" /dev/null >none.log </dev/null
  escape=$(printf '\033')
  check "an error has a colour on a terminal, unless it must not" every 'grep -q "$escape.*squall:" coloured.log' \
    'lines 0 "$escape" plain.log' 'lines 0 "$escape" none.log'
else skip "there is no script (Debian: bsdutils)"; fi
finish
