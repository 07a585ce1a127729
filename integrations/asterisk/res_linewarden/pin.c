/*
 * pin.c - asks for a person's PIN by keypad.
 *
 * The PIN is never a variable, an argument or a dialled number: those stand in logs and in call records. Wrong ones are
 * counted for the person, and from the third on the next attempt has to wait, twice as long each time.
 *
 * This program is free software, distributed under the terms of the GNU General Public License Version 2.
 * SPDX-License-Identifier: GPL-2.0-only
 */

#include "linewarden_private.h"

#define PIN_SIZE 32
#define FREE_FAILURES 3
#define LONGEST_WAIT_S 900
#define DIGIT_TIMEOUT_MS 10000

const char *const pin_application = "LinewardenPin";

/*! One attempt at a time is judged and counted: a hundred at once are not a hundred free ones. */
AST_MUTEX_DEFINE_STATIC(pin_lock);

/*! Takes as long for any wrong PIN, whatever of it is right. */
static int pin_equal(const char *left, const char *right)
{
	char a[PIN_SIZE] = "", b[PIN_SIZE] = "";
	unsigned char different = 0;
	size_t i;

	ast_copy_string(a, left, sizeof(a));
	ast_copy_string(b, right, sizeof(b));
	for (i = 0; i < sizeof(a); i++) {
		different |= a[i] ^ b[i];
	}
	return !different;
}

static long wait_after(unsigned int failures)
{
	unsigned int doublings;

	if (failures < FREE_FAILURES) {
		return 0;
	}
	doublings = MIN(failures - FREE_FAILURES, 10);
	return MIN(1L << doublings, LONGEST_WAIT_S);
}

/*! How long the person still has to wait, and how often a PIN was wrong. */
static long pin_locked(const char *whom, unsigned int *failures)
{
	char value[64];
	long until = 0, now = time(NULL);

	*failures = 0;
	if (ast_db_get(DB_FAMILY "/failures", whom, value, sizeof(value))
		|| sscanf(value, "%9u %18ld", failures, &until) != 2 || until <= now) {
		return 0;
	}
	/* A clock that was set back must lock no person out for longer than the longest wait. */
	return MIN(until - now, LONGEST_WAIT_S);
}

static const char *pin_judge(const char *whom, const char *digits)
{
	char pin[PIN_SIZE], value[64];
	unsigned int failures;

	if (pin_locked(whom, &failures)) {
		return "locked";
	}
	if (ast_db_get(DB_FAMILY "/pin", whom, pin, sizeof(pin)) || ast_strlen_zero(pin)) {
		return "none";
	}
	if (pin_equal(pin, digits)) {
		ast_db_del(DB_FAMILY "/failures", whom);
		return "right";
	}
	failures++;
	snprintf(value, sizeof(value), "%u %ld", failures, (long) time(NULL) + wait_after(failures));
	ast_db_put(DB_FAMILY "/failures", whom, value);
	ast_log(LOG_NOTICE, "wrong PIN for %s, %u in a row\n", masked(ast_strdupa(whom)), failures);
	return "wrong";
}

int pin_execute(struct ast_channel *chan, const char *data)
{
	/* It waits for keys: an unload meanwhile would take the code away under it. */
	INSIDE;
	char digits[PIN_SIZE] = "";
	const char *result;
	unsigned int failures;

	if (ast_strlen_zero(data) || strlen(data) >= SAFE_SIZE) {
		ast_log(LOG_WARNING, "%s expects a person\n", pin_application);
		return -1;
	}
	ast_mutex_lock(&pin_lock);
	result = pin_locked(data, &failures) ? "locked" : NULL;
	ast_mutex_unlock(&pin_lock);
	if (!result) {
		if (ast_channel_state(chan) != AST_STATE_UP && ast_answer(chan)) {
			return -1;
		}
		if (ast_readstring(chan, digits, sizeof(digits) - 1, DIGIT_TIMEOUT_MS, DIGIT_TIMEOUT_MS, "#") < 0) {
			return -1;
		}
		ast_mutex_lock(&pin_lock);
		result = pin_judge(data, digits);
		ast_mutex_unlock(&pin_lock);
		memset(digits, 0, sizeof(digits));
	}
	pbx_builtin_setvar_helper(chan, "LINEWARDEN_PIN", result);
	return 0;
}
