#!/bin/bash
# run.sh LIBRARY: the Lua C module in the plain interpreters, then a real Kamailio with four workers, sipp phones and a sipp PBX,
# once with the routes in Lua and once in Python. Everything listens on loopback, UDP ports 17000 to 17999; bindings/peers.sh
# installs what is needed, and what is missing fails.
set -euo pipefail

here=$(realpath "$(dirname "$0")/..")
root=$(realpath "$here/../..")
library=$(realpath "${1:?liblinewarden.so}")
command=$(dirname "$library")/linewarden
for tool in "$command" kamailio kamcmd sipp lua5.1 lua5.2 luajit pkg-config gcc; do
    command -v $tool >/dev/null || { echo "$tool is missing; bindings/peers.sh installs it" >&2; exit 1; }
done

work=$(mktemp -d)
daemons=()
stopped=()
# Kamailio takes one signal at a time, and loses one that comes while it has another, such as that a worker goes on.
end() {
    while kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status" 2>/dev/null; do
        kill "$1" 2>/dev/null || true
        sleep 0.2
    done
    wait "$1" 2>/dev/null || true
}
# Ends only what was started here.
finish() {
    for pid in "${stopped[@]}"; do kill -CONT "$pid" 2>/dev/null || true; done
    for pid in "${daemons[@]}"; do end "$pid"; done
    rm -rf "$work"
}
trap finish EXIT

mkdir "$work/lib"
ln -s "$library" "$work/lib/liblinewarden.so"
ln -s "$library" "$work/lib/$(objdump -p "$library" | awk '$1 == "SONAME" { print $2 }')"
export LD_LIBRARY_PATH="$work/lib"
export LINEWARDEN_CFLAGS="-I$root/include" LINEWARDEN_LIBS="-L$work/lib -llinewarden"

echo "== the Lua C module"
"$here/build.sh" "$work/lua5.1"
"$here/build.sh" "$work/lua5.2" "$(pkg-config --cflags lua5.2)"
for interpreter in lua5.1 luajit lua5.2; do
    module=$work/lua5.1
    [ $interpreter = lua5.2 ] && module=$work/lua5.2
    LUA_CPATH="$module/?.so" $interpreter "$here/tests/core.lua" "$root/tests/golden"
    LUA_CPATH="$module/?.so" LUA_PATH="$here/?.lua" $interpreter "$here/tests/mask.lua" "$root/tests/golden/companies"
    LUA_CPATH="$module/?.so" $interpreter "$here/tests/hostile.lua" linewarden.core "$root/examples/companies/mixed.toml" 30000
done
# Once more with what its C does wrong ending it.
CC="gcc -fsanitize=address,undefined -fno-sanitize-recover=all" "$here/build.sh" "$work/sanitized"
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" LUA_CPATH="$work/sanitized/?.so" \
    lua5.1 "$here/tests/hostile.lua" linewarden.core "$root/examples/companies/mixed.toml" 30000 2

PYTHONPATH="$here:$root/bindings/python" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$here/tests/mask.py" \
    "$root/tests/golden/companies"

# ---- the scenarios

sip=17060
pbx=17070
phone=17100

# ask SCENARIO ACTOR TARGET [EVENT]: one sipp call; its output is shown when it fails.
ask() {
    phone=$((phone + 1))
    printf 'SEQUENTIAL\n%s;%s;%s\n' "$2" "$3" "${4:-}" >"$work/call.csv"
    sipp "127.0.0.1:$sip" -sf "$1" -inf "$work/call.csv" -i 127.0.0.1 -p $phone -mp 17900 -m 1 -timeout 120 \
        -timeout_error -nostdin -trace_err -error_file "$work/sipp.err" >"$work/sipp.out" 2>&1 ||
        { echo "FAILED: $*" >&2; cat "$work/sipp.err" >&2 2>/dev/null; tail -30 "$work/kamailio.log" >&2; exit 1; }
}

