#!/usr/bin/env bash
# run.sh: lighttpd and build/gbalance behind it, until Ctrl-C.
#
#   [PORT=8000] [HOST=127.0.0.1] scripts/run.sh [--demo]
#
# --demo: against the bundled fake Gemini, with a database of its own, so that
# clients can be tried without a key.
#
# lighttpd reads lighttpd.conf.example with our path, port and address, and in
# the way where gbalance is a daemon: so gbalance runs in this folder and finds
# gbalance.cfg and data/, its log is seen, and it has ended when we say so.
# Each is a process group of its own, so that Ctrl-C reaches only us and nothing
# stays behind.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1
PORT=${PORT:-8000}
HOST=${HOST:-127.0.0.1}
export PATH=$PATH:/usr/sbin:/sbin

gbalance=build/gbalance
state=data  # what must survive, and what lighttpd needs
groups=()   # the process groups of what we started

# gbalance lets running requests end for this long at most (seconds), and so
# do we before we kill.
STOP_MAX=16
START_MAX=15

main()
{
  local demo=

  case "$*" in
  '') ;;
  --demo) demo=yes ;;
  *) echo 'usage: scripts/run.sh [--demo]' >&2
     exit 2 ;;
  esac
  check_ground
  trap 'stop_all' EXIT
  trap 'exit 0' INT TERM HUP

  [ -z "$demo" ] || prepare_demo
  mkdir -p "$state" && chmod 700 "$state" || exit 1
  # The port is ours, and so are these; another instance has others.
  socket=$state/gbalance-$PORT.sock
  config=$state/lighttpd-$PORT.conf
  log=$state/lighttpd-$PORT.log
  write_config
  # Says which tokens there are now, and how to add keys where there are none.
  $gbalance first-run || exit 1
  start_servers
  if [ -z "$demo" ]; then
    print_urls
  else
    print_demo
  fi
  wait -n
  tail -n 5 "$log" >&2
  fail 'a server has ended by itself; its last words stand above'
}

fail()
{
  echo "run: $*" >&2
  exit 1
}

check_ground()
{
  [ -x $gbalance ] || fail "$gbalance is not there: use make run"
  command -v lighttpd >/dev/null || fail 'lighttpd is not installed'
  case $PORT in
  ''|*[!0-9]*) fail "PORT must be a number: $PORT" ;;
  esac
  [ "$PORT" -ge 1 ] && [ "$PORT" -le 65535 ] ||
    fail "PORT must be from 1 to 65535: $PORT"
  if listens "$PORT"; then
    fail "port $PORT is taken by another program; try: make run PORT=$(
      free_port 8001)"
  fi
}

