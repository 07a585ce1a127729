// Numbers with names. Made from include/linewarden.h by bindings/constants.py; do not edit.

/** The ABI these numbers belong to. */
export const ABI_VERSION: 1;

/** The kind of a party. */
export const Kind: {
  /** A user: a person with a login and lines in the domain. */
  readonly USER: 1;
  /** An outside contact, known by a `sip:` address. */
  readonly CONTACT: 2;
  /** A pascom team or queue. */
  readonly TEAM: 3;
  /** A location where users log in. */
  readonly LOCATION: 4;
  /** A device. */
  readonly DEVICE: 5;
};
export type Kind = (typeof Kind)[keyof typeof Kind];

/** The result of a call that can fail. */
export const Status: {
  /** Success. */
  readonly OK: 0;
  /** An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range. */
  readonly ARGUMENT: -1;
  /** An unknown name, number, id or right. */
  readonly UNKNOWN: -2;
  /** A document has faults; the message lists each with file, line and column. */
  readonly DOCUMENT: -3;
  /** A file or folder cannot be read, or a store cannot be written. */
  readonly FILE: -4;
  /** The digits after a dialled function code are malformed. */
  readonly CODE: -5;
  /** A documented limit would be exceeded. */
  readonly LIMIT: -6;
  /** A name or number matches several parties. */
  readonly AMBIGUOUS: -7;
  /** The engine has been closed (debug builds only; in release builds a closed engine must not be used). */
  readonly CLOSED: -8;
  /** The author may not make this change; the message names the rule. Nothing was changed. */
  readonly REFUSED: -9;
  /** The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself. */
  readonly UNASSIGNED: -10;
  /** The store holds a change set that its upstream does not, or a token names one that the store does not hold. */
  readonly FORKED: -11;
  /** The store follows another one: make the change there. Nothing was changed. */
  readonly FOLLOWS: -12;
  /** The store belongs to a cluster, and cannot reach it now. Nothing was changed. */
  readonly CUT_OFF: -13;
  /** It is not known whether the cluster made the change: an answer was lost on its way. */
  readonly UNSETTLED: -14;
  /** A defect of this library: a panic was caught and the call refused. The next call works. */
  readonly INTERNAL: -99;
};
export type Status = (typeof Status)[keyof typeof Status];

/** The direction of a call. */
export const Direction: {
  /** The call rings at the target. */
  readonly INCOMING: 1;
  /** The target is calling. */
  readonly OUTGOING: 2;
  /** The call is established. */
  readonly IN_CALL: 3;
};
export type Direction = (typeof Direction)[keyof typeof Direction];

/** The actor's role in a running transfer. */
export const Role: {
  /** No role in a transfer: the ordinary question. */
  readonly NONE: 0;
  /** The actor is consulted (XPhone's system label "forwarding participant"). */
  readonly CONSULTED: 1;
  /** The actor transfers the call (XPhone's system label "forwarder"). */
  readonly TRANSFERRING: 2;
};
export type Role = (typeof Role)[keyof typeof Role];

/** The state of a keevio subscription. */
export const SubscriptionState: {
  /** The viewer has not asked for the owner's presence. */
  readonly NONE: 0;
  /** The viewer has asked; the owner has not answered. */
  readonly PENDING: 1;
  /** The owner has agreed. */
  readonly GRANTED: 2;
};
export type SubscriptionState = (typeof SubscriptionState)[keyof typeof SubscriptionState];

/** The function of a function code. */
export const Function: {
  /** Pick up the call that rings at an extension. */
  readonly PICKUP: 1;
  /** Activate the forwarding of an extension; the PBX asks for its target by voice. */
  readonly FORWARD_ASK: 2;
  /** Switch the forwarding of an extension off, or the stored one on again. */
  readonly FORWARD_TOGGLE: 3;
  /** Set the forwarding of an extension to the dialled digits. */
  readonly FORWARD_SET: 4;
  /** Log in at the terminal that dials, or log out of it. */
  readonly LOGIN: 5;
};
export type Function = (typeof Function)[keyof typeof Function];

