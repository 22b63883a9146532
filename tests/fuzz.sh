#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Fuzzing of the readers of decks and files. As a test: plays the corpus under sanitizers. With FUZZ_SECONDS (`make
# fuzz`): builds the targets with clang and libFuzzer and fuzzes each for so long, beginning with the corpus. What is
# found goes into fuzz/ of the build directory: TARGET/ (inputs that reach new code), TARGET-failures/.
# FUZZ_TARGETS="deck file" chooses the targets, FUZZ_CC the compiler.
set -u
# shellcheck source=tests/environment
. "${srcdir:-.}/tests/environment"
source=$(cd "${srcdir:-.}" && pwd) build=${builddir:-$PWD} seconds=${FUZZ_SECONDS:-}
targets=${FUZZ_TARGETS:-deck file}
mkdir -p "$build/fuzz" && cd "$build/fuzz" || exit 1

of() { sed -n "s/^$1 = //p" "$build/Makefile"; } # OF VARIABLE: what configure found
# The readers and what they stand on are compiled anew, watched; the rest is taken as it was built.
modules="base comm lattice deck field io"
compile() { # compile DIRECTORY COMPILER...
  objects=$1; shift
  mkdir -p "$objects"
  for file in $(for m in $modules; do echo "$source/src/$m"/*.c; done) "$source"/tests/fuzz/*.c; do
    object=$objects/$(echo "${file#"$source"/}" | tr / -).o
    # shellcheck disable=SC2046 # words
    "$@" -std=gnu11 -O1 -g -ffp-contract=off -I"$source/include" -I"$source" -I"$build" $(of SQUALL_CPPFLAGS) \
      -U_FORTIFY_SOURCE -c "$file" -o "$object" || return 1
  done
}
link() { # link DIRECTORY TARGET COMPILER...: with replay.c unless this is for libFuzzer
  objects=$1 target=$2; shift 2
  main=$objects/tests-fuzz-replay.c.o
  [ -n "$seconds" ] && main=
  # shellcheck disable=SC2046,SC2086 # words
  "$@" -o "$objects/$target" "$objects"/src-*.o "$objects/tests-fuzz-common.c.o" "$objects/tests-fuzz-$target.c.o" \
    $main "$build/libsquall_program.a" "$build/libsquall.a" $(of LDFLAGS) $(of SQUALL_LIBS)
}

if [ -z "$seconds" ]; then
  cc="$(of CC) -fsanitize=address,undefined -fno-sanitize-recover=all"
  set -- $targets
  echo "1..$((1 + 2 * $#))"
  echo 'int main(void) { return 0; }' >empty.c
  # shellcheck disable=SC2086 # words
  if ! $cc empty.c -o empty >last.log 2>&1; then
    for target in $targets; do skip "$target: this compiler has no sanitizers"; done
    exit 0
  fi
  # shellcheck disable=SC2086 # words
  compile replay $cc >last.log 2>&1
  check "the readers compile" [ $? = 0 ]
  for target in $targets; do
    # shellcheck disable=SC2086 # words
    link replay "$target" $cc >last.log 2>&1
    check "$target: links" [ $? = 0 ]
    "replay/$target" "$source/tests/fuzz/corpus/$target"/* >last.log 2>&1
    check "$target: the corpus, without a crash, a leak, or more memory than its size allows" [ $? = 0 ]
  done
  exit $failed
fi

export ASAN_OPTIONS="quarantine_size_mb=1:${ASAN_OPTIONS:-}" # every file is tried by a child: forks of little memory
cc="${FUZZ_CC:-clang} -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined"
# shellcheck disable=SC2086 # words
compile libfuzzer $cc $(mpicc --showme:compile) || exit 1
for target in $targets; do
  # shellcheck disable=SC2086,SC2046 # words
  link libfuzzer "$target" ${FUZZ_CC:-clang} -fsanitize=fuzzer,address,undefined $(mpicc --showme:link) || exit 1
  mkdir -p "$target" "$target-failures"
  echo "fuzzing $target for $seconds s: $PWD/$target.log"
  dictionary=
  [ -r "$source/tests/fuzz/$target.dict" ] && dictionary=-dict=$source/tests/fuzz/$target.dict
  # shellcheck disable=SC2086 # words
  "libfuzzer/$target" -max_total_time="$seconds" -close_fd_mask=1 -timeout=60 -rss_limit_mb=4096 \
    -detect_leaks=0 -print_final_stats=1 \
    -artifact_prefix="$target-failures/" $dictionary "$target" "$source/tests/fuzz/corpus/$target" >"$target.log" 2>&1
  code=$?
  tail -n 12 "$target.log"
  [ $code = 0 ] || exit $code
done
