#!/usr/bin/env bash
# lint.sh: the rules of this house that a machine can check.  Prints
# "file:line: what" for each fault and ends with 1 when there is one.
set -u

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root" || exit 1

FILE_LINES_MAX=900  # longer ones hold more than one idea
FUNCTION_LINES_MAX=80  # a screen, and a little patience

# The promises of the design that must have a test citing their number.
promises='1 2 3 4 5 6 8 10 11'

faults=$(mktemp) || exit 1
trap 'rm -f "$faults"' EXIT

main()
{
  list_files
  {
    banned_calls
    rooms
    sealed
    sizes
    leftovers
    settings
    promises
    golden_rows
    page_texts
    links
    shell_syntax
  } >"$faults"
  cat "$faults"
  [ ! -s "$faults" ]
}

# Set "files" (all there are), "sources" (C), "ours" (of them, the program's)
# and "shells".
list_files()
{
  mapfile -t files < <(find . \( -name .git -o -name build -o -name data \
    -o -name node_modules \) -prune -o -type f -print | sed 's,^\./,,' | sort)
  mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.[ch]$')
  mapfile -t ours < <(printf '%s\n' "${sources[@]}" | grep '^fcgi/')
  mapfile -t shells < <(grep -lE '^#!.*(ba)?sh$' "${files[@]}")
}

# found WHAT PATTERN FILE...: lines that match are faults.
found()
{
  local what=$1 pattern=$2

  shift 2
  [ $# -eq 0 ] || grep -InE -e "$pattern" /dev/null "$@" |
    sed "s|^\([^:]*:[0-9]*\):.*|\1: $what|"
}

banned_calls()
{
  local name

  for name in strcpy strcat stpcpy sprintf vsprintf strtok atoi atol atof gets \
      tmpnam mktemp; do
    found "$name() is banned" "(^|[^A-Za-z0-9_>.])$name\(" "${sources[@]}"
  done
  for name in alloca system popen; do
    found "$name() is banned" "(^|[^A-Za-z0-9_>.])$name\(" "${ours[@]}"
  done
  found 'no typedef for structs' '^typedef (struct|union|enum)[^(]*$' "${sources[@]}"
}

# Each outside library has one home.
rooms()
{
  local header home

  while read -r header home; do
    mapfile -t others < <(printf '%s\n' "${ours[@]}" |
      grep -v "^fcgi/$home/")
    found "<$header> belongs into fcgi/$home" \
      "^#include [<\"]$header" "${others[@]}"
  done <<'HOMES'
fcgi web
curl/ upstream
sqlite3.h store
libconfig.h config
libav media
libsw media
HOMES
  found 'an include must name its room' '^#include "[^/"]*"' "${ours[@]}"
}

# A key's secret may be sealed in the database (store/sealing.h): whatever reads
# or looks for it says gb_open(), gb_has() or gb_seal().
sealed()
{
  local file

  for file in fcgi/store/*.c; do
    [ "$file" != fcgi/store/migrations.c ] || continue
    # Texts that go on in the next line are one.
    sed -zE 's/"[[:space:]]*\n[[:space:]]*"//g' "$file" |
      sed -E 's/gb_open\([a-z.]*\)|gb_has\([a-z.]*, \?[0-9]+\)//g' |
      grep -E '"[^"]*((SELECT|RETURNING|[a-z]\.|,) *secret[ ,)"]|secret = \?)' |
      grep -v 'INSERT INTO keys (secret' |
      sed "s|^.*|$file:1: a secret must go through gb_open(), gb_has() or gb_seal()|"
  done
}

sizes()
{
  local file lines

  for file in "${files[@]}"; do
    case $file in
    *.[ch]|*.sh|*.mjs|*.js|*.css)
      lines=$(wc -l <"$file")
      [ "$lines" -le $FILE_LINES_MAX ] ||
        echo "$file:1: has $lines lines, at most $FILE_LINES_MAX are allowed" ;;
    esac
  done
  # In our layout a function is what stands between "{" and "}" in column 1.
  awk -v max=$FUNCTION_LINES_MAX '
    FNR == 1 { start = 0 }
    /^\{/ { start = FNR }
    /^\}/ { if (start && FNR - start > max)
              printf "%s:%d: a function of %d lines, at most %d are allowed\n",
                FILENAME, start, FNR - start, max
            start = 0 }' "${sources[@]}"
}

leftovers()
{
  local others

  mapfile -t others < <(printf '%s\n' "${files[@]}" |
    grep -v '^scripts/lint\.sh$')
  found 'unfinished business' '(^|[^A-Za-z])(TODO|FIXME|XXX)([^A-Za-z]|$)' "${others[@]}"
  found 'space at the end of the line' '[[:blank:]]+$' "${sources[@]}" "${shells[@]}"
  # Where this copy lies is nobody's business; short paths mean other things.
  case $root in
  /*/*) found 'names a path of this machine' \
          "${root//./\\.}(/|[^A-Za-z0-9_-]|\$)" "${others[@]}" ;;
  esac
  case ${HOME:-/} in
  /|'') ;;
  *) found 'names a path of this machine' \
       "(^|[^A-Za-z0-9_])${HOME//./\\.}/" "${others[@]}" ;;
  esac
  found "names a registry's host" '"resolved": *"http|registry\.npm' \
    "${others[@]}"
}

