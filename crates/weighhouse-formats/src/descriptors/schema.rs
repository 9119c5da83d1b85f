//! Messages of `google/protobuf/descriptor.proto`. Options are bytes here: whoever writes a protocol may add fields of their own to them.

use crate::protobuf::Kind::{Bytes, Int, Message as Of, Text};
use crate::protobuf::{Message, many, message, one};

pub(super) static FILE_DESCRIPTOR_SET: Message =
    message("FileDescriptorSet", &[many(1, "file", Of(&FILE_DESCRIPTOR))]);

static FILE_DESCRIPTOR: Message = message(
    "FileDescriptorProto",
    &[
        one(1, "name", Text),
        one(2, "package", Text),
        many(3, "dependency", Text),
        many(4, "message_type", Of(&DESCRIPTOR)),
        many(5, "enum_type", Of(&ENUM)),
        many(6, "service", Of(&SERVICE)),
        many(7, "extension", Of(&FIELD)),
        one(8, "options", Bytes),
        one(9, "source_code_info", Of(&SOURCE_CODE_INFO)),
        many(10, "public_dependency", Int),
        many(11, "weak_dependency", Int),
        one(12, "syntax", Text),
        one(14, "edition", Int),
        many(15, "option_dependency", Text),
    ],
);

static DESCRIPTOR: Message = message(
    "DescriptorProto",
    &[
        one(1, "name", Text),
        many(2, "field", Of(&FIELD)),
        many(3, "nested_type", Of(&DESCRIPTOR)),
        many(4, "enum_type", Of(&ENUM)),
        many(5, "extension_range", Of(&RANGE)),
        many(6, "extension", Of(&FIELD)),
        one(7, "options", Bytes),
        many(8, "oneof_decl", Of(&ONEOF)),
        many(9, "reserved_range", Of(&RANGE)),
        many(10, "reserved_name", Text),
        one(11, "visibility", Int),
    ],
);

static RANGE: Message =
    message("Range", &[one(1, "start", Int), one(2, "end", Int), one(3, "options", Bytes)]);

static ONEOF: Message = message("OneofDescriptorProto", &[one(1, "name", Text), one(2, "options", Bytes)]);

static FIELD: Message = message(
    "FieldDescriptorProto",
    &[
        one(1, "name", Text),
        one(2, "extendee", Text),
        one(3, "number", Int),
        one(4, "label", Int),
        one(5, "type", Int),
        one(6, "type_name", Text),
        one(7, "default_value", Text),
        one(8, "options", Bytes),
        one(9, "oneof_index", Int),
        one(10, "json_name", Text),
        one(17, "proto3_optional", Int),
    ],
);

static ENUM: Message = message(
    "EnumDescriptorProto",
    &[
        one(1, "name", Text),
        many(2, "value", Of(&ENUM_VALUE)),
        one(3, "options", Bytes),
        many(4, "reserved_range", Of(&RANGE)),
        many(5, "reserved_name", Text),
        one(6, "visibility", Int),
    ],
);

static ENUM_VALUE: Message = message(
    "EnumValueDescriptorProto",
    &[one(1, "name", Text), one(2, "number", Int), one(3, "options", Bytes)],
);

static SERVICE: Message = message(
    "ServiceDescriptorProto",
    &[one(1, "name", Text), many(2, "method", Of(&METHOD)), one(3, "options", Bytes)],
);

static METHOD: Message = message(
    "MethodDescriptorProto",
    &[
        one(1, "name", Text),
        one(2, "input_type", Text),
        one(3, "output_type", Text),
        one(4, "options", Bytes),
        one(5, "client_streaming", Int),
        one(6, "server_streaming", Int),
    ],
);

static SOURCE_CODE_INFO: Message = message("SourceCodeInfo", &[many(1, "location", Of(&LOCATION))]);

static LOCATION: Message = message(
    "Location",
    &[
        many(1, "path", Int),
        many(2, "span", Int),
        one(3, "leading_comments", Text),
        one(4, "trailing_comments", Text),
        many(6, "leading_detached_comments", Text),
    ],
);
