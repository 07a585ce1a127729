"""May this person do this to that person's line? Python over the linewarden C library.

    from linewarden import Engine, Right

    with Engine("acme.toml") as engine:
        alice, bob = engine.find("alice"), engine.find("110")
        if engine.may(alice, Right.CALL_PICKUP_FIRST, bob):
            ...

A party is a number that is valid in the engine that gave it; 0 is no party and is refused everything. Checks never raise for
their arguments: unknown parties and invalid texts are answered with no. Opening, reloading and `resolve` raise `Error`; a closed
engine raises ValueError.

Threads may share an engine. close() waits for no call, so call it when no thread is in one. After a fork the child can ask its
copy of the engine. Over documents a reload in the parent does not reach it: reload in each process, or open after the fork. Over
a store (Linux) every change is in force in all processes at once, also in a child; only watchers end at a fork.
"""
import contextlib
import json
import sys
import threading
import weakref
from ctypes import byref, c_bool, c_uint32, c_uint64, c_void_p, string_at
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Union

from . import _native
from .constants import Direction, Function, Kind, Reason, Right, Role, Status, SubscriptionState

__all__ = ["ADMINISTRATOR", "Decision", "Dialled", "Direction", "Engine", "Error", "Flips", "Function", "Kind", "Party", "Reason",
           "Right", "Rights", "Role", "Status", "SubscriptionState", "Watcher", "library_version", "reason_text", "right",
           "status_text"]

Party = int
ADMINISTRATOR: Party = 2**32 - 1
"""The administrator, as author of changes."""
_lib = _native.library


