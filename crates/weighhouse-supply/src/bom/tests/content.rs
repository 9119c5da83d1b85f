//! What the graph knows, and how.

use weighhouse_core::Basis;

use super::*;

fn values(graph: &Graph, kind: Trait) -> Vec<(Basis, &str, &str)> {
    graph.known(kind).map(|known| (known.basis, known.value.as_str(), known.place.as_str())).collect()
}

#[test]
fn a_model_is_measured_and_its_makers_are_heard() {
    let graph = graph(&model(), &[], &settings());
    let weights = "model.safetensors";
    // Position ids are no parameters.
    assert_eq!(values(&graph, Trait::Parameters), [(Basis::Measured, "108", weights)]);
    assert_eq!(
        values(&graph, Trait::Vocabulary),
        [(Basis::Measured, "11", weights), (Basis::Declared, "11", "config.json"),]
    );
    assert_eq!(
        values(&graph, Trait::ContextLength),
        [(Basis::Measured, "8", weights), (Basis::Declared, "8", "config.json"),]
    );
    assert_eq!(values(&graph, Trait::Layers)[0], (Basis::Measured, "2", weights));
    assert_eq!(values(&graph, Trait::HiddenSize)[0], (Basis::Measured, "4", weights));
    assert_eq!(
        values(&graph, Trait::Encodings),
        [(Basis::Measured, "F16 2 (32), F32 2 (76), I64 1 (8)", weights)]
    );
    // 432 bytes of tensors for 108 parameters.
    assert_eq!(values(&graph, Trait::BitsPerParameter), [(Basis::Measured, "32.00", weights)]);
    assert_eq!(
        values(&graph, Trait::Architecture),
        [(Basis::Declared, "BertForSequenceClassification", "config.json")]
    );
    assert_eq!(values(&graph, Trait::Task), [(Basis::Declared, "text-classification", "README.md:6")]);
    assert_eq!(graph.name, Known::inferred("mail-sorter".to_owned(), "name of the target"));
    assert_eq!(graph.version, None);
    let licences: Vec<_> = graph.licences.iter().collect();
    assert_eq!(licences, [&Known::declared(Licence::Spdx("Apache-2.0".to_owned()), "README.md:2")]);
    let parent =
        Parent { name: "org/base".to_owned(), relation: "finetune".to_owned(), version: None, digest: None };
    assert_eq!(graph.parents.iter().collect::<Vec<_>>(), [&Known::declared(parent, "README.md:8")]);
    let sets: Vec<_> = graph.datasets.iter().map(|set| (set.value.name.as_str(), set.value.usage)).collect();
    assert_eq!(
        sets,
        [("GLUE", Usage::Evaluation), ("org/data", Usage::Training), ("squad", Usage::Training),]
    );
    let metrics: Vec<_> = graph
        .metrics
        .iter()
        .map(|metric| (metric.value.kind.as_str(), metric.value.value.as_str()))
        .collect();
    assert_eq!(metrics, [("accuracy", "0.91"), ("f1", "0.9")]);
}

#[test]
fn the_prose_of_a_card_is_read_by_headings() {
    let graph = graph(&model(), &[], &settings());
    let said = |topic: Topic| {
        graph.considerations.get(&topic).map(|known| (known.value.as_str(), known.place.as_str()))
    };
    assert_eq!(said(Topic::Uses), Some(("Sorting mail.", "README.md:31")));
    let limitations = "Only English. See https://arxiv.org/abs/1810.04805. Known issues: Short texts.";
    assert_eq!(said(Topic::Limitations), Some((limitations, "README.md:35")));
    assert_eq!(said(Topic::TrainingData), Some(("A crawl.", "README.md:43")));
    assert_eq!(said(Topic::Evaluation), None, "a form that nobody filled in says nothing");
    assert_eq!(
        said(Topic::Environment).map(|(text, _)| text),
        Some("12.5 g of CO2 equivalent, as the card says")
    );
    let paper = graph.references.iter().next().map(|known| known.value.url.as_str());
    assert_eq!(paper, Some("https://arxiv.org/abs/1810.04805"));
    assert_eq!(graph.description.map(|known| known.value), Some("A model".to_owned()));
}

