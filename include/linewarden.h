/*
 * linewarden.h - may this person do this to that person's line?
 *
 * This file is the reference manual of linewarden's C interface. The build generates it from the library's source; do not
 * edit it.
 *
 * linewarden answers one question for a telephone system: may an actor (a user, an outside contact) use a right (pick up a
 * call, set a forwarding, see a number) on a target (a user, a team, a location, a device)? It reads the answer from policy
 * documents, or from a store that can be changed while calls run, in the terms of XPhone, estos, pascom or keevio.
 *
 *     lw_error *error = NULL;
 *     lw_engine *engine = lw_open("/etc/linewarden/acme.toml", &error);
 *     if (engine == NULL) {
 *         fprintf(stderr, "%s\n", lw_error_message(error));
 *         lw_error_free(error);
 *         return 1;
 *     }
 *     lw_party alice = lw_find(engine, NULL, "alice"), bob = lw_find(engine, NULL, "110");
 *     if (lw_may_pick_up(engine, alice, bob, 1))
 *         puts("alice may pick up what rings at bob's first line");
 *     lw_close(engine);
 *
 * CAVEATS
 *
 *   Emergency calls must never be placed behind a check. No answer of this library, and no failure of it, may keep anybody
 *   from an emergency number: route those numbers before the first lw_ call.
 *
 *   A refusal is not proof of a rule. NULL, unknown numbers and defects inside the library are answered no as well; lw_decide
 *   and lw_explain tell the cases apart.
 *
 *   The numbers of parties belong to the engine that gave them. Another engine takes them for whoever bears them there.
 *
 *   The library says what the documents say. It does not authenticate anybody: who the actor is, is the PBX's to prove.
 *
 * CONVENTIONS
 *
 *   Refusal is the zero value: false, 0, NULL, an all-zero struct. Nothing but a proven yes is true. NULL where an object or a
 *   text is expected, text that is not UTF-8 or longer than LW_TEXT_MAX bytes, numbers that nobody bears, and a panic inside
 *   are all refused. A status is LW_OK (0) or negative: compare it with LW_OK, never use it as a truth value.
 *
 *   Outputs come last. A struct or array for answers is made a refusal first, whatever happens later. `lw_error **error` is the
 *   very last parameter and may be NULL; otherwise *error is set to NULL at first, and to an error if the call fails.
 *
 *   Who frees: `lw_engine *` lw_close; `lw_error *` lw_error_free; `char *` lw_string_free; `const char *` nobody. All of them
 *   take NULL as a harmless no-op. Nothing the library returns may go to free(), and arguments are never kept.
 *
 *   Numbers with names (lw_right, lw_status, lw_reason, ...) are plain integers, because C would not check an enum's range.
 *   Constants are only ever added and never change their meaning.
 *
 * THREADS
 *
 *   An engine is opened once and shared by all threads. `const lw_engine *` means: any number of threads at once, without any
 *   lock of yours. lw_reload may run beside all of them. lw_close may not run beside anything. Only
 *   lw_watch and lw_on_revision start one, and a thread that uses the library needs no set-up and no farewell.
 *
 * FORK
 *
 *   A child of fork() may go on asking an engine that was open before: the checks take no locks, so nothing can hang. Over a store
 *   parent and children see each other's changes at once, as all processes do, and each may make some. Over documents the child
 *   has a copy: a reload in one process is not seen in the other, so reload in each, or open after the fork. If another thread
 *   was inside a call that is not on the call path when the process forked, the child must keep to the calls on the call path, and
 *   must end with _exit() rather than lw_close. A watcher's thread stays with the parent: call lw_watch after the fork.
 *
 * STORES
 *
 *   A store is a file, `rights.db`, that `linewarden import` makes from documents; it needs Linux and a disk of the same machine.
 *   It is changed by lw_apply and the functions beside it, and by the command. Beside it lie `rights.db-wal` and `rights.db-shm`,
 *   which belong to it, and `rights.db-image`, the compiled rights that all processes map: nobody may truncate it while it is
 *   open. All processes must use the same version of the library. Whoever may read but not write the files can ask and not change.
 *   A process that opens the file by other means than this library may take away its locks: use `linewarden backup` to copy it.
 *
 * DLCLOSE
 *
 *   The library stays mapped after dlclose (it is linked with -z nodelete), so a late call cannot run into unmapped code. Close
 *   every engine before unloading; a new build of the library is loaded only by a new process.
 *
 * SIGNALS
 *
 *   The library installs no handler and blocks no signal. Call it from no signal handler. Reading a file may be
 *   interrupted and goes on by itself.
 *
 * MEMORY
 *
 *   The functions under "Checks on the call path", "Many at once" and "Checks in text" allocate nothing, take no lock and make
 *   no system call. Only opening, reloading, changing and watching take noteworthy memory: they need room for the old state and the new.
 *   When the system refuses memory to a call that must allocate, the process ends: Rust knows no other way.
 *
 *   A panic inside is a defect, please report it. It is caught, the call is refused, and the next call works. Rust's panic
 *   message goes to stderr; apart from that the library prints nothing.
 *
 * VERSIONS
 *
 *   Assert once at start that lw_abi_version() == LW_ABI_VERSION. Before 1.0 any release may break the ABI and then raises that
 *   number, which is also the end of the library's SONAME.
 */

#ifndef LINEWARDEN_H
#define LINEWARDEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Version of this header --------------------------------------------------------------------------------------- */

/** As text. */
#define LW_VERSION "0.1.0"
/** The same in parts. */
#define LW_VERSION_MAJOR 0
/** The same in parts. */
#define LW_VERSION_MINOR 1
/** The same in parts. */
#define LW_VERSION_PATCH 0
/** The same as a number: major * 1000000 + minor * 1000 + patch. */
#define LW_VERSION_NUMBER 1000
/** The ABI this header describes: compare it with lw_abi_version(). */
#define LW_ABI_VERSION 1

/** Marks functions whose result matters: a dropped answer, a leaked object, an error nobody saw. */
#if defined(__GNUC__) || defined(__clang__)
#define LW_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define LW_WARN_UNUSED
#endif

/* ---- Limits -------------------------------------------------------------------------------------------------------- */

/** Longest text that is taken, in bytes, the terminating NUL not counted. Longer text is refused. */
#define LW_TEXT_MAX 4096
/** Longest text of changes that lw_apply takes, in bytes, the terminating NUL not counted: 16 MiB. */
#define LW_CHANGES_MAX 16777216
/** Size of `lw_dialled.digits` in bytes, the terminating NUL counted. */
#define LW_DIGITS_SIZE 256

/* ---- Types --------------------------------------------------------------------------------------------------------- */

/**
 * An opened source: one document, a folder of documents or a store, with the rights of all its domains. Opaque; made by lw_open,
 * ended by lw_close, shared by all threads in between.
 */
typedef struct lw_engine lw_engine;

/** What went wrong, as a code for programs and a message for people. Opaque; the caller's to free with lw_error_free. */
typedef struct lw_error lw_error;

/** A running callback for the changes of an engine. Opaque; made by lw_watch or lw_on_revision, ended by lw_watch_end. */
typedef struct lw_watcher lw_watcher;

/**
 * What a call returns that can fail: LW_OK, which is 0, or one of the negative LW_ERROR_ constants. Never use a status as a
 * truth value: a negative error is true in C. Codes are only ever added, so treat an unknown negative one as a failure.
 */
typedef int32_t lw_status;

