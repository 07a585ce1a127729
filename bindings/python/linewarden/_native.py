"""The C library and the types of its functions; private to the package."""
import ctypes
import os
import sys
from ctypes import CFUNCTYPE, POINTER, Structure, c_bool, c_char, c_char_p, c_int32, c_size_t, c_uint, c_uint8, c_uint32, c_uint64, c_void_p

from .constants import ABI_VERSION


class Rights(Structure):
    _fields_ = [("words", c_uint64 * 2)]


class Flips(Structure):
    _fields_ = [("domain", c_char_p), ("rights", Rights), ("actors", POINTER(c_uint32)), ("actor_count", c_size_t),
                ("targets", POINTER(c_uint32)), ("target_count", c_size_t), ("allowed", c_bool)]


OnChange = CFUNCTYPE(None, c_void_p, c_uint64, POINTER(Flips), c_size_t)
OnRevision = CFUNCTYPE(None, c_void_p, c_uint64)


class Decision(Structure):
    _fields_ = [("allowed", c_bool), ("reason", c_uint32), ("revision", c_uint64), ("line", c_uint32)]


class Dialled(Structure):
    _fields_ = [("function", c_uint32), ("subject", c_uint32), ("right", c_uint32), ("allowed", c_bool),
                ("digits", c_char * 256), ("line", c_uint8)]


_engine, _party, _right, _error = c_void_p, c_uint32, c_uint32, POINTER(c_void_p)
_parties, _bools, _revision = POINTER(c_uint32), POINTER(c_bool), POINTER(c_uint64)

