#!/usr/bin/env bash
# The paper's protocol, small: M7 (SAM 2's memory) and M7+R1 (SLM-SAM 2's), fine-tuned on 1 and on up to 5 volumes of six
# tasks and tested on others: the tables of docs/finetuning.md.
#
#	internal/finetuning/protocol.sh OUT [SEEDS]         internal/finetuning/protocol.sh runs/protocol 1,2,3
#
# The built-in model finds masks without its network, so memories mean nothing to it. This compares them in the network:
# without prior and short memory it has the form of a SAM 2, and from there one twin with each memory learns to use it, with
# the same clips and steps (docs/finetuning/twins.json). The twins are the start weights. An interrupted run goes on where it
# stopped; what is done for a seed is not done again when seeds are added. The data are those of docs/finetuning/*.csv.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=$1 seeds=${2:-1}
mkdir -p "$out"
go build -o "$out/slmsam" ./cmd/slmsam
start=$out/start.safetensors
[ -e "$start" ] || go run ./internal/nano/graft -off -long nano "$start"

for memory in M7 M7+R1; do
  twin=$out/starts/$memory
  if [ ! -e "$twin/done" ]; then
    if [ -e "$twin/state.safetensors" ]; then how=(--resume); else
      how=(--init "$start" --resolution 128 --recipe docs/finetuning/twins.json --memory "$memory")
    fi
    "$out/slmsam" train docs/nano/train.csv --mix-generated 0.5 --val docs/nano/val.csv "${how[@]}" --device cpu -o "$twin"
    touch "$twin/done"
  fi
done

"$out/slmsam" ablate docs/finetuning/{hippocampus,prostate-mr,prostate-us,heart,head-and-neck,sarcoma}.csv \
  --init-for "M7=$out/starts/M7/last.safetensors" --init-for "M7+R1=$out/starts/M7+R1/last.safetensors" \
  --memories M7,M7+R1 --volumes 0,1,5 --train @docs/finetuning/training.txt --test 6 --recipe docs/finetuning/protocol.json \
  --prompt exclude --seeds "$seeds" --device cpu -o "$out/ablation"
