"""Asks the golden questions: golden.py FOLDER. See tests/golden/questions.tsv."""
import sys
from pathlib import Path

from linewarden import Direction, Engine, Error, Right, Role, right

folder = Path(sys.argv[1])
engines = {}


def yes(answer):
    assert isinstance(answer, bool)
    return "yes" if answer else "no"


def names(engine, parties):
    return " ".join(engine.text(party) for party in parties) or "nobody"


def engine_of(source):
    return engines.get(source) or engines.setdefault(source, Engine(str(folder / "companies" / source)))


def answer(ask, source, actor_name, right_name, target_name, given):
    if ask == "open":
        Engine(str(folder / "companies" / source)).close()
        return "open"
    engine = engine_of(source)
    if ask == "may_named":
        return yes(engine.may_named(actor_name, right_name, target_name))
    if ask == "resolve":
        return names(engine, [engine.resolve(actor_name)])
    if ask == "line_of":
        return str(engine.line_of(engine.find(actor_name), given))
    if ask == "dial_line":
        return str(engine.dial(engine.find(actor_name), given).line)
    if ask == "dial":
        dialled = engine.dial(engine.find(actor_name), given)
        said = f"{dialled.function.name.lower()} {engine.text(dialled.subject)} {yes(dialled.allowed)} {dialled.digits}"
        return said.strip()
    asked = right(right_name)
    if ask == "may_each_target":
        return " ".join(map(yes, engine.may_each_target(
            engine.find(actor_name), asked, [engine.find(name) for name in target_name.split()])))
    if ask == "may_each_actor":
        return " ".join(map(yes, engine.may_each_actor(
            [engine.find(name) for name in actor_name.split()], asked, engine.find(target_name))))
    actor, target = engine.find(actor_name), engine.find(target_name)
    if ask == "may":
        return yes(engine.may(actor, asked, target))
    if ask == "may_in_call":
        return yes(engine.may(actor, asked, target, Role[given.upper()]))
    if ask in ("may_pick_up", "may_set_forward"):
        return yes(getattr(engine, ask)(actor, target, int(given)))
    if ask in ("may_bypass_forward", "may_see_busy", "may_log_in"):
        return yes(getattr(engine, ask)(actor, target))
    if ask == "may_see_caller":
        direction, line = given.split()
        return yes(engine.may_see_caller(actor, target, int(line), Direction[direction.upper()]))
    if ask == "may_forward_to":
        line, digits = given.split()
        return yes(engine.may_forward_to(actor, target, int(line), digits))
    if ask == "may_call":
        return yes(engine.may_call(actor, given))
    if ask == "rights_of":
        return yes(asked in engine.rights_of(actor, target))
    if ask == "decide":
        decision = engine.decide(actor, asked, target)
        return f"{yes(decision.allowed)} {int(decision.reason)}"
    if ask == "explain":
        return yes(engine.explain(actor, asked, target)["allowed"])
    if ask == "who":
        return names(engine, engine.who(asked, target))
    if ask == "whom":
        return names(engine, engine.whom(actor, asked))
    raise ValueError(f"`{ask}` is no question")


def refusals():
    """Faults possible in Python alone: numbers out of range, invalid texts."""
    with Engine(str(folder / "companies/mixed.toml")) as engine:
        alice, diana = engine.find("alice"), engine.find("diana")
        assert engine.may(alice, Right.CALL_PICKUP, diana) and not engine.may(alice + 2**32, Right.CALL_PICKUP, diana)
        assert not engine.may(-1, Right.CALL_PICKUP, diana) and not engine.may_pick_up(alice, diana, -1)
        assert not engine.may(alice, Right.CALL_PICKUP, diana, role=99)
        assert engine.may_pick_up(alice, diana, 2**40) and Right.CALL_PICKUP + 2**32 not in engine.rights_of(alice, diana)
        assert engine.find("alice\0x") == 0 and engine.find("ali\udc63e") == 0
    try:
        engine.may(alice, Right.CALL_PICKUP, diana)
    except ValueError:
        return
    raise AssertionError("a closed engine answered")


refusals()
questions = wrong = 0
for line in (folder / "questions.tsv").read_text(encoding="utf-8").splitlines():
    if not line or line.startswith("#"):
        continue
    *question, expected = line.split("\t")
    try:
        said = answer(*question)
    except Error as error:
        assert str(error)
        said = f"error {int(error.status)}"
    questions += 1
    if said != expected:
        wrong += 1
        print(f"{line}: answered {said}")
print(f"Python: {questions} questions, {wrong} wrong")
sys.exit(0 if questions > 200 and wrong == 0 else 1)
