#!/bin/sh
# stores.sh TARGET: stores on Windows, under wine: the golden questions, the command with Windows' manners, and one store with many
# processes. Called by test.sh, which has built everything and set WINEPREFIX.
set -eu

cd "$(dirname "$0")/../.."
out=$(realpath "${1:?the folder with dist/}")
bin=$out/dist/bin
work=$out/stores
rm -rf "$work"
mkdir -m 700 "$work"
# Arguments of the system become UTF-16 by this.
LC_ALL=C.UTF-8
export LC_ALL

fail() { echo "stores.sh: $*" >&2; exit 1; }
linewarden() { timeout 120 wine "$bin/linewarden.exe" "$@"; }
# status N COMMAND...: it ends with N.
status() {
    wanted=$1
    shift
    code=0
    "$@" >"$work/said" 2>&1 || code=$?
    [ "$code" -eq "$wanted" ] || { cat "$work/said" >&2; fail "status $code, expected $wanted: $*"; }
}
says() { grep -qF -- "$1" "$work/said" || { cat "$work/said" >&2; fail "not said: $1"; }; }

echo "-- the golden questions over stores"
mkdir "$work/golden"
for company in tests/golden/companies/*; do
    name=$(basename "$company")
    case $name in
        broken.toml) cp "$company" "$work/golden" ;;
        *) status 0 linewarden import "$work/golden/$name" "$company" ;;
    esac
done
timeout 120 wine "$bin/ask.exe" "$work/golden" <tests/golden/questions.tsv

echo "-- the command"
mkdir "$work/Größe Büro"
store="$work/Größe Büro/rechte.db"
status 0 linewarden import "$store" packaging/windows/processes.toml
says "Größe Büro"
status 0 linewarden check "$store" carol call.pickup alice
says "carol may pick up alice"
status 1 linewarden check "$store" carol call.pickup bob
status 2 linewarden check "$store" carol call.pickup dave
status 2 linewarden check "$store.gone" carol call.pickup bob
status 0 linewarden apply "$store" set relationship bob carol assistant
status 0 linewarden check "$store" carol call.pickup bob
status 1 linewarden check "$store" carol call.pickup bob --at-revision 1
status 0 linewarden history "$store"
says "set relationship bob carol assistant"
status 0 linewarden export "$store"
says "köln"
# As a Windows program names the place.
windows=$(wine winepath -w "$store" 2>/dev/null | tr -d '\r')
status 0 linewarden verify "$windows"
status 0 linewarden backup "$windows" "$work/copy.db"
status 2 linewarden backup "$windows" "$work/copy.db"
says "is there already"
status 0 linewarden apply "$store" clear relationship bob carol
status 1 linewarden check "$store" carol call.pickup bob
status 0 linewarden restore "$work/copy.db" "$store"
status 0 linewarden check "$store" carol call.pickup bob
status 0 linewarden verify "$store"
status 0 linewarden compact "$store" --before 2 --archive "$work/archive.db"
status 0 linewarden verify "$store" --archive "$work/archive.db"
status 0 linewarden lint "$store"
# Zones are in the program.
# A document with a time zone, without the system's database.
(cd "$work" && cp "$OLDPWD/examples/recipes/night-watch.toml" . && TZDIR='C:\none' status 0 linewarden lint night-watch.toml --quiet)
# What everyone may write proves nothing.
chmod o+w "$store"
status 2 linewarden check "$store" carol call.pickup bob
says "everyone on this machine may write"
chmod o-w "$store"
chmod o+w "$store-image"
status 2 linewarden check "$store" carol call.pickup bob
says "everyone on this machine may write"
chmod o-w "$store-image"
status 0 linewarden check "$store" carol call.pickup bob

echo "-- one store and many processes"
mkdir "$work/many"
status 0 linewarden import "$work/many/rights.db" packaging/windows/processes.toml
timeout 120 wine "$bin/processes.exe" "$(wine winepath -w "$work/many" 2>/dev/null | tr -d '\r')" "$(wine winepath -w "$bin/linewarden.exe" 2>/dev/null | tr -d '\r')"
