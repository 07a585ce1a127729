// Whose calls may this person pick up, and who may not see the lamp? example SOURCE
#include <linewarden.hpp>

#include <iostream>

int main(int argc, char **argv)
try {
    linewarden::Engine engine(argc > 1 ? argv[1] : "examples/companies/mixed.toml");
    const auto alice = engine.resolve("alice"), bob = engine.resolve("201"), diana = engine.resolve("diana");

    std::cout << std::boolalpha << "alice may pick up diana's calls: " << engine.may_pick_up(alice, diana, 1) << '\n'
              << "bob may see diana's caller: " << engine.may_see_caller(bob, diana, 1, LW_IN_CALL) << '\n';

    const auto decision = engine.decide(bob, LW_CALL_PICKUP_FIRST, diana);
    std::cout << "bob may pick up diana's calls: " << decision.allowed << " - " << lw_reason_text(decision.reason) << '\n';

    for (const auto party : engine.who(LW_CALL_PICKUP_FIRST, diana))
        std::cout << "diana's calls may be picked up by " << engine.text(party).value_or("?") << '\n';

    const auto dialled = engine.dial(bob, "*74201#0891234");
    std::cout << "bob forwards " << engine.text(dialled.subject).value_or("?") << " to " << dialled.digits << ": "
              << dialled.allowed << '\n';
} catch (const linewarden::Error &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
