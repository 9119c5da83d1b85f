//! One module per class of hostile input.

mod containers;
mod pickle;
