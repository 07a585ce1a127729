// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** What went wrong. */
public enum Status {
    /** Done. */
    OK(0),
    /** An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range. */
    ARGUMENT(-1),
    /** A name, number, id or right that nobody bears. */
    UNKNOWN(-2),
    /** A document says something that cannot be loaded; the message lists every fault with file, line and column. */
    DOCUMENT(-3),
    /** A file or folder cannot be read. */
    FILE(-4),
    /** What follows a dialled function code is malformed. */
    CODE(-5),
    /** A documented limit would be exceeded. */
    LIMIT(-6),
    /** A name or number fits several parties. */
    AMBIGUOUS(-7),
    /** The engine has been closed (debug builds only; in release builds a closed engine must not be used at all). */
    CLOSED(-8),
    /** A change that its author may not make; the message names the rule. Nothing has changed. */
    REFUSED(-9),
    /** What was dialled begins with no function code of the domain: an ordinary number, or a code of the PBX's own. */
    UNASSIGNED(-10),
    /** A defect of this library: a panic was caught and the call refused. The next call works. */
    INTERNAL(-99);

    /** The number in the C interface. */
    public final int number;

    Status(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Status of(int number) {
        for (Status each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
