package dev.linewarden;

import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.PointerByReference;

/**
 * The functions of the C library. C's {@code bool} is one byte and declared as a byte: JNA's boolean would read four, three of
 * them undefined. Texts are passed as bytes ending in NUL, see {@link Engine}.
 */
interface Native extends Library {
    Native C = load();

    private static Native load() {
        String named = System.getenv("LINEWARDEN_LIBRARY");
        String usual = Platform.isWindows() ? "linewarden" : "liblinewarden.so." + Abi.VERSION;
        Native library = com.sun.jna.Native.load(named != null ? named : usual, Native.class);
        if (library.lw_abi_version() != Abi.VERSION) {
            throw new UnsatisfiedLinkError(
                    "the linewarden library has ABI " + library.lw_abi_version() + ", expected " + Abi.VERSION);
        }
        return library;
    }

    /** C's size_t. */
    final class Size extends IntegerType {
        private static final long serialVersionUID = 1;

        /** For JNA. */
        public Size() {
            this(0);
        }

        Size(long value) {
            super(com.sun.jna.Native.SIZE_T_SIZE, value, true);
        }
    }

    @Structure.FieldOrder({"words"})
    final class NativeRights extends Structure {
        public long[] words = new long[2];
    }

    @Structure.FieldOrder({"allowed", "reason", "revision", "line"})
    final class NativeDecision extends Structure {
        public byte allowed;
        public int reason;
        public long revision;
        public int line;
    }

    @Structure.FieldOrder({"function", "subject", "right", "allowed", "digits", "line"})
    final class NativeDialled extends Structure {
        public int function;
        public int subject;
        public int right;
        public byte allowed;
        public byte[] digits = new byte[256];
        public byte line;
    }

    Pointer lw_open(byte[] source, PointerByReference error);

    void lw_close(Pointer engine);

    int lw_reload(Pointer engine, PointerByReference error);

    long lw_revision(Pointer engine);

    Pointer lw_error_message(Pointer error);

    int lw_error_code(Pointer error);

    void lw_error_free(Pointer error);

    void lw_string_free(Pointer text);

    Pointer lw_status_text(int status);

    Pointer lw_reason_text(int reason);

    int lw_find(Pointer engine, byte[] domain, byte[] name);

    int lw_resolve(Pointer engine, byte[] domain, byte[] name, PointerByReference error);

    Pointer lw_text(Pointer engine, int party);

    int lw_line_of(Pointer engine, int party, byte[] extension);

    int lw_party_kind(Pointer engine, int party);

    Pointer lw_party_domain(Pointer engine, int party);

    int lw_right_by_name(byte[] name);

    byte lw_may(Pointer engine, int actor, int right, int target);

    byte lw_may_in_call(Pointer engine, int actor, int right, int target, int role);

    byte lw_may_named(Pointer engine, byte[] domain, byte[] actor, byte[] right, byte[] target);

    byte lw_may_pick_up(Pointer engine, int actor, int target, int line);

    byte lw_may_set_forward(Pointer engine, int actor, int target, int line);

    byte lw_may_forward_to(Pointer engine, int actor, int owner, int line, byte[] digits);

    byte lw_may_call(Pointer engine, int actor, byte[] digits);

    byte lw_may_bypass_forward(Pointer engine, int actor, int target);

    byte lw_may_see_busy(Pointer engine, int actor, int target);

    byte lw_may_see_caller(Pointer engine, int actor, int target, int line, int direction);

    byte lw_may_log_in(Pointer engine, int user, int location);

    void lw_rights_of(Pointer engine, int actor, int target, NativeRights out);

    byte lw_rights_has(NativeRights rights, int right);

    Size lw_may_each_target(Pointer engine, int actor, int right, int[] targets, Size count, byte[] out);

    Size lw_may_each_actor(Pointer engine, int[] actors, Size count, int right, int target, byte[] out);

    Size lw_parties(Pointer engine, byte[] domain, int[] out, Size capacity);

    Size lw_who(Pointer engine, int right, int target, int[] out, Size capacity);

    Size lw_whom(Pointer engine, int actor, int right, int[] out, Size capacity);

    int lw_decide(Pointer engine, int actor, int right, int target, NativeDecision out);

    Pointer lw_explain(Pointer engine, int actor, int right, int target);

    Pointer lw_pair(Pointer engine, int actor, int target);

    Pointer lw_lint(Pointer engine);

    int lw_dial(Pointer engine, int actor, byte[] code, NativeDialled out);

    int lw_abi_version();

    Pointer lw_version();
}
