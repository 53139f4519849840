#!/usr/bin/env bash
# check.sh: everything that can be tested without a network and without a real
# key, and one line at the end that counts it: "N passed, M failed".
#
#   [JOBS=2] scripts/check.sh
#
# A failure stops nothing: what failed is printed, the rest still runs.  Whole
# logs are in build/check.  What does not disturb each other runs side by side.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
logs=$root/build/check
JOBS=${JOBS:-$(nproc)}
export PATH=$PATH:/usr/sbin:/sbin

# Seconds.  What takes longer hangs.
UNIT_MAX=120
FUZZ_SECONDS=6
FUZZ_MAX=120
E2E_MAX=1080

# Lines of a log that are shown of what failed.
SHOWN=60

export ASAN_OPTIONS=detect_leaks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

unit_names=$(cd tests/unit && ls test_*.c 2>/dev/null | sed 's/\.c$//')
fuzz_names=$(cd tests/fuzz && ls fuzz_*.c 2>/dev/null | sed 's/\.c$//')
# Under TSan: whatever has to do with threads.
tsan_names=$(cd tests/unit &&
  grep -lE '^#include .*(pthread|upstream)' test_*.c |
  sed 's/\.c$//')

main()
{
  rm -rf $logs
  mkdir -p $logs
  trap 'kill $(jobs -p) 2>/dev/null' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP

  step format check_format
  step lint scripts/lint.sh
  step packages-e2e install_clients tests/e2e tests/browser &
  step build-asan build build/asan/gbalance \
    $(printf 'build/asan/tests/unit/%s ' $unit_names)
  wait

  step build-release build build/gbalance &
  unit_tests asan $unit_names
  wait
  [ -z "$tsan_names" ] || step build-tsan build \
    $(printf 'build/tsan/tests/unit/%s ' $tsan_names)
  [ -z "$fuzz_names" ] || step build-fuzz build \
    $(printf 'build/fuzz/tests/fuzz/%s ' $fuzz_names)

  { unit_tests tsan $tsan_names; fuzz $fuzz_names; } &
  end_to_end
  wait
  total
}

# --- counting ---------------------------------------------------------------

# count NAME PASSED FAILED: the result of a step, for the sum and the eye.
count()
{
  echo "$2 $3" >"$logs/$1.count"
  printf '%-6s %-28s %4d passed %4d failed   %4d s\n' \
    "$([ "$3" -eq 0 ] && echo ok || echo FAILED)" "$1" "$2" "$3" \
    $SECONDS
}

# show NAME: the end of the log of what failed.
show()
{
  echo "----- $logs/$1.log:"
  tail -n $SHOWN "$logs/$1.log"
  echo '-----'
}

# step NAME COMMAND...: counts as one test.
step()
{
  local name=$1

  shift
  if "$@" >"$logs/$name.log" 2>&1; then
    count "$name" 1 0
  else
    count "$name" 0 1
    show "$name"
  fi
}

