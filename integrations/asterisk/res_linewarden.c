/*
 * res_linewarden.c - asks linewarden, from an Asterisk dialplan, whether this person may do this to that person's line.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * It is a client of linewarden.h and of nothing else of linewarden. One source for Asterisk 16 to 22, but one binary for
 * each of them: see the guard in load_module().
 *
 * What it must never do: answer yes where the library did not, or keep a call waiting. So every function answers 0 (or
 * nothing) until the library has said yes, and no function takes a lock that a reload holds while it reads documents.
 */

/*** MODULEINFO
	<support_level>extended</support_level>
 ***/

#define AST_MODULE "res_linewarden"
#define AST_MODULE_SELF_SYM __internal_res_linewarden_self

#include <asterisk.h>
#include <asterisk/app.h>
#include <asterisk/ast_version.h>
#include <asterisk/astobj2.h>
#include <asterisk/channel.h>
#include <asterisk/cli.h>
#include <asterisk/config.h>
#include <asterisk/devicestate.h>
#include <asterisk/features_config.h>
#include <asterisk/json.h>
#include <asterisk/lock.h>
#include <asterisk/logger.h>
#include <asterisk/manager.h>
#include <asterisk/module.h>
#include <asterisk/pbx.h>
#include <asterisk/pickup.h>
#include <asterisk/stasis.h>
#include <asterisk/strings.h>
#include <asterisk/utils.h>

#include <linewarden.h>

/*** DOCUMENTATION
	<function name="LINEWARDEN" language="en_US">
		<synopsis>
			May this actor do this to that target?
		</synopsis>
		<syntax>
			<parameter name="right" required="true">
				<para>The right's name, such as <literal>call.pickup</literal>. <literal>linewarden check</literal> completes it.</para>
			</parameter>
			<parameter name="actor" required="true">
				<para>Who acts or looks: a name, an extension, or either behind its domain (<literal>acme.example/alice</literal>).</para>
			</parameter>
			<parameter name="target" required="true">
				<para>Whose line or data it is, written likewise; also <literal>team:support</literal>, <literal>location:desk-7</literal>.</para>
			</parameter>
			<parameter name="line">
				<para>The target's line, for rights that depend on it: 1, 2, or 3 and above. Without it, all lines are asked for at
				once, and no level of estos gives pickup or forwarding on all of them: name the line, or 1 for a team.</para>
			</parameter>
			<parameter name="domain">
				<para>The domain. Without it, the channel variable <variable>LINEWARDEN_DOMAIN</variable>, then the default of
				linewarden.conf. Where the channel variable is set, any other domain is refused.</para>
			</parameter>
			<parameter name="role">
				<para>The actor's part in a transfer that is going on with the target, which XPhone knows as labels of their own.
				Without it, the channel variable <variable>LINEWARDEN_ROLE</variable>; without that, none.</para>
				<enumlist>
					<enum name="none"><para>No part, whatever the channel variable says.</para></enum>
					<enum name="consulted"><para>The target has somebody on hold and asks the actor.</para></enum>
					<enum name="transferring"><para>The actor transfers a call to the target.</para></enum>
				</enumlist>
			</parameter>
		</syntax>
		<description>
			<para>Gives 1 for a proven yes and 0 for everything else: a no, unknown people, a right that does not exist, bad
			arguments, documents that could not be loaded. What is not a plain no is logged once, not once a call.</para>
			<para>Never put a check before an emergency number.</para>
			<example title="May the caller's owner pick up what rings at extension 101?">
			same => n,GotoIf($["${LINEWARDEN(call.pickup,${LINEWARDEN_ACTOR},101,${LINEWARDEN_LINE(101)})}" = "1"]?pick)
			</example>
		</description>
		<see-also>
			<ref type="function">LINEWARDEN_REASON</ref>
			<ref type="function">LINEWARDEN_LINE</ref>
			<ref type="function">LINEWARDEN_DIAL</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_REASON" language="en_US">
		<synopsis>
			Why LINEWARDEN answers as it does, in a few words.
		</synopsis>
		<syntax>
			<parameter name="right" required="true" />
			<parameter name="actor" required="true" />
			<parameter name="target" required="true" />
			<parameter name="line" />
			<parameter name="domain" />
			<parameter name="role" />
		</syntax>
		<description>
			<para>The arguments are those of LINEWARDEN. The words are for logs and people; decide by LINEWARDEN only.</para>
		</description>
		<see-also>
			<ref type="function">LINEWARDEN</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_RIGHTS" language="en_US">
		<synopsis>
			All rights an actor has on a target, by name, with commas between.
		</synopsis>
		<syntax>
			<parameter name="actor" required="true" />
			<parameter name="target" required="true" />
			<parameter name="domain" />
		</syntax>
		<description>
			<para>Empty where there are none. Rights that depend on the line are listed for each line.</para>
		</description>
		<see-also>
			<ref type="function">LINEWARDEN</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_DIAL" language="en_US">
		<synopsis>
			What a dialled function code means, whom it concerns, and whether the actor may.
		</synopsis>
		<syntax>
			<parameter name="actor" required="true">
				<para>Who dials. For a login, the location the telephone stands at.</para>
			</parameter>
			<parameter name="code" required="true">
				<para>Everything that was dialled, commas included: this is always the last argument.</para>
			</parameter>
		</syntax>
		<description>
			<para>Gives <literal>allowed,function,subject,digits,line</literal>, to be taken apart with Set(ARRAY(...)=...): 1 or
			0; pickup, forward_ask, forward_toggle, forward_set or login; the party concerned with its domain; the forwarding's
			target; the line of the extension that was dialled (1, 2, or 3 for any further one; 0 where none was dialled, or a
			team's). What is malformed or unknown gives <literal>0,,,,</literal>; what begins with no code of the domain gives
			<literal>0,none,,,</literal>: an ordinary number, or a code of your own.</para>
			<para>A pickup or a forwarding is asked for the line that was dialled, so a dialplan marks ringing calls and keeps
			forwardings by line. A team, and a code without an extension, are asked as the first line.</para>
			<para>A pickup is asked for the subject's own calls. A team's call that rings there is the team's:
			LINEWARDEN_PICKUP_TARGETS says which of the calls that ring there may be picked up, whatever is answered here.</para>
			<para>The domain is the channel variable <variable>LINEWARDEN_DOMAIN</variable>, or the default.</para>
			<example title="Pick up what rings at an extension, where ringing calls bear a PICKUPMARK">
			exten => _*8X.,1,Set(ARRAY(ok,what,whom,digits,line)=${LINEWARDEN_DIAL(${LINEWARDEN_ACTOR},${EXTEN})})
			same => n,Set(rings=${LINEWARDEN_PICKUP_TARGETS(${LINEWARDEN_ACTOR},,${whom}/${line})})
			same => n,GotoIf($["${what}" != "pickup" | "${rings}" = ""]?no)
			same => n,Pickup(${rings})
			</example>
		</description>
		<see-also>
			<ref type="function">LINEWARDEN_PARTY</ref>
			<ref type="function">LINEWARDEN_PICKUP_TARGETS</ref>
			<ref type="application">Pickup</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_PARTY" language="en_US">
		<synopsis>
			A name or an extension as linewarden writes it, with its domain.
		</synopsis>
		<syntax>
			<parameter name="party" required="true" />
			<parameter name="domain" />
		</syntax>
		<description>
			<para>Such as <literal>acme.example/alice</literal> for any extension of alice's. Empty where nobody bears it.
			Two companies with the same extensions never share one, so it makes a good PICKUPMARK and a good astdb key.</para>
		</description>
	</function>
	<function name="LINEWARDEN_LINE" language="en_US">
		<synopsis>
			Which of its owner's lines an extension is.
		</synopsis>
		<syntax>
			<parameter name="extension" required="true" />
			<parameter name="domain" />
		</syntax>
		<description>
			<para>1 the first, 2 the second, 3 any further one, which is what LINEWARDEN takes as its line. 0 for everything
			else, such as a team's extension or a name; there, LINEWARDEN asks for all lines.</para>
		</description>
		<see-also>
			<ref type="function">LINEWARDEN</ref>
			<ref type="function">LINEWARDEN_PARTY</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_PICKUP_TARGETS" language="en_US">
		<synopsis>
			What rings now and may be picked up by the actor, as a list for Pickup().
		</synopsis>
		<syntax>
			<parameter name="actor" required="true" />
			<parameter name="domain" />
			<parameter name="at">
				<para>Only what rings there, or is its own: a user with the line (<literal>acme.example/alice/1</literal>), or without
				for all of the user's lines; a team (<literal>acme.example/team:support</literal>), for all of its calls.</para>
			</parameter>
		</syntax>
		<description>
			<para>Looks at the ringing channels that bear a <variable>PICKUPMARK</variable>, the one that has rung longest first.
			Empty where there is none.</para>
			<para>The mark says whose call it is: a user with the line that rings (<literal>acme.example/alice/1</literal>), or a
			team (<literal>acme.example/team:support/0</literal>) and behind it the agent's line at which it rings
			(<literal>acme.example/team:support/0/acme.example/alice/1</literal>). Whose call it is, that is who is asked about: a
			team's call at an agent's telephone may be picked up by those who may pick up from the team.</para>
		</description>
		<see-also>
			<ref type="application">Pickup</ref>
			<ref type="function">LINEWARDEN_DIAL</ref>
			<ref type="function">LINEWARDEN_PARTY</ref>
		</see-also>
	</function>
	<function name="LINEWARDEN_NOTIFIED" language="en_US">
		<synopsis>
			Who is told of a waiting call of a team, with ampersands between.
		</synopsis>
		<syntax>
			<parameter name="team" required="true">
				<para>The team, as its extension or <literal>team:support</literal>.</para>
			</parameter>
			<parameter name="logged_out">
				<para>The agents that are logged out, with ampersands between.</para>
			</parameter>
			<parameter name="paused">
				<para>The agents that pause, likewise.</para>
			</parameter>
			<parameter name="domain" />
		</syntax>
		<description>
			<para>Each as LINEWARDEN_PARTY writes it. Empty where nobody is told, or an agent is unknown.</para>
		</description>
	</function>
	<manager name="LinewardenCheck" language="en_US">
		<synopsis>
			May this actor do this to that target?
		</synopsis>
		<syntax>
			<parameter name="ActionID" />
			<parameter name="Right" required="true" />
			<parameter name="Actor" required="true" />
			<parameter name="Target" required="true" />
			<parameter name="Line" />
			<parameter name="Domain" />
		</syntax>
		<description>
			<para>Answers with Allowed (1 or 0), Reason and Revision.</para>
		</description>
	</manager>
	<manager name="LinewardenReload" language="en_US">
		<synopsis>
			Read the documents again; the old rights stay in force if that fails.
		</synopsis>
		<syntax>
			<parameter name="ActionID" />
		</syntax>
		<description>
			<para>Answers with the revision, or with what is wrong.</para>
		</description>
	</manager>
	<managerEvent language="en_US" name="LinewardenRefusal">
		<managerEventInstance class="EVENT_FLAG_SECURITY">
			<synopsis>Raised when a question from the dialplan was answered no.</synopsis>
			<syntax>
				<parameter name="Channel"><para>The channel that asked, if one did.</para></parameter>
				<parameter name="Right" />
				<parameter name="Actor" />
				<parameter name="Target" />
				<parameter name="Reason" />
				<parameter name="Suppressed">
					<para>How many refusals before this one raised no event (refusal_events in linewarden.conf).</para>
				</parameter>
			</syntax>
		</managerEventInstance>
	</managerEvent>
	<managerEvent language="en_US" name="LinewardenRevision">
		<managerEventInstance class="EVENT_FLAG_SYSTEM">
			<synopsis>Raised when other rights came into force.</synopsis>
			<syntax>
				<parameter name="Revision"><para>The revision in force.</para></parameter>
				<parameter name="Revisions"><para>How many came into force since the event before: changes of a store in quick
				succession are told as one.</para></parameter>
				<parameter name="Lamps"><para>How many busy lamps are in use.</para></parameter>
				<parameter name="Changed"><para>How many of them were lit or put out by it.</para></parameter>
			</syntax>
		</managerEventInstance>
	</managerEvent>
	<managerEvent language="en_US" name="LinewardenFault">
		<managerEventInstance class="EVENT_FLAG_SYSTEM">
			<synopsis>Raised when documents could not be loaded; the old rights stay in force.</synopsis>
			<syntax>
				<parameter name="Revision"><para>The revision that stays in force; 0 if there is none.</para></parameter>
				<parameter name="Message" />
			</syntax>
		</managerEventInstance>
	</managerEvent>
 ***/

