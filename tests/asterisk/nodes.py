"""A PBX on one node of a cluster, and changes on another one: PostgreSQL and both agents are real."""

import os
import re
import sys

from pbx import ROOT, wait_for
from run import at_rest, holds, ringing, same, states, store, told

sys.path.append(os.path.join(ROOT, "tests", "cluster"))
os.environ.setdefault("LW_BIN", os.environ.get("LW_LIB", os.path.join(ROOT, "target", "checked")))

from place import Place, database  # noqa: E402, it reads LW_BIN


def test_changes_on_another_node_reach_calls_that_ring(pbx):
    place = Place()
    try:
        server = place.server("one").make().start()
        server.sql("CREATE ROLE node LOGIN")
        to = database(server.port)
        with store(pbx) as path:
            here = place.node("here", to)
            here.store = path
            here.cluster("init", path, "--agent", "node", database=database(server.port, user="postgres"))
            there = place.node("there", to)
            there.cluster("join", there.store)
            for node in (here, there):
                node.start().up()
            changed_there(pbx, here, there)
            here.stop()
    finally:
        place.close(False)


def changed_there(pbx, here, there):
    def apply(*words):
        """A change on the other node, which waits for nothing here."""
        return there.apply("--domain", "acme.example", *words)[0]
    sees = lambda name: pbx.get(f"LINEWARDEN(line.busy.read,acme.example/{name},acme.example/alice)")
    picks = lambda name: pbx.get(f"LINEWARDEN_DIAL(acme.example/{name},*8100)")[:1]
    lamp = pbx.phone("acme-110", "watches", "100", seconds=600, port=pbx.base + 200)
    wait_for("the first notification", lambda: states(lamp))
    same((sees("bob"), picks("dave")), ("1", "0"), "before any change")
    rings, calls = ringing(pbx)
    wait_for("the lamp to blink", lambda: states(lamp)[-1] == "early")
    pbx.phone("acme-130", "calls-refused", "*8100", code=403).done()

    # The rights go on the other node while it rings here.
    mark = at_rest(pbx)
    apply("remove", "member", "workgroup", "secretary", "bob")
    revision = apply("set", "default", "munich", "same_site", "external")
    told(pbx, revision, mark)
    wait_for("the lamp to go out", lambda: states(lamp)[-1] == "terminated")
    same(sees("bob"), "0", "bob's right after it was taken on the other node")
    holds(rings.running(), "it rings on")

    # dave gets one there, and takes the call that rings here.
    mark = at_rest(pbx)
    revision = apply("set", "relationship", "alice", "dave", "assistant_plus")
    told(pbx, revision, mark)
    same(picks("dave"), "1", "dave's right after it was given on the other node")
    taken = pbx.phone("acme-130", "calls-stays", "*8100")
    for phone in (taken, calls, rings):
        phone.done()

    # A change on this node, by the PBX's own store, is on the other one; without the agent it is refused, and calls go on.
    own = here.apply("--domain", "acme.example", "set", "vip", "erin", "yes")
    there.wait(own[1])
    here.stop()
    refused = here.lw("apply", "--domain", "acme.example", "set", "vip", "erin", "no", ok=False)
    holds(refused.returncode == 2 and re.search("cut off since", refused.stderr), refused.stderr)
    same(picks("dave"), "1", "an answer without the agent")
    rings, calls = ringing(pbx)
    taken = pbx.phone("acme-130", "calls-stays", "*8100")
    for phone in (taken, calls, rings):
        phone.done()
    lamp.end()
