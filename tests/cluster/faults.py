"""What fails beside processes and connections: a standby that stops, a full disk, clocks that are set, and a word from the database that is
too old for a domain."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from cluster import PICKUP, Cluster, change
from place import TARGET, database, holds, run, same, wait_for

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


def asked(node, words):
    """A change that is on its way."""
    return subprocess.Popen([os.path.join(TARGET, "linewarden"), "apply", node.store, *words], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def fill(path, end):
    """Takes all room, and what others give back, until the end."""
    full = os.open(path, os.O_CREAT | os.O_WRONLY)
    while not end.is_set():
        try:
            os.write(full, bytes(4096))
        except OSError:
            end.wait(0.002)
    os.close(full)


def answered(process, patience=120):
    out, err = process.communicate(timeout=patience)
    return process.returncode, out, err


def test_a_standby_that_stops_holds_changes_up_and_no_check(place):
    cluster = Cluster(place, nodes="ab")
    a, b = cluster.nodes
    a.apply("set", "relationship", "u0", "u1", "assistant")
    cluster.standby.freeze(signal.SIGSTOP)
    began, late = time.monotonic(), asked(a, ["set", "relationship", "u0", "u2", "assistant"])
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' LIMIT 1"
    wait_for(lambda: cluster.primary.sql(waiting), "the append that waits for the standby")
    longest = 0
    while time.monotonic() - began < 14:
        asking = time.monotonic()
        holds(a.may("u1", PICKUP, "u0") and b.may("u0", PICKUP, "u0"), "a check while the standby stands still")
        longest = max(longest, time.monotonic() - asking)
        holds(late.poll() is None, "a change was answered that its standby does not have")
        # Who waits for the head of the log gives up and says so.
        time.sleep(0.5)
    holds(longest < 10, f"a check took {longest} s")
    done = b.lw("apply", "set", "vip", "u3", "yes", ok=False)
    holds(done.returncode == 2 and "nothing was changed" in done.stderr, done.stdout + done.stderr)
    cluster.standby.freeze(signal.SIGCONT)
    code, out, err = answered(late)
    same((code, out.startswith("revision 3")), (0, True), out + err)
    wait_for(lambda: b.may("u2", PICKUP, "u0"), "the change on the other node")
    # It does not come back: what became of the change is not known, and is said so.
    cluster.standby.freeze(signal.SIGSTOP)
    code, out, err = answered(asked(a, ["set", "relationship", "u0", "u3", "assistant"]))
    holds(code == 2 and "not known" in err, f"{code} {out}{err}")
    cluster.standby.freeze(signal.SIGCONT)
    wait_for(lambda: a.lw("apply", "set", "vip", "u0", "yes", ok=False).returncode == 0, "a change after that")
    cluster.equal()


def test_a_node_with_a_full_disk_answers_on_and_follows_when_there_is_room(place):
    holds(os.getuid() == 0, "as root: the node gets a small disk of its own")
    cluster = Cluster(place, nodes="ab")
    a, b = cluster.nodes
    b.stop()
    disk = place.path("small")
    os.mkdir(disk)
    run("mount", "-t", "tmpfs", "-o", "size=24m,mode=755", "none", disk)
    filling = threading.Event()
    try:
        for name in ("b.db", "b.db-wal"):
            if os.path.exists(place.path(name)):
                shutil.copy(place.path(name), disk)
        b.store = os.path.join(disk, "b.db")
        b.start().up()
        _, token = a.apply("set", "relationship", "u0", "u1", "assistant")
        b.wait(token)
        filler = threading.Thread(target=fill, args=(os.path.join(disk, "full"), filling))
        filler.start()
        wait_for(lambda: os.statvfs(disk).f_bavail == 0, "the disk to be full")
        # Some megabytes of text, and no new party: more than what is left in files that are there.
        levels = ["assistant", "employee"]
        text = "in acme.example\n" + "".join(f"set relationship u{number % 7} u7 {levels[number // 7 % 2]}\n" for number in range(50_000))
        done = subprocess.run([os.path.join(TARGET, "linewarden"), "apply", a.store], input=text, capture_output=True, text=True, timeout=120)
        same(done.returncode, 0, done.stderr)
        before = b.status(600)["revision"]
        # The log, or the image that is made for so many changes: whichever is first.
        full = re.compile("full|cannot be written|No space left")
        wait_for(lambda: full.search(b.said()), "that the agent says why it does not follow")
        holds(b.may("u1", PICKUP, "u0"), "a check on a full disk")
        wait_for(lambda: b.status()["state"] == "cut_off", "that the age shows it")
        same(b.status(600)["revision"], before, "the revision on a full disk")
        done = b.lw("apply", "set", "vip", "u0", "yes", ok=False)
        holds(done.returncode == 2 and "nothing was changed" in done.stderr, done.stdout + done.stderr)
        a.apply("set", "vip", "u1", "yes")
        filling.set()
        filler.join()
        os.unlink(os.path.join(disk, "full"))
        cluster.equal()
        b.apply("set", "vip", "u2", "yes")
        cluster.equal()
    finally:
        filling.set()
        b.stop(signal.SIGKILL)
        run("umount", disk)


def test_clocks_that_are_set_change_no_order_and_no_age(place):
    holds(os.path.exists(FAKETIME), f"no {FAKETIME}")
    times = place.path("time")

    def now(offset):
        with open(f"{times}.new", "w", encoding="utf-8") as file:
            file.write(offset)
        os.chmod(f"{times}.new", 0o644)
        os.replace(f"{times}.new", times)
    now("+0")
    environment = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": times, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    place.environment.update(environment)
    cluster = Cluster(place, nodes="ab", standby=False)
    a, b = cluster.nodes
    for number, offset in enumerate(("+0", "+2d", "-3d", "+1d", "-9d")):
        now(offset)
        _, token = (a, b)[number % 2].apply(*change(number))
        for node in (a, b):
            node.wait(token)
            wait_for(lambda node=node: node.status()["state"] == "following", f"{node.name} follows after {offset}")
            holds(node.status()["age"] < 3000, "the age")
    at = [int(row) for row in cluster.primary.sql("SELECT at FROM linewarden.change_set ORDER BY revision").split()]
    same(at, sorted(at), "times in the log")
    holds(at[-1] - at[1] > 86_400_000, f"the clock of the database was set forward: {at}")
    cluster.equal()


def test_a_domain_with_a_longest_age_allows_nothing_on_a_node_that_is_cut_off(place):
    cluster = Cluster(place, nodes="ab")
    a, b = cluster.nodes
    a.apply("set", "relationship", "u0", "u1", "assistant")
    done = subprocess.run([os.path.join(TARGET, "linewarden"), "apply", a.store, "--token"], capture_output=True, text=True, timeout=60,
                          input="in acme.example\nset longest_age 6\nin other.example\nadd domain xphone\nadd user zoe 100\n")
    same(done.returncode, 0, done.stderr)
    b.wait(done.stdout.split("\n")[1])
    proxy = place.proxy(cluster.primary.port)
    b.stop()
    b.database = database(proxy.port)
    b.start().up()
    oneself = ("other.example/zoe", "presence.status.read", "other.example/zoe")

    def allowed(node):
        return node.may("acme.example/u1", PICKUP, "acme.example/u0")
    wait_for(lambda: allowed(b), "the right while b hears")
    proxy.shut.set()
    began = time.monotonic()
    wait_for(lambda: not allowed(b), "the refusal", 30)
    took = time.monotonic() - began
    holds(4 <= took <= 12, f"b refused {took} s after the connection was swallowed")
    holds(allowed(a) and b.may(*oneself) == a.may(*oneself), "the other node, and a domain without a longest age")
    explained = json.loads(b.lw("explain", "--json", "acme.example/u1", PICKUP, "acme.example/u0", ok=False).stdout)
    same((explained["allowed"], explained["reason"]), (False, "too_old"), "the reason")
    proxy.shut.clear()
    wait_for(lambda: allowed(b), "the right when b hears again")
    # Without the agent it is the same, and a restart of it brings the right back.
    b.stop(signal.SIGKILL)
    wait_for(lambda: not allowed(b), "the refusal without an agent", 30)
    b.start().up()
    wait_for(lambda: allowed(b), "the right with the agent")
    cluster.equal()
