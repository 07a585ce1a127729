"""Numbers with names. Made from include/linewarden.h by bindings/constants.py; do not edit."""
from enum import IntEnum

ABI_VERSION = 1
"""The ABI these numbers belong to."""


class Kind(IntEnum):
    """The kind of a party."""

    USER = 1
    """A user: a person with a login and lines in the domain."""
    CONTACT = 2
    """An outside contact, known by a `sip:` address."""
    TEAM = 3
    """A pascom team or queue."""
    LOCATION = 4
    """A location where users log in."""
    DEVICE = 5
    """A device."""


class Status(IntEnum):
    """The result of a call that can fail."""

    OK = 0
    """Success."""
    ARGUMENT = -1
    """An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range."""
    UNKNOWN = -2
    """An unknown name, number, id or right."""
    DOCUMENT = -3
    """A document has faults; the message lists each with file, line and column."""
    FILE = -4
    """A file or folder cannot be read, or a store cannot be written."""
    CODE = -5
    """The digits after a dialled function code are malformed."""
    LIMIT = -6
    """A documented limit would be exceeded."""
    AMBIGUOUS = -7
    """A name or number matches several parties."""
    CLOSED = -8
    """The engine has been closed (debug builds only; in release builds a closed engine must not be used)."""
    REFUSED = -9
    """The author may not make this change; the message names the rule. Nothing was changed."""
    UNASSIGNED = -10
    """The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself."""
    FORKED = -11
    """The store holds a change set that its upstream does not, or a token names one that the store does not hold."""
    FOLLOWS = -12
    """The store follows another one: make the change there. Nothing was changed."""
    CUT_OFF = -13
    """The store belongs to a cluster, and cannot reach it now. Nothing was changed."""
    UNSETTLED = -14
    """It is not known whether the cluster made the change: an answer was lost on its way."""
    INTERNAL = -99
    """A defect of this library: a panic was caught and the call refused. The next call works."""


class Direction(IntEnum):
    """The direction of a call."""

    INCOMING = 1
    """The call rings at the target."""
    OUTGOING = 2
    """The target is calling."""
    IN_CALL = 3
    """The call is established."""


class Role(IntEnum):
    """The actor's role in a running transfer."""

    NONE = 0
    """No role in a transfer: the ordinary question."""
    CONSULTED = 1
    """The actor is consulted (XPhone's system label "forwarding participant")."""
    TRANSFERRING = 2
    """The actor transfers the call (XPhone's system label "forwarder")."""


class SubscriptionState(IntEnum):
    """The state of a keevio subscription."""

    NONE = 0
    """The viewer has not asked for the owner's presence."""
    PENDING = 1
    """The viewer has asked; the owner has not answered."""
    GRANTED = 2
    """The owner has agreed."""


class Function(IntEnum):
    """The function of a function code."""

    PICKUP = 1
    """Pick up the call that rings at an extension."""
    FORWARD_ASK = 2
    """Activate the forwarding of an extension; the PBX asks for its target by voice."""
    FORWARD_TOGGLE = 3
    """Switch the forwarding of an extension off, or the stored one on again."""
    FORWARD_SET = 4
    """Set the forwarding of an extension to the dialled digits."""
    LOGIN = 5
    """Log in at the terminal that dials, or log out of it."""


