import dev.linewarden.Direction;
import dev.linewarden.Engine;
import dev.linewarden.LinewardenException;
import dev.linewarden.Right;

/** Common questions: Example SOURCE. */
public final class Example {
    private Example() {
    }

    public static void main(String[] arguments) {
        try (Engine engine = new Engine(arguments.length > 0 ? arguments[0] : "examples/companies/mixed.toml")) {
            int alice = engine.resolve("alice");
            int bob = engine.resolve("201");
            int diana = engine.resolve("diana");
            System.out.println("alice may pick up diana's calls: " + engine.mayPickUp(alice, diana, 1));
            System.out.println("bob may see diana's caller: " + engine.maySeeCaller(bob, diana, 1, Direction.IN_CALL));

            var decision = engine.decide(bob, Right.CALL_PICKUP_FIRST.number, diana);
            System.out.println("bob may pick up diana's calls: " + decision.allowed() + " - "
                    + Engine.reasonText(decision.reason()));

            var dialled = engine.dial(bob, "*74201#0891234");
            System.out.println("bob forwards " + engine.text(dialled.subject()) + " to " + dialled.digits() + ": "
                    + dialled.allowed());
            engine.resolve("dianna");
        } catch (LinewardenException error) {
            System.out.println(error.getMessage());
        }
    }
}
