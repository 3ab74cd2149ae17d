#!/usr/bin/env bash
# Takes the steps of the Dockerfile without Docker: builds, makes a plain Debian with debootstrap, installs what the image
# installs, unpacks the release archive as the README says, and runs the demo as an ordinary user. As root, on Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v debootstrap >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"

deploy/release/archive.sh linux "$(go env GOARCH)" "$dir"
packages=$(sed -n 's/.*--no-install-recommends \(.*\) \\$/\1/p' Dockerfile | tr ' ' ,)
debootstrap --variant=minbase --include="$packages" bookworm "$dir/root" ${MIRROR:-} >"$dir/log" 2>&1 || { tail "$dir/log"; exit 1; }
mkdir -p "$dir/root/data"
tar -xzf "$dir"/slmsam-linux-*.tar.gz -C "$dir/root/usr/local/bin" ./slmsam
chown 1000:1000 "$dir/root/data"
inside() { chroot --userspec=1000:1000 "$dir/root" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp sh -c "cd /data && $*"; }
inside slmsam version
inside slmsam demo --device cpu --quiet --json | grep -E '"(name|dsc)"'
inside slmsam propagate slmsam-demo/image.nii.gz --mask slmsam-demo/prompt.nii.gz -o labels.nii.gz --device cpu --quiet
[ -s "$dir/root/data/labels.nii.gz" ]
echo "plain Debian: $(du -sm "$dir/root" | cut -f1) MB with slmsam"
