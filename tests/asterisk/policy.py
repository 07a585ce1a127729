"""No policy is in the PBX's process: calls, lamps, lists and reloads are answered from the image of a store, which all processes share.

Who reads the policy of a store with many parties opens its packed snapshot first. The kernel counts that, for whatever process.
"""

import contextlib
import ctypes
import os
import struct
import time

from calls import refuses
from office import bridged, close, talk
from phones import wait_for
from run import FLICKER, at_rest, holds, logs_in, reaches, ringing, same, states, store, write, writing

IN_OPEN, IN_NONBLOCK = 0x20, 0x800
#: More parties than a store without a packed snapshot has (src/engine/packed.rs).
MANY = 300


class Opens:
    """Counts how often a file is opened, by inotify on its folder."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.name = os.path.basename(path).encode()
        self.file = libc.inotify_init1(IN_NONBLOCK)
        holds(self.file >= 0 and libc.inotify_add_watch(self.file, os.path.dirname(path).encode(), IN_OPEN) >= 0,
              f"inotify: {os.strerror(ctypes.get_errno())}")
        self.found = 0

    def count(self):
        while True:
            try:
                data = os.read(self.file, 1 << 16)
            except BlockingIOError:
                return self.found
            while data:
                length = struct.unpack_from("=iIII", data)[3]
                self.found += data[16:16 + length].rstrip(b"\0") == self.name
                data = data[16 + length:]


@contextlib.contextmanager
def many_parties(pbx):
    path = pbx.document("many.toml")
    write(path, 'domain = "many.example"\nsystems = ["pascom"]\n' + "".join(
        f'[[user]]\nname = "user{number}"\nlines = ["{1000 + number}"]\n' for number in range(MANY)))
    try:
        yield
    finally:
        os.unlink(path)


def lamps(pbx, writer, watcher):
    """A right is given and taken by another process while it rings."""
    rings = pbx.phone("acme-100", "rings")
    calls = pbx.phone("acme-140", "calls-gives-up", "100", pause=None)
    for given in (1, 0):
        writer.stdin.write(f"{given}\n")
        writer.stdin.flush()
        same(writer.stdout.readline(), "done\n", "the writer")
        wait_for(f"the lamp to follow {given}", lambda: states(watcher)[-1] == ["terminated", "early"][given])
    calls.go_on().done()
    rings.done()


def calls_of_a_day(pbx):
    reaches(pbx, "acme-140", "100", "acme-100")
    refuses(pbx, "acme-130", "*74100#130", "")
    for phone, code, answer in (("acme-130", "*8100", 403), ("acme-110", "*8599", 403), ("acme-130", "499", 404), ("acme-130", "*55100", 403),
                                ("acme-130", "*51100", 403)):
        pbx.phone(phone, "calls-refused", code, code=answer).done()
    pbx.phone("acme-110", "calls-stays", "*74100#120").done()
    reaches(pbx, "acme-130", "100", "acme-120")
    reaches(pbx, "acme-140", "100", "acme-100")
    pbx.phone("acme-110", "calls-stays", "*71100").done()
    for code in ("*8100", "*8"):
        rings, calls = ringing(pbx)
        pbx.phone("acme-110", "calls-stays", code).done()
        for phone in (calls, rings):
            phone.done()
    reaches(pbx, "acme-130", "600", "acme-100")
    reaches(pbx, "outside", "200", "haus-200")
    pbx.cli("database put linewarden pin/acme.example/bob 4711")
    logs_in(pbx, "acme-desk7", "110", "4711")
    reaches(pbx, "acme-140", "110", "acme-desk7")
    pbx.phone("acme-desk7", "calls-stays", "*44").done()
    # Transfers of both kinds.
    anna, dirk, emil = (pbx.ua(name) for name in ("haus-200", "haus-230", "haus-240"))
    mark = pbx.ami.mark()
    first, leg = talk(pbx, emil, anna)
    second, last = talk(pbx, emil, dirk)
    same(first.refer("230", replaces=second), 202, "an attended transfer")
    bridged(pbx, mark, ["haus-200", "haus-230"])
    leg.bye()
    last.over()
    pbx.quiet()
    call, leg = talk(pbx, dirk, emil)
    same(leg.refer("200"), 202, "a blind transfer")
    anna.next_call(1).ring().answer()
    call.bye()
    pbx.quiet()
    close(anna, dirk, emil)


#: Each function and command that a call, a lamp, a list or an administrator asks; but those that print explanations and who is notified.
FUNCTIONS = ("LINEWARDEN(call.pickup,{a}bob,{a}alice)", "LINEWARDEN(call.pickup,{a}nosuch,{a}alice)", "LINEWARDEN_REASON(call.pickup,{a}dave,{a}alice)",
             "LINEWARDEN_RIGHTS({a}bob,{a}alice)", "LINEWARDEN_DIAL({a}bob,*8101)", "LINEWARDEN_DIAL({a}bob,*74100#130)", "LINEWARDEN_LINE(101,acme.example)",
             "LINEWARDEN_PICKUP_TARGETS({a}bob)", "LINEWARDEN_PARTY(100,acme.example)", "LINEWARDEN_HERE()", "LINEWARDEN_READY()",
             "LINEWARDEN_MAY_FORWARD({a}bob,{a}alice,1,130)", "LINEWARDEN_MAY_CALL({a}bob,0301234)", "LINEWARDEN_CALL(call.listen,{a}bob,{a}alice)",
             "LINEWARDEN(contact.phone_work.read,sip:someone@elsewhere.example,{a}alice)",
             "DEVICE_STATE(Linewarden:acme.example|bob|alice|PJSIP|acme-100)")
COMMANDS = ("linewarden show status", "linewarden show forwardings", "linewarden show history", "linewarden rights acme.example/bob acme.example/alice",
            "linewarden check acme.example/bob call.pickup acme.example/alice", "linewarden check acme.example/dave call.pickup acme.example/alice",
            "linewarden reload", "module reload res_linewarden.so", "dialplan reload", "core show hints")


def test_no_policy_is_read_in_the_pbx(pbx):
    with many_parties(pbx), store(pbx) as path, writing(FLICKER, path) as writer:
        # The writer's process has the policy from here on, and no other makes one.
        writer.stdin.write("0\n")
        writer.stdin.flush()
        same(writer.stdout.readline(), "done\n", "the writer")
        holds(os.path.exists(path + "-packed"), "the packed snapshot")
        opens = Opens(path + "-packed")
        watcher = pbx.phone("acme-130", "watches", "100", seconds=600, port=pbx.base + 200)
        wait_for("the first notification", lambda: states(watcher))
        for step in (lambda: lamps(pbx, writer, watcher), lambda: calls_of_a_day(pbx)):
            step()
            same(opens.count(), 0, "the policy was read")
        for text in FUNCTIONS:
            pbx.get(text.format(a="acme.example/"))
            same(opens.count(), 0, f"the policy was read by {text}")
        for text in COMMANDS:
            pbx.cli(text)
            time.sleep(0.1)
            same(opens.count(), 0, f"the policy was read by `{text}`")
        at_rest(pbx)
        # The module that is loaded opens the store, and lamps come back.
        holds("Unloaded" in pbx.cli("module unload res_linewarden.so"), "the module unloads")
        pbx.cli("module load res_linewarden.so")
        lamps(pbx, writer, watcher)
        same(opens.count(), 0, "the policy was read by a module that opens the store")
        # What does read it is seen.
        holds("alice" in pbx.cli("linewarden explain acme.example/bob call.pickup acme.example/alice"), "an explanation")
        holds(opens.count() > 0, "an explanation read no policy")
        writer.stdin.close()
        watcher.end()
        os.close(opens.file)
    pbx.cli("database deltree linewarden")
    pbx.cli("linewarden reload")
