#!/usr/bin/env bash
# packages.sh: install the Debian packages that a command needs and that are
# not there yet.  Silent and instant when nothing is missing.
#
#   scripts/packages.sh GROUP...  groups: run, demo, check, bench
#
# It uses apt-get as root, or through sudo.  Where neither is possible it
# prints what to install and exits 1.
set -u

# "a|b|c": any of the three will do, and the first is what we install.
run_packages='gcc libc6-dev make libfcgi-dev
  libcurl4-openssl-dev|libcurl4-gnutls-dev|libcurl4-nss-dev
  libjson-c-dev libsqlite3-dev libconfig-dev libssl-dev libavcodec-dev
  libswresample-dev lighttpd curl
  ca-certificates'
nginx='nginx-light|nginx|nginx-core|nginx-full|nginx-extras'

# What may start itself, most on port 80, when its package is installed.
servers='apache2 lighttpd nginx tinyproxy'

policy=/usr/sbin/policy-rc.d
policy_mark='written by gbalance scripts/packages.sh; may be removed'

# The oldest Node that has test reporters and the fetch that our clients use.
node_major=18

# Older package lists than this (days) are fetched anew before installing.
lists_days=7

main()
{
  local packages missing fresh

  [ $# -gt 0 ] || { echo "usage: packages.sh run|demo|check|bench ..." >&2
                    exit 2; }
  packages=$(wanted "$@") || exit 2
  missing=$(missing_of "$packages")
  [ -n "$missing" ] || exit 0

  command -v apt-get >/dev/null || give_up "$missing"
  as_root || give_up "$missing"
  echo "installing:" $missing

  fresh=$(comm -12 <(tr ' ' '\n' <<<"$servers") \
                   <(sed 's/nginx-light/nginx/' <<<"$missing" | sort -u))
  trap 'allow_start' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  forbid_start "$fresh"
  install $missing || give_up "$missing"
  keep_off "$fresh"
}

# The packages of the groups "$@", one a line.
wanted()
{
  local group

  for group in "$@"; do
    case $group in
    run)    echo $run_packages ;;
    demo)   echo $run_packages openssl; node_packages ;;
    check)  echo $run_packages; node_packages
            echo libcmocka-dev clang clang-format "$(clang_runtime)" \
              apache2 libapache2-mod-fcgid "$nginx" sqlite3 openssl ffmpeg \
              chromium fonts-wqy-microhei tinyproxy microsocks ;;
    bench)  echo $run_packages binutils wrk "$nginx" ;;
    *)      echo "packages.sh: unknown group: $group" >&2
            return 1 ;;
    esac
  done | tr -s ' ' '\n'
  return "${PIPESTATUS[0]}"
}

# Node may come from elsewhere (nodesource, nvm), and Debian's npm would then
# fight with it: what counts is what is on the PATH.
node_packages()
{
  local have

  have=$(node --version 2>/dev/null | sed 's/^v\([0-9]*\).*/\1/')
  [ "${have:-0}" -ge $node_major ] || echo nodejs
  command -v npm >/dev/null || echo npm
}

# The sanitizers and the fuzzer of clang are in a package of its version.
clang_runtime()
{
  local major

  major=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
  if [ -z "$major" ]; then
    major=$(apt-cache depends clang 2>/dev/null |
            sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
  fi
  echo "libclang-rt-${major:-14}-dev"
}

# Those of the packages in "$1" that are not installed.
missing_of()
{
  local have want name

  have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' \
           ${1//|/ } 2>/dev/null | sed -n 's/^installed //p')
  for want in $1; do
    for name in ${want//|/ }; do
      grep -qxF -e "$name" <<<"$have" && continue 2
    done
    echo "${want%%|*}"
  done | sort -u
}

# Set "sudo" to what makes a command run as root; false: nothing does.
as_root()
{
  sudo=
  [ "$(id -u)" -ne 0 ] || return 0
  sudo=sudo
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null && return 0
  # It will ask for a password: only where somebody can answer.
  [ -t 0 ] && sudo -v
}

install()
{
  if [ -z "$(find /var/lib/apt/lists -name '*_Packages*' \
               -mtime -$lists_days -print -quit 2>/dev/null)" ]; then
    update
    apt_install "$@"
    return
  fi
  apt_install "$@" || { update && apt_install "$@"; }
}

update()
{
  $sudo apt-get -q update
}

apt_install()
{
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    --no-install-recommends install "$@"
}

# Debian starts a server at once when its package is installed, and again at
# each boot.  We only want the program, and port 80 may be somebody's.  So
# for the servers that we are about to install (and for no other service: one
# that is upgraded in the same run must be restarted) starting is forbidden
# by the means that Debian has for it, until we are done.  A policy that is
# there already is the machine's own and stays as it is; whatever it lets
# start, keep_off() stops.
forbid_start()
{
  local names

  names=$(tr -s '\n ' '|' <<<"$1" | sed 's/|*$//')
  [ -n "$names" ] || return 0
  if [ -e $policy ] && ! grep -qF "$policy_mark" $policy; then
    return 0
  fi
  $sudo tee $policy >/dev/null <<POLICY
#!/bin/sh
# $policy_mark
for word; do
  case \${word%.service} in
  $names) exit 101 ;;
  esac
done
exit 0
POLICY
  $sudo chmod 755 $policy
}

allow_start()
{
  if grep -qsF "$policy_mark" $policy; then
    $sudo rm -f $policy
  fi
}

# What we just installed shall not start at the next boot either.
keep_off()
{
  local name

  for name in $1; do
    if [ -d /run/systemd/system ]; then
      $sudo systemctl --quiet disable --now "$name" 2>/dev/null
    elif [ -x "/etc/init.d/$name" ]; then
      $sudo update-rc.d "$name" disable >/dev/null 2>&1
      $sudo service "$name" stop >/dev/null 2>&1
    fi
  done
  return 0
}

give_up()
{
  {
    echo
    echo "These packages are needed and could not be installed from here:"
    echo
    sed 's/^/  /' <<<"$1"
    echo
    echo "On Debian, as root:"
    echo
    echo "  apt-get install --no-install-recommends" $1
    echo
  } >&2
  exit 1
}

main "$@"
