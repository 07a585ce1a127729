#!/bin/sh
# deb.sh FOLDER: the packages in FOLDER are what Debian's checker accepts, fit together, and serve a stranger's program.
set -eu

cd "$(dirname "$0")/../.."
folder=$(realpath "${1:?the folder with the packages}")
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== lintian"
lintian --allow-root --fail-on error,warning "$folder"/*.deb

echo "== contents"
for package in "$folder"/*.deb; do
    dpkg -x "$package" "$work/system"
done
for name in liblinewarden0 linewarden-tools; do
    dpkg-deb -f "$folder/$name"_*.deb Depends | grep -q 'libc6 (>= ' || { echo "$name depends on no libc6" >&2; exit 1; }
done
version=$(dpkg-deb -f "$folder"/liblinewarden0_*.deb Version)
[ "$(dpkg-deb -f "$folder"/liblinewarden-dev_*.deb Depends)" = "liblinewarden0 (= $version)" ]
dpkg-deb --ctrl-tarfile "$folder"/liblinewarden0_*.deb | tar -xO ./shlibs | grep -q '^liblinewarden 0 liblinewarden0'
twice=$(for package in "$folder"/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -t | grep -v '/$'; done | sort | uniq -d)
[ -z "$twice" ] || { echo "in two packages: $twice" >&2; exit 1; }

echo "== a stranger's program"
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
mkdir "$work/empty"
cd "$work/empty"
cp "$root/packaging/tests/stranger.c" .
export PKG_CONFIG_LIBDIR="$work/system/usr/lib/$multiarch/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$work/system"
# shellcheck disable=SC2046
gcc -Wall -Wextra -pedantic -Werror stranger.c $(pkg-config --cflags --libs linewarden) -o stranger
export LD_LIBRARY_PATH="$work/system/usr/lib/$multiarch"
./stranger \
    "$work/system/usr/share/doc/linewarden-tools/examples/companies/mixed.toml"
"$work/system/usr/bin/linewarden" --version

echo "== the golden questions"
# shellcheck disable=SC2046
gcc -O1 "$root/tests/golden/ask.c" $(pkg-config --cflags --libs linewarden) -o ask
./ask "$root/tests/golden/companies" <"$root/tests/golden/questions.tsv"
echo "the packages fit"
