#!/usr/bin/env bash
# Checks job.yaml against the Kubernetes API's types. No cluster is started.
set -euo pipefail
cd "$(dirname "$0")/validate"
go test -count=1 ./...
