"""PINs that are tried at the same time, and the module's end while a call waits for one, in the company haus.example of office.py."""

import re
import threading
import time

from office import close
from run import holds, logs_in, same, stored

#: How many calls try at once.
TRIES = 100


def keys(call, pin):
    for key in pin + "#":
        call.request("INFO", ["Content-Type: application/dtmf-relay"], f"Signal={key}\r\nDuration=60\r\n")


def test_pins_tried_at_once_are_no_free_tries(pbx):
    """All calls are asked for the PIN before any is judged. Three are judged at once; from then on each has to wait its time."""
    pbx.cli("database put linewarden pin/haus.example/udo 471193")
    desk, log, began = pbx.ua("haus-deska"), len(pbx.log()), time.monotonic()
    calls = [desk.call("*44250") for _ in range(TRIES)]
    for call in calls:
        call.answered()
    threads = [threading.Thread(target=keys, args=(call, f"{place:04}")) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for call in calls:
        call.over()
    failures, until = (int(word) for word in stored(pbx, "failures/haus.example/udo").split())
    # Before the fourth try has been judged a second has passed, before the fifth two more, and so on; clocks are cut to seconds.
    passed, judged = time.monotonic() - began, 3
    while 2 ** (judged - 2) - 1 <= passed + judged:
        judged += 1
    holds(3 <= failures <= judged, f"{failures} of {TRIES} tries were judged in {passed:.1f} s")
    same(len(re.findall("wrong PIN for haus.example/u\\*\\*, ", pbx.log()[log:])), failures, "wrong PINs in the log")
    holds("471193" not in pbx.log()[log:] and "wrong PIN for haus.example/udo" not in pbx.log()[log:], "a PIN or a name in the log")
    # The right one is not tried either, by the next call and by none that waits already.
    pbx.cli(f"database put linewarden failures/haus.example/udo \"{failures} {until + 600}\"")
    close(desk)
    logs_in(pbx, "haus-deska", "250", "471193", "locked")
    pbx.cli("database del linewarden failures/haus.example/udo")
    desk = pbx.ua("haus-deska")
    waits = desk.call("*44250").answered()
    pbx.cli(f"database put linewarden failures/haus.example/udo \"{failures} {until + 600}\"")
    keys(waits, "471193")
    waits.over()
    same(stored(pbx, "where/haus.example/udo"), "", "where Udo is logged in")
    close(desk)
    pbx.cli("database deltree linewarden")


def test_unload_is_refused_while_a_call_is_inside(pbx):
    """By force, Asterisk ends the call first, and the module waits for it: its code stays under the call."""
    pbx.cli("database put linewarden pin/haus.example/udo 471193")
    desk = pbx.ua("haus-deska")
    call = desk.call("*44250").answered()
    out = pbx.cli("module unload res_linewarden.so")
    holds("Unloaded" not in out, f"unloaded under a call: {out}")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "a question after the refusal")
    holds(not call.ended, "the call has ended")
    pbx.cli("module unload -f res_linewarden.so")
    call.over()
    pbx.quiet()
    pbx.cli("module load res_linewarden.so")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "a question after the force")
    close(desk)
    logs_in(pbx, "haus-deska", "250", "471193")
    pbx.cli("database deltree linewarden")
