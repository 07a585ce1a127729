#!/usr/bin/env python3
"""Runs the tests of a cluster: PostgreSQL with a synchronous standby, three agents, programs that change and ask; all on loopback.

    tests/cluster/run.py [-k PATTERN] [--kills NUMBER] [--keep]

Exit status 0 only if every test passed. LW_BIN is the folder with the programs, LW_POSTGRES that of PostgreSQL's, LW_SEED makes the
random choices the same again.
"""

import argparse
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import traceback

import faults
from cluster import PICKUP, Cluster, change
from place import PATIENCE, TARGET, Failure, Place, company, database, holds, kill, run, same, wait_for

# ---- One order, the same everywhere -------------------------------------------------------------------------------------

def test_a_change_on_each_node_is_the_same_on_all(place):
    cluster = Cluster(place)
    a, b, c = cluster.nodes
    holds(not c.may("u1", PICKUP, "u0"), "a right before it was given")
    revision, token = a.apply("set", "relationship", "u0", "u1", "assistant")
    same(revision, 2, "the first change")
    c.wait(token)
    holds(c.may("u1", PICKUP, "u0"), "the right on another node")
    # New parties and domains bring numbers; names, authors and texts that are not ASCII are hashed as bytes.
    b.apply("add", "user", "zo\u00eb", "190")
    c.apply("set", "relationship", "zo\u00eb", "sip:j\u00fcrgen@partner.example", "employee")
    b.lw("apply", "--by", "acme.example/zo\u00eb", "set", "relationship", "zo\u00eb", "u3", "assistant")
    done = subprocess.run([os.path.join(TARGET, "linewarden"), "apply", c.store], text=True, capture_output=True, timeout=PATIENCE,
                          input="in second.example\nadd domain xphone\nadd user abe 101\nadd user eve 102\n")
    same(done.returncode, 0, done.stderr)
    # An import is worked out on what is in force, and made once.
    with open(place.path("acme.toml"), "a", encoding="utf-8") as file:
        file.write('[[user]]\nname = "more"\nlines = ["300"]\nsite = "s"\n')
    a.lw("import", place.path("acme.toml"))
    holds("nothing to change" in a.lw("apply", "--domain", "acme.example", "set", "vip", "more", "no").stdout, "a change without an effect made a revision")
    cluster.equal()
    same([author for _, author, _, _ in cluster.log()][4], "acme.example/zo\u00eb", "the author")
    # Who may not, may not through the agent either.
    done = b.lw("apply", "--domain", "acme.example", "--by", "acme.example/u1", "set", "relationship", "u0", "u1", "blocked", ok=False)
    same(done.returncode, 1, done.stdout + done.stderr)
    # The log of the database cannot be altered unseen.
    cluster.primary.sql("UPDATE linewarden.change_set SET text = replace(text, 'abe', 'abi') WHERE text LIKE '%abe%'")
    done = a.cluster("verify", ok=False)
    same(done.returncode, 2, done.stdout)
    holds("whole up to revision 5" in done.stderr, done.stderr)