/** Why an answer is what it is: one of the LW_REASON_ constants. Below 16 they say no, from 16 on yes; more may be added. */
typedef uint32_t lw_reason;

/**
 * A party (user, outside contact, team, location or device) by its number. The number is stable while the engine that gave
 * it is open, across reloads, and is never given to anybody else. 0 is nobody. It means nothing to another engine, which
 * takes it for whoever bears that number there: never mix the numbers of two engines.
 */
typedef uint32_t lw_party;

/** What kind of party it is: one of the LW_KIND_ constants; 0 is none. */
typedef uint32_t lw_kind;

/**
 * A right, by its number: one of the LW_ constants. 0 is no right and is never given. A number that is no right is refused
 * everywhere.
 *
 * Eight rights depend on the line. Each has four constants: without a suffix it asks for all three kinds of line at once,
 * and `_FIRST`, `_SECOND` and `_ADDITIONAL` ask for one.
 */
typedef uint32_t lw_right;

/** The part an actor has in a transfer that is going on: one of the LW_ROLE_ constants. Anything else is refused. */
typedef uint32_t lw_call_role;

/** Which way a call goes: LW_INCOMING, LW_OUTGOING or LW_IN_CALL. Anything else is refused. */
typedef uint32_t lw_direction;

/**
 * All rights of a pair. All zero is no right. Ask it with lw_rights_has; the words are public so that sets can be kept,
 * compared and combined.
 */
typedef struct {
    /**
     * Bit r % 64 of word r / 64 is set when the single right number r is held. The bare names of rights that depend on the
     * line (numbers from 128 on) have no bit of their own: they are held when their three lines are.
     */
    uint64_t words[2];
} lw_rights;

/** A yes or no with its reason. All zero is a refusal. */
typedef struct {
    /** The answer. */
    bool allowed;
    /** Why. */
    lw_reason reason;
    /** The revision the answer was given from; see lw_revision. */
    uint64_t revision;
    /**
     * Line of the deciding entry in the document of the target's domain; 0 where no single entry decided, and over a store,
     * whose entries are lines of no document.
     */
    uint32_t line;
} lw_decision;

/** What a function code does: one of the LW_FUNCTION_ constants; 0 is none. */
typedef uint32_t lw_function;

/** What a dialled function code means and whether the actor may. All zero is a refusal. */
typedef struct {
    /** The function. */
    lw_function function;
    /** Whose call, forwarding or login it concerns. */
    lw_party subject;
    /** The right that was asked, on the line that was dialled; 0 where the function needs none. */
    lw_right right;
    /** Whether the actor may. */
    bool allowed;
    /** The forwarding's target as dialled, ending in NUL; empty where the function takes none. */
    char digits[LW_DIGITS_SIZE];
    /**
     * The line of the extension that was dialled: 1 the first, 2 the second, 3 an additional one; 0 where none was dialled, or
     * a team's.
     */
    uint8_t line;
} lw_dialled;

/** The state of a keevio subscription: one of the LW_SUBSCRIPTION_ constants. */
typedef uint32_t lw_subscription_kind;

/**
 * Answers that flipped alike: each of the actors may now, or may no longer, do each of the rights to each of the targets other
 * than itself.
 */
typedef struct {
    /** The domain's name. */
    const char *domain;
    /** The rights. */
    lw_rights rights;
    /**
     * Who acts; NULL where any answer of the domain may have flipped (a change that concerns more people than can be compared):
     * then ask again.
     */
    const lw_party *actors;
    /** How many actors. */
    size_t actor_count;
    /** Towards whom; NULL where each actor towards itself, and where actors is NULL. */
    const lw_party *targets;
    /** How many targets. */
    size_t target_count;
    /** What the answers are now. */
    bool allowed;
} lw_flips;

/**
 * The callback of lw_watch: reports which answers flipped.
 *
 * data: the pointer given to lw_watch.
 * revision: the revision in force. All flips up to it have been reported with this call.
 * flips: the flipped answers, each in exactly one set; valid during the call only.
 * count: the number of sets; 0 where the revision flipped no answer about the watched rights.
 */
typedef void (*lw_watch_callback)(void *data, uint64_t revision, const lw_flips *flips, size_t count);

/**
 * The callback of lw_on_revision: reports that another revision is in force.
 *
 * data: the pointer given to lw_on_revision.
 * revision: the revision in force.
 */
typedef void (*lw_revision_callback)(void *data, uint64_t revision);

/* ---- Authors of changes -------------------------------------------------------------------------------------------- */

/** The administrator, as author of a change. 0 is nobody, who may change nothing: a lookup that failed gives nobody power. */
#define LW_ADMINISTRATOR UINT32_MAX

/* ---- Kinds of parties ---------------------------------------------------------------------------------------------- */

/** Somebody with a login and lines of the domain. */
#define LW_KIND_USER 1
/** Somebody outside, known by a `sip:` address. */
#define LW_KIND_CONTACT 2
/** A pascom team or queue. */
#define LW_KIND_TEAM 3
/** A place where a user logs in. */
#define LW_KIND_LOCATION 4
/** A device. */
#define LW_KIND_DEVICE 5

/* ---- Statuses ------------------------------------------------------------------------------------------------------ */

/** Done. */
#define LW_OK 0
/** An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range. */
#define LW_ERROR_ARGUMENT (-1)
/** A name, number, id or right that nobody bears. */
#define LW_ERROR_UNKNOWN (-2)
/** A document says something that cannot be loaded; the message lists every fault with file, line and column. */
#define LW_ERROR_DOCUMENT (-3)
/** A file or folder cannot be read. */
#define LW_ERROR_FILE (-4)
/** What follows a dialled function code is malformed. */
#define LW_ERROR_CODE (-5)
/** A documented limit would be exceeded. */
#define LW_ERROR_LIMIT (-6)
/** A name or number fits several parties. */
#define LW_ERROR_AMBIGUOUS (-7)
/** The engine has been closed (debug builds only; in release builds a closed engine must not be used at all). */
#define LW_ERROR_CLOSED (-8)
/** A change that its author may not make; the message names the rule. Nothing has changed. */
#define LW_ERROR_REFUSED (-9)
/** What was dialled begins with no function code of the domain: an ordinary number, or a code of the PBX's own. */
#define LW_ERROR_UNASSIGNED (-10)
/** A defect of this library: a panic was caught and the call refused. The next call works. */
#define LW_ERROR_INTERNAL (-99)

/* ---- Directions of a call ------------------------------------------------------------------------------------------ */

/** The call rings at the owner. */
#define LW_INCOMING 1
/** The owner is calling. */
#define LW_OUTGOING 2
/** The call is going on. */
#define LW_IN_CALL 3

/* ---- Parts in a transfer ------------------------------------------------------------------------------------------- */

/** No part in a transfer: the ordinary question. */
#define LW_ROLE_NONE 0
/** The actor is consulted (XPhone's system label "forwarding participant"). */
#define LW_ROLE_CONSULTED 1
/** The actor transfers the call (XPhone's system label "forwarder"). */
#define LW_ROLE_TRANSFERRING 2

/* ---- Functions that can be dialled --------------------------------------------------------------------------------- */

/** Pick up the call that rings at an extension. */
#define LW_FUNCTION_PICKUP 1
/** Activate an extension's forwarding; its target is asked for by voice. */
#define LW_FUNCTION_FORWARD_ASK 2
/** Switch an extension's forwarding off, or the stored one on again. */
#define LW_FUNCTION_FORWARD_TOGGLE 3
/** Set an extension's forwarding to the digits dialled. */
#define LW_FUNCTION_FORWARD_SET 4
/** Log in at the terminal one dials from, or log out of it. */
#define LW_FUNCTION_LOGIN 5

