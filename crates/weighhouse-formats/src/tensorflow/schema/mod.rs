//! The messages of TensorFlow 2.21 and of Keras, as their own descriptors give them.

mod graph;
mod saved;

use crate::protobuf::{Field, Message};

pub(super) use graph::{GRAPH, LIBRARY, NODE, OP_LIST};
pub(super) use saved::{
    BUNDLE_ENTRY, BUNDLE_HEADER, CHECKPOINT_STATE, FINGERPRINT, KERAS_OBJECT, META_GRAPH, META_INFO_DEF,
    SAVED_METADATA, SAVED_MODEL,
};

const fn message(name: &'static str, fields: &'static [Field]) -> Message {
    Message { name, fields }
}
