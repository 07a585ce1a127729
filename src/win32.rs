//! Calls of Windows that the standard library does not have: locks on single bytes, which file an open one is, who may write it.
//!
//! Locks of Windows are mandatory: a locked byte cannot be read or written by others. So they lie where no file has bytes.
#![allow(unsafe_code, reason = "the system's own interface")]

use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::io::AsRawHandle;
use std::path::Path;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{
    ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, ERROR_SUCCESS, GENERIC_ALL, GENERIC_WRITE, LocalFree,
};
use windows_sys::Win32::Security::Authorization::{GetNamedSecurityInfoW, SE_FILE_OBJECT};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, DACL_SECURITY_INFORMATION, GetAce, INHERIT_ONLY_ACE, IsWellKnownSid, PSID,
    WinAnonymousSid, WinWorldSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_APPEND_DATA, FILE_DELETE_CHILD, FILE_WRITE_DATA, GetFileInformationByHandle,
    LOCKFILE_EXCLUSIVE_LOCK, LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, UnlockFileEx, WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The byte that says that a process uses the file.
pub const USERS: u64 = 1 << 62;
/// The byte that the one writer of an image has locked.
pub const WRITER: u64 = USERS + 1;

/// Tries to lock a byte; false when others have it locked. A shared lock of a handle may come on top of its own exclusive one.
///
/// # Errors
/// When the system locks no files there.
pub fn lock(file: &File, at: u64, shared: bool) -> io::Result<bool> {
    let flags = LOCKFILE_FAIL_IMMEDIATELY | if shared { 0 } else { LOCKFILE_EXCLUSIVE_LOCK };
    let mut place = place(at);
    // SAFETY: an open handle, which does not overlap its work, and a structure that lives as long as the call.
    if unsafe { LockFileEx(file.as_raw_handle(), flags, 0, 1, 0, &mut place) } != 0 {
        return Ok(true);
    }
    let error = io::Error::last_os_error();
    let code = error.raw_os_error().unwrap_or_default().cast_unsigned();
    if [ERROR_LOCK_VIOLATION, ERROR_IO_PENDING].contains(&code) { Ok(false) } else { Err(error) }
}

/// Takes back one lock of this handle on a byte, an exclusive one first.
///
/// # Errors
/// When it has none.
pub fn unlock(file: &File, at: u64) -> io::Result<()> {
    let mut place = place(at);
    // SAFETY: as above.
    match unsafe { UnlockFileEx(file.as_raw_handle(), 0, 1, 0, &mut place) } {
        0 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

fn place(at: u64) -> OVERLAPPED {
    let mut place = OVERLAPPED::default();
    place.Anonymous.Anonymous.Offset = at as u32;
    place.Anonymous.Anonymous.OffsetHigh = (at >> 32) as u32;
    place
}

/// What the system says of an open file.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// The volume's number, and the file's on it.
    pub identity: (u64, u64),
    /// How many names it has.
    pub links: u32,
}

/// Which file it is.
///
/// # Errors
/// When the system does not say.
pub fn about(file: &File) -> io::Result<About> {
    let mut about = MaybeUninit::<BY_HANDLE_FILE_INFORMATION>::uninit();
    // SAFETY: an open handle; the structure is written by a call that succeeds, and read after that only.
    let about = unsafe {
        if GetFileInformationByHandle(file.as_raw_handle(), about.as_mut_ptr()) == 0 {
            return Err(io::Error::last_os_error());
        }
        about.assume_init()
    };
    let index = u64::from(about.nFileIndexHigh) << 32 | u64::from(about.nFileIndexLow);
    Ok(About { identity: (about.dwVolumeSerialNumber.into(), index), links: about.nNumberOfLinks })
}

/// Rights that let one change a file, or what a folder has.
const CHANGES: u32 =
    FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;

/// Entries of an access list that allow and have this form: with and without a condition.
const ALLOWING: [u8; 2] = [0, 9];

/// Whether the access list of a file or folder lets `Everyone` or the anonymous logon change it, or there is no list. An entry that denies is
/// not looked at.
///
/// # Errors
/// When the system does not say.
pub fn everyone_may_write(path: &Path) -> io::Result<bool> {
    let name: Vec<u16> = path.as_os_str().encode_wide().chain([0]).collect();
    let (mut list, mut descriptor): (*mut ACL, _) = (null_mut(), null_mut());
    // SAFETY: a name that ends in 0, and places for what is wanted. The list lies in the descriptor.
    let failed = unsafe {
        let what = DACL_SECURITY_INFORMATION;
        let (none, no_list) = (null_mut(), null_mut());
        GetNamedSecurityInfoW(name.as_ptr(), SE_FILE_OBJECT, what, none, none, &mut list, no_list, &mut descriptor)
    };
    if failed != ERROR_SUCCESS {
        return Err(io::Error::from_raw_os_error(failed.cast_signed()));
    }
    // SAFETY: the list of the call above, whose descriptor is freed after it.
    let open = unsafe { list.is_null() || (0..u32::from((*list).AceCount)).any(|at| opens(list, at)) };
    // SAFETY: the descriptor was allocated for this caller.
    unsafe { LocalFree(descriptor) };
    Ok(open)
}

/// Whether the entry at that place lets everyone change something.
///
/// # Safety
/// It is an access list.
unsafe fn opens(list: *const ACL, at: u32) -> bool {
    let mut entry = null_mut();
    // SAFETY: the caller's list. Every entry begins with a header, and those that allow go on as `ACCESS_ALLOWED_ACE` says: with the
    // rights and a SID, which ends within the entry.
    unsafe {
        if GetAce(list, at, &mut entry) == 0 {
            return true;
        }
        let header = entry.cast::<ACE_HEADER>().read_unaligned();
        if !ALLOWING.contains(&header.AceType) || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0 {
            return false;
        }
        let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
        let sid: PSID = (&raw mut (*entry).SidStart).cast();
        let rights = (&raw const (*entry).Mask).read_unaligned();
        rights & CHANGES != 0 && [WinWorldSid, WinAnonymousSid].into_iter().any(|who| IsWellKnownSid(sid, who) != 0)
    }
}
