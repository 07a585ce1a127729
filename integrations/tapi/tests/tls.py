#!/usr/bin/env python3
"""tls.py DIST: the provider's link over TLS, under wine: it logs in where the certificate is the one it was given, and nowhere else.

The manager interface is played here, so far as a login needs it; each end of a handshake is a real one.
"""

import hashlib
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

DIST = os.path.realpath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__)))))
PATIENCE = 60


def serve(listener, context, seen):
    """One login after the other; what is sent before TLS, or without it, is never answered."""
    while True:
        try:
            near = context.wrap_socket(listener.accept()[0], server_side=True)
        except ssl.SSLError as error:
            seen.append(f"no TLS: {error.reason}")
            continue
        except OSError:
            return
        with near, near.makefile("rb") as lines:
            near.sendall(b"Asterisk Call Manager/5.0.2\r\n")
            action = {}
            for line in lines:
                name, _, value = line.decode().strip().partition(": ")
                if name:
                    action[name] = value
                    continue
                seen.append(action.get("Action"))
                good = action.get("Action") != "Login" or action.get("Key") == hashlib.md5(b"4711secret").hexdigest()
                near.sendall((f"Response: {'Success' if good else 'Error'}\r\nActionID: {action['ActionID']}\r\nChallenge: 4711\r\n"
                              f"Message: {'x' * 20000}\r\n\r\n").encode())
                action = {}


def logged(folder, settings, wanted):
    """What the provider logs with these settings, up to the text that is wanted."""
    log = os.path.join(folder, "log")
    open(log, "w", encoding="utf-8").close()
    with open(os.path.join(folder, "link.conf"), "w", encoding="utf-8") as file:
        file.write(settings)
    environment = dict(os.environ, LINEWARDEN_USER="bob", LINEWARDEN_SOURCE=f"Z:{ROOT}/tests/golden/companies/mixed.toml",
                       LINEWARDEN_SWITCH=f"Z:{folder}/link.conf", LINEWARDEN_LOG=f"Z:{log}")
    driver = subprocess.Popen(["wine", f"{DIST}/bin/driver_pbx.exe", f"{DIST}/bin/linewarden.tsp", "1=bob"], stdin=subprocess.PIPE,
                              stdout=subprocess.DEVNULL, env=environment)
    end = time.monotonic() + PATIENCE
    text = ""
    while wanted not in text and time.monotonic() < end and driver.poll() is None:
        time.sleep(0.05)
        with open(log, encoding="utf-8") as file:
            text = file.read()
    driver.stdin.close()
    if driver.wait(PATIENCE) or wanted not in text:
        sys.exit(f"TLS: `{wanted}` is not logged, but `{text}`")
    return text


def main():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout",
                        f"{folder}/key.pem", "-out", f"{folder}/cert.pem"], check=True, capture_output=True, timeout=PATIENCE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(f"{folder}/cert.pem", f"{folder}/key.pem")
        with open(f"{folder}/cert.pem", encoding="ascii") as file:
            fingerprint = hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()
        seen = []
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=serve, args=(listener, context, seen), daemon=True).start()
        settings = (f"host = 127.0.0.1\nport = {listener.getsockname()[1]}\naccount = tapi\nsecret = secret\ntelephone = t\n"
                    f"key = 3f1c8a20d47be6590b9e\nline = 1 t\n")
        logged(folder, settings + f"certificate = {fingerprint}\n", "linewarden: connected")
        if seen[:2] != ["Challenge", "Login"]:
            sys.exit(f"TLS: {seen}")
        # Another certificate, and no TLS: nothing is said to the other side.
        seen.clear()
        logged(folder, settings + f"certificate = {fingerprint[::-1]}\n", "the certificate has another fingerprint")
        logged(folder, settings, "linewarden: there is no challenge")
        if any(not action.startswith("no TLS") for action in seen):
            sys.exit(f"TLS: {seen} were sent")
        print("TLS: as it should be")


main()