class Error(Exception):
    """An error of the library; `status` is for programs, the message for people."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = _known(Status, status)


class Decision(NamedTuple):
    """A yes or no with its reason."""

    allowed: bool
    reason: Union[Reason, int]
    revision: int
    line: int


class Dialled(NamedTuple):
    """The meaning of a dialled function code, and whether the actor may use it."""

    function: Union[Function, int]
    subject: Party
    right: Union[Right, int]
    allowed: bool
    digits: str
    line: int
    """The line of the dialled extension; 0 if none was dialled, or that of a team."""


class Rights:
    """All rights of a pair: `Right.CALL_PICKUP in rights`."""

    def __init__(self, native: _native.Rights):
        self._native = native

    def __contains__(self, asked: object) -> bool:
        return isinstance(asked, int) and _number(asked) == asked and _lib.lw_rights_has(byref(self._native), asked)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rights) and list(self._native.words) == list(other._native.words)

    def __hash__(self) -> int:
        return hash(tuple(self._native.words))


class Flips(NamedTuple):
    """A block of changed decisions: for every actor, right and target (except an actor towards itself) the decision is now
    `allowed`. Without actors any decision of the domain may have changed: ask again. Without targets, each actor towards itself."""

    domain: str
    rights: Rights
    actors: List[Party]
    targets: List[Party]
    allowed: bool


class Watcher:
    """A running callback. Ended by `end()`, at the end of a `with`, or with its engine."""

    def __init__(self, address: int, callback: Any):
        # It also runs at interpreter exit, while callbacks can still return; until then it keeps the callback alive.
        self._end = weakref.finalize(self, _watch_end, address, callback)

    def end(self) -> None:
        """Waits for a running callback, unless called from it; a second call does nothing."""
        self._end()

    def __enter__(self) -> "Watcher":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Shadow:
    """Shadow mode over some rights in one domain until a date; ended by `end()`, at the end of a `with`, or with its engine.

    Its answers are "yes", "no", and "would refuse": a no of the rights that passes and is written into the log."""

    def __init__(self, address: int):
        self._shadow: Optional[int] = address

    def may(self, actor: Party, right: int, target: Party) -> str:
        """May the actor, or would it be refused?"""
        return _ANSWERS.get(_lib.lw_may_or_shadow(self._shadow, _number(actor), _number(right), _number(target)), "no")

    def may_named(self, actor: str, right: str, target: str, domain: Optional[str] = None) -> str:
        """The same by names; a name that the domain lacks would be refused."""
        texts = (_text(domain), _text(actor), _text(right), _text(target))
        return _ANSWERS.get(_lib.lw_may_or_shadow_named(self._shadow, *texts), "no")

    def status(self) -> Any:
        """What it is doing, with `summary` for people; None when it has ended."""
        return _json(_lib.lw_shadow_status(self._shadow))

    def end(self) -> None:
        """Writes the rest and ends it; a second call does nothing."""
        shadow, self._shadow = self._shadow, None
        _lib.lw_shadow_end(shadow)

    def __enter__(self) -> "Shadow":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


class Engine:
    """An opened document, folder of documents, or store; closed by `close()` or at the end of a `with`."""

    def __init__(self, source: str):
        self._engine: Optional[int] = None
        # Held until the engine is closed: a watcher that the program drops keeps running.
        self._watchers: List[Watcher] = []
        self._shadows: List[Shadow] = []
        error = c_void_p()
        self._engine = _lib.lw_open(_text(source), byref(error))
        if not self._engine:
            raise _taken(error)

    def close(self) -> None:
        """Closes the engine; a second call does nothing."""
        engine, self._engine = self._engine, None
        watchers, self._watchers = self._watchers, []
        for watcher in watchers:
            watcher.end()
        shadows, self._shadows = self._shadows, []
        for shadow in shadows:
            shadow.end()
        _lib.lw_close(engine)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_engine", None):
            self.close()

    @property
    def _open(self) -> int:
        if self._engine is None:
            raise ValueError("the engine is closed")
        return self._engine

    def reload(self) -> None:
        """Reads the source again; on an error the old answers stay in force."""
        error = c_void_p()
        if _lib.lw_reload(self._open, byref(error)) != Status.OK:
            raise _taken(error)

    @property
    def revision(self) -> int:
        """1 after opening documents, one more with every reload; over a store the number of the last change set."""
        return _lib.lw_revision(self._open)

    # Names

    def find(self, name_or_number: str, domain: Optional[str] = None) -> Party:
        """The party of a name or extension; 0 if there is none."""
        return _lib.lw_find(self._open, _text(domain), _text(name_or_number))

    def resolve(self, name_or_number: str, domain: Optional[str] = None) -> Party:
        """As `find`, but raises an `Error` that names the problem and a similar known name."""
        error = c_void_p()
        party = _lib.lw_resolve(self._open, _text(domain), _text(name_or_number), byref(error))
        if not party:
            raise _taken(error)
        return party

    def text(self, party: Party) -> Optional[str]:
        """The name of a party as its own domain writes it."""
        return _owned(_lib.lw_text(self._open, _number(party)))

    def line_of(self, party: Party, extension: str) -> int:
        """The line of a user that an extension is: 1 the first, 2 the second, 3 an additional one; 0 if it is none of them."""
        return _lib.lw_line_of(self._open, _number(party), _text(extension))

    def kind(self, party: Party) -> Union[Kind, int]:
        """The kind of a party; 0 if the number is unknown."""
        return _known(Kind, _lib.lw_party_kind(self._open, _number(party)))

    def domain_of(self, party: Party) -> Optional[str]:
        """The domain a party belongs to."""
        return _owned(_lib.lw_party_domain(self._open, _number(party)))

    @property
    def domains(self) -> List[str]:
        """The names of all domains."""
        names = (_owned(_lib.lw_domain_name(self._open, place)) for place in range(_lib.lw_domain_count(self._open)))
        return [name for name in names if name is not None]

    # Checks

    def may(self, actor: Party, right: int, target: Party, role: int = 0) -> bool:
        """May the actor do this to the target? `role` is the actor's role in a running transfer."""
        actor, right, target = _number(actor), _number(right), _number(target)
        return _lib.lw_may_in_call(self._open, actor, right, target, _number(role)) if role \
            else _lib.lw_may(self._open, actor, right, target)

    def may_named(self, actor: str, right: str, target: str, domain: Optional[str] = None) -> bool:
        """The same in names and extensions."""
        return _lib.lw_may_named(self._open, _text(domain), _text(actor), _text(right), _text(target))

    def may_pick_up(self, actor: Party, target: Party, line: int) -> bool:
        """May the actor pick up a call at the target's line? 0 asks for all lines at once; for a team pass 1."""
        return line >= 0 and _lib.lw_may_pick_up(self._open, _number(actor), _number(target), min(line, 3))

    def may_set_forward(self, actor: Party, target: Party, line: int) -> bool:
        """May the actor set the forwarding of the target's line?"""
        return line >= 0 and _lib.lw_may_set_forward(self._open, _number(actor), _number(target), min(line, 3))

    def may_forward_to(self, actor: Party, owner: Party, line: int, digits: str) -> bool:
        """May the actor set a forwarding of the owner's line to this number?"""
        return line >= 0 and _lib.lw_may_forward_to(
            self._open, _number(actor), _number(owner), min(line, 3), _text(digits))

    def may_call(self, actor: Party, digits: str) -> bool:
        """May the actor call this number? Never wait for the answer before an emergency call."""
        return _lib.lw_may_call(self._open, _number(actor), _text(digits))

    def may_bypass_forward(self, actor: Party, target: Party) -> bool:
        """May the actor ring the target in spite of its forwarding?"""
        return _lib.lw_may_bypass_forward(self._open, _number(actor), _number(target))

    def may_see_busy(self, actor: Party, target: Party) -> bool:
        """May the actor see the target's busy lamp?"""
        return _lib.lw_may_see_busy(self._open, _number(actor), _number(target))

    def may_see_caller(self, actor: Party, target: Party, line: int, direction: int) -> bool:
        """May the actor see the number of the other side of the target's call?"""
        return line >= 0 and _lib.lw_may_see_caller(
            self._open, _number(actor), _number(target), min(line, 3), _number(direction))

    def may_log_in(self, user: Party, location: Party) -> bool:
        """May the user log in at the location?"""
        return _lib.lw_may_log_in(self._open, _number(user), _number(location))

    def rights_of(self, actor: Party, target: Party) -> Rights:
        """All rights of a pair at once."""
        rights = _native.Rights()
        _lib.lw_rights_of(self._open, _number(actor), _number(target), byref(rights))
        return Rights(rights)

    def may_each_target(self, actor: Party, right: int, targets: Sequence[Party]) -> List[bool]:
        """May the actor do this to each of the targets?"""
        answers = (c_bool * len(targets))()
        _lib.lw_may_each_target(self._open, _number(actor), _number(right), _array(targets), len(targets), answers)
        return list(answers)

    def may_each_actor(self, actors: Sequence[Party], right: int, target: Party) -> List[bool]:
        """May each of the actors do this to the target?"""
        answers = (c_bool * len(actors))()
        _lib.lw_may_each_actor(self._open, _array(actors), len(actors), _number(right), _number(target), answers)
        return list(answers)

    # Lists

    def parties(self, domain: Optional[str] = None) -> List[Party]:
        """All parties of a domain, sorted by name."""
        return _list(lambda out, room: _lib.lw_parties(self._open, _text(domain), out, room))

    def who(self, right: int, target: Party) -> List[Party]:
        """All parties that may do this to the target."""
        return _list(lambda out, room: _lib.lw_who(self._open, _number(right), _number(target), out, room))

    def whom(self, actor: Party, right: int) -> List[Party]:
        """All parties to which the actor may do this."""
        return _list(lambda out, room: _lib.lw_whom(self._open, _number(actor), _number(right), out, room))

    def notified(self, team: Party, logged_out: Sequence[Party] = (), paused: Sequence[Party] = ()) -> List[Party]:
        """The users notified of a waiting call of a team."""
        error = c_void_p()

        def fill(out: Any, room: int) -> int:
            count = _lib.lw_notified(self._open, _number(team), _array(logged_out), len(logged_out), _array(paused),
                                     len(paused), out, room, byref(error))
            if error:
                raise _taken(error)
            return count

        return _list(fill)

    # Why

    def decide(self, actor: Party, right: int, target: Party) -> Decision:
        """The answer of `may` with its reason."""
        out = _native.Decision()
        # Every failure leaves a refusal with the reason UNKNOWN.
        _lib.lw_decide(self._open, _number(actor), _number(right), _number(target), byref(out))
        return Decision(out.allowed, _known(Reason, out.reason), out.revision, out.line)

    def explain(self, actor: Party, right: int, target: Party, role: int = 0) -> Any:
        """Every source that was consulted, and the deciding one; None if `right` is no right."""
        return _json(_lib.lw_explain_in_call(self._open, _number(actor), _number(right), _number(target), _number(role)))

    def pair(self, actor: Party, target: Party) -> Any:
        """All rights of a pair by name, and the level held in each system."""
        return _json(_lib.lw_pair(self._open, _number(actor), _number(target)))

    def lint(self) -> Any:
        """Findings about documents that are legal but probably wrong."""
        return _json(_lib.lw_lint(self._open))

    def dial(self, actor: Party, code: str) -> Dialled:
        """The meaning of a dialled function code, and whether the actor may use it; raises `Error` if it has none."""
        out = _native.Dialled()
        status = _lib.lw_dial(self._open, _number(actor), _text(code), byref(out))
        if status != Status.OK:
            raise Error(status, status_text(status))
        return Dialled(_known(Function, out.function), out.subject, _known(Right, out.right), out.allowed,
                       out.digits.decode(), out.line)


    # Changes of a store. Each returns the revision with which it is in force, on disk and in every process, or raises `Error`.

    def apply(self, changes: str, author: Party = ADMINISTRATOR, domain: Optional[str] = None) -> int:
        """All of these changes or none; one per line, as listed in docs/changes.md."""
        return self._changed("lw_apply", _number(author), _text(domain), _text(changes))

    def set_relationship(self, author: Party, owner: Party, viewer: Party, relationship: str) -> int:
        """XPhone: sets the owner's own relationship for a viewer."""
        return self._changed("lw_set_relationship", _number(author), _number(owner), _number(viewer), _text(relationship))

    def clear_relationship(self, author: Party, owner: Party, viewer: Party) -> int:
        """XPhone: removes the owner's own relationship for a viewer."""
        return self._changed("lw_clear_relationship", _number(author), _number(owner), _number(viewer))

    def set_level(self, author: Party, owner: Party, viewer: Party, level: str) -> int:
        """estos: sets the level that an owner gives a viewer."""
        return self._changed("lw_set_level", _number(author), _number(owner), _number(viewer), _text(level))

    def clear_level(self, author: Party, owner: Party, viewer: Party) -> int:
        """estos: removes the owner's own level for a viewer."""
        return self._changed("lw_clear_level", _number(author), _number(owner), _number(viewer))

    def request_access(self, viewer: Party, owner: Party) -> int:
        """The viewer asks the owner for more rights."""
        return self._changed("lw_request_access", _number(viewer), _number(owner))

    def answer_request(self, owner: Party, viewer: Party, level: Optional[str] = None) -> int:
        """The owner answers a request: estos with a level, None rejects; keevio accepts without one."""
        return self._changed("lw_answer_request", _number(owner), _number(viewer), _text(level))

    def pending(self, owner: Party) -> List[Party]:
        """The parties with an open request to an owner."""
        return _list(lambda out, room: _lib.lw_pending(self._open, _number(owner), out, room))

    def subscription_state(self, viewer: Party, owner: Party) -> Union[SubscriptionState, int]:
        """The state of a keevio subscription."""
        return _known(SubscriptionState, _lib.lw_subscription_state(self._open, _number(viewer), _number(owner)))

    def begin_transfer(self, author: Party, call: str, viewer: Party, owner: Party, role: int) -> int:
        """XPhone: gives the viewer a role in a transfer towards the owner, until `end_transfer`."""
        return self._changed("lw_begin_transfer", _number(author), _text(call), _number(viewer), _number(owner), _number(role))

    def end_transfer(self, author: Party, call: str, domain: Optional[str] = None) -> int:
        """XPhone: a call has ended: removes all roles in its transfers."""
        return self._changed("lw_end_transfer", _number(author), _text(domain), _text(call))

    def history(self, above: int = 0, limit: int = 0) -> Any:
        """The changes with author and time, newest first; None over documents."""
        return _json(_lib.lw_history(self._open, above, _number(limit)))

    def import_from(self, source: str) -> int:
        """Makes the store say what a document, a folder or a store says, as one change set; the revision of it."""
        return self._changed("lw_import", _text(source))

    def export_to(self, folder: str) -> int:
        """Writes what is in force as documents that `import_from` takes; the revision that was written."""
        return self._changed("lw_export", _text(folder))

    def diff(self, source: str) -> Any:
        """Which pairs would gain or lose which right if the engine said what a source says."""
        error = c_void_p()
        text = _lib.lw_diff(self._open, _text(source), byref(error))
        if not text:
            raise _taken(error)
        return _json(text)

    def backup(self, to: str) -> int:
        """Copies the store, verified and on the disk; the revision of the copy."""
        return self._changed("lw_backup", _text(to))

    def verify(self) -> int:
        """Verifies the store; the revision that was verified."""
        return self._changed("lw_verify")

    def wait_for(self, revision: int, seconds: float = 0) -> bool:
        """Waits until a revision, or a later one, is in force here."""
        return _lib.lw_wait_for(self._open, revision, _number(int(seconds * 1000)))

    def watch(self, on_change: Callable[[int, List[Flips]], None], rights: Sequence[int] = ()) -> Watcher:
        """Calls on_change(revision, flips) in a thread of the library, one call at a time, for each new revision; without
        `rights`, for all of them. `threading.excepthook` gets its exceptions. It must not close the engine."""

        def called(_: Any, revision: int, sets: Any, count: int) -> None:
            with _shown():
                on_change(revision, [_flips(sets[place]) for place in range(count)])

        callback, error = _native.OnChange(called), c_void_p()
        address = _lib.lw_watch(self._open, _array(rights), len(rights), callback, None, byref(error))
        return self._watching(address, callback, error)

    def on_revision(self, moved: Callable[[int], None]) -> Watcher:
        """Calls moved(revision) in a thread of the library, one call at a time, for each new revision, also after a reload: for
        programs that check their lamps themselves. `threading.excepthook` gets its exceptions. It must not close the engine."""

        def called(_: Any, revision: int) -> None:
            with _shown():
                moved(revision)

        callback, error = _native.OnRevision(called), c_void_p()
        return self._watching(_lib.lw_on_revision(self._open, callback, None, byref(error)), callback, error)

    def shadow(self, until: str, log: str, rights: Sequence[int] = (), domain: Optional[str] = None) -> Shadow:
        """Begins shadow mode until a date such as `2027-01-31T18:00:00+01:00`; without `rights`, over all of them."""
        error = c_void_p()
        address = _lib.lw_shadow_begin(self._open, _text(domain), _array(rights), len(rights), _text(until), _text(log), byref(error))
        if not address:
            raise _taken(error)
        shadow = Shadow(address)
        self._shadows.append(shadow)
        return shadow

    def _watching(self, address: Optional[int], callback: Any, error: c_void_p) -> Watcher:
        if not address:
            raise _taken(error)
        watcher = Watcher(address, callback)
        self._watchers.append(watcher)
        return watcher

    def _changed(self, function: str, *arguments: Any) -> int:
        revision, error = c_uint64(), c_void_p()
        if getattr(_lib, function)(self._open, *arguments, byref(revision), byref(error)) != Status.OK:
            raise _taken(error)
        return revision.value


