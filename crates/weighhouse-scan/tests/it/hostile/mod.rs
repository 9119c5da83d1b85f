//! One module per class of hostile input.

#![expect(clippy::too_many_lines, reason = "tables of samples read best in one piece")]

mod attributes;
mod broken;
mod bundles;
mod caffe;
pub(crate) mod containers;
mod coreml;
mod data;
mod executorch;
mod mxnet;
mod names;
mod nested;
mod objects;
mod onnx;
mod ort;
mod paddle;
mod pbtext;
mod pickle;
mod polyglots;
mod programs;
mod r;
mod repository;
mod resources;
mod sentencepiece;
mod stepping_stones;
mod tables;
mod tensorflow;
mod tensors;
mod tflite;
mod tokenizers;
mod torch;
mod xml;
