//! The closed list of formats that content can be identified as.

/// A format. The list is closed: what is not on it is [`Format::Unknown`], and unknown is a coverage gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the variants are the names of the formats")]
pub enum Format {
    // Pickle and what is built on it
    Pickle,
    TorchZip,
    TorchLegacy,
    TorchTar,
    TorchScript,
    TorchBytecode,
    // Tensors
    Npy,
    Npz,
    Safetensors,
    Gguf,
    Onnx,
    OrtModel,
    CoreMl,
    CoreMlWeights,
    Tflite,
    Paddle,
    PaddleParameters,
    ExecuTorch,
    Xnnpack,
    Caffe,
    CaffeSolver,
    Caffe2,
    CntkV2,
    SentencePiece,
    ProtoDescriptors,
    SavedModel,
    MetaGraph,
    GraphDef,
    KerasMetadata,
    Fingerprint,
    Checkpoint,
    CheckpointState,
    TritonConfig,
    OpenVino,
    Pmml,
    MxNetParams,
    TensorData,
    // Containers
    Zip,
    Tar,
    Gzip,
    Zlib,
    Bzip2,
    Xz,
    Lzma,
    Lz4,
    Zstd,
    SevenZip,
    Rar,
    // Code and text
    Python,
    Notebook,
    Shell,
    Template,
    PathConfiguration,
    Json,
    JsonLines,
    Yaml,
    Modelfile,
    Toml,
    Xml,
    TextProto,
    Csv,
    Markdown,
    Html,
    Text,
    // Executables
    Elf,
    PortableExecutable,
    MachO,
    WebAssembly,
    JavaClass,
    PythonBytecode,
    Shortcut,
    // Media
    Png,
    Jpeg,
    Gif,
    Webp,
    Pdf,
    Audio,
    Video,
    Font,
    // Recognised, not read yet: identified and declared not inspected
    Hdf5,
    Parquet,
    Arrow,
    TfRecord,
    Avro,
    Orc,
    Lance,
    Ocdbt,
    Sqlite,
    Msgpack,
    Rds,
    LfsPointer,
    JavaObjects,
    DotNetObjects,
    RubyObjects,
    PhpObjects,
    LuaBytecode,
    Torch7,
    TensorRt,
    Rknn,
    Ncnn,
    NcnnWeights,
    Mnn,
    AscendModel,
    Iso9660,
    SquashFs,
    Cabinet,
    ArArchive,
    OleDocument,
    Matlab,
    Cntk,
    GgmlLegacy,
    FastText,
    Faiss,
    Lmdb,
    // Gradient boosting
    Ubjson,
    XgBoostBinary,
    LightGbm,
    CatBoost,
    // What git keeps
    GitObject,
    GitStore,
    GitConfig,
    // Nothing
    Empty,
    Unknown,
}

/// What a format is, for the reader of a report and for the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Loading it runs code that the file chooses.
    Executable,
    /// Source text that is code or becomes code.
    Code,
    /// Tensors or data only, by design.
    Data,
    /// Holds other files.
    Container,
    /// Text without executable meaning.
    Text,
    /// Pictures, sound, documents.
    Media,
    /// Identified, but no parser reads it: never clean.
    Opaque,
}

macro_rules! formats {
    ($($variant:ident => $name:literal, $family:ident, [$($extension:literal),*];)*) => {
        impl Format {
            /// Every format, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable name used in reports.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What kind of thing it is.
            pub fn family(self) -> Family {
                match self { $(Self::$variant => Family::$family),* }
            }

            /// File name endings, lower case, that announce it. Evidence only: content decides.
            pub fn extensions(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($extension),*]),* }
            }
        }
    };
}

