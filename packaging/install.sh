#!/bin/sh
# install.sh install|uninstall: what `make install` and `make uninstall` do.
#
# Takes from the environment: BUILD (cargo's folder of release builds), DESTDIR, PREFIX, LIBDIR. Both commands go through the
# same list, so that whatever is installed is also removed; folders are removed when they are empty and ours.
set -eu

cd "$(dirname "$0")/.."
do=${1:?install or uninstall}
BUILD=${BUILD:-target/release}
DESTDIR=${DESTDIR:-}
PREFIX=${PREFIX:-/usr/local}
LIBDIR=${LIBDIR:-$PREFIX/lib}
INCLUDEDIR=$PREFIX/include
share=$PREFIX/share
docs=$share/doc/linewarden
case $do in install | uninstall) ;; *) echo "\`$do\` is neither \`install\` nor \`uninstall\`" >&2; exit 2 ;; esac

version=$(sed -n '/^\[workspace\.package\]/,/^\[/ s/^version = "\(.*\)"$/\1/p' Cargo.toml)
abi=$(sed -n 's/^abi = //p' Cargo.toml)
soname=liblinewarden.so.$abi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# place MODE FROM TO
place() {
    if [ "$do" = install ]; then
        install -D -m "$1" "$2" "$DESTDIR$3"
    else
        rm -f "$DESTDIR$3"
    fi
}

# link TARGET NAME
link() {
    if [ "$do" = install ]; then
        ln -sf "$1" "$DESTDIR$2"
    else
        rm -f "$DESTDIR$2"
    fi
}

# filled TEMPLATE: the template with its values, in the scratch folder
filled() {
    sed -e "s|@PREFIX@|$PREFIX|g" -e "s|@LIBDIR@|$LIBDIR|g" -e "s|@INCLUDEDIR@|$INCLUDEDIR|g" \
        -e "s|@VERSION@|$version|g" -e "s|@MINOR@|${version%.*}|g" -e "s|@SONAME@|$soname|g" \
        -e "s|@INCLUDE_FROM_CMAKE@|$(realpath -m --relative-to="$LIBDIR/cmake/linewarden" "$INCLUDEDIR")|g" \
        "packaging/$1.in" >"$scratch/$1"
}

if [ "$do" = install ]; then
    for built in liblinewarden.so liblinewarden.a linewarden; do
        [ -e "$BUILD/$built" ] || { echo "$BUILD/$built is missing; build first: cargo build --release" >&2; exit 1; }
    done
    objdump -p "$BUILD/liblinewarden.so" | grep -q "SONAME *$soname\$" ||
        { echo "$BUILD/liblinewarden.so is not $soname" >&2; exit 1; }
fi

place 644 "$BUILD/liblinewarden.so" "$LIBDIR/$soname.$version"
link "$soname.$version" "$LIBDIR/$soname"
link "$soname" "$LIBDIR/liblinewarden.so"
place 644 "$BUILD/liblinewarden.a" "$LIBDIR/liblinewarden.a"
place 644 include/linewarden.h "$INCLUDEDIR/linewarden.h"
place 644 bindings/cpp/linewarden.hpp "$INCLUDEDIR/linewarden.hpp"
filled linewarden.pc
place 644 "$scratch/linewarden.pc" "$LIBDIR/pkgconfig/linewarden.pc"
for file in linewardenConfig.cmake linewardenConfigVersion.cmake; do
    filled $file
    place 644 "$scratch/$file" "$LIBDIR/cmake/linewarden/$file"
done

place 755 "$BUILD/linewarden" "$PREFIX/bin/linewarden"

# The command writes its own pages and completions, so they cannot be about another one.
mkdir "$scratch/man"
if [ "$do" = install ]; then
    "$BUILD/linewarden" man "$scratch/man"
    for shell in bash zsh fish; do "$BUILD/linewarden" completions $shell >"$scratch/$shell"; done
    for page in "$scratch"/man/*.1; do place 644 "$page" "$share/man/man1/$(basename "$page")"; done
else
    rm -f "$DESTDIR$share/man/man1/linewarden.1" "$DESTDIR$share/man/man1"/linewarden-*.1
fi
place 644 "$scratch/bash" "$share/bash-completion/completions/linewarden"
place 644 "$scratch/zsh" "$share/zsh/site-functions/_linewarden"
place 644 "$scratch/fish" "$share/fish/vendor_completions.d/linewarden.fish"

for file in examples/companies/* examples/recipes/*.t* examples/recipes/two-tenants/* examples/*.c; do
    place 644 "$file" "$docs/$file"
done

if [ "$do" = uninstall ]; then
    for folder in "$docs/examples/companies" "$docs/examples/recipes/two-tenants" "$docs/examples/recipes" \
        "$docs/examples" "$docs" "$LIBDIR/cmake/linewarden"; do
        rmdir "$DESTDIR$folder" 2>/dev/null || true
    done
elif [ -z "$DESTDIR" ] && [ "$(id -u)" -eq 0 ]; then
    ldconfig
fi
