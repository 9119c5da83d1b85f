//! What a model or data set says of itself, as clients of a Hub ask for it: its task, its library, its tags, the front matter of its card.
//!
//! All of it is words of its makers. Repeated is what has a name and a form that clients know, of bounded size; nothing here is believed, and
//! no decision rests on it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use weighhouse_core::printable::printable;
use weighhouse_supply::cards::{Front, Words};

use crate::name::Kind;

/// Bytes of a file that is read for this.
pub(crate) const LARGEST: u64 = 2 << 20;
/// The files that are read.
pub(crate) const README: &str = "README.md";
pub(crate) const CONFIG: &str = "config.json";

/// Bytes of one word or text.
const LONGEST: usize = 200;
/// Bytes of all texts of the front matter that are repeated.
const WHOLE: usize = 32 << 10;
/// Tags of one revision.
const TAGS: usize = 500;

/// Names in the front matter of models that are repeated: those that the Hub documents, with texts or lists of texts as values.
const OF_MODELS: &[&str] = &[
    "base_model",
    "base_model_relation",
    "datasets",
    "language",
    "library_name",
    "license",
    "license_link",
    "license_name",
    "metrics",
    "model_name",
    "new_version",
    "pipeline_tag",
    "tags",
    "thumbnail",
];
/// The same of data sets.
const OF_DATASETS: &[&str] = &[
    "annotations_creators",
    "language",
    "language_creators",
    "license",
    "license_link",
    "license_name",
    "multilinguality",
    "paperswithcode_id",
    "pretty_name",
    "size_categories",
    "source_datasets",
    "tags",
    "task_categories",
    "task_ids",
];
/// Names among them that have one text as value, never a list.
const OF_ONE: &[&str] = &[
    "base_model_relation",
    "library_name",
    "license_link",
    "license_name",
    "model_name",
    "new_version",
    "paperswithcode_id",
    "pipeline_tag",
    "pretty_name",
    "thumbnail",
];
/// Names whose values are tags of data sets, with the name before them.
const TAGS_OF_DATASETS: &[&str] = &[
    "task_categories",
    "task_ids",
    "annotations_creators",
    "language_creators",
    "multilinguality",
    "size_categories",
    "source_datasets",
    "language",
    "license",
];
/// Names in the configuration of models that are repeated: architecture, and the code of the repository that loading would run.
const OF_CONFIG: &[&str] = &["architectures", "auto_map", "model_type"];
/// Bytes of one value of them, as JSON.
const VALUE: usize = 4 << 10;
/// Files by whose endings a model has a tag.
const BY_FILES: &[(&str, &str)] = &[(".safetensors", "safetensors"), (".gguf", "gguf"), (".onnx", "onnx")];
/// What a class of transformers is made for, where its name leaves no doubt.
const BY_CLASS: &[(&str, &str)] = &[
    ("ForCausalLM", "text-generation"),
    ("LMHeadModel", "text-generation"),
    ("ForMaskedLM", "fill-mask"),
    ("ForSequenceClassification", "text-classification"),
    ("ForTokenClassification", "token-classification"),
    ("ForQuestionAnswering", "question-answering"),
    ("ForImageClassification", "image-classification"),
    ("ForObjectDetection", "object-detection"),
    ("ForAudioClassification", "audio-classification"),
    ("ForCTC", "automatic-speech-recognition"),
];

/// What a revision says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) pipeline_tag: Option<String>,
    pub(crate) library_name: Option<String>,
    pub(crate) tags: Vec<String>,
    /// The front matter, as far as it is repeated; nothing if there is none.
    pub(crate) data: Option<BTreeMap<String, Text>>,
    /// What programs ask of the configuration before they load anything ([`OF_CONFIG`]).
    pub(crate) config: BTreeMap<String, Value>,
}

/// A text, or some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Text {
    One(String),
    Many(Vec<String>),
}

