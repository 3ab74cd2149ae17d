#!/usr/bin/env bash
# Fine-tunes the built-in model, or the weights START, on 1 and on up to 5 volumes of each task, and measures it before and
# after on the task's other volumes: the tables of docs/finetuning.md.
#
#	internal/finetuning/measure.sh DATA TIME OUT [START]        internal/finetuning/measure.sh ../shared/data 6m /tmp/finetuning
#
# SEEDS="1 2 3" repeats every training, and FEW=1 leaves out those on more than one volume.
#
# DATA holds SOURCE/CASE/image.nii.gz and label.nii.gz; the tasks are those of internal/finetuning/tasks.txt, a line
# each: name, training cases (in order), ":", test cases. TIME is the budget of a training on three volumes or more; with
# fewer, the default. Each object's true outline on its central slice is the prompt, and does not count.
set -euo pipefail
data=$(realpath "$1") time=$2 out=$3 start=${4:-nano}
if [[ -f $start ]]; then start=$(realpath "$start"); fi
mkdir -p "$out"
out=$(realpath "$out")
cd "$(dirname "$0")/../.."
go build -o "$out/slmsam" ./cmd/slmsam
go build -o "$out/loop" ./internal/loop

# score prints the row of one outline: whole volume and in range.
score() { "$out/loop" -data "$data" -cases "$1" -checkpoint "$2" -rounds 1 -o "$out/rows.csv" 2>/dev/null | awk -F'|' '$2 ~ /^ 1 $/ {print $3 "|" $4}'; }

echo "| task | volumes | seed | whole, before | in range, before | whole, after | in range, after |"
echo "|---|---|---|---|---|---|---|"
while read -r task rest; do
  read -r -a train <<<"${rest%%:*}"
  tr ' ' '\n' <<<"${rest##*:}" | sed '/^$/d' >"$out/$task.txt"
  before=$(score "$out/$task.txt" "$start")
  for n in $(printf "%s\n" 1 "${#train[@]}" | sort -un); do
    if [[ -n ${FEW:-} ]] && ((n > 1)); then continue; fi
    run=$out/$task-$n
    {
      echo image,label,name
      for c in "${train[@]:0:n}"; do echo "$data/$c/image.nii.gz,$data/$c/label.nii.gz,$c"; done
    } >"$run.csv"
    budget=(--time "$time")
    if ((n < 3)); then budget=(); fi
    for seed in ${SEEDS:-123}; do
      "$out/slmsam" train "$run.csv" --init "$start" "${budget[@]}" --seed "$seed" -o "$run-$seed" --device cpu >"$run-$seed.log" 2>&1
      echo "| $task | $n | $seed |$before|$(score "$out/$task.txt" "$run-$seed/best.safetensors")|"
    done
  done
done <internal/finetuning/tasks.txt