/** The reason of an answer: below 16 no, from 16 on yes. */
export const Reason: {
  /** Actor, right or target is unknown, or the engine is closed. */
  readonly UNKNOWN: 0;
  /** No: no source gives the right. */
  readonly NOT_GRANTED: 1;
  /** No: the right does not apply between these kinds of parties. */
  readonly NOT_APPLICABLE: 2;
  /** No: the owner's own XPhone setting decides, and its label lacks the right. */
  readonly OWN_SETTING_LACKS: 3;
  /** No: the owner is a VIP and has no setting for the actor. */
  readonly VIP: 4;
  /** No: the owner's line is private (estos), so only the owner sees the numbers of its calls. */
  readonly PRIVATE_LINE: 5;
  /** No: the target is exempt from the right, whatever a rule says. */
  readonly EXEMPT: 6;
  /** No: the store has not heard from the log that it follows for longer than the domain allows (`longest_age`). */
  readonly TOO_OLD: 7;
  /** Yes: towards oneself. */
  readonly ONESELF: 16;
  /** Yes: the owner's own XPhone setting. */
  readonly OWN_SETTING: 17;
  /** Yes: the default of the owner's XPhone site or configuration group. */
  readonly SITE_DEFAULT: 18;
  /** Yes: an XPhone workgroup. */
  readonly WORKGROUP: 19;
  /** Yes: an XPhone monitoring group. */
  readonly MONITORING_GROUP: 20;
  /** Yes: the actor is flagged as assistant. */
  readonly ASSISTANT: 21;
  /** Yes: the actor's role in a transfer. */
  readonly TRANSFER: 22;
  /** Yes: the XPhone label Unknown, which applies where no other label does, has the right. */
  readonly UNKNOWN_LABEL: 23;
  /** Yes: the estos global preset. */
  readonly GLOBAL_AUTHORIZATION: 32;
  /** Yes: an estos authorization group. */
  readonly AUTHORIZATION_GROUP: 33;
  /** Yes: the actor leads an estos authorization group. */
  readonly GROUP_LEADER: 34;
  /** Yes: the owner's own estos grant. */
  readonly OWN_GRANT: 35;
  /** Yes: several sources together give the right, none of them all of it. */
  readonly SOURCES_TOGETHER: 36;
  /** Yes: the administrator's grant to this actor towards the owner (estos). */
  readonly ADMINISTRATIVE_GRANT: 37;
  /** Yes: a pascom permission. */
  readonly PERMISSION: 48;
  /** Yes: pascom's open default, in force until the first permission carries the role type. */
  readonly OPEN_DEFAULT: 49;
  /** Yes: the actor is an agent of the team (pascom). */
  readonly AGENT: 50;
  /** Yes: keevio subscriptions. */
  readonly SUBSCRIPTION: 64;
  /** Yes: a keevio permission realm. */
  readonly REALM: 65;
  /** Yes: a setting of the domain allows such a change of relations. */
  readonly RELATION_RULE: 80;
  /** Yes: a rule of linewarden's own system. */
  readonly RULE: 96;
  /** Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding. */
  readonly DESTINATION: 97;
};
export type Reason = (typeof Reason)[keyof typeof Reason];

/** The class of a number. */
export const NumberClass: {
  /** An extension of the domain. */
  readonly INTERNAL: 1;
  /** The own area. */
  readonly LOCAL: 2;
  /** The own country, where no other class holds. */
  readonly NATIONAL: 3;
  /** Mobile numbers of the own country. */
  readonly MOBILE: 4;
  /** Another country. */
  readonly INTERNATIONAL: 5;
  /** What costs more than a call: premium rate, satellites, directories, carrier selection. */
  readonly PREMIUM: 6;
  /** An emergency number. */
  readonly EMERGENCY: 7;
  /** Forbidden by the document. */
  readonly BLOCKED: 8;
};
export type NumberClass = (typeof NumberClass)[keyof typeof NumberClass];

/** Why a forwarding or a call may lead to a number: below 16 no. */
export const DestinationReason: {
  /** A party is unknown, or the engine is closed. */
  readonly UNKNOWN: 0;
  /** No: the right to set the forwarding is missing on that line. */
  readonly NOT_GRANTED: 1;
  /** No: the right for the class of the number is missing. */
  readonly CLASS_NOT_GRANTED: 2;
  /** No: it is no number, or where it leads is not known. */
  readonly NO_CLASS: 3;
  /** No: an emergency number is never the target of a forwarding. */
  readonly EMERGENCY: 4;
  /** No: the forwarding would lead back to the party whose calls are forwarded. */
  readonly ONESELF: 5;
  /** No: the document forbids the number. */
  readonly BLOCKED: 6;
  /** Yes: all rights that are needed are there. */
  readonly GRANTED: 16;
  /** Yes: a call to an emergency number needs no right. */
  readonly EMERGENCY_CALL: 17;
};
export type DestinationReason = (typeof DestinationReason)[keyof typeof DestinationReason];

