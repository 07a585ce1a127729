// Made from include/linewarden.h by bindings/constants.py; do not edit.
package dev.linewarden;

/** A right. */
public enum Right {
    /** {@code contact.name.read}: see the target's name. */
    CONTACT_NAME_READ(1),
    /** {@code contact.email.read}: see the target's e-mail address. */
    CONTACT_EMAIL_READ(2),
    /** {@code contact.photo.read}: see the target's picture. */
    CONTACT_PHOTO_READ(3),
    /** {@code contact.general.read}: see the target's general contact data, all of it. */
    CONTACT_GENERAL_READ(4),
    /** {@code contact.detailed.read}: see the target's detailed contact data, all of it. */
    CONTACT_DETAILED_READ(5),
    /** {@code contact.job_title.read}: see the job title. */
    CONTACT_JOB_TITLE_READ(6),
    /** {@code contact.company.read}: see the company. */
    CONTACT_COMPANY_READ(7),
    /** {@code contact.department.read}: see the department. */
    CONTACT_DEPARTMENT_READ(8),
    /** {@code contact.office.read}: see the office. */
    CONTACT_OFFICE_READ(9),
    /** {@code contact.address_business.read}: see the business address. */
    CONTACT_ADDRESS_BUSINESS_READ(10),
    /** {@code contact.phone_work.read}: see the work number. */
    CONTACT_PHONE_WORK_READ(11),
    /** {@code contact.phone_work2.read}: see the second work number. */
    CONTACT_PHONE_WORK2_READ(12),
    /** {@code contact.fax_business.read}: see the fax number. */
    CONTACT_FAX_BUSINESS_READ(13),
    /** {@code contact.website.read}: see the web site. */
    CONTACT_WEBSITE_READ(14),
    /** {@code contact.phone_mobile.read}: see the mobile number. */
    CONTACT_PHONE_MOBILE_READ(15),
    /** {@code contact.pager.read}: see the pager number. */
    CONTACT_PAGER_READ(16),
    /** {@code contact.phone_private.read}: see the private number. */
    CONTACT_PHONE_PRIVATE_READ(17),
    /** {@code contact.phone_other.read}: see the other number. */
    CONTACT_PHONE_OTHER_READ(18),
    /** {@code contact.sip_address.read}: see the SIP address. */
    CONTACT_SIP_ADDRESS_READ(19),
    /** {@code presence.symbol.read}: see the presence symbol. */
    PRESENCE_SYMBOL_READ(20),
    /** {@code presence.status.read}: see the presence status in words. */
    PRESENCE_STATUS_READ(21),
    /** {@code presence.text.read}: see the text the target wrote beside its presence. */
    PRESENCE_TEXT_READ(22),
    /** {@code presence.detailed.read}: see the presence in detail. */
    PRESENCE_DETAILED_READ(23),
    /** {@code presence.set}: set the target's presence. */
    PRESENCE_SET(24),
    /** {@code note.read}: read the target's note. */
    NOTE_READ(25),
    /** {@code note.set}: write the target's note. */
    NOTE_SET(26),
    /** {@code calendar.public.time.read}: see when public appointments are. */
    CALENDAR_PUBLIC_TIME_READ(27),
    /** {@code calendar.public.subject.read}: see what public appointments are about. */
    CALENDAR_PUBLIC_SUBJECT_READ(28),
    /** {@code calendar.private.time.read}: see when private appointments are. */
    CALENDAR_PRIVATE_TIME_READ(29),
    /** {@code calendar.private.subject.read}: see what private appointments are about. */
    CALENDAR_PRIVATE_SUBJECT_READ(30),
    /** {@code line.busy.read}: see whether the target is on the phone (busy lamp). */
    LINE_BUSY_READ(31),
    /** {@code line.numbers.read}: see the numbers of the target's lines. */
    LINE_NUMBERS_READ(32),
    /** {@code av.busy.read}: see whether the target is in an audio or video call. */
    AV_BUSY_READ(33),
    /** {@code av.participants.read}: see who takes part in that call. */
    AV_PARTICIPANTS_READ(34),
    /** {@code call.detail.read}: see with whom the target telephones, on all lines. */
    CALL_DETAIL_READ(128),
    /** {@code call.detail.read.first}: the same on the first line. */
    CALL_DETAIL_READ_FIRST(35),
    /** {@code call.detail.read.second}: the same on the second line. */
    CALL_DETAIL_READ_SECOND(36),
    /** {@code call.detail.read.additional}: the same on additional lines. */
    CALL_DETAIL_READ_ADDITIONAL(37),
    /** {@code call.number_incoming.read}: see the number of a call that rings at the target, on all lines. */
    CALL_NUMBER_INCOMING_READ(129),
    /** {@code call.number_incoming.read.first}: the same on the first line. */
    CALL_NUMBER_INCOMING_READ_FIRST(38),
    /** {@code call.number_incoming.read.second}: the same on the second line. */
    CALL_NUMBER_INCOMING_READ_SECOND(39),
    /** {@code call.number_incoming.read.additional}: the same on additional lines. */
    CALL_NUMBER_INCOMING_READ_ADDITIONAL(40),
    /** {@code call.number_outgoing.read}: see the number the target is calling, on all lines. */
    CALL_NUMBER_OUTGOING_READ(130),
    /** {@code call.number_outgoing.read.first}: the same on the first line. */
    CALL_NUMBER_OUTGOING_READ_FIRST(41),
    /** {@code call.number_outgoing.read.second}: the same on the second line. */
    CALL_NUMBER_OUTGOING_READ_SECOND(42),
    /** {@code call.number_outgoing.read.additional}: the same on additional lines. */
    CALL_NUMBER_OUTGOING_READ_ADDITIONAL(43),
    /** {@code call.number_in_call.read}: see the number while the call is going on, on all lines. */
    CALL_NUMBER_IN_CALL_READ(131),
    /** {@code call.number_in_call.read.first}: the same on the first line. */
    CALL_NUMBER_IN_CALL_READ_FIRST(44),
    /** {@code call.number_in_call.read.second}: the same on the second line. */
    CALL_NUMBER_IN_CALL_READ_SECOND(45),
    /** {@code call.number_in_call.read.additional}: the same on additional lines. */
    CALL_NUMBER_IN_CALL_READ_ADDITIONAL(46),
    /** {@code call.held_party.read}: see the party the target holds. */
    CALL_HELD_PARTY_READ(47),
    /** {@code call.pickup}: pick up a call that rings at the target, on all lines. */
    CALL_PICKUP(132),
    /** {@code call.pickup.first}: the same on the first line. */
    CALL_PICKUP_FIRST(48),
    /** {@code call.pickup.second}: the same on the second line. */
    CALL_PICKUP_SECOND(49),
    /** {@code call.pickup.additional}: the same on additional lines. */
    CALL_PICKUP_ADDITIONAL(50),
    /** {@code call.control}: control the target's calls. */
    CALL_CONTROL(51),
    /** {@code forwarding.state.read}: see whether the target's calls are forwarded, on all lines. */
    FORWARDING_STATE_READ(133),
    /** {@code forwarding.state.read.first}: the same on the first line. */
    FORWARDING_STATE_READ_FIRST(52),
    /** {@code forwarding.state.read.second}: the same on the second line. */
    FORWARDING_STATE_READ_SECOND(53),
    /** {@code forwarding.state.read.additional}: the same on additional lines. */
    FORWARDING_STATE_READ_ADDITIONAL(54),
    /** {@code forwarding.target.read}: see where the target's calls are forwarded to, on all lines. */
    FORWARDING_TARGET_READ(134),
    /** {@code forwarding.target.read.first}: the same on the first line. */
    FORWARDING_TARGET_READ_FIRST(55),
    /** {@code forwarding.target.read.second}: the same on the second line. */
    FORWARDING_TARGET_READ_SECOND(56),
    /** {@code forwarding.target.read.additional}: the same on additional lines. */
    FORWARDING_TARGET_READ_ADDITIONAL(57),
    /** {@code forwarding.set}: set the target's forwarding, on all lines. */
    FORWARDING_SET(135),
    /** {@code forwarding.set.first}: the same on the first line. */
    FORWARDING_SET_FIRST(58),
    /** {@code forwarding.set.second}: the same on the second line. */
    FORWARDING_SET_SECOND(59),
    /** {@code forwarding.set.additional}: the same on additional lines. */
    FORWARDING_SET_ADDITIONAL(60),
    /** {@code forwarding.bypass}: ring the target in spite of its forwarding. */
    FORWARDING_BYPASS(61),
    /** {@code roster.see_user}: have the target on the contact list. */
    ROSTER_SEE_USER(62),
    /** {@code roster.see_team}: have the team on the contact list. */
    ROSTER_SEE_TEAM(63),
    /** {@code chat.exchange}: exchange messages with the target. */
    CHAT_EXCHANGE(64),
    /** {@code relation.ask}: ask the target for rights. */
    RELATION_ASK(65),
    /** {@code relation.answer}: answer what the target asks for. */
    RELATION_ANSWER(66),
    /** {@code relation.change}: change what the target may do. */
    RELATION_CHANGE(67),
    /** {@code location.login}: log in at the location. */
    LOCATION_LOGIN(68),
    /** {@code profile.manage_own}: change one's own profile. */
    PROFILE_MANAGE_OWN(69),
    /** {@code call.park}: park a call of the target. */
    CALL_PARK(70),
    /** {@code call.retrieve}: retrieve a parked or held call of the target. */
    CALL_RETRIEVE(71),
    /** {@code call.barge}: barge into a call of the target. */
    CALL_BARGE(72),
    /** {@code call.listen}: listen to a call of the target. */
    CALL_LISTEN(73),
    /** {@code call.whisper}: speak to the target during a call, unheard by the other side. */
    CALL_WHISPER(74),
    /** {@code call.record}: record a call of the target. */
    CALL_RECORD(75),
    /** {@code forwarding.to.internal}: forward the target's calls to an internal extension. */
    FORWARDING_TO_INTERNAL(76),
    /** {@code forwarding.to.local}: forward the target's calls to a local number. */
    FORWARDING_TO_LOCAL(77),
    /** {@code forwarding.to.national}: forward the target's calls to a national number. */
    FORWARDING_TO_NATIONAL(78),
    /** {@code forwarding.to.mobile}: forward the target's calls to a mobile number. */
    FORWARDING_TO_MOBILE(79),
    /** {@code forwarding.to.international}: forward the target's calls to a foreign number. */
    FORWARDING_TO_INTERNATIONAL(80),
    /** {@code forwarding.to.premium}: forward the target's calls to a premium-rate number. */
    FORWARDING_TO_PREMIUM(81),
    /** {@code call.to.internal}: call an internal extension; asked towards oneself. */
    CALL_TO_INTERNAL(82),
    /** {@code call.to.local}: call a local number; asked towards oneself. */
    CALL_TO_LOCAL(83),
    /** {@code call.to.national}: call a national number; asked towards oneself. */
    CALL_TO_NATIONAL(84),
    /** {@code call.to.mobile}: call a mobile number; asked towards oneself. */
    CALL_TO_MOBILE(85),
    /** {@code call.to.international}: call a foreign number; asked towards oneself. */
    CALL_TO_INTERNATIONAL(86),
    /** {@code call.to.premium}: call a premium-rate number; asked towards oneself. */
    CALL_TO_PREMIUM(87);

    /** The number in the C interface. */
    public final int number;

    Right(int number) {
        this.number = number;
    }

    /** The constant of a number; null for one that is newer than this file. */
    public static Right of(int number) {
        for (Right each : values()) {
            if (each.number == number) {
                return each;
            }
        }
        return null;
    }
}
