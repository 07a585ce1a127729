"""Two bare machines for an administrator: each has its own network, processes, /etc, /run and /var/lib on this one, and is gone with its
first process. Needs root. What is installed here is installed there."""

import json
import os
import subprocess
import threading
import time

from place import TARGET, Failure, children, kill, run, wait_for

#: Takes in what has lost its parent, as the first process of a machine does.
FIRST = "import os, time\nwhile True:\n    try:\n        os.wait()\n    except ChildProcessError:\n        time.sleep(0.05)\n"

#: What is a machine's own. The lower part is this machine's, and is never written.
OWN = """mount -t tmpfs none {folder}
for part in etc var/lib; do
    mkdir -p {folder}/$part/upper {folder}/$part/work
    mount -t overlay none -o lowerdir=/$part,upperdir={folder}/$part/upper,workdir={folder}/$part/work /$part
done
mount -t tmpfs none /run
install -d -o postgres -g postgres -m 2775 /run/postgresql
rm -rf /etc/postgresql/15 /var/lib/postgresql/15
install -d /var/lib/linewarden /etc/linewarden
ip link set lo up
"""


class Machine:
    """One of them. Services are started again when they end, as systemd does by the package's unit."""

    def __init__(self, place, name, number):
        self.name, self.number, self.folder, self.closed = name, number, place.path(name), False
        os.mkdir(self.folder)
        self.holder = subprocess.Popen(["unshare", "--mount", "--net", "--pid", "--uts", "--fork", "--mount-proc", "--kill-child", "python3", "-c", FIRST])
        place.programs.append(self.holder)
        self.first = wait_for(lambda: children(self.holder.pid), f"the machine {name}")[0]
        # Its /proc is mounted after the fork.
        wait_for(lambda: "python3" in self.sh("cat /proc/1/cmdline", ok=False).stdout, f"the processes of {name}")
        self.sh(OWN.format(folder=self.folder))
        self.sh(f"hostname {name}; printf '127.0.0.1 localhost\\n10.87.0.1 db1\\n10.87.0.2 db2\\n' >/etc/hosts")

    def entered(self, text):
        environment = {**os.environ, "PATH": f"{TARGET}:/usr/sbin:/usr/bin:/sbin:/bin"}
        enter = ["nsenter", "-t", str(self.first), "--mount", "--net", "--pid", "--uts", "sh", "-ec", f"cd /root; {text}"]
        return enter, environment

    def sh(self, text, ok=True):
        words, environment = self.entered(text)
        return run(*words, ok=ok, env=environment, stdin=subprocess.DEVNULL)

    def wire(self, device):
        run("ip", "link", "set", device, "netns", self.first)
        self.sh(f"ip address add 10.87.0.{self.number}/24 dev {device}; ip link set {device} up")

    def serve(self, text):
        """Runs a command for ever: a second after its end it is started again."""
        words, environment = self.entered(f"exec {text}")

        def keep():
            while not self.closed:
                with open(f"{self.folder}.said", "ab") as said:
                    subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False)
                time.sleep(1)
        threading.Thread(target=keep, daemon=True).start()

    def said(self):
        try:
            with open(f"{self.folder}.said", encoding="utf-8") as said:
                return said.read()
        except FileNotFoundError:
            return ""

    def processes(self, begins):
        """The processes whose command begins with this, by their numbers there."""
        found = [line.split(None, 1) for line in self.sh("ps -eo pid=,args=").stdout.splitlines()]
        return [int(pid) for pid, args in found if args.strip().startswith(begins)]

    def kill(self, begins):
        pids = self.processes(begins)
        if not pids:
            raise Failure(f"no process `{begins}` on {self.name}")
        self.sh(f"kill -9 {pids[0]}")
        return pids[0]

    def status(self):
        return json.loads(self.sh("linewarden status /var/lib/linewarden/rights.db --json --longest-age 3", ok=False).stdout)

    def close(self):
        self.closed = True
        kill(self.holder.pid)
        kill(self.first)


def pair(place):
    """db1 and db2 on one wire."""
    machines = [Machine(place, f"db{number}", number) for number in (1, 2)]
    ends = [f"lw{os.getpid()}{end}" for end in "ab"]
    run("ip", "link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
    for machine, end in zip(machines, ends):
        machine.wire(end)
    return machines
