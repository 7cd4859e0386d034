#!/usr/bin/env bash
# Every benchmark, one after the other: stages, packet engines, whole builds with the share of each stage, instruction
# counts and growth. Takes some tens of minutes and wants a machine that does nothing else. Needs GNU time and valgrind.
#
#   benches/run.sh [RUNS]   RUNS of each whole build, 5 unless told
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

step cargo bench --locked --bench stages --bench packet
step benches/workloads.sh "${1:-5}"
step benches/workloads.sh --stages
step benches/instructions.sh
step benches/growth.sh
