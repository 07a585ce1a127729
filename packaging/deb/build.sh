#!/bin/sh
# shellcheck disable=SC2016
# build.sh BUILD OUT [AGENT]: Debian packages of what cargo built in BUILD, written to OUT; linewarden-agent from AGENT, or from BUILD too. Needs
# dpkg-dev and fakeroot; no root.
#
# Every package with a template in packaging/deb/control is made from one staged `make install`; `files` below says which file
# belongs to which. A file that belongs to none is an error, so nothing that is installed can be forgotten.
set -eu

cd "$(dirname "$0")/../.."
root=$PWD
BUILD=$(realpath "${1:?the folder with liblinewarden.so}")
mkdir -p "${2:?the folder for the packages}"
out=$(realpath "$2")
agent=$(realpath "${3:-$BUILD}")/linewarden-agent
[ -x "$agent" ] || { echo "$agent is missing; build first: cargo build --release --package linewarden-agent" >&2; exit 1; }
version=$(sed -n '/^\[workspace\.package\]/,/^\[/ s/^version = "\(.*\)"$/\1/p' Cargo.toml)
arch=$(dpkg-architecture -qDEB_HOST_ARCH)
multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH BUILD
umask 022

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/debian"
cp packaging/deb/control "$work/debian/control"
printf 'linewarden (%s) unstable; urgency=medium\n\n  * Release %s; see CHANGELOG.md in the source.\n\n -- %s  %s\n' "$version" \
    "$version" "$(sed -n 's/^Maintainer: //p' packaging/deb/control)" "$(date -R -u -d "@$SOURCE_DATE_EPOCH")" \
    >"$work/debian/changelog"

if [ ! -e /usr/include/asterisk.h ]; then
    echo "/usr/include/asterisk.h is missing: linewarden-asterisk is built with asterisk-dev (tests/asterisk/install.sh)" >&2
    exit 1
fi
# A module fits one major of Asterisk, and what Debian calls its ABI: the virtual package that is a checksum.
PATH=$PATH:/usr/sbin
major=$(asterisk -V | sed -n 's/^Asterisk \([0-9]*\)\..*/\1/p')
sum=$(dpkg-query -W -f '${Provides}' asterisk | tr -d ' ' | tr , '\n' | grep '^asterisk-[0-9a-f]*$')
asterisk="asterisk (>= 1:${major:?}), asterisk (<< 1:$((major + 1))~), ${sum:?}"
modules=$(dirname "$(dpkg -L asterisk-modules | grep '/chan_pjsip\.so$')")
make -s -C integrations/asterisk install-module "DESTDIR=$work/stage" "OUT=$work/asterisk" "LINEWARDEN_LIB=$BUILD" \
    "ASTERISK_MODULES=$modules"
for sample in linewarden.conf.sample extensions.conf.sample README.md; do
    install -D -m 644 integrations/asterisk/$sample "$work/stage/usr/share/doc/linewarden-asterisk/$sample"