/* ---- States of a keevio subscription ------------------------------------------------------------------------------- */

/** The viewer has not asked for the owner's presence. */
#define LW_SUBSCRIPTION_NONE 0
/** The viewer has asked and waits. */
#define LW_SUBSCRIPTION_PENDING 1
/** The owner has agreed. */
#define LW_SUBSCRIPTION_GRANTED 2

/* ---- Reasons ------------------------------------------------------------------------------------------------------- */

/** Actor, right or target is unknown, or the engine is closed. */
#define LW_REASON_UNKNOWN 0
/** No: no source gives the right. */
#define LW_REASON_NOT_GRANTED 1
/** No: the right does not apply between these kinds of parties. */
#define LW_REASON_NOT_APPLICABLE 2
/** No: an owner's own XPhone setting decides, and its label lacks the right. */
#define LW_REASON_OWN_SETTING_LACKS 3
/** No: the owner is a VIP and has set nothing for the actor. */
#define LW_REASON_VIP 4
/** No: the owner's line is private (estos), so nobody else sees the numbers of its calls. */
#define LW_REASON_PRIVATE_LINE 5
/** Yes: towards oneself. */
#define LW_REASON_ONESELF 16
/** Yes: the owner's own XPhone setting. */
#define LW_REASON_OWN_SETTING 17
/** Yes: the default of the owner's XPhone site or configuration group. */
#define LW_REASON_SITE_DEFAULT 18
/** Yes: an XPhone workgroup. */
#define LW_REASON_WORKGROUP 19
/** Yes: an XPhone monitoring group. */
#define LW_REASON_MONITORING_GROUP 20
/** Yes: the actor is flagged as assistant. */
#define LW_REASON_ASSISTANT 21
/** Yes: the actor's part in a transfer. */
#define LW_REASON_TRANSFER 22
/** Yes: the XPhone label Unknown, which everybody without another label bears, has the right. */
#define LW_REASON_UNKNOWN_LABEL 23
/** Yes: the estos global preset. */
#define LW_REASON_GLOBAL_AUTHORIZATION 32
/** Yes: an estos authorization group. */
#define LW_REASON_AUTHORIZATION_GROUP 33
/** Yes: the actor leads an estos authorization group. */
#define LW_REASON_GROUP_LEADER 34
/** Yes: the owner's own estos grant. */
#define LW_REASON_OWN_GRANT 35
/** Yes: several estos grants together give a composed right. */
#define LW_REASON_SOURCES_TOGETHER 36
/** Yes: what the administrator granted this actor towards the owner (estos). */
#define LW_REASON_ADMINISTRATIVE_GRANT 37
/** Yes: a pascom permission. */
#define LW_REASON_PERMISSION 48
/** Yes: pascom's open default, in force until the first permission carries the role type. */
#define LW_REASON_OPEN_DEFAULT 49
/** Yes: the actor is an agent of the team (pascom). */
#define LW_REASON_AGENT 50
/** Yes: keevio subscriptions. */
#define LW_REASON_SUBSCRIPTION 64
/** Yes: a keevio permission realm. */
#define LW_REASON_REALM 65
/** Yes: a setting of the domain allows such a change of relations. */
#define LW_REASON_RELATION_RULE 80

/* ---- Rights -------------------------------------------------------------------------------------------------------- */