impl Text {
    fn all(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    fn size(&self) -> usize {
        self.all().iter().map(|text| text.len().saturating_add(8)).sum()
    }

    /// What is written, if all of it is sound.
    fn of(words: &Words<'_>) -> Option<Self> {
        match words {
            Words::One(text) => sound(text).then(|| Self::One((*text).to_owned())),
            Words::Many(texts) if texts.iter().all(|text| sound(text)) => {
                Some(Self::Many(texts.iter().map(|text| (*text).to_owned()).collect()))
            }
            Words::Many(_) => None,
        }
    }
}

/// Clients print it: nothing that acts on a terminal, hides itself or is longer than a line.
fn sound(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.contains('\u{fffd}') && printable(text) == text
}

/// Whether a value of the configuration has the form that clients know, and sound texts.
fn fits(name: &str, value: &Value) -> bool {
    let text = |value: &Value| value.as_str().is_some_and(sound);
    let all = |value: &Value, fits: &dyn Fn(&Value) -> bool| {
        value.as_array().is_some_and(|values| values.iter().all(fits))
    };
    match name {
        "model_type" => text(value),
        "architectures" => all(value, &text),
        // Classes by what they are for; of tokenizers two, of which one may be missing.
        _ => value.as_object().is_some_and(|map| {
            let class = |value| text(value) || all(value, &|one| one.is_null() || text(one));
            map.iter().all(|(name, value)| sound(name) && class(value))
        }),
    }
}

impl Card {
    /// Reads what the files of a revision say of it.
    pub(crate) fn of<'a>(
        kind: Kind,
        readme: Option<&[u8]>,
        config: Option<&[u8]>,
        paths: impl Iterator<Item = &'a str>,
    ) -> Self {
        let front = readme.and_then(|readme| Front::of(&String::from_utf8_lossy(readme)));
        let data = front.map(|front| repeated(&front, kind));
        let one = |name: &str| match data.as_ref()?.get(name)? {
            Text::One(text) => Some(text.clone()),
            Text::Many(_) => None,
        };
        if kind == Kind::Dataset {
            let tags = tags_of_dataset(data.as_ref());
            return Self { tags, data, ..Self::default() };
        }
        let config = config.map(Config::of).unwrap_or_default();
        // Of a configuration that tells an architecture the Hub has long taken that it is of transformers; cards of that time say nothing.
        let library_name =
            one("library_name").or_else(|| config.model_type.is_some().then(|| "transformers".to_owned()));
        let task = || (library_name.as_deref() == Some("transformers")).then_some(config.task).flatten();
        let pipeline_tag = one("pipeline_tag").or_else(|| task().map(str::to_owned));
        let mut tags = Tags::default();
        tags.extend(library_name.iter().cloned());
        let paths: Vec<&str> = paths.collect();
        for (ending, tag) in BY_FILES {
            if paths.iter().any(|path| path.ends_with(ending)) {
                tags.add((*tag).to_owned());
            }
        }
        tags.extend(config.model_type);
        tags.extend(pipeline_tag.iter().cloned());
        let of =
            |name: &str| data.as_ref().and_then(|data| data.get(name)).map(Text::all).unwrap_or_default();
        tags.extend(of("tags").iter().cloned());
        tags.extend(of("language").iter().cloned());
        tags.extend(of("datasets").iter().map(|name| format!("dataset:{name}")));
        tags.extend(of("base_model").iter().map(|name| format!("base_model:{name}")));
        if let Some(relation) = one("base_model_relation")
            && matches!(relation.as_str(), "adapter" | "finetune" | "merge" | "quantized")
        {
            tags.extend(of("base_model").iter().map(|name| format!("base_model:{relation}:{name}")));
        }
        tags.extend(of("license").iter().map(|name| format!("license:{name}")));
        Self { pipeline_tag, library_name, tags: tags.order, data, config: config.repeated }
    }

    /// Bytes in memory, about.
    pub(crate) fn size(&self) -> usize {
        let tags = self.tags.iter().map(|tag| tag.len().saturating_add(24)).sum::<usize>();
        let config = self.config.values().map(|value| value.to_string().len()).sum::<usize>();
        self.data.iter().flatten().map(|(name, text)| name.len().saturating_add(text.size())).sum::<usize>()
            + tags
            + config
    }
}

fn tags_of_dataset(data: Option<&BTreeMap<String, Text>>) -> Vec<String> {
    let of = |name: &str| data.and_then(|data| data.get(name)).map(Text::all).unwrap_or_default();
    let mut tags = Tags::default();
    for name in TAGS_OF_DATASETS {
        tags.extend(of(name).iter().map(|value| format!("{name}:{value}")));
    }
    tags.extend(of("tags").iter().cloned());
    tags.order
}