/*
 * The major these headers belong to. AMI's own major goes up by one with every Asterisk (2.8 in 13, 5.0 in 16, 11.0 in 22),
 * and unlike ASTERISK_VERSION_NUM it is in the headers of a distribution. Where that is wrong, define it.
 */
#ifndef LW_ASTERISK_MAJOR
#define LW_ASTERISK_MAJOR (atoi(AMI_VERSION) + 11)
#endif

#define CONFIG_FILE "linewarden.conf"
#define PROVIDER "Linewarden"
#define DOMAIN_VARIABLE "LINEWARDEN_DOMAIN"
#define ROLE_VARIABLE "LINEWARDEN_ROLE"
#define NAME_SIZE 256
/* Complaints are remembered to be made once; more of them than this are not made at all. */
#define COMPLAINTS 1000
/* Lamps beyond this are answered but not followed. Hints are written by an administrator, so it is a guard against a mistake. */
#define LAMPS 200000
#define RINGING_AT_ONCE 256
/* Whose a ringing call is, and at whom it rings. */
#define MARK_SIZE (2 * NAME_SIZE)
/* Lines of one change set that are shown: an import has thousands. */
#define CHANGES_SHOWN 20
/* How long an unload waits for calls that nobody has counted. */
#define GRACE_US 200000

/* ---- What is asked ------------------------------------------------------------------------------------------------ */

/*! An engine. Closed when the last question that began with it has ended. */
struct opened {
	lw_engine *engine;
	/*! Tells of changes of a store; NULL for documents. Ended by follow_no_more(), which must come before the end of `engine`. */
	lw_watcher *changes;
	/*! The revision that was last told. Only the thread of `changes` looks at it. */
	uint64_t told;
};

/*! What is in force. Swapped whole, so that a question ends with the engine it began with. */
struct source {
	struct opened *opened;
	/*! The engine of `opened`. NULL where nothing could be loaded yet: everything is refused. */
	lw_engine *engine;
	/*! Refusals that raise an event, per second. */
	unsigned int refusal_events;
	/*! The default domain; empty for none. */
	char domain[NAME_SIZE];
	char path[PATH_MAX];
};

static AO2_GLOBAL_OBJ_STATIC(current);
/*! One reload at a time. No question ever takes it. */
AST_MUTEX_DEFINE_STATIC(reload_lock);

static uint64_t questions, lamp_questions, refusals, unknowns;

static void opened_gone(void *object)
{
	lw_close(((struct opened *) object)->engine);
}

static void source_gone(void *object)
{
	ao2_cleanup(((struct source *) object)->opened);
}

static struct source *source_get(void)
{
	return ao2_global_obj_ref(current);
}

/* ---- Text from outside ---------------------------------------------------------------------------------------------- */

/*! What somebody dialled must not make lines of its own in a log or an event. */
static char *printable(char *text)
{
	char *at;

	for (at = text; *at; at++) {
		if ((unsigned char) *at < ' ' || *at == 127) {
			*at = '?';
		}
	}
	return text;
}

/* ---- Complaints, once each ------------------------------------------------------------------------------------------ */

static struct ao2_container *complaints;

