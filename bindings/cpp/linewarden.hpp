/*
 * linewarden.hpp - linewarden for C++17 in one header over linewarden.h, which defines each call.
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
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace linewarden {

using Party = lw_party;
using Right = lw_right;
using Decision = lw_decision;

/** An error of the library: the message for people, code() for programs. */
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

/** A C string, or NULL for a text with a NUL inside, which C would truncate. */
inline const char *c(const std::string &text) noexcept
{
    return text.find('\0') == std::string::npos ? text.c_str() : nullptr;
}

/** Calls again with a larger vector until all fit. */
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

/** The meaning of a dialled function code, and whether the actor may use it. */
struct Dialled {
    lw_function function;
    Party subject;
    Right right;
    bool allowed;
    std::string digits;
    /** The line of the dialled extension; 0 if none was dialled, or that of a team. */
    unsigned line;
};

/**
 * Gets a revision and the answers that flipped with it; see lw_flips, which is valid during the call only. An exception that leaves
 * it ends the program.
 */
using OnChange = std::function<void(std::uint64_t revision, const lw_flips *flips, std::size_t count)>;

/** Gets a revision. An exception that leaves it ends the program. */
using OnRevision = std::function<void(std::uint64_t revision)>;

/** A running callback. Ends with its scope: after that the function is not running and will not be called again. */
class Watcher {
public:
    /** Ends it earlier; the function itself must not call this. */
    void end() noexcept
    {
        watcher_.reset();
        on_change_.reset();
        on_revision_.reset();
    }

private:
    friend class Engine;
    struct Ender {
        void operator()(lw_watcher *watcher) const noexcept { lw_watch_end(watcher); }
    };
    explicit Watcher(OnChange on_change) : on_change_(std::make_unique<OnChange>(std::move(on_change))) {}
    explicit Watcher(OnRevision moved) : on_revision_(std::make_unique<OnRevision>(std::move(moved))) {}

    /* In this order: the thread that calls a function ends before the function is destroyed. */
    std::unique_ptr<OnChange> on_change_;
    std::unique_ptr<OnRevision> on_revision_;
    std::unique_ptr<lw_watcher, Ender> watcher_;
};

