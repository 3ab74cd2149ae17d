#!/usr/bin/env bash
# Builds static/niivue.js.gz, the one file that is not written by hand, and collects the licenses of what is in it.
# Needs node, npm and a network; the result is committed, so that building slmsam needs neither.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund @niivue/niivue@0.69.0 esbuild@0.25.9
echo "export { Niivue, SLICE_TYPE, DRAG_MODE } from '@niivue/niivue'" >entry.js
npx esbuild entry.js --bundle --minify --format=esm --legal-comments=none --outfile=niivue.js
gzip -9 -n -c niivue.js >"$here/static/niivue.js.gz"
{
  cat "$here/niivue.LICENSE"
  for p in fflate gl-matrix nifti-reader-js numcodecs zarrita @zarrita/storage array-equal @lukeed/uuid @ungap/structured-clone; do
    printf '\n---- %s %s\n\n' "$p" "$(node -p "require('./node_modules/$p/package.json').version")"
    cat node_modules/"$p"/[Ll][Ii][Cc][Ee][Nn][Ss][Ee]*
  done
} >"$here/static/licenses.txt"
