"""An office of its own Asterisk that has nothing but what the README says to paste."""

import glob
import os
import re
import shutil
import subprocess
import threading
import time

from office import bridged, close
from pbx import HERE, INTEGRATION, PATIENCE, ROOT, Pbx, blocks, readme, sample, write
from phones import header, wait_for
from run import apply, holds, same, states

#: The README's people: number, name, and port behind the base.
PEOPLE = {"100": ("Alice", 100), "110": ("Bob", 104), "130": ("Dave", 108)}

#: Blocks of the README that show what comes out, and where that is tested.
OUTPUT = {"acme.example/alice line 1 to 130: set by": "test_forwarding_ends_with_the_right_of_its_author"}


class Newcomer(Pbx):
    """Beside the Asterisk of the other tests."""

    def built(self, out):
        """Nothing yet: the README's own lines do it, in step 1. Only the manual must be there when Asterisk starts."""
        shutil.copy(os.path.join(INTEGRATION, "res_linewarden", "linewarden.xml"), os.path.join(out, "linewarden-en_US.xml"))
        return os.path.join(out, "res_linewarden.so")

    def shell(self, begins, documents="documents"):
        """Runs lines of the README in a shell; what they install goes into this Asterisk's folders. The library is built already."""
        programs = os.path.join(self.dir, "bin")
        os.makedirs(programs, exist_ok=True)
        os.makedirs(os.path.join(self.dir, "lib"), exist_ok=True)
        library = os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked"))
        command = os.path.join(library, "linewarden")
        conf = os.path.join(self.dir, "etc", "asterisk.conf")
        for name, line in (("asterisk", f'{shutil.which(self.build.command)} -C {conf} "$@"'), ("linewarden", f'{command} "$@"'), ("cargo", "true"), ("ldconfig", "true")):
            write(os.path.join(programs, name), f"#!/bin/sh\nexec {line}\n")
            os.chmod(os.path.join(programs, name), 0o755)
        environment = {**os.environ, "PATH": programs + ":" + os.environ["PATH"], "ASTERISK_INCLUDE": self.build.include, "OUT": os.path.join(self.dir, "build"),
                       "ASTERISK_MODULES": os.path.join(self.dir, "mod"), "ASTERISK_DATA": os.path.join(self.dir, "data"),
                       "ASTERISK_ETC": os.path.join(self.dir, "etc"), "LINEWARDEN_LIB": library, "RPATH": os.path.join(self.dir, "lib")}
        lines = readme(begins).replace("target/release", library).replace("/usr/local/lib", os.path.join(self.dir, "lib"))
        lines = lines.replace("/var/lib/linewarden", os.path.join(self.dir, "store")).replace("/etc/linewarden", os.path.join(self.dir, documents))
        done = subprocess.run(["sh", "-ec", lines], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE)
        same(done.returncode, 0, f"{lines}{done.stdout}{done.stderr}")
        return done.stdout

    def libraries(self):
        """The library's files that Asterisk has mapped; one that was replaced since is `(deleted)`."""
        with open(f"/proc/{self.process.pid}/maps", encoding="utf-8") as file:
            return {line.split(None, 5)[5].strip() for line in file if "liblinewarden.so" in line}

    def port(self, name):
        return self.base + (120 if name == "trunk" else 124 if name == "acme-desk" else PEOPLE[name.split("-")[1]][1])

    def endpoint(self, number, name):
        text = readme("[acme-110](acme-phone)") + readme("[acme-110]\ntype=aor") + readme("[acme-110]\ntype=auth")
        text = re.sub(r"^auth=.*\n", "", text, flags=re.MULTILINE).replace("110", number).replace("Bob", name)
        return text.replace("type=aor\n", f"type=aor\ncontact=sip:acme-{number}@127.0.0.1:{self.port('acme-' + number)}\n")

    def pjsip(self):
        text = "[global]\ntype=global\nendpoint_identifier_order=username,ip\n" + readme("[transport-udp]") + readme("[acme-phone](!)")
        text = text.replace("bind=0.0.0.0", f"bind=127.0.0.1:{self.sip}")
        # Telephones of these tests have one codec, and press keys by INFO.
        text = text.replace("allow=alaw,ulaw", "allow=alaw,ulaw\ndtmf_mode=info")
        for number, (name, _) in PEOPLE.items():
            text += self.endpoint(number, name)
        own = "\naors={0}\n[{0}]\ntype=aor\ncontact=sip:{0}@127.0.0.1:{1}\n"
        text += readme("[trunk]").replace("[trunk]", "[trunk]\ntype=endpoint\ndisallow=all\nallow=ulaw\ndirect_media=no") + own.format(
            "trunk", self.port("trunk")).lstrip("\n")
        text += "[acme-desk](acme-phone)\n" + readme("set_var=LINEWARDEN_DOMAIN=acme.example\nset_var=LINEWARDEN_LOCATION") + own.format(
            "acme-desk", self.port("acme-desk")).lstrip("\n")
        return text

    def lay_out(self):
        super().lay_out()
        document = readme('domain = "acme.example"') + readme("[[team]]") + readme("[[location]]")
        write(self.document("acme.toml"), document)
        holds(readme("[blf-acme-110]") in sample(), "the lamps of 110 are in the sample")
        lamps = "".join(readme("[blf-acme-100]").replace("100", number) for number in PEOPLE if number != "110")
        dialplan = sample().replace("LW_CALLER_RIGHT=contact.phone_work.read\n", "LW_CALLER_RIGHT=\n")
        holds(dialplan != sample(), "the sample's LW_CALLER_RIGHT")
        self.etc("extensions_linewarden.conf", dialplan + lamps)
        # 110 is Bob's here.
        emergency = readme("exten => 110,1,Goto(linewarden-help").replace("110", "199")
        self.etc("extensions.conf", "#include extensions_linewarden.conf\n" + readme("[acme-outside](+)") + readme("[acme-people](+)")
                 + "[linewarden-emergency](+)\n" + emergency)
        # The module comes with the lines that install it.
        for path in glob.glob(os.path.join(self.dir, "mod", "res_linewarden*")):
            os.unlink(path)
        self.etc("queues.conf", "[general]\n" + readme("[acme-610]"))
        self.etc("features.conf", "[general]\npickupexten =\n" + readme("[featuremap]"))
        self.etc("followme.conf", "")


