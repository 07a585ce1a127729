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
for name in liblinewarden1 linewarden-tools linewarden-agent linewarden-asterisk; do
    dpkg-deb -f "$folder/$name"_*.deb Depends | grep -q 'libc6 (>= ' || { echo "$name depends on no libc6" >&2; exit 1; }
done
version=$(dpkg-deb -f "$folder"/liblinewarden1_*.deb Version)
[ "$(dpkg-deb -f "$folder"/liblinewarden-dev_*.deb Depends)" = "liblinewarden1 (= $version)" ]
dpkg-deb -f "$folder"/linewarden-asterisk_*.deb Depends |
    grep -q 'liblinewarden1 (>= .*asterisk (>= 1:[0-9]*), asterisk (<< 1:[0-9]*~), asterisk-[0-9a-f]*$'
for file in "$root"/integrations/asterisk/examples/* "$root"/integrations/asterisk/*.sample; do
    cmp "$file" "$work/system/usr/share/doc/linewarden-asterisk/examples/$(basename "$file")"
done
dpkg-deb --ctrl-tarfile "$folder"/liblinewarden1_*.deb | tar -xO ./shlibs | grep -q '^liblinewarden 1 liblinewarden1'
twice=$(for package in "$folder"/*.deb; do dpkg-deb --fsys-tarfile "$package" | tar -t | grep -v '/$'; done | sort | uniq -d)
[ -z "$twice" ] || { echo "in two packages: $twice" >&2; exit 1; }

echo "== the agent: its units, and it answers"
for unit in "$work"/system/lib/systemd/system/linewarden-*.service; do
    # 20 is an exposure of 2.0.
    systemd-analyze security --offline=true --no-pager --threshold=20 "$unit" >"$work/security" ||
        { grep -e '✗' -e Overall "$work/security" >&2; exit 1; }
    program=$(sed -n 's/^ExecStart=\([^ ]*\) .*/\1/p' "$unit")
    [ -x "$work/system$program" ] || { echo "$unit starts $program, which is in no package" >&2; exit 1; }
done
[ "$(find "$work/system/lib/systemd/system" -name 'linewarden-*.service' | wc -l)" = 2 ]
agent=$work/system/usr/bin/linewarden-agent
"$work/system/usr/bin/linewarden" import "$work/rights.db" "$root/examples/companies/mixed.toml" >/dev/null
# The sample as it is installed: valid, and without a caller nothing is answered but health.
sed -e "s|/run/linewarden/service|$work/socket|" -e '/^journald/d' \
    "$work/system/usr/share/doc/linewarden-agent/examples/service.toml" >"$work/service.toml"
sed -i 's/"127.0.0.1:8460", //' "$work/service.toml"
"$agent" --store "$work/rights.db" --http "$work/service.toml" 2>"$work/agent.log" &
running=$!
trap 'kill $running; rm -rf "$work"' EXIT
for _ in $(seq 100); do [ -S "$work/socket" ] && break; sleep 0.1; done
ask() { curl -s -o /dev/null -w '%{http_code}' --unix-socket "$work/socket" "http://localhost$1"; }
[ "$(ask /healthz) $(ask /readyz) $(ask /v1/status)" = "200 200 401" ] || { cat "$work/agent.log" >&2; exit 1; }
kill $running
wait $running
trap 'rm -rf "$work"' EXIT

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

echo "== the module, in an Asterisk that finds it and the library where the packages put them"
module=$(find "$work/system/usr/lib" -name res_linewarden.so)
cp "$work/system/usr/share/asterisk/documentation/thirdparty/linewarden-en_US.xml" "$(dirname "$module")"
LW_MODULE=$(dirname "$module") python3 "$root/tests/asterisk/run.py" 16 -k 'functions_answer|commands|pickup_by_right|lamps_follow|replaces'

echo "== the golden questions"
# shellcheck disable=SC2046
gcc -O1 "$root/tests/golden/ask.c" $(pkg-config --cflags --libs linewarden) -o ask
./ask "$root/tests/golden/companies" <"$root/tests/golden/questions.tsv"

echo "== installed and removed"
unset LD_LIBRARY_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR
mkdir -p "$work/root/etc" "$work/root/var/lib/dpkg/info" "$work/root/var/lib/dpkg/updates" "$work/root/var/lib/dpkg/triggers"
: >"$work/root/var/lib/dpkg/status"
# The one script, which makes the agent's user, runs outside of the empty system and writes into it.
private="fakeroot dpkg --root=$work/root --log=/dev/null --force-not-root --force-depends --force-script-chrootless"
names=$(for package in "$folder"/*.deb; do dpkg-deb -f "$package" Package; done)
PATH=$PATH:/usr/sbin:/sbin
export PATH
$private --install "$folder"/*.deb >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; exit 1; }
grep -q '^linewarden:' "$work/root/etc/passwd" || { echo "the agent has no user" >&2; exit 1; }
[ -e "$work/root/usr/bin/linewarden" ] && [ -e "$work/root/usr/lib/$multiarch/liblinewarden.so.1" ]
# shellcheck disable=SC2086
$private --purge $names >"$work/dpkg.log" 2>&1 || { cat "$work/dpkg.log"; exit 1; }
# A user stays, for files may be its own.
users='^\./etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$|^\./etc/\.pwd\.lock$'
left=$(cd "$work/root" && find . -path ./var/lib/dpkg -prune -o ! -type d -print | grep -vE "$users" || true)
[ -z "$left" ] || { echo "left behind: $left" >&2; exit 1; }
# The same without packages: what the module's Makefile installs it removes, and leaves the settings, which are yours.
make -s -C "$root/integrations/asterisk" install "DESTDIR=$work/dest" "OUT=$work/module" \
    "LINEWARDEN_LIB=$work/system/usr/lib/$multiarch"
[ "$(find "$work/dest" ! -type d | wc -l)" = 4 ]
make -s -C "$root/integrations/asterisk" uninstall "DESTDIR=$work/dest"
left=$(cd "$work/dest" && find . ! -type d)
[ "$left" = ./etc/asterisk/linewarden.conf ] || { echo "left behind, or removed too much: $left" >&2; exit 1; }
echo "the packages fit"
