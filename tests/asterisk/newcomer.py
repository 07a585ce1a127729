"""An office of its own Asterisk that has nothing but what the README says to paste."""

import os
import re
import textwrap

from office import bridged, close
from pbx import Pbx, readme, sample, write
from phones import header, wait_for
from run import holds, same, states

#: The README's people: number, name, and port behind the base.
PEOPLE = {"100": ("Alice", 100), "110": ("Bob", 104), "130": ("Dave", 108)}

class Newcomer(Pbx):
    """Beside the Asterisk of the other tests."""

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
        with open(os.path.join(os.path.dirname(__file__), "..", "..", "integrations", "asterisk", "README.md"), encoding="utf-8") as file:
            document = textwrap.dedent(re.search(r'\n( +domain = "acme\.example"\n(?: +.*\n)+)', file.read()).group(1))
        document += readme("[[team]]") + readme("[[location]]")
        write(self.document("acme.toml"), document)
        lamps = "".join(readme("[blf-acme-100]").replace("100", number) for number in PEOPLE if number != "110")
        dialplan = sample().replace("LW_CALLER_RIGHT=contact.phone_work.read\n", "LW_CALLER_RIGHT=\n")
        holds(dialplan != sample(), "the sample's LW_CALLER_RIGHT")
        self.etc("extensions_linewarden.conf", dialplan + lamps)
        self.etc("extensions.conf", "#include extensions_linewarden.conf\n" + readme("[acme-outside](+)"))
        self.etc("queues.conf", "[general]\n" + readme("[acme-610]"))
        self.etc("features.conf", "[general]\npickupexten =\n" + readme("[featuremap]"))
        self.etc("followme.conf", "")


def test_newcomer_has_an_office_by_pasting(pbx):
    """The README's ten minutes and its sections on queues, trunks and hot desks, on an Asterisk of its own."""
    office = Newcomer(pbx.build, pbx.dir + "-newcomer", pbx.base + 600, [])
    try:
        office.start()
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
        office.cli("database put linewarden pin/acme.example/bob 4711")
        office.phone("acme-desk", "calls-keys", "*44110", code="4711#").done()
        desk = office.ua("acme-desk")
        call = dave.call("110")
        desk.next_call().ring().answer()
        call.answered()
        call.bye()
        office.quiet()
        # Help is reached without a question.
        call = desk.call("112")
        wait_for("help to be called", lambda: any(text.startswith("INVITE sip:112@") for text in trunk.received()))
        call.cancel()
        office.quiet()
        watcher.end()
        close(alice, bob, dave, trunk, desk)
    finally:
        same(office.stop(), 0, "the end of the newcomer's Asterisk")
