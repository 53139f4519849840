#!/usr/bin/env bash
# run.sh: how fast gbalance is, and what it needs, as a table of goals.
#
#   tests/bench/run.sh [PART...]      the parts are in PARTS, below
#   tests/bench/run.sh --soak
#
# Without a word, all of it, in about seven minutes; --soak is the memory part
# over a million requests.  Throughput is given as a ratio to nginx doing nothing
# but passing on, since only that can be compared between machines.
# BENCH_REQUESTS: how many requests the memory part makes; BENCH_ROWS: how many
# rows the journal of the usage and pages parts has (10 million are 1.4 GB).
set -u

PARTS='throughput latency streams image drawing upload embeddings readers templates turns keys day usage pages memory start size'

root=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
gbalance=${GBALANCE:-$root/build/gbalance}
tools=$root/build/bench
work=$(mktemp -d) || exit 1
BENCH_TOKEN=bench-$(od -An -N12 -tx1 /dev/urandom | tr -d ' \n')
export BENCH_TOKEN
export PATH=$PATH:/usr/sbin:/sbin

# Load: enough connections to keep two cores busy, in rounds short enough that
# a noisy neighbour spoils one and not the median.
LOAD_CONNECTIONS=48
LOAD_ROUNDS=5
LOAD_SECONDS=3

# Latency: a rate that leaves the machine idle most of the time.
LATENCY_RATE=500
LATENCY_ROUNDS=5
LATENCY_SECONDS=3

STREAMS=1000
STREAM_SECONDS=12

# A picture within a chat: few at once, since each is large.
IMAGE_MIB=10
IMAGE_CONNECTIONS=2
IMAGE_ROUNDS=3
IMAGE_SECONDS=3

# A picture that comes back, and one that is edited by a form.
DRAWING_MIB=4
DRAWING_MODEL=gemini-3.1-flash-image

# A file in one request.
UPLOAD_MIB=256
UPLOAD_ROUNDS=5

# Texts to embed in one request, and the values that each becomes.
EMBEDDINGS=1000
EMBEDDINGS_BATCH=100
EMBEDDINGS_VALUES=3072

REQUESTS=${BENCH_REQUESTS:-200000}
ROWS=${BENCH_ROWS:-10000000}

# What memory may grow by after the first fifth of the requests and still
# count as noise: under two bytes each over a million.
GROWTH_KIB=1024

rows=()

main()
{
  local part

  if [ "$*" = --soak ]; then
    REQUESTS=${BENCH_REQUESTS:-1000000}
    set -- memory
  fi
  # shellcheck disable=SC2086  # a list of words
  [ $# -gt 0 ] || set -- $PARTS
  for part in "$@"; do
    case " $PARTS " in
    *" $part "*) ;;
    *) echo "usage: run.sh [--soak|$PARTS]" >&2
       exit 2 ;;
    esac
  done
  [ -x "$gbalance" ] || fail "$gbalance is not there: run make"
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  ulimit -n 8192 2>/dev/null || ulimit -n "$(ulimit -Hn)"

  build_tools
  note 'machine busy with other things, before' "$(busy_percent) %"
  start_upstream
  start_responders
  start_nginx
  start_lighttpd
  for part in "$@"; do
    echo "bench: $part ..." >&2
    "measure_$part"
  done
  print_table
}