/** `contact.name.read`: see the target's name. */
#define LW_CONTACT_NAME_READ 1
/** `contact.email.read`: see the target's e-mail address. */
#define LW_CONTACT_EMAIL_READ 2
/** `contact.photo.read`: see the target's picture. */
#define LW_CONTACT_PHOTO_READ 3
/** `contact.general.read`: see the target's general contact data, all of it. */
#define LW_CONTACT_GENERAL_READ 4
/** `contact.detailed.read`: see the target's detailed contact data, all of it. */
#define LW_CONTACT_DETAILED_READ 5
/** `contact.job_title.read`: see the job title. */
#define LW_CONTACT_JOB_TITLE_READ 6
/** `contact.company.read`: see the company. */
#define LW_CONTACT_COMPANY_READ 7
/** `contact.department.read`: see the department. */
#define LW_CONTACT_DEPARTMENT_READ 8
/** `contact.office.read`: see the office. */
#define LW_CONTACT_OFFICE_READ 9
/** `contact.address_business.read`: see the business address. */
#define LW_CONTACT_ADDRESS_BUSINESS_READ 10
/** `contact.phone_work.read`: see the work number. */
#define LW_CONTACT_PHONE_WORK_READ 11
/** `contact.phone_work2.read`: see the second work number. */
#define LW_CONTACT_PHONE_WORK2_READ 12
/** `contact.fax_business.read`: see the fax number. */
#define LW_CONTACT_FAX_BUSINESS_READ 13
/** `contact.website.read`: see the web site. */
#define LW_CONTACT_WEBSITE_READ 14
/** `contact.phone_mobile.read`: see the mobile number. */
#define LW_CONTACT_PHONE_MOBILE_READ 15
/** `contact.pager.read`: see the pager number. */
#define LW_CONTACT_PAGER_READ 16
/** `contact.phone_private.read`: see the private number. */
#define LW_CONTACT_PHONE_PRIVATE_READ 17
/** `contact.phone_other.read`: see the other number. */
#define LW_CONTACT_PHONE_OTHER_READ 18
/** `contact.sip_address.read`: see the SIP address. */
#define LW_CONTACT_SIP_ADDRESS_READ 19
/** `presence.symbol.read`: see the presence symbol. */
#define LW_PRESENCE_SYMBOL_READ 20
/** `presence.status.read`: see the presence status in words. */
#define LW_PRESENCE_STATUS_READ 21
/** `presence.text.read`: see the text the target wrote beside its presence. */
#define LW_PRESENCE_TEXT_READ 22
/** `presence.detailed.read`: see the presence in detail. */
#define LW_PRESENCE_DETAILED_READ 23
/** `presence.set`: set the target's presence. */
#define LW_PRESENCE_SET 24
/** `note.read`: read the target's note. */
#define LW_NOTE_READ 25
/** `note.set`: write the target's note. */
#define LW_NOTE_SET 26
/** `calendar.public.time.read`: see when public appointments are. */
#define LW_CALENDAR_PUBLIC_TIME_READ 27
/** `calendar.public.subject.read`: see what public appointments are about. */
#define LW_CALENDAR_PUBLIC_SUBJECT_READ 28
/** `calendar.private.time.read`: see when private appointments are. */
#define LW_CALENDAR_PRIVATE_TIME_READ 29
/** `calendar.private.subject.read`: see what private appointments are about. */
#define LW_CALENDAR_PRIVATE_SUBJECT_READ 30
/** `line.busy.read`: see whether the target is on the phone (busy lamp). */
#define LW_LINE_BUSY_READ 31
/** `line.numbers.read`: see the numbers of the target's lines. */
#define LW_LINE_NUMBERS_READ 32
/** `av.busy.read`: see whether the target is in an audio or video call. */
#define LW_AV_BUSY_READ 33
/** `av.participants.read`: see who takes part in that call. */
#define LW_AV_PARTICIPANTS_READ 34
/** `call.detail.read`: see with whom the target telephones, on all lines. */
#define LW_CALL_DETAIL_READ 128
/** `call.detail.read.first`: the same on the first line. */
#define LW_CALL_DETAIL_READ_FIRST 35
/** `call.detail.read.second`: the same on the second line. */
#define LW_CALL_DETAIL_READ_SECOND 36
/** `call.detail.read.additional`: the same on additional lines. */
#define LW_CALL_DETAIL_READ_ADDITIONAL 37
/** `call.number_incoming.read`: see the number of a call that rings at the target, on all lines. */
#define LW_CALL_NUMBER_INCOMING_READ 129
/** `call.number_incoming.read.first`: the same on the first line. */
#define LW_CALL_NUMBER_INCOMING_READ_FIRST 38
/** `call.number_incoming.read.second`: the same on the second line. */
#define LW_CALL_NUMBER_INCOMING_READ_SECOND 39
/** `call.number_incoming.read.additional`: the same on additional lines. */
#define LW_CALL_NUMBER_INCOMING_READ_ADDITIONAL 40
/** `call.number_outgoing.read`: see the number the target is calling, on all lines. */
#define LW_CALL_NUMBER_OUTGOING_READ 130
/** `call.number_outgoing.read.first`: the same on the first line. */
#define LW_CALL_NUMBER_OUTGOING_READ_FIRST 41
/** `call.number_outgoing.read.second`: the same on the second line. */
#define LW_CALL_NUMBER_OUTGOING_READ_SECOND 42
/** `call.number_outgoing.read.additional`: the same on additional lines. */
#define LW_CALL_NUMBER_OUTGOING_READ_ADDITIONAL 43
/** `call.number_in_call.read`: see the number while the call is going on, on all lines. */
#define LW_CALL_NUMBER_IN_CALL_READ 131
/** `call.number_in_call.read.first`: the same on the first line. */
#define LW_CALL_NUMBER_IN_CALL_READ_FIRST 44
/** `call.number_in_call.read.second`: the same on the second line. */
#define LW_CALL_NUMBER_IN_CALL_READ_SECOND 45
/** `call.number_in_call.read.additional`: the same on additional lines. */
#define LW_CALL_NUMBER_IN_CALL_READ_ADDITIONAL 46
/** `call.held_party.read`: see the party the target holds. */
#define LW_CALL_HELD_PARTY_READ 47
/** `call.pickup`: pick up a call that rings at the target, on all lines. */
#define LW_CALL_PICKUP 132
/** `call.pickup.first`: the same on the first line. */
#define LW_CALL_PICKUP_FIRST 48
/** `call.pickup.second`: the same on the second line. */
#define LW_CALL_PICKUP_SECOND 49
/** `call.pickup.additional`: the same on additional lines. */
#define LW_CALL_PICKUP_ADDITIONAL 50
/** `call.control`: control the target's calls. */
#define LW_CALL_CONTROL 51
/** `forwarding.state.read`: see whether the target's calls are forwarded, on all lines. */
#define LW_FORWARDING_STATE_READ 133
/** `forwarding.state.read.first`: the same on the first line. */
#define LW_FORWARDING_STATE_READ_FIRST 52
/** `forwarding.state.read.second`: the same on the second line. */
#define LW_FORWARDING_STATE_READ_SECOND 53
/** `forwarding.state.read.additional`: the same on additional lines. */
#define LW_FORWARDING_STATE_READ_ADDITIONAL 54
/** `forwarding.target.read`: see where the target's calls are forwarded to, on all lines. */
#define LW_FORWARDING_TARGET_READ 134
/** `forwarding.target.read.first`: the same on the first line. */
#define LW_FORWARDING_TARGET_READ_FIRST 55
/** `forwarding.target.read.second`: the same on the second line. */
#define LW_FORWARDING_TARGET_READ_SECOND 56
/** `forwarding.target.read.additional`: the same on additional lines. */
#define LW_FORWARDING_TARGET_READ_ADDITIONAL 57
/** `forwarding.set`: set the target's forwarding, on all lines. */
#define LW_FORWARDING_SET 135
/** `forwarding.set.first`: the same on the first line. */
#define LW_FORWARDING_SET_FIRST 58
/** `forwarding.set.second`: the same on the second line. */
#define LW_FORWARDING_SET_SECOND 59
/** `forwarding.set.additional`: the same on additional lines. */
#define LW_FORWARDING_SET_ADDITIONAL 60
/** `forwarding.bypass`: ring the target in spite of its forwarding. */
#define LW_FORWARDING_BYPASS 61
/** `roster.see_user`: have the target on the contact list. */
#define LW_ROSTER_SEE_USER 62
/** `roster.see_team`: have the team on the contact list. */
#define LW_ROSTER_SEE_TEAM 63
/** `chat.exchange`: exchange messages with the target. */
#define LW_CHAT_EXCHANGE 64
/** `relation.ask`: ask the target for rights. */
#define LW_RELATION_ASK 65
/** `relation.answer`: answer what the target asks for. */
#define LW_RELATION_ANSWER 66
/** `relation.change`: change what the target may do. */
#define LW_RELATION_CHANGE 67
/** `location.login`: log in at the location. */
#define LW_LOCATION_LOGIN 68
/** `profile.manage_own`: change one's own profile. */
#define LW_PROFILE_MANAGE_OWN 69

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ---- Opening and closing ------------------------------------------------------------------------------------------- */

/**
 * Opens a document, a folder whose `*.toml` files are one document for each domain, or a store.
 *
 * source: path of the file or folder, UTF-8. It is copied; lw_reload reads the same path again, so give an absolute one if
 * the process changes its working directory.
 * error: where to put what went wrong, or NULL. It is set to NULL on success.
 *
 * Returns: the engine, the caller's to end with lw_close; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
 * LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT or LW_ERROR_INTERNAL). Nothing is half loaded.
 * Threads: any. Starts none, installs nothing in the process.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_engine *lw_open(const char *source,
                   lw_error **error);

/**
 * Closes an engine and frees all it holds. Strings and errors that came from it stay valid until they are freed.
 *
 * engine: the engine; NULL is a harmless no-op.
 *
 * A closed engine must not be used again. In debug builds of the library every use of one is refused (LW_ERROR_CLOSED where
 * there is a status or an error), and closing it again does nothing; in release builds it is undefined behaviour, as with
 * free().
 *
 * Returns: nothing.
 * Threads: any, but only when no other thread is in a call with this engine or will make one.
 * Memory: frees the engine.
 */
void lw_close(lw_engine *engine);

/**
 * Reads the source again and puts it in force as a whole. On failure the old answers stay in force.
 *
 * engine: an open engine. One over a store needs no reload: it is always up to date, and this makes sure of it.
 * error: where to put what went wrong, or NULL. It is set to NULL on success.
 *
 * Checks go on meanwhile in other threads and are never held up: each is answered entirely from the old state or entirely
 * from the new one. A party that is gone keeps its number and is refused everything.
 *
 * Returns: LW_OK; LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or
 * LW_ERROR_INTERNAL.
 * Threads: any; reloads of one engine wait for each other.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_reload(lw_engine *engine,
                    lw_error **error);

/**
 * The revision in force: of a store the number of the last change set, of documents 1 after opening and one more with every
 * reload that succeeded. A caller that keeps answers compares it
 * to know when they are old.
 *
 * engine: an open engine.
 *
 * Returns: the revision; 0 if engine is NULL.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint64_t lw_revision(const lw_engine *engine);

/* ---- Errors and text ----------------------------------------------------------------------------------------------- */