total()
{
  local passed failed

  read -r passed failed < <(cat $logs/*.count |
    awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# --- the steps --------------------------------------------------------------

check_format()
{
  find fcgi tests -name node_modules -prune -o -name '*.[ch]' -print0 |
    xargs -0 clang-format --dry-run -Werror
}

build()
{
  make -s -k -j"$JOBS" "$@"
}

# The official clients that the end-to-end tests drive, and what drives the
# browser.
install_clients()
{
  local folder

  for folder in "$@"; do
    install_in "$folder" || return 1
  done
}

# Only when what is there is not what package-lock.json asks for.
install_in()
(
  cd "$1" || return 1
  if [ node_modules/.package-lock.json -nt package.json ] &&
     { [ ! -e package-lock.json ] ||
       [ node_modules/.package-lock.json -nt package-lock.json ]; }; then
    echo 'all there'
    return 0
  fi
  if [ -e package-lock.json ]; then
    npm ci --no-audit --no-fund
  else
    npm install --no-audit --no-fund
  fi
)

# unit_tests FLAVOUR NAME...: cmocka's own count of each program.
unit_tests()
{
  local flavour=$1 name passed failed planned status log

  shift
  for name in "$@"; do
    log=$logs/$flavour-$name.log
    CMOCKA_MESSAGE_OUTPUT=tap run_unit "build/$flavour/tests/unit/$name" \
      >"$log" 2>&1
    status=$?
    passed=$(grep -c '^ok [0-9]' "$log")
    failed=$(grep -c '^not ok [0-9]' "$log")
    planned=$(sed -n 's/^1\.\.\([0-9]*\)$/\1/p' "$log" |
      awk '{ n += $1 } END { print n + 0 }')
    # What was planned and has no result crashed, and so did a program that
    # ends badly without saying why.
    [ "$planned" -le $((passed + failed)) ] || failed=$((planned - passed))
    [ $status -eq 0 ] || [ "$failed" -gt 0 ] || failed=1
    [ $((passed + failed)) -gt 0 ] || failed=1
    count "$flavour-$name" "$passed" "$failed"
    [ "$failed" -eq 0 ] || { echo "exit status $status" >>"$log"
                             show "$flavour-$name"; }
  done
}

# TSan of some compilers does not get along with much randomness of addresses.
run_unit()
{
  if setarch -R true 2>/dev/null; then
    timeout -k 5 $UNIT_MAX setarch -R "$1"
  else
    timeout -k 5 $UNIT_MAX "$1"
  fi
}

# Each target for some seconds, from its seeds on; what it finds new is of no
# use to anybody, what it breaks is kept in build/check.
fuzz()
{
  local name new

  [ $# -eq 0 ] || step seeds scripts/seeds.sh "$@"
  for name in "$@"; do
    new=$(mktemp -d)
    step "$name" timeout -k 5 $FUZZ_MAX "build/fuzz/tests/fuzz/$name" \
      -max_total_time=$FUZZ_SECONDS -timeout=10 -rss_limit_mb=2048 \
      -verbosity=0 -artifact_prefix="$logs/$name-" "$new" \
      "build/seeds/$name"
    rm -rf "$new"
  done
}

end_to_end()
{
  local files options passed failed skipped status log=$logs/e2e.log

  mapfile -t files < <(find tests -name node_modules -prune -o \
    -name '*.test.mjs' -print | sort)
  options=(--test --test-reporter=spec --test-reporter-destination=stdout
    --test-reporter=tap "--test-reporter-destination=$logs/e2e.tap")
  # Most of them wait most of the time, so there may be more than cores.  Each
  # has servers, a database and a fake of its own, and none may assert how long
  # something takes.
  if node --help | grep -q -e --test-concurrency; then
    options+=("--test-concurrency=$((2 * JOBS))")
  fi
  GBALANCE_BIN=$root/build/asan/gbalance \
    timeout -k 10 $E2E_MAX node "${options[@]}" "${files[@]}" >"$log" 2>&1
  status=$?
  passed=$(tap_count pass)
  failed=$(($(tap_count fail) + $(tap_count cancelled)))
  skipped=$(($(tap_count skipped) + $(tap_count todo)))
  [ $status -eq 0 ] || [ $failed -gt 0 ] || failed=1
  [ $((passed + failed)) -gt 0 ] || failed=1
  count e2e "$passed" "$failed"
  [ $skipped -eq 0 ] || echo "       e2e: $skipped skipped, see $log"
  if [ $failed -gt 0 ]; then
    # Node repeats at the end what failed, with all that it said.
    if grep -q 'failing tests:' "$log"; then
      sed -n '/failing tests:/,$p' "$log"
    else
      show e2e
    fi
  fi
}

# tap_count WHAT: from the summary that Node writes at the end.
tap_count()
{
  local n

  n=$(sed -n "s/^# $1 \([0-9]*\)$/\1/p" $logs/e2e.tap 2>/dev/null | tail -n 1)
  echo "${n:-0}"
}

main
