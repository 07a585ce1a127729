#!/usr/bin/env python3
"""Measures a cluster on this machine, with fsync: PostgreSQL's own commit rate, then changes through the agents with 1, 2 and 4 writers,
from the acknowledgement until the change is in force on the other node, and how long a new node takes to catch up.

    tests/cluster/measure.py [--changes NUMBER] [--sets NUMBER]

LW_BIN as for run.py; liblinewarden.so lies there or in its folder deps.
"""

import argparse
import ctypes
import json
import os
import re
import socket
import statistics
import threading
import time

from place import POSTGRES, TARGET, Place, run
from run import Cluster, change


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


def ask(store, words):
    """One change by the agent's socket: the revision, and how long it took."""
    request = {"form": "linewarden agent 1", "author": "", "checked": True, "text": "in acme.example\n" + " ".join(words), "after": None}
    began = time.perf_counter()
    with socket.socket(socket.AF_UNIX) as agent:
        agent.connect(f"{store}-agent")
        agent.sendall((json.dumps(request) + "\n").encode())
        answer = json.loads(agent.makefile().readline())
    return answer["done"]["revision"], time.perf_counter() - began


def line(what, times):
    times = sorted(1000 * time_ for time_ in times)
    print(f"{what:46} p50 {statistics.median(times):7.2f} ms   p99 {times[int(len(times) * 0.99)]:7.2f} ms")


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("--changes", type=int, default=300)
    reader.add_argument("--sets", type=int, default=20_000)
    args = reader.parse_args()
    lib, place = library(), Place(fsync="on")
    try:
        cluster = Cluster(place, nodes="ab")
        a, b = cluster.nodes
        cluster.primary.sql("CREATE TABLE plain(n int); INSERT INTO plain VALUES(0)")
        with open(place.path("plain.sql"), "w", encoding="utf-8") as script:
            script.write("UPDATE plain SET n = n + 1;\n")
        for writers in (1, 4):
            done = run(os.path.join(POSTGRES, "pgbench"), "-n", "-f", place.path("plain.sql"), "-c", writers, "-T", 5, "-h", "127.0.0.1",
                       "-p", cluster.primary.port, "-U", "postgres", "postgres")
            print(f"{'PostgreSQL, one row, ' + str(writers) + ' writers':46} {float(re.search(r'tps = ([0-9.]+)', done.stdout).group(1)):7.0f} commits a second")
        engine = lib.lw_open(b.store.encode(), None)
        if not engine:
            raise SystemExit("the store of b cannot be opened")
        number, lock = iter(range(10 ** 9)), threading.Lock()
        acknowledged, elsewhere = [], []
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
        # Change sets made by the database alone, as fast as it goes; a new node takes them.
        cluster.primary.sql(
            f"""INSERT INTO linewarden.member VALUES('postgres', 'main') ON CONFLICT DO NOTHING;
            DO $$ DECLARE head linewarden.shard; BEGIN FOR number IN 1..{args.sets} LOOP
            SELECT * INTO head FROM linewarden.shard; PERFORM linewarden.append('main', head.epoch, head.fence, head.revision, head.hash, '', '',
            format(E'in acme.example\\nset vip u%s %s\\n', number % 8, CASE WHEN number / 8 % 2 = 0 THEN 'yes' ELSE 'no' END), '{{}}', '{{}}', '{{}}', '{{}}');
            END LOOP; END $$""")
        node = place.node("new", cluster.to)
        began = time.perf_counter()
        node.cluster("join", node.store)
        took = time.perf_counter() - began
        print(f"{f'a new node takes {cluster.head()[0]} change sets':46} {took:7.1f} s")
    finally:
        place.close(False)


if __name__ == "__main__":
    main()
