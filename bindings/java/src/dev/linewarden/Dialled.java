package dev.linewarden;

/**
 * The meaning of a dialled function code, and whether the actor may use it.
 *
 * @param function a number of {@link Function}, or one newer than this file
 * @param subject the party it concerns
 * @param right the right that was checked; 0 if none is needed
 * @param allowed whether the actor may use it
 * @param digits the target of the forwarding; empty if there is none
 * @param line the line of the dialled extension; 0 if none was dialled, or that of a team
 */
public record Dialled(int function, int subject, int right, boolean allowed, String digits, int line) {
}
