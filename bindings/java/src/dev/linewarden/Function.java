// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** What a function code does. */
public enum Function {
    /** Pick up the call that rings at an extension. */
    PICKUP(1),
    /** Activate an extension's forwarding; its target is asked for by voice. */
    FORWARD_ASK(2),
    /** Switch an extension's forwarding off, or the stored one on again. */
    FORWARD_TOGGLE(3),
    /** Set an extension's forwarding to the digits dialled. */
    FORWARD_SET(4),
    /** Log in at the terminal one dials from, or log out of it. */
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
