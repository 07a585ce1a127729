#!/usr/bin/env python3
"""Follows docs/cluster.md from two bare machines to a pair, as written, and kills every process of it.

    tests/cluster/administrator.py

As root: the machines are namespaces of this one (machines.py). LW_BIN as for run.py. Exit status 0 only if all of it worked."""

import os
import re
import shlex
import subprocess
import sys
import time

from machines import pair
from place import ROOT, Failure, Place, holds, same, wait_for

STORE = "/var/lib/linewarden/rights.db"
DOCUMENT = """domain = "acme.example"
systems = ["xphone"]
[[site]]
name = "s"
same_site = "external"
other_sites = "external"
outside = "external"
"""


def steps():
    """What docs/cluster.md has to paste: the machine, the command, and what it prints at least."""
    with open(os.path.join(ROOT, "docs", "cluster.md"), encoding="utf-8") as file:
        text = file.read()
    section = text[text.index("## From two bare machines"):text.index("## What is promised")]
    found = []
    for block in re.findall(r"^```\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
        for one in re.split(r"^(?=(?:db1|db2|both)# )", block, flags=re.MULTILINE)[1:]:
            where, command = one.split("# ", 1)
            lines = command.splitlines()
            # What a shell has whole is the command; lines after it are what comes out.
            count = next(count for count in range(1, len(lines) + 1) if is_whole("\n".join(lines[:count])))
            found.append((where, "\n".join(lines[:count]), "\n".join(lines[count:])))
    return found


def is_whole(command):
    done = subprocess.run(["bash", "-n", "-c", command], capture_output=True, text=True, check=False)
    return done.returncode == 0 and "here-document" not in done.stderr


class Administrator:
    def __init__(self, place):
        self.place, self.machines = place, {machine.name: machine for machine in pair(place)}
        os.mkdir(place.path("carried"))
        for machine in self.machines.values():
            # What the packages do when they are installed.
            machine.sh("pg_createcluster 15 main --start")
        with open(place.path("acme.toml"), "w", encoding="utf-8") as file:
            file.write(DOCUMENT + "".join(f'[[user]]\nname = "{name}"\nlines = ["{number}"]\nsite = "s"\n'
                                          for number, name in enumerate(("alice", "bob", "carol", "dave"), 100)))

    def follow(self, where, command, expected):
        for machine in self.machines.values() if where == "both" else [self.machines[where]]:
            if command.startswith("linewarden-agent run"):
                machine.serve(command)
                wait_for(lambda machine=machine: machine.sh(f"test -S {STORE}-agent", ok=False).returncode == 0, f"the agent of {machine.name}")
            elif command.startswith("scp "):
                *files, to = shlex.split(command)[1:]
                host, folder = to.split(":")
                for file in files:
                    carried = self.place.path("carried/" + os.path.basename(file))
                    machine.sh(f"cp {file} {carried}")
                    self.machines[host].sh(f"cp {carried} {folder}")
            elif expected:
                # What was changed on the other machine is there shortly after.
                wait_for(lambda machine=machine: machine.sh(command, ok=False).stdout.startswith(expected), f"`{expected}` from `{command}`")
            else:
                machine.sh(command.replace("acme.toml", self.place.path("acme.toml")))

    def change(self, machine, number, patience=60):
        """Makes a change there; refusals are waited for. Returns its revision."""
        level = ["employee", "team_colleague", "assistant"][number % 3]
        words = f"linewarden apply {STORE} set relationship carol dave {level}"
        end = time.monotonic() + patience
        while True:
            done = machine.sh(words, ok=False)
            if done.returncode == 0:
                return int(re.match(r"revision (\d+)", done.stdout).group(1))
            holds("nothing was changed" in done.stderr, f"a change that does not say what became of it: {done.stderr}")
            holds(time.monotonic() < end, f"no change on {machine.name} in {patience} s: {done.stderr}")
            time.sleep(0.1)

    def works(self, number):
        """A change on each machine; then both have the same, and answer."""
        revision = 0
        for machine in self.machines.values():
            number += 1
            made = self.change(machine, number)
            holds(made > revision, f"revision {made} after {revision}")
            revision = made
        for machine in self.machines.values():
            wait_for(lambda machine=machine: machine.status()["revision"] == revision, f"{machine.name} at revision {revision}")
            holds(machine.sh(f"linewarden check {STORE} bob call.pickup.first alice").stdout.startswith("yes"), "bob's right")
        same(len({machine.status()["hash"] for machine in self.machines.values()}), 1, "different logs on the two machines")
        return number


def follow_the_page(place):
    every = steps()
    failover = next(place_ for place_, (_, command, _) in enumerate(every) if "promote" in command)
    administrator = Administrator(place)
    try:
        paste_and_kill(administrator, every, failover)
    finally:
        for machine in administrator.machines.values():
            machine.close()


def paste_and_kill(administrator, every, failover):
    one, two = administrator.machines.values()
    for step in every[:failover]:
        administrator.follow(*step)
    number = administrator.works(0)
    print(f"pasted {failover} commands: the pair works", flush=True)
    for machine in (one, two):
        agent = machine.kill("linewarden-agent run")
        holds(machine.sh(f"linewarden check {STORE} bob call.pickup.first alice").stdout.startswith("yes"), "an answer without the agent")
        wait_for(lambda: machine.processes("linewarden-agent run") not in ([], [agent]), f"another agent on {machine.name}")
        number = administrator.works(number)
    print("the agents were killed", flush=True)
    for machine, what in ((one, "postgres: 15/main: walsender"), (one, "postgres: 15/main: node1"), (one, "postgres: 15/main: checkpointer"),
                          (two, "postgres: 15/main: walreceiver")):
        machine.kill(what)
        number = administrator.works(number)
    print("PostgreSQL's processes were killed", flush=True)
    two.kill("/usr/lib/postgresql/15/bin/postgres")
    wait_for(lambda: not two.processes("postgres:"), "the end of the standby")
    two.sh("pg_ctlcluster 15 main start")
    number = administrator.works(number)
    print("the standby was killed, and started", flush=True)
    before = one.status()
    one.kill("/usr/lib/postgresql/15/bin/postgres")
    for machine in (one, two):
        holds(machine.sh(f"linewarden check {STORE} bob call.pickup.first alice").stdout.startswith("yes"), "an answer without a database")
        done = machine.sh(f"linewarden apply {STORE} set vip alice yes", ok=False)
        holds(done.returncode == 2 and "nothing was changed" in done.stderr, done.stdout + done.stderr)
    administrator.follow(*every[failover])
    number = administrator.works(number)
    holds(f"{before['revision']} " in two.sh(f"linewarden history {STORE}").stdout, "the last change before the failover")
    holds(one.status()["epoch"] > before["epoch"], "the epoch after the failover")
    for step in every[failover + 1:]:
        administrator.follow(*step)
    state = 'psql linewarden -Atc "SELECT sync_state FROM pg_stat_replication"'
    wait_for(lambda: two.sh(state).stdout == "sync\n", "db1 as the synchronous standby")
    administrator.works(number)
    print(f"the primary was killed: {len(every)} commands in all", flush=True)
    for machine in (one, two):
        holds("FORKED" not in machine.said(), machine.said())


def main():
    if os.getuid() != 0:
        raise SystemExit("as root: the machines have networks of their own")
    place, failed = Place(), False
    try:
        follow_the_page(place)
    except (Failure, subprocess.TimeoutExpired) as fault:
        failed = True
        print(f"FAIL {fault}")
        for path in sorted(name for name in os.listdir(place.folder) if name.endswith(".said")):
            with open(place.path(path), encoding="utf-8") as said:
                print(f"--- {path}\n{said.read()[-1500:]}")
    finally:
        place.close(False)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