class Reason(IntEnum):
    """The reason of an answer: below 16 no, from 16 on yes."""

    UNKNOWN = 0
    """Actor, right or target is unknown, or the engine is closed."""
    NOT_GRANTED = 1
    """No: no source gives the right."""
    NOT_APPLICABLE = 2
    """No: the right does not apply between these kinds of parties."""
    OWN_SETTING_LACKS = 3
    """No: the owner's own XPhone setting decides, and its label lacks the right."""
    VIP = 4
    """No: the owner is a VIP and has no setting for the actor."""
    PRIVATE_LINE = 5
    """No: the owner's line is private (estos), so only the owner sees the numbers of its calls."""
    EXEMPT = 6
    """No: the target is exempt from the right, whatever a rule says."""
    TOO_OLD = 7
    """No: the store has not heard from the log that it follows for longer than the domain allows (`longest_age`)."""
    ONESELF = 16
    """Yes: towards oneself."""
    OWN_SETTING = 17
    """Yes: the owner's own XPhone setting."""
    SITE_DEFAULT = 18
    """Yes: the default of the owner's XPhone site or configuration group."""
    WORKGROUP = 19
    """Yes: an XPhone workgroup."""
    MONITORING_GROUP = 20
    """Yes: an XPhone monitoring group."""
    ASSISTANT = 21
    """Yes: the actor is flagged as assistant."""
    TRANSFER = 22
    """Yes: the actor's role in a transfer."""
    UNKNOWN_LABEL = 23
    """Yes: the XPhone label Unknown, which applies where no other label does, has the right."""
    GLOBAL_AUTHORIZATION = 32
    """Yes: the estos global preset."""
    AUTHORIZATION_GROUP = 33
    """Yes: an estos authorization group."""
    GROUP_LEADER = 34
    """Yes: the actor leads an estos authorization group."""
    OWN_GRANT = 35
    """Yes: the owner's own estos grant."""
    SOURCES_TOGETHER = 36
    """Yes: several sources together give the right, none of them all of it."""
    ADMINISTRATIVE_GRANT = 37
    """Yes: the administrator's grant to this actor towards the owner (estos)."""
    PERMISSION = 48
    """Yes: a pascom permission."""
    OPEN_DEFAULT = 49
    """Yes: pascom's open default, in force until the first permission carries the role type."""
    AGENT = 50
    """Yes: the actor is an agent of the team (pascom)."""
    SUBSCRIPTION = 64
    """Yes: keevio subscriptions."""
    REALM = 65
    """Yes: a keevio permission realm."""
    RELATION_RULE = 80
    """Yes: a setting of the domain allows such a change of relations."""
    RULE = 96
    """Yes: a rule of linewarden's own system."""
    DESTINATION = 97
    """Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding."""


class NumberClass(IntEnum):
    """The class of a number."""

    INTERNAL = 1
    """An extension of the domain."""
    LOCAL = 2
    """The own area."""
    NATIONAL = 3
    """The own country, where no other class holds."""
    MOBILE = 4
    """Mobile numbers of the own country."""
    INTERNATIONAL = 5
    """Another country."""
    PREMIUM = 6
    """What costs more than a call: premium rate, satellites, directories, carrier selection."""
    EMERGENCY = 7
    """An emergency number."""
    BLOCKED = 8
    """Forbidden by the document."""


class DestinationReason(IntEnum):
    """Why a forwarding or a call may lead to a number: below 16 no."""

    UNKNOWN = 0
    """A party is unknown, or the engine is closed."""
    NOT_GRANTED = 1
    """No: the right to set the forwarding is missing on that line."""
    CLASS_NOT_GRANTED = 2
    """No: the right for the class of the number is missing."""
    NO_CLASS = 3
    """No: it is no number, or where it leads is not known."""
    EMERGENCY = 4
    """No: an emergency number is never the target of a forwarding."""
    ONESELF = 5
    """No: the forwarding would lead back to the party whose calls are forwarded."""
    BLOCKED = 6
    """No: the document forbids the number."""
    GRANTED = 16
    """Yes: all rights that are needed are there."""
    EMERGENCY_CALL = 17
    """Yes: a call to an emergency number needs no right."""


class LogLevel(IntEnum):
    """How important a message of the library is."""

    ERROR = 1
    """Something is wrong, and answers may be refused until it is mended."""
    WARNING = 2
    """Something went wrong, and was mended or is tried again."""
    INFO = 3
    """What the library has done."""


