"""linewarden for Kamailio's Python: who may pick up, forward, watch; and what a watcher sees of a dialog.

It must never let a request through because of an error: no engine, no name, no text are all refused. It knows no KSR; the
routes in route.py do, and tests/mask.py tests it without Kamailio. The rights come from the package `linewarden`
(bindings/python).
"""
import re
import xml.etree.ElementTree as xml
from typing import Callable, Optional, Tuple
from urllib.parse import unquote
from xml.sax.saxutils import quoteattr

from linewarden import Direction, Engine, Error, Right, Shadow, Status
from linewarden import right as linewarden_right

_NAMESPACE = "urn:ietf:params:xml:ns:dialog-info"
_WATCHING = {"dialog": "line.busy.read", "presence": "presence.status.read"}


class Rights:
    """The rights as one process of Kamailio knows them.

    Kamailio reads the script before it forks: open in child_init, not before, so that each process has an engine of its own.
    `generation` is a number that the administrator counts up by one when the documents have changed: every process reloads at
    its next request after that. When a reload fails, the old answers stay in force; but a process that had no request between
    two changes may have missed one that took a right away, and so gives no answers until it can load.
    """

    def __init__(self, source: str, report: Callable[[str], None], shadow: Optional[dict] = None):
        """`shadow`: the arguments of Engine.shadow; then codes and subscriptions that are refused pass until its date."""
        self._source, self._report, self._shadow = source, report, shadow
        self._engine: Optional[Engine] = None
        self._seen: object = None
        self._stale = False

    def engine(self, generation: object) -> Optional[Engine]:
        """The engine; None while there is none to be relied on, which refuses everything."""
        if self._engine is None:
            try:
                self._engine = Engine(self._source)
                self._seen = generation
            except Error as error:
                self._report(f"linewarden: {error}")
                return None
            self._begin()
        elif generation != self._seen:
            steady = isinstance(generation, int) and isinstance(self._seen, int) and generation == self._seen + 1
            self._seen = generation
            try:
                self._engine.reload()
                self._stale = False
            except Error as error:
                self._stale = self._stale or not steady
                what = "no rights until the documents can be loaded" if self._stale else "the old rights stay in force"
                self._report(f"linewarden: {what}: {error}")
        return None if self._stale else self._engine

    def _begin(self) -> None:
        """Begins shadow mode, if it is wanted."""
        global shadow
        shadow = None
        if self._shadow is None or self._engine is None:
            return
        try:
            rights = [linewarden_right(name) for name in self._shadow.get("rights", ())]
            if 0 in rights:
                raise ValueError(f"unknown right in {self._shadow['rights']}")
            shadow = self._engine.shadow(**{**self._shadow, "rights": rights})
            self._report(f"linewarden: {shadow.status()['summary']}")
        except (Error, ValueError, TypeError) as error:
            self._report(f"linewarden: no shadow, the rights are enforced: {error}")


#: What is asked in shadow mode where the rights refuse; None where they are enforced.
shadow: Optional[Shadow] = None

#: Codes of the PBX that linewarden does not know (voice mail, say), by their first characters. Any other text that begins with
#: * or # and means nothing to linewarden is refused: it may be a malformed pickup that the PBX would read more kindly.
other_codes: Tuple[str, ...] = ()


#: A team's call that rings at an agent's telephone is the team's: with the agent's extension, the right on that team takes it. Which
#: call rings there only the PBX knows. Set this when the PBX heeds `teams` in X-Linewarden; until then such a call is picked up
#: with the team's extension.
team_calls = False


def _is_team(rights: Engine, party: int) -> bool:
    return (rights.text(party) or "").startswith("team:")


def _teams(rights: Engine, who: int) -> Tuple[str, ...]:
    """The teams whose calls that user may pick up. A name that would not stand whole in a header is left out."""
    names = (rights.text(party) or "" for party in rights.whom(who, Right.CALL_PICKUP_FIRST))
    return tuple(name for name in names if re.fullmatch(r"team:[A-Za-z0-9._-]+", name))


#: Set this to ask linewarden about ordinary calls, too: `call.to.` with the class of the number. It is for domains that run the
#: system linewarden; in others no user has such a right. Until then ordinary calls pass without rights.
calls = False


def _may_call(rights: Optional[Engine], who: int, number: str) -> bool:
    """May that caller make an ordinary call? A caller whom linewarden does not know, as one from outside, reaches extensions only."""
    if rights is None:
        return False
    # An `@`, a colon or a slash would make it an address or a name of another domain.
    inside = not re.search("[@:/]", number) and rights.find(number) != 0
    if who == 0:
        return inside
    return rights.may_call(who, number) or \
        (inside and not re.search("[0-9]", number) and rights.may(who, Right.CALL_TO_INTERNAL, who))


def invite(rights: Optional[Engine], actor: Optional[str], dialled: Optional[str]) \
        -> Tuple[str, int, str, int, Tuple[str, ...]]:
    """What an INVITE to `dialled` means, the party it concerns, the digits, the line that was dialled (0 for none), the teams.

    "call" (no function code, route it as ever), "refused", "refused_call" (an ordinary call that may not lead there), "unknown"
    (a code that means nothing, or an unknown extension), or what the PBX shall do. A pickup takes calls of that party on that
    line, and calls of those teams that ring there; "team_pickup" takes calls of those teams alone. Where `calls` is not set this
    never refuses ordinary calls: they pass without rights, also for unknown callers.
    """
    means = _meaning(rights, actor, dialled)
    if calls and means[0] == "call":
        number = unquote(dialled or "")
        # A code of the PBX's own is no number.
        if not number.startswith(("*", "#")) and not _may_call(rights, _party(rights, actor), number):
            return "refused_call", 0, "", 0, ()
    return means