/// The front matter as far as it is sound, until it is too much.
fn repeated(front: &Front, kind: Kind) -> BTreeMap<String, Text> {
    let names = if kind == Kind::Dataset { OF_DATASETS } else { OF_MODELS };
    let mut room = WHOLE;
    let mut data = BTreeMap::new();
    for name in names {
        let Some(text) = front.words(name).and_then(|words| Text::of(&words)) else { continue };
        let fits = matches!(text, Text::One(_)) || !OF_ONE.contains(name);
        if fits && text.size() <= room {
            room = room.saturating_sub(text.size());
            data.insert((*name).to_owned(), text);
        }
    }
    data
}

/// Tags in their order, each once.
#[derive(Default)]
struct Tags {
    order: Vec<String>,
    known: BTreeSet<String>,
}

impl Tags {
    fn add(&mut self, tag: String) {
        if self.order.len() < TAGS && self.known.insert(tag.clone()) {
            self.order.push(tag);
        }
    }

    fn extend(&mut self, tags: impl IntoIterator<Item = String>) {
        tags.into_iter().for_each(|tag| self.add(tag));
    }
}

/// What `config.json` says.
#[derive(Default)]
struct Config {
    model_type: Option<String>,
    task: Option<&'static str>,
    repeated: BTreeMap<String, Value>,
}

