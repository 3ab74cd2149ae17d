#!/usr/bin/env bash
# Builds slmsam for one platform and packs it with its license, manual pages and completions.
#
#   deploy/release/archive.sh linux amd64 dist
#
# With a C compiler for the platform the program has its GPU backend; set CGO_ENABLED=0 for one that computes on the CPU
# only. The archive's name has no version in it, so that a link to the latest release stays good.
set -euo pipefail
cd "$(dirname "$0")/../.."
os=${1:?the system: linux, darwin or windows} arch=${2:?the processor: amd64 or arm64} out=${3:?the folder for the archive}

mkdir -p "$out"
out=$(cd "$out" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
name=slmsam
[ "$os" = windows ] && name=slmsam.exe
GOOS=$os GOARCH=$arch go build -trimpath -ldflags=-s -o "$dir/$name" ./cmd/slmsam
cp LICENSE README.md CHANGELOG.md "$dir"

# Manual pages and completions are the same everywhere: a program for this machine writes them.
go build -o "$dir/host" ./cmd/slmsam
"$dir/host" man "$dir/man1"
mkdir "$dir/completions"
for shell in bash zsh fish powershell; do "$dir/host" completion $shell >"$dir/completions/slmsam.$shell"; done
rm "$dir/host"

if [ "$os" = windows ]; then
  (cd "$dir" && { command -v zip >/dev/null && zip -qr "$out/slmsam-$os-$arch.zip" . || 7z a -bd -tzip "$out/slmsam-$os-$arch.zip" . >/dev/null; })
else
  tar -C "$dir" -czf "$out/slmsam-$os-$arch.tar.gz" .
fi
