// Asks the golden questions: golden FOLDER. See tests/golden/questions.tsv.
#include <linewarden.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

using linewarden::Engine;
using linewarden::Party;

static std::vector<std::string> split(const std::string &text, char by)
{
    std::vector<std::string> parts;
    std::istringstream stream(text);
    for (std::string part; std::getline(stream, part, by);)
        parts.push_back(part);
    return parts;
}

static std::string yes(bool answer)
{
    return answer ? "yes" : "no";
}

static std::string all(const std::vector<bool> &answers)
{
    std::string text;
    for (const bool answer : answers)
        text += (text.empty() ? "" : " ") + yes(answer);
    return text;
}

static std::string names(const Engine &engine, const std::vector<Party> &parties)
{
    std::string text;
    for (const Party party : parties)
        text += (text.empty() ? "" : " ") + engine.text(party).value_or("?");
    return text.empty() ? "nobody" : text;
}

static std::vector<Party> find_all(const Engine &engine, const std::string &list)
{
    std::vector<Party> parties;
    for (const auto &name : split(list, ' '))
        parties.push_back(engine.find(name));
    return parties;
}

static std::string answer(const std::string &companies, const std::vector<std::string> &field)
{
    static const std::map<std::string, lw_direction> directions{
        {"incoming", LW_INCOMING}, {"outgoing", LW_OUTGOING}, {"in_call", LW_IN_CALL}};
    static const std::map<std::string, lw_call_role> roles{
        {"consulted", LW_ROLE_CONSULTED}, {"transferring", LW_ROLE_TRANSFERRING}};
    static const char *const functions[] = {"?", "pickup", "forward_ask", "forward_toggle", "forward_set", "login"};
    static std::map<std::string, Engine> engines;

    const std::string &ask = field[0], &source = field[1], &given = field[5];
    if (ask == "open")
        return Engine(companies + "/" + source), "open";
    auto found = engines.find(source);
    if (found == engines.end())
        found = engines.emplace(source, Engine(companies + "/" + source)).first;
    const Engine &engine = found->second;
    if (ask == "may_named")
        return yes(engine.may(field[2], field[3], field[4]));
    if (ask == "resolve")
        return names(engine, {engine.resolve(field[2])});

    if (ask == "line_of")
        return std::to_string(engine.line_of(engine.find(field[2]), field[5]));
    if (ask == "dial_line")
        return std::to_string(engine.dial(engine.find(field[2]), field[5]).line);

    const lw_right right = lw_right_by_name(field[3].c_str());
    if (ask == "may_each_target")
        return all(engine.may_each_target(engine.find(field[2]), right, find_all(engine, field[4])));
    if (ask == "may_each_actor")
        return all(engine.may_each_actor(find_all(engine, field[2]), right, engine.find(field[4])));

    const Party actor = engine.find(field[2]), target = engine.find(field[4]);
    const auto line = static_cast<unsigned>(std::strtoul(given.c_str(), nullptr, 10));
    if (ask == "may")
        return yes(engine.may(actor, right, target));
    if (ask == "may_in_call")
        return yes(engine.may(actor, right, target, roles.at(given)));
    if (ask == "may_pick_up")
        return yes(engine.may_pick_up(actor, target, line));
    if (ask == "may_set_forward")
        return yes(engine.may_set_forward(actor, target, line));
    if (ask == "may_bypass_forward")
        return yes(engine.may_bypass_forward(actor, target));
    if (ask == "may_see_busy")
        return yes(engine.may_see_busy(actor, target));
    if (ask == "may_log_in")
        return yes(engine.may_log_in(actor, target));
    if (ask == "may_see_caller") {
        const auto words = split(given, ' ');
        const auto at = static_cast<unsigned>(std::stoul(words.at(1)));
        return yes(engine.may_see_caller(actor, target, at, directions.at(words[0])));
    }
    if (ask == "may_forward_to") {
        const auto words = split(given, ' ');
        return yes(engine.may_forward_to(actor, target, static_cast<unsigned>(std::stoul(words.at(0))), words.at(1)));
    }
    if (ask == "may_call")
        return yes(engine.may_call(actor, given));
    if (ask == "rights_of")
        return yes(engine.rights_of(actor, target).has(right));
    if (ask == "decide") {
        const auto decision = engine.decide(actor, right, target);
        return yes(decision.allowed) + " " + std::to_string(decision.reason);
    }
    if (ask == "explain")
        return yes(engine.explain(actor, right, target).value().find("\"allowed\":true") != std::string::npos);
    if (ask == "who")
        return names(engine, engine.who(right, target));
    if (ask == "whom")
        return names(engine, engine.whom(actor, right));
    if (ask == "dial") {
        const auto dialled = engine.dial(actor, given);
        return std::string(functions[dialled.function]) + " " + names(engine, {dialled.subject}) + " " +
               yes(dialled.allowed) + (dialled.digits.empty() ? "" : " " + dialled.digits);
    }
    throw std::invalid_argument("`" + ask + "` is no question");
}

int main(int argc, char **argv)
{
    if (argc != 2 || lw_abi_version() != LW_ABI_VERSION)
        return 2;
    const std::string folder = argv[1];

    // Moved from, closed: refused, not undefined. A text with a NUL inside is no name.
    Engine first(folder + "/companies/mixed.toml");
    const Party alice = first.find("alice"), diana = first.find("diana");
    const bool open = first.may(alice, LW_CALL_PICKUP, diana) && first.find(std::string("alice\0x", 7)) == 0;
    Engine second = std::move(first);
    if (!open || first.may(alice, LW_CALL_PICKUP, diana) || !second.may(alice, LW_CALL_PICKUP, diana))
        return 1;
    second.close();
    if (second.may(alice, LW_CALL_PICKUP, diana))
        return 1;

    std::ifstream file(folder + "/questions.tsv");
    int questions = 0, wrong = 0;
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#')
            continue;
        const auto field = split(line, '\t');
        std::string said;
        try {
            said = answer(folder + "/companies", field);
        } catch (const linewarden::Error &error) {
            said = "error " + std::to_string(error.code());
        }
        questions++;
        if (said != field.at(6)) {
            wrong++;
            std::cout << line << ": answered " << said << '\n';
        }
    }
    std::cout << "C++: " << questions << " questions, " << wrong << " wrong\n";
    return questions > 200 && wrong == 0 ? 0 : 1;
}
