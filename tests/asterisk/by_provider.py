"""The TAPI provider's link to Asterisk, built for Linux under the sanitizers: calls are shown, picked up, transferred and forwarded by right.

The program, `integrations/tapi/tests/link_driver.c`, stands in for the provider. A forbidden action is refused by its gate, and by the PBX
where the gate is left out.
"""

import glob
import os
import random
import socket
import subprocess
import threading

from by_program import KEYS, account
from pbx import PATIENCE, ROOT, write
from phones import Failure, wait_for
from run import NO_SECRETARY, change, forwarding, holds, ringing, same

TAPI = os.path.join(ROOT, "integrations", "tapi")


def built(pbx):
    """The program, once for each Asterisk."""
    program = os.path.join(pbx.dir, "build", "link_driver")
    if not os.path.exists(program):
        library = os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked"))
        sources = [os.path.join(TAPI, "tests", "link_driver.c"), os.path.join(TAPI, "gate.c"), os.path.join(TAPI, "switch_ami.c")]
        subprocess.run(["gcc", "-std=c99", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-O1", "-pthread",
                        "-fsanitize=address,undefined", "-fno-sanitize-recover=all", f"-I{TAPI}", f"-I{ROOT}/include", *sources,
                        *sorted(glob.glob(os.path.join(TAPI, "ami_*.c"))), "-o", program, f"-L{library}", f"-Wl,-rpath,{library}",
                        "-llinewarden"], check=True, timeout=PATIENCE)
    return program


