"""SIP telephones on 127.0.0.1 as offices have them: several calls at once, and an answer to every re-INVITE, UPDATE and NOTIFY.

Every message is kept with its direction, so that a test can look at each identity that ever reached a telephone. A telephone
makes no check of its own: what it was sent is for the test to judge. It plays and hears no audio.
"""

import os
import re
import select
import socket
import threading
import time
import urllib.parse

# How long anything is waited for.
PATIENCE = int(os.environ.get("LW_PATIENCE", "120"))


class Failure(Exception):
    """A test's expectation that was not met, or a peer that did not come up."""


def wait_for(what, condition, seconds=PATIENCE):
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {seconds:g} s for {what}")
        time.sleep(0.02)


def header(message, name):
    """A header's value; empty where there is none."""
    found = re.search(rf"^{re.escape(name)} *: *(.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)
    return found.group(1).strip() if found else ""


def headers(message, name):
    """All values of a header, in order, ready to be sent back."""
    return re.findall(rf"^({re.escape(name)} *:.*?)\r?$", message, re.MULTILINE | re.IGNORECASE)


def tag_of(value):
    found = re.search(r";tag=([^;>\s]+)", value)
    return found.group(1) if found else ""


class Dialog:
    """One call or subscription of a telephone."""

    def __init__(self, ua, call_id, local, remote, target):
        self.ua, self.call_id, self.local, self.remote, self.target = ua, call_id, local, remote, target
        self.cseq = 0
        self.invite = None
        self.branch = ""
        self.responses = []
        self.acknowledged = self.ended = self.cancelled = False
        self.code = 0

    def request(self, method, lines=(), body="", cseq=None, branch=None, wait=True):
        """Sends a request within the dialog; gives its final status."""
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        branch = branch or self.ua.number("z9hG4bK")
        text = self.ua.compose(method, self, cseq, branch, lines, body)
        if not wait:
            self.ua.send(text)
            return 0
        return self.ua.transact(text, branch, method)

    def wait(self, what, condition, seconds=None):
        wait_for(f"{self.ua.what}: {what}", lambda: condition(self) or self.ua.closed, seconds or self.ua.seconds)
        if self.ua.closed:
            raise Failure(f"{self.ua.what} was ended while it waited for {what}")
        return self

    def rings(self):
        return self.wait("to ring", lambda self: 180 in self.responses or 183 in self.responses or self.code)

    def answered(self):
        self.wait("an answer", lambda self: self.code or self.acknowledged)
        if not self.acknowledged and self.code != 200:
            raise Failure(f"{self.ua.what} was answered {self.code}, not 200")
        return self

    def over(self):
        return self.wait("the end of the call", lambda self: self.ended)

    def ring(self):
        self.ua.respond(self.invite, 180, "Ringing", self.local_tag())
        return self

    def answer(self, lines=()):
        self.ua.respond(self.invite, 200, "OK", self.local_tag(), sdp=True, lines=lines)
        return self.wait("the ACK", lambda self: self.acknowledged or self.ended)

    def progress(self, code, reason, lines=()):
        """A provisional response with headers of its own."""
        self.ua.respond(self.invite, code, reason, self.local_tag(), lines=lines)
        return self

    def refuse(self, code, reason="Busy Here", lines=()):
        self.ua.respond(self.invite, code, reason, self.local_tag(), lines=lines)
        self.ended = True
        return self

    def local_tag(self):
        return tag_of(self.local)

    def bye(self):
        if not self.ended:
            self.ended = True
            self.request("BYE")
        return self

    def cancel(self):
        self.cancelled = True
        text = self.ua.compose("CANCEL", self, self.cseq, self.branch, (), "", cancel=True)
        self.ua.send_until(text, lambda: self.code or (self.branch, "CANCEL") in self.ua.finals)
        return self.wait("the call's end", lambda self: self.code)

    def refer(self, number, replaces=None):
        """Transfers the other side of this call: to a number, or into the place of another call of this telephone."""
        target = f"sip:{number}@127.0.0.1:{self.ua.pbx_port}"
        if replaces:
            value = f"{replaces.call_id};to-tag={tag_of(replaces.remote)};from-tag={tag_of(replaces.local)}"
            target += "?Replaces=" + urllib.parse.quote(value, safe="")
        return self.request("REFER", [f"Refer-To: <{target}>"])


class Ua:
    """A telephone: one UDP port, any number of dialogs."""

    def __init__(self, name, port, pbx_port, what="", seconds=PATIENCE, log=None, extra=()):
        self.name, self.port, self.pbx_port = name, port, pbx_port
        self.what, self.seconds, self.log = what or name, seconds, log
        self.extra = list(extra)
        self.trace, self.dialogs, self.replies, self.finals = [], {}, {}, {}
        self.incoming = []
        # Requests without a response: the next time, the step to the one after, the text, and what ends it.
        self.unanswered = []
        self.closed, self.count = False, 0
        self.lock = threading.RLock()
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def number(self, prefix):
        with self.lock:
            self.count += 1
            return f"{prefix}{self.port}-{self.count}-{os.urandom(4).hex()}"

    # ---- messages

    def note(self, direction, text):
        with self.lock:
            self.trace.append((time.monotonic(), direction, text))
            if self.log:
                with open(self.log, "a", encoding="utf-8") as file:
                    file.write(f"---- {time.time():.3f} {'received' if direction == '<' else 'sent'}\n{text}\n")

    def received(self):
        with self.lock:
            return [text for _, direction, text in self.trace if direction == "<"]

    def own(self):
        """What it received in calls and subscriptions of its own, and not of the telephone that had the port before."""
        return [text for text in self.received() if header(text, "Call-ID") in self.dialogs]

    def send(self, text):
        self.note(">", text)
        try:
            self.socket.sendto(text.encode(), ("127.0.0.1", self.pbx_port))
        except OSError:
            if not self.closed:
                raise

    def sdp(self):
        media = 20000 + (self.port - 15000) * 2
        return (f"v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                f"m=audio {media} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")

    def compose(self, method, dialog, cseq, branch, lines, body, cancel=False):
        first = method in ("INVITE", "SUBSCRIBE") and not tag_of(dialog.remote) or cancel
        uri = dialog.first_uri if first else dialog.target
        remote = re.sub(r";tag=[^;]*", "", dialog.remote) if cancel else dialog.remote
        out = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch};rport",
               f"From: {dialog.local}", f"To: {remote}", f"Call-ID: {dialog.call_id}", f"CSeq: {cseq} {method}",
               f"Contact: <sip:{self.name}@127.0.0.1:{self.port}>", "Max-Forwards: 70",
               "Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, INFO, OPTIONS" + (", UPDATE" if self.updates else ""),
               *lines, f"Content-Length: {len(body)}", "", body]
        return "\r\n".join(out)

    #: Whether the telephone takes an UPDATE; one that does not is sent re-INVITEs.
    updates = False

    def respond(self, request, code, reason, tag="", sdp=False, lines=()):
        to = headers(request, "To")[0]
        if tag and not tag_of(to):
            to += f";tag={tag}"
        body = self.sdp() if sdp else ""
        out = [f"SIP/2.0 {code} {reason}", *headers(request, "Via"), headers(request, "From")[0], to,
               headers(request, "Call-ID")[0], headers(request, "CSeq")[0],
               "Allow: INVITE, ACK, CANCEL, BYE, REFER, NOTIFY, INFO, OPTIONS" + (", UPDATE" if self.updates else ""), *lines]
        if not any(line.startswith("Contact:") for line in lines):
            out.append(f"Contact: <sip:{self.name}@127.0.0.1:{self.port}>")
        out += ["Content-Type: application/sdp"] if sdp else []
        text = "\r\n".join([*out, f"Content-Length: {len(body)}", "", body])
        if code >= 200:
            with self.lock:
                self.replies[self.transaction(request)] = text
        self.send(text)

    def send_until(self, text, answered):
        """Sends now, and again until there is an answer: an Asterisk with much to do drops new requests without a word."""
        with self.lock:
            self.unanswered.append([time.monotonic() + 0.5, 0.5, text, answered])
        self.send(text)

    def send_again(self):
        with self.lock:
            self.unanswered = [entry for entry in self.unanswered if not entry[3]()]
            for entry in self.unanswered:
                if time.monotonic() > entry[0]:
                    entry[1] = min(2 * entry[1], 4)
                    entry[0] = time.monotonic() + entry[1]
                    self.send(entry[2])

    @staticmethod
    def transaction(request):
        branch = re.search(r";branch=([^;\s]+)", request)
        return (branch.group(1) if branch else "", request.split(" ", 1)[0])

    def transact(self, text, branch, method):
        """Sends until a final response comes; gives its status, 0 where the telephone was ended."""
        final = lambda: self.finals.get((branch, method))
        self.send_until(text, final)
        wait_for(f"{self.what}: an answer to {method}", lambda: final() or self.closed, self.seconds)
        return final() or 0

    # ---- what comes in

    def listen(self):
        while not self.closed:
            try:
                ready, _, _ = select.select([self.socket], [], [], 0.2)
                self.send_again()
                if not ready:
                    continue
                data, _ = self.socket.recvfrom(65536)
            except (OSError, ValueError):
                break
            text = data.decode("utf-8", "replace")
            if not text.strip():
                continue
            self.note("<", text)
            try:
                if text.startswith("SIP/2.0 "):
                    self.take_response(text)
                else:
                    self.take_request(text)
            except OSError:
                break

    def take_response(self, text):
        code = int(text.split(" ", 2)[1])
        branch = re.search(r"^Via:.*?;branch=([^;\s]+)", text, re.MULTILINE | re.IGNORECASE)
        method = header(text, "CSeq").split()[-1]
        dialog = self.dialogs.get(header(text, "Call-ID"))
        if code >= 200 and branch:
            with self.lock:
                self.finals[(branch.group(1), method)] = code
        if not dialog:
            return
        if code >= 200 and method == "SUBSCRIBE":
            dialog.remote = header(text, "To")
        if method != "INVITE":
            return
        dialog.responses.append(code)
        if 100 < code < 300:
            dialog.remote = header(text, "To")
            contact = re.search(r"<([^>]+)>", header(text, "Contact"))
            dialog.target = contact.group(1) if contact else dialog.target
        if code >= 300:
            self.send(self.compose("ACK", dialog, dialog.cseq, branch.group(1), (), "", cancel=True).replace(
                f"To: {re.sub(';tag=[^;]*', '', dialog.remote)}\r\n", f"To: {header(text, 'To')}\r\n"))
            dialog.code, dialog.ended = code, True
        elif code >= 200:
            dialog.request("ACK", cseq=int(header(text, "CSeq").split()[0]), wait=False)
            dialog.acknowledged = True
            dialog.code = code
            if dialog.cancelled:
                # It was answered before the CANCEL came.
                dialog.ended = True
                dialog.request("BYE", wait=False)

    def take_request(self, text):
        method = text.split(" ", 1)[0]
        known = self.replies.get(self.transaction(text))
        if known and method != "ACK":
            self.send(known)
            return
        call_id = header(text, "Call-ID")
        dialog = self.dialogs.get(call_id)
        if method == "ACK":
            if dialog:
                dialog.acknowledged = True
        elif method == "INVITE" and not dialog and not tag_of(header(text, "To")):
            if any(headers_of(other.invite) == headers_of(text) for other in self.incoming):
                return
            contact = re.search(r"<([^>]+)>", header(text, "Contact"))
            dialog = Dialog(self, call_id, header(text, "To") + ";tag=" + self.number("t"), header(text, "From"),
                            contact.group(1) if contact else f"sip:127.0.0.1:{self.pbx_port}")
            dialog.invite = text
            self.dialogs[call_id] = dialog
            self.respond(text, 100, "Trying")
            self.incoming.append(dialog)
        elif method == "INVITE" and dialog:
            if dialog.invite and header(text, "CSeq") == header(dialog.invite, "CSeq"):
                return
            # A re-INVITE: the partner has changed, as the telephone shows from now on.
            self.respond(text, 200, "OK", dialog.local_tag(), sdp=True)
        elif method == "CANCEL":
            self.respond(text, 200, "OK", dialog.local_tag() if dialog else "")
            if dialog and not dialog.acknowledged and not dialog.ended:
                dialog.ended = True
                self.respond(dialog.invite, 487, "Request Terminated", dialog.local_tag())
        elif method == "BYE":
            self.respond(text, 200, "OK")
            if dialog:
                dialog.ended = True
        elif dialog or method in ("OPTIONS", "INFO"):
            self.respond(text, 200, "OK")
        else:
            self.respond(text, 481, "Call/Transaction Does Not Exist")

    # ---- what it does

    def start(self, method, to, lines=(), body=""):
        uri = f"sip:{to}@127.0.0.1:{self.pbx_port}"
        dialog = Dialog(self, self.number("c"), f"{self.display}<sip:{self.name}@127.0.0.1:{self.pbx_port}>;tag={self.number('t')}", f"<{uri}>", uri)
        dialog.first_uri = uri
        dialog.cseq, dialog.branch = 1, self.number("z9hG4bK")
        self.dialogs[dialog.call_id] = dialog
        text = self.compose(method, dialog, 1, dialog.branch, lines, body)
        self.send_until(text, lambda: dialog.responses or (dialog.branch, method) in self.finals)
        return dialog

    #: What the telephone calls itself in From; the user there is its account.
    display = ""

    def call(self, to, lines=()):
        return self.start("INVITE", to, ["Content-Type: application/sdp", *self.extra, *lines], self.sdp())

    def subscribe(self, to, event="dialog", accept="application/dialog-info+xml"):
        return self.start("SUBSCRIBE", to, [f"Event: {event}", f"Accept: {accept}", "Expires: 600"])

    def register(self, contact, seconds=600):
        """Registers a contact, as it stands in the header; gives the final status."""
        dialog = Dialog(self, self.number("c"), f"<sip:{self.name}@127.0.0.1>;tag={self.number('t')}", f"<sip:{self.name}@127.0.0.1>", "")
        dialog.target, branch = f"sip:127.0.0.1:{self.pbx_port}", self.number("z9hG4bK")
        text = self.compose("REGISTER", dialog, 1, branch, [f"Expires: {seconds}"], "")
        return self.transact(re.sub("Contact: .*", lambda _: f"Contact: {contact}\r", text), branch, "REGISTER")

    def next_call(self, number=0):
        """The next call that comes in (the first, the second, ...)."""
        wait_for(f"{self.what} to be called", lambda: len(self.incoming) > number or self.closed, self.seconds)
        if self.closed:
            raise Failure(f"{self.what} was ended before it was called")
        return self.incoming[number]

    def close(self):
        if not self.closed:
            self.closed = True
            self.thread.join(5)
            self.socket.close()

    end = close