/** How important a message of the library is. */
export const LogLevel: {
  /** Something is wrong, and answers may be refused until it is mended. */
  readonly ERROR: 1;
  /** Something went wrong, and was mended or is tried again. */
  readonly WARNING: 2;
  /** What the library has done. */
  readonly INFO: 3;
};
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** A right. */
export const Right: {
  /** `contact.name.read`: see the target's name. */
  readonly CONTACT_NAME_READ: 1;
  /** `contact.email.read`: see the target's e-mail address. */
  readonly CONTACT_EMAIL_READ: 2;
  /** `contact.photo.read`: see the target's picture. */
  readonly CONTACT_PHOTO_READ: 3;
  /** `contact.general.read`: see the target's general contact data, all of it. */
  readonly CONTACT_GENERAL_READ: 4;
  /** `contact.detailed.read`: see the target's detailed contact data, all of it. */
  readonly CONTACT_DETAILED_READ: 5;
  /** `contact.job_title.read`: see the job title. */
  readonly CONTACT_JOB_TITLE_READ: 6;
  /** `contact.company.read`: see the company. */
  readonly CONTACT_COMPANY_READ: 7;
  /** `contact.department.read`: see the department. */
  readonly CONTACT_DEPARTMENT_READ: 8;
  /** `contact.office.read`: see the office. */
  readonly CONTACT_OFFICE_READ: 9;
  /** `contact.address_business.read`: see the business address. */
  readonly CONTACT_ADDRESS_BUSINESS_READ: 10;
  /** `contact.phone_work.read`: see the work number. */
  readonly CONTACT_PHONE_WORK_READ: 11;
  /** `contact.phone_work2.read`: see the second work number. */
  readonly CONTACT_PHONE_WORK2_READ: 12;
  /** `contact.fax_business.read`: see the fax number. */
  readonly CONTACT_FAX_BUSINESS_READ: 13;
  /** `contact.website.read`: see the web site. */
  readonly CONTACT_WEBSITE_READ: 14;
  /** `contact.phone_mobile.read`: see the mobile number. */
  readonly CONTACT_PHONE_MOBILE_READ: 15;
  /** `contact.pager.read`: see the pager number. */
  readonly CONTACT_PAGER_READ: 16;
  /** `contact.phone_private.read`: see the private number. */
  readonly CONTACT_PHONE_PRIVATE_READ: 17;
  /** `contact.phone_other.read`: see the other number. */
  readonly CONTACT_PHONE_OTHER_READ: 18;
  /** `contact.sip_address.read`: see the SIP address. */
  readonly CONTACT_SIP_ADDRESS_READ: 19;
  /** `presence.symbol.read`: see the presence symbol. */
  readonly PRESENCE_SYMBOL_READ: 20;
  /** `presence.status.read`: see the presence status in words. */
  readonly PRESENCE_STATUS_READ: 21;
  /** `presence.text.read`: see the text the target wrote beside its presence. */
  readonly PRESENCE_TEXT_READ: 22;
  /** `presence.detailed.read`: see the presence in detail. */
  readonly PRESENCE_DETAILED_READ: 23;
  /** `presence.set`: set the target's presence. */
  readonly PRESENCE_SET: 24;
  /** `note.read`: read the target's note. */
  readonly NOTE_READ: 25;
  /** `note.set`: write the target's note. */
  readonly NOTE_SET: 26;
  /** `calendar.public.time.read`: see when public appointments are. */
  readonly CALENDAR_PUBLIC_TIME_READ: 27;
  /** `calendar.public.subject.read`: see what public appointments are about. */
  readonly CALENDAR_PUBLIC_SUBJECT_READ: 28;
  /** `calendar.private.time.read`: see when private appointments are. */
  readonly CALENDAR_PRIVATE_TIME_READ: 29;
  /** `calendar.private.subject.read`: see what private appointments are about. */
  readonly CALENDAR_PRIVATE_SUBJECT_READ: 30;
  /** `line.busy.read`: see whether the target is on the phone (busy lamp). */
  readonly LINE_BUSY_READ: 31;
  /** `line.numbers.read`: see the numbers of the target's lines. */
  readonly LINE_NUMBERS_READ: 32;
  /** `av.busy.read`: see whether the target is in an audio or video call. */
  readonly AV_BUSY_READ: 33;
  /** `av.participants.read`: see who takes part in that call. */
  readonly AV_PARTICIPANTS_READ: 34;
  /** `call.detail.read`: see with whom the target telephones, on all lines. */
  readonly CALL_DETAIL_READ: 128;
  /** `call.detail.read.first`: the same on the first line. */
  readonly CALL_DETAIL_READ_FIRST: 35;
  /** `call.detail.read.second`: the same on the second line. */
  readonly CALL_DETAIL_READ_SECOND: 36;
  /** `call.detail.read.additional`: the same on additional lines. */
  readonly CALL_DETAIL_READ_ADDITIONAL: 37;
  /** `call.number_incoming.read`: see the number of a call that rings at the target, on all lines. */
  readonly CALL_NUMBER_INCOMING_READ: 129;
  /** `call.number_incoming.read.first`: the same on the first line. */
  readonly CALL_NUMBER_INCOMING_READ_FIRST: 38;
  /** `call.number_incoming.read.second`: the same on the second line. */
  readonly CALL_NUMBER_INCOMING_READ_SECOND: 39;
  /** `call.number_incoming.read.additional`: the same on additional lines. */
  readonly CALL_NUMBER_INCOMING_READ_ADDITIONAL: 40;
  /** `call.number_outgoing.read`: see the number the target is calling, on all lines. */
  readonly CALL_NUMBER_OUTGOING_READ: 130;
  /** `call.number_outgoing.read.first`: the same on the first line. */
  readonly CALL_NUMBER_OUTGOING_READ_FIRST: 41;
  /** `call.number_outgoing.read.second`: the same on the second line. */
  readonly CALL_NUMBER_OUTGOING_READ_SECOND: 42;
  /** `call.number_outgoing.read.additional`: the same on additional lines. */
  readonly CALL_NUMBER_OUTGOING_READ_ADDITIONAL: 43;
  /** `call.number_in_call.read`: see the number while the call is going on, on all lines. */
  readonly CALL_NUMBER_IN_CALL_READ: 131;
  /** `call.number_in_call.read.first`: the same on the first line. */
  readonly CALL_NUMBER_IN_CALL_READ_FIRST: 44;
  /** `call.number_in_call.read.second`: the same on the second line. */
  readonly CALL_NUMBER_IN_CALL_READ_SECOND: 45;
  /** `call.number_in_call.read.additional`: the same on additional lines. */
  readonly CALL_NUMBER_IN_CALL_READ_ADDITIONAL: 46;
  /** `call.held_party.read`: see the party the target holds. */
  readonly CALL_HELD_PARTY_READ: 47;
  /** `call.pickup`: pick up a call that rings at the target, on all lines. */
  readonly CALL_PICKUP: 132;
  /** `call.pickup.first`: the same on the first line. */
  readonly CALL_PICKUP_FIRST: 48;
  /** `call.pickup.second`: the same on the second line. */
  readonly CALL_PICKUP_SECOND: 49;
  /** `call.pickup.additional`: the same on additional lines. */
  readonly CALL_PICKUP_ADDITIONAL: 50;
  /** `call.control`: control the target's calls. */
  readonly CALL_CONTROL: 51;
  /** `forwarding.state.read`: see whether the target's calls are forwarded, on all lines. */
  readonly FORWARDING_STATE_READ: 133;
  /** `forwarding.state.read.first`: the same on the first line. */
  readonly FORWARDING_STATE_READ_FIRST: 52;
  /** `forwarding.state.read.second`: the same on the second line. */
  readonly FORWARDING_STATE_READ_SECOND: 53;
  /** `forwarding.state.read.additional`: the same on additional lines. */
  readonly FORWARDING_STATE_READ_ADDITIONAL: 54;
  /** `forwarding.target.read`: see where the target's calls are forwarded to, on all lines. */
  readonly FORWARDING_TARGET_READ: 134;
  /** `forwarding.target.read.first`: the same on the first line. */
  readonly FORWARDING_TARGET_READ_FIRST: 55;
  /** `forwarding.target.read.second`: the same on the second line. */
  readonly FORWARDING_TARGET_READ_SECOND: 56;
  /** `forwarding.target.read.additional`: the same on additional lines. */
  readonly FORWARDING_TARGET_READ_ADDITIONAL: 57;
  /** `forwarding.set`: set the target's forwarding, on all lines. */
  readonly FORWARDING_SET: 135;
  /** `forwarding.set.first`: the same on the first line. */
  readonly FORWARDING_SET_FIRST: 58;
  /** `forwarding.set.second`: the same on the second line. */
  readonly FORWARDING_SET_SECOND: 59;
  /** `forwarding.set.additional`: the same on additional lines. */
  readonly FORWARDING_SET_ADDITIONAL: 60;
  /** `forwarding.bypass`: ring the target in spite of its forwarding. */
  readonly FORWARDING_BYPASS: 61;
  /** `roster.see_user`: have the target on the contact list. */
  readonly ROSTER_SEE_USER: 62;
  /** `roster.see_team`: have the team on the contact list. */
  readonly ROSTER_SEE_TEAM: 63;
  /** `chat.exchange`: exchange messages with the target. */
  readonly CHAT_EXCHANGE: 64;
  /** `relation.ask`: ask the target for rights. */
  readonly RELATION_ASK: 65;
  /** `relation.answer`: answer what the target asks for. */
  readonly RELATION_ANSWER: 66;
  /** `relation.change`: change what the target may do. */
  readonly RELATION_CHANGE: 67;
  /** `location.login`: log in at the location. */
  readonly LOCATION_LOGIN: 68;
  /** `profile.manage_own`: change one's own profile. */
  readonly PROFILE_MANAGE_OWN: 69;
  /** `call.park`: park a call of the target. */
  readonly CALL_PARK: 70;
  /** `call.retrieve`: retrieve a parked or held call of the target. */
  readonly CALL_RETRIEVE: 71;
  /** `call.barge`: barge into a call of the target. */
  readonly CALL_BARGE: 72;
  /** `call.listen`: listen to a call of the target. */
  readonly CALL_LISTEN: 73;
  /** `call.whisper`: speak to the target during a call, unheard by the other side. */
  readonly CALL_WHISPER: 74;
  /** `call.record`: record a call of the target. */
  readonly CALL_RECORD: 75;
  /** `forwarding.to.internal`: forward the target's calls to an internal extension. */
  readonly FORWARDING_TO_INTERNAL: 76;
  /** `forwarding.to.local`: forward the target's calls to a local number. */
  readonly FORWARDING_TO_LOCAL: 77;
  /** `forwarding.to.national`: forward the target's calls to a national number. */
  readonly FORWARDING_TO_NATIONAL: 78;
  /** `forwarding.to.mobile`: forward the target's calls to a mobile number. */
  readonly FORWARDING_TO_MOBILE: 79;
  /** `forwarding.to.international`: forward the target's calls to a foreign number. */
  readonly FORWARDING_TO_INTERNATIONAL: 80;
  /** `forwarding.to.premium`: forward the target's calls to a premium-rate number. */
  readonly FORWARDING_TO_PREMIUM: 81;
  /** `call.to.internal`: call an internal extension; asked towards oneself. */
  readonly CALL_TO_INTERNAL: 82;
  /** `call.to.local`: call a local number; asked towards oneself. */
  readonly CALL_TO_LOCAL: 83;
  /** `call.to.national`: call a national number; asked towards oneself. */
  readonly CALL_TO_NATIONAL: 84;
  /** `call.to.mobile`: call a mobile number; asked towards oneself. */
  readonly CALL_TO_MOBILE: 85;
  /** `call.to.international`: call a foreign number; asked towards oneself. */
  readonly CALL_TO_INTERNATIONAL: 86;
  /** `call.to.premium`: call a premium-rate number; asked towards oneself. */
  readonly CALL_TO_PREMIUM: 87;
};
export type Right = (typeof Right)[keyof typeof Right];
