package dev.linewarden;

import static dev.linewarden.Native.C;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntPredicate;

/**
 * An opened document, or folder of documents; for any number of threads.
 *
 * <p>A party is a number that belongs to the engine that gave it; 0 is no party. Rights are passed as {@link Right} or as numbers.
 * Unknown parties and invalid texts are refused, and every question to a closed engine. linewarden.h defines each call.
 */
public final class Engine implements AutoCloseable {
    // lw_close must not run beside a check: it takes this lock exclusively, checks share it.
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private Pointer engine;

    /** Opens a source; a {@link LinewardenException} names every fault. */
    public Engine(String source) {
        PointerByReference error = new PointerByReference();
        engine = C.lw_open(text(source), error);
        if (engine == null) {
            throw taken(error);
        }
    }

    @FunctionalInterface
    private interface Call<T> {
        T with(Pointer engine);
    }

    private <T> T call(Call<T> call) {
        lock.readLock().lock();
        try {
            return call.with(engine);
        } finally {
            lock.readLock().unlock();
        }
    }

    private boolean ask(Call<Byte> question) {
        return call(question) == 1;
    }

    /** Waits for running calls; a second call does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            C.lw_close(engine);
            engine = null;
        } finally {
            lock.writeLock().unlock();
        }
    }

    /** Reads the source again; on an exception the old answers stay in force. */
    public void reload() {
        PointerByReference error = new PointerByReference();
        if (call(e -> C.lw_reload(e, error)) != Status.OK.number) {
            throw taken(error);
        }
    }

    /** 1 after opening, one more with every reload. */
    public long revision() {
        return call(C::lw_revision);
    }

    /** The party of a name or extension; 0 if there is none. */
    public int find(String name) {
        return call(e -> C.lw_find(e, null, text(name)));
    }

    /** The same in a domain. */
    public int find(String domain, String name) {
        byte[] in = text(domain);
        return in == null ? 0 : call(e -> C.lw_find(e, in, text(name)));
    }

    /** As find, with an exception that names a similar known name. */
    public int resolve(String name) {
        PointerByReference error = new PointerByReference();
        int party = call(e -> C.lw_resolve(e, null, text(name), error));
        if (party == 0) {
            throw taken(error);
        }
        return party;
    }

    /** A party as its domain writes it; null if the number is unknown. */
    public String text(int party) {
        return call(e -> owned(C.lw_text(e, party)));
    }

    /** 1 the first of a user's lines, 2 the second, 3 an additional one; 0 if the extension is none of them. */
    public int lineOf(int party, String extension) {
        return call(e -> C.lw_line_of(e, party, text(extension)));
    }

    /** A number of {@link Kind}; 0 if the number is unknown. */
    public int kind(int party) {
        return call(e -> C.lw_party_kind(e, party));
    }

    /** The domain a party belongs to; null if the number is unknown. */
    public String domainOf(int party) {
        return call(e -> owned(C.lw_party_domain(e, party)));
    }

    /** May the actor do this to the target? */
    public boolean may(int actor, Right right, int target) {
        return may(actor, right.number, target);
    }

    /** The same by the right's number. */
    public boolean may(int actor, int right, int target) {
        return ask(e -> C.lw_may(e, actor, right, target));
    }

    /** The same while the actor has a role in a transfer. */
    public boolean mayInCall(int actor, int right, int target, Role role) {
        return ask(e -> C.lw_may_in_call(e, actor, right, target, role.number));
    }

    /** The same in names and extensions. */
    public boolean mayNamed(String actor, String right, String target) {
        return ask(e -> C.lw_may_named(e, null, text(actor), text(right), text(target)));
    }

    /** May the actor pick up a call at the target's line? 0 asks for all lines; a negative line is refused. */
    public boolean mayPickUp(int actor, int target, int line) {
        return line >= 0 && ask(e -> C.lw_may_pick_up(e, actor, target, line));
    }

    /** May the actor set the forwarding of the target's line? */
    public boolean maySetForward(int actor, int target, int line) {
        return line >= 0 && ask(e -> C.lw_may_set_forward(e, actor, target, line));
    }

    /** May the actor set a forwarding of the owner's line to this number? */
    public boolean mayForwardTo(int actor, int owner, int line, String digits) {
        return line >= 0 && ask(e -> C.lw_may_forward_to(e, actor, owner, line, text(digits)));
    }

    /** May the actor call this number? */
    public boolean mayCall(int actor, String digits) {
        return ask(e -> C.lw_may_call(e, actor, text(digits)));
    }

    /** May the actor ring the target in spite of its forwarding? */
    public boolean mayBypassForward(int actor, int target) {
        return ask(e -> C.lw_may_bypass_forward(e, actor, target));
    }

    /** May the actor see the target's busy lamp? */
    public boolean maySeeBusy(int actor, int target) {
        return ask(e -> C.lw_may_see_busy(e, actor, target));
    }

    /** May the actor see the number of the other side of the target's call? */
    public boolean maySeeCaller(int actor, int target, int line, Direction direction) {
        return line >= 0 && ask(e -> C.lw_may_see_caller(e, actor, target, line, direction.number));
    }

