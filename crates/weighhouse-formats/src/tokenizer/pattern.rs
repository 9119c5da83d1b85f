//! Regular expressions whose search can take exponential time: a repeated group of which an alternative is made of repetitions and
//! optional parts only, so that a text of one letter is divided among them in every possible way. What holds in between a part that
//! must be there is not counted.

/// An alternative of a group.
#[derive(Debug, Default, Clone, Copy)]
struct Alternative {
    /// Whether a part repeats without end.
    repeats: bool,
    /// Whether a part must be there and does not repeat.
    fixed: bool,
}

/// A group that is open.
#[derive(Debug, Default)]
struct Group {
    now: Alternative,
    /// Whether an alternative before is all repetitions.
    loose: bool,
}

impl Group {
    fn close(&mut self) -> bool {
        self.loose |= self.now.repeats && !self.now.fixed;
        self.now = Alternative::default();
        self.loose
    }
}

/// How often the part before is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    Once,
    /// Perhaps not at all.
    Optional,
    /// Without end.
    Endless,
    /// Without end, and never given back.
    Possessive,
}

/// Whether a search can explode.
pub(super) fn explodes(pattern: &str) -> bool {
    let mut rest = pattern;
    let mut groups = vec![Group::default()];
    while let Some(letter) = rest.chars().next() {
        let (after, loose) = match letter {
            '(' => {
                groups.push(Group::default());
                rest = opening(rest);
                continue;
            }
            ')' if groups.len() > 1 => {
                let loose = groups.pop().is_some_and(|mut group| group.close());
                (rest.get(1..).unwrap_or_default(), loose)
            }
            '|' => {
                if let Some(group) = groups.last_mut() {
                    group.close();
                }
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            '[' => (class(rest), false),
            '\\' => (escape(rest), false),
            // Places are no parts.
            '^' | '$' => {
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            letter => (rest.get(letter.len_utf8()..).unwrap_or_default(), false),
        };
        let (times, after) = times(after);
        if loose && times == Times::Endless {
            return true;
        }
        if let Some(group) = groups.last_mut() {
            group.now.repeats |= times == Times::Endless;
            // What is never given back parts a text in one way only.
            group.now.fixed |= matches!(times, Times::Once | Times::Possessive) && !loose;
            group.now.repeats |= loose && times == Times::Once;
        }
        rest = after;
    }
    false
}

/// Behind the opening of a group: `(?:`, `(?i:`, `(?<name>`, `(?=`.
fn opening(rest: &str) -> &str {
    let rest = rest.get(1..).unwrap_or_default();
    let Some(inside) = rest.strip_prefix('?') else { return rest };
    let end = inside.find([':', '=', '!', '>', ')']).unwrap_or(0);
    // Flags for the rest of the group close it at once.
    match inside.get(end..).and_then(|rest| rest.chars().next()) {
        Some(')') => inside.get(end..).unwrap_or_default(),
        Some(_) => inside.get(end.saturating_add(1)..).unwrap_or_default(),
        None => inside,
    }
}

/// Behind a class in brackets, which may hold others.
fn class(rest: &str) -> &str {
    let mut depth = 0_usize;
    let mut letters = rest.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '[' => depth = depth.saturating_add(1),
            ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return rest.get(at.saturating_add(1)..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    ""
}

/// Behind an escape: `\p{L}` is one.
fn escape(rest: &str) -> &str {
    let mut letters = rest.char_indices().skip(1);
    let Some((at, letter)) = letters.next() else { return "" };
    let after = rest.get(at.saturating_add(letter.len_utf8())..).unwrap_or_default();
    let braced = matches!(letter, 'p' | 'P' | 'x' | 'u') && after.starts_with('{');
    match after.find('}').filter(|_| braced) {
        Some(end) => after.get(end.saturating_add(1)..).unwrap_or_default(),
        None => after,
    }
}

/// How often, and what follows.
fn times(rest: &str) -> (Times, &str) {
    let (times, after) = match rest.chars().next() {
        Some('*' | '+') => (Times::Endless, rest.get(1..)),
        Some('?') => (Times::Optional, rest.get(1..)),
        Some('{') => {
            let Some((inside, after)) = rest.get(1..).and_then(|rest| rest.split_once('}')) else {
                return (Times::Once, rest);
            };
            let counted =
                inside.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') && !inside.is_empty();
            if !counted {
                return (Times::Once, rest);
            }
            let times = match inside.split_once(',') {
                Some((_, "")) => Times::Endless,
                Some(("" | "0", _)) => Times::Optional,
                _ => Times::Once,
            };
            (times, Some(after))
        }
        _ => return (Times::Once, rest),
    };
    let after = after.unwrap_or_default();
    match after.chars().next() {
        Some('+') if times == Times::Endless => (Times::Possessive, after.get(1..).unwrap_or_default()),
        // As few as possible: the ways to divide a text are as many.
        Some('?') => (times, after.get(1..).unwrap_or_default()),
        _ => (times, after),
    }
}