# dials ACTOR CODE STATUS
dials() {
    if [ "$3" = 200 ]; then
        sed -e "s/@CODE@/200/g" -e 's/@RRS@/ rrs="true"/' -e 's/@ACKURI@/[next_url]/' -e 's/@ROUTES@/[routes]/' \
            -e 's/@ACKVIA@/Via: SIP\/2.0\/[transport] [local_ip]:[local_port];branch=[branch]/' \
            "$here/tests/invite.xml" >"$work/invite.xml"
    else
        sed -e "s/@CODE@/$3/g" -e 's/@RRS@//' -e '/@ROUTES@/d' -e 's/@ACKVIA@/[last_Via:]/' \
            -e 's/@ACKURI@/sip:[field1]@[remote_ip]:[remote_port]/' "$here/tests/invite.xml" >"$work/invite.xml"
    fi
    ask "$work/invite.xml" "$1" "$2"
    echo "   $1 dials $2: $3"
}

shows() { echo "<ereg regexp=\"$1\" search_in=\"msg\" check_it=\"true\" assign_to=\"$2\"/>"; }
hides() { echo "<ereg regexp=\"$1\" search_in=\"msg\" check_it_inverse=\"true\" assign_to=\"$2\"/>"; }

# watches ACTOR OWNER EVENT STATUS [CHECKS]: with 200 a NOTIFY follows, which must pass the checks
watches() {
    : >"$work/notify"
    if [ "$4" = 200 ]; then
        sed "s|@CHECKS@|${5:-}|" "$here/tests/notify.part" >"$work/notify"
        [ -n "${5:-}" ] && echo '<Reference variables="1,2,3"/>' >>"$work/notify"
    fi
    sed -e "s/@CODE@/$4/g" -e "/@NOTIFY@/{r $work/notify
d}" "$here/tests/subscribe.xml" >"$work/subscribe.xml"
    ask "$work/subscribe.xml" "$1" "$2" "$3"
    echo "   $1 watches $2 ($3): $4"
}

# notified WATCHER CHECKS: the PBX's own NOTIFY passes through to the watcher's phone
notified() {
    sed "s|@CHECKS@|$2|" "$here/tests/phone.xml" >"$work/phone.xml"
    sipp -sf "$work/phone.xml" -i 127.0.0.1 -p 17950 -mp 17960 -m 1 -timeout 120 -timeout_error -nostdin >/dev/null 2>&1 &
    local pid=$!
    daemons+=($pid)
    until_so listens 17950
    ask "$here/tests/notify.xml" "$1" diana
    wait $pid || { echo "FAILED: what $1 was notified of" >&2; exit 1; }
    echo "   $1 is notified by the PBX, through the proxy"
}

# until_so CONDITION...: waits for it, at most two minutes
until_so() {
    for _ in $(seq 1200); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
    echo "FAILED: waited in vain for: $*" >&2
    exit 1
}
listens() { grep -qi " 0100007F:$(printf %04X "$1") " /proc/net/udp; }

workers() { grep -ao "linewarden: pid [0-9]* $1" "$work/kamailio.log" | sort -u | wc -l; }

# Function codes by line, and a team's calls at an agent's telephone, for a PBX that heeds what is said of teams.
lines_and_teams() {
    start "$work/companies/estos.toml"
    dials petra '*810' 200
    dials petra '*811' 200
    dials petra '*812' 403
    dials petra '*7410%2399' 200
    dials petra '*7412%2399' 403
    dials tamara '*811' 403
    until_so grep -q 'X-Linewarden: pickup; subject=otto; line=2' "$work/pbx.log"
    until_so grep -q 'X-Linewarden: forward_set; subject=otto; line=1; digits=99' "$work/pbx.log"
    stop
    export LINEWARDEN_TEAM_CALLS=yes
    start "$work/companies/mixed.toml"
    unset LINEWARDEN_TEAM_CALLS
    dials rosa '*8104' 200
    dials bob '*8301' 200
    dials bernd '*8600' 403
    dials martin '*8101' 403
    until_so grep -q 'X-Linewarden: team_pickup; subject=martin; line=1; teams=team:support,team:switchboard' "$work/pbx.log"
    until_so grep -q 'X-Linewarden: pickup; subject=carol; line=1; teams=team:sales,team:support' "$work/pbx.log"
    stop
}

