#!/usr/bin/env bash
# Trains the built-in model, or its twin without a short memory bank, from fresh weights (docs/nano.md):
#
#	internal/nano/train.sh [MEMORY] [FOLDER]        internal/nano/train.sh M7+R1 runs/nano; internal/nano/train.sh M7 runs/nano-M7
#
# Eight stages, each from the last one's weights, about 168 minutes on one core. The clips are so small that a second
# core gains nothing: give it to the twin. Then the score of presence is moved by what was best on the real validation
# volumes, the prior is put before the network, which is left to find what clicks mean, and the refiner that corrects the
# prior is trained, 100 minutes on two cores. The result is FOLDER/nano.safetensors, in half precision. (What speaks for
# presence starts with constants of the program, fitted by go run ./internal/nano/evidence docs/nano/fit.csv.)
set -euo pipefail
cd "$(dirname "$0")/../.."
memory=${1:-M7+R1}
out=${2:-runs/nano-$memory}
mkdir -p "$out"
go build -o "$out/slmsam" ./cmd/slmsam

export GOMAXPROCS=1 GOGC=off GOMEMLIMIT=4GiB # collect garbage only near the limit
init=fresh
for stage in 1 2 3 4 5 6 7 8; do
  case $stage in 5 | 8) side=256 ;; *) side=128 ;; esac
  "$out/slmsam" train docs/nano/train.csv --mix-generated 0.5 --val docs/nano/val.csv --init "$init" --model nano \
    --resolution $side --recipe docs/nano/$stage.json --memory "$memory" --device cpu -o "$out/$stage"
  init=$out/$stage/last.safetensors
done
go run ./internal/nano/calibrate "$init" "$out/calibrated.safetensors" -1
go run ./internal/nano/graft -alone "$out/calibrated.safetensors" "$out/prior.safetensors"
unset GOMAXPROCS
"$out/slmsam" train docs/nano/refine.csv --mix-regions 0.15 --mix-generated 0.2 --val docs/nano/choose.csv --init "$out/prior.safetensors" \
  --resolution 128 --recipe docs/nano/refine.json --device cpu -o "$out/refiner"
go run ./internal/nano/graft -alone -prior "$out/refiner/best.safetensors" "$out/calibrated.safetensors" "$out/prior.safetensors"
"$out/slmsam" convert "$out/prior.safetensors" "$out/nano.safetensors" --dtype f16 --force
