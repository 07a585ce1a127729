// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** Why a forwarding or a call may lead to a number: below 16 no. */
public enum DestinationReason {
    /** A party is unknown, or the engine is closed. */
    UNKNOWN(0),
    /** No: the right to set the forwarding is missing on that line. */
    NOT_GRANTED(1),
    /** No: the right for the class of the number is missing. */
    CLASS_NOT_GRANTED(2),
    /** No: it is no number, or where it leads is not known. */
    NO_CLASS(3),
    /** No: an emergency number is never the target of a forwarding. */
    EMERGENCY(4),
    /** No: the forwarding would lead back to the party whose calls are forwarded. */
    ONESELF(5),
    /** No: the document forbids the number. */
    BLOCKED(6),
    /** Yes: all rights that are needed are there. */
    GRANTED(16),
    /** Yes: a call to an emergency number needs no right. */
    EMERGENCY_CALL(17);

    /** The number in the C interface. */
    public final int number;

    DestinationReason(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static DestinationReason of(int number) {
        for (DestinationReason each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