listens()
{
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# The first port from $1 on that nobody listens on.
free_port()
{
  local port=$1

  while listens "$port"; do
    port=$((port < 65535 ? port + 1 : 1024))
  done
  echo "$port"
}

# The example file with our path, port and address, its section for a daemon in
# force and the sections for the other ways left out.
write_config()
{
  ROOT=$root PORT=$PORT HOST=$HOST SOCKET=$socket LOG=$log awk '
    function quoted(s) { gsub(/[\\"]/, "\\\\&", s); return "\"" s "\"" }
    /^# --- /              { section = $2 " " $3 " " $4 }
    section ~ /way: daemon/ && /^#([a-z)]|    )/ { $0 = substr($0, 2) }
    section ~ /way:/ && section !~ /way: daemon/ { next }
    /^var\.root *=/        { $0 = "var.root = " quoted(ENVIRON["ROOT"]) }
    /^server\.port *=/     { $0 = "server.port = " ENVIRON["PORT"] }
    /^server\.bind *=/     { $0 = "server.bind = " quoted(ENVIRON["HOST"]) }
    /^server\.errorlog *=/ { $0 = "server.errorlog = " quoted(ENVIRON["LOG"]) }
    /^ *"socket" *=>/      { $0 = "\"socket\" => " quoted(ENVIRON["SOCKET"]) "," }
    { print }' lighttpd.conf.example >"$config" || exit 1
}

# start COMMAND...: in a process group of its own, and ended by the kernel when
# we are killed and cannot do it.
start()
{
  setsid setpriv --pdeathsig TERM "$@" </dev/null &
  groups+=($!)
}

start_servers()
{
  rm -f "$socket"
  start $gbalance --listen "unix:$socket"
  # lighttpd does not try again for a second where it found nobody.
  await [ -S "$socket" ] || fail 'gbalance does not start'
  start lighttpd -D -f "$config"
  await answers || {
    tail -n 5 "$log" >&2
    fail 'gbalance does not answer; what went wrong stands above'
  }
}

answers()
{
  curl -fsS -m 2 -o /dev/null "http://127.0.0.1:$PORT/health" 2>/dev/null
}

# await COMMAND...: until it succeeds; false when something that we started has
# ended or it takes too long.
await()
{
  local i group

  for ((i = 0; i < START_MAX * 10; i++)); do
    for group in "${groups[@]}"; do
      kill -0 "$group" 2>/dev/null || return 1
    done
    "$@" && return 0
    sleep 0.1
  done
  return 1
}

# --- the end ----------------------------------------------------------------

# Whether anything still runs in process group $1 (what is dead and not yet
# buried by its parent does not).
group_runs()
{
  local stat words

  for stat in /proc/[0-9]*/stat; do
    read -r words 2>/dev/null <"$stat" || continue
    words=${words##*) }
    set -- "$1" $words
    [ "$4" = "$1" ] && [ "$2" != Z ] && return 0
  done
  return 1
}

stop_group()
{
  local i

  kill -TERM -- "-$1" 2>/dev/null
  for ((i = 0; i < STOP_MAX * 10; i++)); do
    group_runs "$1" || return 0
    [ $i -ne 10 ] || echo 'run: waiting for running requests' >&2
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null
}

# The last started first: when lighttpd is gone, gbalance cancels what runs.
stop_all()
{
  local i

  # A second Ctrl-C does not wait.
  trap 'kill -KILL -- "${groups[@]/#/-}" 2>/dev/null' INT TERM
  for ((i = ${#groups[@]} - 1; i >= 0; i--)); do
    stop_group "${groups[i]}"
  done
}

# --- the demo ---------------------------------------------------------------

# A fake Gemini, and an environment in which gbalance knows only it.
prepare_demo()
{
  local port

  port=$(free_port $((20000 + RANDOM % 12000)))
  state=build/data-demo-$PORT
  rm -rf "$state"
  mkdir -p "$state"
  start node tests/fake/gemini.mjs --port "$port" >"$state/fake.log" 2>&1
  await listens "$port" || {
    cat "$state/fake.log" >&2
    fail 'the fake Gemini does not start'
  }
  demo_token=demo-$(random)
  export BASE_URL=http://127.0.0.1:$port
  export API_KEYS='["demo-key-one-of-three-for-the-fake",
    "demo-key-two-of-three-for-the-fake",
    "demo-key-three-of-three-for-the-fake"]'
  export ALLOWED_TOKENS="[\"$demo_token\"]"
  export AUTH_TOKEN=demo-admin-$(random)
  export SQLITE_DATABASE=$root/$state/gbalance.db
  unset PROXIES CUSTOM_HEADERS BASE_PATH
}

random()
{
  od -An -N12 -tx1 /dev/urandom | tr -d ' \n'
}

# --- what people see --------------------------------------------------------

print_urls()
{
  cat <<TEXT

gbalance is ready.
  OpenAI base URL   http://127.0.0.1:$PORT/v1
  Gemini base URL   http://127.0.0.1:$PORT
  Admin pages       http://127.0.0.1:$PORT/admin/
  Health            http://127.0.0.1:$PORT/health
Ctrl-C ends it.
TEXT
}

print_demo()
{
  cat <<TEXT

  ************************************************************************
  *                                                                      *
  *   DEMO: a fake Gemini on this machine answers, not Google.           *
  *   NOTHING IT SAYS IS REAL.  Use "make run" for the real thing.       *
  *                                                                      *
  ************************************************************************
TEXT
  print_urls
  cat <<TEXT

Access token of this demo: $demo_token
Admin token of this demo:  $AUTH_TOKEN

Try:
  curl http://127.0.0.1:$PORT/v1/chat/completions \\
    -H 'Authorization: Bearer $demo_token' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"gemini-3.7-flash","messages":[{"role":"user","content":"Hello"}]}'

  curl -N http://127.0.0.1:$PORT/v1/chat/completions \\
    -H 'Authorization: Bearer $demo_token' \\
    -H 'Content-Type: application/json' \\
    -d '{"model":"gemini-3.7-flash","stream":true,"messages":[{"role":"user","content":"Hello"}]}'

  curl http://127.0.0.1:$PORT/v1beta/models/gemini-3.7-flash:generateContent \\
    -H 'x-goog-api-key: $demo_token' \\
    -H 'Content-Type: application/json' \\
    -d '{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}'
TEXT
}

main "$@"
