// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The function of a function code. */
public enum Function {
    /** Pick up the call that rings at an extension. */
    PICKUP(1),
    /** Activate the forwarding of an extension; the PBX asks for its target by voice. */
    FORWARD_ASK(2),
    /** Switch the forwarding of an extension off, or the stored one on again. */
    FORWARD_TOGGLE(3),
    /** Set the forwarding of an extension to the dialled digits. */
    FORWARD_SET(4),
    /** Log in at the terminal that dials, or log out of it. */
    LOGIN(5);

    /** The number in the C interface. */
    public final int number;

    Function(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Function of(int number) {
        for (Function each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
