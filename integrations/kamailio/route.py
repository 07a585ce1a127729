"""The routes of a Kamailio before a PBX: function codes, subscriptions and dialog-info bodies by the rights of linewarden.

Settings come from the environment of the daemon, each with a default.
"""
import os
import re
import sys

import KSR

# Where linewarden_kamailio.py and, unless pip installed it, the package linewarden lie.
sys.path.insert(0, "/etc/kamailio/linewarden")

import linewarden_kamailio as linewarden  # noqa: E402

SOURCE = os.environ.get("LINEWARDEN_SOURCE", "/etc/linewarden")
PBX = os.environ.get("LINEWARDEN_PBX", "sip:127.0.0.1:5070")
# Who asks: the digest user. It proves nothing by itself: authenticate first, where AUTHENTICATE stands below.
ACTOR = os.environ.get("LINEWARDEN_ACTOR", "$au")

# Codes of the PBX that linewarden does not know, by their first characters: ("*97", "*98").
linewarden.other_codes = ()

# Set it to `yes` when the PBX heeds `team_pickup` and `teams` in X-Linewarden, see README.md.
linewarden.team_calls = os.environ.get("LINEWARDEN_TEAM_CALLS") == "yes"

# Set it to `yes` to ask about ordinary calls, too, in domains that run the system linewarden, see README.md.
linewarden.calls = os.environ.get("LINEWARDEN_CALLS") == "yes"

# Shadow mode until a date, see docs/shadow.md.
SHADOW = None
if os.environ.get("LINEWARDEN_SHADOW_UNTIL"):
    SHADOW = {"until": os.environ["LINEWARDEN_SHADOW_UNTIL"], "log": os.environ.get("LINEWARDEN_SHADOW_LOG", ""),
              "rights": re.findall(r"[^\s,]+", os.environ.get("LINEWARDEN_SHADOW_RIGHTS", "")),
              "domain": os.environ.get("LINEWARDEN_SHADOW_DOMAIN")}

# Never behind a check: no right, and no failure of anything here, keeps anybody from these.
EMERGENCY = {"112", "911", "999"}


def get(name):
    value = KSR.pv.get(name)
    return None if value is None else str(value)


def refuse(status, phrase, what):
    KSR.notice(f"linewarden: pid {os.getpid()} refused {what}\n")
    KSR.sl.sl_send_reply(status, phrase)
    return 1


def relay():
    if KSR.tm.t_relay() < 0:
        KSR.sl.sl_reply_error()
    return 1


def to_pbx():
    KSR.pv.sets("$du", PBX)
    return relay()


class Routes:
    """One in each process."""

    def __init__(self):
        self._rights = linewarden.Rights(SOURCE, lambda message: KSR.err(message + "\n"), SHADOW)

    def rights(self):
        return self._rights.engine(KSR.pv.get("$shv(linewarden)"))

    # The processes are forked after mod_init: each opens its own engine.
    def child_init(self, rank):
        if rank > 0:
            self._rights.engine(0)
        return 0

    # A NOTIFY tells its To of its From.
    def mask_notify(self):
        if re.match(r"\s*application/dialog-info\+xml", get("$cT") or "", re.IGNORECASE):
            body = linewarden.mask_dialog_info(self.rights(), get("$tU"), get("$fU"), get("$rb") or "")
            KSR.textops.set_body(body, "application/dialog-info+xml")

    def invite(self):
        actor, rights = get(ACTOR), self.rights()
        what, subject, digits, line, teams = linewarden.invite(rights, actor, get("$rU"))
        if what == "refused":
            return refuse(403, "Forbidden", f"{actor} dialling a code")
        if what == "refused_call":
            return refuse(403, "Forbidden", f"{actor} calling a number")
        if what == "unknown":
            return refuse(404, "Not Found", f"{actor} dialling an unknown number")
        if what != "call":
            # The PBX does it; what was decided is said to it in a header that no phone can bring along.
            KSR.notice(f"linewarden: pid {os.getpid()} allowed {actor} {what}\n")
            more = f"; line={line}" if line else ""
            more += f"; digits={digits}" if re.fullmatch(r"[A-Za-z0-9*+]+", digits) else ""
            more += f"; teams={','.join(teams)}" if teams else ""
            KSR.hdr.append(f"X-Linewarden: {what}; subject={rights.text(subject)}{more}\r\n")
        KSR.rr.record_route()
        return to_pbx()

    # The owner stands in the request's URI at first; inside the dialog that is the presence server's own, and To has the owner.
    def subscribe(self, owner):
        watcher = get(ACTOR)
        if not linewarden.subscribe(self.rights(), watcher, owner, get("$hdr(Event)")):
            return refuse(403, "Forbidden", f"{watcher} watching {owner}")
        KSR.notice(f"linewarden: pid {os.getpid()} allowed {watcher} watching {owner}\n")
        if KSR.tm.t_newtran() < 0:
            KSR.sl.sl_reply_error()
            return 1
        KSR.presence.handle_subscribe()
        KSR.tm.t_release()
        return 1

    def ksr_request_route(self, _):
        method = KSR.pv.get("$rm")
        if KSR.maxfwd.process_maxfwd(10) < 0:
            KSR.sl.sl_send_reply(483, "Too Many Hops")
            return 1
        KSR.hdr.remove("X-Linewarden")
        if method == "INVITE" and KSR.pv.get("$rU") in EMERGENCY:
            return to_pbx()

        if method == "CANCEL":
            if KSR.tm.t_check_trans() > 0:
                KSR.tm.t_relay()
            return 1
        if KSR.siputils.has_totag() > 0:
            # Inside a dialog. A subscription is refreshed or ended at the presence server.
            if method == "SUBSCRIBE":
                return self.subscribe(get("$tU"))
            if method == "NOTIFY":
                self.mask_notify()
            if KSR.rr.loose_route() > 0:
                return relay()
            if method == "ACK":
                if KSR.tm.t_check_trans() > 0:
                    KSR.tm.t_relay()
                return 1
            if method == "NOTIFY":
                return relay()
            KSR.sl.sl_send_reply(404, "Not Here")
            return 1

        # AUTHENTICATE here: no answer of linewarden is better than the name it is asked about.

        if method == "INVITE":
            return self.invite()
        if method == "SUBSCRIBE":
            return self.subscribe(get("$rU"))
        if method == "PUBLISH":
            # Only the PBX may report who is on the phone: accept this from no other host.
            if KSR.tm.t_newtran() >= 0:
                KSR.presence.handle_publish()
                KSR.tm.t_release()
            return 1
        if method == "ACK":
            return 1
        return to_pbx()

    # What Kamailio itself sends: the presence module's NOTIFYs.
    def ksr_tm_event(self, _, __):
        if KSR.pv.get("$rm") == "NOTIFY":
            self.mask_notify()
        return 1


def mod_init():
    return Routes()
