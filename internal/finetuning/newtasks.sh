#!/usr/bin/env bash
# Measures what fine-tuning gains on tasks that the built-in model has not seen (docs/finetuning.md): trains its refiner again,
# from nothing and without the sources of the tasks (docs/nano/new-tasks.csv), and fine-tunes that instead.
#
#	internal/finetuning/newtasks.sh DATA TIME OUT        internal/finetuning/newtasks.sh ../shared/data 10m /tmp/newtasks
#
# DATA, TIME and OUT are those of measure.sh. The refiner takes 2,045 steps, 36 to 55 minutes on two cores, and the rest about 80.
set -euo pipefail
data=$(realpath "$1") time=$2
mkdir -p "$3"
out=$(realpath "$3")
cd "$(dirname "$0")/../.."
go run ./internal/nano/graft -off nano "$out/network.safetensors"
go run ./internal/nano/graft -alone "$out/network.safetensors" "$out/fresh.safetensors"
go run ./cmd/slmsam train docs/nano/new-tasks.csv --mix-regions 0.15 --mix-generated 0.2 --hold-out none \
  --init "$out/fresh.safetensors" --resolution 128 --recipe docs/nano/new-tasks.json --device cpu -o "$out/start"
internal/finetuning/measure.sh "$data" "$time" "$out" "$out/start/average.safetensors"