scenario() { # LANGUAGE CFG
    echo "== Kamailio with four workers, routes in $1"
    rm -rf "$work/run" "$work/dbtext" "$work/companies"
    mkdir "$work/run"
    cp -r /usr/share/kamailio/dbtext/kamailio "$work/dbtext"
    cp -r "$root/tests/golden/companies" "$work/companies"
    sed -e "s|udp:127.0.0.1:5060|udp:127.0.0.1:$sip|" -e "s|sip:127.0.0.1:5060|sip:127.0.0.1:$sip|" \
        -e "s|text:///etc/kamailio/dbtext|text://$work/dbtext|" -e "s|/etc/kamailio/linewarden/|$here/|" \
        -e "s|unix:/run/kamailio/kamailio_ctl|unix:$work/run/ctl|" "$here/$2" >"$work/kamailio.cfg"

    export LINEWARDEN_PBX="sip:127.0.0.1:$pbx" LINEWARDEN_ACTOR='$fU'
    export LUA_CPATH="$work/lua5.1/?.so" LUA_PATH="$here/?.lua"
    export PYTHONPATH="$here:$root/bindings/python" PYTHONDONTWRITEBYTECODE=1
    lines_and_teams
    destinations
    documents
    store
}

# start SOURCE: the PBX, and Kamailio with these rights
start() {
    export LINEWARDEN_SOURCE="$1"
    sipp -sf "$here/tests/pbx.xml" -i 127.0.0.1 -p $pbx -mp 17800 -nostdin -trace_logs -log_file "$work/pbx.log" \
        >/dev/null 2>&1 &
    pbx_pid=$!
    daemons+=($pbx_pid)
    until_so listens $pbx
    : >"$work/kamailio.log"
    kamailio -DD -E -f "$work/kamailio.cfg" -P "$work/run/pid" -Y "$work/run" -m 32 -M 8 >>"$work/kamailio.log" 2>&1 &
    kamailio_pid=$!
    daemons+=($kamailio_pid)
    for _ in $(seq 1200); do
        kamcmd -s "unix:$work/run/ctl" core.uptime >/dev/null 2>&1 && break
        kill -0 $kamailio_pid 2>/dev/null || break
        sleep 0.1
    done
    kamcmd -s "unix:$work/run/ctl" core.uptime >/dev/null 2>&1 ||
        { echo "Kamailio does not start:" >&2; cat "$work/kamailio.log" >&2; exit 1; }
}

stop() {
    end $kamailio_pid
    end $pbx_pid
    daemons=()
}