static void __attribute__((format(printf, 1, 2))) complain(const char *format, ...)
{
	char text[1024];
	char *known;
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	printable(text);
	if (!complaints || ao2_container_count(complaints) >= COMPLAINTS) {
		return;
	}
	ao2_lock(complaints);
	known = ao2_find(complaints, text, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	if (!known) {
		ast_str_container_add(complaints, text);
	}
	ao2_unlock(complaints);
	if (known) {
		ao2_ref(known, -1);
		return;
	}
	ast_log(LOG_WARNING, "%s (said once)\n", text);
}

static void complaints_forget(void)
{
	ao2_callback(complaints, OBJ_UNLINK | OBJ_NODATA | OBJ_MULTIPLE, NULL, NULL);
}

/* ---- Refusals as events --------------------------------------------------------------------------------------------- */

AST_MUTEX_DEFINE_STATIC(event_lock);
static time_t event_second;
static unsigned int event_count, event_suppressed;

static void refused(struct ast_channel *chan, const struct source *source, const char *right, const char *actor,
	const char *target, const char *reason)
{
	time_t now = time(NULL);
	unsigned int suppressed = 0;
	int tell;

	__sync_fetch_and_add(&refusals, 1);
	ast_mutex_lock(&event_lock);
	if (now != event_second) {
		event_second = now;
		event_count = 0;
	}
	tell = event_count < source->refusal_events;
	if (tell) {
		event_count++;
		suppressed = event_suppressed;
		event_suppressed = 0;
	} else {
		event_suppressed++;
	}
	ast_mutex_unlock(&event_lock);
	if (tell) {
		manager_event(EVENT_FLAG_SECURITY, "LinewardenRefusal",
			"Channel: %s\r\nRight: %s\r\nActor: %s\r\nTarget: %s\r\nReason: %s\r\nSuppressed: %u\r\n",
			chan ? ast_channel_name(chan) : "", printable(ast_strdupa(right)), printable(ast_strdupa(actor)),
			printable(ast_strdupa(target)), reason, suppressed);
	}
}

/* ---- Asking --------------------------------------------------------------------------------------------------------- */

struct question {
	const char *right;
	const char *actor;
	const char *target;
	const char *line;
	const char *domain;
	const char *role;
};

struct answer {
	int allowed;
	const char *reason;
	uint64_t revision;
};

/*! Whether a text is an address, alone, behind a domain, or in brackets with a display name. */
static int is_outside(const char *text)
{
	const char *slash = strchr(text, '/');

	return strchr(text, '<') || !strncasecmp(text, "sip:", 4) || (slash && !strncasecmp(slash + 1, "sip:", 4));
}

/*!
 * The domain a question belongs to; empty for "the only one". A channel that is tied to a domain by the channel variable
 * stays in it, whatever a caller managed to dial into the arguments.
 * \retval 0 the argument names another domain than the channel's
 */
static int domain_of(struct ast_channel *chan, const struct source *source, const char *argument, char *domain, int *tied)
{
	domain[0] = '\0';
	if (chan) {
		const char *value;

		ast_channel_lock(chan);
		value = pbx_builtin_getvar_helper(chan, DOMAIN_VARIABLE);
		ast_copy_string(domain, S_OR(value, ""), NAME_SIZE);
		ast_channel_unlock(chan);
	}
	*tied = domain[0] != '\0';
	if (*tied) {
		return ast_strlen_zero(argument) || !strcasecmp(argument, domain);
	}
	ast_copy_string(domain, S_OR(argument, source->domain), NAME_SIZE);
	return 1;
}

/*! Whether a text stays in the domain its channel is tied to. */
static int stays(const char *text, const char *domain, int tied)
{
	const char *slash = strchr(text, '/');
	size_t length = strlen(domain);

	if (!tied || !length || !slash || !strncasecmp(text, "sip:", 4)) {
		return 1;
	}
	return (size_t) (slash - text) == length && !strncasecmp(text, domain, length);
}

static lw_party party_of(const struct source *source, const char *domain, int tied, const char *text)
{
	lw_party party;

	if (ast_strlen_zero(text)) {
		return 0;
	}
	if (!stays(text, domain, tied)) {
		complain("`%s` is outside the channel's domain `%s`", text, domain);
		return 0;
	}
	party = lw_find(source->engine, S_OR(domain, NULL), text);
	if (!party) {
		__sync_fetch_and_add(&unknowns, 1);
		complain("nobody in `%s` is called `%s`", S_OR(domain, source->path), text);
	}
	return party;
}

/*! The right with its line. \retval 0 no such right, or no such line of it */
static lw_right right_of(const char *name, const char *line)
{
	static const char *const suffixes[] = { "first", "second", "additional" };
	char with_line[NAME_SIZE];
	unsigned int number;
	lw_right right = lw_right_by_name(name);

	if (!right) {
		complain("there is no right `%s`", name);
		return 0;
	}
	if (ast_strlen_zero(line) || !strcmp(line, "0")) {
		return right;
	}
	if (strspn(line, "0123456789") != strlen(line) || sscanf(line, "%9u", &number) != 1 || !number) {
		complain("`%s` is no line: expected 1, 2, or 3 and above", line);
		return 0;
	}
	snprintf(with_line, sizeof(with_line), "%s.%s", name, suffixes[MIN(number, ARRAY_LEN(suffixes)) - 1]);
	right = lw_right_by_name(with_line);
	if (!right) {
		complain("the right `%s` does not depend on the line", name);
	}
	return right;
}

/*! The actor's part in a transfer, by the argument or else the channel. \retval 0 no such part */
static int role_of(struct ast_channel *chan, const char *argument, lw_call_role *role)
{
	char text[NAME_SIZE] = "";

	ast_copy_string(text, S_OR(argument, ""), sizeof(text));
	if (chan && !text[0]) {
		ast_channel_lock(chan);
		ast_copy_string(text, S_OR(pbx_builtin_getvar_helper(chan, ROLE_VARIABLE), ""), sizeof(text));
		ast_channel_unlock(chan);
	}
	if (!text[0] || !strcasecmp(text, "none")) {
		*role = LW_ROLE_NONE;
	} else if (!strcasecmp(text, "consulted")) {
		*role = LW_ROLE_CONSULTED;
	} else if (!strcasecmp(text, "transferring")) {
		*role = LW_ROLE_TRANSFERRING;
	} else {
		complain("`%s` is no part in a transfer: expected none, consulted or transferring", text);
		return 0;
	}
	return 1;
}

static void say(struct ast_channel *chan, const struct question *question, const struct answer *answer, struct timespec began)
{
	struct timespec ended;

	clock_gettime(CLOCK_MONOTONIC, &ended);
	ast_verbose("linewarden: %s %s on %s: %s, %s (%.1f us%s%s)\n", printable(ast_strdupa(question->actor)),
		printable(ast_strdupa(question->right)), printable(ast_strdupa(question->target)),
		answer->allowed ? "yes" : "no", answer->reason,
		(ended.tv_sec - began.tv_sec) * 1e6 + (ended.tv_nsec - began.tv_nsec) / 1e3,
		chan ? ", " : "", chan ? ast_channel_name(chan) : "");
}

/*! Asks one question. The answer is a refusal first. Only `why` gives an outside address a number, of which there are few. */
static void ask(struct ast_channel *chan, const struct question *question, int why, struct answer *answer)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	struct timespec began = { 0, };
	char domain[NAME_SIZE];
	int tied, aloud = VERBOSITY_ATLEAST(4);
	lw_right right;
	lw_call_role role;

	answer->allowed = 0;
	answer->reason = lw_reason_text(LW_REASON_UNKNOWN);
	answer->revision = 0;
	__sync_fetch_and_add(&questions, 1);
	if (!source || !source->engine) {
		complain("no documents are loaded: everything is refused; see `linewarden show status`");
		return;
	}
	if (ast_strlen_zero(question->right) || ast_strlen_zero(question->actor) || ast_strlen_zero(question->target)) {
		complain("a right, an actor and a target are expected, found `%s`, `%s`, `%s`", S_OR(question->right, ""),
			S_OR(question->actor, ""), S_OR(question->target, ""));
		return;
	}
	if (aloud) {
		clock_gettime(CLOCK_MONOTONIC, &began);
	}
	if (!domain_of(chan, source, question->domain, domain, &tied)) {
		complain("domain `%s` asked on a channel of `%s`", question->domain, domain);
	} else if (!(right = right_of(question->right, question->line)) || !role_of(chan, question->role, &role)) {
		/* The complaint has been made. */
	} else if (!why && (is_outside(question->actor) || is_outside(question->target))) {
		if (stays(question->actor, domain, tied) && stays(question->target, domain, tied)) {
			answer->allowed = lw_may_named(source->engine, S_OR(domain, NULL), question->actor, lw_right_name(right),
				question->target);
			answer->reason = answer->allowed ? "granted" : lw_reason_text(LW_REASON_NOT_GRANTED);
			answer->revision = lw_revision(source->engine);
		}
	} else {
		lw_party actor = party_of(source, domain, tied, question->actor);
		lw_party target = actor ? party_of(source, domain, tied, question->target) : 0;
		lw_decision decision;

		/* Why takes several times as long as whether: a yes on a call is asked for nothing else. */
		if (actor && target && (!why || role != LW_ROLE_NONE)) {
			answer->allowed = role == LW_ROLE_NONE ? lw_may(source->engine, actor, right, target)
				: lw_may_in_call(source->engine, actor, right, target, role);
		}
		if (actor && target && (why || aloud || !answer->allowed)
			&& lw_decide(source->engine, actor, right, target, &decision) == LW_OK) {
			if (why && role == LW_ROLE_NONE) {
				answer->allowed = decision.allowed;
			}
			answer->reason = decision.allowed == answer->allowed ? lw_reason_text(decision.reason)
				: role != LW_ROLE_NONE ? lw_reason_text(LW_REASON_TRANSFER) : "a reload has changed it since";
			answer->revision = decision.revision;
		}
	}
	if (aloud) {
		say(chan, question, answer, began);
	}
	if (!answer->allowed && !why) {
		refused(chan, source, question->right, question->actor, question->target, answer->reason);
	}
}

/* ---- What rings now --------------------------------------------------------------------------------------------------- */

struct ringing {
	struct timeval since;
	char mark[MARK_SIZE];
};

/*! A party and one of its lines: 1, 2, or 3 for any further one; 0 where none is named. */
struct place {
	lw_party party;
	unsigned int line;
};

static int ringing_longer(const void *left, const void *right)
{
	return ast_tvcmp(((const struct ringing *) left)->since, ((const struct ringing *) right)->since);
}

/*!
 * Takes domain/party/line apart, the line being left out or not: no name has a slash in it. No party where it is of another domain:
 * there, the actor is an outside contact, whom its document may give rights, and its calls are not for them.
 * \return what stands behind the line; NULL for nothing
 */
static char *place_read(const struct source *source, const char *domain, char *text, struct place *place)
{
	char *line, *rest = NULL;

	if ((line = strchr(text, '/')) && (line = strchr(line + 1, '/'))) {
		*line++ = '\0';
		if ((rest = strchr(line, '/'))) {
			*rest++ = '\0';
		}
	}
	place->line = 0;
	if (line && strspn(line, "0123456789") == strlen(line) && sscanf(line, "%9u", &place->line) == 1) {
		place->line = MIN(place->line, 3);
	}
	place->party = stays(text, domain, 1) ? lw_find(source->engine, domain, text) : 0;
	return rest;
}

static int place_is_at(const struct place *place, const struct place *at)
{
	return place->party && place->party == at->party && (!at->line || place->line == at->line);
}

/*! Whether the actor may pick up the call with that mark, and, where a place is given, it rings there or is that party's own. */
static int mark_allowed(const struct source *source, const char *domain, lw_party actor, const char *mark,
	const struct place *at)
{
	struct place whose, where = { 0, };
	char text[MARK_SIZE], *rest;

	ast_copy_string(text, mark, sizeof(text));
	if ((rest = place_read(source, domain, text, &whose))) {
		place_read(source, domain, rest, &where);
	}
	if (!whose.party || (at && !place_is_at(&whose, at) && !place_is_at(&where, at))) {
		return 0;
	}
	/* A team has no lines and is asked as the first. A user whose line the mark does not say is asked for all lines. */
	if (!whose.line && lw_party_kind(source->engine, whose.party) == LW_KIND_TEAM) {
		whose.line = 1;
	}
	return lw_may_pick_up(source->engine, actor, whose.party, whose.line);
}