class Right(IntEnum):
    """A right."""

    CONTACT_NAME_READ = 1
    """`contact.name.read`: see the target's name."""
    CONTACT_EMAIL_READ = 2
    """`contact.email.read`: see the target's e-mail address."""
    CONTACT_PHOTO_READ = 3
    """`contact.photo.read`: see the target's picture."""
    CONTACT_GENERAL_READ = 4
    """`contact.general.read`: see the target's general contact data, all of it."""
    CONTACT_DETAILED_READ = 5
    """`contact.detailed.read`: see the target's detailed contact data, all of it."""
    CONTACT_JOB_TITLE_READ = 6
    """`contact.job_title.read`: see the job title."""
    CONTACT_COMPANY_READ = 7
    """`contact.company.read`: see the company."""
    CONTACT_DEPARTMENT_READ = 8
    """`contact.department.read`: see the department."""
    CONTACT_OFFICE_READ = 9
    """`contact.office.read`: see the office."""
    CONTACT_ADDRESS_BUSINESS_READ = 10
    """`contact.address_business.read`: see the business address."""
    CONTACT_PHONE_WORK_READ = 11
    """`contact.phone_work.read`: see the work number."""
    CONTACT_PHONE_WORK2_READ = 12
    """`contact.phone_work2.read`: see the second work number."""
    CONTACT_FAX_BUSINESS_READ = 13
    """`contact.fax_business.read`: see the fax number."""
    CONTACT_WEBSITE_READ = 14
    """`contact.website.read`: see the web site."""
    CONTACT_PHONE_MOBILE_READ = 15
    """`contact.phone_mobile.read`: see the mobile number."""
    CONTACT_PAGER_READ = 16
    """`contact.pager.read`: see the pager number."""
    CONTACT_PHONE_PRIVATE_READ = 17
    """`contact.phone_private.read`: see the private number."""
    CONTACT_PHONE_OTHER_READ = 18
    """`contact.phone_other.read`: see the other number."""
    CONTACT_SIP_ADDRESS_READ = 19
    """`contact.sip_address.read`: see the SIP address."""
    PRESENCE_SYMBOL_READ = 20
    """`presence.symbol.read`: see the presence symbol."""
    PRESENCE_STATUS_READ = 21
    """`presence.status.read`: see the presence status in words."""
    PRESENCE_TEXT_READ = 22
    """`presence.text.read`: see the text the target wrote beside its presence."""
    PRESENCE_DETAILED_READ = 23
    """`presence.detailed.read`: see the presence in detail."""
    PRESENCE_SET = 24
    """`presence.set`: set the target's presence."""
    NOTE_READ = 25
    """`note.read`: read the target's note."""
    NOTE_SET = 26
    """`note.set`: write the target's note."""
    CALENDAR_PUBLIC_TIME_READ = 27
    """`calendar.public.time.read`: see when public appointments are."""
    CALENDAR_PUBLIC_SUBJECT_READ = 28
    """`calendar.public.subject.read`: see what public appointments are about."""
    CALENDAR_PRIVATE_TIME_READ = 29
    """`calendar.private.time.read`: see when private appointments are."""
    CALENDAR_PRIVATE_SUBJECT_READ = 30
    """`calendar.private.subject.read`: see what private appointments are about."""
    LINE_BUSY_READ = 31
    """`line.busy.read`: see whether the target is on the phone (busy lamp)."""
    LINE_NUMBERS_READ = 32
    """`line.numbers.read`: see the numbers of the target's lines."""
    AV_BUSY_READ = 33
    """`av.busy.read`: see whether the target is in an audio or video call."""
    AV_PARTICIPANTS_READ = 34
    """`av.participants.read`: see who takes part in that call."""
    CALL_DETAIL_READ = 128
    """`call.detail.read`: see with whom the target telephones, on all lines."""
    CALL_DETAIL_READ_FIRST = 35
    """`call.detail.read.first`: the same on the first line."""
    CALL_DETAIL_READ_SECOND = 36
    """`call.detail.read.second`: the same on the second line."""
    CALL_DETAIL_READ_ADDITIONAL = 37
    """`call.detail.read.additional`: the same on additional lines."""
    CALL_NUMBER_INCOMING_READ = 129
    """`call.number_incoming.read`: see the number of a call that rings at the target, on all lines."""
    CALL_NUMBER_INCOMING_READ_FIRST = 38
    """`call.number_incoming.read.first`: the same on the first line."""
    CALL_NUMBER_INCOMING_READ_SECOND = 39
    """`call.number_incoming.read.second`: the same on the second line."""
    CALL_NUMBER_INCOMING_READ_ADDITIONAL = 40
    """`call.number_incoming.read.additional`: the same on additional lines."""
    CALL_NUMBER_OUTGOING_READ = 130
    """`call.number_outgoing.read`: see the number the target is calling, on all lines."""
    CALL_NUMBER_OUTGOING_READ_FIRST = 41
    """`call.number_outgoing.read.first`: the same on the first line."""
    CALL_NUMBER_OUTGOING_READ_SECOND = 42
    """`call.number_outgoing.read.second`: the same on the second line."""
    CALL_NUMBER_OUTGOING_READ_ADDITIONAL = 43
    """`call.number_outgoing.read.additional`: the same on additional lines."""
    CALL_NUMBER_IN_CALL_READ = 131
    """`call.number_in_call.read`: see the number while the call is going on, on all lines."""
    CALL_NUMBER_IN_CALL_READ_FIRST = 44
    """`call.number_in_call.read.first`: the same on the first line."""
    CALL_NUMBER_IN_CALL_READ_SECOND = 45
    """`call.number_in_call.read.second`: the same on the second line."""
    CALL_NUMBER_IN_CALL_READ_ADDITIONAL = 46
    """`call.number_in_call.read.additional`: the same on additional lines."""
    CALL_HELD_PARTY_READ = 47
    """`call.held_party.read`: see the party the target holds."""
    CALL_PICKUP = 132
    """`call.pickup`: pick up a call that rings at the target, on all lines."""
    CALL_PICKUP_FIRST = 48
    """`call.pickup.first`: the same on the first line."""
    CALL_PICKUP_SECOND = 49
    """`call.pickup.second`: the same on the second line."""
    CALL_PICKUP_ADDITIONAL = 50
    """`call.pickup.additional`: the same on additional lines."""
    CALL_CONTROL = 51
    """`call.control`: control the target's calls."""
    FORWARDING_STATE_READ = 133
    """`forwarding.state.read`: see whether the target's calls are forwarded, on all lines."""
    FORWARDING_STATE_READ_FIRST = 52
    """`forwarding.state.read.first`: the same on the first line."""
    FORWARDING_STATE_READ_SECOND = 53
    """`forwarding.state.read.second`: the same on the second line."""
    FORWARDING_STATE_READ_ADDITIONAL = 54
    """`forwarding.state.read.additional`: the same on additional lines."""
    FORWARDING_TARGET_READ = 134
    """`forwarding.target.read`: see where the target's calls are forwarded to, on all lines."""
    FORWARDING_TARGET_READ_FIRST = 55
    """`forwarding.target.read.first`: the same on the first line."""
    FORWARDING_TARGET_READ_SECOND = 56
    """`forwarding.target.read.second`: the same on the second line."""
    FORWARDING_TARGET_READ_ADDITIONAL = 57
    """`forwarding.target.read.additional`: the same on additional lines."""
    FORWARDING_SET = 135
    """`forwarding.set`: set the target's forwarding, on all lines."""
    FORWARDING_SET_FIRST = 58
    """`forwarding.set.first`: the same on the first line."""
    FORWARDING_SET_SECOND = 59
    """`forwarding.set.second`: the same on the second line."""
    FORWARDING_SET_ADDITIONAL = 60
    """`forwarding.set.additional`: the same on additional lines."""
    FORWARDING_BYPASS = 61
    """`forwarding.bypass`: ring the target in spite of its forwarding."""
    ROSTER_SEE_USER = 62
    """`roster.see_user`: have the target on the contact list."""
    ROSTER_SEE_TEAM = 63
    """`roster.see_team`: have the team on the contact list."""
    CHAT_EXCHANGE = 64
    """`chat.exchange`: exchange messages with the target."""
    RELATION_ASK = 65
    """`relation.ask`: ask the target for rights."""
    RELATION_ANSWER = 66
    """`relation.answer`: answer what the target asks for."""
    RELATION_CHANGE = 67
    """`relation.change`: change what the target may do."""
    LOCATION_LOGIN = 68
    """`location.login`: log in at the location."""
    PROFILE_MANAGE_OWN = 69
    """`profile.manage_own`: change one's own profile."""
    CALL_PARK = 70
    """`call.park`: park a call of the target."""
    CALL_RETRIEVE = 71
    """`call.retrieve`: retrieve a parked or held call of the target."""
    CALL_BARGE = 72
    """`call.barge`: barge into a call of the target."""
    CALL_LISTEN = 73
    """`call.listen`: listen to a call of the target."""
    CALL_WHISPER = 74
    """`call.whisper`: speak to the target during a call, unheard by the other side."""
    CALL_RECORD = 75
    """`call.record`: record a call of the target."""
    FORWARDING_TO_INTERNAL = 76
    """`forwarding.to.internal`: forward the target's calls to an internal extension."""
    FORWARDING_TO_LOCAL = 77
    """`forwarding.to.local`: forward the target's calls to a local number."""
    FORWARDING_TO_NATIONAL = 78
    """`forwarding.to.national`: forward the target's calls to a national number."""
    FORWARDING_TO_MOBILE = 79
    """`forwarding.to.mobile`: forward the target's calls to a mobile number."""
    FORWARDING_TO_INTERNATIONAL = 80
    """`forwarding.to.international`: forward the target's calls to a foreign number."""
    FORWARDING_TO_PREMIUM = 81
    """`forwarding.to.premium`: forward the target's calls to a premium-rate number."""
    CALL_TO_INTERNAL = 82
    """`call.to.internal`: call an internal extension; asked towards oneself."""
    CALL_TO_LOCAL = 83
    """`call.to.local`: call a local number; asked towards oneself."""
    CALL_TO_NATIONAL = 84
    """`call.to.national`: call a national number; asked towards oneself."""
    CALL_TO_MOBILE = 85
    """`call.to.mobile`: call a mobile number; asked towards oneself."""
    CALL_TO_INTERNATIONAL = 86
    """`call.to.international`: call a foreign number; asked towards oneself."""
    CALL_TO_PREMIUM = 87
    """`call.to.premium`: call a premium-rate number; asked towards oneself."""
