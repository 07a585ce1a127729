// Common questions: Example.exe SOURCE
using System;
using Linewarden;

static class Example
{
    static void Main(string[] arguments)
    {
        using (var engine = new Engine(arguments.Length > 0 ? arguments[0] : "examples/companies/mixed.toml"))
        {
            uint alice = engine.Resolve("alice"), bob = engine.Resolve("201"), diana = engine.Resolve("diana");
            Console.WriteLine("alice may pick up diana's calls: " + engine.MayPickUp(alice, diana, 1));
            Console.WriteLine("bob may see diana's caller: " + engine.MaySeeCaller(bob, diana, 1, Direction.InCall));

            Decision decision = engine.Decide(bob, Right.CallPickupFirst, diana);
            Console.WriteLine("bob may pick up diana's calls: " + decision.Allowed + " - " + Engine.ReasonText(decision.Reason));

            Dialled dialled = engine.Dial(bob, "*74201#0891234");
            Console.WriteLine("bob forwards " + engine.Text(dialled.Subject) + " to " + dialled.Digits + ": " + dialled.Allowed);
            try
            {
                engine.Resolve("dianna");
            }
            catch (LinewardenException error)
            {
                Console.WriteLine(error.Message);
            }
        }
    }
}
