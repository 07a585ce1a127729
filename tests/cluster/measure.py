#!/usr/bin/env python3
"""Measures a cluster on this machine, with fsync: PostgreSQL's own commit rate, then changes through the agents with 1, 2 and 4 writers,
from the acknowledgement until the change is in force on the other node, how long a new node takes to catch up, and one of
many tenants' changes.

    tests/cluster/measure.py [--changes NUMBER] [--sets NUMBER] [--tenants NUMBER]

LW_BIN as for run.py; liblinewarden.so lies there or in its folder deps.
"""

import argparse
import contextlib
import ctypes
import glob
import json
import os
import random
import re
import socket
import statistics
import threading
import time

from cluster import Cluster, change
from place import POSTGRES, TARGET, Place, company, database, run, same, wait_for


def library():
    for folder in (TARGET, os.path.join(TARGET, "deps")):
        path = os.path.join(folder, "liblinewarden.so")
        if os.path.exists(path):
            lib = ctypes.CDLL(path)
            lib.lw_open.argtypes, lib.lw_open.restype = [ctypes.c_char_p, ctypes.c_void_p], ctypes.c_void_p
            lib.lw_wait_for.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32]
            lib.lw_wait_for.restype = ctypes.c_bool
            return lib
    raise SystemExit(f"no liblinewarden.so in {TARGET}")


def ask(store, words, domain="acme.example"):
    """One change by the agent's socket: the revision, and how long it took."""
    request = {"form": "linewarden agent 1", "author": "", "checked": True, "text": f"in {domain}\n" + " ".join(words), "after": None}
    began = time.perf_counter()
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(f"{store}-agent")
        agent.sendall((json.dumps(request) + "\n").encode())
        answer = json.loads(agent.makefile().readline())
    return answer["done"]["revision"], time.perf_counter() - began


def line(what, times):
    times = sorted(1000 * time_ for time_ in times)
    print(f"{what:46} p50 {statistics.median(times):7.2f} ms   p99 {times[int(len(times) * 0.99)]:7.2f} ms")


def commits(place, server, writers):
    """PostgreSQL's own rate, and how long one commit takes: an update of one row by so many writers."""
    server.sql("DROP TABLE IF EXISTS plain; CREATE TABLE plain(n int); INSERT INTO plain VALUES(0)")
    script, log = place.path("plain.sql"), place.path("commits")
    with open(script, "w", encoding="utf-8") as file:
        file.write("UPDATE plain SET n = n + 1;\n")
    done = run(os.path.join(POSTGRES, "pgbench"), "-n", "-f", script, "-c", writers, "-T", 5, "-l", "--log-prefix", log, "-h", "127.0.0.1",
               "-p", server.port, "-U", "postgres", "postgres")
    took = []
    for name in glob.glob(f"{log}.*"):
        with open(name, encoding="utf-8") as file:
            took += [int(row.split()[2]) / 1e6 for row in file]
        os.unlink(name)
    print(f"{f'PostgreSQL, one row, {writers} writers':46} {float(re.search(r'tps = ([0-9.]+)', done.stdout).group(1)):7.0f} commits a second")
    line(f"PostgreSQL, one row, {writers} writers, a commit", took)


@contextlib.contextmanager
def machine_watched():
    """How late this machine wakes what sleeps for a millisecond: what a busy one adds to each of a change's steps."""
    late, end = [], threading.Event()

    def sleep():
        while not end.is_set():
            began = time.perf_counter()
            time.sleep(0.001)
            late.append(time.perf_counter() - began - 0.001)
    thread = threading.Thread(target=sleep)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
    line("the machine wakes a sleeper late by", late)


def joined(place, cluster, sets):
    """How long a new node takes: change sets made by the database alone, as fast as it goes, from the log and from a copy."""
    for node in cluster.nodes:
        node.stop()
    cluster.primary.sql("INSERT INTO linewarden.member VALUES('postgres', 'main') ON CONFLICT DO NOTHING")
    # A transaction for each hundred: within one, every append would walk the head row's earlier versions.
    for first in range(0, sets, 10_000):
        cluster.primary.sql(
            f"""DO $$ DECLARE head linewarden.shard; BEGIN SET synchronous_commit = off; FOR number IN {first + 1}..{min(first + 10_000, sets)} LOOP
            SELECT * INTO head FROM linewarden.shard; PERFORM linewarden.append('main', head.epoch, head.fence, head.revision, head.hash, '', '',
            format(E'in acme.example\\nset vip u%s %s\\n', number % 8, CASE WHEN number / 8 % 2 = 0 THEN 'yes' ELSE 'no' END), '{{}}', '{{}}', '{{}}', '{{}}');
            IF number % 100 = 0 THEN COMMIT; END IF; END LOOP; END $$""")
    revision, copy = cluster.head()[0], place.path("copy.db")
    for what, words in (("log", []), ("copy", ["--backup", copy])):
        node = place.node(f"from-{what}", cluster.to)
        began = time.perf_counter()
        node.cluster("join", node.store, *words)
        took = time.perf_counter() - began
        same(node.status()["revision"], revision, "the new node's revision")
        print(f"{f'a new node takes {revision} change sets from the {what}':46} {took:7.1f} s", flush=True)
        if what == "log":
            node.lw("backup", copy)


