// Common questions: node example.js SOURCE
'use strict';

const { Engine, Direction, Right, reasonText } = require('./index.js');

const engine = new Engine(process.argv[2] ?? 'examples/companies/mixed.toml');
const [alice, bob, diana] = ['alice', '201', 'diana'].map((name) => engine.resolve(name));

console.log("alice may pick up diana's calls:", engine.mayPickUp(alice, diana, 1));
console.log("bob may see diana's caller:", engine.maySeeCaller(bob, diana, 1, Direction.IN_CALL));

const decision = engine.decide(bob, Right.CALL_PICKUP_FIRST, diana);
console.log("bob may pick up diana's calls:", decision.allowed, '-', reasonText(decision.reason));
console.log(engine.explain(bob, Right.CALL_PICKUP_FIRST, diana).summary);

const dialled = engine.dial(bob, '*74201#0891234');
console.log('bob forwards', engine.text(dialled.subject), 'to', dialled.digits, dialled.allowed);

try {
  engine.resolve('dianna');
} catch (error) {
  console.log(error.message);
}
engine.close();