#[test]
fn card_and_configuration_may_lie_deeper_beside_all_weights() {
    let deeper = |extra: Option<Material>| {
        let mut materials = model();
        for file in &mut materials.files {
            file.path = format!("package/model/{}", file.path);
        }
        materials.files.extend(extra);
        graph(&with(materials.files), &[], &settings())
    };
    let found = deeper(None);
    assert_eq!(
        values(&found, Trait::Task),
        [(Basis::Declared, "text-classification", "package/model/README.md:6")]
    );
    assert_eq!(values(&found, Trait::Family), [(Basis::Declared, "bert", "package/model/config.json")]);
    let mut other = material("other/model.gguf", "gguf", b"x");
    other.tensors = vec![tensor("a", "F32", &[1], 4)];
    assert_eq!(values(&deeper(Some(other)), Trait::Task), [], "two models: neither speaks for both");
}

#[test]
fn shards_are_one_set_of_weights_and_copies_are_not_added_up() {
    let mut shards: Vec<_> = (1..=2)
        .map(|number| {
            let path = format!("model-0000{number}-of-00002.safetensors");
            let mut file = material(&path, "safetensors", path.as_bytes());
            file.tensors = vec![tensor(&format!("layers.{number}.w"), "BF16", &[10], 20)];
            file
        })
        .collect();
    let mut copy = material("copy.gguf", "gguf", b"copy");
    copy.tensors = vec![tensor("blk.1.w", "Q8_0", &[20], 21)];
    shards.push(copy);
    let graph = graph(&with(shards), &[], &settings());
    let names: Vec<_> = graph.weights.iter().map(|weights| weights.name.as_str()).collect();
    assert_eq!(names, ["copy.gguf", "model-*-of-00002.safetensors"]);
    let counts: Vec<_> = values(&graph, Trait::Parameters).into_iter().map(|(_, value, _)| value).collect();
    assert_eq!(counts, ["20", "20"]);
}

#[test]
fn of_pickles_only_the_storages_are_counted() {
    let mut checkpoint = material("pytorch_model.bin", "pytorch", b"p");
    declare(&mut checkpoint, &[("pytorch:numbers:F32", "3 40"), ("pytorch:numbers:I64", "1 7")]);
    let graph = graph(&with(vec![checkpoint]), &[], &settings());
    let place = "storages of pytorch_model.bin";
    assert_eq!(values(&graph, Trait::Parameters), [(Basis::Inferred, "40", place)]);
    assert_eq!((graph.weights[0].tensors, graph.weights[0].values, graph.weights[0].table), (4, 47, None));
}

#[test]
fn more_tensors_than_are_kept_are_not_counted() {
    let mut file = material("model.safetensors", "safetensors", b"w");
    file.tensors = vec![tensor("a", "F32", &[1], 4); crate::materials::MOST];
    let graph = graph(&with(vec![file]), &[], &settings());
    assert_eq!(values(&graph, Trait::Parameters), []);
}