# Every setting of the table is in gbalance.cfg and in the README, and
# gbalance.cfg has no other.
settings()
{
  local name env table=fcgi/config/settings_table.c

  mapfile -t names < <(tr '\n' ' ' <$table |
    grep -oE '\{"[a-z_0-9]+",[[:blank:]]*"[A-Z_0-9]+"' | tr -d '{",')
  [ ${#names[@]} -gt 0 ] || echo "$table:1: no setting found"
  for name in "${names[@]}"; do
    env=${name##*[[:blank:]]}
    name=${name%%[[:blank:]]*}
    grep -sqE "^#?$name *=" gbalance.cfg ||
      echo "gbalance.cfg:1: the setting $name is missing"
    grep -sqE "(^|[^A-Z_])$env([^A-Z_]|\$)" README.md ||
      echo "README.md:1: the setting $env is missing"
  done
  sed -nE 's/^#?([a-z_0-9]+) *=.*/\1/p' gbalance.cfg | while read -r name; do
    printf '%s\n' "${names[@]}" | grep -qE "^$name[[:blank:]]" ||
      echo "gbalance.cfg:1: there is no setting $name"
  done
}

promises()
{
  local number

  for number in $promises; do
    printf '%s\n' "${files[@]}" | grep '^tests/' |
      xargs -d '\n' grep -liE "promise $number([^0-9]|\$)" | grep . >/dev/null ||
      echo "tests:1: no test cites promise $number"
  done
}

# Each row of tests/golden/rows.txt is cited by a case or a test, each citation
# names a row, and each case cites one.
golden_rows()
{
  local table=tests/golden/rows.txt rows cited file

  rows=$(sed -nE 's/^([0-9][^:]*): .*/\1/p' $table)
  [ -n "$rows" ] || echo "$table:1: no row found"
  cited=$({
    cat tests/golden/*/*/cites.txt
    grep -rhoE 'cites [0-9].*' --include='*.c' --include='*.test.mjs' \
      --exclude-dir=node_modules tests | sed -E 's/^cites //; s/ *\*\/$//'
  } | sort -u)
  echo "$rows" | sort | uniq -d | sed "s|.*|$table:1: is there twice: &|"
  comm -23 <(echo "$rows" | sort -u) <(echo "$cited") |
    sed "s|.*|$table:1: no case cites &|"
  comm -13 <(echo "$rows" | sort -u) <(echo "$cited") |
    sed "s|.*|$table:1: has no row that is cited as: &|"
  for file in tests/golden/*/*/; do
    [ -s "${file}cites.txt" ] ||
      echo "${file}cites.txt:1: must name the rows that the case covers"
  done
}

# The admin pages' texts: each language has the same keys, with the same places
# in their texts; templates and sources use no other, and all of them.
page_texts()
{
  local first=templates/strings.en file name used

  used=$({
    grep -ohE '\{\{_[A-Z0-9_]+' templates/*.html | sed 's/^{{_//'
    # What the doctor finds is said on a page, too.
    cat fcgi/admin/*.c fcgi/app/doctor*.c | tr '\n' ' ' | grep -oE \
      '(admin_(fail|say|text|write|content)|refuse|LINKED|doctor_find)\([^;{}]*"[A-Z0-9_]+"' |
      grep -oE '"[A-Z0-9]+_[A-Z0-9_]+"' | tr -d '"'
    # So is what is wrong with a setting, there and on the command line.
    # And why a key rests.
    grep -ohE 'WORDS\([A-Z_]+\)' fcgi/keys/verdict.c | sed 's/WORDS(/REASON_/; s/)//'
    grep -ohE '\bUNFIT_[A-Z]+(_[A-Z]+)*' fcgi/config/*.c | grep -v 'UNFIT_NONE$'
    # Each setting has a line about it.
    tr '\n' ' ' <fcgi/config/settings_table.c |
      grep -oE '\{"[a-z0-9_]+", *"[A-Z0-9_]+"' | tr -d '"' |
      sed 's/.* /SETTINGS_OF_/'
  } | sort -u)
  for file in templates/strings.*; do
    text_keys "$file" | sort | uniq -d |
      sed "s|.*|$file:1: is there twice: &|"
    comm -23 <(text_keys $first | sort -u) <(text_keys "$file" | sort -u) |
      sed "s|.*|$file:1: has no text for &|"
    comm -13 <(text_keys $first | sort -u) <(text_keys "$file" | sort -u) |
      sed "s|.*|$file:1: has a text that no other language has: &|"
    diff <(text_places $first) <(text_places "$file") |
      sed -nE "s|^> (.*)|$file:1: the places are others than in English: \\1|p"
  done
  # Who writes a fact of models that there is not is told all that there are.
  sed -nE 's/^ .*\{"([a-z_]+)", FACT_.*/\1/p' fcgi/dialect/models.c |
    while read -r name; do
      grep -LE "^UNFIT_FACTS_UNKNOWN = .*\b$name\b" templates/strings.* |
        sed "s|\$|:1: UNFIT_FACTS_UNKNOWN does not name $name|"
    done
  comm -13 <(text_keys $first | sort -u) <(echo "$used") |
    sed "s|.*|$first:1: has no text for &, which is used|"
  text_keys $first | while read -r key; do
    [ "$key" = LANGUAGE ] || echo "$used" | grep -qx "$key" ||
      grep -qsF "\"$key\"" fcgi/admin/*.c fcgi/app/doctor*.c ||
      echo "$first:1: nobody uses $key"
  done
}

text_keys()
{
  sed -nE 's/^([A-Z0-9_]+) = .*/\1/p' "$1"
}

# Each key with the places in its text.
text_places()
{
  grep -E '^[A-Z0-9_]+ = ' "$1" | sort |
    awk '{ key = $1; places = ""; rest = $0
           for (i = 1; i <= 9; i++)
             if (index(rest, "{" i "}")) places = places " " i
           print key places }'
}

# Each place of the README that it links to is one of its headings.
links()
{
  local place

  grep -oE '\]\(#[^)]*' README.md | sed 's/^](#//' | sort -u |
    while read -r place; do
      sed -nE 's/^#+ //p' README.md | tr '[:upper:] ' '[:lower:]-' |
        sed 's/[^a-z0-9_-]//g' | grep -qxF -e "$place" ||
        echo "README.md:1: links to #$place, which is no heading"
    done
}

shell_syntax()
{
  local file

  for file in "${shells[@]}"; do
    bash -n "$file" 2>&1
  done
}

main
