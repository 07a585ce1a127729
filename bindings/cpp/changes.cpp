// Alice lets Bob pick up her calls, and takes it back: changes STORE, made by `linewarden import STORE SOURCE`.
#include <linewarden.hpp>

#include <atomic>
#include <iostream>

int main(int argc, char **argv)
try {
    linewarden::Engine engine(argc > 1 ? argv[1] : "rights.db");
    const auto alice = engine.resolve("alice"), bob = engine.resolve("bob");
    std::atomic<std::uint64_t> told{0};
    std::atomic<int> wrong{0};

    const auto watcher = engine.watch(
        [&](std::uint64_t revision, const lw_flips *flips, std::size_t count) {
            // A flip is in force before it is reported.
            for (std::size_t i = 0; i < count; i++)
                if (flips[i].allowed != engine.may(bob, LW_CALL_PICKUP, alice))
                    wrong++;
            told = revision;
        },
        {LW_CALL_PICKUP});

    std::atomic<std::uint64_t> noted{0};
    const auto notice = engine.on_revision([&](std::uint64_t revision) { noted = revision; });

    std::cout << std::boolalpha;
    auto revision = engine.set_relationship(alice, alice, bob, "assistant_plus");
    const bool gained = engine.may(bob, LW_CALL_PICKUP, alice);
    std::cout << "revision " << revision << ": bob may pick up alice's calls: " << gained << '\n';
    while (told < revision)
        engine.wait_for(revision + 1, 1);

    try {
        engine.set_relationship(bob, alice, bob, "employee");
    } catch (const linewarden::Error &error) {
        std::cout << "bob may not change that: " << error.what() << '\n';
    }

    revision = engine.clear_relationship(alice, alice, bob);
    const bool kept = engine.may(bob, LW_CALL_PICKUP, alice);
    std::cout << "revision " << revision << ": bob may pick up alice's calls: " << kept << '\n';
    while (told < revision)
        engine.wait_for(revision + 1, 1);
    while (noted < revision)
        engine.wait_for(revision + 1, 1);

    // A copy, the difference to it, and back by what was exported.
    const std::string folder = std::string(argc > 1 ? argv[1] : "rights.db") + "-cpp", copy = folder + ".db";
    engine.backup(copy);
    engine.set_relationship(alice, alice, bob, "assistant_plus");
    bool whole = engine.diff(copy).find("\"gains\":false") != std::string::npos;
    engine.export_to(folder);
    engine.import_from(copy);
    whole = whole && !engine.may(bob, LW_CALL_PICKUP, alice);
    engine.import_from(folder);
    whole = whole && engine.may(bob, LW_CALL_PICKUP, alice);
    engine.clear_relationship(alice, alice, bob);
    std::cout << "copied, compared, exported, imported and verified: " << (whole && engine.verify() > revision) << '\n';
    std::cout << engine.history(0, 1).value_or("no history") << '\n';
    return whole && gained && !kept && wrong == 0 ? 0 : 1;
} catch (const linewarden::Error &error) {
    std::cerr << error.what() << '\n';
    return 2;
}
