//! Files that speak of what is left out: indexes of shards, and what JSON says of code and of chat templates. A member is taken out of the
//! object; the values of all others stay byte for byte.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::plan::{beside, name_of};

/// Files from which loaders learn which Python to run.
const CONFIGURATIONS: [&str; 5] = [
    "config.json",
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
];
/// Files that hold a chat template beside other things.
const TEMPLATED: [&str; 2] = ["tokenizer_config.json", "processor_config.json"];

/// Whether a file may have to be read to know what of it stays.
pub(super) fn concerns(path: &str) -> bool {
    is_index(path) || is_configuration(path)
}

/// Whether loaders learn from a file which Python to run.
pub(super) fn is_configuration(path: &str) -> bool {
    CONFIGURATIONS.contains(&name_of(path))
}

/// Whether a file may hold a chat template beside other things.
pub(super) fn is_templated(path: &str) -> bool {
    TEMPLATED.contains(&name_of(path))
}

/// Whether a file is an index of shards.
pub(super) fn is_index(path: &str) -> bool {
    name_of(path).ends_with(".index.json")
}

/// The first file that an index names and that is left out.
pub(super) fn missing_shard(path: &str, text: &[u8], left: &BTreeMap<String, String>) -> Option<String> {
    let mut found = None;
    let mut named = |shard: &str| {
        let shard = beside(path, shard);
        if found.is_none() && left.contains_key(&shard) {
            found = Some(shard);
        }
    };
    let mut reader = serde_json::Deserializer::from_slice(text);
    // What is broken further on was read so far: the first one that is named is enough.
    _ = Index(&mut named).deserialize(&mut reader);
    found
}

/// Reads the `weight_map` of an index and keeps nothing of it: an index may be large.
struct Index<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Index<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Index<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "weight_map" {
                map.next_value_seed(Shards(&mut *self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// The values of a `weight_map`.
struct Shards<'a, F>(&'a mut F);

impl<'de, F: FnMut(&str)> DeserializeSeed<'de> for Shards<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(&str)> Visitor<'de> for Shards<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of names")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            (self.0)(&map.next_value::<Cow<'de, str>>()?);
        }
        Ok(())
    }
}

/// What is left of a file, and what was taken out; nothing if it stays as it is. What is no strict JSON stays, and the inspection tells what it
/// names.
pub(super) fn rewritten(
    path: &str,
    text: &[u8],
    left: &BTreeMap<String, String>,
    (code, templates): (bool, bool),
) -> Option<(Vec<u8>, Vec<String>)> {
    let name = name_of(path);
    let text = std::str::from_utf8(text).ok()?;
    let members: Members<'_> = serde_json::from_str(text).ok()?;
    let goes = |key: &str, value: &RawValue| match key {
        "auto_map" if CONFIGURATIONS.contains(&name) => {
            code || serde_json::from_str(value.get()).is_ok_and(|map| names_left_out(path, &map, left))
        }
        "chat_template" => templates && TEMPLATED.contains(&name),
        _ => false,
    };
    let (mut kept, mut removed) = (Vec::new(), Vec::new());
    for (key, value) in &members.0 {
        if goes(key, value) {
            removed.push(key.clone());
        } else {
            kept.push(format!("  {}: {}", Value::from(key.as_str()), value.get()));
        }
    }
    removed.dedup();
    if removed.is_empty() {
        return None;
    }
    let end = if text.ends_with('\n') { "\n" } else { "" };
    let body = if kept.is_empty() { "{}".to_owned() } else { format!("{{\n{}\n}}", kept.join(",\n")) };
    Some((format!("{body}{end}").into_bytes(), removed))
}

/// Whether an `auto_map` names Python that is left out: `module.Class`, beside the file or at the top.
fn names_left_out(path: &str, map: &Value, left: &BTreeMap<String, String>) -> bool {
    match map {
        Value::String(name) => {
            let module = name.rsplit_once('.').map_or(name.as_str(), |(module, _)| module);
            let file = format!("{}.py", module.replace('.', "/"));
            left.contains_key(&beside(path, &file)) || left.contains_key(&file)
        }
        Value::Array(names) => names.iter().any(|name| names_left_out(path, name, left)),
        Value::Object(names) => names.values().any(|name| names_left_out(path, name, left)),
        _ => false,
    }
}