/*! Appends what rings now and may be picked up, ready for Pickup(); `out` may be NULL. \return how much there is */
static size_t pickup_targets(const struct source *source, lw_party actor, const struct place *at, struct ast_str **out)
{
	RAII_VAR(struct ringing *, ringing, NULL, ast_free);
	RAII_VAR(char *, own, lw_party_domain(source->engine, actor), lw_string_free);
	struct ast_channel_iterator *all;
	struct ast_channel *other;
	size_t count = 0, found = 0, i;

	if (!own || !(ringing = ast_calloc(RINGING_AT_ONCE, sizeof(*ringing))) || !(all = ast_channel_iterator_all_new())) {
		return 0;
	}
	while (count < RINGING_AT_ONCE && (other = ast_channel_iterator_next(all))) {
		ast_channel_lock(other);
		if (ast_can_pickup(other)) {
			const char *mark = pbx_builtin_getvar_helper(other, "PICKUPMARK");

			if (!ast_strlen_zero(mark) && strlen(mark) < MARK_SIZE && !strpbrk(mark, "&@,")) {
				strcpy(ringing[count].mark, mark);
				ringing[count].since = ast_channel_creationtime(other);
				count++;
			}
		}
		ast_channel_unlock(other);
		ast_channel_unref(other);
	}
	ast_channel_iterator_destroy(all);
	qsort(ringing, count, sizeof(*ringing), ringing_longer);
	for (i = 0; i < count; i++) {
		size_t before;

		for (before = 0; before < i && strcmp(ringing[before].mark, ringing[i].mark); before++) {
		}
		if (before == i && mark_allowed(source, own, actor, ringing[i].mark, at)) {
			if (out) {
				ast_str_append(out, 0, "%s%s@PICKUPMARK", found ? "&" : "", ringing[i].mark);
			}
			found++;
		}
	}
	return found;
}

/*! Calls that are inside a dialplan function now; see unload_module(). */
static int inside;

static void leave(int unused)
{
	__sync_fetch_and_sub(&inside, 1);
}

#define INSIDE RAII_VAR(int, here, __sync_add_and_fetch(&inside, 1), leave)

/* ---- Dialplan functions --------------------------------------------------------------------------------------------- */

static int question_parse(const char *function, char *data, struct question *question)
{
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(right);
		AST_APP_ARG(actor);
		AST_APP_ARG(target);
		AST_APP_ARG(line);
		AST_APP_ARG(domain);
		AST_APP_ARG(role);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, data);
	question->right = args.right;
	question->actor = args.actor;
	question->target = args.target;
	question->line = args.line;
	question->domain = args.domain;
	question->role = args.role;
	if (args.argc < 3 || args.argc > 6) {
		complain("%s(right,actor,target[,line[,domain[,role]]]) was given %u arguments", function, args.argc);
		return 0;
	}
	return 1;
}

static int function_may(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	struct question question;
	struct answer answer;
	char *copy = ast_strdupa(S_OR(data, ""));

	ast_copy_string(buf, "0", len);
	if (question_parse(cmd, copy, &question)) {
		ask(chan, &question, 0, &answer);
		ast_copy_string(buf, answer.allowed ? "1" : "0", len);
	}
	return 0;
}

static int function_reason(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	struct question question;
	struct answer answer;
	char *copy = ast_strdupa(S_OR(data, ""));

	ast_copy_string(buf, lw_reason_text(LW_REASON_UNKNOWN), len);
	if (question_parse(cmd, copy, &question)) {
		ask(chan, &question, 1, &answer);
		ast_copy_string(buf, answer.reason, len);
	}
	return 0;
}

/*! A party with its domain, appended; nothing for nobody. */
static void append_party(struct ast_str **out, const lw_engine *engine, lw_party party)
{
	char *domain = lw_party_domain(engine, party);
	char *text = lw_text(engine, party);

	if (domain && text) {
		ast_str_append(out, 0, "%s/%s", domain, text);
	}
	lw_string_free(domain);
	lw_string_free(text);
}

/*!
 * The engine, and the party a text names on this channel.
 * \retval 0 nobody, or no engine; source is held all the same and must be let go
 */
static lw_party begin(struct ast_channel *chan, const char *text, const char *argument, struct source **source,
	char *domain, int *tied)
{
	*source = source_get();
	if (!*source || !(*source)->engine) {
		complain("no documents are loaded: everything is refused; see `linewarden show status`");
		return 0;
	}
	__sync_fetch_and_add(&questions, 1);
	if (!domain_of(chan, *source, argument, domain, tied)) {
		complain("domain `%s` asked on a channel of `%s`", argument, domain);
		return 0;
	}
	return party_of(*source, domain, *tied, text);
}

