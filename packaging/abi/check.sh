#!/bin/sh
# check.sh LIBRARY [--accept|--write]: the library's C face against the committed baseline, so that no incompatible change lands unseen.
#
# LIBRARY must have full debug information, as cargo's profile `abi` gives. What was added is fine; what was taken away or
# changed fails, unless the ABI number in Cargo.toml was raised and the baseline is written anew with --write. A new member in
# what was padding is an addition, too, but looks like a change: --accept takes the new face and leaves the old header, whose
# programs go on being compiled and run below.
set -eu

cd "$(dirname "$0")/../.."
library=${1:?liblinewarden.so with full debug information}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=packaging/abi

face() {
    abidw --no-corpus-path --no-comp-dir-path --no-show-locs "$1" | python3 $here/face.py
}

face "$library" >"$work/now.abi"
case ${2:-} in
--accept)
    cp "$work/now.abi" $here/liblinewarden.abi
    ;;
--write)
    cp "$work/now.abi" $here/liblinewarden.abi
    cp include/linewarden.h $here/baseline/linewarden.h
    exit 0
    ;;
esac

# Additions only: abidiff says nothing and ends with 0.
abidiff --no-added-syms $here/liblinewarden.abi "$work/now.abi"

# The tool sees what it must see: a wider parameter, a moved member, a lost function.
for change in 's/name="u32" size-in-bits="32"/name="u32" size-in-bits="64"/' \
    's/layout-offset-in-bits="104"/layout-offset-in-bits="112"/' \
    's/lw_may_log_in/lw_may_sign_in/g'; do
    sed "$change" "$work/now.abi" >"$work/changed.abi"
    cmp -s "$work/now.abi" "$work/changed.abi" && { echo "this check is stale: $change changes nothing" >&2; exit 1; }
    if abidiff --no-added-syms $here/liblinewarden.abi "$work/changed.abi" >/dev/null; then
        echo "abidiff does not see: $change" >&2
        exit 1
    fi
done

# Constants are only added and never change their meaning.
constants() { sed -n 's/^#define \(LW_[A-Z0-9_]*\) \((\{0,1\}-\{0,1\}[0-9][0-9]*)\{0,1\}\)$/\1 \2/p' "$1" | grep -v _VERSION | sort; }
constants $here/baseline/linewarden.h >"$work/old"
constants include/linewarden.h >"$work/new"
[ "$(wc -l <"$work/old")" -gt 100 ]
lost=$(comm -23 "$work/old" "$work/new")
[ -z "$lost" ] || { printf 'constants that are gone or have another number:\n%s\n' "$lost" >&2; exit 1; }

# Programs compiled against the baseline run unchanged against this library.
ln -s "$(realpath "$library")" "$work/liblinewarden.so"
ln -s "$(realpath "$library")" "$work/$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')"
export LD_LIBRARY_PATH="$work"
for program in tests/golden/ask.c packaging/tests/stranger.c examples/first.c examples/panel.c $here/baseline/dial.c; do
    gcc -O1 -I$here/baseline "$program" -o "$work/$(basename "$program" .c)" -L"$work" -llinewarden
done
"$work/ask" tests/golden/companies <tests/golden/questions.tsv
"$work/stranger" examples/companies/mixed.toml
"$work/first" >/dev/null
"$work/panel" examples/companies/mixed.toml alice >/dev/null
"$work/dial" examples/companies/mixed.toml bob '*74201#0891234' >/dev/null
echo "the ABI is that of the baseline, or more"
