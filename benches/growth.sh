#!/usr/bin/env bash
# How `septum build`, `diff` or `reach` grows with each size of a policy: the instructions of a size, twice and four
# times as much. What the second doubling adds is divided by what the first added, so that a fixed cost does not count:
# 2 is linear, 2.2 is n log n, 4 is quadratic. Exit code 1 where it is more than the bound. Needs valgrind.
#
#   benches/growth.sh [ROW]...
set -euo pipefail
cd "$(dirname "$0")/.."
. benches/count.sh

wanted=("$@")
rows=()
bounds=()

# row NAME BOUND SIZE SHAPE [OPTION VALUE]...: the value `@` is the size.
row() {
    local name=$1 bound=$2 size=$3 factor
    shift 3
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    rows+=("$name")
    bounds+=("$bound")
    for factor in 1 2 4; do
        workload "$name-$factor" "${@//@/$((factor * size))}"
    done
}

# Where a twelfth of the cost at the first size is quadratic and the rest linear, the growth is 2.4.
# The proof holds every ordered pair of a firewall's interfaces against its plan: that part is quadratic by its nature.
row networks 3.0 100 star --firewalls 4 --networks @ --services 100 --target nftables
row firewalls 2.4 20 star --firewalls @ --networks 160 --services 100 --target nftables
row ring 2.4 20 ring --firewalls @ --networks 40 --services 50 --target nftables
row services 2.4 100 star --firewalls 4 --networks 40 --services @ --target nftables
row hosts 2.4 500 one-service --hosts @ --ports 2 --target nftables
row devices 2.4 50 group --sites 1 --zones 10 --devices @ --services 40
row sites 2.4 2 group --sites @ --zones 10 --devices 5 --services 40
row zones 2.4 20 group --sites 1 --zones @ --devices 5 --services 40
row lines-nftables 2.4 100 terms --terms @ --target nftables
row flows-nftables 2.4 500 terms --members 1 --terms @ --target nftables
row services-cisco-ios 2.4 100 star --firewalls 4 --networks 40 --services @ --target cisco-ios
row lines-cisco-ios 2.4 100 terms --terms @ --target cisco-ios
row lines-fortigate 2.4 100 terms --terms @ --target fortigate
row diff-zones 2.4 20 group --sites 1 --zones @ --devices 5 --services 40
row diff-devices 2.4 50 group --sites 1 --zones 10 --devices @ --services 40
row diff-overlaps 2.4 250 overlaps --terms @ --target nftables
# The answer counts for each allow the denies that take some of it away, and here these are all of them: that part is
# quadratic by its nature.
row reach-denies 3.4 500 denies --terms @ --target nftables
[ ${#rows[@]} -gt 0 ] || {
    echo "no such row: $*" >&2
    exit 2
}

# The largest first keeps both processors busy to the end.
names=()
for factor in 4 2 1; do
    for name in "${rows[@]}"; do
        names+=("$name-$factor")
    done
done
counts "${names[@]}"

failed=0
printf '%-16s %13s %13s %13s %7s\n' size once twice 'four times' growth
for index in "${!rows[@]}"; do
    name=${rows[$index]}
    if ! cat "$scratch/$name-1.count" "$scratch/$name-2.count" "$scratch/$name-4.count" |
        awk -v name="$name" -v bound="${bounds[$index]}" '{ count[NR] = $1 }
            END {
                growth = (count[3] - count[2]) / (count[2] - count[1])
                printf "%-16s %13.0f %13.0f %13.0f %7.2f\n", name, count[1], count[2], count[3], growth
                exit growth > bound
            }'; then
        echo "$name: instructions grow by more than ${bounds[$index]} a doubling" >&2
        failed=1
    fi
done
exit "$failed"
