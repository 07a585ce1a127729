//! Where everything lies in an image and beside it: words, offsets, tables and their packing. It knows no product and no file.
#![forbid(unsafe_code)]

pub(in crate::image) mod control;
pub(in crate::image) mod domain;
pub(in crate::image) mod index;
pub(in crate::image) mod names;
pub(in crate::image) mod pairs;
pub(in crate::image) mod record;
