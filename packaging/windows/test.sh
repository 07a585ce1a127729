#!/bin/sh
# test.sh TARGET [--install]: DLL and command for Windows, built here and tried under wine: the golden questions over documents and over
# stores, one store and many processes (stores.sh), the TAPI provider. LINEWARDEN_PROFILE=checked builds without link-time optimisation.
#
# Needs Debian 12's rustc-web, for its source of the standard library fits the compiler: the DLL is for
# x86_64-win7-windows-gnu, whose libraries no package ships built. With --install, as root, what is missing is installed (2.2 GB).
# Takes about ten minutes the first time.
set -eu

cd "$(dirname "$0")/../.."
mkdir -p "${1:?the folder to build in}"
out=$(realpath "$1")
packages="wine wine64 gcc-mingw-w64-x86-64-win32 rustc-web cargo-web rust-web-src"
missing=
for package in $packages; do
    dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
if [ -n "$missing" ]; then
    if [ "${2:-}" != --install ] || [ "$(id -u)" -ne 0 ]; then
        echo "as root: apt-get install --no-install-recommends$missing" >&2
        exit 1
    fi
    DEBIAN_FRONTEND=noninteractive
    export DEBIAN_FRONTEND
    apt-get -q update
    # shellcheck disable=SC2086
    apt-get -q install -y --no-install-recommends $missing
fi

echo "== DLL and command"
# Debian's own cargo and rustc, whatever else is in the path. RUSTC_BOOTSTRAP allows -Zbuild-std, which is all that is used.
profile=${LINEWARDEN_PROFILE:-release}
RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$out" CC_x86_64_win7_windows_gnu=x86_64-w64-mingw32-gcc \
    AR_x86_64_win7_windows_gnu=x86_64-w64-mingw32-ar /usr/bin/cargo build --locked --profile "$profile" --package linewarden --lib \
    --package linewarden-cli --bin linewarden -Zbuild-std=std,panic_unwind --target x86_64-win7-windows-gnu
built=$out/x86_64-win7-windows-gnu/$profile
dist=$out/dist
mkdir -p "$dist/lib" "$dist/include" "$dist/bin"
cp include/linewarden.h bindings/cpp/linewarden.hpp "$dist/include"
cp "$built/liblinewarden.dll.a" "$dist/lib"
x86_64-w64-mingw32-strip -o "$dist/bin/linewarden.dll" "$built/linewarden.dll"
x86_64-w64-mingw32-strip -o "$dist/bin/linewarden.exe" "$built/linewarden.exe"

exported() { x86_64-w64-mingw32-objdump -p "$1" | awk '/\[Ordinal\/Name Pointer\]/ { on = 1; next } on && NF == 0 { on = 0 } on { print $NF }' | sort; }
[ "$(exported "$dist/bin/linewarden.dll")" = "$(grep -o '\blw_[a-z_]*(' include/linewarden.h | tr -d '(' | sort -u)" ] ||
    { echo "the DLL does not export what the header declares, or more:" >&2; exported "$dist/bin/linewarden.dll" >&2; exit 1; }
# What a plain Windows has, and nothing of a compiler's.
for file in linewarden.dll linewarden.exe; do
    if x86_64-w64-mingw32-objdump -p "$dist/bin/$file" | grep -i 'DLL Name' | grep -iE 'libgcc|libwinpthread|bcryptprimitives'; then
        exit 1
    fi
done

cc="x86_64-w64-mingw32-gcc -std=c11 -O1 -Wall -Wextra -Werror -I$dist/include"
# shellcheck disable=SC2086
$cc tests/golden/ask.c -o "$dist/bin/ask.exe" -L"$dist/lib" -llinewarden
# shellcheck disable=SC2086
$cc packaging/windows/processes.c -o "$dist/bin/processes.exe" -L"$dist/lib" -llinewarden

echo "== under wine"
WINEPREFIX=$out/wine WINEDEBUG=-all WINEDLLOVERRIDES=mscoree,mshtml=
export WINEPREFIX WINEDEBUG WINEDLLOVERRIDES
[ -d "$WINEPREFIX" ] || wineboot -i >"$out/wineboot.log" 2>&1
trap 'wineserver -k 2>/dev/null || true' EXIT
timeout 120 wine "$dist/bin/ask.exe" tests/golden/companies <tests/golden/questions.tsv
packaging/windows/stores.sh "$out"
[ ! -e integrations/tapi/test.sh ] || integrations/tapi/test.sh "$dist"