# A `char *` that is ours to free stays a c_void_p: as c_char_p ctypes would copy it and lose the address.
_FUNCTIONS = {
    "lw_open": (c_void_p, [c_char_p, _error]),
    "lw_close": (None, [_engine]),
    "lw_reload": (c_int32, [_engine, _error]),
    "lw_revision": (c_uint64, [_engine]),
    "lw_error_message": (c_char_p, [c_void_p]),
    "lw_error_code": (c_int32, [c_void_p]),
    "lw_error_free": (None, [c_void_p]),
    "lw_string_free": (None, [c_void_p]),
    "lw_status_text": (c_char_p, [c_int32]),
    "lw_reason_text": (c_char_p, [c_uint32]),
    "lw_find": (_party, [_engine, c_char_p, c_char_p]),
    "lw_resolve": (_party, [_engine, c_char_p, c_char_p, _error]),
    "lw_text": (c_void_p, [_engine, _party]),
    "lw_line_of": (c_uint, [_engine, _party, c_char_p]),
    "lw_party_kind": (c_uint32, [_engine, _party]),
    "lw_party_domain": (c_void_p, [_engine, _party]),
    "lw_domain_count": (c_size_t, [_engine]),
    "lw_domain_name": (c_void_p, [_engine, c_size_t]),
    "lw_right_by_name": (_right, [c_char_p]),
    "lw_right_name": (c_char_p, [_right]),
    "lw_may": (c_bool, [_engine, _party, _right, _party]),
    "lw_may_in_call": (c_bool, [_engine, _party, _right, _party, c_uint32]),
    "lw_may_pick_up": (c_bool, [_engine, _party, _party, c_uint]),
    "lw_may_set_forward": (c_bool, [_engine, _party, _party, c_uint]),
    "lw_may_forward_to": (c_bool, [_engine, _party, _party, c_uint, c_char_p]),
    "lw_may_call": (c_bool, [_engine, _party, c_char_p]),
    "lw_may_bypass_forward": (c_bool, [_engine, _party, _party]),
    "lw_may_see_busy": (c_bool, [_engine, _party, _party]),
    "lw_may_see_caller": (c_bool, [_engine, _party, _party, c_uint, c_uint32]),
    "lw_may_log_in": (c_bool, [_engine, _party, _party]),
    "lw_rights_of": (None, [_engine, _party, _party, POINTER(Rights)]),
    "lw_rights_has": (c_bool, [POINTER(Rights), _right]),
    "lw_may_each_target": (c_size_t, [_engine, _party, _right, _parties, c_size_t, _bools]),
    "lw_may_each_actor": (c_size_t, [_engine, _parties, c_size_t, _right, _party, _bools]),
    "lw_may_named": (c_bool, [_engine, c_char_p, c_char_p, c_char_p, c_char_p]),
    "lw_parties": (c_size_t, [_engine, c_char_p, _parties, c_size_t]),
    "lw_who": (c_size_t, [_engine, _right, _party, _parties, c_size_t]),
    "lw_whom": (c_size_t, [_engine, _party, _right, _parties, c_size_t]),
    "lw_notified": (c_size_t, [_engine, _party, _parties, c_size_t, _parties, c_size_t, _parties, c_size_t, _error]),
    "lw_decide": (c_int32, [_engine, _party, _right, _party, POINTER(Decision)]),
    "lw_explain": (c_void_p, [_engine, _party, _right, _party]),
    "lw_explain_in_call": (c_void_p, [_engine, _party, _right, _party, c_uint32]),
    "lw_pair": (c_void_p, [_engine, _party, _party]),
    "lw_lint": (c_void_p, [_engine]),
    "lw_history": (c_void_p, [_engine, c_uint64, c_uint32]),
    "lw_dial": (c_int32, [_engine, _party, c_char_p, POINTER(Dialled)]),
    "lw_apply": (c_int32, [_engine, _party, c_char_p, c_char_p, _revision, _error]),
    "lw_set_relationship": (c_int32, [_engine, _party, _party, _party, c_char_p, _revision, _error]),
    "lw_clear_relationship": (c_int32, [_engine, _party, _party, _party, _revision, _error]),
    "lw_set_level": (c_int32, [_engine, _party, _party, _party, c_char_p, _revision, _error]),
    "lw_clear_level": (c_int32, [_engine, _party, _party, _party, _revision, _error]),
    "lw_request_access": (c_int32, [_engine, _party, _party, _revision, _error]),
    "lw_answer_request": (c_int32, [_engine, _party, _party, c_char_p, _revision, _error]),
    "lw_pending": (c_size_t, [_engine, _party, _parties, c_size_t]),
    "lw_subscription_state": (c_uint32, [_engine, _party, _party]),
    "lw_begin_transfer": (c_int32, [_engine, _party, c_char_p, _party, _party, c_uint32, _revision, _error]),
    "lw_end_transfer": (c_int32, [_engine, _party, c_char_p, c_char_p, _revision, _error]),
    "lw_import": (c_int32, [_engine, c_char_p, _revision, _error]),
    "lw_export": (c_int32, [_engine, c_char_p, _revision, _error]),
    "lw_diff": (c_void_p, [_engine, c_char_p, _error]),
    "lw_backup": (c_int32, [_engine, c_char_p, _revision, _error]),
    "lw_verify": (c_int32, [_engine, _revision, _error]),
    "lw_wait_for": (c_bool, [_engine, c_uint64, c_uint32]),
    "lw_on_revision": (c_void_p, [_engine, OnRevision, c_void_p, _error]),
    "lw_watch": (c_void_p, [_engine, POINTER(c_uint32), c_size_t, OnChange, c_void_p, _error]),
    "lw_watch_end": (None, [c_void_p]),
    "lw_shadow_begin": (c_void_p, [_engine, c_char_p, POINTER(c_uint32), c_size_t, c_char_p, c_char_p, _error]),
    "lw_may_or_shadow": (c_uint32, [c_void_p, _party, _right, _party]),
    "lw_may_or_shadow_named": (c_uint32, [c_void_p, c_char_p, c_char_p, c_char_p, c_char_p]),
    "lw_shadow_status": (c_void_p, [c_void_p]),
    "lw_shadow_end": (None, [c_void_p]),
    "lw_abi_version": (c_uint32, []),
    "lw_version": (c_char_p, []),
}


def _load() -> ctypes.CDLL:
    usual = "linewarden.dll" if sys.platform == "win32" else f"liblinewarden.so.{ABI_VERSION}"
    library = ctypes.CDLL(os.environ.get("LINEWARDEN_LIBRARY") or usual)
    for name, (result, arguments) in _FUNCTIONS.items():
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    found = library.lw_abi_version()
    if found != ABI_VERSION:
        raise ImportError(f"the linewarden library has ABI {found}, expected {ABI_VERSION}")
    return library


library = _load()
