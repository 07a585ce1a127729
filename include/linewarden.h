/*
 * linewarden.h - may this person do this to that person's line?
 *
 * This file is the reference manual of linewarden's C interface. The build generates it from the library's source; do not
 * edit it.
 *
 * linewarden answers one question for a telephone system: may an actor (a user, an outside contact) use a right (pick up a
 * call, set a forwarding, see a number) on a target (a user, a team, a location, a device)? It reads the answer from policy
 * documents, or from a store that can change while calls run, in the terms of XPhone, estos, pascom or keevio.
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
 *         puts("alice may pick up a call at bob's first line");
 *     lw_close(engine);
 *
 * CAVEATS
 *
 *   Emergency calls must never be placed behind a check. No answer of this library, and no failure of it, may stop a call to an
 *   emergency number: route those numbers before the first lw_ call.
 *
 *   A refusal does not prove that a rule refuses. NULL, unknown numbers and defects inside the library are answered no as well;
 *   lw_decide and lw_explain tell the cases apart.
 *
 *   Party numbers are valid only in the engine that gave them. In another engine the same number is another party.
 *
 *   The library answers what the documents say. It authenticates no party: authenticating the actor is the PBX's job.
 *
 * CONVENTIONS
 *
 *   Refusal is the zero value: false, 0, NULL, an all-zero struct. Only a proven yes is true. Refused are: NULL where an object or
 *   a text is expected, text that is not UTF-8 or longer than LW_TEXT_MAX bytes, unknown numbers, and every call in which a panic
 *   is caught. A status is LW_OK (0) or negative: compare it with LW_OK, never use it as a truth value.
 *
 *   Outputs come last. The library sets a struct or array for answers to a refusal before it does anything else. `lw_error **error`
 *   is the very last parameter and may be NULL; otherwise *error is set to NULL first, and to an error if the call fails.
 *
 *   Ownership: end an `lw_engine *` with lw_close, an `lw_watcher *` with lw_watch_end, an `lw_error *` with lw_error_free, a
 *   `char *` with lw_string_free. Never free a `const char *`. These four functions accept NULL as a no-op. Never pass a pointer of
 *   the library to free(). The library keeps no argument after a call, except the function and the data of a watcher.
 *
 *   Named numbers (lw_right, lw_status, lw_reason, ...) are plain integers, because C does not check the range of an enum. A
 *   constant may be added; it is never removed and never changes its meaning.
 *
 * THREADS
 *
 *   Open an engine once and share it between all threads. `const lw_engine *` means: any number of threads at once, without a
 *   lock of yours. lw_reload may run beside all of them. lw_close must not run beside any call. Only lw_watch and lw_on_revision
 *   start a thread. A thread needs no set-up before its first call and no clean-up after its last.
 *
 * FORK
 *
 *   A child of fork() may ask an engine that was opened before the fork: checks take no lock, so none can hang. Over a store,
 *   parent and children see each other's changes at once, as all processes do, and each may make changes. Over documents the child
 *   has a copy: a reload in one process is not seen in the other, so reload in each, or open after the fork. If another thread was
 *   inside a call that is not on the call path when the process forked, the child must make calls on the call path only, and must
 *   end with _exit() instead of lw_close. The thread of a watcher stays with the parent: call lw_watch after the fork.
 *
 * STORES
 *
 *   A store is a file, `rights.db`, that `linewarden import` makes from documents. It needs Linux or Windows, and a local disk. Change it with
 *   lw_apply, the functions beside it, or the command. Its files are also `rights.db-wal`, `rights.db-shm` and `rights.db-image`,
 *   the compiled rights that all processes map: never truncate that file while the store is open (see lw_survive_truncation). All processes must use the same
 *   version of the library. A process that can read but not write the files can ask and not change. A process that opens the file
 *   without this library may release its locks: copy a store with `linewarden backup`.
 *
 * DLCLOSE
 *
 *   The library stays mapped after dlclose (it is linked with -z nodelete), so a late call does not run into unmapped code. Close
 *   every engine before unloading. Only a new process loads a new build of the library.
 *
 * SIGNALS
 *
 *   The library installs no handler, but for that of lw_survive_truncation, and blocks signals only in the threads that it starts.
 *   Never call it from a signal handler.
 *   A read that a signal interrupts is continued.
 *
 * MEMORY
 *
 *   The functions under "Checks on the call path", "Many at once", "Checks in text" and "Destinations" allocate nothing, take no
 *   lock and make no system call. Opening, reloading, changing and lw_watch need memory for the old state and the new.
 *   If the system refuses memory to a call that allocates, the process ends: Rust's allocator aborts.
 *
 *   A panic inside the library is a defect; please report it. It is caught, the call is refused, and the next call works. Rust
 *   prints the panic message to stderr; the library prints nothing else.
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

/** Marks functions whose result matters: a dropped answer, a leaked object, an unseen error. */
#if defined(__GNUC__) || defined(__clang__)
#define LW_WARN_UNUSED __attribute__((warn_unused_result))
#else
#define LW_WARN_UNUSED
#endif

/* ---- Limits -------------------------------------------------------------------------------------------------------- */

/** Longest accepted text in bytes, without the terminating NUL. Longer text is refused. */
#define LW_TEXT_MAX 4096
/** Longest text of changes that lw_apply accepts, in bytes, without the terminating NUL: 16 MiB. */
#define LW_CHANGES_MAX 16777216
/** Size of `lw_dialled.digits` in bytes, with the terminating NUL. */
#define LW_DIGITS_SIZE 256
/** The most bytes that the log of a shadow grows to: 64 MiB. */
#define LW_SHADOW_LOG_MAX 67108864

/* ---- Types --------------------------------------------------------------------------------------------------------- */

/**
 * An open source: one document, a folder of documents or a store, with the rights of all its domains. Opaque; made by lw_open,
 * ended by lw_close, shared by all threads in between.
 */
typedef struct lw_engine lw_engine;

/** Why a call failed, as a code for programs and a message for people. Opaque; the caller frees it with lw_error_free. */
typedef struct lw_error lw_error;

/** A shadow: what a domain's policy would refuse. Opaque; made by lw_shadow_begin, ended by lw_shadow_end. */
typedef struct lw_shadow lw_shadow;

/** A running callback for the changes of an engine. Opaque; made by lw_watch or lw_on_revision, ended by lw_watch_end. */
typedef struct lw_watcher lw_watcher;

/** Options of lw_open_with. All zero but size is what lw_open does. */
typedef struct {
    /** sizeof(lw_options). */
    size_t size;
    /**
     * How many milliseconds opening, a change and a reload wait for another thread or process that changes the store, before they fail
     * with LW_ERROR_FILE; 0 for 60,000. Checks never wait.
     */
    uint32_t patience;
    /**
     * Not 0: every change through this engine fails with LW_ERROR_ARGUMENT. It follows the changes of others, and may still make the
     * store's image anew, which is not the policy.
     */
    uint32_t read_only;
} lw_options;

/**
 * The result of a call that can fail: LW_OK, which is 0, or one of the negative LW_ERROR_ constants. Never use a status as a
 * truth value: a negative error is true in C. Codes may be added, so treat any negative number as a failure.
 */
typedef int32_t lw_status;

/** The reason of an answer: one of the LW_REASON_ constants. Numbers below 16 say no, from 16 on yes; more may be added. */
typedef uint32_t lw_reason;

/**
 * The number of a party (user, outside contact, team, location or device). It is stable while the engine that gave it is open,
 * across reloads and changes, and is never reused for another party. 0 is no party. In another engine the same number is another
 * party: never mix the numbers of two engines.
 */
typedef uint32_t lw_party;

/** The kind of a party: one of the LW_KIND_ constants; 0 is none. */
typedef uint32_t lw_kind;

/**
 * The number of a right: one of the LW_ constants. 0 is no right. Every function refuses a number that is no right.
 *
 * Eight rights depend on the line. Each has four constants: the one without a suffix means all three kinds of line at once,
 * `_FIRST`, `_SECOND` and `_ADDITIONAL` mean one.
 */
typedef uint32_t lw_right;

/** The actor's role in a running transfer: one of the LW_ROLE_ constants. Any other number is refused. */
typedef uint32_t lw_call_role;

/** The direction of a call: LW_INCOMING, LW_OUTGOING or LW_IN_CALL. Any other number is refused. */
typedef uint32_t lw_direction;

/**
 * All rights of a pair. All zero is no right. Query it with lw_rights_has; the words are public so that a program can store,
 * compare and combine sets.
 */