#: Answers of a shadow: LW_SHADOW_YES, LW_SHADOW_WOULD_REFUSE.
_ANSWERS = {1: "yes", 2: "would refuse"}


@contextlib.contextmanager
def _shown() -> Iterator[None]:
    """Shows what a callback raises; no caller can catch it."""
    try:
        yield
    except Exception:
        threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), threading.current_thread())))


def _watch_end(address: int, _: Any) -> None:
    _lib.lw_watch_end(address)


def _flips(native: _native.Flips) -> Flips:
    # The memory of the flips is valid during the callback only.
    rights = _native.Rights()
    rights.words[:] = native.rights.words[:]
    return Flips(native.domain.decode(), Rights(rights), native.actors[:native.actor_count],
                 native.targets[:native.target_count], native.allowed)


def right(name: str) -> Union[Right, int]:
    """The right of a name such as `call.pickup.first`; 0 if no right has that name."""
    return _known(Right, _lib.lw_right_by_name(_text(name)))


def reason_text(reason: int) -> str:
    """A short text for a reason."""
    return _lib.lw_reason_text(_number(reason)).decode()


def status_text(status: int) -> str:
    """A short text for a status."""
    return _lib.lw_status_text(status).decode()


def library_version() -> str:
    """The version of the C library."""
    return _lib.lw_version().decode()