static int function_rights(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor, target;
	lw_rights rights;
	lw_right right;
	const char *comma = "";
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(target);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 2 || args.argc > 3) {
		complain("%s(actor,target[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	actor = begin(chan, args.actor, args.domain, &source, domain, &tied);
	target = actor ? party_of(source, domain, tied, args.target) : 0;
	if (!target) {
		return 0;
	}
	lw_rights_of(source->engine, actor, target, &rights);
	for (right = 1; right < 64 * ARRAY_LEN(rights.words); right++) {
		if (lw_rights_has(&rights, right)) {
			ast_str_append(buf, 0, "%s%s", comma, lw_right_name(right));
			comma = ",";
		}
	}
	return 0;
}

static const char *function_name(lw_function function)
{
	switch (function) {
	case LW_FUNCTION_PICKUP:
		return "pickup";
	case LW_FUNCTION_FORWARD_ASK:
		return "forward_ask";
	case LW_FUNCTION_FORWARD_TOGGLE:
		return "forward_toggle";
	case LW_FUNCTION_FORWARD_SET:
		return "forward_set";
	case LW_FUNCTION_LOGIN:
		return "login";
	}
	return NULL;
}

static int function_dial(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor;
	lw_dialled dialled;
	lw_right right;
	lw_status status = LW_ERROR_INTERNAL;
	struct answer answer = { 0, "not granted", 0 };
	struct timespec began;
	/* Not AST_STANDARD_APP_ARGS: a comma that somebody dialled must not make another argument. */
	char *text = ast_strdupa(S_OR(data, ""));
	char *code = strchr(text, ',');

	ast_str_set(buf, 0, "0,,,,");
	if (!code) {
		complain("%s(actor,code) was given one argument", cmd);
		return 0;
	}
	*code++ = '\0';
	clock_gettime(CLOCK_MONOTONIC, &began);
	actor = begin(chan, text, NULL, &source, domain, &tied);
	/* What was dialled is not repeated in any message: it may hold a PIN. */
	if (!actor || (status = lw_dial(source->engine, actor, code, &dialled)) != LW_OK || !function_name(dialled.function)
		|| strspn(dialled.digits, "+0123456789*") != strlen(dialled.digits)) {
		if (actor && status == LW_ERROR_UNASSIGNED) {
			ast_str_set(buf, 0, "0,none,,,");
		}
		return 0;
	}
	answer.allowed = dialled.allowed;
	right = dialled.right;
	if (!right && answer.allowed) {
		answer.reason = "needs no right";
	} else if (right && (VERBOSITY_ATLEAST(4) || !answer.allowed)) {
		lw_decision decision;

		/* Who logs in is the subject, and where is the actor. */
		if (lw_decide(source->engine, dialled.function == LW_FUNCTION_LOGIN ? dialled.subject : actor, right,
				dialled.function == LW_FUNCTION_LOGIN ? actor : dialled.subject, &decision) == LW_OK
			&& decision.allowed == answer.allowed) {
			answer.reason = lw_reason_text(decision.reason);
		}
	}
	ast_str_set(buf, 0, "%d,%s,", answer.allowed ? 1 : 0, function_name(dialled.function));
	append_party(buf, source->engine, dialled.subject);
	ast_str_append(buf, 0, ",%s,%u", dialled.digits, dialled.line);
	if (VERBOSITY_ATLEAST(4) || !answer.allowed) {
		char *subject = lw_text(source->engine, dialled.subject);
		struct place at = { dialled.subject, dialled.line };
		struct question question = { function_name(dialled.function), text, S_OR(subject, ""), };

		if (VERBOSITY_ATLEAST(4)) {
			say(chan, &question, &answer, began);
		}
		/* A team's call that rings there is asked about apart: then nothing has been refused. */
		if (!answer.allowed && !(dialled.function == LW_FUNCTION_PICKUP && pickup_targets(source, actor, &at, NULL))) {
			refused(chan, source, S_OR(lw_right_name(right), ""), text, S_OR(subject, ""), answer.reason);
		}
		lw_string_free(subject);
	}
	return 0;
}

static int function_party(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party party;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(party);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 1 || args.argc > 2) {
		complain("%s(party[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	/* "Is this somebody?" is an honest question: a no is not complained about. */
	if (!source || !source->engine || ast_strlen_zero(args.party) || is_outside(args.party)
		|| !domain_of(chan, source, args.domain, domain, &tied) || !stays(args.party, domain, tied)) {
		return 0;
	}
	party = lw_find(source->engine, S_OR(domain, NULL), args.party);
	if (party) {
		append_party(buf, source->engine, party);
	}
	return 0;
}

static int function_line(struct ast_channel *chan, const char *cmd, char *data, char *buf, size_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	char domain[NAME_SIZE];
	int tied;
	lw_party party;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(extension);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_copy_string(buf, "0", len);
	if (args.argc < 1 || args.argc > 2) {
		complain("%s(extension[,domain]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	/* As for LINEWARDEN_PARTY: nobody is complained about. */
	if (!source || !source->engine || ast_strlen_zero(args.extension) || is_outside(args.extension)
		|| !domain_of(chan, source, args.domain, domain, &tied) || !stays(args.extension, domain, tied)) {
		return 0;
	}
	party = lw_find(source->engine, S_OR(domain, NULL), args.extension);
	if (party) {
		snprintf(buf, len, "%u", lw_line_of(source->engine, party, args.extension));
	}
	return 0;
}

static int function_pickup_targets(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	RAII_VAR(char *, own, NULL, lw_string_free);
	char domain[NAME_SIZE];
	int tied;
	lw_party actor;
	struct place at;
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(actor);
		AST_APP_ARG(domain);
		AST_APP_ARG(at);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 1 || args.argc > 3) {
		complain("%s(actor[,domain[,at]]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	actor = begin(chan, args.actor, args.domain, &source, domain, &tied);
	own = actor ? lw_party_domain(source->engine, actor) : NULL;
	if (!own) {
		return 0;
	}
	if (args.argc < 3) {
		pickup_targets(source, actor, NULL, buf);
		return 0;
	}
	/* A place that is none is no place, and not every place. */
	place_read(source, own, args.at, &at);
	if (at.party) {
		pickup_targets(source, actor, &at, buf);
	}
	return 0;
}

/*! The parties of a list with ampersands. \retval -1 somebody in it is unknown, or it is too long */
static int parties_of(const struct source *source, const char *domain, int tied, char *list, lw_party *out, size_t room)
{
	size_t count = 0;
	char *text;

	while ((text = strsep(&list, "&"))) {
		if (ast_strlen_zero(text)) {
			continue;
		}
		if (count == room || !(out[count++] = party_of(source, domain, tied, text))) {
			return -1;
		}
	}
	return count;
}

static int function_notified(struct ast_channel *chan, const char *cmd, char *data, struct ast_str **buf, ssize_t len)
{
	INSIDE;
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	RAII_VAR(lw_party *, told, NULL, ast_free);
	lw_party logged_out[256], paused[256], team;
	int logged_out_count, paused_count, tied;
	size_t count, room, i;
	lw_error *error = NULL;
	char domain[NAME_SIZE];
	char *copy = ast_strdupa(S_OR(data, ""));
	AST_DECLARE_APP_ARGS(args,
		AST_APP_ARG(team);
		AST_APP_ARG(logged_out);
		AST_APP_ARG(paused);
		AST_APP_ARG(domain);
		AST_APP_ARG(rest);
	);

	AST_STANDARD_APP_ARGS(args, copy);
	ast_str_reset(*buf);
	if (args.argc < 1 || args.argc > 4) {
		complain("%s(team[,logged_out[,paused[,domain]]]) was given %u arguments", cmd, args.argc);
		return 0;
	}
	team = begin(chan, args.team, args.domain, &source, domain, &tied);
	if (!team) {
		return 0;
	}
	logged_out_count = parties_of(source, domain, tied, args.logged_out, logged_out, ARRAY_LEN(logged_out));
	paused_count = parties_of(source, domain, tied, args.paused, paused, ARRAY_LEN(paused));
	if (logged_out_count < 0 || paused_count < 0) {
		return 0;
	}
	count = lw_notified(source->engine, team, logged_out, logged_out_count, paused, paused_count, NULL, 0, &error);
	if (error) {
		complain("%s: %s", cmd, lw_error_message(error));
		lw_error_free(error);
		return 0;
	}
	if (!count || !(told = ast_calloc(count, sizeof(*told)))) {
		return 0;
	}
	/* A reload in between may have made the list longer or shorter. */
	room = count;
	count = lw_notified(source->engine, team, logged_out, logged_out_count, paused, paused_count, told, room, NULL);
	for (i = 0; i < MIN(count, room); i++) {
		ast_str_append(buf, 0, "%s", i ? "&" : "");
		append_party(buf, source->engine, told[i]);
	}
	return 0;
}

static struct ast_custom_function functions[] = {
	{ .name = "LINEWARDEN", .read = function_may, .read_max = 2 },
	{ .name = "LINEWARDEN_REASON", .read = function_reason },
	{ .name = "LINEWARDEN_RIGHTS", .read2 = function_rights },
	{ .name = "LINEWARDEN_DIAL", .read2 = function_dial },
	{ .name = "LINEWARDEN_PARTY", .read2 = function_party },
	{ .name = "LINEWARDEN_LINE", .read = function_line, .read_max = 12 },
	{ .name = "LINEWARDEN_PICKUP_TARGETS", .read2 = function_pickup_targets },
	{ .name = "LINEWARDEN_NOTIFIED", .read2 = function_notified },
};

/* ---- Busy lamps ----------------------------------------------------------------------------------------------------- */

/*
 * A hint names domain, watcher, target and the real device, without a slash, which Asterisk would take for a channel's:
 *
 *     exten => 100,hint,Linewarden:acme.example|bob|alice|PJSIP|acme-100
 *     exten => 100,hint,Linewarden:acme.example|bob|alice|Custom:alice
 *
 * An empty domain is the default one.
 *
 * Asterisk asks the provider for the state of that name. The answer is the device's state where the watcher may see it, and
 * "not in use" otherwise, which a telephone shows as nothing. It carries no number in either case: a device state has none.
 *
 * The lamps that were asked for are kept, so that those of a device follow it, and so that a change of rights touches only
 * the lamps whose answer changes.
 */
struct lamp {
	/*! The answer after the last change of rights: 1, 0, or -1 before the first one. Only another one refreshes the lamp. */
	int lit;
	/*! Whether Asterisk was told otherwise since, because rights came and went meanwhile: then the lamp is refreshed in any case. */
	int doubtful;
	const char *domain, *watcher, *target;
	/*! The real device, such as PJSIP/acme-100. */
	char *device;
	/*! The name of the hint without the provider. */
	char *name;
	char text[0];
};

/*! The same lamps twice: by name, and by the device behind them. */
static struct ao2_container *lamps, *lamps_by_device;
static struct stasis_subscription *device_states;

static const char *lamp_key(const void *object, int flags)
{
	return (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? object : ((const struct lamp *) object)->name;
}

static const char *lamp_device_key(const void *object, int flags)
{
	return (flags & OBJ_SEARCH_MASK) == OBJ_SEARCH_KEY ? object : ((const struct lamp *) object)->device;
}

static int lamp_hash(const void *object, int flags)
{
	return ast_str_case_hash(lamp_key(object, flags));
}

static int lamp_device_hash(const void *object, int flags)
{
	return ast_str_case_hash(lamp_device_key(object, flags));
}

static int lamp_compare(void *object, void *other, int flags)
{
	return strcasecmp(((struct lamp *) object)->name, lamp_key(other, flags)) ? 0 : CMP_MATCH;
}

static int lamp_device_compare(void *object, void *other, int flags)
{
	return strcasecmp(((struct lamp *) object)->device, lamp_device_key(other, flags)) ? 0 : CMP_MATCH;
}

static struct lamp *lamp_new(const char *name)
{
	size_t length = strlen(name) + 1;
	struct lamp *lamp = ao2_alloc(sizeof(*lamp) + 2 * length, NULL);
	char *rest, *bar;

	if (!lamp) {
		return NULL;
	}
	lamp->lit = -1;
	lamp->name = lamp->text + length;
	strcpy(lamp->name, name);
	strcpy(lamp->text, name);
	rest = lamp->text;
	lamp->domain = strsep(&rest, "|");
	lamp->watcher = strsep(&rest, "|");
	lamp->target = strsep(&rest, "|");
	lamp->device = rest;
	if (rest && (bar = strchr(rest, '|'))) {
		*bar = '/';
	}
	if (ast_strlen_zero(lamp->watcher) || ast_strlen_zero(lamp->target) || ast_strlen_zero(lamp->device)
		|| strchr(lamp->device, '|') || !strncasecmp(lamp->device, PROVIDER ":", strlen(PROVIDER ":"))) {
		complain("hint `" PROVIDER ":%s`: expected `" PROVIDER ":domain|watcher|target|PJSIP|name`", name);
		ao2_ref(lamp, -1);
		return NULL;
	}
	return lamp;
}

/*! Whether the watcher may see the target now. */
static int lamp_allowed(const struct lamp *lamp)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	lw_party watcher, target;
	const char *domain;

	if (!source || !source->engine) {
		return 0;
	}
	domain = S_OR(lamp->domain, source->domain);
	/* Looked up each time: an extension may have been given to somebody else. */
	watcher = party_of(source, domain, 1, lamp->watcher);
	target = watcher ? party_of(source, domain, 1, lamp->target) : 0;
	__sync_fetch_and_add(&lamp_questions, 1);
	return watcher && target && lw_may_see_busy(source->engine, watcher, target);
}

/*! The same for Asterisk, which shows it until the lamp is refreshed. */
static int lamp_shown(struct lamp *lamp)
{
	int allowed = lamp_allowed(lamp);

	if (!__sync_bool_compare_and_swap(&lamp->lit, -1, allowed) && __sync_fetch_and_or(&lamp->lit, 0) != allowed) {
		/*
		 * Rights are changing. Asked again behind the mark: either lamps_changed() finds the mark, or it was there before,
		 * and then the rights it was called for are in force here.
		 */
		__sync_lock_test_and_set(&lamp->doubtful, 1);
		__sync_synchronize();
		allowed = lamp_allowed(lamp);
	}
	return allowed;
}

static void lamp_refresh(const struct lamp *lamp)
{
	char name[strlen(lamp->name) + sizeof(PROVIDER ":")];

	sprintf(name, "%s:%s", PROVIDER, lamp->name);
	/* Unknown makes Asterisk ask the provider, which asks for the right again: no state is handed over past the check. */
	ast_devstate_changed_literal(AST_DEVICE_UNKNOWN, AST_DEVSTATE_CACHABLE, name);
}

static enum ast_device_state lamp_state(const char *name)
{
	struct lamp *lamp;
	/* A dark lamp: what a telephone shows of a line where nothing happens. */
	enum ast_device_state state = AST_DEVICE_NOT_INUSE;

	ao2_lock(lamps);
	lamp = ao2_find(lamps, name, OBJ_SEARCH_KEY | OBJ_NOLOCK);
	if (!lamp && (lamp = lamp_new(name))) {
		if (ao2_container_count(lamps) >= LAMPS) {
			complain("more than %d lamps: the others do not follow their devices", LAMPS);
		} else {
			/* Linked before it is asked about, so that a reload in between does not miss it. */
			ao2_link_flags(lamps, lamp, OBJ_NOLOCK);
			ao2_link(lamps_by_device, lamp);
		}
	}
	ao2_unlock(lamps);
	if (!lamp) {
		return AST_DEVICE_INVALID;
	}
	if (lamp_shown(lamp)) {
		state = ast_device_state(lamp->device);
	}
	ao2_ref(lamp, -1);
	/*
	 * Never "unknown": Asterisk keeps no such state. A hint would ask again at a time of its own, and could show a state that
	 * was never published, and that nothing takes back when the one published last is published again.
	 */
	return state == AST_DEVICE_UNKNOWN ? AST_DEVICE_NOT_INUSE : state;
}

static void device_changed(void *data, struct stasis_subscription *subscription, struct stasis_message *message)
{
	struct ast_device_state_message *state;
	struct ao2_iterator *found;
	struct lamp *lamp;

	if (stasis_message_type(message) != ast_device_state_message_type()) {
		return;
	}
	state = stasis_message_data(message);
	/* With an eid it is one server's part of the state; without, the sum. */
	if (state->eid || !strncasecmp(state->device, PROVIDER ":", strlen(PROVIDER ":"))) {
		return;
	}
	found = ao2_callback(lamps_by_device, OBJ_SEARCH_KEY | OBJ_MULTIPLE, lamp_device_compare, (void *) state->device);
	if (!found) {
		return;
	}
	while ((lamp = ao2_iterator_next(found))) {
		/* A dark lamp has nothing to follow; should its right come, lamps_changed() refreshes it. */
		if (lamp->lit) {
			lamp_refresh(lamp);
		}
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(found);
}

/*!
 * Refreshes the lamps whose answer has changed, and no other. Called when other rights came into force.
 *
 * All lamps are asked about, and not only those of the pairs that a store says have flipped: who bears an extension may have
 * changed, too. A question takes less than finding out whether it has to be asked.
 */
static int lamps_changed(void)
{
	struct ao2_iterator all = ao2_iterator_init(lamps, 0);
	struct lamp *lamp;
	int changed = 0;

	while ((lamp = ao2_iterator_next(&all))) {
		int allowed = lamp_allowed(lamp);
		int was_lit = __sync_lock_test_and_set(&lamp->lit, allowed);

		__sync_synchronize();
		if (__sync_lock_test_and_set(&lamp->doubtful, 0) || was_lit != allowed) {
			lamp_refresh(lamp);
			changed++;
		}
		ao2_ref(lamp, -1);
	}
	ao2_iterator_destroy(&all);
	return changed;
}

/* ---- Changes of a store ------------------------------------------------------------------------------------------------ */

/*!
 * Is told of each revision that comes into force, whoever made it, in a thread of the library's. Several that come in quick
 * succession are told as one, so that lamps are refreshed as often as Asterisk can, and no oftener. Takes no lock that
 * follow_no_more() is called with.
 */
static void rights_changed(void *data, uint64_t revision)
{
	struct opened *opened = data;
	unsigned long long revisions = revision > opened->told ? revision - opened->told : 1;
	int changed = lamps_changed();

	opened->told = revision;
	ast_verb(3, "linewarden: revision %llu, %d of %d lamps changed\n", (unsigned long long) revision, changed,
		ao2_container_count(lamps));
	manager_event(EVENT_FLAG_SYSTEM, "LinewardenRevision", "Revision: %llu\r\nRevisions: %llu\r\nLamps: %d\r\nChanged: %d\r\n",
		(unsigned long long) revision, revisions, ao2_container_count(lamps), changed);
}

/*! A store can be changed by others at any time; documents change by a reload, which walks over the lamps itself. */
static int is_store(const lw_engine *engine)
{
	char *history = lw_history(engine, lw_revision(engine), 1);

	lw_string_free(history);
	return history != NULL;
}

/*! Whatever changes after this is told; what was in force before has to be looked at by the caller. */
static void follow(struct opened *opened)
{
	lw_error *error = NULL;

	if (!is_store(opened->engine)) {
		return;
	}
	opened->told = lw_revision(opened->engine);
	opened->changes = lw_on_revision(opened->engine, rights_changed, opened, &error);
	if (!opened->changes) {
		ast_log(LOG_ERROR, "%s: lamps follow changes of rights only at a reload\n", lw_error_message(error));
		lw_error_free(error);
	}
}

/*!
 * Waits for a rights_changed() that is running. The caller holds a reference to `opened` meanwhile, so that it is not that
 * thread which closes the engine.
 */
static void follow_no_more(struct opened *opened)
{
	if (opened) {
		lw_watch_end(opened->changes);
		opened->changes = NULL;
	}
}

/* ---- Loading and reloading ------------------------------------------------------------------------------------------ */

/*! features.conf's pickupexten is taken by the channel driver before the dialplan sees it: nobody's right is asked. */
static int pickup_passes_by(char *code, size_t len)
{
	struct ast_features_pickup_config *config = ast_get_chan_features_pickup_config(NULL);

	if (!config) {
		return 0;
	}
	ast_copy_string(code, S_OR(config->pickupexten, ""), len);
	ao2_ref(config, -1);
	return code[0] != '\0';
}

static void warn_of_pickup(void)
{
	char code[64];

	if (pickup_passes_by(code, sizeof(code))) {
		ast_log(LOG_WARNING, "features.conf hands `%s` past the dialplan: whoever dials it picks up by call groups, and no "
			"right is asked. Write `pickupexten =` in its [general] section and reload features.\n", code);
	}
}

static int settings_read(struct source *source)
{
	struct ast_flags flags = { 0 };
	struct ast_config *config = ast_config_load(CONFIG_FILE, flags);
	struct ast_variable *variable;

	if (!config || config == CONFIG_STATUS_FILEINVALID) {
		ast_log(LOG_ERROR, "%s cannot be read: expected [general] with `source = ...`\n", CONFIG_FILE);
		return -1;
	}
	source->refusal_events = 10;
	for (variable = ast_variable_browse(config, "general"); variable; variable = variable->next) {
		if (!strcasecmp(variable->name, "source")) {
			ast_copy_string(source->path, variable->value, sizeof(source->path));
		} else if (!strcasecmp(variable->name, "domain")) {
			ast_copy_string(source->domain, variable->value, sizeof(source->domain));
		} else if (!strcasecmp(variable->name, "refusal_events")) {
			if (sscanf(variable->value, "%9u", &source->refusal_events) != 1) {
				ast_log(LOG_ERROR, "%s line %d: refusal_events is `%s`, expected a number\n", CONFIG_FILE,
					variable->lineno, variable->value);
			}
		} else {
			ast_log(LOG_ERROR, "%s line %d: unknown key `%s`, expected source, domain or refusal_events\n", CONFIG_FILE,
				variable->lineno, variable->name);
		}
	}
	ast_config_destroy(config);
	if (!source->path[0]) {
		ast_log(LOG_ERROR, "%s names no source, expected `source = /path/of/document/or/folder`\n", CONFIG_FILE);
		return -1;
	}
	return 0;
}

static int fault(const struct source *kept, const char *message, struct ast_str **said)
{
	uint64_t revision = kept && kept->engine ? lw_revision(kept->engine) : 0;
	char line[512];
	char *end;

	ast_log(LOG_ERROR, "%s\n", message);
	if (revision) {
		ast_log(LOG_ERROR, "the rights of revision %llu stay in force\n", (unsigned long long) revision);
	} else {
		ast_log(LOG_ERROR, "no rights are in force: everything is refused\n");
	}
	ast_copy_string(line, message, sizeof(line));
	if ((end = strpbrk(line, "\r\n"))) {
		*end = '\0';
	}
	manager_event(EVENT_FLAG_SYSTEM, "LinewardenFault", "Revision: %llu\r\nMessage: %s\r\n", (unsigned long long) revision, line);
	if (said) {
		ast_str_set(said, 0, "%s\n%s\n", message, revision ? "the old rights stay in force" : "everything is refused");
	}
	return -1;
}

/*!
 * Reads settings and documents again. On any failure what was in force stays in force.
 * \param said where to put a report for people; may be NULL
 */
static int reload_all(struct ast_str **said)
{
	RAII_VAR(struct source *, old, NULL, ao2_cleanup);
	RAII_VAR(struct source *, next, NULL, ao2_cleanup);
	lw_error *error = NULL;
	int changed, known = 0, result = 0;

	ast_mutex_lock(&reload_lock);
	old = source_get();
	next = ao2_alloc_options(sizeof(*next), source_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
	if (!next || settings_read(next)) {
		result = fault(old, "the settings cannot be read", said);
	} else if (old && old->engine && !strcmp(old->path, next->path)) {
		if (lw_reload(old->engine, &error) != LW_OK) {
			result = fault(old, lw_error_message(error), said);
		}
		next->opened = ao2_bump(old->opened);
		known = 1;
	} else {
		next->opened = ao2_alloc_options(sizeof(*next->opened), opened_gone, AO2_ALLOC_OPT_LOCK_NOLOCK);
		if (!next->opened || !(next->opened->engine = lw_open(next->path, &error))) {
			result = fault(old, error ? lw_error_message(error) : "out of memory", said);
		}
	}
	/* The first settings stay even where their documents are faulty: a reload then opens the documents mended. */
	if (next && (!result || (!old && next->path[0]))) {
		next->engine = next->opened ? next->opened->engine : NULL;
		ao2_global_obj_replace_unref(current, next);
	}
	lw_error_free(error);
	if (!result) {
		unsigned long long revision = lw_revision(next->engine);

		complaints_forget();
		if (!known) {
			follow_no_more(old ? old->opened : NULL);
			follow(next->opened);
		}
		changed = lamps_changed();
		ast_verb(2, "linewarden: revision %llu of %s, %d of %d lamps changed\n", revision, next->path, changed,
			ao2_container_count(lamps));
		/* What happens in a store is told by rights_changed(), to which a reload adds nothing. */
		if (!known || !next->opened->changes) {
			manager_event(EVENT_FLAG_SYSTEM, "LinewardenRevision",
				"Revision: %llu\r\nRevisions: 1\r\nLamps: %d\r\nChanged: %d\r\n", revision, ao2_container_count(lamps), changed);
		}
		if (said) {
			ast_str_set(said, 0, "revision %llu, %d of %d lamps changed\n", revision, changed, ao2_container_count(lamps));
		}
	}
	ast_mutex_unlock(&reload_lock);
	warn_of_pickup();
	return result;
}

/* ---- CLI ------------------------------------------------------------------------------------------------------------ */

static void complete_right(const char *word)
{
	lw_right right;
	const char *name;

	/* Numbers of rights have gaps between the single ones and those for all lines. */
	for (right = 1; right < 256; right++) {
		if ((name = lw_right_name(right)) && !strncasecmp(name, word, strlen(word))) {
			ast_cli_completion_add(ast_strdup(name));
		}
	}
}

/*! Parties by name: with their domain where there are several and none is the default. */
static void complete_party(const char *word)
{
	RAII_VAR(struct source *, source, source_get(), ao2_cleanup);
	size_t domains, place, i;

	if (!source || !source->engine) {
		return;
	}
	domains = lw_domain_count(source->engine);
	for (place = 0; place < domains; place++) {
		char *domain = lw_domain_name(source->engine, place);
		int bare = domains == 1 || (domain && !strcasecmp(domain, source->domain));
		size_t count = domain ? lw_parties(source->engine, domain, NULL, 0) : 0, room = count;
		lw_party *parties = count ? ast_calloc(count, sizeof(*parties)) : NULL;

		count = parties ? lw_parties(source->engine, domain, parties, room) : 0;
		for (i = 0; i < MIN(count, room); i++) {
			struct ast_str *text = ast_str_create(64);
			char *name = bare && !strchr(word, '/') ? lw_text(source->engine, parties[i]) : NULL;

			if (name) {
				ast_str_set(&text, 0, "%s", name);
			} else if (text) {
				append_party(&text, source->engine, parties[i]);
			}
			if (text && ast_str_strlen(text) && !strncasecmp(ast_str_buffer(text), word, strlen(word))) {
				ast_cli_completion_add(ast_strdup(ast_str_buffer(text)));
			}
			lw_string_free(name);
			ast_free(text);
		}
		ast_free(parties);
		lw_string_free(domain);
	}
}

/*! linewarden VERB ACTOR RIGHT TARGET [LINE] */
static char *complete(const struct ast_cli_args *a, int right_at)
{
	if (a->pos == right_at) {
		complete_right(a->word);
	} else if (a->pos >= 2 && a->pos <= 2 + (right_at ? 2 : 1)) {
		complete_party(a->word);
	}
	return NULL;
}

static char *cli_check(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct question question;
	struct answer answer;
	struct timespec began, ended;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden check";
		e->usage =
			"Usage: linewarden check ACTOR RIGHT TARGET [LINE]\n"
			"       Answers as LINEWARDEN(RIGHT,ACTOR,TARGET,LINE) does, and says why and how long it took.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 3);
	}
	if (a->argc < 5 || a->argc > 6) {
		return CLI_SHOWUSAGE;
	}
	question = (struct question) { a->argv[3], a->argv[2], a->argv[4], a->argc > 5 ? a->argv[5] : NULL, NULL, NULL };
	clock_gettime(CLOCK_MONOTONIC, &began);
	ask(NULL, &question, 1, &answer);
	clock_gettime(CLOCK_MONOTONIC, &ended);
	ast_cli(a->fd, "%s: %s (revision %llu, %.1f us)\n", answer.allowed ? "yes" : "no", answer.reason,
		(unsigned long long) answer.revision, (ended.tv_sec - began.tv_sec) * 1e6 + (ended.tv_nsec - began.tv_nsec) / 1e3);
	return CLI_SUCCESS;
}

/*! Says to the CLI what lw_resolve finds wrong with a name. */
static lw_party cli_party(int fd, const struct source *source, const char *text)
{
	lw_error *error = NULL;
	lw_party party = lw_resolve(source->engine, S_OR(source->domain, NULL), text, &error);

	if (!party) {
		ast_cli(fd, "%s\n", error ? lw_error_message(error) : text);
		lw_error_free(error);
	}
	return party;
}

static const char *member(struct ast_json *object, const char *key)
{
	return S_OR(ast_json_string_get(ast_json_object_get(object, key)), "");
}

static char *cli_explain(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct ast_json *explained, *list;
	char *text;
	size_t i;
	lw_party actor, target;
	lw_right right;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden explain";
		e->usage =
			"Usage: linewarden explain ACTOR RIGHT TARGET\n"
			"       Every source that was looked at, which one decided, and what would change the answer.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 3);
	}
	if (a->argc != 5) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "no documents are loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	if (!(right = lw_right_by_name(a->argv[3]))) {
		ast_cli(a->fd, "there is no right `%s`\n", a->argv[3]);
		return CLI_FAILURE;
	}
	if (!(actor = cli_party(a->fd, source, a->argv[2])) || !(target = cli_party(a->fd, source, a->argv[4]))) {
		return CLI_FAILURE;
	}
	text = lw_explain(source->engine, actor, right, target);
	explained = text ? ast_json_load_string(text, NULL) : NULL;
	lw_string_free(text);
	if (!explained) {
		ast_cli(a->fd, "no explanation\n");
		return CLI_FAILURE;
	}
	ast_cli(a->fd, "%s: %s\n", ast_json_is_true(ast_json_object_get(explained, "allowed")) ? "yes" : "no",
		member(explained, "summary"));
	list = ast_json_object_get(explained, "sources");
	for (i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *item = ast_json_array_get(list, i);

		ast_cli(a->fd, "  %s %-7s %s: %s%s%s%s\n",
			ast_json_is_true(ast_json_object_get(item, "decides")) ? "=>"
			: ast_json_is_true(ast_json_object_get(item, "gives")) ? " +" : "  ",
			member(item, "system"), member(item, "what"), member(item, "level"),
			member(item, "place")[0] ? " (" : "", member(item, "place"), member(item, "place")[0] ? ")" : "");
	}
	list = ast_json_object_get(explained, "changes");
	if (ast_json_array_size(list)) {
		ast_cli(a->fd, "each of these alone would make it a yes:\n");
	}
	for (i = 0; i < ast_json_array_size(list); i++) {
		struct ast_json *item = ast_json_array_get(list, i);

		ast_cli(a->fd, "  %s (%s)\n", member(item, "change"), member(item, "place"));
	}
	ast_json_unref(explained);
	return CLI_SUCCESS;
}

static char *cli_rights(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	lw_party actor, target;
	lw_rights rights;
	lw_right right;
	int count = 0;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden rights";
		e->usage =
			"Usage: linewarden rights ACTOR TARGET\n"
			"       All rights the actor has on the target.\n";
		return NULL;
	case CLI_GENERATE:
		return complete(a, 0);
	}
	if (a->argc != 4) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "no documents are loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	if (!(actor = cli_party(a->fd, source, a->argv[2])) || !(target = cli_party(a->fd, source, a->argv[3]))) {
		return CLI_FAILURE;
	}
	lw_rights_of(source->engine, actor, target, &rights);
	for (right = 1; right < 64 * ARRAY_LEN(rights.words); right++) {
		if (lw_rights_has(&rights, right)) {
			ast_cli(a->fd, "%s\n", lw_right_name(right));
			count++;
		}
	}
	ast_cli(a->fd, "%d rights\n", count);
	return CLI_SUCCESS;
}

static int lamp_count_lit(void *object, void *count, int flags)
{
	*(int *) count += ((struct lamp *) object)->lit > 0;
	return 0;
}

static char *cli_status(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	char code[64];
	int lit = 0;
	size_t place;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden show status";
		e->usage =
			"Usage: linewarden show status\n"
			"       What is loaded, what was asked, and what is wrong.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	source = source_get();
	ast_cli(a->fd, "library:   linewarden %s, ABI %u; module built for Asterisk %d\n", lw_version(), lw_abi_version(),
		LW_ASTERISK_MAJOR);
	if (!source || !source->engine) {
		ast_cli(a->fd, "source:    %s: nothing is loaded, everything is refused\n", source ? source->path : "none");
	} else {
		ast_cli(a->fd, "source:    %s, revision %llu%s\n", source->path, (unsigned long long) lw_revision(source->engine),
			source->opened->changes ? ", changes are in force at once" : "");
		for (place = 0; place < lw_domain_count(source->engine); place++) {
			char *domain = lw_domain_name(source->engine, place);

			ast_cli(a->fd, "domain:    %s, %zu parties%s\n", S_OR(domain, "?"),
				lw_parties(source->engine, domain, NULL, 0),
				domain && !strcasecmp(domain, source->domain) ? " (default)" : "");
			lw_string_free(domain);
		}
	}
	ast_cli(a->fd, "questions: %llu, %llu refused, %llu about somebody unknown; %llu more for lamps\n",
		(unsigned long long) questions, (unsigned long long) refusals, (unsigned long long) unknowns,
		(unsigned long long) lamp_questions);
	ao2_callback(lamps, OBJ_NODATA | OBJ_MULTIPLE, lamp_count_lit, &lit);
	ast_cli(a->fd, "lamps:     %d in use, %d shown, %d dark\n", ao2_container_count(lamps), lit,
		ao2_container_count(lamps) - lit);
	if (pickup_passes_by(code, sizeof(code))) {
		ast_cli(a->fd, "WARNING:   features.conf hands `%s` past the dialplan: no right is asked there; write `pickupexten =`\n",
			code);
	}
	return CLI_SUCCESS;
}

static char *cli_history(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	RAII_VAR(struct source *, source, NULL, ao2_cleanup);
	struct ast_json *sets;
	unsigned int count = 10;
	char *text;
	size_t i, j;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden show history";
		e->usage =
			"Usage: linewarden show history [COUNT]\n"
			"       Which changes led to the rights in force, the newest first: 10, or as many as asked for.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (a->argc > 4 || (a->argc == 4 && (sscanf(a->argv[3], "%6u", &count) != 1 || !count))) {
		return CLI_SHOWUSAGE;
	}
	source = source_get();
	if (!source || !source->engine) {
		ast_cli(a->fd, "nothing is loaded: everything is refused\n");
		return CLI_FAILURE;
	}
	text = lw_history(source->engine, 0, count);
	sets = text ? ast_json_load_string(text, NULL) : NULL;
	lw_string_free(text);
	if (!sets) {
		ast_cli(a->fd, "documents have no history: a store keeps one\n");
		return CLI_SUCCESS;
	}
	for (i = 0; i < ast_json_array_size(sets); i++) {
		struct ast_json *set = ast_json_array_get(sets, i), *changes = ast_json_object_get(set, "changes");
		time_t at = ast_json_integer_get(ast_json_object_get(set, "at")) / 1000;
		struct tm broken;
		char when[32] = "";

		if (gmtime_r(&at, &broken)) {
			strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &broken);
		}
		ast_cli(a->fd, "revision %lld  %s  %s\n", (long long) ast_json_integer_get(ast_json_object_get(set, "revision")), when,
			S_OR(member(set, "by"), "administrator"));
		for (j = 0; j < MIN(ast_json_array_size(changes), CHANGES_SHOWN); j++) {
			ast_cli(a->fd, "  %s\n", S_OR(ast_json_string_get(ast_json_array_get(changes, j)), ""));
		}
		if (ast_json_array_size(changes) > j) {
			ast_cli(a->fd, "  and %zu more\n", ast_json_array_size(changes) - j);
		}
	}
	ast_json_unref(sets);
	return CLI_SUCCESS;
}

