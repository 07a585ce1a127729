package dev.linewarden;

/**
 * A yes or no with its reason.
 *
 * @param allowed the answer
 * @param reason why: a number of {@link Reason}, or one newer than this file
 * @param revision the revision of the answer
 * @param line the line of the deciding entry in the document; 0 if no single entry decided
 */
public record Decision(boolean allowed, int reason, long revision, int line) {
}