clean_up()
{
  [ ${#pids[@]} -eq 0 ] || stop "${pids[@]}"
  rm -rf "$work"
}

build_tools()
{
  local name source flags='-std=c11 -D_GNU_SOURCE -O2 -pthread -Wall -Wextra'

  mkdir -p "$tools"
  for name in responder load first streams; do
    source=$root/tests/bench/$name.c
    [ "$name" = responder ] || source+=" $root/tests/bench/http.c"
    ${CC:-cc} $flags -o "$tools/$name" $source -lfcgi ||
      fail "cannot build $name"
  done
}

# How busy the processors are with what is not ours; more than a few percent
# spoil every time that is measured here.
busy_percent()
{
  local before after

  before=$(head -n 1 /proc/stat)
  sleep 2
  after=$(head -n 1 /proc/stat)
  awk '{ for (i = 2; i <= 9; i++) t[NR] += $i; idle[NR] = $5 + $6 }
    END { t[2] -= t[1]; printf "%.0f", 100 * (1 - (idle[2] - idle[1]) / t[2]) }
    ' <<<"$before
$after"
}

# --- numbers ----------------------------------------------------------------

# The value of NAME in a line of "NAME=value" words.
value()
{
  sed -n "s/^\(.* \)*$1=\([^ ]*\).*/\2/p" <<<"$2"
}

calc()
{
  awk "BEGIN { printf \"%.${2:-3}f\", $1 }"
}

median()
{
  printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 }
    END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'
}

# row WHAT HAVE [">="|"<" GOAL [UNIT]]: a line of the table.
row()
{
  local verdict=- unit=${5:-}

  if [ $# -gt 2 ]; then
    verdict=$(awk "BEGIN { print ($2 $3 $4) ? \"ok\" : \"short\" }")
  fi
  rows+=("$1|${3:-} ${4:-} $unit|$2 $unit|$verdict")
  printf '  %s: %s %s\n' "$1" "$2" "$unit" >&2
}

note()
{
  rows+=("$1||$2|-")
  printf '  %s: %s\n' "$1" "$2" >&2
}

print_table()
{
  local r what goal have verdict

  printf '\n%-48s %12s %22s  %s\n' '' goal have ''
  for r in "${rows[@]}"; do
    IFS='|' read -r what goal have verdict <<<"$r"
    printf '%-48s %12s %22s  %s\n' "$what" "$goal" "$have" "$verdict"
  done
}

# --- throughput -------------------------------------------------------------

# load PORT SCRIPT CONNECTIONS SECONDS [PATH]: set "per_second" to what a port
# answers.
load()
{
  local out

  out=$(wrk -t1 -c"$3" -d"$4s" --timeout 20s -s "$root/tests/bench/$2.lua" \
          "http://127.0.0.1:$1${5:-/v1/chat/completions}") || fail "wrk: $out"
  if grep -Eq 'Non-2xx|Socket errors' <<<"$out"; then
    tail -n 5 "$work/gbalance.log" >&2
    fail "not every answer was good: $out"
  fi
  per_second=$(awk '/^Requests\/sec/ { print $2 }' <<<"$out")
}

# Is it a chat that comes back?  Each way is tried before it is measured.
probe()
{
  local out

  out=$(curl -sS -H "Authorization: Bearer $BENCH_TOKEN" \
          -H 'Content-Type: application/json' \
          -d '{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hello"}]}' \
          "http://127.0.0.1:$1/v1/chat/completions")
  case $out in
  *'How can I help you today?'*) ;;
  *) tail -n 5 "$work/gbalance.log" >&2
     fail "port $1 answers: $out" ;;
  esac
}

