#!/usr/bin/env bash
# Measures what docs/scale.md shows: VOLUMES small volumes in 1, 2 and 4 parts on this machine, one thread each.
# Prints one line for each part: parts, part, cases, slices, seconds, of them for starting up, CPU seconds, bytes of the
# process at its largest. Wants slmsam, jq and GNU time.
#
#   VOLUMES=200 FLAGS="--resolution 128" internal/scale/measure.sh /tmp/scale > scale.tsv
set -euo pipefail
cd "$(dirname "$0")/../.."
dir=${1:?the folder for data and results}
volumes=${VOLUMES:-200}

mkdir -p "$dir"
go build -o "$dir/slmsam" ./cmd/slmsam
[ -d "$dir/data" ] || go run ./internal/madeup -n "$volumes" -o "$dir/data"
for parts in ${PARTS:-1 2 4}; do
  rm -rf "$dir/out"
  pids=()
  for ((id = 0; id < parts; id++)); do
    /usr/bin/time -f '%U %S' -o "$dir/time-$parts-$id" \
      "$dir/slmsam" batch "$dir/data" -o "$dir/out" --device cpu --threads 1 --num-parts "$parts" --part-id "$id" --json --quiet ${FLAGS:-} \
      >"$dir/part-$parts-$id.json" 2>"$dir/part-$parts-$id.log" &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid"; done
  for ((id = 0; id < parts; id++)); do
    cpu=$(awk '{print $1 + $2}' "$dir/time-$parts-$id")
    jq -r --arg parts "$parts" --arg cpu "$cpu" \
      '[$parts, .part, .cases, .slices, .seconds, .startup_seconds, $cpu, .peak_process_bytes] | @tsv' "$dir/part-$parts-$id.json"
  done
done
