//! What quantising leaves: how far the numbers of a faithful copy are from those of its original.
//!
//! All limits are set from copies that ggml's own quantisers made of normal, heavy-tailed, uneven and real weights, with and without
//! importances (`bench/lineage --fidelity`; `docs/reference/lineage.md` has the table).

use weighhouse_formats::numbers::{Encoding, Packed};

/// Excess up to which a difference is rounding: an estimate from 256 buckets is right within a tenth, and quantisers that search
/// their scales leave a little more than half a step.
pub(super) const FAITHFUL: f64 = 1.5;

/// How far apart neighbouring values lie, in steps: the root mean square over values spread as weights are.
pub(super) fn spacing(packed: Packed) -> f64 {
    match packed {
        // Steps of 10 to 25, most values where they are small.
        Packed::Iq4Nl | Packed::Iq4Xs => 14.0,
        // Steps of 1, 2 and 4 on twice the value; weights without tails lie where they are large.
        Packed::Mxfp4 => 2.0,
        _ => 1.0,
    }
}

/// How many steps a number may be off what it encodes, beyond what rounding of scales leaves. Encodings that take the largest number
/// of a block as their scale are off by half a step. All others search their scales when they are given importances of columns, and
/// give up numbers that matter little: by 16 steps at the most in copies made with importances over four orders of magnitude.
pub(super) fn reach(encoding: Encoding) -> f64 {
    let Encoding::Packed(packed) = encoding else { return f64::INFINITY };
    match packed {
        Packed::Q8_0 | Packed::Q8K | Packed::Tq2_0 => 1.0,
        Packed::Mxfp4 => 6.0,
        other => 32.0 * spacing(other),
    }
}

/// Times that the largest direction of a difference may stand out of what rounding gives.
pub(super) const DIRECTION: f64 = 1.5;