/**
 * An error's message: for people, in one or more lines, lower case, without a full stop. A document's error names every fault
 * with file, line, column, what was found and what was expected.
 *
 * error: an error, or NULL.
 *
 * Returns: the message; "" if error is NULL.
 * Threads: any, concurrently.
 * Memory: the text belongs to the error and ends with it.
 */
const char *lw_error_message(const lw_error *error);

/**
 * An error's code.
 *
 * error: an error, or NULL.
 *
 * Returns: one of the LW_ERROR_ constants; LW_OK if error is NULL.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
lw_status lw_error_code(const lw_error *error);

/**
 * Frees an error and its message.
 *
 * error: an error; NULL is a harmless no-op.
 *
 * Returns: nothing.
 * Threads: any.
 * Memory: frees the error.
 */
void lw_error_free(lw_error *error);

/**
 * Frees a text that a function returned as `char *`. Never use free(): the library may have its own allocator.
 *
 * text: the text, unchanged; NULL is a harmless no-op.
 *
 * Returns: nothing.
 * Threads: any.
 * Memory: frees the text.
 */
void lw_string_free(char *text);

/**
 * A status in a few words.
 *
 * status: any number.
 *
 * Returns: the words; "unknown status" for a number that is none.
 * Threads: any, concurrently.
 * Memory: the text is the library's and stays valid for ever; never free it.
 */
const char *lw_status_text(lw_status status);

/**
 * A reason in a few words.
 *
 * reason: any number.
 *
 * Returns: the words; "another reason" for a number this library does not use.
 * Threads: any, concurrently.
 * Memory: the text is the library's and stays valid for ever; never free it.
 */
const char *lw_reason_text(lw_reason reason);

/* ---- Names and numbers --------------------------------------------------------------------------------------------- */

/**
 * The party of a name or extension. Ask once, keep the number, and check by number.
 *
 * engine: an open engine.
 * domain: the domain, or NULL where the engine has only one or the text begins with the domain and a slash.
 * name_or_number: a user's login or any of its extensions, `team:support`, `location:desk-7`, `device:door`,
 * `sip:bob@partner.example`, each also as `acme.example/alice`.
 *
 * Addresses and domains are taken in any spelling: escapes, the letter case of the domain, a dot behind it, letters beyond ASCII
 * or `xn--`, `<...>` with a display name, parameters and headers. A port, a password, `sips:` and whatever else is not surely the
 * same account names no party. Logins and extensions have one spelling. docs/embed.md has it all.
 *
 * A `sip:` address that no document names is an outside contact without entries and is given a number of its own, at most
 * 65,536 of them in an engine's life; lw_may_named asks about such an address without using one up.
 *
 * Returns: the party's number; 0 if there is none, the name fits several parties, or an argument is NULL or no good text.
 * Threads: any, concurrently.
 * Memory: keeps nothing of the arguments. Takes a lock and allocates only to give a new number to a `sip:` address.
 */
lw_party lw_find(const lw_engine *engine,
                 const char *domain,
                 const char *name_or_number);

/**
 * As lw_find, with an error for people that says what was found and which known name is near. For configuration, not for calls.
 *
 * engine, domain, name_or_number: as for lw_find.
 * error: where to put what went wrong, or NULL. It is set to NULL on success.
 *
 * Returns: the party's number; 0 on failure, with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN,
 * LW_ERROR_AMBIGUOUS, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any, concurrently.
 * Memory: may allocate. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_party lw_resolve(const lw_engine *engine,
                    const char *domain,
                    const char *name_or_number,
                    lw_error **error);

/**
 * A party as its own domain writes it: `alice`, `team:support`, `sip:bob@partner.example`.
 *
 * engine: an open engine.
 * party: the party.
 *
 * Returns: the text; NULL if no party has that number.
 * Threads: any, concurrently.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED char *lw_text(const lw_engine *engine, lw_party party);

/**
 * Which of a user's lines an extension is. Eight rights depend on the line; this is what their questions take as `line`.
 *
 * engine: an open engine.
 * party: the user.
 * extension: one of the user's extensions, alone or with its domain (`101`, `acme.example/101`).
 *
 * Returns: 1 the first line, 2 the second, 3 an additional one; 0 if the extension is none of the party's, which asks such a
 * question for all lines.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
unsigned int lw_line_of(const lw_engine *engine,
                        lw_party party,
                        const char *extension);

/**
 * What kind of party it is.
 *
 * engine: an open engine.
 * party: the party.
 *
 * Returns: one of the LW_KIND_ constants; 0 if no party has that number.
 * Threads: any, concurrently.
 * Memory: keeps nothing.
 */
lw_kind lw_party_kind(const lw_engine *engine, lw_party party);

/**
 * The name of the domain a party belongs to.
 *
 * engine: an open engine.
 * party: the party.
 *
 * Returns: the domain's name; NULL if no party has that number.
 * Threads: any, concurrently.
 * Memory: the name is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED char *lw_party_domain(const lw_engine *engine, lw_party party);

/**
 * How many domains there are.
 *
 * engine: an open engine.
 *
 * Returns: the number of domains; 0 if engine is NULL.
 * Threads: any, concurrently.
 * Memory: keeps nothing.
 */
size_t lw_domain_count(const lw_engine *engine);

/**
 * A domain's name, by its place: from 0 to lw_domain_count - 1, in the order of their documents.
 *
 * engine: an open engine.
 * place: the place. A reload may change places; the revision tells.
 *
 * Returns: the name, in lower case; NULL if there is no such place.
 * Threads: any, concurrently.
 * Memory: the name is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED char *lw_domain_name(const lw_engine *engine, size_t place);

/**
 * The right of a name, such as `call.pickup.first`, or `call.pickup` for all lines.
 *
 * name: the name.
 *
 * Returns: the right's number, one of the LW_ constants; 0 if no right is called so.
 * Threads: any, concurrently.
 * Memory: keeps nothing.
 */
lw_right lw_right_by_name(const char *name);

/**
 * The name of a right.
 *
 * right: the right's number.
 *
 * Returns: the name; NULL if no right has that number.
 * Threads: any, concurrently.
 * Memory: the name is the library's and stays valid for ever; never free it.
 */
const char *lw_right_name(lw_right right);

/* ---- Checks on the call path --------------------------------------------------------------------------------------- */

