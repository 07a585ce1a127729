//! Changes.
#![forbid(unsafe_code)]
