#!/usr/bin/env bash
# run.sh: the crash tests, one after the other.
#
#   tests/crash/run.sh [--short]
#
# The long form is 16 processes with 10,000 requests each, one of them killed
# every 200 ms, and a disk that is full for half a minute; the short one takes
# some 20 seconds.  CRASH_REQUESTS: how many for each process.  GBALANCE: the
# program; CRASH: the one that kills it.
set -u

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
gbalance=${GBALANCE:-$root/build/gbalance}
crash=${CRASH:-$root/build/release/crash}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

requests=${CRASH_REQUESTS:-10000}
full_seconds=30
if [ "${1:-}" = --short ]; then
  requests=${CRASH_REQUESTS:-400}
  full_seconds=3
fi

failed=0

# one NAME OPTION...: run it, and say what came of it.
one()
{
  local name=$1 out

  shift
  mkdir "$work/$name"
  if out=$("$crash" "$@" "$gbalance" "$work/$name"); then
    echo "$name: $out"
  else
    echo "$name: FAILED: $out"
    grep -v " info " "$work/$name/gbalance.log" | tail -n 40
    failed=1
  fi
}

one mixed -m mixed -n "$requests"
one rotation -m rotation -n "$requests"
one full-disk -m full -s $full_seconds
one full-files -m full -f -s $full_seconds
exit $failed
