// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The actor's role in a running transfer. */
public enum Role {
    /** No role in a transfer: the ordinary question. */
    NONE(0),
    /** The actor is consulted (XPhone's system label "forwarding participant"). */
    CONSULTED(1),
    /** The actor transfers the call (XPhone's system label "forwarder"). */
    TRANSFERRING(2);

    /** The number in the C interface. */
    public final int number;

    Role(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Role of(int number) {
        for (Role each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
