#!/usr/bin/env python3
"""Cuts what abidw says of the library down to its C face: face.py < abidw.xml > face.abi

abidw describes all of the library, two thirds of a megabyte that changes with every line of Rust. A C program sees only the
exported functions and the types they name; what is behind `lw_engine *`, `lw_error *` and `lw_watcher *` is hidden from it, and so from here.
Type numbers are given anew, in the order of the functions' names, so that the committed file changes only when the face does.
"""
import sys
import xml.etree.ElementTree as xml

OPAQUE = {"lw_engine", "lw_error", "lw_watcher"}


def main():
    corpus = xml.parse(sys.stdin).getroot()
    types = {element.get("id"): element for element in corpus.iter() if element.get("id")}
    functions = sorted(
        (f for f in corpus.iter("function-decl") if f.get("elf-symbol-id", "").startswith("lw_")),
        key=lambda f: f.get("name"))
    exported = {s.get("name") for s in corpus.iter("elf-symbol")}
    described = {f.get("name") for f in functions}
    if described != exported or len(functions) != len(described):
        sys.exit(f"exported but not described, or the other way round: {sorted(described ^ exported)}; "
                 "the library needs full debug information")

    numbers, ordered = {}, []

    def visit(element):
        """Gives each type that the element names a number, the types it is made of first where that is possible."""
        for part in element.iter():
            name = part.get("type-id")
            if not name:
                continue
            if name not in numbers:
                numbers[name] = None
                found = types[name]
                if found.get("name") in OPAQUE:
                    for child in list(found):
                        found.remove(child)
                    found.attrib.pop("size-in-bits", None)
                    found.set("is-declaration-only", "yes")
                visit(found)
                ordered.append(found)
                numbers[name] = f"type-{len(ordered)}"

    for function in functions:
        visit(function)

    face = xml.Element("abi-corpus", {"version": corpus.get("version"), "soname": corpus.get("soname"),
                                      "architecture": corpus.get("architecture")})
    symbols = xml.SubElement(face, "elf-function-symbols")
    symbols.extend(sorted(corpus.iter("elf-symbol"), key=lambda s: s.get("name")))
    unit = xml.SubElement(face, "abi-instr", {"address-size": "64", "path": "linewarden", "language": "LANG_C99"})
    ranges = 0
    for element in ordered + functions:
        for part in element.iter():
            if part.tag == "subrange":
                ranges += 1
                part.set("id", f"range-{ranges}")
            for attribute in ("id", "type-id"):
                if part.get(attribute) in numbers:
                    part.set(attribute, numbers[part.get(attribute)])
            # Parameters' names are no part of the ABI; where something stands in the source is none either.
            if part.tag == "parameter":
                part.attrib.pop("name", None)
            for attribute in ("filepath", "line", "column"):
                part.attrib.pop(attribute, None)
        unit.append(element)
    xml.indent(face)
    print(xml.tostring(face, encoding="unicode"))


if __name__ == "__main__":
    main()
