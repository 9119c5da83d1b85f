//! Builders that assemble sample files, benign and hostile, byte by byte. For tests, samples of rules and fuzzing only.

pub mod caffe;
pub mod caffe2;
pub mod cntk;
pub mod compress;
pub mod coreml;
pub mod executorch;
pub mod flatbuffer;
pub mod gguf;
pub mod marshal;
pub mod msgpack;
pub mod npy;
pub mod onnx;
pub mod ort;
pub mod paddle;
pub mod pbtext;
pub mod pickle;
pub mod protobuf;
pub mod safetensors;
pub mod sevenz;
pub mod short;
pub mod tar;
pub mod tensorflow;
pub mod tflite;
pub mod tfrecord;
pub mod torch;
pub mod zip;