done
mkdir "$work/stage/usr/share/doc/linewarden-asterisk/examples"
install -m 644 integrations/asterisk/examples/* "$work/stage/usr/share/doc/linewarden-asterisk/examples"
mv "$work/stage/usr/share/doc/linewarden-asterisk"/*.sample "$work/stage/usr/share/doc/linewarden-asterisk/examples"

# The agent, its page, its units, and the user they run as.
install -D -m 755 "$agent" "$work/stage/usr/bin/linewarden-agent"
strip --strip-unneeded --remove-section=.comment "$work/stage/usr/bin/linewarden-agent"
mkdir -p "$work/stage/usr/share/man/man1"
"$agent" man >"$work/stage/usr/share/man/man1/linewarden-agent.1"
for unit in linewarden-agent linewarden-service; do
    install -D -m 644 packaging/systemd/$unit.service "$work/stage/lib/systemd/system/$unit.service"
done
install -D -m 644 packaging/systemd/linewarden.sysusers "$work/stage/usr/lib/sysusers.d/linewarden.conf"
install -D -m 644 packaging/systemd/service.toml "$work/stage/usr/share/doc/linewarden-agent/examples/service.toml"

DESTDIR=$work/stage PREFIX=/usr LIBDIR=/usr/lib/$multiarch packaging/install.sh install
find "$work/stage/usr/share/man" -name '*.1' -exec gzip -9n {} +

# Only what helps a debugger goes; the static library keeps its symbols.
strip --strip-unneeded --remove-section=.comment "$work/stage/usr/lib/$multiarch/liblinewarden.so.1.$version" "$work/stage/usr/bin/linewarden"
strip --strip-unneeded --remove-section=.comment "$work/stage$modules"/res_linewarden*.so
strip --strip-debug --remove-section=.comment --enable-deterministic-archives "$work/stage/usr/lib/$multiarch/liblinewarden.a"

files() {
    lib=usr/lib/$multiarch
    case $1 in
    liblinewarden1) echo "$lib/liblinewarden.so.*" ;;
    liblinewarden-dev)
        echo "$lib/liblinewarden.so $lib/liblinewarden.a $lib/pkgconfig $lib/cmake usr/include usr/share/doc/linewarden/examples/*.c"
        ;;
    linewarden-asterisk) echo "${modules#/}/res_linewarden*.so usr/share/asterisk usr/share/doc/linewarden-asterisk" ;;
    linewarden-agent)
        echo "usr/bin/linewarden-agent usr/share/man/man1/linewarden-agent.1.gz lib/systemd usr/lib/sysusers.d usr/share/doc/linewarden-agent"
        ;;
    linewarden-tools) echo "usr/bin usr/share/man usr/share/bash-completion usr/share/zsh usr/share/fish usr/share/doc/linewarden" ;;
    *) echo "packaging/deb/build.sh does not know what belongs to $1" >&2; exit 1 ;;
    esac
}

packages=$(sed -n 's/^Package: //p' packaging/deb/control)
for package in $packages; do
    tree=$work/$package
    docs=$tree/usr/share/doc/$package
    mkdir -p "$tree/DEBIAN" "$docs"
    (cd "$work/stage" && for pattern in $(files "$package"); do
        for file in $pattern; do
            case $file in
            usr/share/doc/linewarden) to=usr/share/doc/$package ;;
            usr/share/doc/linewarden/*) to=usr/share/doc/$package/${file#usr/share/doc/linewarden/} ;;
            *) to=$file ;;
            esac
            mkdir -p "$tree/$(dirname "$to")"
            # A folder may be there already: its contents go in.
            if [ -d "$file" ] && [ -d "$tree/$to" ]; then
                mv "$file"/* "$tree/$to/"
            else
                mv "$file" "$tree/$to"
            fi
        done
    done)
    cp packaging/deb/copyright "$docs/copyright"
    for script in packaging/deb/"$package".p*; do
        if [ -e "$script" ]; then install -m 755 "$script" "$tree/DEBIAN/${script##*.}"; fi
    done
    gzip -9nc "$work/debian/changelog" >"$docs/changelog.gz"
done
left=$(cd "$work/stage" && find . ! -type d)
[ -z "$left" ] || { echo "belongs to no package: $left" >&2; exit 1; }

cd "$work"
tree=liblinewarden1
echo "liblinewarden 1 liblinewarden1 (>= $version)" >$tree/DEBIAN/shlibs
echo "activate-noawait ldconfig" >$tree/DEBIAN/triggers
dpkg-gensymbols -pliblinewarden1 "-v$version" "-P$tree" "-O$tree/DEBIAN/symbols" >/dev/null 2>&1
sed -i '1a * Build-Depends-Package: liblinewarden-dev' $tree/DEBIAN/symbols

for package in $packages; do
    programs=$(find "$package/usr/bin" "$package/usr/lib" -type f \( -perm -100 -o -name '*.so.*' -o -name 'res_*.so' \) 2>/dev/null || true)
    depends=
    if [ -n "$programs" ]; then
        # shellcheck disable=SC2086
        depends=$(dpkg-shlibdeps -O -Sliblinewarden1 $programs | sed -n 's/^shlibs:Depends=//p')
        [ -n "$depends" ] || { echo "$package: dpkg-shlibdeps found no dependencies" >&2; exit 1; }
    fi
    {
        printf 'Package: %s\nSource: linewarden\nVersion: %s\nArchitecture: %s\n' "$package" "$version" "$arch"
        sed -n -e '/^$/q' -e '/^Maintainer: /p' -e '/^Priority: /p' debian/control
        printf 'Installed-Size: %s\n' "$(du -k --apparent-size -s "$package" | cut -f1)"
        awk -v package="$package" -v RS= '$0 ~ "^Package: " package "\n"' debian/control |
            sed -e '/^Package: /d' -e '/^Architecture: /d' -e "s/\${shlibs:Depends}/$depends/" \
                -e "s/\${binary:Version}/$version/" -e "s/\${asterisk:Depends}/$asterisk/"
    } >"$package/DEBIAN/control"
    (cd "$package" && find . -path ./DEBIAN -prune -o -type f -printf '%P\0' | sort -z | xargs -0 md5sum >DEBIAN/md5sums)
    fakeroot dpkg-deb --root-owner-group -Zxz --build "$package" "$out/${package}_${version}_$arch.deb" >/dev/null
    echo "$out/${package}_${version}_$arch.deb"
done
cd "$root"
