"""What the tests of a cluster run on: PostgreSQL servers, agents, a proxy that swallows. All on loopback, in one temporary folder, each
process ended by its id."""

import contextlib
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
TARGET = os.environ.get("LW_BIN", os.path.join(ROOT, "target", "debug"))
POSTGRES = os.environ.get("LW_POSTGRES", "/usr/lib/postgresql/15/bin")
# For failures only: a wait ends when what it waits for has come.
PATIENCE = 60.0


class Failure(Exception):
    """A test failed."""


def holds(condition, what):
    if not condition:
        raise Failure(what)


def same(found, expected, what):
    if found != expected:
        raise Failure(f"{what}: found {found!r}, expected {expected!r}")


def wait_for(condition, what, patience=PATIENCE):
    end = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failure(f"{what} did not come in {patience} s")
        time.sleep(0.03)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def children(pid):
    """The processes that a process has started."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError):
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                    if int(stat.read().rsplit(")", 1)[1].split()[1]) == pid:
                        found.append(int(name))
    return found


def kill(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def run(*words, ok=True, **more):
    """Runs a command to its end: status, output, errors."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=PATIENCE * 4, **more)
    if ok and done.returncode != 0:
        raise Failure(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


class Server:
    """One PostgreSQL server. It refuses to run as root, so root runs it as `postgres`."""

    def __init__(self, place, name):
        self.place, self.name, self.port = place, name, free_port()
        self.folder, self.process = os.path.join(place.folder, name), None

    def command(self, program, *words, ok=True):
        return run(os.path.join(POSTGRES, program), *words, ok=ok, cwd=self.place.folder, **self.place.user)

    def make(self):
        self.command("initdb", "-D", self.folder, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync", "--locale=C.UTF-8")
        self.configure()
        return self

    def copy(self, primary):
        """A standby of another server."""
        shutil.rmtree(self.folder, ignore_errors=True)
        words = f"host=127.0.0.1 port={primary.port} user=postgres application_name={self.name}"
        self.command("pg_basebackup", "-D", self.folder, "-d", words, "-R", "-X", "stream", "-c", "fast", "--no-sync")
        self.configure()
        return self

    def configure(self):
        with open(os.path.join(self.folder, "postgresql.auto.conf"), "a", encoding="utf-8") as conf:
            conf.write(f"port = {self.port}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = '{self.place.folder}'\n"
                       f"fsync = {self.place.fsync}\nmax_connections = 200\nshared_buffers = 32MB\nwal_keep_size = 256MB\n"
                       "wal_retrieve_retry_interval = 200ms\nsynchronous_standby_names = ''\nlog_min_messages = warning\n")

    def start(self):
        log = open(os.path.join(self.place.folder, f"{self.name}.log"), "ab")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(os.path.join(self.folder, "postmaster.pid"))
        program = os.path.join(POSTGRES, "postgres")
        self.process = subprocess.Popen([program, "-D", self.folder], stdout=log, stderr=log, cwd=self.place.folder,
                                        env={**os.environ, **self.place.environment}, **self.place.user)
        wait_for(self.is_up, f"PostgreSQL {self.name}")
        return self

    def is_up(self):
        if self.process.poll() is not None:
            with open(os.path.join(self.place.folder, f"{self.name}.log"), encoding="utf-8") as log:
                raise Failure(f"PostgreSQL {self.name} ended:\n{log.read()[-2000:]}")
        return self.command("pg_isready", "-q", "-h", "127.0.0.1", "-p", self.port, ok=False).returncode == 0

    def sql(self, text, ok=True, user="postgres", database="postgres"):
        words = ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-p", self.port, "-U", user, "-d", database]
        done = self.command("psql", *words, "-c", text, ok=ok)
        return done.stdout.strip() if ok else done

    def synchronous(self, standby):
        """Commits wait for this standby from now on; for none without one."""
        names = f"FIRST 1 ({standby.name})" if standby else ""
        self.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        self.sql("SELECT pg_reload_conf()")
        if standby:
            state = f"SELECT sync_state FROM pg_stat_replication WHERE application_name = '{standby.name}'"
            wait_for(lambda: self.sql(state) == "sync", f"the standby {standby.name}")

    def promote(self):
        self.command("pg_ctl", "promote", "-D", self.folder, "-w", "-t", "60")

    def freeze(self, number):
        """Stops (SIGSTOP) or continues what receives the primary's log."""
        for pid in children(self.process.pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", encoding="utf-8") as line:
                if "walreceiver" in line.read():
                    kill(pid, number)

    def kill(self):
        if self.process is None:
            return
        # The children first, as they would notice the end of their parent and write on.
        pids = [*children(self.process.pid)]
        kill(self.process.pid)
        for pid in pids:
            kill(pid)
            kill(pid, signal.SIGCONT)
        self.process.wait()
        # It does not start again while one of them holds its memory.
        for pid in pids:
            wait_for(lambda pid=pid: gone(pid), f"the end of process {pid}")
        self.process = None


def gone(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] in "ZX"
    return True


class Proxy:
    """Forwards to a port; while it is shut it swallows everything and answers nothing, without an end."""

    def __init__(self, port):
        self.to, self.shut, self.closed = port, threading.Event(), False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while not self.closed:
            with contextlib.suppress(OSError):
                near, _ = self.listener.accept()
                threading.Thread(target=self.pair, args=(near,), daemon=True).start()

    def pair(self, near):
        while self.shut.is_set():
            time.sleep(0.02)
        try:
            far = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            near.close()
            return
        threading.Thread(target=self.pump, args=(near, far), daemon=True).start()
        self.pump(far, near)

    def pump(self, come, go):
        with contextlib.suppress(OSError):
            while data := come.recv(65536):
                while self.shut.is_set():
                    time.sleep(0.02)
                go.sendall(data)
        for end in (come, go):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self):
        self.closed = True
        self.shut.clear()
        self.listener.close()


class Pooler:
    """pgbouncer in front of a server."""

    def __init__(self, place, port, mode):
        self.port, config = free_port(), place.path(f"pgbouncer-{mode}.ini")
        users = place.path("pgbouncer-users")
        with open(users, "w", encoding="utf-8") as file:
            file.write('"node" ""\n')
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"[databases]\n* = host=127.0.0.1 port={port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\n"
                       f"auth_type = trust\nauth_file = {users}\npool_mode = {mode}\nunix_socket_dir =\n")
        log = open(place.path("pgbouncer.log"), "ab")
        self.process = subprocess.Popen([shutil.which("pgbouncer", path="/usr/sbin:/usr/bin"), config], stdout=log, stderr=log, **place.user)
        wait_for(self.is_up, "pgbouncer")

    def is_up(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True


class Node:
    """A store and its agent."""

    def __init__(self, place, name, database):
        self.place, self.name, self.database = place, name, database
        self.store, self.agent = os.path.join(place.folder, f"{name}.db"), None

    def cluster(self, command, *words, ok=True, database=None):
        return run(os.path.join(TARGET, "linewarden-agent"), "cluster", command, *words, "--database", database or self.database, ok=ok)

    def start(self, *words):
        log = open(os.path.join(self.place.folder, f"{self.name}.agent"), "ab")
        command = [os.path.join(TARGET, "linewarden-agent"), "run", self.store, "--database", self.database, *words]
        self.agent = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **self.place.environment})
        return self

    def up(self):
        """Waits until the agent takes changes."""
        def there():
            holds(self.agent.poll() is None, f"the agent of {self.name} ended:\n{self.said()}")
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as found:
                found.connect(f"{self.store}-agent")
                return True
        wait_for(there, f"the agent of {self.name}")
        return self

    def said(self):
        with open(os.path.join(self.place.folder, f"{self.name}.agent"), encoding="utf-8") as log:
            return log.read()

    def stop(self, number=signal.SIGTERM):
        if self.agent is not None:
            kill(self.agent.pid, number)
            self.agent.wait()
            self.agent = None

    def lw(self, command, *words, ok=True):
        return run(os.path.join(TARGET, "linewarden"), command, self.store, *words, ok=ok, env={**os.environ, **self.place.environment})

    def apply(self, *words):
        """Makes a change: its revision and token."""
        revision, token = self.lw("apply", "--token", *words).stdout.split("\n")[:2]
        return int(revision.removeprefix("revision ").split(":")[0]), token

    def status(self, longest=3):
        import json
        return json.loads(self.lw("status", "--json", "--longest-age", longest, ok=False).stdout)

    def wait(self, token):
        self.lw("wait", token, "--timeout", int(PATIENCE))

    def may(self, actor, right, target):
        done = self.lw("check", actor, right, target, ok=False)
        holds(done.returncode in (0, 1), f"a check without an answer: {done.stderr}")
        return done.returncode == 0

    def matrix(self):
        return self.lw("matrix", "--json").stdout


