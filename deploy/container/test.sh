#!/usr/bin/env bash
# Takes the steps of the Dockerfile without Docker, in two fresh Debians made with debootstrap: one builds slmsam as the
# image's first stage does, the other installs what the second stage installs and gets that binary. Then, in the second one,
# an ordinary user types the README's install line (with the archive that deploy/release/archive.sh builds here in place of
# the published one) and runs the demo. As root, on Debian.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v debootstrap >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap >/dev/null
fi
dir=$(mktemp -d)
trap 'chmod -R u+w "$dir"; rm -rf "$dir"' EXIT
chmod 755 "$dir"
debian() { # debian ROOT PACKAGES: a Debian 12 with nothing but its essential packages and these
  debootstrap --variant=minbase --include="$2" bookworm "$1" ${MIRROR:-} >"$dir/log" 2>&1 || { tail "$dir/log"; exit 1; }
}

# First stage: this machine's Go stands in for the golang image, and its module cache for the module proxy.
debian "$dir/build" gcc,libc6-dev,ca-certificates,git
cp -a "$(go env GOROOT)" "$dir/build/usr/local/go"
go mod download
mkdir -p "$dir/build/src" "$dir/build/proxy"
cp -a "$(go env GOMODCACHE)/cache/download/." "$dir/build/proxy"
git ls-files -z | tar -c --null -T - | tar -x -C "$dir/build/src"
grep '^RUN go ' Dockerfile | sed 's/^RUN //' >"$dir/build/steps"
[ "$(wc -l <"$dir/build/steps")" = 2 ] || { echo "the Dockerfile's build steps have changed: change this script too"; exit 1; }
chroot "$dir/build" env -i HOME=/root PATH=/usr/local/go/bin:/usr/bin:/bin GOROOT=/usr/local/go GOTOOLCHAIN=local \
  GOPROXY=file:///proxy GONOSUMDB='*' GOFLAGS=-buildvcs=false sh -ec 'cd /src && . /steps'

# Second stage, with curl added for the README's line.
packages=$(sed -n 's/.*--no-install-recommends \(.*\) \\$/\1/p' Dockerfile | tr ' ' ,)
debian "$dir/root" "$packages,curl"
cp "$dir/build/slmsam" "$dir/root/usr/local/bin"
mkdir -p "$dir/root/data"
chown 1000:1000 "$dir/root/data"
inside() { chroot --userspec=1000:1000 "$dir/root" env -i PATH=/usr/local/bin:/usr/bin:/bin HOME=/tmp sh -ec "cd /data && $*"; }
inside slmsam version
inside slmsam demo --device cpu --quiet --json | grep -E '"(name|dsc)"'
inside slmsam propagate slmsam-demo/image.nii.gz --mask slmsam-demo/prompt.nii.gz -o labels.nii.gz --device cpu --quiet
[ -s "$dir/root/data/labels.nii.gz" ]

# The README's line.
deploy/release/archive.sh linux amd64 "$dir/root/release"
line=$(grep -m1 '^curl .*slmsam-linux-amd64' README.md | sed 's|https://[^ ]*/download/|file:///release/|')
echo "+ $line"
inside "rm -rf slmsam-demo && $line"
[ -s "$dir/root/data/slmsam-demo/montage.png" ] || { ls "$dir/root/data/slmsam-demo"; exit 1; }
echo "plain Debian: the Dockerfile's steps, the README's install line, and the demo"