class Provider:
    """The program of one user: what it gets to do, and what it says."""

    def __init__(self, pbx, user="bob", telephone="acme-110", port=None):
        settings = self.settings = os.path.join(pbx.dir, "build", "link.conf")
        write(settings, f"host = 127.0.0.1\nport = {port or pbx.ami_port}\naccount = tapi\nsecret = tapi\ntelephone = {telephone}\n"
              f"key = {KEYS[telephone]}\n" + "".join(f"line = {line} acme-{line}\n" for line in (100, 110, 120, 130, 140)))
        self.said, self.errors, self.news = [], [], threading.Condition()
        command, environment = self.program(pbx, user)
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for stream, lines in ((self.process.stdout, self.said), (self.process.stderr, self.errors)):
            threading.Thread(target=self.read, args=(stream, lines), daemon=True).start()
        self.begins()

    def program(self, pbx, user):
        return [built(pbx), self.settings, pbx.document("acme.toml"), user], None

    def read(self, stream, lines):
        for line in stream:
            with self.news:
                lines.append(line.rstrip("\n"))
                self.news.notify_all()

    def wait(self, what, condition, since=0, errors=False):
        lines = self.errors if errors else self.said
        fits = lambda: next((line for line in lines[since:] if condition(line)), None)
        with self.news:
            if not self.news.wait_for(lambda: fits() or self.process.poll() is not None, PATIENCE) or not fits():
                raise Failure(f"the provider does not say {what}: {self.said} {self.errors}")
            return fits()

    def begins(self, since=0):
        self.wait("that it is connected", lambda line: line == "link: connected", since, errors=True)

    def mark(self):
        return len(self.said)

    def tell(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def does(self, text):
        """What becomes of a request: of the gate, of the link, or of the PBX."""
        mark = self.mark()
        self.tell(text)
        first = self.wait(f"something of `{text}`", lambda line: line.startswith(("refused ", "request ")), mark)
        if not first.endswith(" taken"):
            return first.split(" ", 2)[-1] if first.startswith("request") else first
        number = first.split(" ")[1]
        return self.wait(f"the end of `{text}`", lambda line: line.startswith(f"done {number} "), mark).split(" ", 2)[2]

    def sees(self, line, *words, since=0):
        """Waits for an event of a line with those words behind its call; gives the call."""
        return self.wait(f"{line} {words}", lambda said: said.startswith(f"call {line} ") and tuple(said.split(" ")[3:3 + len(words)]) == words,
                         since).split(" ")[2]

    def end(self):
        self.process.stdin.close()
        same(self.process.wait(PATIENCE), 0, f"the end of the provider: {self.errors}")
        same([line for line in self.errors if not line.startswith("link: ")], [], "what the sanitizers say")


class Wire:
    """A wire to the manager interface that can be cut, and on which what Asterisk says can be changed."""

    def __init__(self, port):
        self.far, self.ends, self.change = port, [], lambda data: data
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        try:
            while True:
                near = self.socket.accept()[0]
                try:
                    far = socket.create_connection(("127.0.0.1", self.far))
                except OSError:
                    near.close()
                    continue
                self.ends += [near, far]
                threading.Thread(target=self.carry, args=(near, far, lambda data: data), daemon=True).start()
                threading.Thread(target=self.carry, args=(far, near, lambda data: self.change(data)), daemon=True).start()
        except OSError:
            pass

    def carry(self, one, other, change):
        try:
            while data := one.recv(65536):
                other.sendall(change(data))
        except OSError:
            pass
        self.hang_up(one, other)

    @staticmethod
    def hang_up(*ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def cut(self):
        self.hang_up(*self.ends)

    def end(self):
        self.socket.close()
        self.cut()


def test_the_provider_picks_up_by_right(pbx):
    account(pbx)
    provider = Provider(pbx)
    provider.tell("follow 100")
    provider.tell("follow 110")
    rings, caller = ringing(pbx, caller="acme-140", pause=None)
    caller.sees("SIP/2.0 180")
    provider.sees("100", "offering", "in", "140", "-")
    # Dave's may not be picked up by Bob. The gate says why; without it the PBX hangs up on Bob's telephone.
    same(provider.does("pickup 110 130"), "refused no source gives the right", "dave's")
    same(provider.does("pickup 110 999"), "refused no party has this number", "no one's")
    same(provider.does("pickup 100 100"), "refused not the user's line", "at alice's telephone")
    same(provider.does("tampered pickup 100 100"), "unable", "at alice's telephone, of the link")
    for number in ("100#", "*", "1,2", "100@x"):
        same(provider.does(f"tampered pickup 110 {number}"), "refused", number)
    bob = pbx.ua("acme-110")
    same(provider.does("tampered pickup 110 130"), "done done", "dave's, without the gate")
    bob.next_call().ring().answer().over()
    holds(rings.running(), "it rings on")
    mark = provider.mark()
    same(provider.does("pickup 110 100"), "done done", "alice's")
    call = bob.next_call(1).ring()
    provider.sees("110", "dialing", "out", since=mark)
    call.answer()
    mine = provider.sees("110", "connected", "in", since=mark)
    provider.sees("100", "idle", since=mark)
    rings.done()
    same(provider.does(f"hold 110 {mine}"), "unable", "a key of the telephone's")
    same(provider.does(f"answer 110 {mine}"), "unable", "the telephone's receiver")
    same(provider.does("tampered drop 110 1.2"), "refused this telephone has no such call", "no call")
    same(provider.does(f"drop 110 {mine}"), "done done", "hung up")
    call.over()
    provider.sees("110", "idle", since=mark)
    caller.end()
    bob.close()
    provider.end()


def test_a_right_that_ends_masks_what_the_provider_sees(pbx):
    account(pbx)
    provider = Provider(pbx)
    for line in (100, 130):
        provider.tell(f"follow {line}")
    alice, erin = pbx.ua("acme-100"), pbx.ua("acme-140")
    out = erin.call("100")
    leg = alice.next_call().ring()
    mine = provider.sees("100", "offering", "in", "140")
    # Only here: the PBX still shows the number, and the provider does not.
    change(pbx, "acme.toml", NO_SECRETARY)
    provider.tell("reload")
    provider.wait("the reload", lambda line: line == "reloaded 0")
    mark = provider.mark()
    leg.answer()
    out.answered()
    same(provider.sees("100", "connected", "in", "-", "-", since=mark), mine, "the call")
    # Only there.
    change(pbx, "acme.toml")
    provider.tell("reload")
    provider.wait("the reload", lambda line: line == "reloaded 0", mark)
    change(pbx, "acme.toml", NO_SECRETARY)
    pbx.cli("linewarden reload")
    mark = provider.mark()
    out.bye()
    leg.over()
    provider.sees("100", "idle", "in", since=mark)
    out = erin.call("100")
    alice.next_call(1).ring()
    provider.sees("100", "offering", "in", "-", "-", since=mark)
    mark = provider.mark()
    out.cancel()
    provider.sees("100", "idle", "in", since=mark)
    # Nothing was ever said of dave's, whose lamp is not bob's to see.
    same([line for line in provider.said if line.startswith("call 130")], [], "dave's")
    change(pbx, "acme.toml")
    pbx.cli("linewarden reload")
    for one in (alice, erin):
        one.close()
    provider.end()


def test_the_provider_calls_transfers_and_forwards(pbx):
    account(pbx)
    provider = Provider(pbx)
    for line in (100, 110):
        provider.tell(f"follow {line}")
    bob, erin, dave = pbx.ua("acme-110"), pbx.ua("acme-140"), pbx.ua("acme-130")
    out = dave.call("110")
    bob.next_call().ring().answer()
    first = provider.sees("110", "connected", "in")
    mark = provider.mark()
    # The company has no right to call: the gate refuses, and the PBX, where its document names no destinations, does not.
    same(provider.does("dial 110 140"), "refused not to be called", "by the gate")
    same(provider.does(f"setup 110 {first}"), "done ", "a transfer")
    same(provider.does("tampered dial 110 140"), "done done", "the consultation")
    bob.next_call(1).ring().answer()
    erin.next_call().ring().answer()
    provider.sees("110", "dialing", "out", since=mark)
    second = provider.sees("110", "connected", "out", since=mark)
    same(provider.does(f"tampered join 110 {first} {first}"), "refused this telephone has no such call", "a call with itself")
    same(provider.does(f"join 110 {first} {second}"), "done done", "joined")
    for call in bob.incoming:
        call.over()
    holds(not out.ended and not erin.incoming[0].ended, "dave and erin talk")
    out.bye()
    erin.incoming[0].over()
    # Blind.
    mark = provider.mark()
    out = dave.call("110")
    bob.next_call(2).ring().answer()
    first = provider.sees("110", "connected", "in", since=mark)
    same(provider.does(f"transfer 110 {first} 1,2"), "refused", "no number")
    same(provider.does(f"transfer 110 {first} 140"), "done done", "transferred")
    erin.next_call(1).ring().answer()
    out.bye()
    erin.incoming[1].over()
    for one in (bob, erin, dave):
        one.close()
    # Forwardings: the keys' and the provider's are one.
    mark = provider.mark()
    same(provider.does("forward 100 130"), "done done", "alice's by bob")
    same(forwarding(pbx), "130", "in astdb")
    provider.wait("the forwarding", lambda line: line == "forwarding 100", mark)
    provider.tell("forwarding 100")
    provider.wait("where to", lambda line: line == "forwarded 100 1 130")
    same(provider.does("forward 130 100"), "refused no source gives the right", "dave's, by the gate")
    same(provider.does("tampered forward 130 100"), "refused refused by the dialplan", "dave's, by the PBX")
    same(provider.does("tampered forward 100 1#2"), "refused", "a number that would be another code")
    pbx.phone("acme-110", "calls", "*71100").done()
    same(provider.does("forward 100"), "done there is none", "switched off by keys")
    same(provider.does("forward 100 130"), "done done", "once more")
    same(provider.does("forward 100"), "done done", "switched off")
    same(forwarding(pbx), "", "in astdb, at the end")
    pbx.cli("database deltree linewarden")
    provider.end()


def test_the_provider_recovers_what_was_lost(pbx):
    account(pbx)
    wire = Wire(pbx.ami_port)
    provider = Provider(pbx, port=wire.port)
    provider.tell("follow 100")
    alice, erin = pbx.ua("acme-100"), pbx.ua("acme-140")
    out = erin.call("100")
    leg = alice.next_call().ring()
    mine = provider.sees("100", "offering", "in", "140")
    # The connection is cut, and the call is answered: the new one shows it as it is, under the same ID.
    mark, said = provider.mark(), len(provider.errors)
    wire.cut()
    provider.wait("that the connection has ended", lambda line: line == "link: the connection has ended", said, errors=True)
    leg.answer()
    out.answered()
    provider.begins(said)
    same(provider.sees("100", "connected", "in", "140", since=mark), mine, "the call")
    # The PBX is restarted: the call is over, and the next one is seen.
    mark, said = provider.mark(), len(provider.errors)
    for one in (alice, erin):
        one.close()
    pbx.stop()
    provider.wait("that the connection has ended", lambda line: line == "link: the connection has ended", said, errors=True)
    same(provider.does("tampered drop 100 1.2"), "unable", "another's telephone")
    same(provider.does("tampered drop 110 1.2"), "failed", "without a connection")
    pbx.start()
    provider.begins(said)
    same(provider.sees("100", "idle", "in", since=mark), mine, "the end of the call")
    rings, caller = ringing(pbx, caller="acme-140", pause=None)
    caller.sees("SIP/2.0 180")
    holds(provider.sees("100", "offering", "in", "140", since=mark) != mine, "another call")
    caller.end()
    rings.end()
    pbx.cli("channel request hangup all")
    provider.end()
    wire.end()


def test_the_provider_survives_a_manager_interface_that_lies(pbx):
    """What Asterisk says is damaged on its way for a while; then it is whole, and what is shown is right again."""
    account(pbx)
    draw = random.Random(20261127)
    wire, chunks = Wire(pbx.ami_port), []

    def damage(data):
        chunks.append(len(data))
        data = bytearray(data)
        for _ in range(draw.randrange(4)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        if draw.randrange(6) == 0:
            data += bytes(draw.randrange(256) for _ in range(draw.randrange(50000)))
        return bytes(data[draw.randrange(3):])

    provider = Provider(pbx, port=wire.port)
    for line in (100, 110, 120, 140):
        provider.tell(f"follow {line}")
    alice, erin = pbx.ua("acme-100"), pbx.ua("acme-140")
    wire.change = damage
    turn = 0
    # On a busy machine much comes in one chunk.
    while turn < 8 or len(chunks) <= 20 and turn < 50:
        out = erin.call("100")
        alice.next_call(turn).ring().answer()
        out.answered().bye()
        alice.incoming[turn].over()
        provider.tell(f"tampered drop 110 {turn}.1")
        turn += 1
    wire.change = lambda data: data
    holds(len(chunks) > 20, f"{len(chunks)} chunks were damaged")
    # Behind damage an answer may be missing for good: the connection is given up then, and here by force.
    mark, said = provider.mark(), len(provider.errors)
    wire.cut()
    provider.begins(said)
    out = erin.call("100")
    alice.next_call(8).ring().answer()
    last = provider.sees("100", "connected", "in", "140", since=mark)
    out.bye()
    provider.wait("its end", lambda line: line.startswith(f"call 100 {last} idle"), mark)
    begun = {line.split(" ")[2] for line in provider.said if line.startswith("call ") and " idle " not in line}
    ended = {line.split(" ")[2] for line in provider.said if line.startswith("call ") and " idle " in line}
    same(begun - ended, set(), "calls that seem to go on")
    for one in (alice, erin):
        one.close()
    provider.end()
    wire.end()


class Tsp(Provider):
    """The same of the provider itself, linewarden.tsp, under wine: what TAPI's applications would do and see."""

    def program(self, pbx, user):
        dist = os.environ["LW_TAPI_DIST"]
        self.log = os.path.join(pbx.dir, "build", "tapi.log")
        environment = dict(os.environ, WINEPREFIX=os.path.join(os.path.dirname(dist), "wine"), WINEDEBUG="-all", LINEWARDEN_USER=user,
                           LINEWARDEN_SOURCE="Z:" + pbx.document("acme.toml"), LINEWARDEN_SWITCH="Z:" + self.settings,
                           LINEWARDEN_LOG="Z:" + self.log)
        write(self.log, "")
        owners = ("100=alice", "110=bob", "120=carol", "140=erin")
        return ["wine", os.path.join(dist, "bin", "driver_pbx.exe"), os.path.join(dist, "bin", "linewarden.tsp"), *owners], environment

    def logged(self):
        with open(self.log, encoding="utf-8") as file:
            return file.read()

    def begins(self, since=0):
        wait_for("that it is connected", lambda: "linewarden: connected" in self.logged() or self.process.poll() is not None)

    def end(self):
        self.process.stdin.close()
        same(self.process.wait(PATIENCE), 0, f"the end of the provider: {self.errors}")


def service_provider_under_wine(pbx):
    """A telephone rings at alice's: bob's application picks it up, and carol's call is not bob's to act on."""
    account(pbx)
    provider = Tsp(pbx)
    for line in (100, 110, 140):
        provider.tell(f"follow {line}")
        provider.wait("that it follows", lambda said, line=line: said == f"followed {line} 1")
    rings, caller = ringing(pbx, caller="acme-140", pause=None)
    caller.sees("SIP/2.0 180")
    other = provider.sees("100", "offering", "in", "140", "-")
    same(provider.does("pickup 110 130"), "refused 80000049", "dave's")
    holds("a pickup refused: no source gives the right" in provider.logged(), "the reason in the log")
    same(provider.does("pickup 100 100"), "refused 80000049", "at alice's telephone")
    same(provider.does(f"drop 100 {other}"), "refused 80000049", "alice's call")
    holds("another's call refused: " in provider.logged(), "the reason in the log")
    holds(rings.running(), "it rings on")
    bob = pbx.ua("acme-110")
    mark = provider.mark()
    same(provider.does("pickup 110 100"), "done", "alice's")
    call = bob.next_call().ring()
    provider.sees("110", "dialing", "out", since=mark)
    call.answer()
    mine = provider.sees("110", "connected", "in", since=mark)
    provider.sees("100", "idle", since=mark)
    rings.done()
    same(provider.does(f"hold 110 {mine}"), "refused 80000049", "a key of the telephone's")
    same(provider.does(f"drop 110 {mine}"), "done", "hung up")
    call.over()
    provider.sees("110", "idle", since=mark)
    caller.end()
    # The right ends while alice's next call rings: who calls is not shown any more.
    alice, erin = pbx.ua("acme-100"), pbx.ua("acme-140")
    mark = provider.mark()
    out = erin.call("100")
    leg = alice.next_call().ring()
    provider.sees("100", "offering", "in", "140", since=mark)
    change(pbx, "acme.toml", NO_SECRETARY)
    provider.tell("reload")
    provider.wait("the reload", lambda line: line == "reloaded 0", mark)
    leg.answer()
    out.answered()
    provider.sees("100", "connected", "in", "-", "-", since=mark)
    change(pbx, "acme.toml")
    # The PBX is restarted.
    mark = provider.mark()
    for one in (alice, erin, bob):
        one.close()
    pbx.stop()
    pbx.start()
    provider.sees("100", "idle", since=mark)
    provider.end()


if "LW_TAPI_DIST" in os.environ:
    test_the_service_provider_under_wine = service_provider_under_wine
