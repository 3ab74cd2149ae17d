#!/usr/bin/env bash
# How the cost of a slice of tiny grows with resolution, frames in memory and objects: the table of docs/performance.md.
#
#	internal/peer/growth.sh SLMSAM        internal/peer/growth.sh ./slmsam
#
# One thread, processor seconds, so that it may run beside other programs; the CPU's peak memory is that of the process.
set -euo pipefail
slmsam=$1

# row prints a line of the table: what differs, then the flags that make it so.
row() {
  local name=$1
  shift
  "$slmsam" bench --model tiny --device cpu --threads 1 --json "$@" 2>/dev/null | awk -v name="$name" '
    /"name"/ {stage = $2; gsub(/[",]/, "", stage)}
    /"processor_seconds"/ {seconds[stage] = $2 + 0; sum += $2}
    /"gflop_per_slice"/ {gflop = $2 + 0}
    /"process_memory_bytes"/ {memory = $2 / 1e9}
    END {printf "| %s | %.1f | %.3f | %.3f | %.3f | %.3f | %.3f | %.2f GB |\n", name, gflop, seconds["image_encoder"], seconds["long_attention"],
      seconds["short_attention"], sum - seconds["image_encoder"] - seconds["long_attention"] - seconds["short_attention"], sum, memory}'
}

echo "| | GFLOP | image encoder | long attention | short attention | the rest | slice | memory |"
echo "|---|---|---|---|---|---|---|---|"
for side in 256 384 512 768 1024; do
  row "$side x $side" --resolution "$side" --slices 2
done
for frames in 1 3 5 7; do
  row "512, M$frames" --resolution 512 --memory "M$frames" --slices 4
done
for objects in 1 2 4 8 16; do
  row "512, objects: $objects" --resolution 512 --objects "$objects" --slices 2
done
