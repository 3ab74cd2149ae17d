#!/usr/bin/env bash
# Runs batch.sbatch on a Slurm cluster of one node that this script starts from Debian's packages (slurmctld, slurmd,
# munge), with its configuration and state in a temporary folder. As root, because slurmd must be; installs the packages
# if they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v slurmctld >/dev/null || ! command -v slurmd >/dev/null || ! command -v munged >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge >/dev/null
fi

dir=$(mktemp -d)
stop() {
  for pid in "$dir"/*.pid; do [ -s "$pid" ] && kill "$(cat "$pid")" 2>/dev/null; done
  sleep 1
  rm -rf "$dir"
}
trap stop EXIT
chmod 755 "$dir"
mkdir "$dir/state" "$dir/spool" "$dir/munge"

# The daemons.
dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 status=none
chmod 700 "$dir/munge" && chmod 400 "$dir/munge/key"
munged --force --key-file="$dir/munge/key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
  --log-file="$dir/munge/log" --seed-file="$dir/munge/seed"
node=$(hostname -s)
cat >"$dir/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$dir/slurm.conf
slurmctld -c
slurmd -c
for _ in $(seq 30); do
  [ "$(sinfo -h -o %t 2>/dev/null)" = idle ] && break
  sleep 1
done
[ "$(sinfo -h -o %t)" = idle ] || { echo "the node did not become idle:"; sinfo; tail -5 "$dir"/slurm*.log; exit 1; }

# The work: six volumes in two tasks of one core each.
go build -o "$dir/slmsam" ./cmd/slmsam
go run ./internal/madeup -n 6 -side 48 -slices 8 -o "$dir/data"
export SLMSAM=$dir/slmsam DATASET=$dir/data SLMSAM_FLAGS="--device cpu --quiet --montages=false"
submit() { OUT=$1 sbatch --parsable --array=0-1 --gres=none --cpus-per-task=1 --mem=0 --output="$dir/log-%A_%a" "${@:2}" deploy/slurm/batch.sbatch; }
status() { "$SLMSAM" batch "$DATASET" -o "$1" --status --json | grep -E "\"$2\"" | tr -dc 0-9; }

submit "$dir/whole" --wait >"$dir/job"
cat "$dir"/log-*
[ "$(status "$dir/whole" done)" = 6 ] || { echo "not all is done"; exit 1; }
[ "$(ls "$dir"/whole/manifest/part-*-of-0002.jsonl | wc -l)" = 2 ] || { echo "want two parts"; exit 1; }

# Another array is killed after its first result and submitted again.
job=$(submit "$dir/killed")
until ls "$dir"/killed/*.nii.gz >/dev/null 2>&1; do sleep 0.1; done
scancel --signal=KILL --full "$job"
while squeue -h -j "$job" 2>/dev/null | grep -q .; do sleep 0.2; done
echo "killed with $(status "$dir/killed" done) of 6 done"
submit "$dir/killed" --wait >/dev/null
[ "$(status "$dir/killed" done)" = 6 ] || { echo "not all is done after the second try"; cat "$dir"/log-*; exit 1; }
diff -r -x manifest -x report.html "$dir/whole" "$dir/killed"
echo "Slurm $(slurmctld -V | cut -d' ' -f2): an array of two tasks, and one that was killed and submitted again: the same results"
