//! Survives a mapped file that was made shorter, or whose disk fails: the system sends SIGBUS to a thread that reads what is gone.
//!
//! Once [`survive`] was called, all mappings of that file become private pages: first those with a [`Gone`] of their own, then the
//! rest. So a reader that sees the zeros of the second sees afterwards what the first say. Nothing else may be done in a handler: it
//! runs in the middle of anything, and uses atomics and system calls only. It must never touch pages that are not of a noted mapping.
#![allow(unsafe_code, reason = "a signal handler, and the pages it replaces")]

use super::Gone;
use crate::error::{Error, ErrorKind, Result};
use std::mem::MaybeUninit;
use std::ptr::{NonNull, null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64, AtomicUsize, Ordering::SeqCst};

/// A mapping of a file. They are never freed, for a handler may be reading them, but used again.
#[derive(Debug)]
pub(super) struct Noted {
    is_used: AtomicBool,
    /// 0 while there is no such mapping.
    start: AtomicUsize,
    bytes: AtomicUsize,
    device: AtomicU64,
    inode: AtomicU64,
    zeros: AtomicUsize,
    number: AtomicU64,
    was_replaced: AtomicBool,
    next: AtomicPtr<Noted>,
}

static FIRST: AtomicPtr<Noted> = AtomicPtr::new(null_mut());
/// Handlers that are at work.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);

/// So often a mapping that is given up looks whether handlers are at work. A child that was forked meanwhile would wait for ever.
const LOOKS: u32 = 100_000;

fn all() -> impl Iterator<Item = &'static Noted> {
    // SAFETY: NULL, or a box that was leaked in `note`.
    let at = |place: &AtomicPtr<Noted>| unsafe { place.load(SeqCst).as_ref() };
    std::iter::successors(at(&FIRST), move |noted| at(&noted.next))
}

/// Notes a mapping of the file with that device and inode.
pub(super) fn note(start: NonNull<u8>, bytes: usize, (device, inode): (u64, u64), gone: Gone) -> &'static Noted {
    let is_mine = |noted: &&Noted| noted.is_used.compare_exchange(false, true, SeqCst, SeqCst).is_ok();
    let noted = all().find(is_mine).unwrap_or_else(|| {
        let new = Box::leak(Box::new(Noted {
            is_used: true.into(),
            start: 0.into(),
            bytes: 0.into(),
            device: 0.into(),
            inode: 0.into(),
            zeros: 0.into(),
            number: 0.into(),
            was_replaced: false.into(),
            next: AtomicPtr::default(),
        }));
        let place: *mut Noted = new;
        let mut first = FIRST.load(SeqCst);
        loop {
            new.next.store(first, SeqCst);
            match FIRST.compare_exchange(first, place, SeqCst, SeqCst) {
                Ok(_) => return new,
                Err(other) => first = other,
            }
        }
    });
    noted.bytes.store(bytes, SeqCst);
    noted.device.store(device, SeqCst);
    noted.inode.store(inode, SeqCst);
    noted.zeros.store(gone.zeros, SeqCst);
    noted.number.store(gone.number, SeqCst);
    noted.was_replaced.store(false, SeqCst);
    noted.start.store(start.addr().get(), SeqCst);
    noted
}

impl Noted {
    /// Discards the mapping. Whether its pages may be given back: not where they had a lock in them that was replaced, because the
    /// thread that held it may still have its address.
    pub(super) fn discard(&self) -> bool {
        self.start.store(0, SeqCst);
        let is_quiet = (0..LOOKS).any(|look| {
            if look > 0 {
                std::thread::yield_now();
            }
            AT_WORK.load(SeqCst) == 0
        });
        if !is_quiet {
            // It stays in use for good.
            return false;
        }
        let keep = self.was_replaced.load(SeqCst) && self.number.load(SeqCst) != 0;
        self.is_used.store(false, SeqCst);
        !keep
    }

    fn has(&self, address: usize) -> bool {
        let start = self.start.load(SeqCst);
        start != 0 && address.checked_sub(start).is_some_and(|offset| offset < self.bytes.load(SeqCst))
    }

    fn is_of(&self, file: (u64, u64)) -> bool {
        self.start.load(SeqCst) != 0 && (self.device.load(SeqCst), self.inode.load(SeqCst)) == file
    }

