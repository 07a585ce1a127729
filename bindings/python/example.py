"""Common questions of a dialplan: example.py SOURCE."""
import sys

from linewarden import Direction, Engine, Error, Right, reason_text


def main(source: str) -> None:
    with Engine(source) as engine:
        # Ask for a party once and keep its number: it stays the same until the engine is closed.
        alice, bob, diana = engine.resolve("alice"), engine.resolve("201"), engine.resolve("diana")
        print("alice may pick up diana's calls:", engine.may_pick_up(alice, diana, line=1))
        print("bob may see diana's caller:", engine.may_see_caller(bob, diana, 1, Direction.IN_CALL))

        decision = engine.decide(bob, Right.CALL_PICKUP_FIRST, diana)
        print("bob may pick up diana's calls:", decision.allowed, "-", reason_text(decision.reason))
        print(engine.explain(bob, Right.CALL_PICKUP_FIRST, diana)["summary"])

        lamps = engine.may_each_target(alice, Right.LINE_BUSY_READ, engine.parties())
        print("lamps on alice's panel:", sum(lamps))

        dialled = engine.dial(bob, "*74201#0891234")
        print("bob dials *74201#0891234:", dialled.function.name, engine.text(dialled.subject), dialled.allowed, dialled.digits)

        try:
            engine.resolve("dianna")
        except Error as error:
            print(error)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "examples/companies/mixed.toml")
