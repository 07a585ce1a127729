/*
 * linewarden.hpp - linewarden for C++17 in one header over linewarden.h, which has the last word on what each call means.
 *
 *     linewarden::Engine engine("acme.toml");                      // throws linewarden::Error
 *     auto alice = engine.find("alice"), bob = engine.find("110");
 *     if (engine.may_pick_up(alice, bob, 1)) ...
 *
 * Checks are noexcept and cost what they cost in C. A moved-from or closed engine refuses everything.
 */
#ifndef LINEWARDEN_HPP
#define LINEWARDEN_HPP

#include <linewarden.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace linewarden {

using Party = lw_party;
using Right = lw_right;
using Decision = lw_decision;

/** What went wrong: the message for people, code() for programs. */
class Error : public std::runtime_error {
public:
    Error(lw_status code, const std::string &message) : std::runtime_error(message), code_(code) {}
    lw_status code() const noexcept { return code_; }

private:
    lw_status code_;
};

namespace detail {

struct Closer {
    void operator()(lw_engine *engine) const noexcept { lw_close(engine); }
    void operator()(lw_error *error) const noexcept { lw_error_free(error); }
    void operator()(char *text) const noexcept { lw_string_free(text); }
};

[[noreturn]] inline void fail(lw_error *taken)
{
    std::unique_ptr<lw_error, Closer> error(taken);
    throw Error(lw_error_code(error.get()), lw_error_message(error.get()));
}

inline std::optional<std::string> text(char *taken)
{
    std::unique_ptr<char, Closer> owned(taken);
    return owned ? std::optional<std::string>(owned.get()) : std::nullopt;
}

/** A C string, or NULL for a text with a NUL inside: C would see only its beginning. */
inline const char *c(const std::string &text) noexcept
{
    return text.find('\0') == std::string::npos ? text.c_str() : nullptr;
}

/** Asks again with more room until all fit. */
template <typename Fill> std::vector<Party> list(Fill fill)
{
    std::vector<Party> parties(64);
    for (;;) {
        const std::size_t count = fill(parties.data(), parties.size());
        const bool fits = count <= parties.size();
        parties.resize(count);
        if (fits)
            return parties;
    }
}

} // namespace detail

/** All rights of a pair. */
class Rights {
public:
    bool has(Right right) const noexcept { return lw_rights_has(&rights_, right); }

private:
    friend class Engine;
    lw_rights rights_{};
};

/** What a dialled function code means, and whether the actor may. */
struct Dialled {
    lw_function function;
    Party subject;
    Right right;
    bool allowed;
    std::string digits;
    /** The line of the extension that was dialled; 0 where none was, or a team's. */
    unsigned line;
};

/** An opened document or folder of documents; const members may be called by any number of threads at once. */
class Engine {
public:
    explicit Engine(const std::string &source)
    {
        lw_error *error = nullptr;
        engine_.reset(lw_open(detail::c(source), &error));
        if (!engine_)
            detail::fail(error);
    }

    const lw_engine *get() const noexcept { return engine_.get(); }

    void close() noexcept { engine_.reset(); }

    /** On an exception the old answers stay in force. */
    void reload()
    {
        lw_error *error = nullptr;
        if (lw_reload(engine_.get(), &error) != LW_OK)
            detail::fail(error);
    }

    std::uint64_t revision() const noexcept { return lw_revision(get()); }

    /* Names. Without a domain the name says it, or the engine has only one. */

    /** 0 if there is none. */
    Party find(const std::string &name) const noexcept { return lw_find(get(), nullptr, detail::c(name)); }
    Party find(const std::string &domain, const std::string &name) const noexcept
    {
        const char *in = detail::c(domain);
        return in != nullptr ? lw_find(get(), in, detail::c(name)) : 0;
    }

    /** Throws with a message that names what is near. */
    Party resolve(const std::string &name) const
    {
        lw_error *error = nullptr;
        const Party party = lw_resolve(get(), nullptr, detail::c(name), &error);
        if (party == 0)
            detail::fail(error);
        return party;
    }

    std::optional<std::string> text(Party party) const { return detail::text(lw_text(get(), party)); }
    /** 1 the first of a user's lines, 2 the second, 3 a further one; 0 if the extension is none of them. */
    unsigned line_of(Party party, const std::string &extension) const noexcept
    {
        return lw_line_of(get(), party, detail::c(extension));
    }
    lw_kind kind(Party party) const noexcept { return lw_party_kind(get(), party); }
    std::optional<std::string> domain_of(Party party) const { return detail::text(lw_party_domain(get(), party)); }

    std::vector<std::string> domains() const
    {
        std::vector<std::string> names;
        for (std::size_t place = 0; place < lw_domain_count(get()); place++)
            if (auto name = detail::text(lw_domain_name(get(), place)))
                names.push_back(*name);
        return names;
    }

