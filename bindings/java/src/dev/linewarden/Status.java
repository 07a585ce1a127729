// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The result of a call that can fail. */
public enum Status {
    /** Success. */
    OK(0),
    /** An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range. */
    ARGUMENT(-1),
    /** An unknown name, number, id or right. */
    UNKNOWN(-2),
    /** A document has faults; the message lists each with file, line and column. */
    DOCUMENT(-3),
    /** A file or folder cannot be read, or a store cannot be written. */
    FILE(-4),
    /** The digits after a dialled function code are malformed. */
    CODE(-5),
    /** A documented limit would be exceeded. */
    LIMIT(-6),
    /** A name or number matches several parties. */
    AMBIGUOUS(-7),
    /** The engine has been closed (debug builds only; in release builds a closed engine must not be used). */
    CLOSED(-8),
    /** The author may not make this change; the message names the rule. Nothing was changed. */
    REFUSED(-9),
    /** The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself. */
    UNASSIGNED(-10),
    /** The store holds a change set that its upstream does not, or a token names one that the store does not hold. */
    FORKED(-11),
    /** The store follows another one: make the change there. Nothing was changed. */
    FOLLOWS(-12),
    /** The store belongs to a cluster, and cannot reach it now. Nothing was changed. */
    CUT_OFF(-13),
    /** It is not known whether the cluster made the change: an answer was lost on its way. */
    UNSETTLED(-14),
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
