#!/usr/bin/env python3
"""ARI: may the person at the telephone behind a channel pick up what rings at an extension?

    ari.py http://127.0.0.1:8088 USER:PASSWORD CHANNEL EXTENSION

Prints yes or no. A function is read as a variable of the channel, in Stasis or not.
"""

import base64
import json
import sys
import urllib.parse
import urllib.request


def variable(base, login, channel, name):
    url = f"{base}/ari/channels/{urllib.parse.quote(channel, safe='')}/variable?variable={urllib.parse.quote(name)}"
    request = urllib.request.Request(url, headers={"Authorization": "Basic " + base64.b64encode(login.encode()).decode()})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)["value"]


def main():
    base, login, channel, extension = sys.argv[1:]
    if not extension.isdigit():
        sys.exit("an extension has digits only")
    actor = variable(base, login, channel, "LINEWARDEN_HERE()").split(",")[0]
    print("yes" if variable(base, login, channel, f"LINEWARDEN(call.pickup,{actor},{extension},1)") == "1" else "no")


if __name__ == "__main__":
    main()
