#!/usr/bin/env bash
# Runs main.nf with Nextflow 23.10, the last release whose parts are all on Maven Central, unless NEXTFLOW names a program.
# Needs Java 11 to 21 and Maven, and installs Debian's if they are missing (as root).
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ -z "${NEXTFLOW:-}" ]; then
  if ! command -v mvn >/dev/null || ! command -v java >/dev/null; then
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends maven default-jre-headless >/dev/null
  fi
  cat >"$dir/pom.xml" <<'POM'
<project>
  <modelVersion>4.0.0</modelVersion><groupId>test</groupId><artifactId>test</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.nextflow</groupId><artifactId>nextflow</artifactId><version>23.10.1</version></dependency>
  </dependencies>
</project>
POM
  mvn -q -B -f "$dir/pom.xml" dependency:copy-dependencies -DoutputDirectory="$dir/lib"
  opens=()
  for package in java.lang java.io java.net java.nio java.util java.util.concurrent.locks java.util.concurrent.atomic java.util.regex \
    sun.nio.ch sun.nio.fs sun.net.www.protocol.http sun.net.www.protocol.https sun.net.www.protocol.ftp sun.net.www.protocol.file \
    jdk.internal.misc jdk.internal.vm; do opens+=("--add-opens=java.base/$package=ALL-UNNAMED"); done
  NEXTFLOW=$dir/nextflow
  printf '#!/bin/sh\nexec java %s -cp "%s/lib/*" nextflow.cli.Launcher "$@"\n' "${opens[*]}" "$dir" >"$NEXTFLOW"
  chmod +x "$NEXTFLOW"
fi
export NXF_HOME=$dir/home NXF_OFFLINE=true NXF_PLUGINS_DEFAULT=false NXF_ANSI_LOG=false
go build -o "$dir/slmsam" ./cmd/slmsam
go run ./internal/madeup -n 6 -side 48 -slices 8 -o "$dir/my data" # a path with a space

run() {
  (cd "$dir" && "$NEXTFLOW" -q run "$here/deploy/nextflow/main.nf" -resume --dataset "$dir/my data" --out "$dir/out" --parts 3 --threads 1 \
    --memory '1 GB' --flags '--device cpu --montages=false' --slmsam "$dir/slmsam")
}
# A damaged image fails its part twice, and with it the workflow. Once it is mended, the same command does what is left.
image="$dir/my data/imagesTs/case_0004_0000.nii.gz"
mv "$image" "$dir/away"
echo damaged >"$image"
if run >"$dir/log" 2>&1; then cat "$dir/log"; echo "a failed case must fail the workflow"; exit 1; fi
mv "$dir/away" "$image"
run >"$dir/log" 2>&1 || { cat "$dir/log"; exit 1; }
grep -q '6 done, 0 failed, 0 left' "$dir/log" || { cat "$dir/log"; exit 1; }
echo "Nextflow $("$NEXTFLOW" -v | awk '{print $3}'): three parts; one that failed was done by the second run"
