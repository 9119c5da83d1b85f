use std::collections::BTreeSet;

use weighhouse_core::Severity;
use weighhouse_formats::zarr::{Codec, ZarrFacts};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// An array is read through a codec that runs code, or that no known library brings.
    ///
    /// # What it detects
    ///
    /// Descriptions of zarr arrays, versions 2 and 3, single, consolidated or among references: the codec `pickle` anywhere among
    /// codecs, filters and what sharding holds (high); codecs and storage transformers of unknown name (medium).
    ///
    /// # Why it matters
    ///
    /// Zarr looks a codec up by its name and gives it every chunk. `pickle` of numcodecs unpickles them; an unknown name is looked
    /// up among the packages that are installed.
    ///
    /// # Example
    ///
    /// `"filters": [{"id": "pickle", "protocol": 5}]` in `.zarray`
    ///
    /// # What to do
    ///
    /// Do not open the array. Ask the maker to store texts by `vlen-utf8` and values by `json2` or `msgpack2`.
    ///
    /// # References
    ///
    /// - <https://numcodecs.readthedocs.io/en/stable/pickles.html>
    /// - <https://cwe.mitre.org/data/definitions/502.html>
    pub(crate) ArrayCodec {
        id: "WH-DAT-003",
        slug: "array-codec",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Json],
        cwe: [502],
        owasp: ["LLM03"],
        atlas: ["AML.T0010", "AML.T0011"],
    }
}

/// Codecs of zarr, numcodecs and tensorstore that give numbers and texts.
const KNOWN: &[&str] = &[
    "adler32",
    "astype",
    "base64",
    "bitround",
    "blosc",
    "bytes",
    "bz2",
    "cast_value",
    "categorize",
    "crc32",
    "crc32c",
    "delta",
    "endian",
    "fixedscaleoffset",
    "fletcher32",
    "gzip",
    "jenkins_lookup3",
    "json2",
    "lz4",
    "lzma",
    "msgpack2",
    "n5_wrapper",
    "packbits",
    "pcodec",
    "quantize",
    "scale_offset",
    "sharding_indexed",
    "shuffle",
    "transpose",
    "vlen-array",
    "vlen-bytes",
    "vlen-utf8",
    "zfpy",
    "zlib",
    "zstd",
];

impl Rule for ArrayCodec {
    fn zarr(&self, facts: &ZarrFacts, cx: &mut Context<'_>) {
        // A consolidated document says again what its arrays say; each codec of an array is told once.
        let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
        for array in &facts.arrays {
            for codec in &array.codecs {
                let Some((why, severity)) = judge(codec) else { continue };
                if !told.insert((&array.path, &codec.name)) {
                    continue;
                }
                let of = if array.path.is_empty() {
                    "the array".to_owned()
                } else {
                    format!("the array {}", quote(&array.path))
                };
                cx.report(format!("{of} is read through the {} {}, {why}", codec.role, quote(&codec.name)))
                    .severity(severity)
                    .at(codec.region)
                    .key(&codec.name)
                    .emit();
            }
        }
    }
}

fn judge(codec: &Codec) -> Option<(&'static str, Severity)> {
    if codec.unpickles() {
        return Some(("which unpickles every chunk", Severity::High));
    }
    let name = codec.name.strip_prefix("numcodecs.").unwrap_or(&codec.name);
    let known = KNOWN.contains(&name) && codec.role != "storage transformer";
    (!known).then_some(("which no known library brings", Severity::Medium))
}

crate::samples! {
    ArrayCodec,
    bad: {
        "a filter that unpickles" => [("x/.zarray", br#"{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O", "compressor": null, "fill_value": null, "order": "C", "filters": [{"id": "pickle", "protocol": 5}]}"#.to_vec())],
        "the same, collected" => [(".zmetadata", br#"{"zarr_consolidated_format": 1, "metadata": {"x/.zarray": {"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "|O", "filters": [{"id": "pickle"}]}}}"#.to_vec())],
        "version 3, within shards" => [("zarr.json", br#"{"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "int8", "codecs": [{"name": "sharding_indexed", "configuration": {"codecs": [{"name": "numcodecs.pickle"}]}}]}"#.to_vec())],
        "a codec of nobody" => [("zarr.json", br#"{"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "int8", "codecs": [{"name": "acme.run"}]}"#.to_vec())],
    },
    ok: {
        "an ordinary array" => [("x/.zarray", br#"{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<f4", "compressor": {"id": "blosc", "cname": "lz4", "clevel": 5}, "fill_value": 0.0, "order": "C", "filters": [{"id": "delta"}]}"#.to_vec())],
        "version 3" => [("zarr.json", br#"{"zarr_format": 3, "node_type": "array", "shape": [2], "data_type": "int8", "codecs": [{"name": "bytes"}, {"name": "zstd", "configuration": {"level": 0}}], "storage_transformers": []}"#.to_vec())],
    },
}
