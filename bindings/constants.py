#!/usr/bin/env python3
"""Writes the constants of every binding from include/linewarden.h: constants.py [--check]

The header is the one place where the numbers stand. The files are committed, so that no binding needs this script;
`make test-bindings` runs it with --check, which writes nothing and fails when a file is not what the header says.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
BEGIN = "Made from include/linewarden.h by bindings/constants.py; do not edit."

# The header's headings, the name of the family in the bindings, the prefix that goes, and whether 0 is one of them.
FAMILIES = [
    ("Kinds of parties", "Kind", "LW_KIND_", "The kind of a party."),
    ("Statuses", "Status", "LW_(?:ERROR_)?", "The result of a call that can fail."),
    ("Directions of a call", "Direction", "LW_", "The direction of a call."),
    ("Roles in a transfer", "Role", "LW_ROLE_", "The actor's role in a running transfer."),
    ("States of a keevio subscription", "SubscriptionState", "LW_SUBSCRIPTION_", "The state of a keevio subscription."),
    ("Functions that can be dialled", "Function", "LW_FUNCTION_", "The function of a function code."),
    ("Reasons", "Reason", "LW_REASON_", "The reason of an answer: below 16 no, from 16 on yes."),
    ("Classes of numbers", "NumberClass", "LW_CLASS_", "The class of a number."),
    ("Reasons about numbers", "DestinationReason", "LW_DESTINATION_", "Why a forwarding or a call may lead to a number: below 16 no."),
    ("Levels of the log", "LogLevel", "LW_LOG_", "How important a message of the library is."),
    ("Rights", "Right", "LW_", "A right."),
]


def families():
    """The families with their constants: (name, number, what it means)."""
    header = (ROOT.parent / "include/linewarden.h").read_text()
    sections = dict(re.findall(r"/\* ---- ([^-]+?) -+ \*/\n(.*?)(?=/\* ---- |#ifdef)", header, re.S))
    for heading, name, prefix, meaning in FAMILIES:
        found = re.findall(r"/\*\* (.*?) \*/\n#define (LW_\w+) \(?(-?\d+)\)?\n", sections[heading])
        constants = [(re.sub("^" + prefix, "", constant), int(number), text) for text, constant, number in found]
        if not constants or len(constants) != sections[heading].count("#define"):
            raise SystemExit(f"the constants of `{heading}` are not written as this script reads them")
        yield name, meaning, constants


def abi():
    """The ABI the header describes."""
    return re.search(r"#define LW_ABI_VERSION (\d+)", (ROOT.parent / "include/linewarden.h").read_text())[1]


def python(all_families):
    out = [f'"""Numbers with names. {BEGIN}"""', "from enum import IntEnum", "", f"ABI_VERSION = {abi()}",
           '"""The ABI these numbers belong to."""', ""]
    for name, meaning, constants in all_families:
        out += ["", f"class {name}(IntEnum):", f'    """{meaning}"""', ""]
        for constant, number, text in constants:
            out += [f"    {constant} = {number}", f'    """{text}"""']
        out += [""]
    return "\n".join(out)


def lua(all_families):
    out = [f"-- Numbers with names. {BEGIN}", "return {", f"    ABI_VERSION = {abi()},"]
    for name, _, constants in all_families:
        out += [f"    {name} = {{"] + [f"        {c} = {n}, -- {t}" for c, n, t in constants] + ["    },"]
    return "\n".join(out + ["}", ""])


def node(all_families):
    out = [f"// Numbers with names. {BEGIN}", "'use strict';", "", f"exports.ABI_VERSION = {abi()};", ""]
    for name, _, constants in all_families:
        out += [f"exports.{name} = Object.freeze({{"] + [f"  {c}: {n}," for c, n, _ in constants] + ["});", ""]
    return "\n".join(out)


def typescript(all_families):
    out = [f"// Numbers with names. {BEGIN}", "", "/** The ABI these numbers belong to. */",
           f"export const ABI_VERSION: {abi()};", ""]
    for name, meaning, constants in all_families:
        out += [f"/** {meaning} */", f"export const {name}: {{"]
        for constant, number, text in constants:
            out += [f"  /** {text} */", f"  readonly {constant}: {number};"]
        out += ["};", f"export type {name} = (typeof {name})[keyof typeof {name}];", ""]
    return "\n".join(out)


def java(name, meaning, constants):
    out = [f"// {BEGIN}", "package dev.linewarden;", "", f"/** {meaning} */", f"public enum {name} {{"]
    for place, (constant, number, text) in enumerate(constants):
        text = re.sub(r"`([^`]*)`", r"{@code \1}", text)
        out += [f"    /** {text} */", f"    {constant}({number}){';' if place + 1 == len(constants) else ','}"]
    return "\n".join(out + [
        "", "    /** The number in the C interface. */", "    public final int number;", "",
        f"    {name}(int number) {{", "        this.number = number;", "    }", "",
        "    /** The constant of a number; null for one that is newer than this file. */",
        f"    public static {name} of(int number) {{", f"        for ({name} each : values()) {{",
        "            if (each.number == number) {", "                return each;", "            }", "        }",
        "        return null;", "    }", "}", ""])


def csharp(all_families):
    camel = lambda text: "".join(part.capitalize() for part in text.split("_"))
    out = [f"// Numbers with names. {BEGIN}", "namespace Linewarden", "{",
           "    static class Abi", "    {", f"        public const uint Version = {abi()};",
           "#if WINDOWS", '        public const string Library = "linewarden";', "#else",
           f'        public const string Library = "liblinewarden.so.{abi()}";', "#endif", "    }", ""]
    for name, meaning, constants in all_families:
        kind = "int" if name == "Status" else "uint"
        out += [f"    /// <summary>{meaning}</summary>", f"    public enum {name} : {kind}", "    {"]
        if all(number != 0 for _, number, _ in constants):
            out += ["        /// <summary>None; never answered with yes.</summary>", "        None = 0,"]
        for constant, number, text in constants:
            out += [f"        /// <summary>{text}</summary>", f"        {camel(constant)} = {number},"]
        out += ["    }", ""]
    return "\n".join(out[:-1] + ["}", ""])


def lua_declarations(_):
    """The header, without what LuaJIT's parser rejects."""
    header = (ROOT.parent / "include/linewarden.h").read_text()
    sizes = dict(re.findall(r"#define (LW_\w+_(?:SIZE|MAX)) (\d+)", header))
    text = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.S)
    text = re.sub(r'#ifdef __cplusplus\n.*?#endif[^\n]*\n', "", text, flags=re.S)
    text = re.sub(r"^#.*$", "", text, flags=re.M).replace("LW_WARN_UNUSED", "")
    for size, number in sizes.items():
        text = text.replace(size, number)
    lines = [" ".join(part.split()) for part in re.split(r"(?<=;)", text)]
    body = re.sub(r"\n(?=\w+ \w+(?:\[\d\w*\])?;\n|\} )", "\n", "\n".join(line for line in lines if line))
    return f"-- What the C library offers. {BEGIN}\nreturn [[\n{body}\n]]\n"


def files():
    """Every file and its expected contents."""
    everything = list(families())
    yield "python/linewarden/constants.py", python(everything)
    yield "luajit/linewarden/constants.lua", lua(everything)
    yield "luajit/linewarden/declarations.lua", lua_declarations(everything)
    yield "node/constants.js", node(everything)
    yield "node/constants.d.ts", typescript(everything)
    yield "csharp/Constants.cs", csharp(everything)
    yield "java/src/dev/linewarden/Abi.java", (
        f"// {BEGIN}\npackage dev.linewarden;\n\nfinal class Abi {{\n    static final int VERSION = {abi()};\n\n"
        "    private Abi() {\n    }\n}\n")
    for name, meaning, constants in everything:
        yield f"java/src/dev/linewarden/{name}.java", java(name, meaning, constants)


def main():
    check = sys.argv[1:] == ["--check"]
    stale = []
    for name, text in files():
        path = ROOT / name
        if not path.exists() or path.read_text() != text:
            stale.append(name)
            if not check:
                path.write_text(text)
    if check and stale:
        sys.exit(f"not what include/linewarden.h says; run bindings/constants.py: {', '.join(stale)}")


if __name__ == "__main__":
    main()