formats! {
    Pickle => "pickle", Executable, ["pkl", "pickle", "p", "joblib", "dill", "cloudpickle", "model", "pyd", "pdparams", "pdopt"];
    TorchZip => "torch-zip", Executable, ["pt", "pth", "bin", "ckpt", "ptl"];
    TorchLegacy => "torch-legacy", Executable, ["pt", "pth", "bin", "ckpt"];
    TorchTar => "torch-tar", Executable, ["pt", "pth", "bin", "ckpt"];
    TorchScript => "torchscript", Code, [];
    TorchBytecode => "torch-bytecode", Executable, [];
    Npy => "npy", Data, ["npy"];
    Npz => "npz", Container, ["npz"];
    Safetensors => "safetensors", Data, ["safetensors"];
    Gguf => "gguf", Data, ["gguf"];
    Onnx => "onnx", Data, ["onnx"];
    OrtModel => "ort", Data, ["ort"];
    CoreMl => "coreml", Data, ["mlmodel"];
    CoreMlWeights => "coreml-weights", Data, ["bin"];
    Tflite => "tflite", Data, ["tflite", "lite"];
    Paddle => "paddle", Data, ["pdmodel"];
    PaddleParameters => "paddle-parameters", Data, ["pdiparams"];
    ExecuTorch => "executorch", Data, ["pte", "ptd", "bpte"];
    Xnnpack => "xnnpack", Data, [];
    Caffe => "caffe", Data, ["caffemodel"];
    CaffeSolver => "caffe-solver", Data, [];
    Caffe2 => "caffe2", Data, ["pb"];
    CntkV2 => "cntk-v2", Data, ["model", "dnn", "cmf"];
    SentencePiece => "sentencepiece", Data, ["model", "spm"];
    ProtoDescriptors => "protobuf-descriptors", Data, ["pb", "desc", "bin"];
    SavedModel => "saved-model", Data, ["pb"];
    MetaGraph => "meta-graph", Data, ["meta"];
    GraphDef => "graph-def", Data, ["pb"];
    KerasMetadata => "keras-metadata", Data, ["pb"];
    Fingerprint => "saved-model-fingerprint", Data, ["pb"];
    Checkpoint => "checkpoint-index", Data, ["index", "ckpt"];
    CheckpointState => "checkpoint-state", Data, [];
    TritonConfig => "triton-config", Data, [];
    OpenVino => "openvino", Text, ["xml"];
    Pmml => "pmml", Text, ["pmml", "xml"];
    TensorData => "tensor-data", Data, [];
    Zip => "zip", Container, ["zip", "whl", "jar", "mar", "keras", "egg"];
    Tar => "tar", Container, ["tar", "nemo"];
    Gzip => "gzip", Container, ["gz", "tgz"];
    Zlib => "zlib", Container, ["z", "zlib"];
    Bzip2 => "bzip2", Container, ["bz2", "tbz2"];
    Xz => "xz", Container, ["xz", "txz"];
    Lzma => "lzma", Container, ["lzma"];
    Lz4 => "lz4", Container, ["lz4"];
    Zstd => "zstd", Container, ["zst", "zstd"];
    SevenZip => "7z", Container, ["7z"];
    Rar => "rar", Opaque, ["rar"];
    Python => "python", Code, ["py", "pyw", "pyi"];
    Notebook => "notebook", Code, ["ipynb"];
    Shell => "shell", Code, ["sh", "bash", "zsh", "bat", "cmd", "ps1"];
    Template => "template", Code, ["jinja", "jinja2", "j2"];
    PathConfiguration => "pth", Code, ["pth"];
    Json => "json", Text, ["json"];
    JsonLines => "jsonl", Text, ["jsonl", "ndjson"];
    Yaml => "yaml", Text, ["yaml", "yml"];
    Modelfile => "modelfile", Text, ["modelfile"];
    Toml => "toml", Text, ["toml"];
    Xml => "xml", Text, ["xml", "pmml", "svg", "xsl", "xslt"];
    TextProto => "text-proto", Text, ["pbtxt", "prototxt", "pbtext", "textproto", "textpb", "txtpb", "prototext", "onnxtxt"];
    Csv => "csv", Text, ["csv", "tsv", "tab", "psv"];
    Markdown => "markdown", Text, ["md", "markdown"];
    Html => "html", Text, ["html", "htm"];
    Text => "text", Text, ["txt", "text", "rst", "cfg", "ini", "license", "model", "vocab", "merges"];
    Elf => "elf", Executable, ["so", "elf", "o"];
    PortableExecutable => "pe", Executable, ["exe", "dll", "pyd", "sys"];
    MachO => "mach-o", Executable, ["dylib"];
    WebAssembly => "wasm", Executable, ["wasm"];
    JavaClass => "java-class", Executable, ["class"];
    PythonBytecode => "python-bytecode", Executable, ["pyc", "pyo"];
    Shortcut => "shortcut", Executable, ["lnk"];
    Png => "png", Media, ["png"];
    Jpeg => "jpeg", Media, ["jpg", "jpeg"];
    Gif => "gif", Media, ["gif"];
    Webp => "webp", Media, ["webp"];
    Pdf => "pdf", Opaque, ["pdf"];
    Audio => "audio", Media, ["wav", "mp3", "flac", "ogg"];
    Video => "video", Media, ["mp4", "webm", "avi", "mov"];
    Font => "font", Media, ["ttf", "otf", "woff", "woff2"];
    Hdf5 => "hdf5", Data, ["h5", "hdf5", "keras"];
    Parquet => "parquet", Data, ["parquet"];
    Arrow => "arrow", Data, ["arrow", "feather", "arrows"];
    TfRecord => "tfrecord", Data, ["tfrecord", "tfrecords", "tfrec"];
    Avro => "avro", Opaque, ["avro"];
    Orc => "orc", Opaque, ["orc"];
    Lance => "lance", Opaque, ["lance"];
    Ocdbt => "ocdbt", Opaque, ["ocdbt"];
    Sqlite => "sqlite", Opaque, ["db", "sqlite", "sqlite3"];
    Msgpack => "msgpack", Data, ["msgpack", "mpk", "mp", "flax"];
    Rds => "rds", Data, ["rds", "rdata", "rda"];
    LfsPointer => "git-lfs-pointer", Opaque, [];
    JavaObjects => "java-objects", Executable, ["ser"];
    DotNetObjects => "dotnet-objects", Executable, [];
    RubyObjects => "ruby-objects", Executable, ["marshal"];
    PhpObjects => "php-objects", Executable, [];
    LuaBytecode => "lua-bytecode", Executable, ["luac", "ljbc"];
    Torch7 => "torch7", Executable, ["t7"];
    TensorRt => "tensorrt", Executable, ["trt"];
    Rknn => "rknn", Executable, ["rknn"];
    Ncnn => "ncnn", Opaque, [];
    NcnnWeights => "ncnn-weights", Opaque, [];
    Mnn => "mnn", Opaque, ["mnn"];
    AscendModel => "ascend-om", Executable, [];
    Iso9660 => "iso-9660", Opaque, ["iso"];
    SquashFs => "squashfs", Opaque, ["squashfs", "sqfs"];
    Cabinet => "cabinet", Opaque, ["cab"];
    ArArchive => "ar", Opaque, ["deb"];
    OleDocument => "ole", Opaque, [];
    Matlab => "matlab", Opaque, [];
    Cntk => "cntk", Opaque, ["cntk", "dnn"];
    GgmlLegacy => "ggml-legacy", Opaque, [];
    FastText => "fasttext", Opaque, [];
    Faiss => "faiss", Opaque, ["faiss"];
    Lmdb => "lmdb", Opaque, ["mdb"];
    MxNetParams => "mxnet-params", Data, ["params", "nd"];
    Ubjson => "ubjson", Data, ["ubj"];
    XgBoostBinary => "xgboost-binary", Data, ["model", "bin", "xgb"];
    LightGbm => "lightgbm", Text, ["lgb"];
    CatBoost => "catboost", Data, ["cbm"];
    GitObject => "git-object", Data, [];
    GitStore => "git-store", Data, [];
    GitConfig => "git-config", Text, [];
    Empty => "empty", Data, [];
    Unknown => "unknown", Opaque, [];
}

