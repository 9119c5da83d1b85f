//! Hostile bytes to facts.
//!
//! This crate reads every format Weighhouse knows and judges nothing. The order of things:
//!
//! 1. [`source`]: random access to bytes, wherever they are; one pass feeds digest and parser alike.
//! 2. [`identify`]: the *set* of formats that content supports, whatever the name says.
//! 3. One module per format: bytes → [`node::Facts`], claimed [`region`]s, structural faults, gaps, children.
//! 4. [`inspect`]: the driver that runs the parsers, opens the children within one [`bounded::Budget`] and computes what
//!    nobody explained.
//!
//! Parsers never fail: they return what they saw before a break, and say where it broke. They never execute, import or
//! render anything, and never write but to an anonymous spool file.

#![deny(clippy::indexing_slicing)]

pub mod arrow;
pub mod boosting;
pub mod bounded;
#[cfg(any(test, feature = "testkit"))]
pub mod build;
pub mod bundle;
pub mod caffe;
pub mod caffe2;
pub mod cntk;
pub mod compress;
pub mod coreml;
mod crc32c;
pub mod cursor;
pub mod data;
pub mod descriptors;
mod draft;
mod encoding;
pub mod executable;
pub mod executorch;
mod flatbuffer;
pub mod format;
mod forms;
pub mod gguf;
pub mod git;
pub mod graph;
pub mod hdf5;
pub mod identify;
pub mod inspect;
pub mod jinja;
pub mod json;
pub mod manifests;
pub mod marshal;
pub mod media;
pub mod modelfile;
pub mod msgpack;
pub mod mxnet;
pub mod names;
pub mod node;
pub mod npy;
pub mod numbers;
pub mod objects;
pub mod onnx;
pub mod ort;
pub mod paddle;
pub mod parquet;
pub mod pbtext;
pub mod pickle;
mod protobuf;
pub mod python;
pub mod rds;
mod reads;
pub mod region;
pub mod safetensors;
pub mod sentencepiece;
pub mod sevenz;
pub mod shell;
pub mod source;
mod strings;
pub mod table;
pub mod tar;
pub mod tensorflow;
#[cfg(test)]
mod testing;
pub mod text;
mod texts;
pub mod tflite;
pub mod tfrecord;
pub mod tokenizer;
pub mod torch;
pub mod triton;
mod values;
pub mod xml;
pub mod yaml;
pub mod zarr;
pub mod zip;
