"""How the module itself is made: its files form no circle."""

import glob
import os
import re

from pbx import INTEGRATION
from run import holds, same


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
