"""Damage to the image of a store under programs that have it in use. No check is made here."""

import mmap
import struct

#: The word of the image that says which block is in force (src/image/format/control.rs).
ROOT_WORD = 16


def damage(image, bit):
    """Turns one bit of that word over: what is read from then on is refused, until a change or a reload makes the image anew."""
    with open(image, "r+b") as file, mmap.mmap(file.fileno(), 4096) as words:
        word = struct.unpack_from("<Q", words, ROOT_WORD * 8)[0]
        struct.pack_into("<Q", words, ROOT_WORD * 8, word ^ 1 << bit)
