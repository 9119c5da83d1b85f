//! Documents: advisories, statements, bills, cards.

pub(crate) const ADVISORIES: &[&str] = &[
    r##"{"id":"PYSEC-9","modified":"2025-01-01T00:00:00Z","aliases":["CVE-1","GHSA-1"],"summary":"x","details":"# a\nb is a library. It does something odd to those who call it","severity":[{"type":"CVSS_V4","score":"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"},{"type":"CVSS_V2","score":"AV:N/AC:L/Au:N/C:P/I:P/A:P"}],"affected":[{"package":{"ecosystem":"PyPI","name":"A_b.C","purl":"pkg:pypi/a-b-c"},"ranges":[{"type":"GIT","events":[{"introduced":"0"}]},{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"1.0"},{"introduced":"2!1.0.dev1"},{"last_affected":"2!1.0.post3"},{"limit":"*"}]}],"versions":["0.1-odd","1.0rc1+local.1"],"ecosystem_specific":{"severity":"HIGH"}}],"database_specific":{"severity":"moderate"}}"##,
    r#"{"id":"MAL-2","modified":"2025-01-01","affected":[{"package":{"ecosystem":"PyPI","name":"evil"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0","fixed":"x"}]}]},{"package":{"ecosystem":"npm","name":"b"}},7]}"#,
    r#"{"id":"PYSEC-8","modified":"2025-01-01T00:00:00Z","withdrawn":"2025-01-02T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"gone"}}]}"#,
    r#"{"id":"PYSEC-7","modified":"2099-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"later"},"versions":["1"]}]}"#,
];

pub(crate) const STATEMENTS: &[&str] = &[
    r#"{"@context":"https://openvex.dev/ns/v0.2.0","author":"a","timestamp":"2025-01-01T00:00:00Z","statements":[{"vulnerability":{"name":"CVE-2025-1","aliases":["PYSEC-1"]},"products":[{"@id":"pkg:huggingface/o/sample","identifiers":{"purl":"pkg:huggingface/o/sample"},"subcomponents":[{"@id":"pkg:pypi/torch@1.0"}]}],"status":"not_affected","justification":"vulnerable_code_not_in_execute_path"},{"vulnerability":"CVE-2025-1","products":["pkg:pypi/torch"],"status":"fixed","timestamp":"2026-01-01T00:00:00Z"}]}"#,
    r#"{"@context":"https://openvex.dev/ns","statements":[{"vulnerability":"x","status":"under_investigation"}]}"#,
];

/// Payloads that a trusted key signs.
pub(crate) const MODEL_STATEMENTS: &[&str] = &[
    r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"model","digest":{"sha256":"8a2b8bd3b5d3f1b8b0a9f5c2d8f0a2f6a8d5e5e1f4b8f1d6b8e4b1d0c9a7e6f5"}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"files","hash_type":"sha256","allow_symlinks":false,"ignore_paths":["b",".git"]},"resources":[{"name":"a","algorithm":"sha256","digest":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}]}}"#,
    r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"model","digest":{"sha256":"d04b98f48e8f8bcc15c6ae5ac050801cd6dcfd428fb5f9e65c4e16e7807340fa"}}],"predicateType":"https://model_signing/signature/v1.0","predicate":{"serialization":{"method":"shards","hash_type":"blake2","shard_size":1.0},"resources":[{"name":"a:0:1","algorithm":"blake2b-sharded-1","digest":"ca97"}],"weighhouse":{"empty_files":["e"]}}}"#,
];

pub(crate) const IN_TOTO: &[&str] = &[
    r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","sha1":"86f7"}}],"predicateType":"https://slsa.dev/verification_summary/v1","predicate":{"verifier":{"id":"v"},"verificationResult":"FAILED","policy":{"uri":"p"}}}"#,
    r#"{"_type":"https://in-toto.io/Statement/v0.1","subject":[{"name":"a","digest":{"sha256":"00"}}],"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"builder":{"id":"b"},"buildType":"t"}}"#,
];

pub(crate) const ENVELOPES: &[&str] = &[
    "{\"payloadType\":\"application/vnd.in-toto+json\",\"payload\":\"e30=\",\"signatures\":[{\"sig\":\"MA==\",\"keyid\":null}]}\n{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],\"predicateType\":\"x\"}\n",
    r#"{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"certificate":{"rawBytes":"MA=="},"tlogEntries":[{}]},"messageSignature":{"messageDigest":{"algorithm":"SHA2_256","digest":"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="},"signature":"MA=="}}"#,
    r#"{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"a","digest":{"sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}}],"predicateType":"https://cyclonedx.org/bom","predicate":null}"#,
];

