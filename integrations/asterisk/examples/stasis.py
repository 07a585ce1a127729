#!/usr/bin/env python3
"""ARI: a Stasis application that asks whether who calls may pick up what rings at an extension, and sends each call back to the dialplan.

    exten => _703X.,1,Stasis(linewarden,${FILTER(0-9,${EXTEN:3})})
     same => n,Set(GLOBAL(LW_STASIS)=${IF($["${LW_MAY}" = "1"]?yes:no)})
     same => n,Hangup()

    stasis.py http://127.0.0.1:8088 USER:PASSWORD

A call that comes back without LW_MAY, because this program has ended, has a no.
"""

import base64
import json
import os
import socket
import sys
import urllib.parse
import urllib.request


class Ari:
    def __init__(self, base, login):
        self.base, self.login = base, login

    def request(self, method, path, **query):
        url = f"{self.base}/ari/{path}?{urllib.parse.urlencode(query)}"
        key = base64.b64encode(self.login.encode()).decode()
        request = urllib.request.Request(url, headers={"Authorization": "Basic " + key}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def variable(self, channel, name):
        return self.request("GET", f"channels/{channel}/variable", variable=name)["value"]

    def events(self, application):
        """The events of the application, by a WebSocket."""
        parts = urllib.parse.urlsplit(self.base)
        connection = socket.create_connection((parts.hostname, parts.port or 80))
        query = urllib.parse.urlencode({"app": application, "api_key": self.login})
        connection.sendall((f"GET /ari/events?{query} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode())
        stream = connection.makefile("rb")
        if b" 101 " not in stream.readline():
            sys.exit("Asterisk takes no WebSocket: is [general] enabled in ari.conf?")
        while stream.readline().strip():
            pass
        while head := stream.read(2):
            length = head[1] & 127
            if length > 125:
                length = int.from_bytes(stream.read(2 if length == 126 else 8), "big")
            body, kind = stream.read(length), head[0] & 15
            if kind == 1:
                yield json.loads(body)
            elif kind == 9:
                # A ping is answered; what a client sends is masked, here with zeros.
                connection.sendall(bytes([0x8a, 0x80 | length]) + bytes(4) + body)
            elif kind == 8:
                return


def main():
    ari = Ari(*sys.argv[1:])
    for event in ari.events("linewarden"):
        if event["type"] != "StasisStart":
            continue
        channel, extension = event["channel"]["id"], "".join(event["args"])
        try:
            actor = ari.variable(channel, "LINEWARDEN_HERE()").split(",")[0]
            may = ari.variable(channel, f"LINEWARDEN(call.pickup,{actor},{extension},1)") if extension.isdigit() else "0"
            ari.request("POST", f"channels/{channel}/variable", variable="LW_MAY", value=may)
            ari.request("POST", f"channels/{channel}/continue")
        except OSError as error:
            # The call has ended meanwhile, or goes no further: nothing is allowed by that.
            print(f"{channel}: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