def privacy(office, dave, alice):
    """The README's own extension rings at Alice's, and shows her no more of Dave than the rights do. In pascom there is no such right."""
    office.cli("dialplan set global LW_CALLER_RIGHT contact.phone_work.read")
    call = dave.call("198")
    leg = alice.next_call(len(alice.incoming)).ring().answer()
    call.answered()
    same(call.request("INVITE", ["Content-Type: application/sdp", 'P-Asserted-Identity: "Dave" <sip:130@127.0.0.1>'], dave.sdp()), 200, "a re-INVITE")
    time.sleep(0.2)
    told = "\n".join(text for text in alice.received() if leg.call_id in text)
    holds("INVITE sip:" in told and "Dave" not in told and "130@" not in told and "acme-130" not in told, told)
    call.bye()
    office.quiet()
    # With `trust_id_outbound=yes` the same call shows everything: the line is not there for nothing.
    settings = office.pjsip()
    office.etc("pjsip.conf", settings.replace("trust_id_outbound=no", "trust_id_outbound=yes"))
    office.cli("module reload res_pjsip.so")
    wait_for("the setting", lambda: re.search(r"trust_id_outbound +: (true|yes)", office.cli("pjsip show endpoint acme-100")))
    call = dave.call("198")
    leg = alice.next_call(len(alice.incoming)).ring()
    holds("130@" in leg.invite, leg.invite)
    call.cancel()
    office.etc("pjsip.conf", settings)
    office.cli("module reload res_pjsip.so")
    office.cli('dialplan set global LW_CALLER_RIGHT ""')
    office.quiet()


