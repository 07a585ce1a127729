#!/bin/sh
# peers.sh: installs what the tests of the bindings, the packages and Kamailio need: compilers, interpreters, the real Kamailio.
#
# Needs Debian 12 and root; what is there already is left alone. Without root it prints the one line to run.
set -eu

packages="gcc g++ clang make pkg-config cmake binutils python3 python3-venv python3-pip nodejs npm
luajit luarocks lua5.1 lua5.2 liblua5.1-0-dev liblua5.2-dev
libjna-java maven libmaven-compiler-plugin-java libmaven-install-plugin-java libmaven-jar-plugin-java libmaven-resources-plugin-java
libsurefire-java
mono-mcs mono-runtime libmono-system-core4.0-cil nuget
dpkg-dev lintian fakeroot abigail-tools systemd
kamailio kamailio-lua-modules kamailio-python3-modules kamailio-presence-modules sip-tester"
# A compiler for Java and a Node that did not come from Debian are as good.
command -v javac >/dev/null || packages="$packages default-jdk-headless"
have() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=
for package in $packages; do
    case $package in
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
    esac
    have "$package" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "as root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
# Another process may be installing: wait for its lock, but not for ever.
apt="apt-get -q -o DPkg::Lock::Timeout=600"
$apt update
# shellcheck disable=SC2086
$apt install -y --no-install-recommends $missing