typedef struct {
    /**
     * Bit r % 64 of word r / 64 is set if the pair has the right with number r. Rights that depend on the line have no bit under
     * their bare names (numbers from 128 on): the pair has such a right if it has it on all three lines.
     */
    uint64_t words[2];
} lw_rights;

/** A yes or no with its reason. All zero is a refusal. */
typedef struct {
    /** The answer. */
    bool allowed;
    /** The reason. */
    lw_reason reason;
    /** The revision of the answer; see lw_revision. */
    uint64_t revision;
    /**
     * Line number of the deciding entry in the document of the target's domain, from 1; 0 if no single entry decided, and always
     * over a store, whose entries have no line in a document.
     */
    uint32_t line;
} lw_decision;

/** The function of a function code: one of the LW_FUNCTION_ constants; 0 is none. */
typedef uint32_t lw_function;

/** The meaning of a dialled function code, and whether the actor may use it. All zero is a refusal. */
typedef struct {
    /** The function. */
    lw_function function;
    /** The party whose call, forwarding or login it concerns. */
    lw_party subject;
    /** The right that was checked, on the dialled line; 0 if the function needs none. */
    lw_right right;
    /** Whether the actor may use it. For a forwarding with a target, whether the target may be set, too. */
    bool allowed;
    /** The target of the forwarding as dialled, NUL-terminated; empty if the function takes none. */
    char digits[LW_DIGITS_SIZE];
    /**
     * The line of the dialled extension: 1 the first, 2 the second, 3 an additional one; 0 if no extension was dialled, or that of a
     * team.
     */
    uint8_t line;
} lw_dialled;

/** The class of a number: one of the LW_CLASS_ constants; 0 is none. */
typedef uint32_t lw_class;

/**
 * Why a forwarding or a call may lead to a number or not: one of the LW_DESTINATION_ constants. Numbers below 16 say no, from 16 on
 * yes; more may be added.
 */
typedef uint32_t lw_destination_reason;

/** Whether a forwarding or a call may lead to a number, with the reason. All zero is a refusal. */
typedef struct {
    /** The answer. */
    bool allowed;
    /** The class of the number; 0 if it has none. */
    lw_class number_class;
    /** The reason. */
    lw_destination_reason reason;
    /** The revision of the answer; see lw_revision. */
    uint64_t revision;
} lw_destination;

/** The state of a keevio subscription: one of the LW_SUBSCRIPTION_ constants. */
typedef uint32_t lw_subscription_kind;

/** How a store stands towards its log: one of the LW_STATE_ constants; 0 is unknown. */
typedef uint32_t lw_state_kind;

/** How a store stands towards the log it belongs to. All zero is unknown. */
typedef struct {
    /** The state. */
    lw_state_kind kind;
    /** The epoch; it rises where a store that followed becomes a store of its own. */
    uint64_t epoch;
    /** The last revision of the log here. */
    uint64_t revision;
    /** How many revisions the other store had more when it was last heard from. */
    uint64_t lag;
    /** Milliseconds since the other store was last heard from; 0 for a store that stands alone, UINT64_MAX if it is not known. */
    uint64_t age;
} lw_store_state;

/** An answer of a shadow: one of the LW_SHADOW_ constants. As a condition in C it says whether the PBX goes on. */
typedef uint32_t lw_shadow_answer;

