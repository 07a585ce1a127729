// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** Which way a call goes. */
public enum Direction {
    /** The call rings at the owner. */
    INCOMING(1),
    /** The owner is calling. */
    OUTGOING(2),
    /** The call is going on. */
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