class Place:
    """One temporary folder with what runs in it."""

    def __init__(self, fsync="off"):
        self.folder, self.fsync = tempfile.mkdtemp(prefix="linewarden-cluster-"), fsync
        self.servers, self.nodes, self.proxies, self.poolers, self.programs, self.user = [], [], [], [], [], {}
        #: Of the servers, the agents and the commands of the nodes.
        self.environment = {}
        if os.getuid() == 0:
            user = pwd.getpwnam("postgres")
            self.user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            os.chmod(self.folder, 0o755)

    def server(self, name):
        self.servers.append(Server(self, name))
        return self.servers[-1]

    def node(self, name, database):
        self.nodes.append(Node(self, name, database))
        return self.nodes[-1]

    def proxy(self, port):
        self.proxies.append(Proxy(port))
        return self.proxies[-1]

    def pooler(self, port, mode):
        self.poolers.append(Pooler(self, port, mode))
        return self.poolers[-1]

    def path(self, name):
        return os.path.join(self.folder, name)

    def close(self, keep):
        for node in self.nodes:
            node.stop(signal.SIGKILL)
        for process in [*self.programs, *(pooler.process for pooler in self.poolers)]:
            kill(process.pid)
            process.wait()
        for server in self.servers:
            server.kill()
        for proxy in self.proxies:
            proxy.close()
        if not keep:
            shutil.rmtree(self.folder, ignore_errors=True)


def database(*ports, user="node"):
    """The connection string for servers on these ports."""
    hosts = ",".join("127.0.0.1" for _ in ports)
    return f"host={hosts} port={','.join(map(str, ports))} user={user} dbname=postgres"


def company(users=8):
    text = ('domain = "acme.example"\nsystems = ["xphone", "keevio"]\n[presence]\nnew_users = "none"\n[[site]]\nname = "s"\n'
            'same_site = "external"\nother_sites = "external"\noutside = "external"\n')
    for user in range(users):
        text += f'[[user]]\nname = "u{user}"\nlines = ["{100 + user}"]\nsite = "s"\n'
    return text


random.seed(os.environ.get("LW_SEED"))