static char *cli_reload(struct ast_cli_entry *e, int cmd, struct ast_cli_args *a)
{
	struct ast_str *said;
	int result;

	switch (cmd) {
	case CLI_INIT:
		e->command = "linewarden reload";
		e->usage =
			"Usage: linewarden reload\n"
			"       Reads linewarden.conf and the documents again. The old rights stay in force if that fails.\n";
		return NULL;
	case CLI_GENERATE:
		return NULL;
	}
	if (!(said = ast_str_create(256))) {
		return CLI_FAILURE;
	}
	result = reload_all(&said);
	ast_cli(a->fd, "%s", ast_str_buffer(said));
	ast_free(said);
	return result ? CLI_FAILURE : CLI_SUCCESS;
}

static struct ast_cli_entry commands[] = {
	AST_CLI_DEFINE(cli_check, "May this actor do this to that target?"),
	AST_CLI_DEFINE(cli_explain, "Why may this actor do this, or not?"),
	AST_CLI_DEFINE(cli_rights, "All rights of an actor on a target"),
	AST_CLI_DEFINE(cli_status, "What linewarden has loaded and answered"),
	AST_CLI_DEFINE(cli_history, "Which changes led to the rights in force"),
	AST_CLI_DEFINE(cli_reload, "Read the documents again"),
};

