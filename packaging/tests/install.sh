#!/bin/sh
# install.sh BUILD: installs into an empty folder, builds strangers' programs against it, and removes it again.
set -eu

cd "$(dirname "$0")/../.."
BUILD=$(realpath "${1:?the folder with liblinewarden.so}")
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BUILD

# An installation under a DESTDIR, as a package is built.
DESTDIR=$work/dest PREFIX=/opt/lw
export DESTDIR PREFIX
packaging/install.sh install
lib=$DESTDIR$PREFIX/lib
companies=$DESTDIR$PREFIX/share/doc/linewarden/examples/companies

echo "== links"
[ "$(readlink "$lib/liblinewarden.so")" = liblinewarden.so.1 ]
[ "$(readlink "$lib/liblinewarden.so.1")" = liblinewarden.so.1.0.1.0 ]
[ "$(nm -D --defined-only "$lib/liblinewarden.so" | awk '{ print $3 }' | sort)" = \
    "$(grep -o '\blw_[a-z_]*(' include/linewarden.h | tr -d '(' | sort -u)" ] ||
    { echo "the library does not export what the header declares, or more" >&2; exit 1; }

echo "== pkg-config, in an empty folder"
mkdir "$work/empty"
cp packaging/tests/stranger.c "$work/empty"
cd "$work/empty"
export PKG_CONFIG_LIBDIR="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$DESTDIR"
for compiler in gcc clang; do
    # shellcheck disable=SC2046
    $compiler -Wall -Wextra -pedantic -Werror stranger.c $(pkg-config --cflags --libs linewarden) -o stranger
    LD_LIBRARY_PATH="$lib" ./stranger "$companies/mixed.toml"
done
# shellcheck disable=SC2046
gcc -Wall -Wextra stranger.c $(pkg-config --cflags linewarden) "$lib/liblinewarden.a" \
    $(pkg-config --static --libs-only-l linewarden | sed 's/-llinewarden//') -o stranger-static
./stranger-static "$companies/mixed.toml"
objdump -p stranger | grep -q 'NEEDED *liblinewarden.so.1'
if objdump -p stranger-static | grep -q linewarden.so; then exit 1; fi

echo "== CMake"
mkdir "$work/cmake"
cp "$root/packaging/tests/stranger.c" "$root/packaging/tests/CMakeLists.txt" "$work/cmake"
cmake -S "$work/cmake" -B "$work/cmake/build" -DCMAKE_PREFIX_PATH="$DESTDIR$PREFIX" >"$work/cmake.log" ||
    { cat "$work/cmake.log"; exit 1; }
cmake --build "$work/cmake/build" >"$work/cmake.log" || { cat "$work/cmake.log"; exit 1; }
"$work/cmake/build/stranger" "$companies/mixed.toml"
"$work/cmake/build/stranger-static" "$companies/mixed.toml"

echo "== command, pages, completions"
"$DESTDIR$PREFIX/bin/linewarden" check "$companies/mixed.toml" alice call.pickup diana
for page in linewarden linewarden-check linewarden-explain; do
    grep -q '^\.SH' "$DESTDIR$PREFIX/share/man/man1/$page.1"
done
bash -n "$DESTDIR$PREFIX/share/bash-completion/completions/linewarden"
grep -q '#compdef linewarden' "$DESTDIR$PREFIX/share/zsh/site-functions/_linewarden"
grep -q 'complete -c linewarden' "$DESTDIR$PREFIX/share/fish/vendor_completions.d/linewarden.fish"

echo "== uninstall"
cd "$root"
touch "$lib/of-somebody-else"
packaging/install.sh uninstall
left=$(cd "$DESTDIR" && find . ! -type d)
[ "$left" = "./opt/lw/lib/of-somebody-else" ] || { echo "left behind, or removed too much: $left" >&2; exit 1; }
echo "installed, used, and gone"
