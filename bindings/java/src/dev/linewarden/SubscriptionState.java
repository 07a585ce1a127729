// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The state of a keevio subscription. */
public enum SubscriptionState {
    /** The viewer has not asked for the owner's presence. */
    NONE(0),
    /** The viewer has asked; the owner has not answered. */
    PENDING(1),
    /** The owner has agreed. */
    GRANTED(2);

    /** The number in the C interface. */
    public final int number;

    SubscriptionState(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static SubscriptionState of(int number) {
        for (SubscriptionState each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
