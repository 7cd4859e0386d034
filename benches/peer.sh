#!/usr/bin/env bash
# What Aerleon takes on this machine to write the `terms` workloads of `workloads.sh`, which Septum builds and proves:
# median CPU seconds, peak memory and lines. Minutes a run. Needs GNU time and python3; installs Aerleon from PyPI into a
# directory of its own.
#
#   benches/peer.sh [RUNS] [ROW]...
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-3}
shift || true
wanted=("$@")
. benches/rows.sh

python3 -m venv "$scratch/venv"
"$scratch/venv/bin/pip" install --quiet aerleon==1.18.0

measure() {
    local name=$1 policy=$2 peer=$scratch/peer results=$scratch/results
    rm -rf "$peer" "$results"
    python3 benches/peer/aerleon.py "$policy/policy.sept" "${name#terms-}" "$peer"
    for _ in $(seq "$runs"); do
        rm -rf "$peer/out"
        mkdir "$peer/out"
        /usr/bin/time -a -o "$results" -f '%U %S %e %M' "$scratch/venv/bin/aclgen" --base_directory "$peer/policies" \
            --definitions_directory "$peer/definitions" --output_directory "$peer/out" >/dev/null 2>"$peer/log" || {
            tail -n 3 "$peer/log" >&2
            return 1
        }
    done
    awk '{ print $1 + $2, $3, $4 / 1000 }' "$results" | sort -n |
        awk -v name="$name" -v lines="$(cat "$peer"/out/* | wc -l)" '{ cpu[NR] = $1; wall[NR] = $2; memory[NR] = $3 }
            END { m = int((NR + 1) / 2); printf "| %s | %.1f | %.1f | %.0f | %d |\n", name, cpu[m], wall[m], memory[m], lines }'
}

echo "| workload | CPU s | wall s | MB | lines |"
echo "|---|---|---|---|---|"
row terms-cisco-ios terms --terms 10000 --target cisco-ios
row terms-nftables terms --terms 10000 --target nftables
row terms-fortigate terms --terms 10000 --target fortigate