def upgrade(office, dave, alice, watcher):
    """The module is replaced while a telephone rings, and the library when no call is left."""
    place = len(alice.incoming)
    call = dave.call("100")
    leg = alice.next_call(place).ring()
    wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
    seen = len(states(watcher))
    said = office.shell("asterisk -rx 'module unload res_linewarden.so'")
    holds("Unloaded res_linewarden.so" in said and "Loaded res_linewarden.so" in said and "acme.example" in said and "WARNING" not in said, said)
    wait_for("the lamp to blink again", lambda: "terminated" in states(watcher)[seen:] and states(watcher)[-1] == "early")
    leg.answer()
    call.answered()
    installed = os.path.join(office.dir, "lib", "liblinewarden.so.1")
    old = os.stat(installed).st_ino
    pid = office.process.pid
    # Its last line ends when Asterisk does.
    restart = threading.Thread(target=lambda: office.shell("install -m 644"), daemon=True)
    restart.start()
    wait_for("the library's file to be another one", lambda: os.path.exists(installed) and os.stat(installed).st_ino != old)
    time.sleep(0.5)
    same(office.libraries(), {installed + " (deleted)"}, "the old library is in use while there is a call")
    holds(not call.ended and not leg.ended, "the call goes on")
    call.bye()
    leg.over()
    wait_for("the new library, or the end of one that is unpacked", lambda: office.process.poll() is not None or office.libraries() == {installed})
    restart.join(PATIENCE)
    holds(not restart.is_alive(), "the last line ends")
    if office.build.major == 16:
        same((office.process.pid, office.process.poll()), (pid, None), "the process")
        office.ami = wait_for("the manager interface", office.connect)
        office.console("core waitfullybooted")
    else:
        # One that is not installed but unpacked runs by a loader of its own and cannot start itself anew; what ended did so for the restart.
        holds("Asterisk is now restarting" in office.log(), "the restart")
        office.process.wait(PATIENCE)
        office.start()
        same(office.libraries(), {installed}, "the new library")
    wait_for("rights to be in force", lambda: office.get("LINEWARDEN_READY()") == "1")
    holds("WARNING" not in office.cli("linewarden show status"), office.cli("linewarden show status"))
    place = len(alice.incoming)
    call = dave.call("100")
    alice.next_call(place).ring()
    call.cancel()
    office.quiet()


def test_blocks_of_the_readme_are_pasted_by_tests(pbx):
    """Every block: pasted by a test under its first words, or output that a test named here looks at."""
    begins = {}
    for path in glob.glob(os.path.join(HERE, "*.py")):
        with open(path, encoding="utf-8") as file:
            for quote, text in re.findall(r"""(?:readme|shell)\((?:pbx, )?(["'])(.*?)\1[,)]""", file.read()):
                begins.setdefault(text.encode().decode("unicode_escape"), os.path.basename(path))
    names = {name for path in glob.glob(os.path.join(HERE, "*.py")) for name in re.findall(r"^def (test_\w+)", open(path, encoding="utf-8").read(), re.M)}
    holds(len(blocks()) >= 28, f"{len(blocks())} blocks: the README is read wrongly")
    for text in blocks():
        by = [begins[word] for word in begins if text.startswith(word)] + [test for word, test in OUTPUT.items() if text.startswith(word) and test in names]
        holds(by, f"no test pastes this block of the README:\n{text}")
    # A block in another form would be read by no test.
    with open(os.path.join(INTEGRATION, "README.md"), encoding="utf-8") as file:
        same(re.findall(r"^ *(?:```|~~~|\t).*", file.read(), re.M), [], "blocks that are not indented by four spaces")


def test_store_is_made_and_changed_by_pasting(pbx):
    """The README's two lines under Changing rights."""
    for name in ("store", "one-document"):
        shutil.rmtree(os.path.join(pbx.dir, name), ignore_errors=True)
        os.makedirs(os.path.join(pbx.dir, name))
    shutil.copy(pbx.document("acme.toml"), os.path.join(pbx.dir, "one-document"))
    path = os.path.join(pbx.dir, "store", "rights.db")
    Newcomer.shell(pbx, "linewarden import", "one-document")
    pbx.etc("linewarden.conf", f"[general]\nsource = {path}\n")
    holds(pbx.cli("linewarden reload").startswith("revision 2,"), "the store with its change is in force")
    same(pbx.get("LINEWARDEN(call.pickup,acme.example/bob,acme.example/alice)"), "1", "what the document says")
    before = pbx.get("LINEWARDEN(line.busy.read,acme.example/dave,acme.example/alice)")
    same((before, apply(path, "set relationship alice dave assistant_plus")), ("0", 3), "a further change")
    same(pbx.get("LINEWARDEN(line.busy.read,acme.example/dave,acme.example/alice)"), "1", "in force when `apply` returns")
    pbx.etc("linewarden.conf", pbx.settings)
    pbx.cli("linewarden reload")