    /** May the user log in at the location? */
    public boolean mayLogIn(int user, int location) {
        return ask(e -> C.lw_may_log_in(e, user, location));
    }

    /** All rights of a pair, as a predicate of the number of a right. */
    public IntPredicate rightsOf(int actor, int target) {
        Native.NativeRights rights = new Native.NativeRights();
        call(e -> {
            C.lw_rights_of(e, actor, target, rights);
            return null;
        });
        return right -> C.lw_rights_has(rights, right) == 1;
    }

    /** May the actor do this to each of the targets? */
    public boolean[] mayEachTarget(int actor, int right, int... targets) {
        byte[] out = new byte[targets.length];
        call(e -> C.lw_may_each_target(e, actor, right, targets, new Native.Size(targets.length), out));
        return answers(out);
    }

    /** May each of the actors do this to the target? */
    public boolean[] mayEachActor(int[] actors, int right, int target) {
        byte[] out = new byte[actors.length];
        call(e -> C.lw_may_each_actor(e, actors, new Native.Size(actors.length), right, target, out));
        return answers(out);
    }

    /** All parties of a domain, sorted by name. */
    public int[] parties(String domain) {
        byte[] in = text(domain);
        return in == null ? new int[0] : list((e, out, room) -> C.lw_parties(e, in, out, room));
    }

    /** All parties that may do this to the target. */
    public int[] who(int right, int target) {
        return list((e, out, room) -> C.lw_who(e, right, target, out, room));
    }

    /** All parties to which the actor may do this. */
    public int[] whom(int actor, int right) {
        return list((e, out, room) -> C.lw_whom(e, actor, right, out, room));
    }

    /** The answer of may with its reason; every failure is a refusal with the reason UNKNOWN. */
    public Decision decide(int actor, int right, int target) {
        Native.NativeDecision out = new Native.NativeDecision();
        call(e -> C.lw_decide(e, actor, right, target, out));
        return new Decision(out.allowed == 1, out.reason, out.revision, out.line);
    }

    /** Every source that was consulted, and the deciding one, as JSON; null if there is no such right. */
    public String explain(int actor, int right, int target) {
        return call(e -> owned(C.lw_explain(e, actor, right, target)));
    }

    /** All rights of a pair by name and its levels, as JSON. */
    public String pair(int actor, int target) {
        return call(e -> owned(C.lw_pair(e, actor, target)));
    }

    /** Findings about documents that are legal but probably wrong, as JSON. */
    public String lint() {
        return call(e -> owned(C.lw_lint(e)));
    }

    /** The meaning of a dialled function code; an exception if it has none. */
    public Dialled dial(int actor, String code) {
        Native.NativeDialled out = new Native.NativeDialled();
        int status = call(e -> C.lw_dial(e, actor, text(code), out));
        if (status != Status.OK.number) {
            throw new LinewardenException(status, utf8(C.lw_status_text(status)));
        }
        return new Dialled(out.function, out.subject, out.right, out.allowed == 1,
                com.sun.jna.Native.toString(out.digits, "UTF-8"), out.line);
    }

    /** The number of a right's name; 0 if no right has that name. */
    public static int right(String name) {
        return C.lw_right_by_name(text(name));
    }

    /** A short text for a reason. */
    public static String reasonText(int reason) {
        return utf8(C.lw_reason_text(reason));
    }

    /** The version of the C library. */
    public static String version() {
        return utf8(C.lw_version());
    }

    @FunctionalInterface
    private interface Fill {
        Native.Size fill(Pointer engine, int[] out, Native.Size room);
    }

    private int[] list(Fill fill) {
        for (int room = 64;;) {
            int[] out = new int[room];
            Native.Size size = new Native.Size(room);
            int count = call(e -> fill.fill(e, out, size)).intValue();
            if (count <= room) {
                return Arrays.copyOf(out, count);
            }
            room = count;
        }
    }

    /** UTF-8 ending in NUL; null for an invalid text: a NUL would truncate it, an unpaired surrogate is no character. */
    private static byte[] text(String text) {
        if (text == null || text.indexOf('\0') >= 0) {
            return null;
        }
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[encoded.remaining() + 1];
            encoded.get(bytes, 0, bytes.length - 1);
            return bytes;
        } catch (CharacterCodingException half) {
            return null;
        }
    }

    private static String utf8(Pointer text) {
        return text == null ? null : text.getString(0, "UTF-8");
    }

    private static String owned(Pointer text) {
        try {
            return utf8(text);
        } finally {
            C.lw_string_free(text);
        }
    }

    private static LinewardenException taken(PointerByReference error) {
        Pointer found = error.getValue();
        try {
            return new LinewardenException(C.lw_error_code(found), utf8(C.lw_error_message(found)));
        } finally {
            C.lw_error_free(found);
        }
    }

    private static boolean[] answers(byte[] out) {
        boolean[] answers = new boolean[out.length];
        for (int i = 0; i < out.length; i++) {
            answers[i] = out[i] == 1;
        }
        return answers;
    }
}