/// The members of an object in their order, also those that are there twice, each value as it is written.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Object).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{missing_shard, rewritten};

    fn left(paths: &[&str]) -> BTreeMap<String, String> {
        paths.iter().map(|path| ((*path).to_owned(), String::new())).collect()
    }

    const CONFIG: &str = "{\n  \"eps\": 1e-05,\n  \"auto_map\": {\n    \"AutoModel\": \"code.modeling.M\"\n  },\n  \"big\": 12345678901234567890123,\n  \"t\": [\n    1.0,\n    \"\\u00e4\"\n  ]\n}\n";

    #[test]
    fn a_member_goes_and_all_others_stay_byte_for_byte() {
        let (text, removed) =
            rewritten("config.json", CONFIG.as_bytes(), &left(&["code/modeling.py"]), (false, false))
                .unwrap();
        let expected =
            CONFIG.replace("  \"auto_map\": {\n    \"AutoModel\": \"code.modeling.M\"\n  },\n", "");
        assert_eq!((String::from_utf8(text).unwrap(), removed), (expected, vec!["auto_map".to_owned()]));
        assert!(rewritten("config.json", CONFIG.as_bytes(), &left(&["other.py"]), (false, true)).is_none());
        assert!(rewritten("other.json", CONFIG.as_bytes(), &left(&[]), (true, true)).is_none());
        // Code of another repository goes with all code.
        let other = br#"{"auto_map": {"AutoModel": ["org/other--m.M", null]}, "auto_map": 1}"#;
        assert!(rewritten("a/config.json", other, &left(&["m.py"]), (false, false)).is_none());
        let (text, removed) = rewritten("a/config.json", other, &left(&[]), (true, false)).unwrap();
        assert_eq!((text.as_slice(), removed.len()), (b"{}".as_slice(), 1));
    }

    #[test]
    fn templates_go_from_tokenizers_only() {
        let text = br#"{"chat_template": "{{ x }}", "a": {"chat_template": 1}}"#;
        let (rest, removed) = rewritten("tokenizer_config.json", text, &left(&[]), (false, true)).unwrap();
        assert_eq!(rest, b"{\n  \"a\": {\"chat_template\": 1}\n}");
        assert_eq!(removed, ["chat_template"]);
        assert!(rewritten("config.json", text, &left(&[]), (true, true)).is_none());
    }

    #[test]
    fn what_is_no_json_stays() {
        for text in ["", "[]", "null", "{\"auto_map\": NaN}", "{\"auto_map\": 1", "\u{feff}{\"auto_map\": 1}"]
        {
            assert!(rewritten("config.json", text.as_bytes(), &left(&[]), (true, true)).is_none(), "{text}");
        }
        assert!(rewritten("config.json", &[0xff, 0xfe], &left(&[]), (true, true)).is_none());
        let deep = format!("{{\"auto_map\": 1, \"x\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        drop(rewritten("config.json", deep.as_bytes(), &left(&[]), (true, true)));
        for text in ["", "[]", "{\"weight_map\": 1}", "{\"weight_map\": {\"a\": 1}}"] {
            assert_eq!(missing_shard("m.index.json", text.as_bytes(), &left(&["a"])), None);
        }
    }

    #[test]
    fn an_index_goes_with_its_shards() {
        let index =
            br#"{"metadata": {"x": [{"weight_map": 1}]}, "weight_map": {"a": "m-1.bin", "b": "m-2.bin"}}"#;
        let found = missing_shard("sub/m.bin.index.json", index, &left(&["sub/m-2.bin"]));
        assert_eq!(found.as_deref(), Some("sub/m-2.bin"));
        assert_eq!(missing_shard("m.bin.index.json", index, &left(&["sub/m-2.bin"])), None);
    }
}
