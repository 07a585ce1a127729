#!/bin/sh
# Installs what `make test-asterisk` needs on a Debian 12, as root: Asterisk 16 and its headers (bullseye, pinned so that
# nothing else comes from there), sipp, Python, a C compiler; and unpacks Asterisk 22 (sid) into a folder of its own, from
# where it runs with its own libraries. Does nothing where everything is there already. Fails when anything is missing.
#
#     tests/asterisk/install.sh [FOLDER]       FOLDER: where Asterisk 22 goes, default target/peers/asterisk-22
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
place=${1:-$root/target/peers/asterisk-22}
# One apt at a time, and not for ever: another process may be installing.
apt="apt-get -q -o DPkg::Lock::Timeout=600 -o Acquire::Check-Valid-Until=false"

mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        awk '($1 == "URIs:" || $1 == "deb") && /\/debian\/?( |$)/ { for (i = 2; i <= NF; i++) if ($i ~ /^http/) { print $i; exit } }'
}
keys="Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"

have16() {
    asterisk -V 2>/dev/null | grep -q '^Asterisk 16\.' && [ -e /usr/include/asterisk.h ] && command -v sipp >/dev/null &&
        command -v python3 >/dev/null && command -v gcc >/dev/null
}
have22() { [ -x "$place/asterisk" ] && "$place/asterisk" -V 2>/dev/null | grep -q '^Asterisk 2[2-9]\.'; }

need_root() {
    [ "$(id -u)" = 0 ] || { echo "missing: $1; as root run: $0 $place" >&2; exit 2; }
    [ -n "$(mirror)" ] || { echo "apt's sources name no Debian mirror that ends in /debian" >&2; exit 2; }
}

if ! have16; then
    need_root "Asterisk 16, its headers, sipp, python3 or gcc"
    source=/etc/apt/sources.list.d/linewarden-bullseye.sources
    pin=/etc/apt/preferences.d/linewarden-bullseye
    trap 'rm -f "$source" "$pin"; [ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d' EXIT
    printf 'Types: deb\nURIs: %s\nSuites: bullseye\n%s\n' "$(mirror)" "$keys" >"$source"
    printf 'Package: *\nPin: release n=bullseye\nPin-Priority: 50\n\n' >"$pin"
    printf 'Package: asterisk asterisk-*\nPin: release n=bullseye\nPin-Priority: 500\n' >>"$pin"
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        # The package would start a PBX on every address of the machine.
        ours=1
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
    fi
    $apt update
    DEBIAN_FRONTEND=noninteractive $apt install -y --no-install-recommends \
        asterisk asterisk-dev sip-tester python3-minimal python3 gcc libc6-dev make
    # The PBX must not start with the machine.
    if command -v systemctl >/dev/null; then systemctl -q disable asterisk 2>/dev/null || :; fi
    have16 || { echo "Asterisk 16 did not install" >&2; exit 1; }
fi

if ! have22; then
    [ -w "$(dirname "$place")" ] || mkdir -p "$(dirname "$place")"
    rm -rf "$place"
    mkdir -p "$place/var/lib/dpkg" "$place/var/lib/apt/lists/partial" "$place/var/cache/apt/archives/partial" \
        "$place/etc/apt/preferences.d"
    : >"$place/var/lib/dpkg/status"
    printf 'Types: deb\nURIs: %s\nSuites: sid\n%s\n' "$(mirror)" "$keys" >"$place/etc/apt/sid.sources"
    own="$apt -o Dir=$place -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Parts=/dev/null
        -o Dir::Etc::SourceList=$place/etc/apt/sid.sources -o Dir::State::status=$place/var/lib/dpkg/status
        -o Dir::Cache::archives=$place/var/cache/apt/archives -o APT::Install-Recommends=false
        -o APT::Sandbox::User=root -o Debug::NoLocking=1"
    $own update
    $own -y -d install asterisk
    (cd "$place/var/cache/apt/archives" && $own download asterisk-dev)
    for package in "$place"/var/cache/apt/archives/*.deb; do dpkg -x "$package" "$place"; done
    rm -rf "$place/var/cache/apt" "$place/var/lib/apt" "$place/usr/share/doc" "$place/usr/share/man" "$place/usr/share/locale"
    libraries=$place/usr/lib/$(uname -m)-linux-gnu
    loader=$(ls "$libraries"/ld-linux-*.so.*)
    printf '#!/bin/sh\nexec %s --library-path %s %s/usr/sbin/asterisk "$@"\n' "$loader" "$libraries" "$place" >"$place/asterisk"
    chmod +x "$place/asterisk"
    have22 || { echo "Asterisk 22 did not unpack" >&2; exit 1; }
fi
echo "$(asterisk -V) and $("$place/asterisk" -V), $(sipp -v | sed -n 's/^ *\(SIPp [^ ,]*\).*/\1/p')"
