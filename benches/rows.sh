# Workloads of a given size, row by row: for `workloads.sh` and `size.sh`, which say in `measure NAME POLICY` what is
# measured of each. `wanted` names the rows; all where it is empty.

cargo build --release --locked --quiet
cargo build --release --locked --quiet --example workload
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# row NAME SHAPE [OPTION VALUE]...: makes the repository and measures it.
row() {
    local name=$1
    shift
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    rm -rf "$scratch/policy"
    target/release/examples/workload "$@" "$scratch/policy" >/dev/null
    measure "$name" "$scratch/policy"
}
