//! All streams of a file: one after another, with what libraries put between and behind them, and those behind damage.

use crate::bounded::{Budget, Exhausted};
use crate::format::Format;
use crate::node::{Facts, Fault, GapReason, Parsed};
use crate::region::{Claims, Region};
use crate::source::SharedSource;

use super::facts::{Ending, LegacyTorch, PickleFacts, Shape, Stream};
use super::joblib::Arrays;
use super::legacy;
use super::machine::{Halt, Machine};
use super::resync;
use super::scan;

/// Streams looked for behind damage or junk.
const MOST_RESUMED: u32 = 1000;

/// Reads a whole file with a window of `window` bytes.
pub(super) fn walk(source: &SharedSource, budget: &Budget, window: usize) -> Parsed {
    let mut walk = Walk {
        machine: Machine::new(source, budget, window),
        streams: Vec::new(),
        claims: Claims::new(),
        legacy: None,
        opcodes: 0,
        cut: false,
    };
    walk.run();
    walk.read_arrays_otherwise();
    walk.into_parsed()
}

struct Walk<'a> {
    machine: Machine<'a>,
    streams: Vec<Stream>,
    claims: Claims,
    legacy: Option<LegacyTorch>,
    opcodes: u64,
    cut: bool,
}

impl Walk<'_> {
    fn run(&mut self) {
        let end = self.machine.decoder.end();
        let mut next = Some(resync::Start { offset: 0, middle: false });
        let mut first = true;
        let mut resumed = 0;
        let mut search = resync::Search::default();
        while let Some(start) = next.take() {
            self.machine.begin(start.offset, start.middle);
            let halt = self.stream();
            let stopped = matches!(halt, Halt::Stop);
            self.note_halt(&halt, first);
            if matches!(halt, Halt::Limit(_) | Halt::Unreadable(_)) {
                return;
            }
            let mut position = self.machine.decoder.position().min(end);
            if !stopped {
                position = self.machine.at.max(start.offset.saturating_add(1)).min(end);
            }
            if stopped {
                position = self.legacy_step(position);
            }
            first &= stopped;
            if position >= end {
                return;
            }
            if stopped && self.begins_at(position) {
                next = Some(resync::Start { offset: position, middle: false });
            } else if resumed < MOST_RESUMED {
                resumed += 1;
                next = match search.find(self.machine.source.as_ref(), self.machine.budget, position) {
                    Ok(found) => found,
                    Err(limit) => {
                        let region = Region::new(position, end);
                        self.machine.gap(GapReason::Limit(limit), region, limit.to_string());
                        None
                    }
                };
            } else {
                let region = Region::new(position, end);
                let detail = "too many broken streams: the rest is not searched";
                self.machine.gap(GapReason::Limit(Exhausted::Facts), region, detail);
            }
        }
    }

    /// SECURITY: joblib reads the bytes behind its array wrapper as numbers, but a plain `pickle.load` runs the same bytes as
    /// opcodes, and a joblib from before padding goes on in the middle of them. What those loaders import is logged as well, and
    /// all that comes of it; numbers that happen to be other opcodes are numbers, and where a loader breaks is no fault.
    fn read_arrays_otherwise(&mut self) {
        if self.machine.raw_blocks.is_empty() {
            return;
        }
        for arrays in [Arrays::Unpadded, Arrays::Opcodes] {
            let before = self.machine.mark();
            self.machine.arrays = arrays;
            self.machine.begin(0, false);
            if let Err(limit) = self.run_on() {
                let rest = Region::new(self.machine.at, self.machine.decoder.end());
                return self.machine.gap(GapReason::Limit(limit), rest, limit.to_string());
            }
            self.machine.keep_what_imports(&before);
        }
    }

    /// Runs streams that follow each other immediately, until one breaks.
    fn run_on(&mut self) -> Result<(), Exhausted> {
        loop {
            let halt = self.machine.run();
            let position = self.machine.decoder.position();
            match (halt, self.machine.outer.take()) {
                (Halt::Stop, Some(outer)) => self.machine.state = *outer,
                (Halt::Stop, None) if position < self.machine.decoder.end() => {
                    self.machine.begin(position, false);
                }
                (Halt::Limit(limit), _) => return Err(limit),
                _ => return Ok(()),
            }
        }
    }

    /// Whether another stream follows immediately.
    fn begins_at(&self, position: u64) -> bool {
        let look = scan::look(self.machine.source.as_ref(), position, 10_000);
        look.declared && look.opcodes >= 2 || look.is_certain() || look.stop.is_some()
    }

    /// Runs one stream, and those nested in it; claims and records them.
    fn stream(&mut self) -> Halt {
        loop {
            let halt = self.machine.run();
            let nested = self.machine.outer.take();
            self.record(&halt);
            match nested {
                Some(outer) => {
                    self.machine.state = *outer;
                    if !matches!(halt, Halt::Stop) {
                        self.record(&Halt::Broken("the stream nested in it breaks".to_owned()));
                        return halt;
                    }
                }
                None => return halt,
            }
        }
    }

    fn record(&mut self, halt: &Halt) {
        let state = &self.machine.state;
        let position = self.machine.decoder.position();
        let end = match halt {
            Halt::Stop => position,
            Halt::Truncated => self.machine.decoder.end(),
            _ => self.machine.at,
        };
        let region = Region::new(state.start, end);
        self.opcodes = self.opcodes.saturating_add(state.opcodes);
        // A stream entered in the middle explains its bytes only if it makes sense to its end.
        if !state.stack.lenient || matches!(halt, Halt::Stop) {
            self.claims.claim(region);
        }
        if self.streams.len() >= self.machine.budget.limits().facts {
            self.cut = true;
            return;
        }
        let result = state.result.map_or(Shape::Unknown, |value| self.machine.shape(value));
        let ending: Ending = halt.ending();
        self.streams.push(Stream {
            region,
            protocol: state.protocol(),
            ending,
            opcodes: state.opcodes,
            result,
        });
    }

    /// Says once, of the first stream that breaks, what is damaged.
    fn note_halt(&mut self, halt: &Halt, reported: bool) {
        let end = self.machine.decoder.end();
        let rest = Region::new(self.machine.at.min(end), end);
        match halt {
            Halt::Truncated if reported => {
                self.machine.fault(Fault::Truncated, rest, "the stream ends without `STOP`");
                self.machine.gap(GapReason::Damaged, rest, "the stream ends without `STOP`");
            }
            Halt::Broken(detail) if reported => {
                let detail = format!("the stream breaks: {detail}");
                self.machine.fault(Fault::Malformed, Region::at(rest.start, 1), detail.clone());
                self.machine.gap(GapReason::Damaged, rest, detail);
            }
            Halt::Stop | Halt::Truncated | Halt::Broken(_) => {}
            Halt::Limit(limit) => self.machine.gap(GapReason::Limit(*limit), rest, limit.to_string()),
            Halt::Unreadable(detail) => self.machine.gap(GapReason::Unreadable, rest, detail.clone()),
        }
    }

    /// After a stream of a legacy PyTorch file: knows which comes next, and reads the storages behind the last.
    fn legacy_step(&mut self, position: u64) -> u64 {
        match (self.streams.len(), &mut self.legacy) {
            (1, None) => {
                let result = self.machine.state.result;
                let magic = result.and_then(|value| legacy::magic(self.machine.source.as_ref(), value));
                self.legacy = magic.map(|magic| LegacyTorch { magic, ..LegacyTorch::default() });
                position
            }
            (2, Some(legacy)) => {
                legacy.protocol_version = self.machine.state.result.and_then(super::value::Value::as_int);
                position
            }
            (4, Some(_)) => {
                self.machine.keys = Some(Vec::new());
                position
            }
            (5, Some(legacy)) => {
                let keys = self.machine.keys.take().unwrap_or_default();
                let end = legacy::storages(&mut self.machine, legacy, &keys, position);
                self.claims.claim(Region::new(position, end));
                end
            }
            _ => position,
        }
    }

    fn into_parsed(self) -> Parsed {
        let Self { machine, mut streams, claims, legacy, opcodes, cut } = self;
        let mut claims = claims;
        for block in &machine.raw_blocks {
            claims.claim(block.region);
        }
        streams.sort_by_key(|stream| stream.region.start);
        let (literals, children, gaps) = machine.finds.into_children();
        let format = if legacy.is_some() { Format::TorchLegacy } else { Format::Pickle };
        let cut = cut || machine.log.cut.any;
        let facts = PickleFacts {
            streams,
            globals: machine.log.globals,
            calls: machine.log.calls,
            overrides: machine.log.overrides,
            evaluated: machine.log.evaluated,
            made_keys: machine.log.made_keys,
            versions: machine.log.versions,
            unresolved: machine.log.unresolved,
            persistent: machine.log.persistent,
            extensions: machine.extensions,
            raw_blocks: machine.raw_blocks,
            literals,
            opcodes,
            legacy,
        };
        let mut parsed = Parsed::new(format, Facts::Pickle(Box::new(facts)), claims);
        parsed.reading.irregularities = machine.faults;
        parsed.gaps = machine.gaps;
        parsed.gaps.extend(gaps);
        if cut {
            parsed.gaps.push(Exhausted::Facts.into());
        }
        parsed.children = children;
        parsed
    }
}
