"""A port of this machine that leads to a unix socket, as `ssh -L 8460:/run/linewarden/service` makes one: how a browser logs in by the socket."""

import socket
import threading


class Forwarded:
    def __init__(self, path):
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            there = socket.socket(socket.AF_UNIX)
            try:
                there.connect(str(self.path))
            except OSError:
                here.close()
                continue
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=pass_on, args=(one, other), daemon=True).start()

    def end(self):
        self.listener.close()


def pass_on(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    finally:
        try:
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass
