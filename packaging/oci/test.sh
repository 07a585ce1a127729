#!/bin/sh
# test.sh BUILD: builds the OCI image of what cargo built in BUILD and runs it, without a registry: its base is the libraries that the
# programs name. Then the rule about PID namespaces. Needs buildah, unshare and root.
set -eu

here=$(dirname "$(realpath "$0")")
build=$(realpath "${1:?the folder with linewarden-agent and linewarden}")
work=$(mktemp -d)
running=
cleanup() {
    [ -z "$running" ] || kill "$running" 2>/dev/null || true
    rm -rf "$work"
}
trap cleanup EXIT
buildah() {
    command buildah --storage-driver vfs --root "$work/root" --runroot "$work/run" "$@"
}
fail() {
    echo "FAIL $*" >&2
    exit 1
}

mkdir -p "$work/context" "$work/store"
cp "$build/linewarden-agent" "$build/linewarden" "$work/context"
base=$(buildah from scratch)
for library in $(ldd "$build/linewarden-agent" "$build/linewarden" | grep -o '/lib[^ ]*' | sort -u); do
    buildah copy -q "$base" "$library" "$library" >/dev/null
done
buildah commit -q "$base" localhost/base >/dev/null
buildah build --isolation chroot --build-arg BASE=localhost/base -q -t linewarden-agent -f "$here/Containerfile" "$work/context" >/dev/null
image=$(buildah from localhost/linewarden-agent)

# A store that both the machine and the container change.
store="$work/store/rights.db"
printf 'domain = "acme.example"\nsystems = ["keevio"]\n[[user]]\nname = "alice"\n[[user]]\nname = "bob"\n' >"$work/acme.toml"
"$build/linewarden" import "$store" "$work/acme.toml" >/dev/null
inside() {
    buildah run --isolation chroot --volume "$work/store:/var/lib/linewarden" "$image" "$@"
}
inside /usr/bin/linewarden-agent --version | grep -q linewarden-agent || fail "the agent does not run in its image"
inside /usr/bin/linewarden apply /var/lib/linewarden/rights.db set company alice acme | grep -q "revision 2" || fail "a change in the container"
"$build/linewarden" status "$store" | grep -q "revision *2" || fail "the change outside"
if inside /usr/bin/linewarden-agent run /var/lib/linewarden/rights.db --database "host=127.0.0.1 user=x" 2>"$work/said"; then
    fail "an agent over a store of no cluster"
fi
grep -q "belongs to no cluster" "$work/said" || fail "$(cat "$work/said")"
echo "ok   the image is built, and its programs use a store of the machine"

# While a program has the store open, one of another PID namespace is refused; one of the same is not, and afterwards neither.
"$build/linewarden" watch "$store" --json >"$work/watched" &
running=$!
until "$build/linewarden" status "$store" >/dev/null && grep -q -- "-image" "/proc/$running/maps"; do
    kill -0 "$running" || fail "the program that watches has ended"
done
apart() {
    unshare --pid --fork --mount-proc "$build/linewarden" apply "$store" set company bob "$1"
}
if apart acme 2>"$work/said"; then
    fail "a program of another PID namespace changed a store that is in use"
fi
grep -q "PID namespace" "$work/said" && grep -q -- "--pid=host" "$work/said" || fail "$(cat "$work/said")"
"$build/linewarden" apply "$store" set company bob acme | grep -q "revision 3" || fail "a change in the same namespace"
kill "$running"
wait "$running" 2>/dev/null || true
running=
apart other | grep -q "revision 4" || fail "a change where the store is not in use"
echo "ok   programs that write a store share their process numbers"