    /* Checks: see linewarden.h. */

    [[nodiscard]] bool may(Party actor, Right right, Party target, lw_call_role role = LW_ROLE_NONE) const noexcept
    {
        return lw_may_in_call(get(), actor, right, target, role);
    }
    [[nodiscard]] bool may(const std::string &actor, const std::string &right, const std::string &target) const noexcept
    {
        return lw_may_named(get(), nullptr, detail::c(actor), detail::c(right), detail::c(target));
    }
    [[nodiscard]] bool may_pick_up(Party actor, Party target, unsigned line) const noexcept
    {
        return lw_may_pick_up(get(), actor, target, line);
    }
    [[nodiscard]] bool may_set_forward(Party actor, Party target, unsigned line) const noexcept
    {
        return lw_may_set_forward(get(), actor, target, line);
    }
    [[nodiscard]] bool may_bypass_forward(Party caller, Party callee) const noexcept
    {
        return lw_may_bypass_forward(get(), caller, callee);
    }
    [[nodiscard]] bool may_see_busy(Party watcher, Party owner) const noexcept
    {
        return lw_may_see_busy(get(), watcher, owner);
    }
    [[nodiscard]] bool may_see_caller(Party watcher, Party owner, unsigned line, lw_direction direction) const noexcept
    {
        return lw_may_see_caller(get(), watcher, owner, line, direction);
    }
    [[nodiscard]] bool may_log_in(Party user, Party location) const noexcept
    {
        return lw_may_log_in(get(), user, location);
    }
    [[nodiscard]] Rights rights_of(Party actor, Party target) const noexcept
    {
        Rights rights;
        lw_rights_of(get(), actor, target, &rights.rights_);
        return rights;
    }

    /** One answer for each target, in their order. */
    std::vector<bool> may_many(Party actor, Right right, const std::vector<Party> &targets) const
    {
        const auto out = std::make_unique<bool[]>(targets.size());
        lw_may_many(get(), actor, right, targets.data(), targets.size(), out.get());
        return std::vector<bool>(out.get(), out.get() + targets.size());
    }
    std::vector<bool> many_may(const std::vector<Party> &actors, Right right, Party target) const
    {
        const auto out = std::make_unique<bool[]>(actors.size());
        lw_many_may(get(), actors.data(), actors.size(), right, target, out.get());
        return std::vector<bool>(out.get(), out.get() + actors.size());
    }

    /* Lists, sorted by name. */

    std::vector<Party> parties(const std::string &domain) const
    {
        return detail::list([&](Party *out, std::size_t room) {
            const char *in = detail::c(domain);
            return in != nullptr ? lw_parties(get(), in, out, room) : 0;
        });
    }
    std::vector<Party> who(Right right, Party target) const
    {
        return detail::list([&](Party *out, std::size_t room) { return lw_who(get(), right, target, out, room); });
    }
    std::vector<Party> whom(Party actor, Right right) const
    {
        return detail::list([&](Party *out, std::size_t room) { return lw_whom(get(), actor, right, out, room); });
    }
    std::vector<Party> notified(Party team, const std::vector<Party> &logged_out = {},
                                const std::vector<Party> &paused = {}) const
    {
        lw_error *error = nullptr;
        return detail::list([&](Party *out, std::size_t room) {
            const std::size_t count = lw_notified(get(), team, logged_out.data(), logged_out.size(), paused.data(),
                                                  paused.size(), out, room, &error);
            if (error != nullptr)
                detail::fail(error);
            return count;
        });
    }

    /* Why; JSON comes as text. */

    Decision decide(Party actor, Right right, Party target) const noexcept
    {
        Decision decision;
        /* Whatever is wrong leaves a refusal with LW_REASON_UNKNOWN. */
        if (lw_decide(get(), actor, right, target, &decision) != LW_OK)
            return Decision{};
        return decision;
    }
    std::optional<std::string> explain(Party actor, Right right, Party target, lw_call_role role = LW_ROLE_NONE) const
    {
        return detail::text(lw_explain_in_call(get(), actor, right, target, role));
    }
    std::optional<std::string> pair(Party actor, Party target) const { return detail::text(lw_pair(get(), actor, target)); }
    std::optional<std::string> lint() const { return detail::text(lw_lint(get())); }

    /** Throws if the code means nothing. */
    Dialled dial(Party actor, const std::string &code) const
    {
        lw_dialled out;
        const lw_status status = lw_dial(get(), actor, detail::c(code), &out);
        if (status != LW_OK)
            throw Error(status, lw_status_text(status));
        return Dialled{out.function, out.subject, out.right, out.allowed, out.digits, out.line};
    }

private:
    std::unique_ptr<lw_engine, detail::Closer> engine_;
};

} // namespace linewarden

#endif
