"""What a telephone may subscribe: busy lamps and presence by its subscribe_context, and nothing else."""

import re
import time

from office import close, no_more_than
from pbx import readme
from phones import wait_for
from run import holds, same


def subscribes(phone, to, event, accept):
    """The final status of a SUBSCRIBE, and what was notified a moment later."""
    dialog = phone.subscribe(to, event=event, accept=accept)
    status = wait_for(f"an answer to a subscription of {event} at {to or 'no name'}", lambda: phone.finals.get((dialog.branch, "SUBSCRIBE")))
    time.sleep(0.1)
    return status, [text for text in phone.own() if text.startswith("NOTIFY") and dialog.call_id in text]


def test_telephone_subscribes_no_mailbox_of_another(pbx):
    """Mailboxes as the README has them, on the endpoint: no telephone can subscribe one, its own or another's. On an AOR, which the README warns of,
    every telephone can: whether a person has messages, and how many."""
    before = open(f"{pbx.dir}/etc/pjsip.conf", encoding="utf-8").read()
    mailbox = readme("mailboxes=").replace("110@acme", "200@haus")
    text = before.replace("[haus-200](phone)\n", "[haus-200](phone)\n" + mailbox)
    holds(text != before and "mailboxes=200@haus" in text, "the README's line")
    for where in ("endpoint", "AOR"):
        pbx.etc("pjsip.conf", text if where == "endpoint" else re.sub(r"(\[haus-200\]\ntype=aor\n)", r"\1mailboxes=200@haus" + "\n", before))
        pbx.cli("module reload res_pjsip.so")
        wait_for("the mailbox to be there", lambda: "200@haus" in pbx.cli(f"pjsip show {where.lower()} haus-200"))
        emil, anna = pbx.ua("haus-240"), pbx.ua("haus-200")
        for phone in (emil, anna):
            for to in ("haus-200", "200", "haus-240"):
                status, notified = subscribes(phone, to, "message-summary", "application/simple-message-summary")
                if where == "AOR" and to == "haus-200":
                    same((status, bool(notified)), (200, True), "the trap that the README names")
                else:
                    holds(status >= 400 and not notified, f"mailbox on the {where}: {phone.what} subscribes {to}: {status} {notified}")
        close(emil, anna)
    pbx.etc("pjsip.conf", before)
    pbx.cli("module reload res_pjsip.so")
    wait_for("the mailbox to be gone", lambda: "200@haus" not in pbx.cli("pjsip show aor haus-200"))


def test_telephone_subscribes_nothing_but_lamps(pbx):
    """Events that a PBX may have, at names that it knows: of other people, of telephones, of parking places, of no person."""
    dirk, desk = pbx.ua("haus-230"), pbx.ua("haus-desk240")
    events = [("conference", "application/conference-info+xml"), ("reg", "application/reginfo+xml"), ("call-completion", "application/call-completion"),
              ("as-feature-event", "application/x-as-feature-event+xml"), ("ua-profile", "*/*"), ("dialog;sla", "application/dialog-info+xml"),
              ("asterisk-mwi", "application/json"), ("asterisk-devicestate", "application/json"), ("refer", "message/sipfrag")]
    for event, accept in events:
        for to in ("200", "haus-200"):
            status, notified = subscribes(dirk, to, event, accept)
            # `dialog` with a parameter is the lamp: dark for Dirk, as without.
            lamp = event.startswith("dialog") and to == "200"
            holds(lamp or status >= 400 and not notified, f"{event} at {to}: {status} {notified}")
    # A lamp's context is the telephone's own: one without has none, and no lamp is asked for by a device's name or by a parking place's.
    for phone, names in ((dirk, ("haus-200", "PJSIP/haus-200", "701", "*55")), (desk, ("200", "240", "112", "*8"))):
        for to in names:
            for event, accept in (("dialog", "application/dialog-info+xml"), ("presence", "application/pidf+xml")):
                status, notified = subscribes(phone, to, event, accept)
                holds(status >= 400 and not notified, f"{phone.what} subscribes {event} of {to}: {status} {notified}")
    no_more_than(dirk, {"200", "230"}, "subscriptions")
    close(dirk, desk)
