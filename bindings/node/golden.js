// Asks the golden questions: node golden.js FOLDER. See tests/golden/questions.tsv.
'use strict';

const assert = require('node:assert');
const { readFileSync } = require('node:fs');
const path = require('node:path');
const { Direction, Engine, Function: Functions, LinewardenError, Right, Role, right } = require('linewarden');

const folder = process.argv[2];
const engines = new Map();
const open = (source) => new Engine(path.join(folder, 'companies', source));

function engineOf(source) {
  if (!engines.has(source)) engines.set(source, open(source));
  return engines.get(source);
}

function yes(answer) {
  assert.strictEqual(typeof answer, 'boolean');
  return answer ? 'yes' : 'no';
}

const names = (engine, parties) => parties.map((party) => engine.text(party)).join(' ') || "nobody";
const functionName = (number) => Object.keys(Functions).find((name) => Functions[name] === number).toLowerCase();

function answer([ask, source, actorName, rightName, targetName, given]) {
  if (ask === 'open') {
    open(source).close();
    return 'open';
  }
  const engine = engineOf(source);
  if (ask === 'may_named') return yes(engine.mayNamed(actorName, rightName, targetName));
  if (ask === 'resolve') return names(engine, [engine.resolve(actorName)]);
  if (ask === 'line_of') return String(engine.lineOf(engine.find(actorName), given));
  if (ask === 'dial_line') return String(engine.dial(engine.find(actorName), given).line);
  if (ask === 'dial') {
    const { function: what, subject, allowed, digits } = engine.dial(engine.find(actorName), given);
    return `${functionName(what)} ${engine.text(subject)} ${yes(allowed)} ${digits}`.trim();
  }
  const asked = right(rightName);
  const findAll = (list) => list.split(' ').map((name) => engine.find(name));
  if (ask === 'may_each_target') {
    return engine.mayEachTarget(engine.find(actorName), asked, findAll(targetName)).map(yes).join(' ');
  }
  if (ask === 'may_each_actor') {
    return engine.mayEachActor(findAll(actorName), asked, engine.find(targetName)).map(yes).join(' ');
  }
  const actor = engine.find(actorName);
  const target = engine.find(targetName);
  const [way, line] = given.split(' ');
  switch (ask) {
    case 'may': return yes(engine.may(actor, asked, target));
    case 'may_in_call': return yes(engine.mayInCall(actor, asked, target, Role[given.toUpperCase()]));
    case 'may_pick_up': return yes(engine.mayPickUp(actor, target, Number(given)));
    case 'may_set_forward': return yes(engine.maySetForward(actor, target, Number(given)));
    case 'may_bypass_forward': return yes(engine.mayBypassForward(actor, target));
    case 'may_see_busy': return yes(engine.maySeeBusy(actor, target));
    case 'may_log_in': return yes(engine.mayLogIn(actor, target));
    case 'may_see_caller': return yes(engine.maySeeCaller(actor, target, Number(line), Direction[way.toUpperCase()]));
    case 'may_forward_to': return yes(engine.mayForwardTo(actor, target, Number(way), line));
    case 'may_call': return yes(engine.mayCall(actor, given));
    case 'rights_of': return yes(engine.rightsOf(actor, target)(asked));
    case 'decide': {
      const { allowed, reason } = engine.decide(actor, asked, target);
      return `${yes(allowed)} ${reason}`;
    }
    case 'explain': return yes(engine.explain(actor, asked, target).allowed);
    case 'who': return names(engine, engine.who(asked, target));
    case 'whom': return names(engine, engine.whom(actor, asked));
    default: throw new Error(`\`${ask}\` is no question`);
  }
}

// Faults possible in JavaScript alone: numbers out of range, invalid texts, a closed engine.
{
  const engine = open('mixed.toml');
  const [alice, diana] = [engine.find('alice'), engine.find('diana')];
  const pickup = Right.CALL_PICKUP;
  assert(engine.may(alice, pickup, diana) && !engine.may(alice + 2 ** 32, pickup, diana));
  for (const odd of [-1, 0.5, NaN, undefined, null, 'alice', {}]) assert.strictEqual(engine.may(odd, pickup, diana), false);
  assert(engine.mayPickUp(alice, diana, 2 ** 40) && !engine.mayPickUp(alice, diana, -1) && !engine.mayPickUp(alice, diana, null));
  // All lines are asked for by 0, and never because the line was forgotten.
  assert(engine.mayPickUp(alice, diana, 0) && !engine.mayPickUp(alice, diana) && !engine.maySetForward(alice, alice));
  assert.strictEqual(engine.mayInCall(alice, pickup, diana, undefined), false);
  for (const odd of ['alice\0x', 'ali\ud800', null, 103]) assert.strictEqual(engine.find(odd), 0);
  assert.strictEqual(engine.find('alice', 7), 0);
  engine.close();
  engine.close();
  assert.strictEqual(engine.may(alice, pickup, diana), false);
}

let questions = 0;
let wrong = 0;
for (const line of readFileSync(path.join(folder, 'questions.tsv'), 'utf8').split('\n')) {
  if (line === '' || line.startsWith('#')) continue;
  const field = line.split('\t');
  let said;
  try {
    said = answer(field);
  } catch (error) {
    if (!(error instanceof LinewardenError) || error.message === '') throw error;
    said = `error ${error.status}`;
  }
  questions += 1;
  if (said !== field[6]) {
    wrong += 1;
    console.log(`${line}: answered ${said}`);
  }
}
console.log(`Node: ${questions} questions, ${wrong} wrong`);
process.exitCode = questions > 200 && wrong === 0 ? 0 : 1;