pub(crate) const BILLS: &[&str] = &[
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"component":{"type":"machine-learning-model","name":"m","hashes":[{"alg":"SHA-256","content":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}],"components":[{"type":"file","name":"a.bin","hashes":[{"alg":"SHA-256","content":"CA978112CA1BBDCAFAC231B39A23DC4DA786EFF8147C4E72B9807785AFEE48BB"}],"licenses":[{"license":{"id":"MIT"}},{"expression":"MIT OR X"}],"properties":[{"name":"p","value":"v"}]}]}},"components":[{"group":"g","name":"n","version":"1","purl":"pkg:pypi/n@1?x#y"}]}"#,
    r#"{"spdxVersion":"SPDX-2.3","name":"m","packages":[{"name":"n","versionInfo":"2","licenseDeclared":"MIT","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:pypi/n@2"}]}],"files":[{"fileName":"./a.bin","checksums":[{"algorithm":"SHA256","checksumValue":"00"}]}]}"#,
    r#"{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[{"type":"SpdxDocument","spdxId":"d","rootElement":["b"]},{"type":"software_Sbom","spdxId":"b","rootElement":["m"]},{"type":"ai_AIPackage","spdxId":"m","name":"m","verifiedUsing":[{"algorithm":"sha256","hashValue":"00"}]},{"type":"Relationship","relationshipType":"hasDeclaredLicense","from":"m","to":["l"]},{"type":"simplelicensing_LicenseExpression","spdxId":"l","simplelicensing_licenseExpression":"MIT"}]}"#,
];

pub(crate) const DOCUMENTS: &[(&str, &str)] = &[
    (
        "README.md",
        "---\nlicense: other\nlicense_name: llama3.1\nlicense_link: https://www.llama.com/llama3_1/license/\nextra_gated_prompt: >-\n  You agree to the Llama 3.1 Community License\nbase_model: &b\n- a/b\n- *b\ndatasets: [c/d]\ntags:\n- x: [y]\nmodel-index:\n- name: m\n  results:\n  - task: {type: t}\n    dataset: {name: d, type: d}\n    metrics: [{type: acc, value: 0.9}]\nco2_eq_emissions: {emissions: 1.5}\n---\n# Title\nFine-tuned from a/b. Code is under the MIT license; weights are licensed under the Llama 3.1 Community License.\n## Training Data\n[More Information Needed]\n### Limitations\n```\n# no heading\n```\n\0MIT License\n",
    ),
    ("README.md", "---\nlicense:\n- mit\n- apache-2.0\nlicence: [\n---\nreleased under Apache 2.0.\n"),
    (
        "README.md",
        "# A\n## B\n# License\nMIT OR (Apache-2.0 AND GPL-3.0-or-later WITH Classpath-exception-2.0)\n",
    ),
    (
        "LICENSE",
        "MIT License\n\nCopyright (c) 2024 A\n\nPermission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the \"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:\n\nThe above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.\n\nNot to be used by those with more than 100 million monthly active users in the European Union.\n\nTHE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.\n",
    ),
    (
        "LICENSE",
        "for research purposes only \u{201c}non\u{ad}commercial\u{201d} \u{ff21}\u{ff30}\u{ff21}\u{ff23}\u{ff28}\u{ff25} https://h/x Copyright \u{a9} 2020\n",
    ),
    (
        "NOTICE",
        "Llama 3.1 is licensed under the Llama 3.1 Community License, Copyright \u{a9} Meta Platforms, Inc.\n",
    ),
    ("USE_POLICY.md", "# Acceptable Use Policy\nno military use, no warfare\n"),
    ("package.json", r#"{"license":"MIT OR Apache-2.0"}"#),
    (
        "pyproject.toml",
        "[project]\nlicense = {text = \"GPL-3.0-only\"}\nclassifiers = [\"License :: OSI Approved :: MIT License\"]\n",
    ),
    (
        "croissant.json",
        r#"{"@context":{"@vocab":"https://schema.org/","cr":"http://mlcommons.org/croissant/"},"@type":"sc:Dataset","conformsTo":"http://mlcommons.org/croissant/1.0","name":"d","license":"https://creativecommons.org/licenses/by/4.0/","distribution":[{"@type":"cr:FileObject","@id":"1.txt","contentUrl":"1.txt","sha256":"ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}],"recordSet":[{"field":[{}]}]}"#,
    ),
    ("adapter_config.json", r#"{"peft_type":"LORA","base_model_name_or_path":"a/b","revision":"main"}"#),
    (
        "mergekit_config.yml",
        "merge_method: ties\nbase_model: a/b\nslices:\n- sources:\n  - {model: c/d, layer_range: [0, 8]}\nmodels:\n- model: {model: {path: e/f}}\n",
    ),
    (
        "config.json",
        r#"{"_name_or_path":"a/b","architectures":["LlamaForCausalLM"],"model_type":"llama","num_hidden_layers":2}"#,
    ),
];

/// A tensor of a passport.
pub(crate) const TENSOR: &str = r#"{"name":"model.layers.0.mlp.up_proj.weight","role":"blocks.0.up","dtype":"F32","shape":[64,32],"bytes":"sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb","numbers":{"sampled":2048,"shift":0,"zeros":0.0,"mean":0.0,"deviation":1.0,"kurtosis":0.1,"quantiles":[0.1,0.2,0.3,0.4],"norms":[0,0,0,0,0,0,0,0,1,0,0,0,0,0,0,0],"varied":true}}"#;
