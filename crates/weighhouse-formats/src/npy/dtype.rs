//! What an array's `descr` means: bytes per element, and whether objects are in it.
//!
//! NumPy accepts far more spellings of a type than it writes (`object`, `i4,O`, `(2,)f8`). Only the written ones are
//! understood here; any other may hide an object and is treated as one.

use super::literal::Literal;

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dtype {
    /// Bytes per element; `None` if they do not fit or the type is not understood.
    pub size: Option<u64>,
    /// Whether an object is, or may be, in it.
    pub objects: bool,
    /// Whether it is one of the spellings that NumPy writes.
    pub understood: bool,
}

impl Dtype {
    const STRANGE: Self = Self { size: None, objects: true, understood: false };

    fn plain(size: u64) -> Self {
        Self { size: Some(size), objects: false, understood: true }
    }
}

/// Reads a `descr` entry. Nesting is bounded by the literal it comes from.
pub(super) fn of(descr: &Literal) -> Dtype {
    match descr {
        Literal::Text(code) => simple(code).unwrap_or(Dtype::STRANGE),
        Literal::List(fields) => fields.iter().map(field).fold(Dtype::plain(0), |all, field| Dtype {
            size: all.size.zip(field.size).and_then(|(all, size)| all.checked_add(size)),
            objects: all.objects || field.objects,
            understood: all.understood && field.understood,
        }),
        Literal::Tuple(parts) => match parts.as_slice() {
            [base, shape] => repeated(of(base), shape),
            _ => Dtype::STRANGE,
        },
        _ => Dtype::STRANGE,
    }
}

/// `(name, descr)` or `(name, descr, shape)`; the name may be `(title, name)`.
fn field(field: &Literal) -> Dtype {
    let Literal::Tuple(parts) = field else { return Dtype::STRANGE };
    let named = |name: &Literal| match name {
        Literal::Text(_) => true,
        Literal::Tuple(pair) => matches!(pair.as_slice(), [_, Literal::Text(_)]),
        _ => false,
    };
    match parts.as_slice() {
        [name, descr] if named(name) => of(descr),
        [name, descr, shape] if named(name) => repeated(of(descr), shape),
        _ => Dtype::STRANGE,
    }
}

fn repeated(base: Dtype, shape: &Literal) -> Dtype {
    let one;
    let sizes = match shape {
        Literal::Tuple(sizes) => sizes.as_slice(),
        Literal::Int(_) => {
            one = [shape.clone()];
            one.as_slice()
        }
        _ => return Dtype::STRANGE,
    };
    let times = elements(sizes);
    Dtype { size: base.size.zip(times).and_then(|(size, times)| size.checked_mul(times)), ..base }
}

/// The product of a shape; `None` if a part is no size, or it does not fit.
pub(super) fn elements(shape: &[Literal]) -> Option<u64> {
    shape.iter().try_fold(1_u64, |all, size| match size {
        Literal::Int(size) => all.checked_mul(u64::try_from(*size).ok()?),
        _ => None,
    })
}

/// `<f8`, `|S10`, `<U3`, `<M8[ns]`, `|O`.
fn simple(code: &str) -> Option<Dtype> {
    let unordered = code.strip_prefix(['<', '>', '|', '=']).unwrap_or(code);
    let mut rest = unordered.chars();
    let kind = rest.next()?;
    let (number, unit) = match rest.as_str().split_once('[') {
        Some((number, unit)) => (number, Some(unit.strip_suffix(']')?)),
        None => (rest.as_str(), None),
    };
    let known_unit = unit.is_none_or(|unit| matches!(kind, 'm' | 'M') && is_unit(unit));
    if !known_unit || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = number.parse::<u64>().ok();
    let plain = size.filter(|size| match kind {
        'b' => *size == 1,
        'i' | 'u' => matches!(size, 1 | 2 | 4 | 8),
        'f' => matches!(size, 2 | 4 | 8 | 12 | 16),
        'c' => matches!(size, 8 | 16 | 24 | 32),
        'm' | 'M' => *size == 8,
        'S' | 'a' | 'V' | 'U' => true,
        _ => false,
    });
    match (kind, plain) {
        ('O', _) => Some(Dtype { size, objects: true, understood: true }),
        ('?', _) if number.is_empty() => Some(Dtype::plain(1)),
        ('U', Some(size)) => Some(Dtype { size: size.checked_mul(4), ..Dtype::plain(0) }),
        (_, Some(size)) => Some(Dtype::plain(size)),
        _ => None,
    }
}

/// `ns`, `25us`, `M/3`: an optional count, a unit of time, an optional divisor.
fn is_unit(unit: &str) -> bool {
    const UNITS: &[&str] =
        &["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "generic"];
    let (unit, divisor) = unit.split_once('/').unwrap_or((unit, "1"));
    let name = unit.trim_start_matches(|character: char| character.is_ascii_digit());
    UNITS.contains(&name) && !divisor.is_empty() && divisor.bytes().all(|byte| byte.is_ascii_digit())
}
