#!/usr/bin/env bash
# Instructions of `septum build` on fixed workloads, held against the figures in `instructions.txt`. Exit code 1 when
# one takes a tenth more. Needs valgrind.
#
#   benches/instructions.sh            compares
#   benches/instructions.sh --record   writes the figures anew
set -euo pipefail
cd "$(dirname "$0")/.."

record=benches/instructions.txt
limit=10
case "${1:-}" in
"" | --record) ;;
*)
    echo "usage: benches/instructions.sh [--record]" >&2
    exit 2
    ;;
esac
. benches/count.sh

cp -r policies "$scratch/policies"
ln -s policies/hospital "$scratch/hospital"
workload star-nftables star --firewalls 4 --networks 40 --services 200 --target nftables
workload star-cisco-ios star --firewalls 4 --networks 40 --services 200 --target cisco-ios
workload terms-nftables terms --terms 300 --target nftables
workload terms-cisco-ios terms --terms 300 --target cisco-ios
workload terms-fortigate terms --terms 300 --target fortigate
names=(hospital star-nftables star-cisco-ios terms-nftables terms-cisco-ios terms-fortigate)
counts "${names[@]}"

compiler=$(rustc --version)
architecture=$(uname -m)
if [ "${1:-}" = --record ]; then
    {
        echo "# Instructions of \`septum build\`, one thread: written by \`benches/instructions.sh --record\`."
        echo "compiler $compiler"
        echo "architecture $architecture"
        for name in "${names[@]}"; do
            echo "$name $(cat "$scratch/$name.count")"
        done
    } >"$record"
    cat "$record"
    exit
fi

recorded() {
    sed -n "s/^$1 //p" "$record"
}

# Another instruction set needs other counts for the same work; another compiler needs about the same.
if [ "$(recorded architecture)" != "$architecture" ]; then
    echo "note: the figures are those of $(recorded architecture), this is $architecture: nothing is compared"
    limit=none
elif [ "$(recorded compiler)" != "$compiler" ]; then
    echo "note: the figures were recorded with $(recorded compiler), this is $compiler"
fi

failed=0
printf '%-16s %15s %15s %8s\n' workload recorded now change
for name in "${names[@]}"; do
    now=$(cat "$scratch/$name.count")
    before=$(recorded "$name")
    [ -n "$before" ] || {
        echo "$name has no figure in $record: run benches/instructions.sh --record" >&2
        exit 1
    }
    change=$(awk -v now="$now" -v before="$before" 'BEGIN { printf "%+.1f", 100 * (now / before - 1) }')
    printf '%-16s %15d %15d %7s%%\n' "$name" "$before" "$now" "$change"
    [ "$limit" != none ] || continue
    if awk -v now="$now" -v before="$before" -v limit="$limit" \
        'BEGIN { exit !(100 * now >= (100 + limit) * before) }'; then
        echo "$name takes ${change#+} % more instructions than recorded; the limit is $limit %" >&2
        failed=1
    elif awk -v now="$now" -v before="$before" -v limit="$limit" \
        'BEGIN { exit !(100 * now <= (100 - limit) * before) }'; then
        echo "note: $name has become cheaper; record it, so that it stays so"
    fi
done
if [ "$failed" -ne 0 ]; then
    echo "where they go: valgrind --tool=callgrind target/release/septum build …, then callgrind_annotate" >&2
    echo "if it has to be: benches/instructions.sh --record, and say why in the commit" >&2
fi
exit "$failed"
