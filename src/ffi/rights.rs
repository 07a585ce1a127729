//! The numbers of the rights, as C knows them. This file must say nothing that `src/right.rs` does not say: a test compares
//! every number and name. They stand here as plain numbers because cbindgen cannot compute them.
#![forbid(unsafe_code)]

/// The number of a right: one of the LW_ constants. 0 is no right. Every function refuses a number that is no right.
///
/// Eight rights depend on the line. Each has four constants: the one without a suffix means all three kinds of line at once,
/// `_FIRST`, `_SECOND` and `_ADDITIONAL` mean one.
pub type lw_right = u32;
/// # Rights
///
/// `contact.name.read`: see the target's name.
pub const LW_CONTACT_NAME_READ: lw_right = 1;
/// `contact.email.read`: see the target's e-mail address.
pub const LW_CONTACT_EMAIL_READ: lw_right = 2;
/// `contact.photo.read`: see the target's picture.
pub const LW_CONTACT_PHOTO_READ: lw_right = 3;
/// `contact.general.read`: see the target's general contact data, all of it.
pub const LW_CONTACT_GENERAL_READ: lw_right = 4;
/// `contact.detailed.read`: see the target's detailed contact data, all of it.
pub const LW_CONTACT_DETAILED_READ: lw_right = 5;
/// `contact.job_title.read`: see the job title.
pub const LW_CONTACT_JOB_TITLE_READ: lw_right = 6;
/// `contact.company.read`: see the company.
pub const LW_CONTACT_COMPANY_READ: lw_right = 7;
/// `contact.department.read`: see the department.
pub const LW_CONTACT_DEPARTMENT_READ: lw_right = 8;
/// `contact.office.read`: see the office.
pub const LW_CONTACT_OFFICE_READ: lw_right = 9;
/// `contact.address_business.read`: see the business address.
pub const LW_CONTACT_ADDRESS_BUSINESS_READ: lw_right = 10;
/// `contact.phone_work.read`: see the work number.
pub const LW_CONTACT_PHONE_WORK_READ: lw_right = 11;
/// `contact.phone_work2.read`: see the second work number.
pub const LW_CONTACT_PHONE_WORK2_READ: lw_right = 12;
/// `contact.fax_business.read`: see the fax number.
pub const LW_CONTACT_FAX_BUSINESS_READ: lw_right = 13;
/// `contact.website.read`: see the web site.
pub const LW_CONTACT_WEBSITE_READ: lw_right = 14;
/// `contact.phone_mobile.read`: see the mobile number.
pub const LW_CONTACT_PHONE_MOBILE_READ: lw_right = 15;
/// `contact.pager.read`: see the pager number.
pub const LW_CONTACT_PAGER_READ: lw_right = 16;
/// `contact.phone_private.read`: see the private number.
pub const LW_CONTACT_PHONE_PRIVATE_READ: lw_right = 17;
/// `contact.phone_other.read`: see the other number.
pub const LW_CONTACT_PHONE_OTHER_READ: lw_right = 18;
/// `contact.sip_address.read`: see the SIP address.
pub const LW_CONTACT_SIP_ADDRESS_READ: lw_right = 19;
/// `presence.symbol.read`: see the presence symbol.
pub const LW_PRESENCE_SYMBOL_READ: lw_right = 20;
/// `presence.status.read`: see the presence status in words.
pub const LW_PRESENCE_STATUS_READ: lw_right = 21;
/// `presence.text.read`: see the text the target wrote beside its presence.
pub const LW_PRESENCE_TEXT_READ: lw_right = 22;
/// `presence.detailed.read`: see the presence in detail.
pub const LW_PRESENCE_DETAILED_READ: lw_right = 23;
/// `presence.set`: set the target's presence.
pub const LW_PRESENCE_SET: lw_right = 24;
/// `note.read`: read the target's note.
pub const LW_NOTE_READ: lw_right = 25;
/// `note.set`: write the target's note.
pub const LW_NOTE_SET: lw_right = 26;
/// `calendar.public.time.read`: see when public appointments are.
pub const LW_CALENDAR_PUBLIC_TIME_READ: lw_right = 27;
/// `calendar.public.subject.read`: see what public appointments are about.
pub const LW_CALENDAR_PUBLIC_SUBJECT_READ: lw_right = 28;
/// `calendar.private.time.read`: see when private appointments are.
pub const LW_CALENDAR_PRIVATE_TIME_READ: lw_right = 29;
/// `calendar.private.subject.read`: see what private appointments are about.
pub const LW_CALENDAR_PRIVATE_SUBJECT_READ: lw_right = 30;
/// `line.busy.read`: see whether the target is on the phone (busy lamp).
pub const LW_LINE_BUSY_READ: lw_right = 31;
/// `line.numbers.read`: see the numbers of the target's lines.
pub const LW_LINE_NUMBERS_READ: lw_right = 32;
/// `av.busy.read`: see whether the target is in an audio or video call.
pub const LW_AV_BUSY_READ: lw_right = 33;
/// `av.participants.read`: see who takes part in that call.
pub const LW_AV_PARTICIPANTS_READ: lw_right = 34;
/// `call.detail.read`: see with whom the target telephones, on all lines.
pub const LW_CALL_DETAIL_READ: lw_right = 128;
/// `call.detail.read.first`: the same on the first line.
pub const LW_CALL_DETAIL_READ_FIRST: lw_right = 35;
/// `call.detail.read.second`: the same on the second line.
pub const LW_CALL_DETAIL_READ_SECOND: lw_right = 36;
/// `call.detail.read.additional`: the same on additional lines.
pub const LW_CALL_DETAIL_READ_ADDITIONAL: lw_right = 37;
/// `call.number_incoming.read`: see the number of a call that rings at the target, on all lines.
pub const LW_CALL_NUMBER_INCOMING_READ: lw_right = 129;
/// `call.number_incoming.read.first`: the same on the first line.
pub const LW_CALL_NUMBER_INCOMING_READ_FIRST: lw_right = 38;
/// `call.number_incoming.read.second`: the same on the second line.
pub const LW_CALL_NUMBER_INCOMING_READ_SECOND: lw_right = 39;
/// `call.number_incoming.read.additional`: the same on additional lines.
pub const LW_CALL_NUMBER_INCOMING_READ_ADDITIONAL: lw_right = 40;
/// `call.number_outgoing.read`: see the number the target is calling, on all lines.
pub const LW_CALL_NUMBER_OUTGOING_READ: lw_right = 130;
/// `call.number_outgoing.read.first`: the same on the first line.
pub const LW_CALL_NUMBER_OUTGOING_READ_FIRST: lw_right = 41;
/// `call.number_outgoing.read.second`: the same on the second line.
pub const LW_CALL_NUMBER_OUTGOING_READ_SECOND: lw_right = 42;
/// `call.number_outgoing.read.additional`: the same on additional lines.
pub const LW_CALL_NUMBER_OUTGOING_READ_ADDITIONAL: lw_right = 43;
/// `call.number_in_call.read`: see the number while the call is going on, on all lines.
pub const LW_CALL_NUMBER_IN_CALL_READ: lw_right = 131;
/// `call.number_in_call.read.first`: the same on the first line.
pub const LW_CALL_NUMBER_IN_CALL_READ_FIRST: lw_right = 44;
/// `call.number_in_call.read.second`: the same on the second line.
pub const LW_CALL_NUMBER_IN_CALL_READ_SECOND: lw_right = 45;
/// `call.number_in_call.read.additional`: the same on additional lines.
pub const LW_CALL_NUMBER_IN_CALL_READ_ADDITIONAL: lw_right = 46;
/// `call.held_party.read`: see the party the target holds.
pub const LW_CALL_HELD_PARTY_READ: lw_right = 47;
/// `call.pickup`: pick up a call that rings at the target, on all lines.
pub const LW_CALL_PICKUP: lw_right = 132;
/// `call.pickup.first`: the same on the first line.
pub const LW_CALL_PICKUP_FIRST: lw_right = 48;
/// `call.pickup.second`: the same on the second line.
pub const LW_CALL_PICKUP_SECOND: lw_right = 49;
/// `call.pickup.additional`: the same on additional lines.
pub const LW_CALL_PICKUP_ADDITIONAL: lw_right = 50;
/// `call.control`: control the target's calls.
pub const LW_CALL_CONTROL: lw_right = 51;
/// `forwarding.state.read`: see whether the target's calls are forwarded, on all lines.
pub const LW_FORWARDING_STATE_READ: lw_right = 133;
/// `forwarding.state.read.first`: the same on the first line.
pub const LW_FORWARDING_STATE_READ_FIRST: lw_right = 52;
/// `forwarding.state.read.second`: the same on the second line.
pub const LW_FORWARDING_STATE_READ_SECOND: lw_right = 53;
/// `forwarding.state.read.additional`: the same on additional lines.
pub const LW_FORWARDING_STATE_READ_ADDITIONAL: lw_right = 54;
/// `forwarding.target.read`: see where the target's calls are forwarded to, on all lines.
pub const LW_FORWARDING_TARGET_READ: lw_right = 134;
/// `forwarding.target.read.first`: the same on the first line.
pub const LW_FORWARDING_TARGET_READ_FIRST: lw_right = 55;
/// `forwarding.target.read.second`: the same on the second line.
pub const LW_FORWARDING_TARGET_READ_SECOND: lw_right = 56;
/// `forwarding.target.read.additional`: the same on additional lines.
pub const LW_FORWARDING_TARGET_READ_ADDITIONAL: lw_right = 57;
/// `forwarding.set`: set the target's forwarding, on all lines.
pub const LW_FORWARDING_SET: lw_right = 135;
/// `forwarding.set.first`: the same on the first line.
pub const LW_FORWARDING_SET_FIRST: lw_right = 58;
/// `forwarding.set.second`: the same on the second line.
pub const LW_FORWARDING_SET_SECOND: lw_right = 59;
/// `forwarding.set.additional`: the same on additional lines.
pub const LW_FORWARDING_SET_ADDITIONAL: lw_right = 60;
/// `forwarding.bypass`: ring the target in spite of its forwarding.
pub const LW_FORWARDING_BYPASS: lw_right = 61;
/// `roster.see_user`: have the target on the contact list.
pub const LW_ROSTER_SEE_USER: lw_right = 62;
/// `roster.see_team`: have the team on the contact list.
pub const LW_ROSTER_SEE_TEAM: lw_right = 63;
/// `chat.exchange`: exchange messages with the target.
pub const LW_CHAT_EXCHANGE: lw_right = 64;
/// `relation.ask`: ask the target for rights.
pub const LW_RELATION_ASK: lw_right = 65;
/// `relation.answer`: answer what the target asks for.
pub const LW_RELATION_ANSWER: lw_right = 66;
/// `relation.change`: change what the target may do.
pub const LW_RELATION_CHANGE: lw_right = 67;
/// `location.login`: log in at the location.
pub const LW_LOCATION_LOGIN: lw_right = 68;
/// `profile.manage_own`: change one's own profile.
pub const LW_PROFILE_MANAGE_OWN: lw_right = 69;
/// `call.park`: park a call of the target.
pub const LW_CALL_PARK: lw_right = 70;
/// `call.retrieve`: retrieve a parked or held call of the target.
pub const LW_CALL_RETRIEVE: lw_right = 71;
/// `call.barge`: barge into a call of the target.
pub const LW_CALL_BARGE: lw_right = 72;
/// `call.listen`: listen to a call of the target.
pub const LW_CALL_LISTEN: lw_right = 73;
/// `call.whisper`: speak to the target during a call, unheard by the other side.
pub const LW_CALL_WHISPER: lw_right = 74;
/// `call.record`: record a call of the target.
pub const LW_CALL_RECORD: lw_right = 75;
/// `forwarding.to.internal`: forward the target's calls to an internal extension.
pub const LW_FORWARDING_TO_INTERNAL: lw_right = 76;
/// `forwarding.to.local`: forward the target's calls to a local number.
pub const LW_FORWARDING_TO_LOCAL: lw_right = 77;
/// `forwarding.to.national`: forward the target's calls to a national number.
pub const LW_FORWARDING_TO_NATIONAL: lw_right = 78;
/// `forwarding.to.mobile`: forward the target's calls to a mobile number.
pub const LW_FORWARDING_TO_MOBILE: lw_right = 79;
/// `forwarding.to.international`: forward the target's calls to a foreign number.
pub const LW_FORWARDING_TO_INTERNATIONAL: lw_right = 80;
/// `forwarding.to.premium`: forward the target's calls to a premium-rate number.
pub const LW_FORWARDING_TO_PREMIUM: lw_right = 81;
/// `call.to.internal`: call an internal extension; asked towards oneself.
pub const LW_CALL_TO_INTERNAL: lw_right = 82;
/// `call.to.local`: call a local number; asked towards oneself.
pub const LW_CALL_TO_LOCAL: lw_right = 83;
/// `call.to.national`: call a national number; asked towards oneself.
pub const LW_CALL_TO_NATIONAL: lw_right = 84;
/// `call.to.mobile`: call a mobile number; asked towards oneself.
pub const LW_CALL_TO_MOBILE: lw_right = 85;
/// `call.to.international`: call a foreign number; asked towards oneself.
pub const LW_CALL_TO_INTERNATIONAL: lw_right = 86;
/// `call.to.premium`: call a premium-rate number; asked towards oneself.
pub const LW_CALL_TO_PREMIUM: lw_right = 87;
