// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** How important a message of the library is. */
public enum LogLevel {
    /** Something is wrong, and answers may be refused until it is mended. */
    ERROR(1),
    /** Something went wrong, and was mended or is tried again. */
    WARNING(2),
    /** What the library has done. */
    INFO(3);

    /** The number in the C interface. */
    public final int number;

    LogLevel(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static LogLevel of(int number) {
        for (LogLevel each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
