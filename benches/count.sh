# Instructions that `septum build` executes, checks and proofs included, or `septum diff` or `septum reach` where a name
# begins with `diff-` or `reach-`: for `instructions.sh` and `growth.sh`.
#
# Counts say what seconds cannot on a shared machine: two runs differ by about a thousandth (hash tables of the
# standard library have a new order in each process). One thread and one fixed day make them the same everywhere.

command -v valgrind >/dev/null || {
    echo "valgrind is missing: instructions are counted by it" >&2
    exit 2
}
cargo build --release --locked --quiet --bin septum
cargo build --locked --quiet --example workload
target=${CARGO_TARGET_DIR:-target}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# workload NAME SHAPE [OPTION VALUE]...: makes a repository.
workload() {
    local name=$1
    shift
    "$target"/debug/examples/workload "$@" "$scratch/$name" >/dev/null
}

# count NAME REPOSITORY: writes the count to the file NAME.count.
count() {
    local log=$scratch/$1.log command=(build "$2" -o "$scratch/$1.out")
    [[ $1 != diff-* ]] || command=(diff "$2" "$2")
    [[ $1 != reach-* ]] || command=(reach any any -p "$2")
    RAYON_NUM_THREADS=1 valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null \
        "$target"/release/septum "${command[@]}" --as-of 2027-01-15 >"$log" 2>&1 || {
        echo "septum ${command[0]} failed on $1:" >&2
        cat "$log" >&2
        return 1
    }
    sed -n 's/,//g; s/.*I *refs: *//p' "$log" >"$scratch/$1.count"
    [ -s "$scratch/$1.count" ]
}

# counts NAME...: counts the workloads of these names, two at a time.
counts() {
    export scratch target
    export -f count
    # shellcheck disable=SC2016
    printf '%s\n' "$@" | xargs -P 2 -I{} bash -c 'count {} "$scratch/{}"'
}