/* ---- AMI ------------------------------------------------------------------------------------------------------------ */

static int manager_check(struct mansession *s, const struct message *m)
{
	const char *id = astman_get_header(m, "ActionID");
	struct question question = {
		astman_get_header(m, "Right"), astman_get_header(m, "Actor"), astman_get_header(m, "Target"),
		astman_get_header(m, "Line"), astman_get_header(m, "Domain"),
	};
	struct answer answer;

	if (ast_strlen_zero(question.right) || ast_strlen_zero(question.actor) || ast_strlen_zero(question.target)) {
		astman_send_error(s, m, "Right, Actor and Target are expected");
		return 0;
	}
	ask(NULL, &question, 1, &answer);
	astman_append(s, "Response: Success\r\n");
	if (!ast_strlen_zero(id)) {
		astman_append(s, "ActionID: %s\r\n", id);
	}
	astman_append(s, "Allowed: %d\r\nReason: %s\r\nRevision: %llu\r\n\r\n", answer.allowed, answer.reason,
		(unsigned long long) answer.revision);
	return 0;
}

static int manager_reload(struct mansession *s, const struct message *m)
{
	struct ast_str *said = ast_str_create(256);
	char *end;

	if (!said) {
		astman_send_error(s, m, "out of memory");
		return 0;
	}
	if (reload_all(&said)) {
		if ((end = strpbrk(ast_str_buffer(said), "\r\n"))) {
			*end = '\0';
		}
		astman_send_error_va(s, m, "%s", ast_str_buffer(said));
	} else {
		ast_trim_blanks(ast_str_buffer(said));
		astman_send_ack(s, m, ast_str_buffer(said));
	}
	ast_free(said);
	return 0;
}