/**
 * May the actor do this to the target?
 *
 * engine: an open engine.
 * actor: who would act or look.
 * right: the right asked, one of the LW_ constants.
 * target: whose data, line or place it is.
 *
 * Returns: true on a proven yes; false otherwise, which includes a NULL engine and any unknown number.
 * Threads: any, concurrently, also one that has never called before.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may(const lw_engine *engine,
            lw_party actor,
            lw_right right,
            lw_party target);

/**
 * As lw_may, while the actor has a part in a transfer with the target. XPhone then adds a label to the pair; the part hangs
 * on the call, so pass it with every question asked for that call.
 *
 * engine, actor, right, target: as for lw_may.
 * role: the actor's part; LW_ROLE_NONE asks the same as lw_may, and anything that is no LW_ROLE_ constant is refused.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_in_call(const lw_engine *engine,
                    lw_party actor,
                    lw_right right,
                    lw_party target,
                    lw_call_role role);

/**
 * May the actor pick up a call that rings at the target? (`call.pickup`)
 *
 * engine: an open engine.
 * actor: who would pick up.
 * target: whose call it is: the user at whom it rings, or the team or queue, also where its call rings at an agent.
 * line: the target's line that rings: 1 the first, 2 the second, 3 and above an additional one. 0 asks for all lines at once;
 * no level of estos gives that, for none gives additional lines. A dialplan wants the line: lw_line_of says which one an
 * extension is; a team, or a user called by login name, is asked with 1.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_pick_up(const lw_engine *engine,
                    lw_party actor,
                    lw_party target,
                    unsigned int line);

/**
 * May the actor set, change or switch off the target's forwarding? (`forwarding.set`)
 *
 * engine: an open engine.
 * actor: who would set it.
 * target: whose calls are forwarded. Pass the actor itself for the everyday case: that, too, is a right.
 * line: the target's line, as for lw_may_pick_up.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_set_forward(const lw_engine *engine,
                        lw_party actor,
                        lw_party target,
                        unsigned int line);

/**
 * May the actor ring the target in spite of the target's forwarding? (`forwarding.bypass`)
 *
 * engine: an open engine.
 * actor: the party that calls.
 * target: the party that is called and has set the forwarding.
 *
 * Returns: true on a proven yes; false otherwise, and then the call follows the forwarding.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED bool lw_may_bypass_forward(const lw_engine *engine, lw_party actor, lw_party target);

/**
 * May the actor see whether the target is on the phone, the busy lamp? (`line.busy.read`)
 *
 * engine: an open engine.
 * actor: the party that sees the lamp.
 * target: the party whose state the lamp shows.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED bool lw_may_see_busy(const lw_engine *engine, lw_party actor, lw_party target);

/**
 * May the actor see the number of the other side of the target's call? (`call.number_incoming.read`,
 * `call.number_outgoing.read`, `call.number_in_call.read`)
 *
 * engine: an open engine.
 * actor: the party that sees the number.
 * target: the party that has the call.
 * line: the target's line, as for lw_may_pick_up.
 * direction: LW_INCOMING, LW_OUTGOING or LW_IN_CALL; anything else is refused.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_see_caller(const lw_engine *engine,
                       lw_party actor,
                       lw_party target,
                       unsigned int line,
                       lw_direction direction);

/**
 * May the user log in at the location? (`location.login`)
 *
 * engine: an open engine.
 * user: who would log in.
 * location: where; a party found as `location:desk-7`.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED bool lw_may_log_in(const lw_engine *engine, lw_party user, lw_party location);

/**
 * All rights of a pair at once: cheaper than asking for each when a client window needs many.
 *
 * engine: an open engine.
 * actor, target: as for lw_may.
 * out: where to put the set; it is empty first, and stays so on any failure. NULL is a no-op.
 *
 * Returns: nothing.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
void lw_rights_of(const lw_engine *engine, lw_party actor, lw_party target, lw_rights *out);

/**
 * Whether a set has a right: on all lines where a right that depends on the line is asked without its line.
 *
 * rights: a set that lw_rights_of has filled.
 * right: the right asked.
 *
 * Returns: true if the set has it; false otherwise, which includes NULL and a number that is no right.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_rights_has(const lw_rights *rights,
                   lw_right right);

/* ---- Many at once -------------------------------------------------------------------------------------------------- */

/**
 * May the actor do this to each of the targets? One call for a whole lamp panel; all answers are of one revision.
 *
 * engine: an open engine.
 * actor, right: as for lw_may.
 * targets: count parties. May be NULL if count is 0.
 * count: how many.
 * out: room for count answers, out[i] for targets[i]; must not overlap targets. All are false first.
 *
 * Returns: how many of the answers are true; 0 with all answers false on any failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
size_t lw_may_each_target(const lw_engine *engine,
                          lw_party actor,
                          lw_right right,
                          const lw_party *targets,
                          size_t count,
                          bool *out);

/**
 * May each of the actors do this to the target? For telling many watchers of one change.
 *
 * engine: an open engine.
 * actors: count parties. May be NULL if count is 0.
 * count: how many.
 * right, target: as for lw_may.
 * out: room for count answers, out[i] for actors[i]; must not overlap actors. All are false first.
 *
 * Returns: how many of the answers are true; 0 with all answers false on any failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
size_t lw_may_each_actor(const lw_engine *engine,
                         const lw_party *actors,
                         size_t count,
                         lw_right right,
                         lw_party target,
                         bool *out);

/* ---- Checks in text ------------------------------------------------------------------------------------------------ */

/**
 * The same question as lw_may in names or extensions, for dialplans that hold text. Keep numbers where you can: they are
 * several times as fast.
 *
 * engine: an open engine.
 * domain: the domain, or NULL, as for lw_find.
 * actor, target: names or extensions, as for lw_find. An outside `sip:` address gets no number by this.
 * right: the right's name: `call.pickup.first`, or `call.pickup` for all lines.
 *
 * Returns: true on a proven yes; false otherwise, which includes unknown names, NULL, text that is not UTF-8 and text longer
 * than LW_TEXT_MAX.
 * Threads: any, concurrently.
 * Memory: keeps nothing of the arguments; allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_named(const lw_engine *engine,
                  const char *domain,
                  const char *actor,
                  const char *right,
                  const char *target);

/* ---- Lists --------------------------------------------------------------------------------------------------------- */

/**
 * All parties of a domain, sorted by the bytes of their names.
 *
 * engine: an open engine.
 * domain: the domain, or NULL where the engine has only one.
 * out: room for capacity parties. May be NULL if capacity is 0, to learn the number.
 * capacity: how many fit.
 *
 * Returns: how many there are, which may be more than fit; at most capacity are written. 0 on any failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates for the time of the call.
 */
size_t lw_parties(const lw_engine *engine,
                  const char *domain,
                  lw_party *out,
                  size_t capacity);

/**
 * Everyone of the target's domain who may do this to the target, sorted by name.
 *
 * engine: an open engine.
 * right, target: as for lw_may.
 * out, capacity: as for lw_parties.
 *
 * Returns: how many there are, which may be more than fit; at most capacity are written. 0 if nobody may, and on any failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates for the time of the call.
 */
size_t lw_who(const lw_engine *engine,
              lw_right right,
              lw_party target,
              lw_party *out,
              size_t capacity);

/**
 * Everyone of the actor's domain to whom the actor may do this, sorted by name.
 *
 * engine: an open engine.
 * actor, right: as for lw_may.
 * out, capacity: as for lw_parties.
 *
 * Returns: how many there are, which may be more than fit; at most capacity are written. 0 if nobody, and on any failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates for the time of the call.
 */
size_t lw_whom(const lw_engine *engine,
               lw_party actor,
               lw_right right,
               lw_party *out,
               size_t capacity);

/**
 * Who is told of a waiting call of a team or queue (pascom's pickup notification), sorted by name.
 *
 * engine: an open engine.
 * team: the team.
 * logged_out, logged_out_count: the team's agents that are logged out now, and how many; NULL and 0 for none.
 * paused, paused_count: the team's agents that pause now, and how many; NULL and 0 for none.
 * out, capacity: as for lw_parties.
 * error: where to put what went wrong, or NULL. It is set to NULL on success.
 *
 * Returns: how many there are, which may be more than fit; at most capacity are written. 0 if nobody is told, and on failure,
 * with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates for the time of the call. A set *error is the caller's to free with lw_error_free.
 */
size_t lw_notified(const lw_engine *engine,
                   lw_party team,
                   const lw_party *logged_out,
                   size_t logged_out_count,
                   const lw_party *paused,
                   size_t paused_count,
                   lw_party *out,
                   size_t capacity,
                   lw_error **error);

