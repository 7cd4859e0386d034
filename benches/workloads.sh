#!/usr/bin/env bash
# What `septum build` takes on workloads of a given size: median CPU seconds and peak memory of some runs, checks and
# proof included. Needs GNU time.
#
#   benches/workloads.sh [RUNS] [ROW]...
#   benches/workloads.sh --stages [ROW]...   instead the share and the memory of each stage, once and on one thread
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-5}
shift || true
stages=()
if [ "$runs" = --stages ]; then
    stages=(cargo bench --locked --quiet --bench stages -- --shares)
fi
wanted=("$@")
. benches/rows.sh

measure() {
    local name=$1 policy=$2 results=$scratch/results
    rm -f "$results"
    if [ ${#stages[@]} -gt 0 ]; then
        SEPTUM_BENCH_POLICY=$policy "${stages[@]}" "$name" || echo "| $name | refused | |"
        return 0
    fi
    for _ in $(seq "$runs"); do
        rm -rf "$scratch/out"
        /usr/bin/time -a -o "$results" -f '%U %S %e %M' \
            target/release/septum build "$policy" -o "$scratch/out" >/dev/null 2>&1 || {
            echo "| $name | refused | | |"
            return 0
        }
    done
    awk '{ print $1 + $2, $3, $4 / 1000 }' "$results" | sort -n |
        awk -v name="$name" '{ cpu[NR] = $1; wall[NR] = $2; memory[NR] = $3 }
            END { m = int((NR + 1) / 2); printf "| %s | %.2f | %.2f | %.0f |\n", name, cpu[m], wall[m], memory[m] }'
}

if [ ${#stages[@]} -gt 0 ]; then
    "${stages[@]}"
else
    echo "| workload | CPU s | wall s | MB |"
    echo "|---|---|---|---|"
fi
row star-10 star --firewalls 10 --networks 100 --services 1000 --target nftables
row star-50 star --firewalls 50 --networks 1000 --services 10000 --target nftables
row star-200 star --firewalls 200 --networks 5000 --services 50000 --target nftables
row star-500 star --firewalls 500 --networks 10000 --services 100000 --target nftables
row star-10-cisco-ios star --firewalls 10 --networks 100 --services 1000 --target cisco-ios
row star-50-cisco-ios star --firewalls 50 --networks 1000 --services 10000 --target cisco-ios
row one-service one-service --hosts 1000 --ports 10 --target nftables
row grid-5x5 grid --firewalls 25 --networks 100 --services 100 --target nftables
row grid-6x6 grid --firewalls 36 --networks 100 --services 100 --target nftables
row grid-10x10 grid --firewalls 100 --networks 100 --services 100 --target nftables
row dual-core dual-core --firewalls 100 --networks 100 --services 1000 --target nftables
row dual-core-cisco-ios dual-core --firewalls 100 --networks 100 --services 1000 --target cisco-ios
row terms-cisco-ios terms --terms 10000 --target cisco-ios
row terms-nftables terms --terms 10000 --target nftables
row terms-fortigate terms --terms 10000 --target fortigate
row hospital-group group --sites 15
