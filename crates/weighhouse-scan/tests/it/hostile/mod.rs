//! One module per class of hostile input.

mod pickle;
