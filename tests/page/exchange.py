"""A real Asterisk with the module over the store of the page: what its dialplan answers, without a reload and without a word from the page."""

import os
import sys

from webdriver import Failure

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.append(os.path.join(ROOT, "tests", "asterisk"))
# Its ports are beside those of the Asterisk tests.
BASE = 17000


class Exchange:
    def __init__(self, store, folder, domain):
        from pbx import Build, Pbx

        self.domain = domain
        self.pbx = Pbx(Build(16), str(folder / "asterisk"), BASE, [])
        self.pbx.etc("linewarden.conf", f"[general]\nsource = {store}\n")
        self.pbx.start()

    def may(self, actor, right, target):
        answer = self.pbx.get(f"LINEWARDEN({right},{actor},{target},,{self.domain})")
        if answer not in ("0", "1"):
            raise Failure(f"the dialplan answers `{answer}`: {self.pbx.log()[-2000:]}")
        return answer == "1"

    def end(self):
        ended = self.pbx.stop()
        if ended:
            raise Failure(f"Asterisk ended with {ended}")
