package dev.linewarden;

/**
 * What a dialled function code means and whether the actor may.
 *
 * @param function a number of {@link Function}, or one newer than this file
 * @param subject whom it concerns
 * @param right the right that was asked; 0 where none is needed
 * @param allowed whether the actor may
 * @param digits the forwarding's target; empty where there is none
 * @param line the line of the extension that was dialled; 0 where none was, or a team's
 */
public record Dialled(int function, int subject, int right, boolean allowed, String digits, int line) {
}
