//! Where operators take the names of files and the addresses they open: as an input or as an attribute.

/// What an operator does with a name that it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    /// Which of its inputs, control inputs aside.
    pub(super) input: usize,
    /// What the name is for.
    pub(super) purpose: &'static str,
    pub(super) written: bool,
    /// Whether every saver of a model has this operator: what is fed to it is none of the model's choosing.
    pub(super) saver: bool,
}

const fn reads(input: usize, purpose: &'static str) -> Use {
    Use { input, purpose, written: false, saver: false }
}

const fn writes(input: usize, purpose: &'static str) -> Use {
    Use { input, purpose, written: true, saver: false }
}

const fn saver(input: usize, written: bool) -> Use {
    Use { input, purpose: "checkpoint", written, saver: true }
}

/// The inputs of an operator that are names.
pub(super) fn inputs(op: &str) -> &'static [Use] {
    match op {
        "SaveV2" | "Save" | "SaveSlices" => const { &[saver(0, true)] },
        "MergeV2Checkpoints" => const { &[saver(0, true), saver(1, true)] },
        "RestoreV2" | "Restore" | "RestoreSlice" | "DTensorRestoreV2" => const { &[saver(0, false)] },
        "LoadAndRemapMatrix" => const { &[reads(0, "checkpoint")] },
        "ReadFile" => const { &[reads(0, "file")] },
        "WriteFile" => const { &[writes(0, "file")] },
        "MatchingFiles" | "MatchingFilesDataset" | "ExperimentalMatchingFilesDataset" => {
            const { &[reads(0, "pattern of files")] }
        }
        "InitializeTableFromTextFile" | "InitializeTableFromTextFileV2" => {
            const { &[reads(1, "vocabulary")] }
        }
        "GenerateVocabRemapping" => const { &[reads(0, "vocabulary"), reads(1, "vocabulary")] },
        "TextLineDataset"
        | "TFRecordDataset"
        | "TFRecordDatasetV2"
        | "FixedLengthRecordDataset"
        | "FixedLengthRecordDatasetV2"
        | "CSVDataset"
        | "CSVDatasetV2"
        | "ExperimentalCSVDataset"
        | "LMDBDataset"
        | "ExperimentalLMDBDataset"
        | "LoadDataset"
        | "ListSnapshotChunksDataset"
        | "SnapshotChunkDataset"
        | "SnapshotDatasetReader" => const { &[reads(0, "data set")] },
        "SqlDataset" | "ExperimentalSqlDataset" => const { &[reads(1, "data base")] },
        "CacheDataset" | "CacheDatasetV2" => const { &[writes(1, "cache")] },
        "SnapshotDataset"
        | "SnapshotDatasetV2"
        | "SaveDataset"
        | "SaveDatasetV2"
        | "DatasetToTFRecord"
        | "ExperimentalDatasetToTFRecord" => const { &[writes(1, "data set")] },
        "DistributedSave" => const { &[writes(1, "data set"), reads(2, "address")] },
        "DataServiceDataset" | "DataServiceDatasetV2" | "DataServiceDatasetV3" | "DataServiceDatasetV4" => {
            const { &[reads(2, "address")] }
        }
        "RegisterDataset" | "RegisterDatasetV2" => const { &[reads(1, "address")] },
        "CreateSummaryFileWriter" => const { &[writes(1, "log")] },
        "CreateSummaryDbWriter" => const { &[writes(1, "data base")] },
        "RpcClient" | "RpcServer" => const { &[reads(0, "address")] },
        _ => &[],
    }
}

/// The name in an attribute of an operator, if this attribute is one: what it is for, whether it is written, and the name.
pub(super) fn attribute<'a>(op: &str, key: &str, value: &'a str) -> Option<(&'static str, bool, &'a str)> {
    match (op, key) {
        ("PrintV2", "output_stream") => value.starts_with("file:").then_some(("log", true, value)),
        ("ImmutableConst", "memory_region_name") => {
            // Part of the package that holds the graph itself.
            (!value.starts_with("memmapped_package://")).then_some(("memory region", false, value))
        }
        (_, "debug_urls") => Some(("debugger", true, value)),
        ("Copy" | "CopyHost", "debug_ops_spec") => {
            value.split_once(';').map(|(_, url)| ("debugger", true, url)).filter(|(.., url)| !url.is_empty())
        }
        ("DumpTensor", "log_dir_path") => Some(("log", true, value)),
        ("CalibrationStatisticsSaver", "output_file_path") => Some(("statistics", true, value)),
        ("DecodeProtoV2" | "EncodeProto", "descriptor_source") => {
            let held = value.is_empty() || value.starts_with("local://") || value.starts_with("bytes://");
            (!held).then_some(("description of messages", false, value))
        }
        _ => None,
    }
}

/// Whether an operator hands on or makes texts without an attribute that says so.
pub(super) fn handles_texts(op: &str) -> bool {
    op.contains("String")
        || op.contains("Dataset")
        || op.contains("Regex")
        || op.contains("Iterator")
        || matches!(
            op,
            "ShardedFilename"
                | "ShardedFilespec"
                | "AsString"
                | "Substr"
                | "DecodeBase64"
                | "EncodeBase64"
                | "ReduceJoin"
                | "DecodeCompressed"
                | "Placeholder"
                | "PlaceholderV2"
                | "PlaceholderWithDefault"
                | "_Arg"
                | "ReadFile"
                | "MatchingFiles"
        )
}

/// Whether the value of an operator comes from whoever runs the graph.
pub(super) fn is_fed(op: &str) -> bool {
    matches!(op, "Placeholder" | "PlaceholderV2" | "PlaceholderWithDefault" | "_Arg")
}

/// Whether a text, as a path or as its beginning, leads to a place of its own choosing.
pub(super) fn fixes_a_place(text: &str) -> bool {
    let drive = text.as_bytes().get(1) == Some(&b':') && text.starts_with(|c: char| c.is_ascii_alphabetic());
    text.starts_with(['/', '\\', '~'])
        || drive
        || text.contains("://")
        || text.split(['/', '\\']).any(|part| part == "..")
}
