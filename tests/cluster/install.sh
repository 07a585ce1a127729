#!/bin/sh
# Installs what `make test-cluster` needs on a Debian 12, as root: PostgreSQL 15, pgbouncer, openssl, ip, ps, faketime, buildah, Python. No server is
# started and no database made: the tests make their own, in a temporary folder. Does nothing where everything is there already.
#
#     tests/cluster/install.sh
set -eu

missing=
[ -x /usr/lib/postgresql/15/bin/postgres ] || missing="$missing postgresql-15"
[ -x /usr/lib/postgresql/15/bin/psql ] || missing="$missing postgresql-client-15"
[ -x /usr/sbin/pgbouncer ] || missing="$missing pgbouncer"
command -v openssl >/dev/null || missing="$missing openssl"
command -v ip >/dev/null || missing="$missing iproute2"
command -v ps >/dev/null || missing="$missing procps"
command -v buildah >/dev/null || missing="$missing buildah"
command -v faketime >/dev/null || missing="$missing faketime"
command -v python3 >/dev/null || missing="$missing python3"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -ne 0 ]; then
    echo "as root: apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
trap '[ -z "${ours:-}" ] || rm -f /usr/sbin/policy-rc.d' EXIT
if [ ! -e /usr/sbin/policy-rc.d ]; then
    # The packages would start servers of their own.
    ours=yes
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
fi
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
fi
apt="apt-get -q -o DPkg::Lock::Timeout=600 -o DPkg::Options::=--force-confold"
$apt update
# shellcheck disable=SC2086
$apt install -y --no-install-recommends $missing
