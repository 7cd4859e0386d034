#!/usr/bin/env bash
# How much configuration `septum build` writes on workloads of a given size.
#
# *lines* are those that a device takes, without comments; *entries* what it matches by: elements and rules of
# nftables, entries of IOS access lists, policies of FortiOS; *at least* is one for each rule of the policy and device
# that enforces it, which no configuration can do without unless it writes rules together.
#
#   benches/size.sh [ROW]...
set -euo pipefail
cd "$(dirname "$0")/.."

wanted=("$@")
. benches/rows.sh

measure() {
    local name=$1 policy=$2
    rm -rf "$scratch/out"
    target/release/septum build "$policy" -o "$scratch/out" >/dev/null 2>&1 || {
        echo "| $name | refused | | |"
        return 0
    }
    local lines entries least
    lines=$(find "$scratch/out" -name '*.nft' -o -name '*.ios' -o -name '*.fortios' | xargs cat |
        grep -cvE '^\s*([#!]|$)')
    # `rules` are those of the policy, but on nftables those that are written.
    entries=$(awk '/"platform"/ { nft = /nftables/ }
        /"(elements|acl-entries|policies)": / || (nft && /"rules": /) { sum += $2 }
        END { print sum + 0 }' "$scratch/out/manifest.json")
    least=$(awk '/^  "/ { file = $1 } match($0, /"rule":"[^"]*"/) { print file, substr($0, RSTART, RLENGTH) }' \
        "$scratch/out/source-map.json" | sort -u | wc -l)
    echo "| $name | $lines | $entries | $least |"
}

echo "| workload | lines | entries | at least |"
echo "|---|---|---|---|"
for target in nftables cisco-ios; do
    row "star-10-$target" star --firewalls 10 --networks 100 --services 1000 --target "$target"
    row "star-50-$target" star --firewalls 50 --networks 1000 --services 10000 --target "$target"
    row "dual-core-$target" dual-core --firewalls 100 --networks 100 --services 1000 --target "$target"
done
for target in nftables cisco-ios fortigate; do
    row "terms-$target" terms --terms 10000 --target "$target"
done
row grid-5x5-nftables grid --firewalls 25 --networks 100 --services 100 --target nftables
row hospital-group group --sites 15
