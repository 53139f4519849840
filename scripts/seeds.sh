#!/usr/bin/env bash
# seeds.sh: what the fuzz targets begin with, out of the golden cases, one file
# an input: build/seeds/TARGET/….
#
#   scripts/seeds.sh TARGET...  targets: fuzz_chat_request fuzz_reply ...
#
# A target of which nothing is known here begins with all golden files.
set -u
shopt -s nullglob

root=$(cd "$(dirname "$0")/.." && pwd) || exit 1
cd "$root/tests/golden" || exit 1

main()
{
  local target

  for target in "$@"; do
    seeds=$root/build/seeds/$target
    rm -rf "$seeds"
    mkdir -p "$seeds" || exit 1
    seeds_of "$target"
  done
}

# Each target's own files, in the form that it wants.
seeds_of()
{
  case $1 in
  fuzz_chat_request) choice_first chat_request/*/request.json ;;
  fuzz_*_request)   choice_last "${1#fuzz_}"/*/request.json ;;
  fuzz_embeddings)  as_they_are embeddings_*/*/*.json ;;
  fuzz_moderations) as_they_are moderations_*/*/*.json ;;
  fuzz_images)      as_they_are images_*/*/*.json
                    of_its_own images ;;
  fuzz_import)      imports ;;
  fuzz_multipart)   of_its_own multipart ;;
  fuzz_native_edit) choice_first *_request/*/gemini.json ;;
  fuzz_reply)       as_they_are *_reply/*/gemini.json
                    as_events *_reply/*/gemini.sse ;;
  fuzz_pacing)      events_apart *_reply/*/gemini.sse ;;
  fuzz_sse_reader)  with_number *_reply/*/gemini.sse ;;
  fuzz_template)    of_its_own template ;;
  fuzz_schema)      as_they_are *_request/*/request.json ;;
  fuzz_form)        forms ;;
  fuzz_transcription)
                    as_they_are transcription_*/*/*.json transcription_*/*/*.sse
                    as_forms transcription_request/*/form.json ;;
  *)                as_they_are */*/*.json */*/*.sse ;;
  esac
}

# Of each kind one that has it all.
imports()
{
  printf 'e# x\nexport A="b\\n" # c\nB='\''[\n"x"]'\''\nC=${A}\n' \
    >"$seeds/env"
  printf 'sgb1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' >"$seeds/sealed"
  printf '%s' 'x{"gbalance_export": 1, "keys": [{"key":' \
    '"AIzaSyFake-key-number-one-000000000aaaa", "pool": "vertex",' \
    '"disabled_by": "person", "reason": "x", "created_at": 1}],' \
    '"tokens": [{"name": "a", "sha256": "0123456789abcdef0123456789abcdef' \
    '0123456789abcdef0123456789abcdef"}],' \
    '"settings": [{"name": "a", "value": [{"b": 1.5}]}]}' >"$seeds/export"
}

# What browsers send.
forms()
{
  local form n=0

  for form in 'auth_token=gb-abc&next=admin%2Fkeys%3Fstate%3D1' \
      'csrf=0123&id=1&id=2&id=3&note=line%0D%0Atab%09' \
      'q=%E5%AF%86%E9%92%A5+a%2Bb&after=7&=&&x' 'a=%C0%AF&b=%00&c=%'; do
    printf '%s' "$form" >"$seeds/form-$((n++))"
  done
}

as_they_are()
{
  local file

  for file in "$@"; do
    cp "$file" "$seeds/${file//\//-}"
  done
}

# Fields of a form, [{"name":…,"value":…},…], with the boundary that the target
# knows; every one of them a file, too.
as_forms()
{
  local file

  for file in "$@"; do
    tr -d '\n' <"$file" | grep -oE '"name": "[^"]*"|"value": "[^"]*"' |
      sed -E 's/^"name": "(.*)"$/--BB\r\nContent-Disposition: form-data; name="\1"; filename="a.wav"\r\n\r/; s/^"value": "(.*)"$/\1\r/' \
      >"$seeds/form-${file//\//-}"
    printf -- '--BB--\r\n' >>"$seeds/form-${file//\//-}"
  done
}

# What no golden case has: tests/fuzz/corpus/NAME.
of_its_own()
{
  cp ../fuzz/corpus/"$1"/* "$seeds"
}

# Without the "data: " of each event, as the reader behind the stream has it.
as_events()
{
  local file

  for file in "$@"; do
    sed 's/^data: //; s/\r$//' "$file" >"$seeds/${file//\//-}"
  done
}

# Each event by itself, with two bytes that choose how it is framed and paced.
events_apart()
{
  local file line byte n=0

  for file in "$@"; do
    while read -r line; do
      printf -v byte '\\x%x' $((n++ * 37 % 256))
      printf "$byte$byte%s" "${line%$'\r'}" \
        >"$seeds/$n-${file//\//-}"
    done < <(sed -n 's/^data: //p' "$file")
  done
}

# A byte chooses the model and settings: each time the same one, but another
# one for the next case.
choice_first()
{
  local file byte n=0

  for file in "$@"; do
    printf -v byte '\\x%x' $((n++ * 37 % 256))
    { printf "$byte"; cat "$file"; } >"$seeds/${file//\//-}"
  done
}

choice_last()
{
  local file byte n=0

  for file in "$@"; do
    printf -v byte '\\x%x' $((n++ * 37 % 256))
    { cat "$file"; printf "$byte"; } >"$seeds/${file//\//-}"
  done
}

# Four bytes from which the target makes its pieces.
with_number()
{
  local file

  for file in "$@"; do
    { printf 'seed'; cat "$file"; } >"$seeds/${file//\//-}"
  done
}

main "$@"
