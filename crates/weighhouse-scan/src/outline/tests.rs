use std::sync::Arc;

use weighhouse_formats::bounded::Budget;
use weighhouse_formats::build::onnx::{Graph, Model, node};
use weighhouse_formats::source::Memory;

use super::*;

fn of(path: &str, bytes: impl Into<Vec<u8>>) -> Outline {
    let budget = Budget::new(Arc::default());
    let node = weighhouse_formats::inspect::inspect(path, &Memory::shared(bytes.into()), &budget);
    outline(&node)
}

fn lines(outline: &Outline) -> Vec<String> {
    let line =
        |item: &Item| format!("{} {}|{}|{} {}", item.kind, item.member, item.name, item.value, item.standing);
    outline.items.iter().map(line).collect()
}

#[test]
fn globals_carry_what_is_known_of_them() {
    let found =
        of("m.pkl", b"cos\nsystem\n(S'id'\ntR0ccollections\nOrderedDict\n)R0cacme.layers\nX\n.".to_vec());
    assert_eq!(
        lines(&found),
        [
            "global |acme.layers.X| unknown",
            "global |collections.OrderedDict|called known",
            "global |os.system|called dangerous",
        ]
    );
}

#[test]
fn templates_are_their_meaning_not_their_white_space() {
    let tight = of("chat_template.jinja", "{% for m in messages %}{{ m.content|trim }}{% endfor %}");
    let wide = of(
        "chat_template.jinja",
        "{#- new -#}\n{%- for m in messages -%}\n  {{ m['content'] | trim }}\n{%- endfor -%}",
    );
    assert_eq!(tight, wide);
    let hostile = of("chat_template.jinja", "{% for m in messages %}{{ m.__class__ | frob }}{% endfor %}");
    let lines = lines(&hostile);
    assert!(lines.iter().any(|line| line.contains("__class__") && line.ends_with("dangerous")), "{lines:?}");
    assert!(lines.contains(&"template-name |filter frob| unknown".to_owned()), "{lines:?}");
}

#[test]
fn settings_are_paths_and_large_tables_are_one_item() {
    let vocabulary: Vec<String> = (0..1000).map(|n| format!("\"w{n}\":{n}")).collect();
    let document = |space: &str, first: &str| {
        format!(
            "{{\"a\":{{\"b\":[1,{space}true]}},\"auto_map\":{{\"X\":\"m.X\"}},\"license\":\"mit\",\"v\":{{{first}{}}}}}",
            vocabulary.join(",")
        )
    };
    let plain = of("config.json", document("", ""));
    assert_eq!(plain, of("config.json", document("   ", "")));
    assert_ne!(plain, of("config.json", document("", "\"x\":1,")));
    let lines = lines(&plain);
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert_eq!(lines[0], "code-reference |auto_map.X: m.X|imported Python unknown");
    assert_eq!(lines[1], "licence |license|mit plain");
    assert_eq!(lines[2], "setting |a.b.0|1 plain");
}

#[test]
fn operators_of_a_graph_are_judged() {
    let model = Model::of(Graph::new().node(node("", "Relu", &["x"], &["y"])).node(node(
        "evil",
        "Run",
        &["y"],
        &["z"],
    )))
    .build();
    let lines = lines(&of("model.onnx", model));
    assert!(lines.contains(&"operator |ai.onnx::Relu| known".to_owned()), "{lines:?}");
    assert!(lines.contains(&"operator |evil::Run| unknown".to_owned()), "{lines:?}");
}

#[test]
fn a_long_value_still_tells_a_difference() {
    let (long, longer) = ("x".repeat(1000), "x".repeat(1001));
    assert_ne!(bounded(&long, VALUE), bounded(&longer, VALUE));
    assert!(bounded(&long, VALUE).len() < 300);
    assert_eq!(bounded("a\u{202e}b", VALUE), "a\\u{202e}b");
}

#[test]
fn kinds_do_not_crowd_each_other_out() {
    let mut collector = Collector::default();
    for at in 0..MOST + 5 {
        collector.add(ItemKind::Setting, &at.to_string(), "", Standing::Plain);
    }
    collector.add(ItemKind::Global, "os.system", "", Standing::Dangerous);
    let found = collector.finish();
    assert_eq!(found.left_out, 5);
    assert!(found.items.iter().any(|item| item.kind == ItemKind::Global));
}

#[test]
fn documents_and_data_say_what_they_name() {
    let has = |path: &str, text: &str, line: &str| {
        let found = lines(&of(path, text));
        assert!(found.iter().any(|found| found == line), "{line} in {found:?}");
    };
    let keras = r#"{"module": "keras", "class_name": "Sequential", "config": {"layers": [{"module": "os", "class_name": "system", "config": {}}]}}"#;
    let found = lines(&of("config.json", keras));
    assert!(
        found
            .iter()
            .any(|line| line.starts_with("code-reference |os.system|") && line.ends_with("dangerous")),
        "{found:?}"
    );
    has("train.csv", "text,label\nx,1\n", "metadata |column label| plain");
    has("train.csv", "text,label\nx,1\n", "metadata |rows|2 plain");
    has("train.csv", "text,label\n=cmd|'x'!A1,1\n", "act |cmd|formula of a spreadsheet dangerous");
    has("train.jsonl", "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n", "metadata |column b|text plain");
    has(
        ".zarray",
        r#"{"zarr_format": 2, "shape": [2], "chunks": [2], "dtype": "<f4", "filters": [{"id": "pickle"}]}"#,
        "code-reference |pickle|codec that unpickles dangerous",
    );
    has("Modelfile", "FROM ./model.gguf\nSYSTEM be kind\n", "setting |SYSTEM|be kind plain");
    let blob = format!(
        "{{\"layers\": [{{\"mediaType\": \"a/b\", \"digest\": \"sha256:{}\", \"size\": 1}}]}}",
        "0".repeat(64)
    );
    let found = lines(&of("manifest.json", blob.as_str()));
    assert!(found.iter().any(|line| line.starts_with("metadata |blob 0: a/b|sha256:00")), "{found:?}");
}

#[test]
fn templates_that_say_something_else_are_not_the_same() {
    let old = of("chat_template.jinja", "{% if x %}You are a model.{% endif %}{{ m.content }}");
    for other in [
        "{% if not x %}You are a model.{% endif %}{{ m.content }}",
        "{{ m.content }}{% if x %}You are a model.{% endif %}",
    ] {
        assert_ne!(old, of("chat_template.jinja", other), "{other}");
    }
    let found = lines(&old);
    assert!(found.contains(&"template-name |words You are a model.| unknown".to_owned()), "{found:?}");
}
