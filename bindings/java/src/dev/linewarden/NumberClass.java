// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The class of a number. */
public enum NumberClass {
    /** An extension of the domain. */
    INTERNAL(1),
    /** The own area. */
    LOCAL(2),
    /** The own country, where no other class holds. */
    NATIONAL(3),
    /** Mobile numbers of the own country. */
    MOBILE(4),
    /** Another country. */
    INTERNATIONAL(5),
    /** What costs more than a call: premium rate, satellites, directories, carrier selection. */
    PREMIUM(6),
    /** An emergency number. */
    EMERGENCY(7),
    /** Forbidden by the document. */
    BLOCKED(8);

    /** The number in the C interface. */
    public final int number;

    NumberClass(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static NumberClass of(int number) {
        for (NumberClass each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