/* ---- The module ----------------------------------------------------------------------------------------------------- */

static int module_reload(void)
{
	return reload_all(NULL) ? AST_MODULE_LOAD_DECLINE : AST_MODULE_LOAD_SUCCESS;
}

static int unload_module(void)
{
	struct source *source;
	size_t i;
	int waited = 0;

	/* Each of these waits for, or refuses while there are, calls that are inside. */
	ast_manager_unregister("LinewardenCheck");
	ast_manager_unregister("LinewardenReload");
	for (i = 0; i < ARRAY_LEN(functions); i++) {
		ast_custom_function_unregister(&functions[i]);
	}
	ast_cli_unregister_multiple(commands, ARRAY_LEN(commands));
	device_states = stasis_unsubscribe_and_join(device_states);
	ast_devstate_prov_del(PROVIDER);
	/*
	 * Asterisk looks a function up, lets go of the list, and only then counts itself as a user of the module: a call in that
	 * gap is seen by nobody. It lasts microseconds, so the code and what it uses stay for thousands of times that, and until
	 * those who have come in are out. Not for ever: whoever hangs here hangs in Asterisk.
	 */
	do {
		usleep(GRACE_US);
	} while (__sync_fetch_and_add(&inside, 0) && ++waited < 25);
	ast_mutex_lock(&reload_lock);
	if ((source = source_get())) {
		follow_no_more(source->opened);
		ao2_ref(source, -1);
	}
	ao2_global_obj_release(current);
	ao2_cleanup(lamps_by_device);
	ao2_cleanup(lamps);
	ao2_cleanup(complaints);
	lamps_by_device = lamps = complaints = NULL;
	ast_mutex_unlock(&reload_lock);
	return 0;
}

static int load_module(void)
{
	int running = atoi(ast_get_version_num()) / 10000, result = 0;
	size_t i;

	/*
	 * Structures have grown from one major to the next while the build sum that Asterisk compares has not: a module of
	 * another major is loaded, and reads past what it was given. So nothing is registered before this is certain.
	 */
	if (running != LW_ASTERISK_MAJOR) {
		ast_log(LOG_ERROR, "this module was built for Asterisk %d, and this is Asterisk %s: build it against the headers of "
			"the Asterisk that runs\n", LW_ASTERISK_MAJOR, ast_get_version());
		return AST_MODULE_LOAD_DECLINE;
	}
	if (lw_abi_version() != LW_ABI_VERSION) {
		ast_log(LOG_ERROR, "liblinewarden has ABI %u, this module was built for %d\n", lw_abi_version(), LW_ABI_VERSION);
		return AST_MODULE_LOAD_DECLINE;
	}
	complaints = ast_str_container_alloc(97);
	lamps = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_MUTEX, 0, 4099, lamp_hash, NULL, lamp_compare);
	lamps_by_device = ao2_container_alloc_hash(AO2_ALLOC_OPT_LOCK_MUTEX, 0, 4099, lamp_device_hash, NULL, lamp_device_compare);
	if (!complaints || !lamps || !lamps_by_device) {
		ao2_cleanup(lamps_by_device);
		ao2_cleanup(lamps);
		ao2_cleanup(complaints);
		return AST_MODULE_LOAD_DECLINE;
	}
	/* Faulty documents do not keep the module out: everything is refused until a reload finds them mended. */
	reload_all(NULL);
	for (i = 0; i < ARRAY_LEN(functions); i++) {
		result |= ast_custom_function_register(&functions[i]);
	}
	result |= ast_cli_register_multiple(commands, ARRAY_LEN(commands));
	result |= ast_manager_register_xml("LinewardenCheck", EVENT_FLAG_REPORTING, manager_check);
	result |= ast_manager_register_xml("LinewardenReload", EVENT_FLAG_SYSTEM | EVENT_FLAG_CONFIG, manager_reload);
	result |= ast_devstate_prov_add(PROVIDER, lamp_state);
	device_states = stasis_subscribe(ast_device_state_topic_all(), device_changed, NULL);
	if (result || !device_states) {
		unload_module();
		return AST_MODULE_LOAD_DECLINE;
	}
	return AST_MODULE_LOAD_SUCCESS;
}

/* Before pbx_config, whose hints ask for lamps as soon as they are read; after the configuration engines. */
AST_MODULE_INFO(ASTERISK_GPL_KEY, AST_MODFLAG_LOAD_ORDER, "Telephone rights by linewarden",
	.support_level = AST_MODULE_SUPPORT_EXTENDED,
	.load = load_module,
	.unload = unload_module,
	.reload = module_reload,
	.load_pri = AST_MODPRI_DEVSTATE_PROVIDER,
);
