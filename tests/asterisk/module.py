"""How the module itself is made, and what it keeps: its files form no circle, and a lamp that left comes back."""

import glob
import os
import re

from pbx import INTEGRATION, ROOT
from phones import wait_for
from run import holds, same, states


def test_files_of_the_module_form_no_circle(pbx):
    """Each function is declared under its file in the private header, and no file uses what a later one of the header has."""
    folder = os.path.join(INTEGRATION, "res_linewarden")
    with open(os.path.join(folder, "linewarden_private.h"), encoding="utf-8") as file:
        parts = re.split(r"^/\* ---- (\w+\.c) ---- \*/$", file.read(), flags=re.MULTILINE)
    order, owner = parts[1::2], {}
    for name, text in zip(order, parts[2::2]):
        for function in re.findall(r"^\w[\w *]*?\b(\w+)\([^;{]*\)(?: __attribute__\(.*\))?;", text, re.MULTILINE):
            owner[function] = name
    same(sorted(order), sorted(os.path.basename(path) for path in glob.glob(os.path.join(folder, "*.c"))), "files that the header orders")
    uses = 0
    for place, name in enumerate(order):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            code = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
        for function in set(re.findall(r"\b\w+\b", code)) & owner.keys():
            uses += owner[function] != name
            holds(order.index(owner[function]) <= place, f"{name} uses {function} of {owner[function]}, which comes later")
            if owner[function] == name:
                holds(re.search(rf"^[\w *]+\b{function}\(", code, re.MULTILINE), f"{name} does not have {function}")
    holds(uses > 50, f"only {uses} uses were found: the header is read wrongly")


def test_module_is_written_as_asterisk_writes_its_own(pbx):
    """Atomics by ast_atomic_*, events as JSON, no unbounded text, each entry of the manual since when; revisions by their notice and not by every
    pair; and nothing that reads the policy on a channel's thread but what the header says so of."""
    sources = {}
    for path in glob.glob(os.path.join(INTEGRATION, "res_linewarden*.c")) + glob.glob(os.path.join(INTEGRATION, "res_linewarden*", "*.c")):
        with open(path, encoding="utf-8") as file:
            sources[os.path.basename(path)] = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.DOTALL)
    whole = "\n".join(sources.values())
    for never in (r"\bsprintf\(", r"\b__sync_", r"\b__atomic_", r"\batomic_\w+\(", r"\bstrcat\(", r"\bgets\(", r"\balloca\(", r"\blw_watch\("):
        same(re.findall(never, whole), [], f"uses of {never}")
    holds("lw_on_revision(" in whole and "ast_json_pack(" in sources["events.c"] and "ast_atomic_" in whole, "what is used instead")
    with open(os.path.join(INTEGRATION, "Makefile"), encoding="utf-8") as file:
        holds("-Wvla" in file.read(), "the Makefile warns of arrays of variable length")
    with open(os.path.join(INTEGRATION, "res_linewarden", "linewarden.xml"), encoding="utf-8") as file:
        manual = file.read()
    entries = re.findall(r"<(function|application|manager|managerEvent) (?:language=\"\w+\" )?name=\"(\w+)\"", manual)
    holds(len(entries) >= 16 and manual.count("<since>") == len(entries), f"{len(entries)} entries, {manual.count('<since>')} with <since>")
    functions = set(re.findall(r"\.name = \"(\w+)\"", sources["functions.c"]))
    same(functions - {name for _, name in entries}, set(), "functions without an entry")
    with open(os.path.join(ROOT, "include", "linewarden.h"), encoding="utf-8") as file:
        header = file.read()
    slow = {name for text, name in re.findall(r"/\*\*(.*?)\*/[^;]*?\b(lw_\w+)\(", header, flags=re.DOTALL) if "reads the policy" in text}
    holds("lw_notified" in slow, f"what reads the policy by the header: {slow}")
    used = {name: slow & set(re.findall(r"\b(lw_\w+)\(", code)) for name, code in sources.items()}
    same({name: calls for name, calls in used.items() if calls}, {"functions.c": {"lw_notified"}, "console.c": {"lw_explain"}}, "files that use what reads the policy")


def test_lamp_that_left_with_its_hint_comes_back(pbx):
    """The hint of a pattern goes with its last subscription when the dialplan is reloaded, and the lamp with it, by a reload of the rights or
    with the module. Both come again: Asterisk must not answer for the lamp with what it was shown before."""
    port = pbx.base + 204
    lamps = lambda: int(re.search(r"lamps: +(\d+)", pbx.cli("linewarden show status")).group(1))

    def rings_and_blinks(watcher):
        wait_for("the first notification", lambda: states(watcher))
        rings = pbx.phone("haus-290", "rings")
        calls = pbx.phone("haus-240", "calls-gives-up", "290", pause=None)
        wait_for("the lamp to blink", lambda: states(watcher)[-1] == "early")
        calls.go_on().done()
        rings.done()
        wait_for("the lamp to go out", lambda: states(watcher)[-1] == "terminated")

    def ends(watcher):
        """Its subscription, too: a hint stays as long as one of a telephone that has gone."""
        same(watcher.dialog.request("SUBSCRIBE", ["Event: dialog", "Accept: application/dialog-info+xml", "Expires: 0"]), 200, "the end of it")
        watcher.end()

    for place, how in enumerate(("reload", "unload")):
        first = pbx.phone("haus-210", "watches", "290", seconds=600, port=port + 8 * place)
        wait_for("the first notification", lambda: states(first))
        pbx.cli("linewarden reload")
        rings_and_blinks(first)
        ends(first)
        before = lamps()
        pbx.cli("dialplan reload")
        if how == "reload":
            pbx.cli("linewarden reload")
        else:
            holds("Unloaded" in pbx.cli("module unload res_linewarden.so"), "the module unloads")
            pbx.cli("module load res_linewarden.so")
        holds(lamps() < before, f"the lamp has not left: {how}")
        again = pbx.phone("haus-210", "watches", "290", seconds=600, port=port + 8 * place + 4)
        rings_and_blinks(again)
        ends(again)
