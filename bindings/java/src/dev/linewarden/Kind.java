// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** What kind of party it is. */
public enum Kind {
    /** Somebody with a login and lines of the domain. */
    USER(1),
    /** Somebody outside, known by a {@code sip:} address. */
    CONTACT(2),
    /** A pascom team or queue. */
    TEAM(3),
    /** A place where a user logs in. */
    LOCATION(4),
    /** A device. */
    DEVICE(5);

    /** The number in the C interface. */
    public final int number;

    Kind(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Kind of(int number) {
        for (Kind each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
