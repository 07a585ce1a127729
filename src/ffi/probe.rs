//! Test only, behind the feature `panic-probe`, which no shipped build has: a way for a C test to make the library panic.
#![allow(unsafe_code, reason = "C entry point")]

/// Makes the next guarded call of this thread panic inside. It is not in the header.
///
/// cbindgen:ignore
#[unsafe(no_mangle)]
pub extern "C" fn lw_test_panic() {
    super::guard::probe::set();
}
