// linewarden for Node: the C library through koffi. See example.js, and linewarden.h for what each call means.
//
// A text that is no string and a number out of range are refused, never truncated. Calls are synchronous: a
// check takes about a microsecond, far less than handing it to another thread would. Only opening and reloading read files.
'use strict';

const koffi = require('koffi');
const constants = require('./constants.js');

const usual = process.platform === 'win32' ? 'linewarden.dll' : `liblinewarden.so.${constants.ABI_VERSION}`;
const library = koffi.load(process.env.LINEWARDEN_LIBRARY || usual);

koffi.opaque('lw_engine');
koffi.opaque('lw_error');
for (const name of ['reason', 'party', 'kind', 'right', 'call_role', 'direction', 'function']) {
  koffi.alias(`lw_${name}`, 'uint32_t');
}
koffi.alias('lw_status', 'int32_t');
koffi.struct('lw_rights', { words: koffi.array('uint64_t', 2) });
koffi.struct('lw_decision', { allowed: 'bool', reason: 'lw_reason', revision: 'uint64_t', line: 'uint32_t' });
koffi.struct('lw_dialled', {
  function: 'lw_function', subject: 'lw_party', right: 'lw_right', allowed: 'bool', digits: koffi.array('char', 256),
  line: 'uint8_t',
});
// Copies a text of the library and frees it.
koffi.disposable('lw_owned', 'str', library.func('void lw_string_free(void *text)'));

const c = Object.fromEntries([
  'lw_engine *lw_open(const char *source, _Out_ lw_error **error)',
  'void lw_close(lw_engine *engine)',
  'lw_status lw_reload(lw_engine *engine, _Out_ lw_error **error)',
  'uint64_t lw_revision(const lw_engine *engine)',
  'const char *lw_error_message(const lw_error *error)',
  'lw_status lw_error_code(const lw_error *error)',
  'void lw_error_free(lw_error *error)',
  'const char *lw_status_text(lw_status status)',
  'const char *lw_reason_text(lw_reason reason)',
  'lw_party lw_find(const lw_engine *engine, const char *domain, const char *name)',
  'lw_party lw_resolve(const lw_engine *engine, const char *domain, const char *name, _Out_ lw_error **error)',
  'lw_owned lw_text(const lw_engine *engine, lw_party party)',
  'unsigned int lw_line_of(const lw_engine *engine, lw_party party, const char *extension)',
  'lw_kind lw_party_kind(const lw_engine *engine, lw_party party)',
  'lw_owned lw_party_domain(const lw_engine *engine, lw_party party)',
  'lw_right lw_right_by_name(const char *name)',
  'const char *lw_right_name(lw_right right)',
  'bool lw_may(const lw_engine *engine, lw_party actor, lw_right right, lw_party target)',
  'bool lw_may_in_call(const lw_engine *engine, lw_party actor, lw_right right, lw_party target, lw_call_role role)',
  'bool lw_may_named(const lw_engine *engine, const char *domain, const char *actor, const char *right, const char *target)',
  'bool lw_may_pick_up(const lw_engine *engine, lw_party actor, lw_party target, unsigned int line)',
  'bool lw_may_set_forward(const lw_engine *engine, lw_party actor, lw_party target, unsigned int line)',
  'bool lw_may_forward_to(const lw_engine *engine, lw_party actor, lw_party owner, unsigned int line, const char *digits)',
  'bool lw_may_call(const lw_engine *engine, lw_party actor, const char *digits)',
  'bool lw_may_bypass_forward(const lw_engine *engine, lw_party actor, lw_party target)',
  'bool lw_may_see_busy(const lw_engine *engine, lw_party actor, lw_party target)',
  'bool lw_may_see_caller(const lw_engine *engine, lw_party actor, lw_party target, unsigned int line, lw_direction way)',
  'bool lw_may_log_in(const lw_engine *engine, lw_party user, lw_party location)',
  'void lw_rights_of(const lw_engine *engine, lw_party actor, lw_party target, _Out_ lw_rights *out)',
  'bool lw_rights_has(const lw_rights *rights, lw_right right)',
  'size_t lw_may_each_target(const lw_engine *engine, lw_party actor, lw_right right, const lw_party *targets, size_t count, '
    + '_Out_ uint8_t *out)',
  'size_t lw_may_each_actor(const lw_engine *engine, const lw_party *actors, size_t count, lw_right right, lw_party target, '
    + '_Out_ uint8_t *out)',
  'size_t lw_parties(const lw_engine *engine, const char *domain, _Out_ lw_party *out, size_t capacity)',
  'size_t lw_who(const lw_engine *engine, lw_right right, lw_party target, _Out_ lw_party *out, size_t capacity)',
  'size_t lw_whom(const lw_engine *engine, lw_party actor, lw_right right, _Out_ lw_party *out, size_t capacity)',
  'lw_status lw_decide(const lw_engine *engine, lw_party actor, lw_right right, lw_party target, _Out_ lw_decision *out)',
  'lw_owned lw_explain(const lw_engine *engine, lw_party actor, lw_right right, lw_party target)',
  'lw_owned lw_pair(const lw_engine *engine, lw_party actor, lw_party target)',
  'lw_owned lw_lint(const lw_engine *engine)',
  'lw_status lw_dial(const lw_engine *engine, lw_party actor, const char *code, _Out_ lw_dialled *out)',
  'uint32_t lw_abi_version(void)',
  'const char *lw_version(void)',
].map((prototype) => [prototype.match(/lw_(\w+)\(/)[1], library.func(prototype)]));

if (c.abi_version() !== constants.ABI_VERSION) {
  throw new Error(`the linewarden library has ABI ${c.abi_version()}, expected ${constants.ABI_VERSION}`);
}

/** An error of the library: `status` for programs, the message for people. */
class LinewardenError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'LinewardenError';
    this.status = status;
  }
}

