//! What is read of each format, for the reader of the documentation: the parser beside this list is what does it.

use crate::format::Format;

impl Format {
    /// What is read, in a few words; nothing where the format is only recognised, which is a coverage gap.
    #[expect(clippy::too_many_lines, reason = "one arm per format")]
    pub fn reads(self) -> Option<&'static str> {
        Some(match self {
            Self::Pickle => {
                "all opcodes of protocols 0 to 5 by an abstract machine: globals, calls, arguments, literals"
            }
            Self::TorchZip => "pickles, storages and their layout, TorchScript sources and bytecode",
            Self::TorchLegacy => "header, pickles, storages",
            Self::TorchTar => "pickles, storages of the oldest form",
            Self::TorchScript => {
                "operators, native classes, loops without an end, allocations; besides, all that is read of Python"
            }
            Self::TorchBytecode => "operators of the mobile form; besides, all that is read of pickles",
            Self::Npy => "header, shape, type; arrays of objects as pickles",
            Self::Npz => "the arrays, as members of a zip archive",
            Self::Safetensors => "header, tensors and their layout, metadata",
            Self::Gguf => "header, metadata, tensors and their layout, chat templates",
            Self::Onnx => {
                "the whole message: graphs, functions, operators, attributes, tensors, external data, metadata"
            }
            Self::OrtModel => {
                "the whole flatbuffer: graphs, operators, what optimisations put in place, attributes, tensors, metadata"
            }
            Self::CoreMl => {
                "the whole message: kinds of models, layers, programs, weights, custom classes, linked files, metadata"
            }
            Self::CoreMlWeights => "header, records, values",
            Self::Tflite => {
                "the whole flatbuffer: graphs, operators and their options, tensors, buffers, metadata, signatures, appended files"
            }
            Self::Paddle => {
                "the whole message: blocks, operators and their attributes, variables; programs of the new form as JSON"
            }
            Self::PaddleParameters => "every tensor: levels of detail, type, shape, place of its numbers",
            Self::ExecuTorch => {
                "the whole flatbuffer: methods, operators, instructions, delegates, tensors and their memory; segments, data by name"
            }
            Self::Xnnpack => "the whole flatbuffer: nodes, values, data of constants",
            Self::Caffe => {
                "the whole message: layers of all three generations, their code and files, numbers against their shapes"
            }
            Self::CaffeSolver => "the whole message: networks, weights, where results are written",
            Self::Caffe2 => {
                "the whole message: operators, nets in arguments, files, pickled functions, tensors against their shapes"
            }
            Self::CntkV2 => {
                "all dictionaries: operations, functions of the user, arrays against their shapes"
            }
            Self::SentencePiece => "all pieces, how it was trained and normalises, self tests",
            Self::ProtoDescriptors => "the whole message: files, packages, texts",
            Self::SavedModel | Self::MetaGraph | Self::GraphDef => {
                "the whole message: graphs, functions, operators, what flows into names of files, assets, collections, objects"
            }
            Self::Checkpoint => "blocks and their checksums, entries, where the data of every tensor lies",
            Self::KerasMetadata => "the whole message; configurations of Keras",
            Self::Fingerprint => "the whole message",
            Self::CheckpointState => "the whole message: where the checkpoints of a training lie",
            Self::TritonConfig => {
                "the whole message: the programs that run the model, libraries, agents, files, environments"
            }
            Self::OpenVino => "layers, constants and their places, libraries and kernels, plugins, as XML",
            Self::Pmml => "functions, extensions, references, as XML",
            Self::Xml => "elements, attributes, document type, entities, instructions, stylesheets, classes",
            Self::TextProto => {
                "every field; graphs, models and settings that are known as the messages they are, all others as texts"
            }
            Self::TensorData => "data of tensors that a model beside it describes",
            Self::Zip => "local headers and central directory against each other, members",
            Self::Tar => "headers of all dialects, members, links, sparse files",
            Self::Gzip | Self::Zlib | Self::Bzip2 | Self::Xz | Self::Lzma | Self::Lz4 | Self::Zstd => {
                "the stream, its checksums, what it unpacks to"
            }
            Self::SevenZip => "headers, folders, filters, members",
            Self::Python => "the program: imports, calls and what reaches them, by abstract interpretation",
            Self::Notebook => "cells as programs, outputs as text",
            Self::Shell => "commands and their words",
            Self::Template => "the template: names, attributes, filters, calls, conditions, loops",
            Self::PathConfiguration => "lines that Python runs at start",
            Self::Json => {
                "values with their places, duplicate keys, names of code; arrays of zarr, references of kerchunk"
            }
            Self::Modelfile => "instructions of Ollama: base, adapters, template, prompts",
            Self::Yaml => "events, tags, aliases, names of code",
            Self::JsonLines => {
                "every document as JSON: names of code, templates; beyond half a million values by their keys"
            }
            Self::Csv => {
                "rows, names of columns, values that a spreadsheet takes for formulas: calls, links, files"
            }
            Self::Toml | Self::Markdown | Self::Html | Self::Text => {
                "text: secrets, hidden characters, commands, encoded payloads"
            }
            Self::Elf
            | Self::PortableExecutable
            | Self::MachO
            | Self::WebAssembly
            | Self::JavaClass
            | Self::PythonBytecode => "headers: what kind of program it is, and where it ends",
            Self::Shortcut => "what a desktop starts when it opens the file, and with which arguments",
            Self::Png | Self::Jpeg | Self::Gif | Self::Webp | Self::Audio | Self::Video | Self::Font => {
                "chunks and where they end"
            }
            Self::Hdf5 => {
                "all structures: groups, links and attributes in headers and heaps, every index of chunks, shared messages; texts and pickles in attributes and datasets, behind deflate, LZF, LZ4, bzip2 and zstd; files it leads to; configurations of Keras"
            }
            Self::Msgpack => {
                "all values, arrays of Flax and NumPy, what LangGraph calls, other extensions; bytes and texts as what they are"
            }
            Self::Arrow => "all messages and the footer: schema, types, metadata, extents of buffers",
            Self::Parquet => {
                "the footer: schema, metadata, extents of columns and indexes; the schema of Arrow in it"
            }
            Self::TfRecord => {
                "every record against its checksums; names and kinds of features; values that are programs or archives"
            }
            Self::Rds => {
                "all objects of versions 2 and 3 in every encoding: promises, functions, byte code, calls, references"
            }
            Self::Ubjson => "all values; models of XGBoost: attributes, names, trees as extents",
            Self::XgBoostBinary => "parameters, trees as extents, weights, attributes",
            Self::MxNetParams => "arrays of every kind of storage and their extents, names",
            Self::LightGbm => "every line: header, trees against their counts, parameters",
            Self::CatBoost => "version, information, names of features and parts",
            Self::GitObject => "objects of git",
            Self::GitConfig => "settings of git that run commands",
            Self::GitStore => "nothing: other revisions are no part of this one",
            Self::Empty => "nothing: there are no bytes",
            Self::Rar
            | Self::Pdf
            | Self::Avro
            | Self::Orc
            | Self::Lance
            | Self::Ocdbt
            | Self::Sqlite
            | Self::LfsPointer
            | Self::JavaObjects
            | Self::DotNetObjects
            | Self::RubyObjects
            | Self::PhpObjects
            | Self::LuaBytecode
            | Self::Torch7
            | Self::TensorRt
            | Self::Rknn
            | Self::Ncnn
            | Self::NcnnWeights
            | Self::Mnn
            | Self::AscendModel
            | Self::Iso9660
            | Self::SquashFs
            | Self::Cabinet
            | Self::ArArchive
            | Self::OleDocument
            | Self::Matlab
            | Self::Cntk
            | Self::GgmlLegacy
            | Self::FastText
            | Self::Faiss
            | Self::Lmdb
            | Self::Unknown => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::parser;

    #[test]
    fn what_is_said_to_be_read_has_a_parser() {
        // Nothing is there to be read, or something else reads it.
        let none = [Format::Empty, Format::GitStore, Format::TensorData];
        for format in Format::ALL.iter().filter(|format| !none.contains(format)) {
            assert_eq!(format.reads().is_some(), parser(*format).is_some(), "{format:?}");
        }
    }
}
