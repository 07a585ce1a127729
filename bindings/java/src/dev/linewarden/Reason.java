// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** The reason of an answer: below 16 no, from 16 on yes. */
public enum Reason {
    /** Actor, right or target is unknown, or the engine is closed. */
    UNKNOWN(0),
    /** No: no source gives the right. */
    NOT_GRANTED(1),
    /** No: the right does not apply between these kinds of parties. */
    NOT_APPLICABLE(2),
    /** No: the owner's own XPhone setting decides, and its label lacks the right. */
    OWN_SETTING_LACKS(3),
    /** No: the owner is a VIP and has no setting for the actor. */
    VIP(4),
    /** No: the owner's line is private (estos), so only the owner sees the numbers of its calls. */
    PRIVATE_LINE(5),
    /** No: the target is exempt from the right, whatever a rule says. */
    EXEMPT(6),
    /** No: the store has not heard from the log that it follows for longer than the domain allows ({@code longest_age}). */
    TOO_OLD(7),
    /** Yes: towards oneself. */
    ONESELF(16),
    /** Yes: the owner's own XPhone setting. */
    OWN_SETTING(17),
    /** Yes: the default of the owner's XPhone site or configuration group. */
    SITE_DEFAULT(18),
    /** Yes: an XPhone workgroup. */
    WORKGROUP(19),
    /** Yes: an XPhone monitoring group. */
    MONITORING_GROUP(20),
    /** Yes: the actor is flagged as assistant. */
    ASSISTANT(21),
    /** Yes: the actor's role in a transfer. */
    TRANSFER(22),
    /** Yes: the XPhone label Unknown, which applies where no other label does, has the right. */
    UNKNOWN_LABEL(23),
    /** Yes: the estos global preset. */
    GLOBAL_AUTHORIZATION(32),
    /** Yes: an estos authorization group. */
    AUTHORIZATION_GROUP(33),
    /** Yes: the actor leads an estos authorization group. */
    GROUP_LEADER(34),
    /** Yes: the owner's own estos grant. */
    OWN_GRANT(35),
    /** Yes: several sources together give the right, none of them all of it. */
    SOURCES_TOGETHER(36),
    /** Yes: the administrator's grant to this actor towards the owner (estos). */
    ADMINISTRATIVE_GRANT(37),
    /** Yes: a pascom permission. */
    PERMISSION(48),
    /** Yes: pascom's open default, in force until the first permission carries the role type. */
    OPEN_DEFAULT(49),
    /** Yes: the actor is an agent of the team (pascom). */
    AGENT(50),
    /** Yes: keevio subscriptions. */
    SUBSCRIPTION(64),
    /** Yes: a keevio permission realm. */
    REALM(65),
    /** Yes: a setting of the domain allows such a change of relations. */
    RELATION_RULE(80),
    /** Yes: a rule of linewarden's own system. */
    RULE(96),
    /** Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding. */
    DESTINATION(97);

    /** The number in the C interface. */
    public final int number;

    Reason(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Reason of(int number) {
        for (Reason each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