function taken(error) {
  try {
    return new LinewardenError(c.error_code(error), c.error_message(error));
  } finally {
    c.error_free(error);
  }
}

// A number for C; 0 if out of range.
const number = (value) => (Number.isInteger(value) && value >= 0 && value < 2 ** 32 ? value : 0);

// A text for C; null for an invalid one: a NUL would truncate it, an unpaired surrogate would become another character.
const text = (value) => (typeof value === 'string' && !value.includes('\0') && value.isWellFormed() ? value : null);

// A domain that is given but invalid must not become "no domain"; no domain's name begins with a slash.
const domainText = (value) => (value === undefined || value === null ? null : text(value) ?? '/');

// Lines from the third on are equal. An invalid line is refused and does not become 0, which asks for all lines.
const isLine = (line) => Number.isInteger(line) && line >= 0;

const array = (parties) => Uint32Array.from(parties, number);
const isRole = (role) => Object.values(constants.Role).includes(role);

function list(fill) {
  for (let room = 64; ;) {
    const out = new Uint32Array(room);
    const count = Number(fill(out, room));
    if (count <= room) return Array.from(out.subarray(0, count));
    room = count;
  }
}

const json = (value) => (value === null ? null : JSON.parse(value));

/** An opened document or folder of documents. A closed engine refuses everything. */
class Engine {
  #engine = null;