def tenants(place, lib, count, changes):
    """One tenant's change on the other of two nodes, of so many tenants of 50 users in shards of 500 at most."""
    server = place.server("tenants").make().start()
    server.sql("CREATE ROLE node LOGIN")
    to, admin = database(server.port), database(server.port, user="postgres")
    shards = -(-count // 500)
    ones, others = ([place.node(f"{name}{shard}", to) for shard in range(shards)] for name in ("one", "other"))
    for shard, (one, other) in enumerate(zip(ones, others)):
        folder = place.path(f"documents{shard}")
        os.mkdir(folder)
        for tenant in range(shard, count, shards):
            with open(os.path.join(folder, f"{tenant}.toml"), "w", encoding="utf-8") as file:
                file.write(company(50).replace("acme", f"tenant{tenant}"))
        one.lw("import", folder)
        one.cluster("init", one.store, "--shard", f"shard{shard}", "--agent", "node", database=admin)
        other.cluster("join", other.store, "--shard", f"shard{shard}")
    # One agent for all stores of a node.
    for nodes in (ones, others):
        nodes[0].start(*(node.store for node in nodes[1:])).up()
        for node in nodes[1:]:
            wait_for(lambda node=node: os.path.exists(f"{node.store}-agent"), f"the socket of {node.name}")
    began = time.monotonic()
    for nodes in (ones, others):
        wait_for(lambda nodes=nodes: nodes[0].said().count("has read the policy") >= shards, "the policies in the agents", 600)
    print(f"{f'{count} tenants: the agents have read the policies after':46} {time.monotonic() - began:5.1f} s more", flush=True)
    engines = [lib.lw_open(other.store.encode(), None) for other in others]
    commits(place, server, 1)
    acknowledged, elsewhere = [], []
    with machine_watched():
        for number in range(changes):
            tenant = random.randrange(count)
            shard = tenant % shards
            revision, took = ask(ones[shard].store, change(number), f"tenant{tenant}.example")
            began = time.perf_counter()
            lib.lw_wait_for(engines[shard], revision, 60_000)
            elsewhere.append(time.perf_counter() - began)
            acknowledged.append(took)
    line(f"{count} tenants: until it is acknowledged", acknowledged)
    line(f"{count} tenants: until in force on the other node", elsewhere)


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--changes", type=int, default=300)
    reader.add_argument("--sets", type=int, default=100_000)
    reader.add_argument("--tenants", type=int, default=10_000)
    args = reader.parse_args()
    lib, place = library(), Place(fsync="on")
    try:
        cluster = Cluster(place, nodes="ab")
        a, b = cluster.nodes
        for writers in (1, 2, 4):
            commits(place, cluster.primary, writers)
        engine = lib.lw_open(b.store.encode(), None)
        if not engine:
            raise SystemExit("the store of b cannot be opened")
        number, lock = iter(range(10 ** 9)), threading.Lock()
        acknowledged, elsewhere = [], []
        with machine_watched():
            for _ in range(args.changes):
                revision, took = ask(a.store, change(next(number)))
                began = time.perf_counter()
                lib.lw_wait_for(engine, revision, 60_000)
                elsewhere.append(time.perf_counter() - began)
                acknowledged.append(took)
        line("a change until it is acknowledged", acknowledged)
        line("acknowledged until in force on the other node", elsewhere)
        for writers in (1, 2, 4):
            until, made = time.monotonic() + 5, []

            def write(place_):
                while time.monotonic() < until:
                    with lock:
                        words = change(next(number))
                    made.append(ask((a, b)[place_ % 2].store, words)[0])
            threads = [threading.Thread(target=write, args=(place_,)) for place_ in range(writers)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            print(f"{f'{writers} writers on {min(writers, 2)} nodes':46} {len(made) / 5:7.0f} changes a second")
        joined(place, cluster, args.sets)
        tenants(place, lib, args.tenants, args.changes)
    finally:
        place.close(False)


if __name__ == "__main__":
    main()