def _meaning(rights: Optional[Engine], actor: Optional[str], dialled: Optional[str]) \
        -> Tuple[str, int, str, int, Tuple[str, ...]]:
    dialled = dialled or ""
    # A PBX takes `%2A8100` for `*8100`.
    unescaped = unquote(dialled)
    looks_like_a_code = unescaped.startswith(("*", "#"))
    who = _party(rights, actor)
    if rights is None or who == 0:
        return ("refused" if looks_like_a_code else "call"), 0, "", 0, ()
    try:
        means = rights.dial(who, dialled)
    except Error as error:
        call = error.status == Status.UNASSIGNED and (not looks_like_a_code or unescaped.startswith(other_codes))
        return ("call" if call else "unknown"), 0, "", 0, ()
    name = getattr(means.function, "name", None)
    of_one = name == "PICKUP" and not _is_team(rights, means.subject)
    teams = _teams(rights, who) if of_one and team_calls else ()
    allowed = means.allowed
    # Who logs in is the subject: there, shadow mode is not asked.
    if not allowed and not teams and shadow is not None and name not in (None, "LOGIN"):
        allowed = shadow.may(who, means.right, means.subject) == "would refuse"
    if not allowed and teams:
        return "team_pickup", means.subject, means.digits, means.line, teams
    if not allowed or name is None:
        return "refused", means.subject, means.digits, means.line, ()
    return name.lower(), means.subject, means.digits, means.line, teams


def subscribe(rights: Optional[Engine], watcher: Optional[str], owner: Optional[str], event: Optional[str]) -> bool:
    """May the watcher subscribe to that event package of the owner? An unknown package is refused."""
    right = _WATCHING.get((event or "").split(";")[0].strip())
    if None in (rights, watcher, owner, right):
        return False
    if rights.may_named(watcher, right, owner):
        return True
    return shadow is not None and shadow.may_named(watcher, right, owner) == "would refuse"


def mask_dialog_info(rights: Optional[Engine], watcher: Optional[str], owner: Optional[str], body: str) -> str:
    """What the watcher may see of a dialog-info document of the owner.

    Built anew from the parts that are understood and allowed, so that nothing passes because it was overlooked. Without
    the right to the lamp there are no dialogs, without the right to the number no remote party, without pickup no call-id and
    tags, which a pickup by Replaces needs. The last two are checked for the line of the dialog.
    """
    try:
        # A document type may define anything; dialog-info has none.
        document = xml.fromstring(body) if "<!" not in body else None
    except (xml.ParseError, ValueError):
        document = None
    if document is None or document.tag != f"{{{_NAMESPACE}}}dialog-info":
        document = xml.Element("none")
    version = document.get("version", "0")
    out = ['<?xml version="1.0"?>', '<dialog-info xmlns="%s" version="%s" state="%s" entity=%s>' % (
        _NAMESPACE, version if re.fullmatch("[0-9]+", version) else "0",
        "partial" if document.get("state") == "partial" else "full", quoteattr(document.get("entity", "")))]
    who, whose = _party(rights, watcher), _party(rights, owner)
    if rights is not None and rights.may_see_busy(who, whose):
        for dialog in document.findall(f"{{{_NAMESPACE}}}dialog"):
            out += _dialog(rights, who, whose, owner or "", dialog)
    return "\n".join(out + ["</dialog-info>", ""])


def _call(rights, whose, owner, dialog):
    """Whose call a dialog is, and on which line: by its local identity, where a login name is the first line and a team's number
    makes it the team's; or else by the address that is watched, if that is an extension. Line 0, which asks for all lines, where
    neither says."""
    identity = (dialog.findtext(f"{{{_NAMESPACE}}}local/{{{_NAMESPACE}}}identity") or "").strip()
    at = re.match("sips?:([^@;]+)@", identity)
    if at is None:
        return whose, rights.line_of(whose, owner)
    named, line = rights.find(at.group(1)), rights.line_of(whose, at.group(1))
    if _is_team(rights, named):
        return named, 1
    return whose, 1 if line == 0 and named == whose else line


def _dialog(rights, who, whose, owner, dialog):
    of, at = _call(rights, whose, owner, dialog)
    state = (dialog.findtext(f"{{{_NAMESPACE}}}state") or "").strip()
    state = state if re.fullmatch("[a-z]+", state) else "terminated"
    direction = dialog.get("direction")
    way = Direction.IN_CALL if state == "confirmed" else \
        {"recipient": Direction.INCOMING, "initiator": Direction.OUTGOING}.get(direction)
    line = f'<dialog id={quoteattr(dialog.get("id", ""))}'
    if direction in ("recipient", "initiator"):
        line += f' direction="{direction}"'
    for name in ("call-id", "local-tag", "remote-tag") if rights.may_pick_up(who, of, at) else ():
        if dialog.get(name) is not None:
            line += f" {name}={quoteattr(dialog.get(name))}"
    out = [line + ">", f"<state>{state}</state>"]
    if way is not None and rights.may_see_caller(who, whose, at if of == whose else 0, way):
        for remote in dialog.findall(f"{{{_NAMESPACE}}}remote"):
            xml.register_namespace("", _NAMESPACE)
            out.append(xml.tostring(remote, encoding="unicode").strip())
    return out + ["</dialog>"]


def _party(rights: Optional[Engine], name: Optional[str]) -> int:
    return rights.find(name) if rights is not None and name is not None else 0
