// Numbers with names. Made from include/linewarden.h by bindings/constants.py; do not edit.
namespace Linewarden
{
    static class Abi
    {
        public const uint Version = 1;
#if WINDOWS
        public const string Library = "linewarden";
#else
        public const string Library = "liblinewarden.so.1";
#endif
    }

    /// <summary>The kind of a party.</summary>
    public enum Kind : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>A user: a person with a login and lines in the domain.</summary>
        User = 1,
        /// <summary>An outside contact, known by a `sip:` address.</summary>
        Contact = 2,
        /// <summary>A pascom team or queue.</summary>
        Team = 3,
        /// <summary>A location where users log in.</summary>
        Location = 4,
        /// <summary>A device.</summary>
        Device = 5,
    }

    /// <summary>The result of a call that can fail.</summary>
    public enum Status : int
    {
        /// <summary>Success.</summary>
        Ok = 0,
        /// <summary>An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range.</summary>
        Argument = -1,
        /// <summary>An unknown name, number, id or right.</summary>
        Unknown = -2,
        /// <summary>A document has faults; the message lists each with file, line and column.</summary>
        Document = -3,
        /// <summary>A file or folder cannot be read, or a store cannot be written.</summary>
        File = -4,
        /// <summary>The digits after a dialled function code are malformed.</summary>
        Code = -5,
        /// <summary>A documented limit would be exceeded.</summary>
        Limit = -6,
        /// <summary>A name or number matches several parties.</summary>
        Ambiguous = -7,
        /// <summary>The engine has been closed (debug builds only; in release builds a closed engine must not be used).</summary>
        Closed = -8,
        /// <summary>The author may not make this change; the message names the rule. Nothing was changed.</summary>
        Refused = -9,
        /// <summary>The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself.</summary>
        Unassigned = -10,
        /// <summary>The store holds a change set that its upstream does not, or a token names one that the store does not hold.</summary>
        Forked = -11,
        /// <summary>The store follows another one: make the change there. Nothing was changed.</summary>
        Follows = -12,
        /// <summary>The store belongs to a cluster, and cannot reach it now. Nothing was changed.</summary>
        CutOff = -13,
        /// <summary>It is not known whether the cluster made the change: an answer was lost on its way.</summary>
        Unsettled = -14,
        /// <summary>A defect of this library: a panic was caught and the call refused. The next call works.</summary>
        Internal = -99,
    }

    /// <summary>The direction of a call.</summary>
    public enum Direction : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>The call rings at the target.</summary>
        Incoming = 1,
        /// <summary>The target is calling.</summary>
        Outgoing = 2,
        /// <summary>The call is established.</summary>
        InCall = 3,
    }

    /// <summary>The actor's role in a running transfer.</summary>
    public enum Role : uint
    {
        /// <summary>No role in a transfer: the ordinary question.</summary>
        None = 0,
        /// <summary>The actor is consulted (XPhone's system label "forwarding participant").</summary>
        Consulted = 1,
        /// <summary>The actor transfers the call (XPhone's system label "forwarder").</summary>
        Transferring = 2,
    }

    /// <summary>The state of a keevio subscription.</summary>
    public enum SubscriptionState : uint
    {
        /// <summary>The viewer has not asked for the owner's presence.</summary>
        None = 0,
        /// <summary>The viewer has asked; the owner has not answered.</summary>
        Pending = 1,
        /// <summary>The owner has agreed.</summary>
        Granted = 2,
    }

    /// <summary>The function of a function code.</summary>
    public enum Function : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>Pick up the call that rings at an extension.</summary>
        Pickup = 1,
        /// <summary>Activate the forwarding of an extension; the PBX asks for its target by voice.</summary>
        ForwardAsk = 2,
        /// <summary>Switch the forwarding of an extension off, or the stored one on again.</summary>
        ForwardToggle = 3,
        /// <summary>Set the forwarding of an extension to the dialled digits.</summary>
        ForwardSet = 4,
        /// <summary>Log in at the terminal that dials, or log out of it.</summary>
        Login = 5,
    }

    /// <summary>The reason of an answer: below 16 no, from 16 on yes.</summary>
    public enum Reason : uint
    {
        /// <summary>Actor, right or target is unknown, or the engine is closed.</summary>
        Unknown = 0,
        /// <summary>No: no source gives the right.</summary>
        NotGranted = 1,
        /// <summary>No: the right does not apply between these kinds of parties.</summary>
        NotApplicable = 2,
        /// <summary>No: the owner's own XPhone setting decides, and its label lacks the right.</summary>
        OwnSettingLacks = 3,
        /// <summary>No: the owner is a VIP and has no setting for the actor.</summary>
        Vip = 4,
        /// <summary>No: the owner's line is private (estos), so only the owner sees the numbers of its calls.</summary>
        PrivateLine = 5,
        /// <summary>No: the target is exempt from the right, whatever a rule says.</summary>
        Exempt = 6,
        /// <summary>No: the store has not heard from the log that it follows for longer than the domain allows (`longest_age`).</summary>
        TooOld = 7,
        /// <summary>Yes: towards oneself.</summary>
        Oneself = 16,
        /// <summary>Yes: the owner's own XPhone setting.</summary>
        OwnSetting = 17,
        /// <summary>Yes: the default of the owner's XPhone site or configuration group.</summary>
        SiteDefault = 18,
        /// <summary>Yes: an XPhone workgroup.</summary>
        Workgroup = 19,
        /// <summary>Yes: an XPhone monitoring group.</summary>
        MonitoringGroup = 20,
        /// <summary>Yes: the actor is flagged as assistant.</summary>
        Assistant = 21,
        /// <summary>Yes: the actor's role in a transfer.</summary>
        Transfer = 22,
        /// <summary>Yes: the XPhone label Unknown, which applies where no other label does, has the right.</summary>
        UnknownLabel = 23,
        /// <summary>Yes: the estos global preset.</summary>
        GlobalAuthorization = 32,
        /// <summary>Yes: an estos authorization group.</summary>
        AuthorizationGroup = 33,
        /// <summary>Yes: the actor leads an estos authorization group.</summary>
        GroupLeader = 34,
        /// <summary>Yes: the owner's own estos grant.</summary>
        OwnGrant = 35,
        /// <summary>Yes: several sources together give the right, none of them all of it.</summary>
        SourcesTogether = 36,
        /// <summary>Yes: the administrator's grant to this actor towards the owner (estos).</summary>
        AdministrativeGrant = 37,
        /// <summary>Yes: a pascom permission.</summary>
        Permission = 48,
        /// <summary>Yes: pascom's open default, in force until the first permission carries the role type.</summary>
        OpenDefault = 49,
        /// <summary>Yes: the actor is an agent of the team (pascom).</summary>
        Agent = 50,
        /// <summary>Yes: keevio subscriptions.</summary>
        Subscription = 64,
        /// <summary>Yes: a keevio permission realm.</summary>
        Realm = 65,
        /// <summary>Yes: a setting of the domain allows such a change of relations.</summary>
        RelationRule = 80,
        /// <summary>Yes: a rule of linewarden's own system.</summary>
        Rule = 96,
        /// <summary>Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding.</summary>
        Destination = 97,
    }

    /// <summary>The class of a number.</summary>
    public enum NumberClass : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>An extension of the domain.</summary>
        Internal = 1,
        /// <summary>The own area.</summary>
        Local = 2,
        /// <summary>The own country, where no other class holds.</summary>
        National = 3,
        /// <summary>Mobile numbers of the own country.</summary>
        Mobile = 4,
        /// <summary>Another country.</summary>
        International = 5,
        /// <summary>What costs more than a call: premium rate, satellites, directories, carrier selection.</summary>
        Premium = 6,
        /// <summary>An emergency number.</summary>
        Emergency = 7,
        /// <summary>Forbidden by the document.</summary>
        Blocked = 8,
    }

    /// <summary>Why a forwarding or a call may lead to a number: below 16 no.</summary>
    public enum DestinationReason : uint
    {
        /// <summary>A party is unknown, or the engine is closed.</summary>
        Unknown = 0,
        /// <summary>No: the right to set the forwarding is missing on that line.</summary>
        NotGranted = 1,
        /// <summary>No: the right for the class of the number is missing.</summary>
        ClassNotGranted = 2,
        /// <summary>No: it is no number, or where it leads is not known.</summary>
        NoClass = 3,
        /// <summary>No: an emergency number is never the target of a forwarding.</summary>
        Emergency = 4,
        /// <summary>No: the forwarding would lead back to the party whose calls are forwarded.</summary>
        Oneself = 5,
        /// <summary>No: the document forbids the number.</summary>
        Blocked = 6,
        /// <summary>Yes: all rights that are needed are there.</summary>
        Granted = 16,
        /// <summary>Yes: a call to an emergency number needs no right.</summary>
        EmergencyCall = 17,
    }

    /// <summary>How important a message of the library is.</summary>
    public enum LogLevel : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>Something is wrong, and answers may be refused until it is mended.</summary>
        Error = 1,
        /// <summary>Something went wrong, and was mended or is tried again.</summary>
        Warning = 2,
        /// <summary>What the library has done.</summary>
        Info = 3,
    }

    /// <summary>A right.</summary>
    public enum Right : uint
    {
        /// <summary>None; never answered with yes.</summary>
        None = 0,
        /// <summary>`contact.name.read`: see the target's name.</summary>
        ContactNameRead = 1,
        /// <summary>`contact.email.read`: see the target's e-mail address.</summary>
        ContactEmailRead = 2,
        /// <summary>`contact.photo.read`: see the target's picture.</summary>
        ContactPhotoRead = 3,
        /// <summary>`contact.general.read`: see the target's general contact data, all of it.</summary>
        ContactGeneralRead = 4,
        /// <summary>`contact.detailed.read`: see the target's detailed contact data, all of it.</summary>
        ContactDetailedRead = 5,
        /// <summary>`contact.job_title.read`: see the job title.</summary>
        ContactJobTitleRead = 6,
        /// <summary>`contact.company.read`: see the company.</summary>
        ContactCompanyRead = 7,
        /// <summary>`contact.department.read`: see the department.</summary>
        ContactDepartmentRead = 8,
        /// <summary>`contact.office.read`: see the office.</summary>
        ContactOfficeRead = 9,
        /// <summary>`contact.address_business.read`: see the business address.</summary>
        ContactAddressBusinessRead = 10,
        /// <summary>`contact.phone_work.read`: see the work number.</summary>
        ContactPhoneWorkRead = 11,
        /// <summary>`contact.phone_work2.read`: see the second work number.</summary>
        ContactPhoneWork2Read = 12,
        /// <summary>`contact.fax_business.read`: see the fax number.</summary>
        ContactFaxBusinessRead = 13,
        /// <summary>`contact.website.read`: see the web site.</summary>
        ContactWebsiteRead = 14,
        /// <summary>`contact.phone_mobile.read`: see the mobile number.</summary>
        ContactPhoneMobileRead = 15,
        /// <summary>`contact.pager.read`: see the pager number.</summary>
        ContactPagerRead = 16,
        /// <summary>`contact.phone_private.read`: see the private number.</summary>
        ContactPhonePrivateRead = 17,
        /// <summary>`contact.phone_other.read`: see the other number.</summary>
        ContactPhoneOtherRead = 18,
        /// <summary>`contact.sip_address.read`: see the SIP address.</summary>
        ContactSipAddressRead = 19,
        /// <summary>`presence.symbol.read`: see the presence symbol.</summary>
        PresenceSymbolRead = 20,
        /// <summary>`presence.status.read`: see the presence status in words.</summary>
        PresenceStatusRead = 21,
        /// <summary>`presence.text.read`: see the text the target wrote beside its presence.</summary>
        PresenceTextRead = 22,
        /// <summary>`presence.detailed.read`: see the presence in detail.</summary>
        PresenceDetailedRead = 23,
        /// <summary>`presence.set`: set the target's presence.</summary>
        PresenceSet = 24,
        /// <summary>`note.read`: read the target's note.</summary>
        NoteRead = 25,
        /// <summary>`note.set`: write the target's note.</summary>
        NoteSet = 26,
        /// <summary>`calendar.public.time.read`: see when public appointments are.</summary>
        CalendarPublicTimeRead = 27,
        /// <summary>`calendar.public.subject.read`: see what public appointments are about.</summary>
        CalendarPublicSubjectRead = 28,
        /// <summary>`calendar.private.time.read`: see when private appointments are.</summary>
        CalendarPrivateTimeRead = 29,
        /// <summary>`calendar.private.subject.read`: see what private appointments are about.</summary>
        CalendarPrivateSubjectRead = 30,
        /// <summary>`line.busy.read`: see whether the target is on the phone (busy lamp).</summary>
        LineBusyRead = 31,
        /// <summary>`line.numbers.read`: see the numbers of the target's lines.</summary>
        LineNumbersRead = 32,
        /// <summary>`av.busy.read`: see whether the target is in an audio or video call.</summary>
        AvBusyRead = 33,
        /// <summary>`av.participants.read`: see who takes part in that call.</summary>
        AvParticipantsRead = 34,
        /// <summary>`call.detail.read`: see with whom the target telephones, on all lines.</summary>
        CallDetailRead = 128,
        /// <summary>`call.detail.read.first`: the same on the first line.</summary>
        CallDetailReadFirst = 35,
        /// <summary>`call.detail.read.second`: the same on the second line.</summary>
        CallDetailReadSecond = 36,
        /// <summary>`call.detail.read.additional`: the same on additional lines.</summary>
        CallDetailReadAdditional = 37,
        /// <summary>`call.number_incoming.read`: see the number of a call that rings at the target, on all lines.</summary>
        CallNumberIncomingRead = 129,
        /// <summary>`call.number_incoming.read.first`: the same on the first line.</summary>
        CallNumberIncomingReadFirst = 38,
        /// <summary>`call.number_incoming.read.second`: the same on the second line.</summary>
        CallNumberIncomingReadSecond = 39,
        /// <summary>`call.number_incoming.read.additional`: the same on additional lines.</summary>
        CallNumberIncomingReadAdditional = 40,
        /// <summary>`call.number_outgoing.read`: see the number the target is calling, on all lines.</summary>
        CallNumberOutgoingRead = 130,
        /// <summary>`call.number_outgoing.read.first`: the same on the first line.</summary>
        CallNumberOutgoingReadFirst = 41,
        /// <summary>`call.number_outgoing.read.second`: the same on the second line.</summary>
        CallNumberOutgoingReadSecond = 42,
        /// <summary>`call.number_outgoing.read.additional`: the same on additional lines.</summary>
        CallNumberOutgoingReadAdditional = 43,
        /// <summary>`call.number_in_call.read`: see the number while the call is going on, on all lines.</summary>
        CallNumberInCallRead = 131,
        /// <summary>`call.number_in_call.read.first`: the same on the first line.</summary>
        CallNumberInCallReadFirst = 44,
        /// <summary>`call.number_in_call.read.second`: the same on the second line.</summary>
        CallNumberInCallReadSecond = 45,
        /// <summary>`call.number_in_call.read.additional`: the same on additional lines.</summary>
        CallNumberInCallReadAdditional = 46,
        /// <summary>`call.held_party.read`: see the party the target holds.</summary>
        CallHeldPartyRead = 47,
        /// <summary>`call.pickup`: pick up a call that rings at the target, on all lines.</summary>
        CallPickup = 132,
        /// <summary>`call.pickup.first`: the same on the first line.</summary>
        CallPickupFirst = 48,
        /// <summary>`call.pickup.second`: the same on the second line.</summary>
        CallPickupSecond = 49,
        /// <summary>`call.pickup.additional`: the same on additional lines.</summary>
        CallPickupAdditional = 50,
        /// <summary>`call.control`: control the target's calls.</summary>
        CallControl = 51,
        /// <summary>`forwarding.state.read`: see whether the target's calls are forwarded, on all lines.</summary>
        ForwardingStateRead = 133,
        /// <summary>`forwarding.state.read.first`: the same on the first line.</summary>
        ForwardingStateReadFirst = 52,
        /// <summary>`forwarding.state.read.second`: the same on the second line.</summary>
        ForwardingStateReadSecond = 53,
        /// <summary>`forwarding.state.read.additional`: the same on additional lines.</summary>
        ForwardingStateReadAdditional = 54,
        /// <summary>`forwarding.target.read`: see where the target's calls are forwarded to, on all lines.</summary>
        ForwardingTargetRead = 134,
        /// <summary>`forwarding.target.read.first`: the same on the first line.</summary>
        ForwardingTargetReadFirst = 55,
        /// <summary>`forwarding.target.read.second`: the same on the second line.</summary>
        ForwardingTargetReadSecond = 56,
        /// <summary>`forwarding.target.read.additional`: the same on additional lines.</summary>
        ForwardingTargetReadAdditional = 57,
        /// <summary>`forwarding.set`: set the target's forwarding, on all lines.</summary>
        ForwardingSet = 135,
        /// <summary>`forwarding.set.first`: the same on the first line.</summary>
        ForwardingSetFirst = 58,
        /// <summary>`forwarding.set.second`: the same on the second line.</summary>
        ForwardingSetSecond = 59,
        /// <summary>`forwarding.set.additional`: the same on additional lines.</summary>
        ForwardingSetAdditional = 60,
        /// <summary>`forwarding.bypass`: ring the target in spite of its forwarding.</summary>
        ForwardingBypass = 61,
        /// <summary>`roster.see_user`: have the target on the contact list.</summary>
        RosterSeeUser = 62,
        /// <summary>`roster.see_team`: have the team on the contact list.</summary>
        RosterSeeTeam = 63,
        /// <summary>`chat.exchange`: exchange messages with the target.</summary>
        ChatExchange = 64,
        /// <summary>`relation.ask`: ask the target for rights.</summary>
        RelationAsk = 65,
        /// <summary>`relation.answer`: answer what the target asks for.</summary>
        RelationAnswer = 66,
        /// <summary>`relation.change`: change what the target may do.</summary>
        RelationChange = 67,
        /// <summary>`location.login`: log in at the location.</summary>
        LocationLogin = 68,
        /// <summary>`profile.manage_own`: change one's own profile.</summary>
        ProfileManageOwn = 69,
        /// <summary>`call.park`: park a call of the target.</summary>
        CallPark = 70,
        /// <summary>`call.retrieve`: retrieve a parked or held call of the target.</summary>
        CallRetrieve = 71,
        /// <summary>`call.barge`: barge into a call of the target.</summary>
        CallBarge = 72,
        /// <summary>`call.listen`: listen to a call of the target.</summary>
        CallListen = 73,
        /// <summary>`call.whisper`: speak to the target during a call, unheard by the other side.</summary>
        CallWhisper = 74,
        /// <summary>`call.record`: record a call of the target.</summary>
        CallRecord = 75,
        /// <summary>`forwarding.to.internal`: forward the target's calls to an internal extension.</summary>
        ForwardingToInternal = 76,
        /// <summary>`forwarding.to.local`: forward the target's calls to a local number.</summary>
        ForwardingToLocal = 77,
        /// <summary>`forwarding.to.national`: forward the target's calls to a national number.</summary>
        ForwardingToNational = 78,
        /// <summary>`forwarding.to.mobile`: forward the target's calls to a mobile number.</summary>
        ForwardingToMobile = 79,
        /// <summary>`forwarding.to.international`: forward the target's calls to a foreign number.</summary>
        ForwardingToInternational = 80,
        /// <summary>`forwarding.to.premium`: forward the target's calls to a premium-rate number.</summary>
        ForwardingToPremium = 81,
        /// <summary>`call.to.internal`: call an internal extension; asked towards oneself.</summary>
        CallToInternal = 82,
        /// <summary>`call.to.local`: call a local number; asked towards oneself.</summary>
        CallToLocal = 83,
        /// <summary>`call.to.national`: call a national number; asked towards oneself.</summary>
        CallToNational = 84,
        /// <summary>`call.to.mobile`: call a mobile number; asked towards oneself.</summary>
        CallToMobile = 85,
        /// <summary>`call.to.international`: call a foreign number; asked towards oneself.</summary>
        CallToInternational = 86,
        /// <summary>`call.to.premium`: call a premium-rate number; asked towards oneself.</summary>
        CallToPremium = 87,
    }
}