measure_throughput()
{
  local names=(bare lighttpd_responder nginx_responder lighttpd_gbalance
               nginx_gbalance)
  local -A rates=() ratios=()
  local i n name port_of base

  start_gbalance "$upstream_port"
  for name in "${names[@]}"; do
    port_of=${name}_port
    probe "${!port_of}"
  done
  for ((i = 0; i < LOAD_ROUNDS; i++)); do
    for ((n = 0; n < ${#names[@]}; n++)); do
      name=${names[(n + i) % ${#names[@]}]}
      port_of=${name}_port
      load "${!port_of}" chat $LOAD_CONNECTIONS $LOAD_SECONDS
      rates[$name]+=" $per_second"
    done
    base=${rates[bare]##* }
    for name in "${names[@]}"; do
      ratios[$name]+=" $(calc "${rates[$name]##* } / $base")"
    done
  done
  stop_gbalance

  note 'nginx as a bare proxy, requests/s' \
    "$(calc "$(median ${rates[bare]})" 0)"
  note 'do-nothing FastCGI behind lighttpd, ratio' \
    "$(median ${ratios[lighttpd_responder]})"
  note 'do-nothing FastCGI behind nginx, ratio' \
    "$(median ${ratios[nginx_responder]})"
  row 'chat behind lighttpd, ratio to bare nginx' \
    "$(median ${ratios[lighttpd_gbalance]})" '>=' 0.50
  row 'chat behind nginx, ratio to bare nginx' \
    "$(median ${ratios[nginx_gbalance]})" '>=' 0.65
}

# --- a large picture --------------------------------------------------------

# Write a chat with a picture of so many MiB to "BENCH_BODY".
make_image_chat()
{
  BENCH_BODY=$work/image.json
  export BENCH_BODY
  {
    printf '{"model":"gemini-2.5-flash","messages":[{"role":"user","content":['
    printf '{"type":"text","text":"What is this?"},{"type":"image_url",'
    printf '"image_url":{"url":"data:image/png;base64,'
    head -c $((IMAGE_MIB * 1048576)) /dev/urandom | base64 -w 0
    printf '"}}]}]}'
  } >"$BENCH_BODY"
}

peak_kib()
{
  awk '/^VmHWM:/ { print $2 }' "/proc/$1/status"
}

# What the first such chat needs at most beyond what there is before it.
measure_image_memory()
{
  local before out

  probe "$nginx_gbalance_port"
  before=$(rss_kib "$gbalance_pid")
  echo 5 >"/proc/$gbalance_pid/clear_refs"
  out=$(curl -sS -H "Authorization: Bearer $BENCH_TOKEN" \
          -H 'Content-Type: application/json' -H 'Expect:' \
          --data-binary "@$BENCH_BODY" \
          "http://127.0.0.1:$nginx_gbalance_port/v1/chat/completions")
  [ -z "${out##*How can I help you today*}" ] || fail "image: $out"
  row "memory for a picture of $IMAGE_MIB MiB in a chat" \
    "$(calc "($(peak_kib "$gbalance_pid") - $before) / 1024" 1)" \
    '<' $((3 * IMAGE_MIB)) MiB
}

measure_image()
{
  local names=(bare lighttpd_gbalance nginx_gbalance)
  local -A ratios=()
  local i name port_of base rates=()

  make_image_chat
  start_gbalance "$upstream_port"
  measure_image_memory
  for ((i = 0; i < IMAGE_ROUNDS; i++)); do
    for name in "${names[@]}"; do
      port_of=${name}_port
      load "${!port_of}" image $IMAGE_CONNECTIONS $IMAGE_SECONDS
      [ "$name" != bare ] || { base=$per_second; rates+=("$base"); }
      ratios[$name]+=" $(calc "$per_second / $base")"
    done
  done
  stop_gbalance
  note '  such chats through bare nginx, MiB/s' \
    "$(calc "$(median "${rates[@]}") * $(stat -c %s "$BENCH_BODY") / 1048576" 0)"
  note '  behind lighttpd, ratio to bare nginx' \
    "$(median ${ratios[lighttpd_gbalance]})"
  note '  behind nginx, ratio to bare nginx' \
    "$(median ${ratios[nginx_gbalance]})"
}

# --- pictures that are drawn -------------------------------------------------

# What upstream answers, and what it is asked for here and by its own name.
make_drawing()
{
  {
    printf '{"candidates":[{"content":{"role":"model","parts":[{"inlineData":'
    printf '{"mimeType":"image/png","data":"'
    { printf '\211PNG\r\n\032\n'
      head -c $((DRAWING_MIB * 1048576)) /dev/urandom; } | base64 -w 0
    printf '"}}]},"finishReason":"STOP","index":0}],"usageMetadata":'
    printf '{"promptTokenCount":9,"candidatesTokenCount":1290,'
    printf '"totalTokenCount":1299}}'
  } >"$work/drawing.json"
  printf '{"model":"%s","prompt":"a cat","response_format":"b64_json"}' \
    $DRAWING_MODEL >"$work/draw.json"
  printf '{"contents":[{"role":"user","parts":[{"text":"a cat"}]}]}' \
    >"$work/draw-bare.json"
  { printf '\211PNG\r\n\032\n'
    head -c $((IMAGE_MIB * 1048576)) /dev/urandom; } >"$work/edit.png"
}

# draw PATH CURL-ARGUMENTS...: sets "grown", MiB at most beyond what there was.
draw()
{
  local before out path=$1

  shift
  before=$(rss_kib "$gbalance_pid")
  echo 5 >"/proc/$gbalance_pid/clear_refs"
  out=$(curl -sS -H "Authorization: Bearer $BENCH_TOKEN" -H 'Expect:' "$@" \
          -o "$work/draw.out" -w '%{http_code} %{size_download}' \
          "http://127.0.0.1:$nginx_gbalance_port$path") || fail "draw: $out"
  [ "${out%% *}" = 200 ] && [ "${out#* }" -gt $((DRAWING_MIB * 1048576)) ] ||
    fail "draw: $out $(head -c 1000 "$work/draw.out")"
  grown=$(calc "($(peak_kib "$gbalance_pid") - $before) / 1024" 1)
}

# Base64 is four thirds of a picture, and that is there three times: as it came,
# taken apart, and as it goes.
measure_drawing()
{
  local names=(bare lighttpd_gbalance nginx_gbalance)
  local json=(-H 'Content-Type: application/json')
  local -A ratios=()
  local i name port_of path base rates=()

  make_drawing
  start_gbalance "$upstream_port"
  probe "$nginx_gbalance_port"
  draw /v1/images/generations "${json[@]}" --data-binary "@$work/draw.json"
  row "memory for a drawn picture, of each MiB" \
    "$(calc "$grown / $DRAWING_MIB" 1)" '<' 5 MiB
  stop_gbalance
  start_gbalance "$upstream_port"
  probe "$nginx_gbalance_port"
  draw /v1/images/edits -F "model=$DRAWING_MODEL" -F 'prompt=a dog' \
    -F response_format=b64_json -F "image=@$work/edit.png;type=image/png"
  row "memory for a picture of $IMAGE_MIB MiB that is edited, of each MiB" \
    "$(calc "$grown / ($IMAGE_MIB + $DRAWING_MIB)" 1)" '<' 4 MiB
  for ((i = 0; i < IMAGE_ROUNDS; i++)); do
    for name in "${names[@]}"; do
      port_of=${name}_port
      BENCH_BODY=$work/draw.json path=/v1/images/generations
      if [ "$name" = bare ]; then
        BENCH_BODY=$work/draw-bare.json
        path=/v1beta/models/$DRAWING_MODEL:generateContent
      fi
      export BENCH_BODY
      load "${!port_of}" image $IMAGE_CONNECTIONS $IMAGE_SECONDS "$path"
      [ "$name" != bare ] || { base=$per_second; rates+=("$base"); }
      ratios[$name]+=" $(calc "$per_second / $base")"
    done
  done
  stop_gbalance
  note '  drawn pictures through bare nginx, MiB/s' \
    "$(calc "$(median "${rates[@]}") * $(stat -c %s "$work/drawing.json") / 1048576" 0)"
  note '  behind lighttpd, ratio to bare nginx' \
    "$(median ${ratios[lighttpd_gbalance]})"
  note '  behind nginx, ratio to bare nginx' \
    "$(median ${ratios[nginx_gbalance]})"
  rm -f "$work"/draw* "$work/edit.png"
}

# --- an uploaded file -------------------------------------------------------

# Upload it in one request to the server on this port; MiB a second.
upload_rate()
{
  local out

  out=$(curl -sS -X POST -T "$work/upload" -H 'Expect:' \
          -H "x-goog-api-key: $BENCH_TOKEN" -H 'Content-Type: video/mp4' \
          -H 'X-Goog-Upload-Protocol: raw' -o "$work/upload.out" \
          -w '%{http_code} %{speed_upload}' \
          "http://127.0.0.1:$1/upload/v1beta/files") || fail "upload: $out"
  [ "${out%% *}" = 200 ] || fail "upload: $out $(cat "$work/upload.out")"
  calc "${out#* } / 1048576" 0
}

measure_upload()
{
  local names=(bare lighttpd_gbalance nginx_gbalance)
  local -A ratios=()
  local i name port_of base rate rates=() before

  head -c $((UPLOAD_MIB * 1048576)) /dev/urandom >"$work/upload"
  start_gbalance "$upstream_port"
  probe "$nginx_gbalance_port"
  before=$(rss_kib "$gbalance_pid")
  echo 5 >"/proc/$gbalance_pid/clear_refs"
  upload_rate "$nginx_gbalance_port" >/dev/null
  row "memory for an upload of $UPLOAD_MIB MiB, of each MiB" \
    "$(calc "($(peak_kib "$gbalance_pid") - $before) / $UPLOAD_MIB" 1)" \
    '<' 64 KiB
  for ((i = 0; i < UPLOAD_ROUNDS; i++)); do
    for name in "${names[@]}"; do
      port_of=${name}_port
      rate=$(upload_rate "${!port_of}") || exit 1
      [ "$name" != bare ] || { base=$rate; rates+=("$base"); }
      ratios[$name]+=" $(calc "$rate / $base")"
    done
  done
  stop_gbalance
  rm -f "$work/upload"
  note '  such uploads through bare nginx, MiB/s' "$(median "${rates[@]}")"
  note '  behind lighttpd, ratio to bare nginx' \
    "$(median ${ratios[lighttpd_gbalance]})"
  note '  behind nginx, ratio to bare nginx' \
    "$(median ${ratios[nginx_gbalance]})"
}

# --- embeddings --------------------------------------------------------------

# A request of so many texts, and a batch's answer as Google lays it out.
make_embeddings()
{
  awk -v n=$EMBEDDINGS 'BEGIN {
    printf "{\"model\":\"gemini-embedding-001\",\"encoding_format\":\"FORMAT\","
    printf "\"input\":["
    for (i = 0; i < n; i++)
      printf "%s\"Text number %d of those to be embedded.\"", i ? "," : "", i
    print "]}" }' >"$work/embed.json"
  awk -v n=$EMBEDDINGS_BATCH -v values=$EMBEDDINGS_VALUES 'BEGIN {
    print "{\n  \"embeddings\": ["
    for (i = 0; i < n; i++) {
      print "    {\n      \"values\": ["
      for (v = 0; v < values; v++)
        printf "        %.9g%s\n", (rand() - 0.5) / 28, v < values - 1 ? "," : ""
      print "      ]\n    }" (i < n - 1 ? "," : "")
    }
    print "  ]\n}" }' >"$work/embeddings.json"
}

# Ask for them in this encoding; sets "grown" (MiB at most beyond what there
# was before) and "took" (ms).
embed()
{
  local before out

  sed "s/FORMAT/$1/" "$work/embed.json" >"$work/embed"
  before=$(rss_kib "$gbalance_pid")
  echo 5 >"/proc/$gbalance_pid/clear_refs"
  out=$(curl -sS -H "Authorization: Bearer $BENCH_TOKEN" -H 'Expect:' \
          -H 'Content-Type: application/json' --data-binary "@$work/embed" \
          -o "$work/embed.out" -w '%{http_code} %{time_total}' \
          "http://127.0.0.1:$nginx_gbalance_port/v1/embeddings") ||
    fail "embeddings: $out"
  [ "${out%% *}" = 200 ] || fail "embeddings: $(head -c 1000 "$work/embed.out")"
  [ "$(grep -o '"index":' "$work/embed.out" | wc -l)" = $EMBEDDINGS ] ||
    fail 'embeddings: some are missing'
  grown=$(calc "($(peak_kib "$gbalance_pid") - $before) / 1024" 1)
  took=$(calc "${out#* } * 1000" 0)
}

# The vectors alone, as floats, are most of the memory that may be needed; the
# upstream's answers and ours are several times as large.
measure_embeddings()
{
  local format

  make_embeddings
  for format in base64 float; do
    start_gbalance "$upstream_port"
    probe "$nginx_gbalance_port"
    embed $format
    stop_gbalance
    row "memory for $EMBEDDINGS embeddings, $format" "$grown" '<' \
      "$(calc "2 * $EMBEDDINGS * $EMBEDDINGS_VALUES * 4 / 1048576" 0)" MiB
    note '  the answer, and the time it took' \
      "$(calc "$(stat -c %s "$work/embed.out") / 1048576" 0) MiB $took ms"
  done
  note '  what upstream sent for it' \
    "$(calc "$(stat -c %s "$work/embeddings.json") * $EMBEDDINGS / \
      $EMBEDDINGS_BATCH / 1048576" 0) MiB"
  rm -f "$work"/embed*
}

# --- the worst input ---------------------------------------------------------

# What a MiB of it costs each reader, and which it is.
measure_readers()
{
  local readers=build/release/tests/bench/readers out name ms what

  make -s -C "$root" $readers >&2 || fail 'cannot build readers'
  out=$("$root/$readers") || fail "readers: $out"
  while read -r name ms what; do
    row "worst MiB, $name: $what" "$ms" '<' 100 ms
  done < <(sort -k1,1 -k2,2gr <<<"$out" | awk '!seen[$1]++')
}

# --- the largest page --------------------------------------------------------

measure_templates()
{
  local program=build/release/tests/bench/templates out

  make -s -C "$root" $program >&2 || fail 'cannot build templates'
  mkdir "$work/templates"
  out=$("$root/$program" "$work/templates") || fail "templates: $out"
  row "a page of 100 rows and $(value kib "$out") KiB" "$(value ms "$out")" \
    '<' 1 ms
}

# --- latency ----------------------------------------------------------------

measure_latency()
{
  local -A p50=() p99=()
  local i name out port_of

  start_gbalance "$upstream_port"
  for ((i = 0; i < LATENCY_ROUNDS; i++)); do
    for name in upstream lighttpd_gbalance nginx_gbalance; do
      port_of=${name}_port
      out=$("$tools/load" -p "${!port_of}" -t "$BENCH_TOKEN" -c 10 \
              -r $LATENCY_RATE -s $LATENCY_SECONDS) || fail "load: $out"
      [ "$(value failed "$out")" = 0 ] || fail "$name: $out"
      p50[$name]+=" $(calc "$(value p50_us "$out") / 1000")"
      p99[$name]+=" $(calc "$(value p99_us "$out") / 1000")"
    done
  done
  stop_gbalance

  note "upstream itself, 10 connections, $LATENCY_RATE/s, p50 and p99" \
    "$(median ${p50[upstream]}) $(median ${p99[upstream]}) ms"
  for name in lighttpd nginx; do
    added p50 "$name" 0.3 "${p50[upstream]}" "${p50[${name}_gbalance]}"
    added p99 "$name" 2 "${p99[upstream]}" "${p99[${name}_gbalance]}"
  done
}

# added PERCENTILE SERVER GOAL DIRECT WITH: median over the rounds of what
# comes on top.
added()
{
  local direct=($4) with=($5) diffs=() i

  for i in "${!direct[@]}"; do
    diffs+=("$(calc "${with[i]} - ${direct[i]}")")
  done
  row "added latency behind $2, $1" "$(median "${diffs[@]}")" '<' "$3" ms
}

# --- streams ----------------------------------------------------------------

measure_streams()
{
  local direct ours port

  free_port
  direct=$("$tools/streams" -l "$port" -p "$port" -c $STREAMS \
             -s $STREAM_SECONDS) || fail 'streams'
  free_port
  start_gbalance "$port"
  curl -sS -o "$work/health" "http://127.0.0.1:$lighttpd_gbalance_port/health"
  ours=$("$tools/streams" -l "$port" -p "$lighttpd_gbalance_port" \
           -t "$BENCH_TOKEN" -P "$gbalance_pid" -c $STREAMS \
           -s $STREAM_SECONDS) || fail 'streams'
  if [ "$(value complete "$ours")" != $STREAMS ]; then
    tail -n 5 "$work/gbalance.log" "$work/lighttpd.log" >&2
    echo "$ours" >&2
  fi
  stop_gbalance

  row "$STREAMS streams, 20 events/s: lost events" \
    "$(($(value lost "$ours") + $(value wrong "$ours")))" '<' 1
  row '  streams that did not end well' \
    "$((STREAMS - $(value complete "$ours")))" '<' 1
  note '  delay of an event without us, p50 and p99' "$(calc \
    "$(value p50_us "$direct") / 1000" 1) $(calc \
    "$(value p99_us "$direct") / 1000" 1) ms"
  note '  delay of an event, p50' \
    "$(calc "$(value p50_us "$ours") / 1000" 1) ms"
  row '  delay of an event added, p99' "$(calc \
    "($(value p99_us "$ours") - $(value p99_us "$direct")) / 1000" 1)" \
    '<' 50 ms
  row '  memory of a stream' "$(calc "($(value rss_max_kb "$ours") - \
    $(value rss_before_kb "$ours")) / $STREAMS" 1)" '<' 100 KiB
}

# --- turns ------------------------------------------------------------------

# build_of_ours NAME [FLAG...]: build it of the very objects that gbalance is.
build_of_ours()
{
  local name=$1 source objects=()

  shift
  # Not all that are there: some may be of sources that are no more.
  while read -r source; do
    objects+=("$root/build/release/${source%.c}.o")
  done < <(cd "$root" && find fcgi -mindepth 2 -name '*.c')
  ${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -pthread -Wall -Wextra -I"$root/fcgi" \
    "$@" -o "$tools/$name" "$root/tests/bench/$name.c" \
    "${objects[@]}" -lfcgi -lcurl -ljson-c -lsqlite3 \
    -lconfig -lcrypto -lm || fail "cannot build $name"
}

# What a turn costs in the database, and what the lists of models add to it.
measure_turns()
{
  local out

  build_of_ours turns
  mkdir "$work/turns"
  out=$("$tools/turns" "$work/turns" 2>>"$work/turns.log") || fail 'turns'
  note 'a turn of 100 keys' "$(value plain_us "$out") us"
  row '  with lists of models known, ratio' \
    "$(calc "$(value lists_us "$out") / $(value plain_us "$out")")" '<' 1.1
}

# --- a day of free quotas ----------------------------------------------------

# How many calls are wasted, and how many requests are refused that need not be,
# where the free tier's quotas run out; the third of three days.
measure_day()
{
  local out projects

  build_of_ours day -Wl,--wrap=clock_wall_ms
  for projects in 20 2; do
    mkdir "$work/day"
    out=$("$tools/day" "$work/day" $projects 3 2>>"$work/day.log") ||
      fail "day: $(tail -n 1 "$work/day.log")"
    rm -rf "$work/day"
    note "20 keys in $projects projects, 5,000 requests: answered" \
      "$(value answered "$out") of $(value possible "$out")"
    note '  calls that were told of a quota' "$(value wasted "$out")"
    row '  requests refused while a key had quota' "$(value false "$out")" \
      '<' 1
    row '  turns by which the keys differ before' "$(value skewed "$out")" \
      '<' 2
    row '  keys out of service' "$(value dead "$out")" '<' 1
  done
}

# --- admin pages ------------------------------------------------------------

# Below /admin/; a part of a key, or a word, is looked for in all keys.
PAGES=('' '?range=month' logs 'logs?kind=errors' 'logs?token=token-7'
  'logs?token=rare' 'logs?key=999'
  'logs?key=many-00000000000000000777' 'logs?status=418'
  'logs?text=nothing' 'logs?kind=errors&text=nothing' logs/requests/5000
  logs/errors/5000 keys 'keys?before=50000' 'keys?state=cooling'
  'keys?state=off' 'keys?tier=paid' 'keys?project=project-3'
  'keys?tag=tag-7' 'keys?tag=-' 'keys?model=gemini-3' 'keys?model=none'
  'keys?failures=7' 'keys?text=nothing' keys/5 tokens 'tokens?q=token-4999'
  tokens/5 settings settings/history playground health)
PAGE_ROUNDS=7

# The median time of a page's HTML, in milliseconds.
page_ms()
{
  local i out times=()

  for ((i = 0; i < PAGE_ROUNDS; i++)); do
    out=$(curl -sS -b "$work/cookies" -o "$work/page.html" \
            -w '%{http_code} %{time_total}' \
            "http://127.0.0.1:$lighttpd_gbalance_port/admin/$1") ||
      fail "page $1: $out"
    [ "${out%% *}" = 200 ] || fail "page $1: $out"
    times+=("$(calc "${out#* } * 1000")")
  done
  median "${times[@]}"
}

# The pages over the journal that the usage part made, with 100,000 keys.
measure_pages()
{
  local page ms slowest='' worst=0

  [ -d "$work/usage" ] || measure_usage
  rm -rf "$work/data"
  mv "$work/usage" "$work/data"
  mv "$work/data/usage.db" "$work/data/gbalance.db"
  gbalance_command "$upstream_port"
  start gbalance "${gbalance_command[@]:0:2}" "TEMPLATES_DIR=$root/templates" \
    "STATIC_DIR=$root/static" AUTO_DELETE_REQUEST_LOGS_DAYS=0 \
    AUTO_DELETE_ERROR_LOGS_DAYS=0 JOURNAL_MAX=0 CHECK_INTERVAL_HOURS=0 \
    MODELS_HOURS=0 \
    "${gbalance_command[@]:2}"
  gbalance_pid=$pid
  await gbalance "$work/gbalance.sock"
  curl -sS -c "$work/cookies" -d "auth_token=admin-$BENCH_TOKEN" \
    -o "$work/page.html" \
    "http://127.0.0.1:$lighttpd_gbalance_port/admin/login" || fail 'sign-in'
  for page in "${PAGES[@]}"; do
    ms=$(page_ms "$page") || exit 1
    note "  admin/$page" "$ms ms"
    if [ "$(calc "($ms > $worst)" 0)" = 1 ]; then
      worst=$ms slowest=$page
    fi
  done
  stop_gbalance
  rm -rf "$work/data"
  row "slowest admin page (admin/$slowest)" "$worst" '<' 50 ms
}

# --- keys -------------------------------------------------------------------

# What few and many keys cost whoever minds them, and each turn.
measure_keys()
{
  local count out what

  build_of_ours keys
  for count in 10 1000 100000; do
    mkdir -p "$work/keys"
    out=$("$tools/keys" "$work/keys" $count 2>>"$work/keys.log") ||
      fail "keys: $(tail -n 1 "$work/keys.log")"
    rm -rf "$work/keys"
    out=$(tr '\n' ' ' <<<"$out")
    row "$count keys: the next one's turn" "$(value turn_us "$out")" '<' 50 us
    row '  each second one rests for the model' "$(value half_us "$out")" \
      '<' 50 us
    row '  nine in ten rest' "$(value tenth_us "$out")" '<' 50 us
    row '  of different weights' "$(value weighted_us "$out")" '<' 50 us
    row '  all rest' "$(value none_us "$out")" '<' 50 us
    note '  to find that, once' \
      "$(calc "$(value found_us "$out") / 1000" 2) ms"
    for what in add filter disable enable weigh pay remove; do
      row "  $what" "$(value ${what}_s "$out")" '<' 5 s
    done
  done
}

# --- usage ------------------------------------------------------------------

# What adding up, reports and pages cost with a journal of a busy month.
measure_usage()
{
  local out

  build_of_ours usage
  mkdir "$work/usage"
  out=$("$tools/usage" "$work/usage" "$ROWS" 2>>"$work/usage.log") ||
    fail "usage: $(tail -n 1 "$work/usage.log")"
  note "a row of $ROWS into the sums" "$(value roll_us "$out") us"
  note '  the longest step of a thousand' "$(value roll_step_ms "$out") ms"
  row "slowest report of 30 days ($(value report "$out"))" \
    "$(value report_ms "$out")" '<' 50 ms
  row "slowest page of the journal ($(value page "$out"))" \
    "$(value page_ms "$out")" '<' 50 ms
}

# --- memory and start -------------------------------------------------------

rss_kib()
{
  awk '/^Rss:/ { print $2 }' "/proc/$1/smaps_rollup"
}

pss_kib()
{
  awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"
}

# Set "memory" (KiB) to what gbalance has after so many more requests, when
# its journal has caught up.
requests()
{
  local out

  out=$("$tools/load" -p "$lighttpd_gbalance_port" -t "$BENCH_TOKEN" \
          -c $LOAD_CONNECTIONS -n "$1") || fail "load: $out"
  [ "$(value failed "$out")" = 0 ] || fail "memory: $out"
  sleep 1
  memory=$(rss_kib "$gbalance_pid")
}

measure_memory()
{
  local before

  start_gbalance "$upstream_port"
  sleep 1
  row 'memory when idle, RSS' \
    "$(calc "$(rss_kib "$gbalance_pid") / 1024" 1)" '<' 10 MiB
  note 'memory when idle, PSS' \
    "$(calc "$(pss_kib "$gbalance_pid") / 1024" 1) MiB"
  requests $((REQUESTS / 5))
  before=$memory
  requests $((REQUESTS - REQUESTS / 5))
  row "growth over $REQUESTS requests" "$((memory - before))" \
    '<' $GROWTH_KIB KiB
  note '  memory at their end' "$(calc "$memory / 1024" 1) MiB"
  stop_gbalance
}

measure_start()
{
  local i out times=()

  start_gbalance "$upstream_port"	# makes the database
  stop_gbalance
  gbalance_command "$upstream_port"
  for ((i = 0; i < 5; i++)); do
    out=$(cd "$work" && "$tools/first" -p "$nginx_gbalance_port" \
            -t "$BENCH_TOKEN" /usr/bin/"${gbalance_command[@]}" \
            2>>"$work/gbalance.log") || fail 'start'
    times+=("$(value first_ms "$out")")
    rm -f "$work/gbalance.sock"
  done
  row 'start to first answer' "$(median "${times[@]}")" '<' 50 ms
}

measure_size()
{
  strip -o "$work/stripped" "$gbalance" || fail 'strip'
  row 'size, stripped' \
    "$(calc "$(stat -c %s "$work/stripped") / 1024" 0)" '<' 1024 KiB
}

. "$root/tests/bench/servers.sh"
main "$@"