def test_newcomer_has_an_office_by_pasting(pbx):
    """The README's ten minutes and its sections on queues, trunks and hot desks, on an Asterisk of its own."""
    office = Newcomer(pbx.build, pbx.dir + "-newcomer", pbx.base + 600, [])
    try:
        office.start()
        # Steps 1 and 6.
        office.shell("cargo build")
        said = office.shell("asterisk -rx 'core reload'")
        holds("acme.example" in said and "WARNING" not in said, said)
        same(office.libraries(), {os.path.join(office.dir, "lib", "liblinewarden.so.1")}, "the library that the module is bound to")
        holds("WARNING" not in office.cli("linewarden show status"), office.cli("linewarden show status"))
        log = office.log()
        holds(not re.search(r" ERROR\[.*(pjsip|queue|linewarden|config_options)", log), re.search(r".* ERROR\[.*|$", log).group(0))
        same(office.get("LINEWARDEN_READY()"), "1", "rights are in force")
        watcher = office.phone("acme-110", "watches", "100", seconds=600, port=office.base + 200)
        wait_for("the lamp", lambda: states(watcher))
        alice, bob, dave, trunk = (office.ua(name) for name in ("acme-100", "acme-110", "acme-130", "trunk"))
        # Who calls is shown, as `callerid` says; dave may not pick up, bob may.
        call = dave.call("100")
        leg = alice.next_call().ring()
        holds('"Dave" <sip:130@' in header(leg.invite, "From"), header(leg.invite, "From"))
        wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
        office.phone("acme-130", "calls-refused", "*8100", code=403, port=office.base + 210).done()
        bob.call("*8100").answered()
        call.answered()
        leg.over()
        call.bye()
        office.quiet()
        # A customer, and the queue: who talks is not called.
        call = trunk.call("100", ['P-Asserted-Identity: "Customer" <sip:+4930777@example.org>'])
        leg = alice.next_call(1).ring().answer()
        call.answered()
        holds("sip:+4930777@" in header(leg.invite, "From"), leg.invite)
        wait_for("Asterisk to know that alice talks", lambda: "PJSIP/acme-100" in office.cli("queue show acme-610") and "(in call)" in office.cli(
            "queue show acme-610") or "In use" in office.cli("queue show acme-610"))
        queued = dave.call("610")
        bob.next_call().ring().answer()
        queued.answered()
        same(len(alice.incoming), 2, "calls to alice, who talks")
        queued.bye()
        call.bye()
        office.quiet()
        # A transfer, and a forwarding by the secretary.
        mark = office.ami.mark()
        call = dave.call("110")
        leg = bob.next_call(1).ring().answer()
        call.answered()
        bridged(office, mark, ["acme-130", "acme-110"])
        same(leg.refer("100"), 202, "the REFER")
        alice.next_call(2).ring().answer()
        leg.bye()
        call.bye()
        office.quiet()
        # A desk, with a PIN.
        office.cli(readme("database put").strip())
        office.phone("acme-desk", "calls-keys", "*44110", code="4711#").done()
        desk = office.ua("acme-desk")
        call = dave.call("110")
        desk.next_call().ring().answer()
        call.answered()
        call.bye()
        office.quiet()
        # Help is reached without a question.
        for number in ("112", "199", "0199"):
            place = len(trunk.incoming)
            call = desk.call(number)
            help_called = trunk.next_call(place).ring()
            holds(help_called.invite.startswith(f"INVITE sip:{number.lstrip('0')}@"), help_called.invite)
            call.rings().cancel()
            office.quiet()
        privacy(office, dave, alice)
        upgrade(office, dave, alice, watcher)
        watcher.end()
        close(alice, bob, dave, trunk, desk)
    except BaseException:
        office.stop()
        raise
    same(office.stop(), 0, "the end of the newcomer's Asterisk")
