#!/usr/bin/env bash
# The hooks of .pre-commit-hooks.yaml, run by pre-commit itself on a scratch repository.
# Usage: tests/pre_commit.sh SEPTUM, with the path of the binary; PRE_COMMIT may name the pre-commit to use.
set -euo pipefail

septum=$(realpath "$1")
root=$(realpath "$(dirname "$0")/..")
pre_commit=${PRE_COMMIT:-pre-commit}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PRE_COMMIT_HOME="$scratch/home" HOME="$scratch" GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_PREFIX
mkdir "$scratch/bin"
ln -s "$septum" "$scratch/bin/septum"
export PATH="$scratch/bin:$PATH"

fail() {
    echo "FAILED: $*" >&2
    [ ! -f "$scratch/log" ] || cat "$scratch/log" >&2
    exit 1
}

# The hooks, as a repository of their own: what a tag of this repository would offer.
git init -q "$scratch/hooks"
cp "$root/.pre-commit-hooks.yaml" "$scratch/hooks/"
git -C "$scratch/hooks" add -A
git -C "$scratch/hooks" commit -qm hooks
"$pre_commit" validate-manifest "$scratch/hooks/.pre-commit-hooks.yaml" >"$scratch/log" 2>&1 || fail "the manifest of the hooks is not valid"

git init -q "$scratch/network"
cd "$scratch/network"
# `language: system` takes the binary of the path instead of building one.
cat >.pre-commit-config.yaml <<YAML
repos:
  - repo: $scratch/hooks
    rev: $(git -C "$scratch/hooks" rev-parse HEAD)
    hooks:
      - id: septum-fmt
        language: system
      - id: septum-check
        language: system
        args: [policies]
YAML
mkdir policies
printf 'name: clinic\npolicies: ["*.sept"]\n' >policies/septum.yaml
good='zone ward {
    subnet 10.0.0.0/24
}'
printf '%s\n' "$good" >policies/clinic.sept
git add -A
"$pre_commit" install >"$scratch/log" 2>&1 || fail "the hooks cannot be installed"

git commit -m good >"$scratch/log" 2>&1 || fail "a good policy is refused"

printf '%s\npolicy p {\n    allow ward -> wrad : tcp 80\n}\n' "$good" >policies/clinic.sept
git add -A
if git commit -m bad >"$scratch/log" 2>&1; then fail "a bad policy is committed"; fi
grep -q 'wrad' "$scratch/log" || fail "the finding is not shown"

printf 'zone   ward{ subnet 10.0.0.0/24\n}\n' >'policies/clinic.sept'
git add -A
if git commit -m unformatted >"$scratch/log" 2>&1; then fail "an unformatted policy is committed"; fi
[ "$(cat policies/clinic.sept)" = "$good" ] || fail "the policy is not formatted: $(cat policies/clinic.sept)"
git add -A
printf 'x\n' >readme
git add -A
git commit -m formatted >"$scratch/log" 2>&1 || fail "the formatted policy is refused"
[ "$(git log --oneline | wc -l)" -eq 2 ] || fail "there are not two commits"
echo "the hooks work"