/** An opened document, folder of documents or store; const members may be called by any number of threads at once. */
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

    /* Names. Without a domain the name contains it, or the engine has only one. */

    /** 0 if there is none. */
    Party find(const std::string &name) const noexcept { return lw_find(get(), nullptr, detail::c(name)); }
    Party find(const std::string &domain, const std::string &name) const noexcept
    {
        const char *in = detail::c(domain);
        return in != nullptr ? lw_find(get(), in, detail::c(name)) : 0;
    }

    /** Throws with a message that names a similar known name. */
    Party resolve(const std::string &name) const
    {
        lw_error *error = nullptr;
        const Party party = lw_resolve(get(), nullptr, detail::c(name), &error);
        if (party == 0)
            detail::fail(error);
        return party;
    }

    std::optional<std::string> text(Party party) const { return detail::text(lw_text(get(), party)); }
    /** 1 the first of a user's lines, 2 the second, 3 an additional one; 0 if the extension is none of them. */
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
    [[nodiscard]] bool may_forward_to(Party actor, Party owner, unsigned line, const std::string &digits) const noexcept
    {
        return lw_may_forward_to(get(), actor, owner, line, detail::c(digits));
    }
    [[nodiscard]] bool may_call(Party actor, const std::string &digits) const noexcept
    {
        return lw_may_call(get(), actor, detail::c(digits));
    }
    [[nodiscard]] bool may_bypass_forward(Party actor, Party target) const noexcept
    {
        return lw_may_bypass_forward(get(), actor, target);
    }
    [[nodiscard]] bool may_see_busy(Party actor, Party target) const noexcept
    {
        return lw_may_see_busy(get(), actor, target);
    }
    [[nodiscard]] bool may_see_caller(Party actor, Party target, unsigned line, lw_direction direction) const noexcept
    {
        return lw_may_see_caller(get(), actor, target, line, direction);
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
    std::vector<bool> may_each_target(Party actor, Right right, const std::vector<Party> &targets) const
    {
        const auto out = std::make_unique<bool[]>(targets.size());
        lw_may_each_target(get(), actor, right, targets.data(), targets.size(), out.get());
        return std::vector<bool>(out.get(), out.get() + targets.size());
    }
    std::vector<bool> may_each_actor(const std::vector<Party> &actors, Right right, Party target) const
    {
        const auto out = std::make_unique<bool[]>(actors.size());
        lw_may_each_actor(get(), actors.data(), actors.size(), right, target, out.get());
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

    /* Reasons; JSON as text. */

    Decision decide(Party actor, Right right, Party target) const noexcept
    {
        Decision decision;
        /* Every failure leaves a refusal with LW_REASON_UNKNOWN. */
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

    /** Throws if the code has no meaning. */
    Dialled dial(Party actor, const std::string &code) const
    {
        lw_dialled out;
        const lw_status status = lw_dial(get(), actor, detail::c(code), &out);
        if (status != LW_OK)
            throw Error(status, lw_status_text(status));
        return Dialled{out.function, out.subject, out.right, out.allowed, out.digits, out.line};
    }

    /** The changes of a store, newest first, as JSON; nothing over documents. */
    std::optional<std::string> history(std::uint64_t above = 0, std::uint32_t limit = 0) const
    {
        return detail::text(lw_history(get(), above, limit));
    }

    /*
     * Changes of a store. Each returns the revision with which it is in force, on disk and in every process, or throws. The author
     * is a user or LW_ADMINISTRATOR.
     */

    /** All of these changes or none; one per line, as listed in docs/changes.md. */
    std::uint64_t apply(const std::string &changes, Party author = LW_ADMINISTRATOR)
    {
        return changed(lw_apply, author, nullptr, detail::c(changes));
    }
    std::uint64_t apply_in(const std::string &domain, const std::string &changes, Party author = LW_ADMINISTRATOR)
    {
        if (detail::c(domain) == nullptr)
            throw Error(LW_ERROR_ARGUMENT, "a domain with a NUL inside");
        return changed(lw_apply, author, domain.c_str(), detail::c(changes));
    }
    std::uint64_t set_relationship(Party author, Party owner, Party viewer, const std::string &relationship)
    {
        return changed(lw_set_relationship, author, owner, viewer, detail::c(relationship));
    }
    std::uint64_t clear_relationship(Party author, Party owner, Party viewer)
    {
        return changed(lw_clear_relationship, author, owner, viewer);
    }
    std::uint64_t set_level(Party author, Party owner, Party viewer, const std::string &level)
    {
        return changed(lw_set_level, author, owner, viewer, detail::c(level));
    }
    std::uint64_t clear_level(Party author, Party owner, Party viewer)
    {
        return changed(lw_clear_level, author, owner, viewer);
    }
    std::uint64_t request_access(Party viewer, Party owner) { return changed(lw_request_access, viewer, owner); }
    /** Without a level estos rejects and keevio accepts. */
    std::uint64_t answer_request(Party owner, Party viewer) { return changed(lw_answer_request, owner, viewer, nullptr); }
    std::uint64_t answer_request(Party owner, Party viewer, const std::string &level)
    {
        if (detail::c(level) == nullptr)
            throw Error(LW_ERROR_ARGUMENT, "a level with a NUL inside");
        return changed(lw_answer_request, owner, viewer, level.c_str());
    }
    std::vector<Party> pending(Party owner) const
    {
        return detail::list([&](Party *out, std::size_t room) { return lw_pending(get(), owner, out, room); });
    }
    lw_subscription_kind subscription_state(Party viewer, Party owner) const noexcept
    {
        return lw_subscription_state(get(), viewer, owner);
    }
    std::uint64_t begin_transfer(Party author, const std::string &call, Party viewer, Party owner, lw_call_role role)
    {
        return changed(lw_begin_transfer, author, detail::c(call), viewer, owner, role);
    }
    /** Without a domain if the engine has only one. */
    std::uint64_t end_transfer(Party author, const std::string &call)
    {
        return changed(lw_end_transfer, author, nullptr, detail::c(call));
    }
    std::uint64_t end_transfer(Party author, const std::string &domain, const std::string &call)
    {
        if (detail::c(domain) == nullptr)
            throw Error(LW_ERROR_ARGUMENT, "a domain with a NUL inside");
        return changed(lw_end_transfer, author, domain.c_str(), detail::c(call));
    }

    /* Administration of a store. Each returns a revision or throws. */

    /** The store says what a document, a folder or a store says, as one change set. */
    std::uint64_t import_from(const std::string &source) { return changed(lw_import, detail::c(source)); }
    /** Writes documents that import_from takes. */
    std::uint64_t export_to(const std::string &folder) const { return changed(lw_export, detail::c(folder)); }
    /** Which pairs would gain or lose which right if the engine said what a source says; JSON as text. */
    std::string diff(const std::string &source) const
    {
        lw_error *error = nullptr;
        const auto found = detail::text(lw_diff(get(), detail::c(source), &error));
        if (!found)
            detail::fail(error);
        return *found;
    }
    /** Copies the store, verified and on the disk. */
    std::uint64_t backup(const std::string &to) const { return changed(lw_backup, detail::c(to)); }
    std::uint64_t verify() const { return changed(lw_verify); }

    bool wait_for(std::uint64_t revision, std::uint32_t milliseconds) const noexcept
    {
        return lw_wait_for(get(), revision, milliseconds);
    }

    /** For these rights, or all; see lw_watch. Calls the function in a thread of the library. */
    [[nodiscard]] Watcher watch(OnChange on_change, const std::vector<Right> &rights = {})
    {
        Watcher made(std::move(on_change));
        lw_error *error = nullptr;
        made.watcher_.reset(lw_watch(engine_.get(), rights.data(), rights.size(), &Engine::called,
                                              made.on_change_.get(), &error));
        if (!made.watcher_)
            detail::fail(error);
        return made;
    }

    /** For each new revision, also after a reload; see lw_on_revision. Calls the function in a thread of the library. */
    [[nodiscard]] Watcher on_revision(OnRevision moved)
    {
        Watcher made(std::move(moved));
        lw_error *error = nullptr;
        made.watcher_.reset(lw_on_revision(engine_.get(), &Engine::moved, made.on_revision_.get(), &error));
        if (!made.watcher_)
            detail::fail(error);
        return made;
    }

private:
    static void moved(void *data, std::uint64_t revision) noexcept { (*static_cast<OnRevision *>(data))(revision); }

    static void called(void *data, std::uint64_t revision, const lw_flips *flips, std::size_t count) noexcept
    {
        (*static_cast<OnChange *>(data))(revision, flips, count);
    }

    template <typename Function, typename... Arguments> std::uint64_t changed(Function function, Arguments... arguments) const
    {
        std::uint64_t revision = 0;
        lw_error *error = nullptr;
        if (function(engine_.get(), arguments..., &revision, &error) != LW_OK)
            detail::fail(error);
        return revision;
    }

    std::unique_ptr<lw_engine, detail::Closer> engine_;
};

} // namespace linewarden

#endif