impl Format {
    /// The format that this one is a use of: a PyTorch checkpoint is a zip archive, a notebook is JSON. Itself otherwise.
    #[must_use]
    pub fn base(self) -> Self {
        match self {
            Self::TorchZip | Self::Npz => Self::Zip,
            Self::TorchTar => Self::Tar,
            Self::TorchLegacy | Self::TorchBytecode => Self::Pickle,
            Self::TorchScript => Self::Python,
            Self::Notebook => Self::Json,
            Self::OpenVino | Self::Pmml => Self::Xml,
            other => other,
        }
    }

    /// The formats that a file name announces, by its last ending; empty if the ending says nothing.
    pub fn announced_by(name: &str) -> Vec<Self> {
        let Some((stem, extension)) = name.rsplit_once('.') else { return Vec::new() };
        let extension = extension.to_ascii_lowercase();
        // PyTorch's examples call every checkpoint `.pth.tar`, from the time when it was a tar.
        if extension == "tar"
            && let Some((_, inner)) = stem.rsplit_once('.')
            && matches!(inner.to_ascii_lowercase().as_str(), "pth" | "pt" | "ckpt")
        {
            return [Self::announced_by(stem), vec![Self::Tar]].concat();
        }
        Self::ALL.iter().copied().filter(|format| format.extensions().contains(&extension.as_str())).collect()
    }
}
