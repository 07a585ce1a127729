// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The kind of a party. */
public enum Kind {
    /** A user: a person with a login and lines in the domain. */
    USER(1),
    /** An outside contact, known by a {@code sip:} address. */
    CONTACT(2),
    /** A pascom team or queue. */
    TEAM(3),
    /** A location where users log in. */
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