def _number(number: int) -> int:
    # ctypes would truncate a larger number to that of another party.
    return number if 0 <= number < 2**32 else 0


def _text(text: Optional[str]) -> Optional[bytes]:
    if text is None:
        return None
    # A text with a NUL or an unpaired surrogate is no name; the C library would see only its beginning.
    encoded = text.encode("utf-8", "surrogatepass")
    return encoded if b"\0" not in encoded else b"\xff"


def _array(parties: Sequence[Party]) -> Any:
    return (c_uint32 * len(parties))(*(_number(party) for party in parties))


def _list(fill: Callable[[Any, int], int]) -> List[Party]:
    room = 64
    while True:
        out = (c_uint32 * room)()
        count = fill(out, room)
        if count <= room:
            return out[:count]
        room = count


def _owned(address: Optional[int]) -> Optional[str]:
    if not address:
        return None
    try:
        return string_at(address).decode()
    finally:
        _lib.lw_string_free(address)


def _json(address: Optional[int]) -> Any:
    text = _owned(address)
    return None if text is None else json.loads(text)


def _taken(error: c_void_p) -> Error:
    try:
        return Error(_lib.lw_error_code(error), _lib.lw_error_message(error).decode())
    finally:
        _lib.lw_error_free(error)
        error.value = None


def _known(family: Any, number: int) -> Any:
    # A newer library may return numbers that this file does not know.
    try:
        return family(number)
    except ValueError:
        return number
