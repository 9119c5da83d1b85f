//! Messages of Caffe and of the forks that detect objects. Written by `tools/knowledge/protobuf_schema.py`.

mod part1;
mod part2;
mod solver;

pub(super) use part1::*;
pub(super) use part2::*;
pub(super) use solver::*;
