//! One module per class of hostile input.

#![expect(clippy::too_many_lines, reason = "tables of samples read best in one piece")]

mod containers;
mod pickle;