    /// Puts private pages in the mapping's place, in one step.
    fn replace(&self) -> bool {
        let (start, bytes) = (self.start.load(SeqCst), self.bytes.load(SeqCst));
        let (zeros, number) = (self.zeros.load(SeqCst), self.number.load(SeqCst));
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: new pages at an address of the kernel's choice touch no memory of ours; they are written within their bounds, and
        // then moved over a mapping that `discard` cannot give back while a handler is at work.
        unsafe {
            let pages = libc::mmap(null_mut(), bytes, protection, flags, -1, 0);
            if pages == libc::MAP_FAILED {
                return false;
            }
            if number != 0 {
                let words = pages.cast::<u64>();
                (zeros..bytes / size_of::<u64>()).for_each(|at| words.add(at).write_volatile(number));
            }
            let how = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
            if libc::mremap(pages, bytes, bytes, how, start as *mut libc::c_void) == libc::MAP_FAILED {
                libc::munmap(pages, bytes);
                return false;
            }
        }
        self.was_replaced.store(true, SeqCst);
        true
    }
}

/// Replaces all mappings of the file that `address` is mapped from. False when there is none, or the system has no memory.
fn give_up(address: usize) -> bool {
    let Some(hit) = all().find(|noted| noted.has(address)) else { return false };
    let file = (hit.device.load(SeqCst), hit.inode.load(SeqCst));
    [true, false].into_iter().all(|first| {
        let turn = |noted: &&Noted| noted.is_of(file) && (noted.number.load(SeqCst) != 0) == first;
        all().filter(turn).all(Noted::replace)
    })
}

/// What was done at SIGBUS before: the handler's address and its flags.
static BEFORE: (AtomicUsize, AtomicI32) = (AtomicUsize::new(libc::SIG_DFL), AtomicI32::new(0));
static IS_INSTALLED: AtomicBool = AtomicBool::new(false);

/// From here on this process survives when a file that it has mapped is made shorter. Other causes of SIGBUS go to the handler that
/// there was. Calling it again changes nothing.
///
/// # Errors
/// `Internal` when the system refuses.
pub fn survive() -> Result<()> {
    if IS_INSTALLED.swap(true, SeqCst) {
        return Ok(());
    }
    // SAFETY: zeroed actions are actions; the handler has the three parameters that SA_SIGINFO gives it.
    let done = unsafe {
        let mut before = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        let mut ours = before;
        let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = on_bus_error;
        ours.sa_sigaction = handler as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        // It must be known before the handler can run.
        libc::sigaction(libc::SIGBUS, null(), &mut before) == 0 && {
            BEFORE.0.store(before.sa_sigaction, SeqCst);
            BEFORE.1.store(before.sa_flags, SeqCst);
            libc::sigaction(libc::SIGBUS, &ours, null_mut()) == 0
        }
    };
    if done {
        return Ok(());
    }
    IS_INSTALLED.store(false, SeqCst);
    Err(Error::new(ErrorKind::Internal, "the system takes no handler for SIGBUS"))
}

extern "C" fn on_bus_error(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel gives a valid `info`; the thread's own errno.
    unsafe {
        let errno = *libc::__errno_location();
        // A signal that another process has sent has no address.
        let is_fault = (*info).si_code == libc::BUS_ADRERR;
        AT_WORK.fetch_add(1, SeqCst);
        let is_done = is_fault && give_up((*info).si_addr().addr());
        AT_WORK.fetch_sub(1, SeqCst);
        *libc::__errno_location() = errno;
        if !is_done {
            hand_on(signal, info, context);
        }
    }
}

/// What would have happened without this handler.
///
/// # Safety
/// The parameters are those that the system has given to the handler.
unsafe fn hand_on(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let (handler, flags) = (BEFORE.0.load(SeqCst), BEFORE.1.load(SeqCst));
    // SAFETY: an address that the program has given to `sigaction`, called as its flags say; a fault comes again on return.
    unsafe {
        let was_sent = (*info).si_code <= 0;
        match handler {
            libc::SIG_IGN if was_sent => {}
            libc::SIG_DFL | libc::SIG_IGN => {
                libc::signal(signal, libc::SIG_DFL);
                if was_sent {
                    libc::raise(signal);
                }
            }
            _ if flags & libc::SA_SIGINFO != 0 => {
                let handler: extern "C" fn(i32, *mut libc::siginfo_t, *mut libc::c_void) = std::mem::transmute(handler);
                handler(signal, info, context);
            }
            _ => {
                let handler: extern "C" fn(i32) = std::mem::transmute(handler);
                handler(signal);
            }
        }
    }
}
