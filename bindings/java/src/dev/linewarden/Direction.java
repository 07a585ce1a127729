// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The direction of a call. */
public enum Direction {
    /** The call rings at the target. */
    INCOMING(1),
    /** The target is calling. */
    OUTGOING(2),
    /** The call is established. */
    IN_CALL(3);

    /** The number in the C interface. */
    public final int number;

    Direction(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Direction of(int number) {
        for (Direction each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
