package dev.linewarden;

/**
 * A yes or no with its reason.
 *
 * @param allowed the answer
 * @param reason why: a number of {@link Reason}, or one newer than this file
 * @param revision the revision it was given from
 * @param line the deciding line of the document; 0 where no single entry decided
 */
public record Decision(boolean allowed, int reason, long revision, int line) {
}