# everyone WORD STATUS: alice dials *8101 until each of the four workers has answered once, and each with that. A worker that has
# answered is stopped until all have, so that the system chooses another one.
everyone() {
    local from pid
    while [ ${#stopped[@]} -lt 4 ]; do
        from=$(stat -c %s "$work/kamailio.log")
        dials alice '*8101' "$2" >/dev/null
        pid=$(tail -c +$((from + 1)) "$work/kamailio.log" | grep -ao "linewarden: pid [0-9]* $1" | awk '{ print $3; exit }')
        case " ${stopped[*]} " in
        *" ${pid:-none} "*) echo "worker $pid answered although it is stopped" >&2; exit 1 ;;
        esac
        # Not while it still does what comes after the answer.
        sleep 0.1
        kill -STOP "${pid:?no worker says that it has $1 anything}"
        stopped+=("$pid")
    done
    for pid in "${stopped[@]}"; do kill -CONT "$pid"; done
    stopped=()
}

# The sample that runs linewarden: where forwardings and calls may lead.
destinations() {
    export LINEWARDEN_CALLS=yes
    start "$work/companies/linewarden.toml"
    # Dora may forward Dirk's first line abroad and not to premium numbers; Sara may not forward it at all.
    dials dora '*74200%2300043123456' 200
    dials dora '*74200%2300900123456' 403
    dials dora '*74201%2300043123456' 403
    dials sara '*74200%230' 403
    dials dirk '*74%2300043123456' 403
    dials dirk '*74%23210' 200
    dials dirk '*74%23200' 403
    until_so grep -q 'X-Linewarden: forward_set; subject=dirk; line=1; digits=00043123456' "$work/pbx.log"
    # Tom may call premium numbers, the others may not; from outside only extensions are reached; emergency numbers always.
    dials tom 00900123456 200
    dials sara 00900123456 403
    dials sara 00043123456 200
    dials sara dirk 200
    dials sara 210 200
    dials stranger 210 200
    dials stranger 00043123456 403
    dials stranger 112 200
    dials sara 110 200
    stop
    unset LINEWARDEN_CALLS
}

# A store: what another process changes is in force in all workers when the change returns, without any command.
store() {
    local round
    mkdir "$work/store"
    "$command" import "$work/store/rights.db" "$root/tests/golden/companies/mixed.toml" >/dev/null
    start "$work/store/rights.db"
    everyone allowed 200
    for round in 1 2 3; do
        "$command" apply "$work/store/rights.db" set relationship diana alice external >/dev/null
        everyone refused 403
        "$command" apply "$work/store/rights.db" set relationship diana alice assistant_plus >/dev/null
        everyone allowed 200
    done
    echo "   a store: after each of $((2 * round)) changes by another process the first answer of each of 4 workers is the new one"
    stop
    rm -rf "$work/store"
}

documents() {
    start "$work/companies/mixed.toml"

    # Function codes: pickup, forwarding; a plain call; an unknown extension; emergency without any name.
    dials alice '*8101' 200
    dials rosa '*8104' 403
    dials carol '*74201%230891234' 200
    dials bob '*74301%23101' 403
    dials bob '*8999' 404
    dials bob '*8' 404
    dials stranger '*8101' 403
    dials stranger 101 200
    dials stranger 112 200
    until_so grep -q 'X-Linewarden: pickup; subject=diana; line=1' "$work/pbx.log"
    until_so grep -q 'X-Linewarden: forward_set; subject=bob; line=1; digits=0891234' "$work/pbx.log"

    # Lamps: diana is in a call. Alice sees all, Bob the lamp alone, Martin may not subscribe.
    ask "$here/tests/publish.xml" diana diana
    watches alice diana dialog 200 "$(shows 'state.confirmed' 1)$(shows 'hidden@elsewhere' 2)$(shows secret-call 3)"
    watches bob diana dialog 200 "$(shows 'state.confirmed' 1)$(hides 'idden' 2)$(hides secret-call 3)"
    watches martin diana dialog 403
    watches stranger diana dialog 403
    watches bob diana presence 200
    watches martin diana presence 403
    watches bob diana conference 403

    notified alice "$(shows 'state.confirmed' 1)$(shows 'hidden@elsewhere' 2)$(shows secret-call 3)"
    notified bob "$(shows 'state.confirmed' 1)$(hides 'idden' 2)$(hides secret-call 3)"
    notified martin "$(hides 'state.confirmed' 1)$(hides 'idden' 2)$(shows '.dialog-info' 3)"

    # The worker that answers is chosen by the system: ask until several have.
    for _ in $(seq 400); do
        dials alice '*8101' 200 >/dev/null
        [ "$(workers allowed)" -ge 2 ] && break
    done
    [ "$(workers allowed)" -ge 2 ] || { echo "only $(workers allowed) worker answered" >&2; exit 1; }

    # Alice loses the right. One command, and no worker remembers.
    python3 - "$work/companies/mixed.toml" <<'END'
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
changed = re.sub(r'(owner = "diana"[^}\n]*\n?\s*viewer = "alice"[^}\n]*\n?\s*level = )"assistant_plus"', r'\1"external"', text)
changed = re.sub(r'(owner = "diana", viewer = "alice", level = )"assistant_plus"', r'\1"external"', changed)
assert changed != text, "the document no longer says what this test changes"
open(sys.argv[1], "w", encoding="utf-8").write(changed)
END
    : >"$work/kamailio.log"
    kamcmd -s "unix:$work/run/ctl" pv.shvSet linewarden int 1 >/dev/null
    for _ in $(seq 40); do dials alice '*8101' 403; done >/dev/null
    [ "$(workers refused)" -ge 2 ] || { echo "only $(workers refused) worker refused" >&2; exit 1; }
    echo "   after the change and one command: 40 of 40 refused, by $(workers refused) workers"

    # A document that cannot be loaded: the old answers stay in force. A worker that had no request since the first change does
    # not know them, and refuses; none may fall back on what was before.
    echo 'nonsense = ' >>"$work/companies/mixed.toml"
    kamcmd -s "unix:$work/run/ctl" pv.shvSet linewarden int 2 >/dev/null
    for _ in $(seq 20); do
        dials alice '*8101' 403
        (dials carol '*8101' 200) 2>/dev/null || true
    done >/dev/null
    until_so grep -aq 'the old rights stay in force' "$work/kamailio.log"
    until_so grep -aq 'allowed carol pickup' "$work/kamailio.log"
    echo "   a faulty document gives no right back"

    stop
}

scenario Lua kamailio.cfg
scenario Python kamailio-python.cfg
echo "Kamailio: as it should be"