#[test]
fn packed_numbers_are_unpacked_only_if_somebody_says_how() {
    let packed = |config: &str| {
        let mut file = material("model.safetensors", "safetensors", b"w");
        file.tensors = vec![
            tensor("layers.0.q.qweight", "I32", &[8, 4], 128),
            tensor("layers.0.q.qzeros", "I32", &[1, 4], 16),
            tensor("layers.0.q.scales", "F16", &[1, 4], 8),
            tensor("norm.weight", "F16", &[10], 20),
        ];
        let files = vec![file, material("config.json", "json", config.as_bytes())];
        values(&graph(&with(files), &[], &settings()), Trait::Parameters)
            .into_iter()
            .map(|(basis, value, _)| (basis, value.to_owned()))
            .collect::<Vec<_>>()
    };
    let gptq = r#"{"quantization_config": {"quant_method": "gptq", "bits": 4}}"#;
    assert_eq!(packed(gptq), [(Basis::Inferred, (32 * 8 + 10).to_string())]);
    assert_eq!(packed("{}"), []);
    assert_eq!(packed(r#"{"quantization_config": {"bits": 0}}"#), []);
}

#[test]
fn gguf_says_what_it_was_made_from() {
    let graph = everything();
    let parents: Vec<_> = graph
        .parents
        .iter()
        .map(|found| (found.value.name.as_str(), found.value.relation.as_str()))
        .collect();
    assert_eq!(parents, [("org/base", "adapter"), ("org/base", "base"), ("org/base", "finetune")]);
    let licence = Licence::Named {
        name: "house licence".to_owned(),
        url: Some("https://example.com/licence".to_owned()),
    };
    assert!(graph.licences.iter().any(|known| known.value == licence), "{:?}", graph.licences);
    let measured =
        values(&graph, Trait::Vocabulary).iter().filter(|(basis, ..)| *basis == Basis::Measured).count();
    assert_eq!(measured, 3, "by two embeddings and the list of tokens");
    let sizes: BTreeSet<_> =
        values(&graph, Trait::HiddenSize).into_iter().map(|(_, value, _)| value).collect();
    assert_eq!(sizes, BTreeSet::from(["4"]), "GGUF writes dimensions the other way round");
}

#[test]
fn a_model_of_a_hub_is_known_by_its_name_there() {
    let mut hub = model();
    hub.name = "hf:org/name@0123".to_owned();
    let graph = graph(&hub, &[], &settings());
    assert_eq!(graph.name.value, "org/name");
    assert_eq!(graph.version.map(|known| known.value), Some("0123".to_owned()));
    assert_eq!(graph.purl.map(|known| known.value), Some("pkg:huggingface/org/name@0123".to_owned()));
    let mut cache = model();
    let revision = "0123456789012345678901234567890123456789";
    cache.root = Some(format!("/cache/models--org--name/snapshots/{revision}").into());
    let cached = super::graph(&cache, &[], &settings());
    assert_eq!((cached.name.value.as_str(), cached.version.unwrap().value.as_str()), ("org/name", revision));
}

#[test]
fn hostile_configuration_and_cards_are_bounded() {
    let deep = "[".repeat(200_000);
    let long = "x".repeat(100_000);
    let huge = format!("{{\"architectures\": [{}\"a\"]}}", "\"a\",".repeat(10_000));
    let card = format!(
        "---\nlicense: {long}\ndatasets: [{}a]\n---\n# {long}\n## Uses\n{long}\n",
        "a,".repeat(10_000)
    );
    for config in [deep.as_str(), huge.as_str(), "null", "{\"text_config\": 1}"] {
        let files = vec![
            material("config.json", "json", config.as_bytes()),
            material("adapter_config.json", "json", deep.as_bytes()),
            material("README.md", "text", card.as_bytes()),
        ];
        let bill = write(&graph(&with(files), &[], &settings()), Format::CycloneDx16).unwrap();
        assert!(bill.len() < 100_000, "{}", bill.len());
    }
}

#[test]
fn coverage_tells_of_every_element_how_it_is_known() {
    let rows = coverage(&graph(&model(), &[], &settings()), "CycloneDX 1.6");
    let row =
        |element: &str| rows.iter().find(|row| row.element == element && row.scheme == Scheme::G7).unwrap();
    assert_eq!(row("licence").basis, Some(Basis::Declared));
    assert_eq!(row("licence").value.as_deref(), Some("Apache-2.0"));
    assert_eq!(row("hash value and algorithm").basis, Some(Basis::Measured));
    assert_eq!(row("input and output").value.as_deref(), Some("text to label"));
    assert_eq!(row("input and output").basis, Some(Basis::Inferred));
    assert_eq!(
        (row("time stamp").basis, row("time stamp").place.as_str()),
        (None, "give the time with `--at`")
    );
    assert_eq!(row("vulnerability references").basis, None);
    assert!(row("properties").value.as_deref().unwrap().contains("parameters: 108"));
    for scheme in Scheme::ALL {
        assert!(rows.iter().any(|row| row.scheme == scheme));
    }
    assert!(rows.iter().all(|row| row.basis.is_some() == row.value.is_some()));
}