/* ---- Why ----------------------------------------------------------------------------------------------------------- */

/**
 * The answer of lw_may with its reason, revision and deciding entry; for call records and logs.
 *
 * engine: an open engine.
 * actor, right, target: as for lw_may.
 * out: where to put the decision; it is a refusal first, and stays so on any failure.
 *
 * Returns: LW_OK if there is a decision, be it yes or no: look at out->allowed. LW_ERROR_UNKNOWN if actor, right or target is
 * unknown; LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: keeps nothing. Over a store it allocates nothing, locks nothing and makes no system call. Over documents it may
 * allocate, and takes a lock that a reload holds for the moment in which it puts the new rights in force.
 */
LW_WARN_UNUSED
lw_status lw_decide(const lw_engine *engine,
                    lw_party actor,
                    lw_right right,
                    lw_party target,
                    lw_decision *out);

/**
 * The answer of lw_may with every source that was looked at, which one decided, in which file and line, and for a no the
 * smallest changes that would make it a yes.
 *
 * engine: an open engine.
 * actor, right, target: as for lw_may.
 *
 * Returns: a JSON object with allowed, domain, actor, right, target, reason, summary (one line for people), sources, changes,
 * no_change (for a no without changes: why there are none) and revision; NULL if engine is NULL or right is no right.
 * Threads: any, concurrently.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_explain(const lw_engine *engine,
                 lw_party actor,
                 lw_right right,
                 lw_party target);

/**
 * As lw_explain, while the actor has a part in a transfer with the target.
 *
 * engine, actor, right, target, role: as for lw_may_in_call.
 *
 * Returns: as lw_explain; NULL also if role is no LW_ROLE_ constant.
 * Threads: any, concurrently.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_explain_in_call(const lw_engine *engine,
                         lw_party actor,
                         lw_right right,
                         lw_party target,
                         lw_call_role role);

/**
 * All rights of a pair by name, and the level the actor holds in each system of the target's domain.
 *
 * engine: an open engine.
 * actor, target: as for lw_may.
 *
 * Returns: a JSON object: rights is a sorted list of names, levels a list of objects with system and level. NULL if engine is
 * NULL.
 * Threads: any, concurrently.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_pair(const lw_engine *engine,
              lw_party actor,
              lw_party target);

/**
 * What is legal in the documents but likely wrong: open to everybody, dead grants, shadowed settings, empty groups.
 *
 * engine: an open engine.
 *
 * Returns: a JSON list of objects with rule (a stable id; each once for a domain), place (file and line), places (all of them, if
 * there are several) and message; `[]` if there is nothing to say; NULL if engine is NULL.
 * Threads: any, concurrently.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_lint(const lw_engine *engine);

/**
 * What was changed in a store, by whom and when, the newest first.
 *
 * engine: an open engine.
 * above: only revisions above this one; 0 for all.
 * limit: at most so many; 0 for all.
 *
 * Returns: a JSON list of objects with revision, at (milliseconds since 1970), by (`domain/name`, or empty for the administrator)
 * and changes (a list of lines, as lw_apply takes them); NULL if engine is NULL or not over a store, or the store cannot be read.
 * Threads: any, concurrently. It reads the store: not for the call path.
 * Memory: the text is the caller's to free with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_history(const lw_engine *engine,
                 uint64_t above,
                 uint32_t limit);

/* ---- Function codes ------------------------------------------------------------------------------------------------ */

/**
 * What a dialled function code means, whom it concerns, and whether the actor may.
 *
 * engine: an open engine.
 * actor: who dials.
 * code: what was dialled, with the code itself: `*8100`, `*7415#100`, `*44`. The codes are those of the actor's domain.
 * out: where to put the meaning; it is a refusal first, and stays so on any failure.
 *
 * A pickup or a forwarding is asked for the line that was dialled, and allowed holds for that line only: pick up what rings
 * there, forward what goes there. An extension that is no line of a user's, such as a team's, and a code without an extension
 * are asked as the first line. out->right is the right that was asked, with its line.
 *
 * A team's call that rings at the telephone of one of its agents is the team's: whether the actor may pick it up with the
 * agent's extension, lw_may_pick_up says of the team and not of the agent. Which call rings there, only the PBX knows.
 *
 * Returns: LW_OK if the code means something: look at out->allowed. LW_ERROR_UNASSIGNED if what was dialled begins with no
 * function code of the domain, LW_ERROR_CODE if what follows the code is malformed, LW_ERROR_UNKNOWN if it names an extension
 * nobody has or actor is unknown, LW_ERROR_LIMIT if its digits do not fit LW_DIGITS_SIZE (they are never cut);
 * LW_ERROR_ARGUMENT, LW_ERROR_AMBIGUOUS, LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: keeps nothing of the arguments; may allocate for the time of the call.
 */
LW_WARN_UNUSED
lw_status lw_dial(const lw_engine *engine,
                  lw_party actor,
                  const char *code,
                  lw_dialled *out);

/* ---- Changes ------------------------------------------------------------------------------------------------------- */

/**
 * Makes changes: all of them or none. When it returns LW_OK they are on the disk, and every process that has the store open
 * answers by them. A change that alters nothing makes no revision.
 *
 * engine: an engine over a store; documents are changed by editing them.
 * author: who changes: a user of the engine, or LW_ADMINISTRATOR. What a user may change is the engine's to decide.
 * domain: the domain of the changes, or NULL where the engine has only one or the text says it.
 * changes: one change a line, as docs/changes.md lists them: `set relationship alice bob assistant`. A line `in DOMAIN` says which
 * domain those after it are of. At most LW_CHANGES_MAX bytes.
 * revision: where to put the revision in force with the changes, or NULL.
 * error: where to put what went wrong, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_REFUSED if the author may not (the message names the rule); LW_ERROR_UNKNOWN for a name that nobody
 * bears; LW_ERROR_ARGUMENT for text that is no change, for what cannot be, and for an engine over documents; LW_ERROR_FILE if the
 * store cannot be written; LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. Nothing is changed then.
 * Threads: any; changes wait for each other, in all processes, for up to a minute. It waits for the disk: not for the call path.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_apply(lw_engine *engine,
                   lw_party author,
                   const char *domain,
                   const char *changes,
                   uint64_t *revision,
                   lw_error **error);

/**
 * XPhone: an owner's own setting for a viewer.
 *
 * engine, author, revision, error: as for lw_apply.
 * owner: whose setting it is.
 * viewer: whom it is for; an outside address may be one that lw_find has just given a number.
 * relationship: the relationship as documents write it: `assistant`, `blocked`.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_set_relationship(lw_engine *engine,
                              lw_party author,
                              lw_party owner,
                              lw_party viewer,
                              const char *relationship,
                              uint64_t *revision,
                              lw_error **error);

/**
 * XPhone: a viewer back to the owner's default relationship.
 *
 * engine, author, owner, viewer, revision, error: as for lw_set_relationship.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_clear_relationship(lw_engine *engine,
                                lw_party author,
                                lw_party owner,
                                lw_party viewer,
                                uint64_t *revision,
                                lw_error **error);

/**
 * estos: the level that an owner gives a viewer. A pending inquiry of the viewer is decided by it.
 *
 * engine, author, owner, viewer, revision, error: as for lw_set_relationship.
 * level: the level as documents write it: `team`, `blocked`.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_set_level(lw_engine *engine,
                       lw_party author,
                       lw_party owner,
                       lw_party viewer,
                       const char *level,
                       uint64_t *revision,
                       lw_error **error);

/**
 * estos: no level of the owner's own for a viewer.
 *
 * engine, author, owner, viewer, revision, error: as for lw_set_relationship.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_clear_level(lw_engine *engine,
                         lw_party author,
                         lw_party owner,
                         lw_party viewer,
                         uint64_t *revision,
                         lw_error **error);

/**
 * A user asks an owner for more than the user has: estos' inquiry; where only keevio runs, the client's Request.
 *
 * engine, revision, error: as for lw_apply.
 * viewer: who asks, and is the author.
 * owner: who is asked.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_request_access(lw_engine *engine,
                            lw_party viewer,
                            lw_party owner,
                            uint64_t *revision,
                            lw_error **error);

/**
 * An owner answers whoever has asked: see lw_pending. Not answering decides nothing.
 *
 * engine, revision, error: as for lw_apply.
 * owner: who was asked, and is the author.
 * viewer: who has asked.
 * level: estos: the level to give; NULL or `blocked` rejects. Where only keevio runs it must be NULL: the answer is the client's
 * Accept, and a client cannot reject.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_answer_request(lw_engine *engine,
                            lw_party owner,
                            lw_party viewer,
                            const char *level,
                            uint64_t *revision,
                            lw_error **error);

/**
 * Those who have asked an owner and wait for an answer, sorted by name.
 *
 * engine: an open engine.
 * owner: who was asked.
 * out, capacity: as for lw_parties.
 *
 * Returns: how many there are, which may be more than fit; at most capacity are written. 0 if there are none, and on any
 * failure.
 * Threads: any, concurrently; out must be the caller's alone.
 * Memory: allocates for the time of the call.
 */