/** A block of changed decisions: for every actor, right and target (except an actor towards itself) the decision is now `allowed`. */
typedef struct {
    /** The domain's name. */
    const char *domain;
    /** The changed rights. */
    lw_rights rights;
    /**
     * The actors; NULL if any decision of the domain may have changed (the change concerns more parties than are compared): then
     * ask again about everything.
     */
    const lw_party *actors;
    /** The number of actors. */
    size_t actor_count;
    /** The targets; NULL if each actor towards itself is meant, and if actors is NULL. */
    const lw_party *targets;
    /** The number of targets. */
    size_t target_count;
    /** The new decision. */
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

/** How important a message is: one of the LW_LOG_ constants. */
typedef uint32_t lw_log_level;

/**
 * The callback of lw_set_log.
 *
 * data: the pointer given to lw_set_log.
 * level: one of the LW_LOG_ constants.
 * message: one line or more, UTF-8; valid during the call only.
 */
typedef void (*lw_log_callback)(void *data, lw_log_level level, const char *message);

/* ---- Authors of changes -------------------------------------------------------------------------------------------- */

/** The administrator, as author of a change. The author 0, the result of a failed lookup, may change nothing. */
#define LW_ADMINISTRATOR UINT32_MAX

/* ---- Kinds of parties ---------------------------------------------------------------------------------------------- */

/** A user: a person with a login and lines in the domain. */
#define LW_KIND_USER 1
/** An outside contact, known by a `sip:` address. */
#define LW_KIND_CONTACT 2
/** A pascom team or queue. */
#define LW_KIND_TEAM 3
/** A location where users log in. */
#define LW_KIND_LOCATION 4
/** A device. */
#define LW_KIND_DEVICE 5

/* ---- Statuses ------------------------------------------------------------------------------------------------------ */

/** Success. */
#define LW_OK 0
/** An argument is NULL, not UTF-8, longer than LW_TEXT_MAX, or outside its range. */
#define LW_ERROR_ARGUMENT (-1)
/** An unknown name, number, id or right. */
#define LW_ERROR_UNKNOWN (-2)
/** A document has faults; the message lists each with file, line and column. */
#define LW_ERROR_DOCUMENT (-3)
/** A file or folder cannot be read, or a store cannot be written. */
#define LW_ERROR_FILE (-4)
/** The digits after a dialled function code are malformed. */
#define LW_ERROR_CODE (-5)
/** A documented limit would be exceeded. */
#define LW_ERROR_LIMIT (-6)
/** A name or number matches several parties. */
#define LW_ERROR_AMBIGUOUS (-7)
/** The engine has been closed (debug builds only; in release builds a closed engine must not be used). */
#define LW_ERROR_CLOSED (-8)
/** The author may not make this change; the message names the rule. Nothing was changed. */
#define LW_ERROR_REFUSED (-9)
/** The dialled text begins with no function code of the domain: an ordinary number, or a code of the PBX itself. */
#define LW_ERROR_UNASSIGNED (-10)
/** The store holds a change set that its upstream does not, or a token names one that the store does not hold. */
#define LW_ERROR_FORKED (-11)
/** The store follows another one: make the change there. Nothing was changed. */
#define LW_ERROR_FOLLOWS (-12)
/** The store belongs to a cluster, and cannot reach it now. Nothing was changed. */
#define LW_ERROR_CUT_OFF (-13)
/** It is not known whether the cluster made the change: an answer was lost on its way. */
#define LW_ERROR_UNSETTLED (-14)
/** A defect of this library: a panic was caught and the call refused. The next call works. */
#define LW_ERROR_INTERNAL (-99)

/* ---- Directions of a call ------------------------------------------------------------------------------------------ */

/** The call rings at the target. */
#define LW_INCOMING 1
/** The target is calling. */
#define LW_OUTGOING 2
/** The call is established. */
#define LW_IN_CALL 3

/* ---- Roles in a transfer ------------------------------------------------------------------------------------------- */

/** No role in a transfer: the ordinary question. */
#define LW_ROLE_NONE 0
/** The actor is consulted (XPhone's system label "forwarding participant"). */
#define LW_ROLE_CONSULTED 1
/** The actor transfers the call (XPhone's system label "forwarder"). */
#define LW_ROLE_TRANSFERRING 2

/* ---- Functions that can be dialled --------------------------------------------------------------------------------- */

/** Pick up the call that rings at an extension. */
#define LW_FUNCTION_PICKUP 1
/** Activate the forwarding of an extension; the PBX asks for its target by voice. */
#define LW_FUNCTION_FORWARD_ASK 2
/** Switch the forwarding of an extension off, or the stored one on again. */
#define LW_FUNCTION_FORWARD_TOGGLE 3
/** Set the forwarding of an extension to the dialled digits. */
#define LW_FUNCTION_FORWARD_SET 4
/** Log in at the terminal that dials, or log out of it. */
#define LW_FUNCTION_LOGIN 5

/* ---- States of a keevio subscription ------------------------------------------------------------------------------- */

/** The viewer has not asked for the owner's presence. */
#define LW_SUBSCRIPTION_NONE 0
/** The viewer has asked; the owner has not answered. */
#define LW_SUBSCRIPTION_PENDING 1
/** The owner has agreed. */
#define LW_SUBSCRIPTION_GRANTED 2

/* ---- Answers of a shadow ------------------------------------------------------------------------------------------- */

/** No, and the shadow is not about it: another domain or right, a party that is none, or its end has come. Refuse. */
#define LW_SHADOW_NO 0
/** Yes by the policy. */
#define LW_SHADOW_YES 1
/** The policy says no. Do as the PBX did before; it is written into the log. */
#define LW_SHADOW_WOULD_REFUSE 2

/* ---- Reasons ------------------------------------------------------------------------------------------------------- */

/** Actor, right or target is unknown, or the engine is closed. */
#define LW_REASON_UNKNOWN 0
/** No: no source gives the right. */
#define LW_REASON_NOT_GRANTED 1
/** No: the right does not apply between these kinds of parties. */
#define LW_REASON_NOT_APPLICABLE 2
/** No: the owner's own XPhone setting decides, and its label lacks the right. */
#define LW_REASON_OWN_SETTING_LACKS 3
/** No: the owner is a VIP and has no setting for the actor. */
#define LW_REASON_VIP 4
/** No: the owner's line is private (estos), so only the owner sees the numbers of its calls. */
#define LW_REASON_PRIVATE_LINE 5
/** No: the target is exempt from the right, whatever a rule says. */
#define LW_REASON_EXEMPT 6
/** No: the store has not heard from the log that it follows for longer than the domain allows (`longest_age`). */
#define LW_REASON_TOO_OLD 7
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
/** Yes: the actor's role in a transfer. */
#define LW_REASON_TRANSFER 22
/** Yes: the XPhone label Unknown, which applies where no other label does, has the right. */
#define LW_REASON_UNKNOWN_LABEL 23
/** Yes: the estos global preset. */
#define LW_REASON_GLOBAL_AUTHORIZATION 32
/** Yes: an estos authorization group. */
#define LW_REASON_AUTHORIZATION_GROUP 33
/** Yes: the actor leads an estos authorization group. */
#define LW_REASON_GROUP_LEADER 34
/** Yes: the owner's own estos grant. */
#define LW_REASON_OWN_GRANT 35
/** Yes: several sources together give the right, none of them all of it. */
#define LW_REASON_SOURCES_TOGETHER 36
/** Yes: the administrator's grant to this actor towards the owner (estos). */
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
/** Yes: a rule of linewarden's own system. */
#define LW_REASON_RULE 96
/** Yes: the forwarding may be set, and the domain opens this class of destinations to every forwarding. */
#define LW_REASON_DESTINATION 97

/* ---- States of a store --------------------------------------------------------------------------------------------- */

/** It follows no other store: changes are made here. */
#define LW_STATE_ALONE 1
/** It follows another store and heard from it lately. */
#define LW_STATE_FOLLOWING 2
/** It follows another store and heard nothing for too long. */
#define LW_STATE_CUT_OFF 3
/** It has change sets that the store it follows does not have. Put a backup of that store in its place. */
#define LW_STATE_FORKED 4

/* ---- Classes of numbers -------------------------------------------------------------------------------------------- */

/** An extension of the domain. */
#define LW_CLASS_INTERNAL 1
/** The own area. */
#define LW_CLASS_LOCAL 2
/** The own country, where no other class holds. */
#define LW_CLASS_NATIONAL 3
/** Mobile numbers of the own country. */
#define LW_CLASS_MOBILE 4
/** Another country. */
#define LW_CLASS_INTERNATIONAL 5
/** What costs more than a call: premium rate, satellites, directories, carrier selection. */
#define LW_CLASS_PREMIUM 6
/** An emergency number. */
#define LW_CLASS_EMERGENCY 7
/** Forbidden by the document. */
#define LW_CLASS_BLOCKED 8

/* ---- Reasons about numbers ----------------------------------------------------------------------------------------- */

/** A party is unknown, or the engine is closed. */
#define LW_DESTINATION_UNKNOWN 0
/** No: the right to set the forwarding is missing on that line. */
#define LW_DESTINATION_NOT_GRANTED 1
/** No: the right for the class of the number is missing. */
#define LW_DESTINATION_CLASS_NOT_GRANTED 2
/** No: it is no number, or where it leads is not known. */
#define LW_DESTINATION_NO_CLASS 3
/** No: an emergency number is never the target of a forwarding. */
#define LW_DESTINATION_EMERGENCY 4
/** No: the forwarding would lead back to the party whose calls are forwarded. */
#define LW_DESTINATION_ONESELF 5
/** No: the document forbids the number. */
#define LW_DESTINATION_BLOCKED 6
/** Yes: all rights that are needed are there. */
#define LW_DESTINATION_GRANTED 16
/** Yes: a call to an emergency number needs no right. */
#define LW_DESTINATION_EMERGENCY_CALL 17

/* ---- Levels of the log --------------------------------------------------------------------------------------------- */

/** Something is wrong, and answers may be refused until it is mended. */
#define LW_LOG_ERROR 1
/** Something went wrong, and was mended or is tried again. */
#define LW_LOG_WARNING 2
/** What the library has done. */
#define LW_LOG_INFO 3

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
/** `call.park`: park a call of the target. */
#define LW_CALL_PARK 70
/** `call.retrieve`: retrieve a parked or held call of the target. */
#define LW_CALL_RETRIEVE 71
/** `call.barge`: barge into a call of the target. */
#define LW_CALL_BARGE 72
/** `call.listen`: listen to a call of the target. */
#define LW_CALL_LISTEN 73
/** `call.whisper`: speak to the target during a call, unheard by the other side. */
#define LW_CALL_WHISPER 74
/** `call.record`: record a call of the target. */
#define LW_CALL_RECORD 75
/** `forwarding.to.internal`: forward the target's calls to an internal extension. */
#define LW_FORWARDING_TO_INTERNAL 76
/** `forwarding.to.local`: forward the target's calls to a local number. */
#define LW_FORWARDING_TO_LOCAL 77
/** `forwarding.to.national`: forward the target's calls to a national number. */
#define LW_FORWARDING_TO_NATIONAL 78
/** `forwarding.to.mobile`: forward the target's calls to a mobile number. */
#define LW_FORWARDING_TO_MOBILE 79
/** `forwarding.to.international`: forward the target's calls to a foreign number. */
#define LW_FORWARDING_TO_INTERNATIONAL 80
/** `forwarding.to.premium`: forward the target's calls to a premium-rate number. */
#define LW_FORWARDING_TO_PREMIUM 81
/** `call.to.internal`: call an internal extension; asked towards oneself. */
#define LW_CALL_TO_INTERNAL 82
/** `call.to.local`: call a local number; asked towards oneself. */
#define LW_CALL_TO_LOCAL 83
/** `call.to.national`: call a national number; asked towards oneself. */
#define LW_CALL_TO_NATIONAL 84
/** `call.to.mobile`: call a mobile number; asked towards oneself. */
#define LW_CALL_TO_MOBILE 85
/** `call.to.international`: call a foreign number; asked towards oneself. */
#define LW_CALL_TO_INTERNATIONAL 86
/** `call.to.premium`: call a premium-rate number; asked towards oneself. */
#define LW_CALL_TO_PREMIUM 87

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* ---- Opening and closing ------------------------------------------------------------------------------------------- */

/**
 * Opens a document, a folder whose `*.toml` files hold one document per domain, or a store.
 *
 * A document, a store, or a store's folder that everyone on the machine may write is refused. A store's image (its name with `-image`
 * behind it) is mapped by every process that has it open. Only root and its owner and group can write to it. Never do so: never
 * make that file shorter, and never copy another one over it. Where it was made shorter, the system ends every process that asks
 * it then (SIGBUS), but for those that have called lw_survive_truncation: they answer no. If it is removed, replaced or
 * locked instead, this process goes on, and others get an error that names it.
 *
 * source: path of the file or folder, UTF-8. It is copied; lw_reload reads the same path again, so pass an absolute path if
 * the process changes its working directory.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: the engine, which the caller ends with lw_close; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
 * LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT or LW_ERROR_INTERNAL). Nothing is half loaded.
 * Threads: any, with at least 96 KiB of stack left, or it is LW_ERROR_LIMIT; so for every function with an error parameter and those
 * that return text. Checks need less than 16 KiB. It starts no thread and installs nothing in the process.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_engine *lw_open(const char *source,
                   lw_error **error);

/**
 * The same as lw_open, with options.
 *
 * source, error: as for lw_open.
 * options: the options, copied; NULL for those of lw_open. Set them to zero first, then size to sizeof(lw_options).
 *
 * Returns: as lw_open; LW_ERROR_ARGUMENT also where size is another, that is where this library is of another version than the
 * header that the program was built with.
 * Threads: as lw_open.
 * Memory: as lw_open.
 */
LW_WARN_UNUSED
lw_engine *lw_open_with(const char *source,
                        const lw_options *options,
                        lw_error **error);

/**
 * Closes an engine and frees its memory. Texts and errors that it returned stay valid until they are freed.
 *
 * engine: the engine; NULL is a harmless no-op.
 *
 * Never use a closed engine. Debug builds of the library refuse every use of one (LW_ERROR_CLOSED where there is a status or an
 * error) and ignore a second close; in release builds both are undefined behaviour, as with free().
 *
 * Returns: nothing.
 * Threads: any, but only while no other thread is in a call with this engine or will make one. It waits for a running callback of
 * a watcher.
 * Memory: frees the engine.
 */
void lw_close(lw_engine *engine);

/**
 * Makes this process survive when the image of a store that it has open is made shorter (truncate, cp or > over it), or its disk can
 * no longer be read. Without this call the system ends the process (SIGBUS). With it, every check of that store is refused from
 * then on, and every change and lw_reload fails with LW_ERROR_FILE, until the process closes the engine and opens the store again.
 * Nothing is answered by half of an image. What is left to the caller: never copy another image of the same store over the file;
 * where no check meets the moment in which it is short, checks follow the copy until the next change.
 *
 * It installs a handler for SIGBUS on the alternate stack, where the thread has one. Call it once, after the program has installed a handler of its own,
 * if it has one: every SIGBUS that is not about an image goes there. A thread that blocks SIGBUS is ended by the system all the same.
 * The handler stays until the process ends, in forked children too; a second call changes nothing.
 *
 * On Windows it does nothing: no program can make a mapped file shorter there.
 *
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK, also where there is nothing to do; LW_ERROR_INTERNAL where the system takes no handler.
 * Threads: any.
 * Memory: the caller frees a set *error with lw_error_free.
 */
lw_status lw_survive_truncation(lw_error **error);

/**
 * Reads the source again and puts it in force as a whole. On failure the old answers stay in force.
 *
 * engine: an open engine. An engine over a store needs no reload: it is always up to date; this call only catches up with the log.
 * If the store's image was damaged meanwhile, every check was refused: this call makes it anew, and fails once with LW_ERROR_FILE to say
 * so. Every change does that, too, and then changes nothing else.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Checks in other threads continue meanwhile and never wait: each answer comes entirely from the old state or entirely from the
 * new one. A removed party keeps its number and is refused everything.
 *
 * Returns: LW_OK; LW_ERROR_ARGUMENT, LW_ERROR_FILE, LW_ERROR_DOCUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or
 * LW_ERROR_INTERNAL.
 * Threads: any; reloads of one engine run one after the other.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_reload(lw_engine *engine,
                    lw_error **error);

/**
 * The revision in force. Over a store it is the number of the last change set; over documents it is 1 after opening and grows by
 * one with every successful reload. A caller that stores answers compares it to know when they are out of date.
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
 * The message of an error, for people: one or more lines, lower case, without a full stop. The error of a document lists every
 * fault with file, line, column, what was found and what was expected.
 *
 * error: an error, or NULL.
 *
 * Returns: the message; "" if error is NULL.
 * Threads: any, concurrently.
 * Memory: the text belongs to the error and is freed with it.
 */
const char *lw_error_message(const lw_error *error);

/**
 * The code of an error.
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
 * Frees a text that a function returned as `char *`. Never use free(): the library may use another allocator.
 *
 * text: the text, unchanged; NULL is a harmless no-op.
 *
 * Returns: nothing.
 * Threads: any.
 * Memory: frees the text.
 */
void lw_string_free(char *text);

/**
 * A short text for a status.
 *
 * status: any number.
 *
 * Returns: the text; "unknown status" for a number that is no status.
 * Threads: any, concurrently.
 * Memory: the text is static; never free it.
 */
const char *lw_status_text(lw_status status);

/**
 * A short text for a reason.
 *
 * reason: any number.
 *
 * Returns: the text; "another reason" for a number this library does not use.
 * Threads: any, concurrently.
 * Memory: the text is static; never free it.
 */
const char *lw_reason_text(lw_reason reason);

/* ---- Names and numbers --------------------------------------------------------------------------------------------- */

/**
 * Finds the party of a name or extension. Call it once, store the number, and check by number.
 *
 * engine: an open engine.
 * domain: the domain, or NULL if the engine has only one or the text begins with the domain and a slash.
 * name_or_number: a user's login or any of its extensions, `team:support`, `location:desk-7`, `device:door`,
 * `sip:bob@partner.example`, each also as `acme.example/alice`.
 *
 * Addresses and domains are accepted in any spelling: escapes, upper and lower case in the domain, a dot after it, non-ASCII
 * letters or `xn--`, `<...>` with a display name, parameters and headers. An address with a port, a password, `sips:` or anything
 * else that may mean another account is unknown. Logins and extensions have exactly one spelling. docs/embed.md has the rules.
 *
 * A `sip:` address that no document names is an outside contact without entries. It gets a number of its own. The last
 * 65,536 of these have one, those found again before those found once: find such a caller again for each call. A number that had to
 * go for another address names no party any more; every answer about it is no, and it is never given to another. lw_may_named
 * asks about such an address without giving it a number.
 *
 * Returns: the number of the party; 0 if there is none, if the name matches several parties, or if an argument is NULL, too long
 * or not UTF-8.
 * Threads: any, concurrently.
 * Memory: takes a lock and allocates only for a `sip:` address that no document names.
 */
lw_party lw_find(const lw_engine *engine,
                 const char *domain,
                 const char *name_or_number);

/**
 * As lw_find, with an error message that names the problem and a similar known name. For configuration, not for the call path.
 *
 * engine, domain, name_or_number: as for lw_find.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: the number of the party; 0 on failure, with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN,
 * LW_ERROR_AMBIGUOUS, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any, concurrently.
 * Memory: may allocate. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_party lw_resolve(const lw_engine *engine,
                    const char *domain,
                    const char *name_or_number,
                    lw_error **error);

/**
 * The name of a party as its own domain writes it: `alice`, `team:support`, `sip:bob@partner.example`.
 *
 * engine: an open engine.
 * party: the party.
 *
 * Returns: the name; NULL if no party has that number.
 * Threads: any, concurrently.
 * Memory: the caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_text(const lw_engine *engine,
              lw_party party);

/**
 * The line of a user that an extension is. Eight rights depend on the line; pass the result as `line` to their questions.
 *
 * engine: an open engine.
 * party: the user.
 * extension: one of the user's extensions, alone or with its domain (`101`, `acme.example/101`).
 *
 * Returns: 1 the first line, 2 the second, 3 an additional one; 0 if the extension is not one of the party's. As `line`, 0 asks
 * for all lines.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
unsigned int lw_line_of(const lw_engine *engine,
                        lw_party party,
                        const char *extension);

/**
 * The kind of a party.
 *
 * engine: an open engine.
 * party: the party.
 *
 * Returns: one of the LW_KIND_ constants; 0 if no party has that number.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
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
 * Memory: the caller frees the name with lw_string_free.
 */
LW_WARN_UNUSED char *lw_party_domain(const lw_engine *engine, lw_party party);

/**
 * The number of domains.
 *
 * engine: an open engine.
 *
 * Returns: the number of domains; 0 if engine is NULL.
 * Threads: any, concurrently.
 * Memory: allocates during the call.
 */
size_t lw_domain_count(const lw_engine *engine);

/**
 * The name of a domain by its index, from 0 to lw_domain_count - 1, in the order of the documents.
 *
 * engine: an open engine.
 * index: the index. A reload may change it; lw_revision shows whether there was one.
 *
 * Returns: the name, in lower case; NULL if the index is too large.
 * Threads: any, concurrently.
 * Memory: the caller frees the name with lw_string_free.
 */
LW_WARN_UNUSED char *lw_domain_name(const lw_engine *engine, size_t index);

/**
 * Finds a right by its name: `call.pickup.first`, or `call.pickup` for all lines.
 *
 * name: the name.
 *
 * Returns: the number of the right, one of the LW_ constants; 0 if no right has that name.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
lw_right lw_right_by_name(const char *name);

/**
 * The name of a right.
 *
 * right: the number of the right.
 *
 * Returns: the name; NULL if no right has that number.
 * Threads: any, concurrently.
 * Memory: the name is static; never free it.
 */
const char *lw_right_name(lw_right right);

/**
 * The rights one after another, by number: a list with a known end, so that a program can show or ask all that this library knows.
 *
 * index: 0 for the first.
 *
 * Returns: the right; 0, which is no right, from the end on.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
lw_right lw_right_at(size_t index);

/* ---- Checks on the call path --------------------------------------------------------------------------------------- */

/**
 * May the actor do this to the target?
 *
 * engine: an open engine.
 * actor: the party that would act or look.
 * right: the right, one of the LW_ constants.
 * target: the party whose data, line or place it is.
 *
 * Returns: true on a proven yes; false otherwise, also for a NULL engine and any unknown number.
 * Threads: any, concurrently, also a thread that has never called the library before.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may(const lw_engine *engine,
            lw_party actor,
            lw_right right,
            lw_party target);

/**
 * As lw_may, while the actor has a role in a transfer with the target. XPhone then adds a label to the pair. The role belongs to
 * the call, so pass it with every question about that call.
 *
 * engine, actor, right, target: as for lw_may.
 * role: the actor's role. LW_ROLE_NONE asks the same as lw_may; a number that is no LW_ROLE_ constant is refused.
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
 * actor: the party that would pick up.
 * target: the party that is called: the user at whose telephone the call rings; for a call of a team or queue the team, also if
 * it rings at an agent's telephone.
 * line: the target's line that rings: 1 the first, 2 the second, 3 and above an additional one. 0 asks for all lines at once; no
 * level of estos gives that, because none gives additional lines. lw_line_of returns the line of an extension; for a team, or a
 * user called by login name, pass 1.
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
 * actor: the party that would set it.
 * target: the party whose calls are forwarded. For the actor's own forwarding pass the actor: that is a right, too.
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
 * target: the party that is called and has a forwarding.
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
 * actor: the party that would see the lamp.
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
 * actor: the party that would see the number.
 * target: the party that has the call.
 * line: the target's line, as for lw_may_pick_up.
 * direction: LW_INCOMING, LW_OUTGOING or LW_IN_CALL; any other number is refused.
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
 * user: the user who would log in.
 * location: the location, found as `location:desk-7`.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED bool lw_may_log_in(const lw_engine *engine, lw_party user, lw_party location);

/**
 * All rights of a pair at once. Cheaper than one question per right where a client window needs many.
 *
 * engine: an open engine.
 * actor, target: as for lw_may.
 * out: receives the set. It is emptied first and stays empty on any failure. NULL is a no-op.
 *
 * Returns: nothing.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
void lw_rights_of(const lw_engine *engine,
                  lw_party actor,
                  lw_party target,
                  lw_rights *out);

/**
 * Whether a set contains a right. A right that depends on the line, asked without a line, must be held on all lines.
 *
 * rights: a set that lw_rights_of has filled.
 * right: the right.
 *
 * Returns: true if the set contains it; false otherwise, also for NULL and a number that is no right.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_rights_has(const lw_rights *rights,
                   lw_right right);

/* ---- Many at once -------------------------------------------------------------------------------------------------- */

/**
 * May the actor do this to each of the targets? One call for a whole lamp panel; all answers are from one revision.
 *
 * engine: an open engine.
 * actor, right: as for lw_may.
 * targets: an array of count parties. May be NULL if count is 0.
 * count: the number of targets.
 * out: receives count answers, out[i] for targets[i]; must not overlap targets. All are set to false first.
 *
 * Returns: the number of answers that are true; 0 with all answers false on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
size_t lw_may_each_target(const lw_engine *engine,
                          lw_party actor,
                          lw_right right,
                          const lw_party *targets,
                          size_t count,
                          bool *out);

/**
 * May each of the actors do this to the target? One call for all telephones that show one lamp; all answers are from one revision.
 *
 * engine: an open engine.
 * actors: an array of count parties. May be NULL if count is 0.
 * count: the number of actors.
 * right, target: as for lw_may.
 * out: receives count answers, out[i] for actors[i]; must not overlap actors. All are set to false first.
 *
 * Returns: the number of answers that are true; 0 with all answers false on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
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
 * The question of lw_may by names or extensions, for dialplans that hold text. Use party numbers where possible: they are several
 * times as fast.
 *
 * engine: an open engine.
 * domain: the domain, or NULL, as for lw_find.
 * actor, target: names or extensions, as for lw_find. This call gives no number to an outside `sip:` address.
 * right: the name of the right: `call.pickup.first`, or `call.pickup` for all lines.
 *
 * Returns: true on a proven yes; false otherwise, also for unknown names, NULL, text that is not UTF-8 and text longer than
 * LW_TEXT_MAX.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_named(const lw_engine *engine,
                  const char *domain,
                  const char *actor,
                  const char *right,
                  const char *target);

/* ---- Lists --------------------------------------------------------------------------------------------------------- */

/**
 * All parties of a domain, sorted by the bytes of their names. It visits every party: not for calls.
 *
 * engine: an open engine.
 * domain: the domain, or NULL if the engine has only one.
 * out: receives at most capacity parties. May be NULL if capacity is 0, to get the number alone.
 * capacity: the size of out, in parties.
 *
 * Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call.
 */
size_t lw_parties(const lw_engine *engine,
                  const char *domain,
                  lw_party *out,
                  size_t capacity);

/**
 * All parties of the target's domain that may do this to the target, sorted by name. It visits every party: not for calls.
 *
 * engine: an open engine.
 * right, target: as for lw_may.
 * out, capacity: as for lw_parties.
 *
 * Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call.
 */
size_t lw_who(const lw_engine *engine,
              lw_right right,
              lw_party target,
              lw_party *out,
              size_t capacity);

/**
 * All parties of the actor's domain to which the actor may do this, sorted by name. It visits every party: not for calls.
 *
 * engine: an open engine.
 * actor, right: as for lw_may.
 * out, capacity: as for lw_parties.
 *
 * Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call.
 */
size_t lw_whom(const lw_engine *engine,
               lw_party actor,
               lw_right right,
               lw_party *out,
               size_t capacity);

/**
 * The same as lw_who, page by page: those that come behind a party in the order of lw_who. The first page begins behind 0, the next one
 * behind the last party of this page, also where that one has lost the right meanwhile.
 *
 * engine, right, target: as for lw_who.
 * after: the party, or 0 for the beginning.
 * out, capacity: as for lw_parties.
 *
 * Returns: the number of parties from there to the end, which may exceed capacity; at most capacity are written. 0 if there are none,
 * if the party is not known any more, and on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call. Each page visits every party.
 */
size_t lw_who_after(const lw_engine *engine,
                    lw_right right,
                    lw_party target,
                    lw_party after,
                    lw_party *out,
                    size_t capacity);

/**
 * The same as lw_whom, page by page, as lw_who_after.
 *
 * engine, actor, right: as for lw_whom.
 * after, out, capacity: as for lw_who_after.
 *
 * Returns: as lw_who_after.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call. Each page visits every party.
 */
size_t lw_whom_after(const lw_engine *engine,
                     lw_party actor,
                     lw_right right,
                     lw_party after,
                     lw_party *out,
                     size_t capacity);

/**
 * The users notified of a waiting call of a team or queue (pascom's pickup notification), sorted by name.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 * team: the team.
 * logged_out, logged_out_count: the agents of the team that are logged out now, and their number; NULL and 0 for none.
 * paused, paused_count: the agents of the team that are paused now, and their number; NULL and 0 for none.
 * out, capacity: as for lw_parties.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: the number of users, which may exceed capacity; at most capacity are written. 0 if there are none, and on failure,
 * with *error saying why (LW_ERROR_ARGUMENT, LW_ERROR_UNKNOWN, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call. The caller frees a set *error with lw_error_free.
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
 * The answer of lw_may with its reason, revision and deciding entry, for call records and logs.
 *
 * engine: an open engine.
 * actor, right, target: as for lw_may.
 * out: receives the decision. It is set to a refusal first, and stays one on any failure.
 *
 * Returns: LW_OK if there is a decision, yes or no: see out->allowed. LW_ERROR_UNKNOWN if actor, right or target is
 * unknown; LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: over a store it allocates nothing, locks nothing and makes no system call. Over documents it may allocate, and takes a
 * lock that a reload holds for the moment in which it puts the new rights in force.
 */
LW_WARN_UNUSED
lw_status lw_decide(const lw_engine *engine,
                    lw_party actor,
                    lw_right right,
                    lw_party target,
                    lw_decision *out);

/**
 * The document with the deciding entry, whose line the decision names. Not for calls.
 *
 * engine: an open engine.
 * target: the target of the question.
 * decision: what lw_decide answered.
 *
 * Returns: the path, as the engine was opened with it; NULL if the decision names no line, as always over a store, if documents were reloaded
 * since, so that the line may be another, and on any failure.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_decision_file(const lw_engine *engine,
                       lw_party target,
                       const lw_decision *decision);

/**
 * Explains the answer of lw_may: every source that was consulted, the deciding one with file and line, and for a no the smallest
 * changes that would make it a yes.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 * actor, right, target: as for lw_may.
 *
 * Returns: a JSON object with allowed, domain, actor, right, target, reason, summary (one line for people), sources, changes,
 * no_change (for a no without changes: why there are none) and revision; NULL if engine is NULL or right is no right.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_explain(const lw_engine *engine,
                 lw_party actor,
                 lw_right right,
                 lw_party target);

/**
 * As lw_explain, while the actor has a role in a transfer with the target.
 *
 * engine, actor, right, target, role: as for lw_may_in_call.
 *
 * Returns: as lw_explain; also NULL if role is no LW_ROLE_ constant.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_explain_in_call(const lw_engine *engine,
                         lw_party actor,
                         lw_right right,
                         lw_party target,
                         lw_call_role role);

/**
 * All rights of a pair by name, and the level of the actor in each system of the target's domain.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 * actor, target: as for lw_may.
 *
 * Returns: a JSON object: rights is a sorted list of names, levels a list of objects with system and level. NULL if engine is
 * NULL.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_pair(const lw_engine *engine,
              lw_party actor,
              lw_party target);

/**
 * Findings about documents that are legal but probably wrong: open to everyone, dead grants, shadowed settings, empty groups.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 *
 * Returns: a JSON list of objects with rule (a stable id, at most once per domain), place (file and line), places (all places, if
 * there are several) and message; `[]` without findings; NULL if engine is NULL.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_lint(const lw_engine *engine);

/**
 * The changes of a store with author and time, newest first.
 *
 * engine: an open engine.
 * above: lists only revisions above this one; 0 for all.
 * limit: the maximum number of revisions; 0 for all.
 *
 * Returns: a JSON list of objects with revision, at (milliseconds since 1970), by (`domain/name`, or empty for the administrator)
 * and changes (a list of lines, as lw_apply takes them); NULL if engine is NULL or not over a store, or the store cannot be read.
 * Threads: any, concurrently. It reads the store, so not for the call path.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_history(const lw_engine *engine,
                 uint64_t above,
                 uint32_t limit);

/* ---- Function codes ------------------------------------------------------------------------------------------------ */

/**
 * The meaning of a dialled function code, the party it concerns, and whether the actor may use it.
 *
 * engine: an open engine.
 * actor: the party that dials.
 * code: the dialled text including the code: `*8100`, `*7415#100`, `*44`. The codes are those of the actor's domain.
 * out: receives the meaning. It is set to a refusal first, and stays one on any failure.
 *
 * A pickup or a forwarding is checked for the dialled line, and allowed is valid for that line only: pick up a call that rings
 * there, forward calls to it. An extension that is not a user's line, such as a team's, and a code without an extension are checked
 * as the first line. out->right is the right that was checked, with its line.
 *
 * A call of a team that rings at the telephone of an agent belongs to the team. If the actor dials the agent's extension to pick it
 * up, ask lw_may_pick_up about the team, not about the agent. Only the PBX knows which call rings there.
 *
 * Returns: LW_OK if the code has a meaning: see out->allowed. LW_ERROR_UNASSIGNED if the text begins with no function code of the
 * domain, LW_ERROR_CODE if the digits after the code are malformed, LW_ERROR_UNKNOWN if the extension or the actor is unknown,
 * LW_ERROR_LIMIT if the digits do not fit into LW_DIGITS_SIZE (they are never truncated); LW_ERROR_ARGUMENT, LW_ERROR_AMBIGUOUS,
 * LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: may allocate during the call.
 */
LW_WARN_UNUSED
lw_status lw_dial(const lw_engine *engine,
                  lw_party actor,
                  const char *code,
                  lw_dialled *out);

/* ---- Destinations -------------------------------------------------------------------------------------------------- */

/**
 * May the actor set a forwarding of the owner's calls to this number? (`forwarding.set`, unless a user forwards their own calls, and
 * `forwarding.to.` with the class of the number)
 *
 * engine: an open engine.
 * actor: the party that would set it.
 * owner: the party whose calls are forwarded; the actor itself for its own.
 * line: the owner's line, as for lw_may_pick_up.
 * digits: the number as dialled or written: `201`, `0049 30 1234567`, `+49301234567`.
 *
 * The class of a number is what `[destinations]` in the document of the owner's domain says. A number that has no class is refused, an
 * emergency number and a blocked one, and so is an extension of the owner: the forwarding would lead back. A domain that does not run
 * linewarden needs no right for the class, but refuses premium numbers; if it has no `[destinations]` either, any number is taken.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_forward_to(const lw_engine *engine,
                       lw_party actor,
                       lw_party owner,
                       unsigned int line,
                       const char *digits);

/**
 * As lw_may_forward_to, with the class of the number and the reason.
 *
 * engine, actor, owner, line, digits: as for lw_may_forward_to.
 * out: receives the answer. It is set to a refusal first, and stays one on any failure.
 *
 * Returns: LW_OK for an answer, yes or no; LW_ERROR_UNKNOWN if a party is unknown, LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or
 * LW_ERROR_INTERNAL.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
lw_status lw_decide_forward_to(const lw_engine *engine,
                               lw_party actor,
                               lw_party owner,
                               unsigned int line,
                               const char *digits,
                               lw_destination *out);

/**
 * May the actor call this number? (`call.to.` with the class of the number)
 *
 * engine: an open engine.
 * actor: the user that calls.
 * digits: the dialled number, as for lw_may_forward_to.
 *
 * Emergency numbers need no right: never wait for this answer before such a call. In a domain that does not run linewarden there
 * is no right to call, so the answer is false.
 *
 * Returns: true on a proven yes; false otherwise.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
bool lw_may_call(const lw_engine *engine,
                 lw_party actor,
                 const char *digits);

/**
 * As lw_may_call, with the class of the number and the reason.
 *
 * engine, actor, digits: as for lw_may_call.
 * out: receives the answer. It is set to a refusal first, and stays one on any failure.
 *
 * Returns: LW_OK for an answer, yes or no; LW_ERROR_UNKNOWN if a party is unknown, LW_ERROR_ARGUMENT, LW_ERROR_CLOSED or
 * LW_ERROR_INTERNAL.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
lw_status lw_decide_call(const lw_engine *engine,
                         lw_party actor,
                         const char *digits,
                         lw_destination *out);

/* ---- Changes ------------------------------------------------------------------------------------------------------- */

/**
 * Makes changes: all of them or none. When it returns LW_OK they are on disk and in force in every process that has the store
 * open. A change without effect makes no revision.
 *
 * engine: an engine over a store. Documents change by editing them.
 * author: the author of the changes: a user of the engine, or LW_ADMINISTRATOR. The engine decides what a user may change.
 * domain: the domain of the changes, or NULL if the engine has only one or the text names it.
 * changes: one change per line, as listed in docs/changes.md: `set relationship alice bob assistant`. A line `in DOMAIN` sets the
 * domain of the lines after it. At most LW_CHANGES_MAX bytes.
 * revision: receives the revision with which the changes are in force, or NULL.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_REFUSED if the author may not (the message names the rule); LW_ERROR_UNKNOWN for an unknown name;
 * LW_ERROR_ARGUMENT for text that is no change, for an impossible change, and for an engine over documents; LW_ERROR_FILE if the
 * store cannot be written; LW_ERROR_CUT_OFF if it belongs to a cluster that cannot be reached; LW_ERROR_FORKED or LW_ERROR_FOLLOWS;
 * LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. On an error nothing was changed, but for LW_ERROR_UNSETTLED: it is not known
 * whether the cluster made the change.
 * Threads: any. Changes of all processes run one after the other; a call waits for up to a minute. It waits for the disk, so not
 * for the call path.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_apply(lw_engine *engine,
                   lw_party author,
                   const char *domain,
                   const char *changes,
                   uint64_t *revision,
                   lw_error **error);

/**
 * XPhone: sets the owner's own relationship for a viewer.
 *
 * engine, author, revision, error: as for lw_apply.
 * owner: the owner of the setting.
 * viewer: the party it is for, possibly an outside address that lw_find has just given a number.
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
 * XPhone: removes the owner's own relationship for a viewer; the default applies again.
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
 * estos: sets the level that an owner gives a viewer. It also answers a pending inquiry of the viewer.
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
 * estos: removes the owner's own level for a viewer.
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
 * A user asks an owner for more rights: the inquiry of estos, or the client's Request if the domain runs keevio without estos.
 *
 * engine, revision, error: as for lw_apply.
 * viewer: the party that asks, and the author.
 * owner: the user who is asked.
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
 * An owner answers a request of lw_request_access; lw_pending lists the open ones. An unanswered request has no effect.
 *
 * engine, revision, error: as for lw_apply.
 * owner: the user who was asked, and the author.
 * viewer: the party that has asked.
 * level: estos: the level to give; NULL or `blocked` rejects. In a domain with keevio and without estos it must be NULL: the answer
 * is the client's Accept, and a client cannot reject.
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
 * The parties with an open request to an owner, sorted by name.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 * owner: the user who was asked.
 * out, capacity: as for lw_parties.
 *
 * Returns: the number of parties, which may exceed capacity; at most capacity are written. 0 if there are none, and on any failure.
 * Threads: any, concurrently; no other thread may use out during the call.
 * Memory: allocates during the call.
 */
size_t lw_pending(const lw_engine *engine,
                  lw_party owner,
                  lw_party *out,
                  size_t capacity);

/**
 * The state of a keevio subscription.
 *
 * Not for calls: over a store it reads the policy, which can take seconds in a big company.
 *
 * engine: an open engine.
 * viewer: the party that has asked for the presence.
 * owner: the party whose presence it is.
 *
 * Returns: one of the LW_SUBSCRIPTION_ constants; LW_SUBSCRIPTION_NONE also on any failure.
 * Threads: any, concurrently.
 * Memory: may allocate during the call.
 */
lw_subscription_kind lw_subscription_state(const lw_engine *engine,
                                           lw_party viewer,
                                           lw_party owner);

/**
 * XPhone: gives a party a role in a transfer until lw_end_transfer. A PBX that passes the role with each question (lw_may_in_call)
 * does not need it.
 *
 * engine, author, revision, error: as for lw_apply; the author is most often LW_ADMINISTRATOR, the PBX itself.
 * call: the PBX's id of the call; pass the same to lw_end_transfer.
 * viewer: the party that has the role.
 * owner: the other party of the transfer, towards which the viewer has the role.
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
 * XPhone: a call has ended: removes all roles in its transfers.
 *
 * engine, author, domain, revision, error: as for lw_apply.
 * call: the id given to lw_begin_transfer. An unknown call is no error.
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
 * Waits until a revision, or a later one, is in force. Use it to see a change of another process: pass the revision that lw_apply
 * returned there.
 *
 * engine: an open engine.
 * revision: the revision to wait for.
 * milliseconds: the maximum time to wait, in milliseconds; 0 does not wait.
 *
 * Returns: true if the revision is in force; false after the time, or if engine is NULL.
 * Threads: any, concurrently; lw_close must not run beside it. Not for the call path.
 * Memory: allocates nothing.
 */
bool lw_wait_for(const lw_engine *engine,
                 uint64_t revision,
                 uint32_t milliseconds);

/* ---- Administration ------------------------------------------------------------------------------------------------ */

/**
 * Makes a store say what a source says, as one change set of the administrator: whole or not at all. Domains that the source does not have stay
 * as they are, and so does what documents cannot express, unless the source is a store or a folder that lw_export wrote.
 *
 * engine: an engine over a store.
 * source: path of a document, a folder or a store, UTF-8.
 * revision: receives the revision with which it is in force, or NULL. Where nothing differs, it is the one that was.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: as lw_apply; also LW_ERROR_DOCUMENT with all faults of the documents, each with file, line and column.
 * Threads: any. Changes of all processes run one after the other; it waits for the disk, so not for the call path.
 * Memory: allocates about twice the documents' size. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_import(lw_engine *engine,
                    const char *source,
                    uint64_t *revision,
                    lw_error **error);

/**
 * Writes what is in force as documents that load to the same answers, one for each domain, and a file state.changes with what documents
 * cannot express. lw_import takes the folder again.
 *
 * engine: an open engine.
 * folder: where to write, UTF-8; it is made if it is not there. Files of an earlier export are replaced.
 * revision: receives the revision that was written, or NULL.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_ARGUMENT; LW_ERROR_FILE if something cannot be written, or the folder has a document of another domain;
 * LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. Each file is whole or as it was.
 * Threads: any, concurrently. It waits for the disk, so not for the call path.
 * Memory: allocates the size of the documents. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_export(const lw_engine *engine,
                    const char *folder,
                    uint64_t *revision,
                    lw_error **error);

/**
 * Which pairs would gain or lose which right if the engine said what a source says. It compares answers, not text, and changes nothing.
 *
 * engine: an open engine.
 * source: path of a document, a folder or a store, UTF-8.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: a JSON object: groups (a list of objects with sentence, gains, rights and pairs), gained and lost (ordered pairs); NULL on
 * failure, with *error saying why (as lw_open).
 * Threads: any, concurrently. It compiles the source, so not for the call path.
 * Memory: allocates as another engine does. The caller frees the text with lw_string_free and a set *error with lw_error_free.
 */
LW_WARN_UNUSED
char *lw_diff(const lw_engine *engine,
              const char *source,
              lw_error **error);

/**
 * Copies a store while it is in use. The copy is verified and on the disk when this returns; a store is only ever copied this way.
 *
 * engine: an engine over a store.
 * to: path of the copy, UTF-8; nothing may be there.
 * revision: receives the revision of the copy, or NULL.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_ARGUMENT if a pointer is NULL or the engine is not over a store; LW_ERROR_FILE if the copy cannot be written
 * or the store is damaged; LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL. On an error there is no copy.
 * Threads: any, concurrently. It waits for the disk, so not for the call path.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_backup(const lw_engine *engine,
                    const char *to,
                    uint64_t *revision,
                    lw_error **error);

/**
 * Verifies a store: its file, all hashes, that its log gives what is in force, and the answers of its image. It repairs nothing.
 *
 * engine: an engine over a store.
 * revision: receives the revision that was verified, or NULL.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_FILE with what is wrong, a line each; LW_ERROR_ARGUMENT if the engine is not over a store; LW_ERROR_LIMIT,
 * LW_ERROR_CLOSED or LW_ERROR_INTERNAL.
 * Threads: any, concurrently. It replays the whole log, so not for the call path.
 * Memory: allocates as another engine does. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_verify(const lw_engine *engine,
                    uint64_t *revision,
                    lw_error **error);

/* ---- Freshness ----------------------------------------------------------------------------------------------------- */

/**
 * How a store stands towards the log it belongs to: alone, following another store, cut off from it, or forked.
 *
 * engine: an open engine over a store.
 * longest: after so many milliseconds without a word from the store it follows, it is cut off. Answers go on by the last revision.
 * out: receives the state; set to zero on failure.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_ARGUMENT if a pointer is NULL or the engine is not over a store; LW_ERROR_FILE, LW_ERROR_LIMIT or
 * LW_ERROR_INTERNAL.
 * Threads: any, concurrently; no other thread may use out during the call. It reads the store, so not for the call path.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
lw_status lw_state(const lw_engine *engine,
                   uint64_t longest,
                   lw_store_state *out,
                   lw_error **error);

/**
 * The token of the revision in force: `lw1.STORE.EPOCH.REVISION.HASH`. Hand it on with what depends on a change that was just made, and
 * ask where it arrives with lw_is_fresh or lw_wait_for_token. Two tokens name the same state exactly if the texts are equal.
 *
 * engine: an open engine over a store.
 *
 * Returns: the token; NULL on any failure.
 * Threads: any, concurrently. It reads the store, so not for the call path.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_token(const lw_engine *engine);

/**
 * Whether the answers of an engine are at least as fresh as a token: of its revision or a later one, of the same log. Ask this first,
 * then the question: revisions never go back, so the answer is as fresh, too. Refuse where this is false.
 *
 * engine: an open engine over a store.
 * token: the token.
 *
 * Returns: true if they are; false if they are not yet, if the store has another change set there, for a token of another store or of a
 * revision that `linewarden compact` cut off the log here, and on any failure. lw_wait_for_token says which.
 * Threads: any, concurrently. It reads the store: on the call path only where the disk may be waited for.
 * Memory: may allocate during the call.
 */
LW_WARN_UNUSED
bool lw_is_fresh(const lw_engine *engine,
                 const char *token);

/**
 * Waits until lw_is_fresh.
 *
 * engine: an open engine over a store.
 * token: the token.
 * milliseconds: the maximum time to wait, in milliseconds; 0 does not wait.
 * error: receives the error, or NULL. It is set to NULL where the engine is fresh and where only the time has passed.
 *
 * Returns: true if it is; false after the time, and on failure, with *error saying why: LW_ERROR_FORKED if the store has another change
 * set there, LW_ERROR_ARGUMENT for a text that is no token, for one of another store and for one of a revision that was cut off
 * the log here, LW_ERROR_FILE, LW_ERROR_LIMIT or LW_ERROR_INTERNAL.
 * Threads: any, concurrently; lw_close must not run beside it. Not for the call path.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
LW_WARN_UNUSED
bool lw_wait_for_token(const lw_engine *engine,
                       const char *token,
                       uint32_t milliseconds,
                       lw_error **error);

/* ---- Shadow mode --------------------------------------------------------------------------------------------------- */

/**
 * Begins a shadow: until an instant, for some rights in one domain, a PBX goes on as before, and what the policy would refuse is
 * written into a log. lw_may and the others never change their answers: only lw_may_or_shadow and lw_may_or_shadow_named look here.
 *
 * engine: an open engine. It must stay open until lw_shadow_end.
 * domain: the domain of the targets, or NULL if the engine has only one.
 * rights: the rights; NULL with count 0 for all.
 * count: the number of rights.
 * until: when the shadow ends by itself, as `2026-12-18T18:00:00+01:00`. It must be given, lie ahead, and at most a year.
 * log: path of the log, UTF-8; a link and a pipe are refused. Lines of JSON are appended; a new file is readable by its owner only. Each line has at, domain, actor,
 * right, target, reason, why (one line for people), revision and times; the first and the last line have shadow (`begins`, `ends`).
 * The file never grows beyond LW_SHADOW_LOG_MAX bytes. `linewarden shadow report` reads it.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Show lw_shadow_status where the PBX shows its state, and say it in its log: while a shadow lasts, these rights are open to all.
 *
 * Returns: the shadow, which the caller ends with lw_shadow_end; NULL on failure, with *error saying why (LW_ERROR_ARGUMENT,
 * LW_ERROR_UNKNOWN, LW_ERROR_FILE, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any. It starts a thread that blocks all signals and writes ten times a second. A forked child has no such thread: begin
 * after the fork. Several processes may have one log.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_shadow *lw_shadow_begin(lw_engine *engine,
                           const char *domain,
                           const lw_right *rights,
                           size_t count,
                           const char *until,
                           const char *log,
                           lw_error **error);

/**
 * May the actor do this to the target, or would it be refused and the shadow lets it pass?
 *
 * shadow: a shadow that has not been ended, over an open engine.
 * actor, right, target: as for lw_may. Who asks for all lines at once is let pass only if the shadow is about all of them.
 *
 * Returns: LW_SHADOW_YES for a yes of lw_may. LW_SHADOW_WOULD_REFUSE where lw_may says no, the target is of the shadow's domain,
 * the right is one of the shadow's, and its end has not come: then a line goes into the log, or is counted as lost. LW_SHADOW_NO
 * otherwise, also for NULL, an unknown number, and on any failure. For an actor in a transfer ask lw_may_in_call first.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
lw_shadow_answer lw_may_or_shadow(const lw_shadow *shadow,
                                  lw_party actor,
                                  lw_right right,
                                  lw_party target);

/**
 * The same by names, as lw_may_named asks. A name that the shadow's domain does not know is let pass and written down, too:
 * telephones that the policy lacks are what a shadow is to find.
 *
 * shadow: as for lw_may_or_shadow.
 * domain: the domain of names without one, or NULL if the engine has only one.
 * actor, target: names or extensions.
 * right: the name of a right.
 *
 * Returns: as lw_may_or_shadow; LW_SHADOW_NO also for a name that is empty, and for a right that does not exist.
 * Threads: any, concurrently.
 * Memory: allocates nothing, locks nothing, makes no system call.
 */
LW_WARN_UNUSED
lw_shadow_answer lw_may_or_shadow_named(const lw_shadow *shadow,
                                        const char *domain,
                                        const char *actor,
                                        const char *right,
                                        const char *target);

/**
 * What a shadow is doing.
 *
 * shadow: as for lw_may_or_shadow.
 *
 * Returns: a JSON object with domain, rights (a list of names), until, active, would_refuse (how often), written and lost (how many of
 * them are in the log, and how many are not because there were too many at once or it could not be written), summary (one line for
 * people) and log; NULL if shadow is NULL.
 * Threads: any, concurrently.
 * Memory: allocates. The caller frees the text with lw_string_free.
 */
LW_WARN_UNUSED
char *lw_shadow_status(const lw_shadow *shadow);

/**
 * Ends a shadow before its time. When it returns, what was refused so far is in the log.
 *
 * shadow: the shadow; NULL is a harmless no-op. End it even if its time is over.
 *
 * Returns: nothing.
 * Threads: any, but only while no other thread is in a call with this shadow or will make one.
 * Memory: frees the shadow.
 */
void lw_shadow_end(lw_shadow *shadow);

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
 * Threads: any. It starts a thread that blocks all signals but SIGBUS and calls on_change, one call at a time. The callback may call every
 * function but lw_close, and must return: a longjmp or C++ exception that leaves it ends the process, and pthread_exit ends its
 * watcher, which then reports nothing more. A forked child has no such thread: watch after the fork. If the callback itself forks, the
 * child ends when it returns.
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
 * Calls a function whenever another revision comes into force, and whenever a fact with dates begins or ends to count (then with the
 * same revision again, within a second), without saying which answers flip: for a PBX that checks its lamps itself. It costs one sleeping thread and copies nothing. It starts from the revision in force when this returns;
 * revisions in quick succession are reported as one, the last.
 *
 * engine: an open engine, over a store or documents; documents change by a reload.
 * on_revision: the function to call.
 * data: passed to on_revision unchanged; the library never dereferences it.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: the watcher, which the caller ends with lw_watch_end; NULL on failure, with *error saying why
 * (LW_ERROR_ARGUMENT, LW_ERROR_LIMIT, LW_ERROR_CLOSED or LW_ERROR_INTERNAL).
 * Threads: any. It starts a thread that blocks all signals but SIGBUS and calls on_revision, one call at a time. The callback may call
 * every function but lw_close, and must return, as for lw_watch. A forked child has no such thread: call this after the fork.
 * Memory: allocates. A set *error is the caller's to free with lw_error_free.
 */
LW_WARN_UNUSED
lw_watcher *lw_on_revision(lw_engine *engine,
                           lw_revision_callback on_revision,
                           void *data,
                           lw_error **error);

/**
 * The revision that a watcher began with: it reports what comes after it. A program that reads its lamps' states after lw_watch, and
 * finds the same revision in force, has missed nothing.
 *
 * watcher: a watcher of lw_watch or lw_on_revision that was not ended.
 *
 * Returns: the revision; 0 if watcher is NULL.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint64_t lw_watch_revision(const lw_watcher *watcher);

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

/* ---- The log ------------------------------------------------------------------------------------------------------- */

/**
 * Passes what the library has to say outside any answer to a function, for the whole process: that a store is opened, that it can only
 * be read, that a damaged image was made anew, that a watcher cannot read the store and tries again. No check says anything: a
 * refused call is no message. No message has a name or number of a person.
 *
 * callback: the function to call; NULL for none any more. When this returns, the one before is not running and will not be called again.
 * data: passed to callback unchanged; the library never dereferences it.
 * error: receives the error, or NULL. It is set to NULL on success.
 *
 * Returns: LW_OK; LW_ERROR_INTERNAL where the program is written in Rust, too, and has a logger of its own: that one has the messages.
 * Threads: any. The callback is called by any thread that is in a call of this library, or by a watcher's, with locks held: it may call
 * lw_ functions that ask, but none that opens, changes, reloads or closes, nor this one. It must return.
 * Memory: allocates. The caller frees a set *error with lw_error_free.
 */
lw_status lw_set_log(lw_log_callback callback,
                     void *data,
                     lw_error **error);

/* ---- Versions ------------------------------------------------------------------------------------------------------ */

/**
 * The library's ABI number, also the number at the end of its SONAME. Assert at program start that it equals LW_ABI_VERSION, the
 * number of the header the program was compiled with.
 *
 * Returns: the ABI number.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint32_t lw_abi_version(void);

/**
 * The library's version as text, such as "1.2.3".
 *
 * Returns: the version; compare it with LW_VERSION.
 * Threads: any, concurrently.
 * Memory: the text is static; never free it.
 */
const char *lw_version(void);

/**
 * The library's version as a number: major * 1000000 + minor * 1000 + patch.
 *
 * Returns: the version; compare it with LW_VERSION_NUMBER.
 * Threads: any, concurrently.
 * Memory: allocates nothing.
 */
uint32_t lw_version_number(void);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* LINEWARDEN_H */
