// linewarden for C#: the C library through P/Invoke, for .NET and for mono. linewarden.h defines each call.
//
// C's bool is one byte: every declaration says so, or P/Invoke would read four. Texts are passed as UTF-8 bytes ending in NUL.
using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace Linewarden
{
    /// <summary>An error of the library: the message for people, the status for programs.</summary>
    public sealed class LinewardenException : Exception
    {
        public Status Status { get; }

        internal LinewardenException(int status, string message) : base(message)
        {
            Status = (Status)status;
        }
    }

    /// <summary>A yes or no with its reason.</summary>
    public struct Decision
    {
        public bool Allowed;
        public Reason Reason;
        public ulong Revision;
        public uint Line;
    }

    /// <summary>The meaning of a dialled function code, and whether the actor may use it.</summary>
    public struct Dialled
    {
        public Function Function;
        public uint Subject;
        public Right Right;
        public bool Allowed;
        public string Digits;
        /// <summary>The line of the dialled extension; 0 if none was dialled, or that of a team.</summary>
        public uint Line;
    }

    /// <summary>All rights of a pair.</summary>
    public struct Rights
    {
        internal Native.Rights Set;

        public bool Has(Right right)
        {
            return Native.lw_rights_has(ref Set, right);
        }
    }

    /// <summary>The pointer of the engine. P/Invoke holds it during each call, so no engine is closed during a call.</summary>
    sealed class EngineHandle : SafeHandle
    {
        public EngineHandle() : base(IntPtr.Zero, true)
        {
        }

        public override bool IsInvalid
        {
            get { return handle == IntPtr.Zero; }
        }

        protected override bool ReleaseHandle()
        {
            Native.lw_close(handle);
            return true;
        }
    }

    static class Native
    {
        const string Library = Abi.Library;

        [StructLayout(LayoutKind.Sequential)]
        internal struct Rights
        {
            ulong first;
            ulong second;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct Decision
        {
            public byte Allowed;
            public Reason Reason;
            public ulong Revision;
            public uint Line;
        }

        [StructLayout(LayoutKind.Sequential)]
        internal struct Dialled
        {
            public Function Function;
            public uint Subject;
            public Right Right;
            public byte Allowed;
            [MarshalAs(UnmanagedType.ByValArray, SizeConst = 256)]
            public byte[] Digits;
            public byte Line;
        }

        [DllImport(Library)] internal static extern EngineHandle lw_open(byte[] source, out IntPtr error);
        [DllImport(Library)] internal static extern void lw_close(IntPtr engine);
        [DllImport(Library)] internal static extern int lw_reload(EngineHandle engine, out IntPtr error);
        [DllImport(Library)] internal static extern ulong lw_revision(EngineHandle engine);
        [DllImport(Library)] internal static extern IntPtr lw_error_message(IntPtr error);
        [DllImport(Library)] internal static extern int lw_error_code(IntPtr error);
        [DllImport(Library)] internal static extern void lw_error_free(IntPtr error);
        [DllImport(Library)] internal static extern void lw_string_free(IntPtr text);
        [DllImport(Library)] internal static extern IntPtr lw_status_text(int status);
        [DllImport(Library)] internal static extern IntPtr lw_reason_text(Reason reason);
        [DllImport(Library)] internal static extern uint lw_find(EngineHandle engine, byte[] domain, byte[] name);
        [DllImport(Library)]
        internal static extern uint lw_resolve(EngineHandle engine, byte[] domain, byte[] name, out IntPtr error);
        [DllImport(Library)] internal static extern IntPtr lw_text(EngineHandle engine, uint party);
        [DllImport(Library)] internal static extern uint lw_line_of(EngineHandle engine, uint party, byte[] extension);
        [DllImport(Library)] internal static extern Kind lw_party_kind(EngineHandle engine, uint party);
        [DllImport(Library)] internal static extern IntPtr lw_party_domain(EngineHandle engine, uint party);
        [DllImport(Library)] internal static extern Right lw_right_by_name(byte[] name);

        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may(EngineHandle engine, uint actor, Right right, uint target);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_in_call(EngineHandle engine, uint actor, Right right, uint target, Role role);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_named(EngineHandle engine, byte[] domain, byte[] actor, byte[] right, byte[] target);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_pick_up(EngineHandle engine, uint actor, uint target, uint line);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_set_forward(EngineHandle engine, uint actor, uint target, uint line);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_forward_to(EngineHandle engine, uint actor, uint owner, uint line, byte[] digits);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_call(EngineHandle engine, uint actor, byte[] digits);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_bypass_forward(EngineHandle engine, uint actor, uint target);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_see_busy(EngineHandle engine, uint actor, uint target);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_see_caller(EngineHandle engine, uint actor, uint target, uint line, Direction direction);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_may_log_in(EngineHandle engine, uint user, uint location);

        [DllImport(Library)]
        internal static extern void lw_rights_of(EngineHandle engine, uint actor, uint target, out Rights rights);
        [DllImport(Library)]
        [return: MarshalAs(UnmanagedType.U1)]
        internal static extern bool lw_rights_has(ref Rights rights, Right right);
        [DllImport(Library)]
        internal static extern UIntPtr lw_may_each_target(EngineHandle engine, uint actor, Right right, uint[] targets, UIntPtr count, [Out] byte[] answers);
        [DllImport(Library)]
        internal static extern UIntPtr lw_may_each_actor(EngineHandle engine, uint[] actors, UIntPtr count, Right right, uint target, [Out] byte[] answers);
        [DllImport(Library)]
        internal static extern UIntPtr lw_parties(EngineHandle engine, byte[] domain, [Out] uint[] parties, UIntPtr room);
        [DllImport(Library)]
        internal static extern UIntPtr lw_who(EngineHandle engine, Right right, uint target, [Out] uint[] parties, UIntPtr room);
        [DllImport(Library)]
        internal static extern UIntPtr lw_whom(EngineHandle engine, uint actor, Right right, [Out] uint[] parties, UIntPtr room);
        [DllImport(Library)]
        internal static extern int lw_decide(EngineHandle engine, uint actor, Right right, uint target, out Decision decision);
        [DllImport(Library)] internal static extern IntPtr lw_explain(EngineHandle engine, uint actor, Right right, uint target);
        [DllImport(Library)] internal static extern IntPtr lw_pair(EngineHandle engine, uint actor, uint target);
        [DllImport(Library)] internal static extern IntPtr lw_lint(EngineHandle engine);
        [DllImport(Library)] internal static extern int lw_dial(EngineHandle engine, uint actor, byte[] code, out Dialled dialled);
        [DllImport(Library)] internal static extern uint lw_abi_version();
        [DllImport(Library)] internal static extern IntPtr lw_version();
    }

    /// <summary>
    /// An opened document, or folder of documents; for any number of threads. A party is a number that belongs to the engine
    /// that gave it; 0 is no party. Unknown parties and invalid texts are refused; a closed engine throws
    /// ObjectDisposedException.
    /// </summary>
    public sealed class Engine : IDisposable
    {
        static readonly Encoding Strict = new UTF8Encoding(false, true);

        readonly EngineHandle engine;

        /// <summary>Opens a source; the exception names every fault.</summary>
        public Engine(string source)
        {
            if (Native.lw_abi_version() != Abi.Version)
                throw new DllNotFoundException("the linewarden library has another ABI");
            IntPtr error;
            engine = Native.lw_open(Bytes(source), out error);
            if (engine.IsInvalid)
                throw Taken(error);
        }

        /// <summary>Closes the engine when the last call with it is over.</summary>
        public void Dispose()
        {
            engine.Dispose();
        }

        /// <summary>Reads the source again; on an exception the old answers stay in force.</summary>
        public void Reload()
        {
            IntPtr error;
            if (Native.lw_reload(engine, out error) != (int)Status.Ok)
                throw Taken(error);
        }

        /// <summary>1 after opening, one more with every reload.</summary>
        public ulong Revision
        {
            get { return Native.lw_revision(engine); }
        }

        /// <summary>The party of a name or extension; 0 if there is none.</summary>
        public uint Find(string name)
        {
            return Native.lw_find(engine, null, Bytes(name));
        }

        /// <summary>The same in a domain.</summary>
        public uint Find(string domain, string name)
        {
            byte[] inDomain = Bytes(domain);
            return inDomain == null ? 0 : Native.lw_find(engine, inDomain, Bytes(name));
        }

        /// <summary>As Find, with an exception that names a similar known name.</summary>
        public uint Resolve(string name)
        {
            IntPtr error;
            uint party = Native.lw_resolve(engine, null, Bytes(name), out error);
            if (party == 0)
                throw Taken(error);
            return party;
        }

        public string Text(uint party)
        {
            return Owned(Native.lw_text(engine, party));
        }

        /// <summary>1 the first of a user's lines, 2 the second, 3 an additional one; 0 if the extension is none of them.</summary>
        public uint LineOf(uint party, string extension)
        {
            return Native.lw_line_of(engine, party, Bytes(extension));
        }

        public Kind KindOf(uint party)
        {
            return Native.lw_party_kind(engine, party);
        }

        public string DomainOf(uint party)
        {
            return Owned(Native.lw_party_domain(engine, party));
        }

        public bool May(uint actor, Right right, uint target)
        {
            return Native.lw_may(engine, actor, right, target);
        }

        public bool MayInCall(uint actor, Right right, uint target, Role role)
        {
            return Native.lw_may_in_call(engine, actor, right, target, role);
        }

        public bool MayNamed(string actor, string right, string target)
        {
            return Native.lw_may_named(engine, null, Bytes(actor), Bytes(right), Bytes(target));
        }

        public bool MayPickUp(uint actor, uint target, uint line)
        {
            return Native.lw_may_pick_up(engine, actor, target, line);
        }

        public bool MaySetForward(uint actor, uint target, uint line)
        {
            return Native.lw_may_set_forward(engine, actor, target, line);
        }

        public bool MayForwardTo(uint actor, uint owner, uint line, string digits)
        {
            return Native.lw_may_forward_to(engine, actor, owner, line, Bytes(digits));
        }

        public bool MayCall(uint actor, string digits)
        {
            return Native.lw_may_call(engine, actor, Bytes(digits));
        }

        public bool MayBypassForward(uint actor, uint target)
        {
            return Native.lw_may_bypass_forward(engine, actor, target);
        }

        public bool MaySeeBusy(uint actor, uint target)
        {
            return Native.lw_may_see_busy(engine, actor, target);
        }

        public bool MaySeeCaller(uint actor, uint target, uint line, Direction direction)
        {
            return Native.lw_may_see_caller(engine, actor, target, line, direction);
        }

        public bool MayLogIn(uint user, uint location)
        {
            return Native.lw_may_log_in(engine, user, location);
        }

        public Rights RightsOf(uint actor, uint target)
        {
            Rights rights;
            Native.lw_rights_of(engine, actor, target, out rights.Set);
            return rights;
        }

        /// <summary>One answer for each target, in their order.</summary>
        public bool[] MayEachTarget(uint actor, Right right, uint[] targets)
        {
            var answers = new byte[targets.Length];
            Native.lw_may_each_target(engine, actor, right, targets, (UIntPtr)(uint)targets.Length, answers);
            return Array.ConvertAll(answers, answer => answer == 1);
        }

        public bool[] MayEachActor(uint[] actors, Right right, uint target)
        {
            var answers = new byte[actors.Length];
            Native.lw_may_each_actor(engine, actors, (UIntPtr)(uint)actors.Length, right, target, answers);
            return Array.ConvertAll(answers, answer => answer == 1);
        }

        public uint[] Parties(string domain)
        {
            byte[] inDomain = Bytes(domain);
            return inDomain == null ? new uint[0] : List((found, room) => Native.lw_parties(engine, inDomain, found, room));
        }

        public uint[] Who(Right right, uint target)
        {
            return List((found, room) => Native.lw_who(engine, right, target, found, room));
        }

        public uint[] Whom(uint actor, Right right)
        {
            return List((found, room) => Native.lw_whom(engine, actor, right, found, room));
        }

        /// <summary>Every failure is a refusal with the reason Unknown.</summary>
        public Decision Decide(uint actor, Right right, uint target)
        {
            Native.Decision found;
            Native.lw_decide(engine, actor, right, target, out found);
            return new Decision
            {
                Allowed = found.Allowed == 1, Reason = found.Reason, Revision = found.Revision, Line = found.Line
            };
        }

        /// <summary>JSON; null if there is no such right.</summary>
        public string Explain(uint actor, Right right, uint target)
        {
            return Owned(Native.lw_explain(engine, actor, right, target));
        }

        public string Pair(uint actor, uint target)
        {
            return Owned(Native.lw_pair(engine, actor, target));
        }

        public string Lint()
        {
            return Owned(Native.lw_lint(engine));
        }

        /// <summary>The meaning of a dialled function code; an exception if it has none.</summary>
        public Dialled Dial(uint actor, string code)
        {
            Native.Dialled found;
            int status = Native.lw_dial(engine, actor, Bytes(code), out found);
            if (status != (int)Status.Ok)
                throw new LinewardenException(status, Utf8(Native.lw_status_text(status)));
            return new Dialled
            {
                Function = found.Function, Subject = found.Subject, Right = found.Right, Allowed = found.Allowed == 1,
                Digits = Encoding.UTF8.GetString(found.Digits, 0, Array.IndexOf<byte>(found.Digits, 0)),
                Line = found.Line
            };
        }

        public static Right RightByName(string name)
        {
            return Native.lw_right_by_name(Bytes(name));
        }

        public static string ReasonText(Reason reason)
        {
            return Utf8(Native.lw_reason_text(reason));
        }

        public static string Version
        {
            get { return Utf8(Native.lw_version()); }
        }

        delegate UIntPtr Fill(uint[] found, UIntPtr room);

        static uint[] List(Fill fill)
        {
            for (uint room = 64;;)
            {
                var found = new uint[room];
                uint count = (uint)fill(found, (UIntPtr)room);
                if (count <= room)
                {
                    Array.Resize(ref found, (int)count);
                    return found;
                }
                room = count;
            }
        }

        // null for an invalid text: a NUL would truncate it, an unpaired surrogate is no character.
        static byte[] Bytes(string text)
        {
            if (text == null || text.IndexOf('\0') >= 0)
                return null;
            try
            {
                return Strict.GetBytes(text + '\0');
            }
            catch (EncoderFallbackException)
            {
                return null;
            }
        }

        static string Utf8(IntPtr text)
        {
            if (text == IntPtr.Zero)
                return null;
            var bytes = new List<byte>();
            for (byte next; (next = Marshal.ReadByte(text, bytes.Count)) != 0;)
                bytes.Add(next);
            return Encoding.UTF8.GetString(bytes.ToArray());
        }

        static string Owned(IntPtr text)
        {
            try
            {
                return Utf8(text);
            }
            finally
            {
                Native.lw_string_free(text);
            }
        }

        static LinewardenException Taken(IntPtr error)
        {
            try
            {
                return new LinewardenException(Native.lw_error_code(error), Utf8(Native.lw_error_message(error)));
            }
            finally
            {
                Native.lw_error_free(error);
            }
        }
    }
}