  constructor(source) {
    const error = [null];
    this.#engine = c.open(text(source), error);
    if (this.#engine === null) throw taken(error[0]);
  }

  close() {
    const engine = this.#engine;
    this.#engine = null;
    c.close(engine);
  }

  reload() {
    const error = [null];
    if (c.reload(this.#engine, error) !== constants.Status.OK) throw taken(error[0]);
  }

  get revision() { return Number(c.revision(this.#engine)); }

  find(name, domain) { return c.find(this.#engine, domainText(domain), text(name)); }

  resolve(name, domain) {
    const error = [null];
    const party = c.resolve(this.#engine, domainText(domain), text(name), error);
    if (party === 0) throw taken(error[0]);
    return party;
  }

  text(party) { return c.text(this.#engine, number(party)); }
  lineOf(party, extension) { return c.line_of(this.#engine, number(party), text(extension)); }
  kind(party) { return c.party_kind(this.#engine, number(party)); }
  domainOf(party) { return c.party_domain(this.#engine, number(party)); }

  may(actor, right, target) { return c.may(this.#engine, number(actor), number(right), number(target)); }

  mayInCall(actor, right, target, role) {
    return isRole(role) && c.may_in_call(this.#engine, number(actor), number(right), number(target), role);
  }

  mayNamed(actor, right, target, domain) {
    return c.may_named(this.#engine, domainText(domain), text(actor), text(right), text(target));
  }

  mayPickUp(actor, target, line) {
    return isLine(line) && c.may_pick_up(this.#engine, number(actor), number(target), Math.min(line, 3));
  }

  maySetForward(actor, target, line) {
    return isLine(line) && c.may_set_forward(this.#engine, number(actor), number(target), Math.min(line, 3));
  }

  mayForwardTo(actor, owner, line, digits) {
    return isLine(line) && c.may_forward_to(this.#engine, number(actor), number(owner), Math.min(line, 3), text(digits));
  }

  mayCall(actor, digits) { return c.may_call(this.#engine, number(actor), text(digits)); }
  mayBypassForward(actor, target) { return c.may_bypass_forward(this.#engine, number(actor), number(target)); }
  maySeeBusy(actor, target) { return c.may_see_busy(this.#engine, number(actor), number(target)); }

  maySeeCaller(actor, target, line, direction) {
    return isLine(line)
      && c.may_see_caller(this.#engine, number(actor), number(target), Math.min(line, 3), number(direction));
  }

  mayLogIn(user, location) { return c.may_log_in(this.#engine, number(user), number(location)); }

  /** All rights of a pair: a function from a right to yes or no. */
  rightsOf(actor, target) {
    const rights = {};
    c.rights_of(this.#engine, number(actor), number(target), rights);
    return (right) => c.rights_has(rights, number(right));
  }

  mayEachTarget(actor, right, targets) {
    const out = new Uint8Array(targets.length);
    c.may_each_target(this.#engine, number(actor), number(right), array(targets), targets.length, out);
    return Array.from(out, (answer) => answer === 1);
  }

  mayEachActor(actors, right, target) {
    const out = new Uint8Array(actors.length);
    c.may_each_actor(this.#engine, array(actors), actors.length, number(right), number(target), out);
    return Array.from(out, (answer) => answer === 1);
  }

  parties(domain) { return list((out, room) => c.parties(this.#engine, domainText(domain), out, room)); }
  who(right, target) { return list((out, room) => c.who(this.#engine, number(right), number(target), out, room)); }
  whom(actor, right) { return list((out, room) => c.whom(this.#engine, number(actor), number(right), out, room)); }

  decide(actor, right, target) {
    const out = {};
    // Every failure leaves a refusal with the reason UNKNOWN.
    c.decide(this.#engine, number(actor), number(right), number(target), out);
    return { allowed: out.allowed === true, reason: out.reason, revision: Number(out.revision), line: out.line };
  }

  explain(actor, right, target) { return json(c.explain(this.#engine, number(actor), number(right), number(target))); }
  pair(actor, target) { return json(c.pair(this.#engine, number(actor), number(target))); }
  lint() { return json(c.lint(this.#engine)); }

  dial(actor, code) {
    const out = {};
    const status = c.dial(this.#engine, number(actor), text(code), out);
    if (status !== constants.Status.OK) throw new LinewardenError(status, c.status_text(status));
    return out;
  }
}

module.exports = {
  ...constants,
  Engine,
  LinewardenError,
  right: (name) => c.right_by_name(text(name)),
  rightName: (right) => c.right_name(number(right)),
  reasonText: (reason) => c.reason_text(number(reason)),
  version: () => c.version(),
};