def test_two_agents_append_against_each_other(place):
    cluster = Cluster(place)
    acknowledged, faults = [], []

    def write(node, numbers):
        for number in numbers:
            try:
                acknowledged.append((node.apply(*change(number))[0], number))
            except Failure as fault:
                faults.append(fault)
    threads = [threading.Thread(target=write, args=(node, range(place_ * 12, place_ * 12 + 12))) for place_, node in enumerate(cluster.nodes[:2])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    same(faults, [], "changes that failed")
    same(sorted(revision for revision, _ in acknowledged), list(range(2, 26)), "each change has a revision of its own")
    same(cluster.equal()[0], 25, "the head")


def test_without_its_agent_a_node_answers_and_takes_no_change(place):
    cluster = Cluster(place, nodes="ab")
    a, b = cluster.nodes
    a.apply("set", "relationship", "u0", "u1", "assistant")
    same(a.status(600)["state"], "following", "the state")
    a.stop(signal.SIGKILL)
    done = a.lw("apply", "set", "vip", "u0", "yes", ok=False)
    same(done.returncode, 2, done.stdout)
    holds("cut off since" in done.stderr and "nothing was changed" in done.stderr, done.stderr)
    holds(a.may("u1", PICKUP, "u0"), "a check without the agent")
    same(a.status(0)["state"], "cut_off", "the state without the agent")
    _, token = b.apply("set", "relationship", "u0", "u2", "assistant")
    a.start().up()
    a.wait(token)
    holds(a.may("u2", PICKUP, "u0"), "what came meanwhile")
    # The database away: the agent says since when.
    cluster.primary.kill()
    done = a.lw("apply", "set", "vip", "u0", "yes", ok=False)
    same(done.returncode, 2, done.stdout)
    holds("is cut off since 20" in done.stderr, done.stderr)
    holds(a.may("u2", PICKUP, "u0"), "a check without the database")
    cluster.primary.start()
    wait_for(lambda: a.lw("apply", "set", "vip", "u0", "yes", ok=False).returncode == 0, "a change after the database is back")
    cluster.equal()
    # Leaving: a store of its own, which takes changes itself.
    holds("stop it first" in run(os.path.join(TARGET, "linewarden"), "cluster", "leave", a.store, ok=False).stderr, "left a running agent")
    a.stop()
    run(os.path.join(TARGET, "linewarden"), "cluster", "leave", a.store)
    a.lw("apply", "set", "vip", "u1", "yes")
    same(a.status()["state"], "alone", "the state of a store that left")


# ---- What fails ---------------------------------------------------------------------------------------------------------

def test_a_connection_that_is_swallowed_is_noticed(place):
    cluster = Cluster(place, nodes="ab")
    a, b = cluster.nodes
    proxy = place.proxy(cluster.primary.port)
    b.stop()
    b.database = database(proxy.port)
    b.start().up()
    wait_for(lambda: b.status()["state"] == "following", "b follows")
    proxy.shut.set()
    began = time.monotonic()
    wait_for(lambda: b.status()["state"] == "cut_off", "b says that it is cut off")
    age = b.status()["age"] / 1000
    holds(age <= time.monotonic() - began + 2, f"an age of {age} s that is more than was waited")
    _, token = a.apply("set", "relationship", "u0", "u1", "assistant")
    holds(not b.may("u1", PICKUP, "u0"), "an answer that b cannot know")
    same(b.lw("wait", token, "--timeout", "0", ok=False).returncode, 1, "b is not fresh")
    done = b.lw("apply", "set", "vip", "u0", "yes", ok=False)
    same(done.returncode, 2, done.stdout)
    holds("cut off since" in done.stderr, done.stderr)
    proxy.shut.clear()
    b.wait(token)
    holds(b.may("u1", PICKUP, "u0"), "what came meanwhile")
    wait_for(lambda: b.status()["state"] == "following", "b follows again")
    cluster.equal()


def forked_soon(node):
    """By the agent's own clock, from the moment at which it could see the fork: the log was reached, or was last on the store's line."""
    after = [int(found) for found in re.findall(r"FORKED, marked after (\d+) ms", node.said())]
    holds(after and max(after) <= 5000, f"{node.name} was marked as forked after {after} ms")


def test_a_fork_is_found_said_and_mended(place):
    """An append whose wait for the standby is cancelled is seen, and lost with the primary: the nodes that saw it are forked."""
    cluster = Cluster(place)
    a, b, c = cluster.nodes
    acknowledged = [a.apply(*change(number)) for number in range(3)]
    cluster.equal()
    # A program that has a store open all the time.
    with open(place.path("watched"), "wb") as watched:
        watcher = subprocess.Popen([os.path.join(TARGET, "linewarden"), "watch", b.store, "--json"], stdout=watched)
    place.programs.append(watcher)
    phantom = ["set", "relationship", "u0", "u5", "assistant_plus"]
    # c is away, and never sees the phantom.
    c.stop()
    cluster.standby.freeze(signal.SIGSTOP)
    asked = subprocess.Popen([os.path.join(TARGET, "linewarden"), "apply", a.store, *phantom], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' LIMIT 1"
    pid = wait_for(lambda: cluster.primary.sql(waiting), "the append that waits for the standby")
    cluster.primary.sql(f"SELECT pg_cancel_backend({pid})")
    wait_for(lambda: b.may("u5", PICKUP, "u0"), "the phantom on the other node")
    # It is not acknowledged: the agent waits until the standby has it.
    holds(asked.poll() is None, "a change was acknowledged that its standby does not have")
    forked = b.status(600)["revision"]
    cluster.primary.kill()
    cluster.standby.kill()
    cluster.standby.start().promote()
    cluster.primary, cluster.standby = cluster.standby, None
    cluster.primary.synchronous(None)
    # Both nodes go back by themselves: one change set is lost there, and the epoch is another one.
    for node in (a, b):
        wait_for(lambda node=node: "FORKED" in node.said(), f"{node.name} says that it is forked")
        forked_soon(node)
        wait_for(lambda node=node: node.status(600)["state"] == "following", f"{node.name} is on the line again")
        # It says so before it has gone back.
        wait_for(lambda node=node: not node.may("u5", PICKUP, "u0"), f"{node.name} without the phantom right")
    out, err = asked.communicate(timeout=PATIENCE * 2)
    holds(asked.returncode == 2, f"the phantom was acknowledged: {out}{err}")
    for number in range(3, 6):
        acknowledged.append(b.apply(*change(number)))
    c.start().up()
    cluster.equal()

    def seen():
        with open(place.path("watched"), encoding="utf-8") as file:
            flips = [json.loads(line) for line in file.read().splitlines()]
        return [flip["allowed"] for flip in flips if (flip["actors"], flip["targets"]) == (["u5"], ["u0"])]
    wait_for(lambda: seen() == [True, False], "that the watcher saw the phantom come and go")
    texts = [text for _, _, text, _ in cluster.log()]
    for number, (revision, _) in enumerate(acknowledged):
        holds(" ".join(change(number)) in texts[revision - 1], f"change {number} is not revision {revision}")
    holds(os.path.exists(next(place.path(name) for name in os.listdir(place.folder) if name.startswith(f"b.db-forked-{forked}-"))), "the copy")


def test_a_fork_in_one_epoch_waits_for_an_order(place):
    """The database is put back to what it was: it may be wrong, so a node keeps what it has until an administrator says so."""
    cluster = Cluster(place, nodes="ab", standby=False)
    a, b = cluster.nodes
    a.apply(*change(0))
    run(os.path.join(os.environ.get("LW_POSTGRES", "/usr/lib/postgresql/15/bin"), "pg_dump"), "-h", "127.0.0.1", "-p", cluster.primary.port,
        "-U", "postgres", "-f", place.path("dump.sql"), "-n", "linewarden", "postgres")
    _, token = a.apply("set", "relationship", "u0", "u5", "assistant")
    b.wait(token)
    cluster.primary.sql("DROP SCHEMA linewarden CASCADE")
    psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", cluster.primary.port, "-U", "postgres", "-d", "postgres"]
    run(*psql, "-f", place.path("dump.sql"))
    for node in (a, b):
        wait_for(lambda node=node: node.status(600)["state"] == "forked", f"{node.name} is forked")
        wait_for(lambda node=node: "FORKED" in node.said(), f"{node.name} says that it is forked")
        forked_soon(node)
        same(node.lw("status", ok=False).returncode, 1, "the status of a forked store")
        holds(node.may("u5", PICKUP, "u0"), "a forked node answers on")
        done = node.lw("apply", "set", "vip", "u0", "yes", ok=False)
        same(done.returncode, 2, done.stdout)
        holds("forked" in done.stderr and "linewarden cluster promote" in done.stderr, done.stderr)
    a.cluster("promote", database=cluster.admin)
    for node in (a, b):
        wait_for(lambda node=node: node.status(600)["state"] == "following", f"{node.name} is on the line again")
        holds(not node.may("u5", PICKUP, "u0"), "what the database does not have")
    cluster.equal()


def test_a_role_serves_its_own_shards_only(place):
    cluster = Cluster(place, nodes="a", standby=False)
    cluster.primary.sql("CREATE ROLE stranger LOGIN; GRANT linewarden_agent TO stranger; CREATE ROLE nothing LOGIN")
    same(cluster.primary.sql("SELECT count(*) FROM linewarden.change_set", user="stranger"), "0", "what a stranger sees")
    same(cluster.primary.sql("SELECT count(*) FROM linewarden.change_set", user="node"), "1", "what the node's role sees")
    append = "SELECT * FROM linewarden.append('main', 1, 0, 1, '', '', '', '', '{}', '{}', '{}', '{}')"
    for user, text, part in [
        ("stranger", append, "does not serve"),
        ("stranger", "SELECT linewarden.settle('main', 1, '')", "does not serve"),
        ("stranger", "SELECT linewarden.renew('main')", "does not serve"),
        ("node", "SELECT linewarden.promote('main')", "permission denied"),
        ("node", "SELECT linewarden.locked('main')", "permission denied"),
        ("node", "UPDATE linewarden.shard SET revision = 9", "permission denied"),
        ("node", "DELETE FROM linewarden.change_set", "permission denied"),
        ("node", "INSERT INTO linewarden.member VALUES('node', 'main')", "permission denied"),
        ("nothing", "SELECT * FROM linewarden.shard", "permission denied"),
        ("nothing", append, "permission denied"),
    ]:
        done = cluster.primary.sql(text, ok=False, user=user)
        holds(done.returncode != 0 and part in done.stderr, f"{user}: {text}: {done.stdout}{done.stderr}")
    done = cluster.nodes[0].cluster("join", place.path("other.db"), ok=False, database=database(cluster.primary.port, user="stranger"))
    holds(done.returncode == 2 and "no shard `main` for this role" in done.stderr, done.stderr)


def test_a_pooler_that_shares_sessions_is_refused(place):
    cluster = Cluster(place, nodes="a", standby=False)
    (a,) = cluster.nodes
    a.stop()
    pooler = place.pooler(cluster.primary.port, "transaction")
    a.database = database(pooler.port)
    done = run(os.path.join(TARGET, "linewarden-agent"), "run", a.store, "--database", a.database, ok=False)
    same(done.returncode, 2, done.stdout + done.stderr)
    holds("pool_mode = session" in done.stderr, done.stderr)
    pooler = place.pooler(cluster.primary.port, "session")
    a.database = database(pooler.port)
    a.start().up()
    a.apply(*change(0))


def test_a_node_joins_from_the_log_or_from_a_copy(place):
    cluster = Cluster(place, nodes="a", standby=False)
    (a,) = cluster.nodes
    a.lw("backup", place.path("copy.db"))
    for number in range(5):
        a.apply(*change(number))
    for name, words in [("fromlog", []), ("fromcopy", ["--backup", place.path("copy.db")])]:
        node = place.node(name, cluster.to)
        node.cluster("join", node.store, *words)
        cluster.nodes.append(node.start().up())
    _, token = cluster.nodes[1].apply("add", "user", "zoe", "190")
    cluster.nodes[2].wait(token)
    cluster.equal()
    # A store whose log has no beginning any more: others begin with a copy.
    with open(place.path("beta.toml"), "w", encoding="utf-8") as file:
        file.write(company(3).replace("acme", "beta"))
    cut = place.node("cut", cluster.to)
    cut.lw("import", place.path("beta.toml"))
    for user in range(3):
        cut.lw("apply", "set", "vip", f"u{user}", "yes")
    cut.lw("compact", "--before", "3", "--archive", place.path("old.db"))
    cut.cluster("init", cut.store, "--shard", "beta", "--agent", "node", database=cluster.admin)
    cut.start().up()
    cut.apply("add", "user", "zoe", "190")
    other = place.node("other", cluster.to)
    done = other.cluster("join", other.store, "--shard", "beta", ok=False)
    holds(done.returncode == 2 and "join with --backup" in done.stderr, done.stderr)
    cut.lw("backup", place.path("cut-copy.db"))
    other.cluster("join", other.store, "--shard", "beta", "--backup", place.path("cut-copy.db"))
    other.start().up()
    _, token = other.apply("add", "user", "abe", "191")
    cut.wait(token)
    same(cut.matrix(), other.matrix(), "answers of two nodes of the second shard")
    same(cut.cluster("verify", cut.store, "--shard", "beta").stdout, "revision 6: every hash of `beta` is right\n", "verify")


# ---- Whatever is killed -------------------------------------------------------------------------------------------------

def test_nothing_acknowledged_is_lost_by_kills(place):
    """Agents, writers and the primary are killed at random while three writers work. LW_SEED and --kills."""
    cluster = Cluster(place)
    stop, acknowledged, unknown, lock, running = threading.Event(), {}, [], threading.Lock(), {}
    numbers = iter(range(10 ** 9))

    def write(node):
        while not stop.is_set():
            with lock:
                number = next(numbers)
            words = [os.path.join(TARGET, "linewarden"), "apply", node.store, "--token", *change(number)]
            process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            running[node.name] = process
            out, err = process.communicate(timeout=PATIENCE * 3)
            if process.returncode == 0:
                revision = int(out.split("\n")[0].removeprefix("revision ").split(":")[0])
                with lock:
                    acknowledged.setdefault(revision, []).append((number, "nothing to change" in out))
            elif process.returncode < 0 or "not known" in err:
                unknown.append(number)
            else:
                holds("nothing was changed" in err, f"a failure that does not say what became of it: {err}")
                time.sleep(0.05)

    faults = []

    def guarded(node):
        try:
            write(node)
        except BaseException as fault:  # it must not be lost with its thread
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(node,)) for node in cluster.nodes]
    for thread in threads:
        thread.start()
    counts = {"agent": 0, "writer": 0, "primary": 0}
    for turn in range(KILLS):
        time.sleep(random.uniform(0.05, 0.4))
        # The primary often enough that both servers have been it.
        what = "primary" if turn % 8 == 5 else random.choice(["agent", "agent", "writer"])
        counts[what] += 1
        node = random.choice(cluster.nodes)
        if what == "agent":
            node.stop(signal.SIGKILL)
            node.start()
        elif what == "writer":
            process = running.get(node.name)
            if process:
                kill(process.pid)
        else:
            cluster.fail_over()
    before = len(acknowledged)
    wait_for(lambda: len(acknowledged) > before + 3 or faults, "changes after the last kill")
    stop.set()
    for thread in threads:
        thread.join()
    holds(not faults, f"a writer failed: {faults}")
    head = cluster.equal()
    log = cluster.log()
    same([revision for revision, *_ in log], list(range(1, head[0] + 1)), "the log has gaps")
    texts = {revision: text for revision, _, text, _ in log}
    lost = [(revision, number) for revision, made in acknowledged.items() for number, same_ in made
            if not same_ and " ".join(change(number)) not in texts.get(revision, "")]
    same(lost, [], "acknowledged changes that are not in the log")
    said = "".join(node.said() for node in cluster.nodes)
    holds("FORKED" not in said, f"a node was forked although every commit waited for the standby:\n{said}")
    print(f"  kills {counts}, acknowledged {len(acknowledged)}, unknown {len(unknown)}, revisions {head[0]}")


def main():
    global KILLS
    reader = argparse.ArgumentParser()
    reader.add_argument("-k", default="")
    reader.add_argument("--kills", type=int, default=30)
    reader.add_argument("--keep", action="store_true", help="keep the folders of tests that fail")
    args = reader.parse_args()
    KILLS = args.kills
    every = [*globals().items(), *vars(faults).items()]
    tests = [(name, test) for name, test in every if name.startswith("test_") and args.k in name]
    failed = 0
    for name, test in tests:
        began, place, fault = time.monotonic(), Place(), None
        try:
            test(place)
        except Exception:
            fault = traceback.format_exc()
            failed += 1
        finally:
            said = [f"--- {node.name}\n{node.said()[-1500:]}" for node in place.nodes if os.path.exists(place.path(f"{node.name}.agent"))]
            place.close(bool(fault) and args.keep)
        print(f"{'ok  ' if not fault else 'FAIL'} {name} ({time.monotonic() - began:.1f} s)", flush=True)
        if fault:
            print(fault + "\n".join(said) + (f"\nkept: {place.folder}" if args.keep else ""), flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 1 if failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
