# servers.sh: the servers that the bench starts, all on 127.0.0.1 and on free
# ports, and how they end.  Sourced by run.sh, which sets "work" (a folder of
# its own), "tools" (the built programs) and "gbalance".

pids=()		# of what runs now
ports_given=' '	# no port twice

fail()
{
  echo "bench: $*" >&2
  exit 1
}

# Set "port" to one on which nobody listens.  Below 32768, so that no outgoing
# connection of the bench itself takes it meanwhile.
free_port()
{
  while :; do
    port=$((RANDOM % 12000 + 20000))
    case $ports_given in *" $port "*) continue ;; esac
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  ports_given+="$port "
}

# start NAME COMMAND...: run it in the background, its words in NAME.log; sets
# "pid".
start()
{
  local name=$1

  shift
  (cd "$work" && exec "$@") </dev/null >>"$work/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
}

# End these processes and wait until they are gone.
stop()
{
  local p left=()

  kill -TERM "$@" 2>/dev/null
  for p in "$@"; do
    wait "$p" 2>/dev/null
  done
  for p in "${pids[@]}"; do
    case " $* " in *" $p "*) ;; *) left+=("$p") ;; esac
  done
  pids=("${left[@]}")
}

# Wait until somebody listens on a port or a socket.
await()
{
  local name=$1 where=$2 i

  for ((i = 0; i < 100; i++)); do
    if [ -n "${where##/*}" ]; then
      (exec 3<>"/dev/tcp/127.0.0.1/$where") 2>/dev/null && return
    else
      [ -S "$where" ] && return
    fi
    sleep 0.1
  done
  tail -n 20 "$work/$name.log" >&2
  fail "$name does not start"
}

nginx_head()
{
  [ "$(id -u)" -ne 0 ] || echo 'user root;'	# the sockets are root's
  cat <<CONF
daemon off;
worker_processes 2;
pid $work/$1.pid;
error_log stderr warn;
worker_rlimit_nofile 8192;
events { worker_connections 4000; }
http {
  access_log off;
  client_max_body_size 300m;
  default_type application/json;
  keepalive_requests 100000000;
  client_body_temp_path $work/$1-body;
  proxy_temp_path $work/$1-proxy;
  fastcgi_temp_path $work/$1-fastcgi;
  uwsgi_temp_path $work/$1-uwsgi;
  scgi_temp_path $work/$1-scgi;
CONF
}

# The canned upstream: one Gemini answer for everything, as fast as can be; but
# for embeddings and pictures, what is in a file.
start_upstream()
{
  local text='Hello! How can I help you today?'

  free_port; upstream_port=$port
  {
    nginx_head upstream
    cat <<CONF
  server {
    listen 127.0.0.1:$upstream_port backlog=4096;
    location ~ :batchEmbedContents$ {
      error_page 405 =200 /embeddings.json;
      return 405;
    }
    location = /embeddings.json { root $work; }
    location ~ image:generateContent$ {
      error_page 405 =200 /drawing.json;
      return 405;
    }
    location = /drawing.json { root $work; }
    location / {
      return 200 '{"candidates":[{"content":{"parts":[{"text":"$text"}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":9,"totalTokenCount":21},"modelVersion":"gemini-2.5-flash","responseId":"bench"}';
    }
  }
}
CONF
  } >"$work/upstream.conf"
  start upstream nginx -e stderr -p "$work" -c "$work/upstream.conf"
  await upstream "$upstream_port"
}

nginx_fastcgi()	# NAME PORT SOCKET
{
  cat <<CONF
  upstream $1 { server unix:$3; keepalive 64; }
  server {
    listen 127.0.0.1:$2 backlog=4096;
    location / {
      fastcgi_pass $1;
      fastcgi_keep_conn on;
      fastcgi_buffering off;
      include /etc/nginx/fastcgi_params;
    }
  }
CONF
}

# nginx as the bare proxy that everything is compared with, and as the web
# server before the responder and gbalance.
start_nginx()
{
  free_port; bare_port=$port
  free_port; nginx_responder_port=$port
  free_port; nginx_gbalance_port=$port
  {
    nginx_head nginx
    cat <<CONF
  upstream bare { server 127.0.0.1:$upstream_port; keepalive 64; }
  server {
    listen 127.0.0.1:$bare_port backlog=4096;
    location / {
      proxy_pass http://bare;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
CONF
    nginx_fastcgi responder "$nginx_responder_port" \
      "$work/responder-nginx.sock"
    nginx_fastcgi gbalance "$nginx_gbalance_port" "$work/gbalance.sock"
    echo '}'
  } >"$work/nginx.conf"
  start nginx nginx -e stderr -p "$work" -c "$work/nginx.conf"
  await nginx "$bare_port"
}

lighttpd_fastcgi()	# SOCKET
{
  cat <<CONF
fastcgi.server = ("/" => ((
  "socket" => "$1",
  "check-local" => "disable",
  "fix-root-scriptname" => "enable"
)))
CONF
}

start_lighttpd()
{
  free_port; lighttpd_gbalance_port=$port
  free_port; lighttpd_responder_port=$port
  {
    cat <<CONF
server.document-root = "$work"
server.bind = "127.0.0.1"
server.port = $lighttpd_gbalance_port
server.modules = ("mod_fastcgi")
server.upload-dirs = ("$work")
server.max-fds = 8192
server.max-connections = 4000
server.max-keep-alive-requests = 60000
server.listen-backlog = 4096
server.stream-request-body = 0
server.stream-response-body = 2
CONF
    lighttpd_fastcgi "$work/gbalance.sock"
    echo "\$SERVER[\"socket\"] == \"127.0.0.1:$lighttpd_responder_port\" {"
    lighttpd_fastcgi "$work/responder-lighttpd.sock"
    echo '}'
  } >"$work/lighttpd.conf"
  start lighttpd lighttpd -D -f "$work/lighttpd.conf"
  await lighttpd "$lighttpd_gbalance_port"
}

# Two, since their best numbers of threads differ: lighttpd brings each request
# on a connection of its own, and threads that wait for one get into each
# other's way; nginx keeps connections, and each takes a thread.
start_responders()
{
  start responder "$tools/responder" "$work/responder-lighttpd.sock" 16
  await responder "$work/responder-lighttpd.sock"
  start responder "$tools/responder" "$work/responder-nginx.sock" 256
  await responder "$work/responder-nginx.sock"
}

# What gbalance is started with: a pool of ten keys, one access token, and
# every other setting as it is by itself.  $1: the port of its upstream.
gbalance_command()
{
  local i keys=''

  for ((i = 0; i < 10; i++)); do
    keys+=",\"bench-key-number-$i-of-ten\""
  done
  gbalance_command=(env -i "PATH=$PATH" "HOME=$work"
    "API_KEYS=[${keys#,}]" "ALLOWED_TOKENS=[\"$BENCH_TOKEN\"]"
    "AUTH_TOKEN=admin-$BENCH_TOKEN" "BASE_URL=http://127.0.0.1:$1"
    "SQLITE_DATABASE=$work/data/gbalance.db"
    "$gbalance" --listen "unix:$work/gbalance.sock")
}

# A gbalance with a new database; sets "gbalance_pid".
start_gbalance()
{
  rm -rf "$work/data"
  mkdir "$work/data"
  gbalance_command "$1"
  start gbalance "${gbalance_command[@]}"
  gbalance_pid=$pid
  await gbalance "$work/gbalance.sock"
}

stop_gbalance()
{
  stop "$gbalance_pid"
  rm -f "$work/gbalance.sock"
}
