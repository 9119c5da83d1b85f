//! Messages of coreml. Written by `tools/knowledge/protobuf_schema.py`.

mod part1;
mod part2;
mod part3;
mod part4;
mod part5;

pub(super) use part1::*;
pub(super) use part2::*;
pub(super) use part3::*;
pub(super) use part4::*;
pub(super) use part5::*;