impl Config {
    fn of(bytes: &[u8]) -> Self {
        let config: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let model_type = config.get("model_type").and_then(Value::as_str).filter(|text| sound(text));
        let classes = config.get("architectures").and_then(Value::as_array).map(Vec::as_slice);
        let class = classes.and_then(<[Value]>::first).and_then(Value::as_str).unwrap_or_default();
        let task = BY_CLASS.iter().find(|(ending, _)| class.ends_with(ending)).map(|(_, task)| *task);
        let repeated = OF_CONFIG.iter().filter_map(|name| Some((*name, config.get(name)?)));
        let repeated = repeated.filter(|(name, value)| value.to_string().len() <= VALUE && fits(name, value));
        Self {
            model_type: model_type.map(str::to_owned),
            task,
            repeated: repeated.map(|(name, value)| (name.to_owned(), value.clone())).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(readme: &str, config: &str) -> Card {
        let paths = ["README.md", "config.json", "model.safetensors"];
        Card::of(Kind::Model, Some(readme.as_bytes()), Some(config.as_bytes()), paths.into_iter())
    }

    #[test]
    fn a_model_says_what_it_is_for() {
        let card = model(
            "---\nlicense: mit\nlibrary_name: transformers\npipeline_tag: fill-mask\ntags: [x, fill-mask]\nlanguage: [en, no]\n\
             datasets: [org/rows]\nbase_model: org/base\nbase_model_relation: quantized\n---\n# x\n",
            r#"{"model_type": "bert", "architectures": ["BertForMaskedLM"]}"#,
        );
        assert_eq!(
            (card.pipeline_tag.as_deref(), card.library_name.as_deref()),
            (Some("fill-mask"), Some("transformers"))
        );
        let expected = [
            "transformers",
            "safetensors",
            "bert",
            "fill-mask",
            "x",
            "en",
            "no",
            "dataset:org/rows",
            "base_model:org/base",
            "base_model:quantized:org/base",
            "license:mit",
        ];
        assert_eq!(card.tags, expected);
        let data = serde_json::to_value(&card.data).unwrap();
        assert_eq!(data["language"], serde_json::json!(["en", "no"]));
        assert_eq!(data["license"], "mit");
        let text = serde_json::to_string(&card).unwrap();
        assert_eq!(serde_json::from_str::<Card>(&text).unwrap(), card);
    }

    #[test]
    fn a_configuration_speaks_where_the_card_is_silent() {
        let config = r#"{"model_type": "bert", "architectures": ["BertForMaskedLM"]}"#;
        let card = model("# no front matter\n", config);
        assert_eq!(
            (card.pipeline_tag.as_deref(), card.library_name.as_deref(), &card.data),
            (Some("fill-mask"), Some("transformers"), &None)
        );
        assert_eq!(
            serde_json::to_value(&card.config).unwrap(),
            serde_json::from_str::<Value>(config).unwrap()
        );
        let code = r#"{"auto_map": {"AutoModel": "code.Model", "AutoTokenizer": [null, "code.Tokenizer"]}, "vocab_size": 7}"#;
        let code = model("", code).config;
        assert_eq!(code.keys().collect::<Vec<_>>(), ["auto_map"]);
        assert_eq!(code["auto_map"]["AutoTokenizer"], serde_json::json!([null, "code.Tokenizer"]));
        let other = model("---\nlibrary_name: mlx\n---\n", config);
        assert_eq!((other.pipeline_tag, other.library_name.as_deref()), (None, Some("mlx")));
        for config in ["", "[]", "{\"model_type\": 7, \"architectures\": {\"a\": 1}}", &"[".repeat(100_000)] {
            let card = model("", config);
            assert_eq!((card.pipeline_tag, card.library_name), (None, None), "{config:.50}");
            assert!(card.config.is_empty(), "{config:.50}");
            assert_eq!(card.tags, ["safetensors"]);
        }
    }

    #[test]
    fn a_data_set_has_tags_with_names() {
        let readme = b"---\nlicense: mit\nlanguage:\n- en\ntask_categories: [text-classification]\ntags: [x]\npretty_name: Rows\n---\n";
        let card = Card::of(Kind::Dataset, Some(readme), None, std::iter::empty());
        assert_eq!(card.tags, ["task_categories:text-classification", "language:en", "license:mit", "x"]);
        assert_eq!((card.pipeline_tag, card.library_name), (None, None));
    }

    #[test]
    fn hostile_cards_are_left_out_and_bounded() {
        let bomb: String = (1..40)
            .map(|level| format!("a{level}: &a{level} [*a{}, *a{}]\n", level - 1, level - 1))
            .fold("a0: &a0 [x, x]\n".to_owned(), |text, line| text + &line);
        let numbered = |count: usize| {
            let all: Vec<String> = (0..count).map(|number| format!("- tag-{number}\n")).collect();
            all.concat()
        };
        let many = numbered(50_000);
        let front = [
            format!("{bomb}license: mit\n"),
            format!("tags: {}\n", "[".repeat(100_000)),
            format!("license: {}\n", "x".repeat(10 << 20)),
            "license: \"mit\\e[31m\"\npipeline_tag: \"a\\u202Eb\"\n".to_owned(),
            "license: {a: b}\npipeline_tag: [fill-mask]\ntags: [[a]]\nlibrary_name: ~\n".to_owned(),
            "license: mit\nlicense: gpl\n".to_owned(),
            // Names that mean something to the programs that read it.
            "self: 1\nignore_metadata_errors: x\nto_dict: x\n__class__: x\nmodel-index: 7\n".to_owned(),
        ];
        for front in &front {
            let began = std::time::Instant::now();
            let card = model(&format!("---\n{front}---\n"), "{}");
            assert!(began.elapsed().as_secs() < 10, "{front:.60}");
            assert_eq!((card.pipeline_tag, card.library_name), (None, None), "{front:.60}");
            assert_eq!(card.data.unwrap_or_default(), BTreeMap::new(), "{front:.60}");
        }
        let card = model(&format!("---\nlicense: mit\ntags:\n{many}---\n"), "{}");
        assert_eq!(card.tags, ["safetensors", "license:mit"]);
        let some = numbered(1_000);
        let card = model(&format!("---\ntags:\n{some}---\n"), "{}");
        assert_eq!(card.tags.len(), TAGS);
        assert!(card.size() < 2 * WHOLE);
        for config in [
            r#"{"model_type": "a\u001b[31m", "architectures": ["\u202e"]}"#.to_owned(),
            r#"{"auto_map": {"\u0007": "x"}, "architectures": [{"a": 1}]}"#.to_owned(),
            r#"{"auto_map": [[["x"]]], "architectures": "x", "model_type": {"a": ["b", null]}}"#.to_owned(),
            serde_json::json!({ "architectures": vec!["A"; 10_000] }).to_string(),
        ] {
            assert!(model("", &config).config.is_empty(), "{config:.50}");
        }
        let broken = Card::of(Kind::Model, Some(b"---\nlicense: m\xff\n---\n"), None, std::iter::empty());
        assert!(broken.tags.is_empty());
    }
}
