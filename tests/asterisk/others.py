"""Other doors: a Stasis application, and chan_sip where Asterisk still has it."""

import os
import subprocess
import sys

from pbx import INTEGRATION, PATIENCE
from phones import Ua, wait_for
from replaces import goes_on, takes
from run import holds, same


def test_stasis_application_asks_and_gives_the_call_back(pbx):
    """The example beside the sample. Without it the call comes back with no answer, which is a no."""
    program = subprocess.Popen([sys.executable, os.path.join(INTEGRATION, "examples", "stasis.py"), f"http://127.0.0.1:{pbx.base + 40}",
                                "test:test"], stderr=subprocess.PIPE, text=True)
    try:
        wait_for("the application", lambda: "linewarden" in pbx.cli("ari show apps"))
        for phone, answer in (("acme-110", "yes"), ("acme-130", "no")):
            pbx.cli("dialplan set global LW_STASIS unset")
            call = pbx.phone(phone, "calls", "703100")
            wait_for(f"the answer to {phone}", lambda: pbx.get("LW_STASIS") != "unset")
            same(pbx.get("LW_STASIS"), answer, phone)
            call.end()
            pbx.quiet()
    finally:
        program.terminate()
        program.wait(PATIENCE)
    same(program.stderr.read(), "", "what the application complains of")
    wait_for("the application to be gone", lambda: "linewarden" not in pbx.cli("ari show apps"))
    pbx.cli("dialplan set global LW_STASIS unset")
    call = pbx.phone("acme-110", "calls", "703100")
    wait_for("the call to come back", lambda: pbx.get("LW_STASIS") != "unset")
    same(pbx.get("LW_STASIS"), "no", "without the application")
    call.end()
    pbx.quiet()


def test_chan_sip_asks_and_is_warned_of(pbx):
    """A telephone of chan_sip has the functions. It goes past the dialplan by Replaces, which `show status` and each reload say."""
    warns = lambda: "noload => chan_sip.so" in pbx.cli("linewarden show status")
    holds(not warns(), "a warning without chan_sip")
    there = os.path.join(pbx.build.modules, "chan_sip.so")
    same(os.path.exists(there), pbx.build.major < 21, "chan_sip of this major")
    if pbx.build.major >= 21:
        return
    port = pbx.base + 62
    pbx.etc("sip.conf", f"[general]\nudpbindaddr = 127.0.0.1:{port}\nallowguest = no\n" + "".join(
        f"[acme-{number}]\ntype = friend\nhost = 127.0.0.1\nport = {pbx.base + at}\ncontext = acme-people\nsetvar = LINEWARDEN_DOMAIN=acme.example\n"
        f"setvar = LINEWARDEN_ACTOR={number}\n" for number, at in (("110", 240), ("130", 244))))
    os.symlink(there, os.path.join(pbx.dir, "mod", "chan_sip.so"))
    holds("Loaded" in pbx.cli("module load chan_sip.so"), "chan_sip loads")
    try:
        holds(warns(), "no warning")
        mark = len(pbx.log())
        pbx.cli("linewarden reload")
        wait_for("the warning in the log", lambda: "noload => chan_sip.so" in pbx.log()[mark:])
        phone = Ua("acme-110", pbx.base + 240, port)
        pbx.phones.append(phone)
        pbx.cli("dialplan set global LW_AEL unset")
        phone.call("700100")
        wait_for("the answer", lambda: pbx.get("LW_AEL") != "unset")
        same(pbx.get("LW_AEL"), "yes", "bob at a telephone of chan_sip")
        pbx.quiet()
        # What the warning is about: dave's telephone takes a call of bob's. None of either kind takes one of the other's.
        alice, erin, dave = pbx.ua("acme-100"), pbx.ua("acme-140"), Ua("acme-130", pbx.base + 244, port)
        pbx.phones.append(dave)
        call = phone.call("100")
        leg = alice.next_call().ring().answer()
        call.answered()
        same((takes(dave, leg, "100"), takes(erin, call, "100")), (481, 403), "a call of the other kind")
        goes_on(pbx, call, leg)
        same(takes(dave, call, "100"), 200, "a call of chan_sip: where this is refused the README must not say that nothing closes it")
        pbx.cli("channel request hangup all")
        pbx.quiet()
        for one in (phone, dave, alice, erin):
            one.close()
    finally:
        pbx.cli("channel request hangup all")
        wait_for("chan_sip to be gone", lambda: pbx.cli("module unload chan_sip.so") and "chan_sip.so" not in pbx.cli("module show like chan_sip"))
        os.unlink(os.path.join(pbx.dir, "mod", "chan_sip.so"))
    holds(not warns(), "a warning without chan_sip again")