size_t lw_pending(const lw_engine *engine,
                  lw_party owner,
                  lw_party *out,
                  size_t capacity);

/**
 * The state of a keevio subscription.
 *
 * engine: an open engine.
 * viewer: who has asked for the presence.
 * owner: whose presence it is.
 *
 * Returns: one of the LW_SUBSCRIPTION_ constants; LW_SUBSCRIPTION_NONE also on any failure.
 * Threads: any, concurrently.
 * Memory: may allocate for the time of the call.
 */
lw_subscription_kind lw_subscription_state(const lw_engine *engine,
                                           lw_party viewer,
                                           lw_party owner);

/**
 * XPhone: somebody gets a part in a transfer, for as long as the call lasts. Where the PBX passes the part with each question
 * (lw_may_in_call), this is not needed; it is for those who cannot.
 *
 * engine, author, revision, error: as for lw_apply; the author is most often LW_ADMINISTRATOR, the PBX itself.
 * call: what the PBX calls the call; to be given again to lw_end_transfer.
 * viewer: who has the part.
 * owner: towards whom.
 * role: LW_ROLE_CONSULTED or LW_ROLE_TRANSFERRING.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_begin_transfer(lw_engine *engine,
                            lw_party author,
                            const char *call,
                            lw_party viewer,
                            lw_party owner,
                            lw_call_role role,
                            uint64_t *revision,
                            lw_error **error);

/**
 * XPhone: a call has ended, and with it all parts in its transfers.
 *
 * engine, author, domain, revision, error: as for lw_apply.
 * call: as it was given to lw_begin_transfer. A call that nobody has begun is no error.
 *
 * Returns: as for lw_apply.
 * Threads: as for lw_apply.
 * Memory: as for lw_apply.
 */
LW_WARN_UNUSED
lw_status lw_end_transfer(lw_engine *engine,
                          lw_party author,
                          const char *domain,
                          const char *call,
                          uint64_t *revision,
                          lw_error **error);

/**
 * Waits until a revision, or a later one, is in force: what another process was told by lw_apply can be asked here after this.
 *
 * engine: an open engine.
 * revision: the revision to wait for.
 * milliseconds: how long at most; 0 does not wait.
 *
 * Returns: true once it is in force; false if it has not come, or engine is NULL.
 * Threads: any, concurrently; lw_close may not run beside it. Not for the call path.
 * Memory: allocates nothing.
 */
bool lw_wait_for(const lw_engine *engine,
                 uint64_t revision,
                 uint32_t milliseconds);

/* ---- Watching for changes ------------------------------------------------------------------------------------------ */

/**
 * Calls a function with exactly the answers that each revision flips, so that a PBX refreshes only the lamps concerned. A flip
 * is in force before it is reported. One call may report several revisions; none is lost, however slow the callback is, and
 * a slow callback delays no other watcher and no change. Watching starts from the revision in force when this returns. Only
 * pairs within one domain are reported, not actors of another domain.
 *
 * engine: an open engine, over a store or documents.
 * rights: the rights to watch; NULL with count 0 for all.
 * count: the number of rights.
 * on_change: the function to call.
 * data: passed to on_change unchanged; the library never dereferences it.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * All watchers of one engine share one copy of the image, to compare with.
 *
 * Returns: the watcher, which the caller ends with lw_watch_end; NULL on failure, with *error saying why
 * (LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any. It starts a thread that blocks all signals and calls on_change, one call at a time. The callback may call every
 * function but lw_close. A forked child has no such thread: watch after the fork.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_watcher *lw_watch(lw_engine *engine,
                     const lw_right *rights,
                     size_t count,
                     lw_watch_callback on_change,
                     void *data,
                     lw_error **error);

/**
 * Calls a function whenever another revision comes into force, without saying which answers flip: for a PBX that checks its
 * lamps itself. It costs one sleeping thread and copies nothing. It starts from the revision in force when this returns;
 * revisions in quick succession are reported as one, the last.
 *
 * engine: an open engine, over a store or documents; documents change by a reload.
 * on_revision: the function to call.
 * data: passed to on_revision unchanged; the library never dereferences it.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: the watcher, which the caller ends with lw_watch_end; NULL on failure, with *error saying why
 * (LW_ERROR_ARGUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any. It starts a thread that blocks all signals and calls on_revision, one call at a time. The callback may call
 * every function but lw_close. A forked child has no such thread: call this after the fork.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_watcher *lw_on_revision(lw_engine *engine,
                           lw_revision_callback on_revision,
                           void *data,
                           lw_error **error);

/**
 * Ends a watcher of lw_watch or lw_on_revision. When it returns, the callback is not running and will not be called again. Called
 * from the callback itself, it returns at once and no further call follows.
 *
 * watcher: the watcher; NULL is a harmless no-op. End it even if its engine was closed: closing stops it but does not free it.
 *
 * Returns: nothing.
 * Threads: any. It waits for a running callback, so hold no lock that the callback takes.
 * Memory: frees the watcher.
 */
void lw_watch_end(lw_watcher *watcher);

/* ---- Versions ------------------------------------------------------------------------------------------------------ */

/**
 * The library's ABI number, which is also the number at the end of its SONAME. A program asserts at its start that it equals
 * LW_ABI_VERSION, the number of the header it was compiled with.
 *
 * Returns: the ABI number.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint32_t lw_abi_version(void);

/**
 * The library's version as text, such as "1.2.3".
 *
 * Returns: the version, to be compared with LW_VERSION.
 * Threads: any, concurrently.
 * Memory: the text is the library's and stays valid for ever; never free it.
 */
const char *lw_version(void);

/**
 * The library's version as a number: major * 1000000 + minor * 1000 + patch.
 *
 * Returns: the version, to be compared with LW_VERSION_NUMBER.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint32_t lw_version_number(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LINEWARDEN_H */