def headers_of(request):
    return (header(request, "Call-ID"), header(request, "CSeq"))


class Phone(Ua):
    """A telephone with one scenario and one call, in a thread of its own."""

    def __init__(self, pbx, name, scenario, to="", code="", pause=300, seconds=2 * PATIENCE, port=None, **options):
        port = port or pbx.port(name)
        stem = os.path.join(pbx.dir, "phones", f"{len(pbx.phones):03}-{name}-{scenario}")
        super().__init__(name, port, pbx.sip, f"{name} {scenario} {to} {code}".strip(), seconds, stem + ".msg", **options)
        self.scenario, self.to, self.expected, self.pause, self.stem = scenario, to, code, pause, stem
        self.continued, self.fault, self.dialog = threading.Event(), None, None
        self.runner = threading.Thread(target=self.run, daemon=True)
        self.runner.start()

    def run(self):
        try:
            getattr(self, "do_" + self.scenario.replace("-", "_"))()
        except Exception as error:
            self.fault = error

    def running(self):
        return self.runner.is_alive()

    def rest(self):
        """The pause, or what ends it."""
        if self.pause is None:
            if not self.continued.wait(self.seconds):
                raise Failure(f"{self.what} was not told to go on")
        else:
            time.sleep(self.pause / 1000)

    def do_calls(self):
        self.dialog = self.call(self.to)
        self.dialog.answered()
        self.rest()
        self.dialog.bye()

    def do_calls_stays(self):
        self.dialog = self.call(self.to)
        self.dialog.answered().over()

    def do_calls_refused(self):
        self.dialog = self.call(self.to)
        self.dialog.wait("a final answer", lambda dialog: dialog.code)
        if self.dialog.code != int(self.expected):
            if self.dialog.code == 200:
                self.dialog.bye()
            raise Failure(f"{self.what} was answered {self.dialog.code}")

    def do_calls_gives_up(self):
        self.dialog = self.call(self.to)
        self.dialog.rings()
        self.rest()
        self.dialog.cancel()
        if self.dialog.code != 487:
            raise Failure(f"{self.what} was answered {self.dialog.code}, not 487")

    def do_calls_keys(self):
        self.dialog = self.call(self.to)
        self.dialog.answered()
        time.sleep(0.3)
        for key in str(self.expected or "130#"):
            time.sleep(0.06)
            self.dialog.request("INFO", ["Content-Type: application/dtmf-relay"], f"Signal={key}\r\nDuration=60\r\n")
        self.dialog.over()

    def do_rings(self):
        self.dialog = self.next_call()
        self.dialog.ring().over()

    def do_answers(self):
        self.dialog = self.next_call()
        self.dialog.ring()
        time.sleep(0.1)
        self.dialog.answer().over()

    def do_answers_refers(self):
        self.dialog = self.next_call()
        self.dialog.ring()
        time.sleep(0.1)
        self.dialog.answer()
        self.rest()
        if self.dialog.refer(self.expected) != 202:
            raise Failure(f"{self.what}: the REFER was not accepted")
        self.dialog.bye()
        # The port's next telephone would get the notifications that were not answered here.
        wait_for("the transfer's last notification", lambda: self.closed or any(
            header(text, "Subscription-State").startswith("terminated") for text in self.received()), 5)

    def do_watches(self):
        self.dialog = self.subscribe(self.to)
        wait_for(f"{self.what} to be ended", lambda: self.closed, 10 * self.seconds)

    def messages(self):
        with self.lock:
            return "\n".join(text for _, _, text in self.trace)

    def sees(self, text):
        """Waits for a message with the text."""
        wait_for(f"{self.what} to receive `{text}`", lambda: any(text in message for message in self.received()))
        return self

    def go_on(self, after=None):
        """Ends the pause of a telephone that was started with none."""
        self.sees(after or ("SIP/2.0 180" if "gives-up" in self.scenario else "SIP/2.0 200"))
        self.continued.set()
        return self

    def done(self):
        """The scenario went as written."""
        self.runner.join(self.seconds + 3)
        if self.runner.is_alive():
            self.end()
            raise Failure(f"{self.what} did not end")
        fault = self.fault
        self.close()
        if fault:
            raise Failure(f"{fault}, see {self.stem}.msg")
        return self
