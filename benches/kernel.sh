#!/usr/bin/env bash
# What the first packet of a flow costs a Linux router: through the ruleset that `septum build` emits, through the same
# policy as a list of nftables rules, through chains as Aerleon writes them, and through connection tracking alone.
# Needs root, nft, iproute2 and Python 3. kernel/measure.py says how it measures.
#
#   benches/kernel.sh [ROUNDS] [RULES]...
#   WORKLOADS="networks structures" PATIENCE=600 benches/kernel.sh 15 1000 10000
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-15}
shift || true
[ $# -gt 0 ] || set -- 1000 10000 100000
wanted=${WORKLOADS:-zones networks groups structures}
# Seconds within which a ruleset must load.
patience=${PATIENCE:-120}

cargo build --release --locked --quiet
cargo build --release --locked --quiet --example workload
scratch=$(mktemp -d)
router=septum-$$-router
ends=septum-$$-ends
trap 'ip netns del $router 2>/dev/null; ip netns del $ends 2>/dev/null; rm -rf "$scratch"' EXIT

# Two namespaces, joined by a link for each interface of the device. What leaves the router is dropped at the far end.
topology() {
    local number=0 name prefixes prefix gateway far=() hex
    ip netns add "$router"
    ip netns add "$ends"
    for namespace in "$router" "$ends"; do
        ip netns exec "$namespace" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
            echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter; echo 0 >/proc/sys/net/ipv4/conf/default/rp_filter
            echo 1 >/proc/sys/net/ipv4/ip_forward'
    done
    : >"$scratch/links.ip"
    : >"$scratch/ends.ip"
    echo "link set lo up" >"$scratch/router.ip"
    while read -r name prefixes; do
        hex=$(printf '%02x:%02x' $((number >> 8)) $((number & 255)))
        gateway=192.0.$((number >> 8)).$((number & 255))
        echo "link add $name address 02:00:00:00:$hex netns $router type veth" \
            "peer name far$number address 02:01:00:00:$hex netns $ends" >>"$scratch/links.ip"
        echo "link set far$number arp off up" >>"$scratch/ends.ip"
        echo "link set $name up" >>"$scratch/router.ip"
        echo "neigh add $gateway lladdr 02:01:00:00:$hex dev $name nud permanent" >>"$scratch/router.ip"
        for prefix in $prefixes; do
            echo "route add $prefix via $gateway dev $name onlink" >>"$scratch/router.ip"
        done
        far+=("far$number")
        number=$((number + 1))
    done <"$scratch/links"
    ip -batch "$scratch/links.ip"
    ip -n "$ends" -batch "$scratch/ends.ip"
    ip -n "$router" -batch "$scratch/router.ip"
    local devices
    devices=$(IFS=,; echo "${far[*]}")
    ip netns exec "$ends" nft "table netdev sink { chain sink {
        type filter hook ingress devices = { $devices } priority 0; policy drop; }; }"
}

# Loads a ruleset and puts it to sleep.
load() {
    local table
    table=$(sed -nE 's/^(add )?table (\w+ \w+).*/\2/p' "$scratch/$1.nft" | head -1)
    # Killed for certain: a limit of CPU time is only looked at between system calls, and loading is one.
    timeout -s KILL "$patience" ip netns exec "$router" nft -f "$scratch/$1.nft" 2>/dev/null &&
        ip netns exec "$router" nft "table $table { flags dormant; }"
}

# One row a variant of what lies in the scratch directory. Arguments: rules, name of the workload, variants.
rows() {
    local rules=$1 workload=$2 loaded=() variant
    shift 2
    topology
    for variant; do
        if load "$variant"; then
            loaded+=("$variant")
        else
            echo "| $rules | $workload | $variant | not loaded in $patience s | | |"
        fi
    done
    ip netns exec "$ends" python3 benches/kernel/measure.py "$router" "$scratch" "$rounds" "${loaded[@]}" |
        awk -v rules="$rules" -v workload="$workload" '
            $1 == "empty" { empty = $2 }
            { printf "| %s | %s | %s | %d | %.2f | %d |\n", rules, workload, $1, $2, $2 / empty, 1e9 / $2 }'
    ip netns del "$router"
    ip netns del "$ends"
    rm -rf "${scratch:?}"/*
}

# A workload as Septum, as a list and as Aerleon writes it. Arguments: as rows, then what the generator needs.
policy() {
    local rules=$1 workload=$2
    shift 2
    [[ " $wanted " == *" $workload "* ]] || return 0
    target/release/examples/workload "$@" --target nftables "$scratch/policy" >/dev/null
    target/release/septum build "$scratch/policy" -o "$scratch/out" >/dev/null 2>&1
    cp "$scratch"/out/*.nft "$scratch/septum.nft"
    python3 benches/kernel/rules.py "$scratch/out/plans.json" "$scratch" 40000
    rows "$rules" "$workload" empty septum linear chains
}

# The structures that a ruleset could be made of.
structures() {
    [[ " $wanted " == *" structures "* ]] || return 0
    python3 benches/kernel/structures.py "$1" "$scratch" 40000
    rows "$1" structures empty hash interval masked lengths map source port hashed keyed exact
}

echo "| rules | workload | variant | ns a first packet | to empty | packets/s |"
echo "|---|---|---|---|---|---|"
for rules; do
    policy "$rules" zones star --firewalls 1 --networks 100 --services "$rules"
    policy "$rules" networks terms --members 1 --terms "$rules"
    policy "$rules" groups terms --terms "$rules"
    structures "$rules"
done
