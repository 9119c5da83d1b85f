//! Each format as its tool writes it.

use super::*;

#[test]
fn requirements() {
    let text = "\
\u{feff}# comment
numpy==1.26.4  # pinned
torch>=1.9,<2 ; python_version >= '3.8'
Pillow[xmp, Fpx]==10.0.0 \\
    --hash=sha256:aaaa \\
    --hash=sha256:bbbb
enum34==1.1.6; python_version < '3.4'
pywin32==306 ; sys_platform == 'win32'
requests (>=2.0)
-i https://index.example/simple
--extra-index-url https://other.example/simple
foo @ https://files.example/foo-1.2.3-py3-none-any.whl
git+https://git.example/bar.git@main#egg=bar
./wheels/baz-0.1.0-cp310-cp310-linux_x86_64.whl
legacy===2004d
-r more/extra.txt
-c constraints.txt
-e .
";
    let files = [
        ("requirements.txt", text),
        ("more/extra.txt", "tqdm\n-r ../requirements.txt\n"),
        ("constraints.txt", "idna==3.0\n"),
    ];
    assert_eq!(
        told(&files),
        [
            "PyPI idna 3.0 @1 [if anything asks for it]",
            "PyPI tqdm any version @1",
            "PyPI numpy 1.26.4 @2",
            "PyPI torch >=1.9,<2 @3",
            "PyPI pillow 10.0.0 @4",
            "PyPI pywin32 306 @8 [sys_platform == 'win32']",
            "PyPI requests >=2.0 @9",
            "PyPI foo 1.2.3 @12",
            "PyPI bar any version @13",
            "PyPI baz 0.1.0 @14",
            "PyPI legacy 2004d @15",
        ]
    );
}

#[test]
fn pyproject() {
    let text = r#"
[build-system]
requires = ["setuptools>=61"]
[project]
name = "own"
dependencies = ["torch==2.1.0+cu118", "numpy"]
[project.optional-dependencies]
gpu = ["cupy>=12 ; sys_platform == 'linux'"]
[dependency-groups]
test = ["pytest", { include-group = "docs" }]
[tool.poetry.dependencies]
python = "^3.9"
pydantic = "^1.10"
click = "8.1.3"
rich = { version = "~13.1", extras = ["jupyter"] }
attrs = [{ version = "<20", python = "3.8" }]
[tool.poetry.group.dev.dependencies]
ruff = "*"
"#;
    assert_eq!(
        told(&[("pyproject.toml", text)]),
        [
            "PyPI setuptools >=61 @3 [to build it] aside",
            "PyPI numpy any version @6",
            "PyPI torch 2.1.0+cu118 @6",
            "PyPI cupy >=12 @8 [extra `gpu`, sys_platform == 'linux'] aside",
            "PyPI pytest any version @10 [group `test`] aside",
            "PyPI pydantic >=1.10,<2 @13",
            "PyPI click 8.1.3 @14",
            "PyPI rich >=13.1,<13.2 @15",
            "PyPI attrs <20 @16",
            "PyPI ruff >=0.dev0 @18 [group `dev`] aside",
        ]
    );
}

#[test]
fn locks_of_python() {
    let uv = r#"
version = 1
requires-python = ">=3.10"
[[package]]
name = "own"
version = "0.1.0"
source = { editable = "." }
[[package]]
name = "torch"
version = "2.1.0+cu118"
source = { registry = "https://download.example/whl" }
"#;
    assert_eq!(told(&[("uv.lock", uv)]), ["PyPI torch 2.1.0+cu118 @9"]);
    let poetry = r#"
[[package]]
name = "urllib3"
version = "1.26.5"
description = "x"
optional = false
groups = ["main", "dev"]
markers = "python_version < \"3.4\" or python_version >= \"3.10\""
[[package]]
name = "pytest"
version = "7.0.0"
optional = false
groups = ["dev"]
[[package]]
name = "Old"
version = "1"
category = "dev"
optional = false
[metadata]
lock-version = "2.1"
"#;
    assert_eq!(
        told(&[("poetry.lock", poetry)]),
        [
            "PyPI urllib3 1.26.5 @3 [python_version < \"3.4\" or python_version >= \"3.10\"]",
            "PyPI pytest 7.0.0 @10 [group dev] aside",
            "PyPI old 1 @15 [group dev] aside",
        ]
    );
    let pdm = "[metadata]\ngroups = [\"default\", \"test\"]\n\n[[package]]\nname = \"flask\"\nversion = \"2.0.1\"\ngroups = [\"default\"]\n";
    assert_eq!(told(&[("pdm.lock", pdm)]), ["PyPI flask 2.0.1 @5"]);
    let pylock = "lock-version = \"1.0\"\n[[packages]]\nname = \"attrs\"\nversion = \"25.1.0\"\n[[packages]]\nname = \"own\"\ndirectory = { path = \".\" }\n";
    assert_eq!(told(&[("pylock.toml", pylock)]), ["PyPI attrs 25.1.0 @3"]);
    assert_eq!(told(&[("pylock.gpu.toml", pylock)]), ["PyPI attrs 25.1.0 @3"]);
    let pipenv = r#"{
  "_meta": { "hash": { "sha256": "x" }, "pipfile-spec": 6 },
  "default": {
    "requests": { "hashes": [], "index": "pypi", "version": "==2.19.0" },
    "local": { "path": ".", "editable": true }
  },
  "develop": { "pytest": { "version": "==7.0.0", "markers": "python_version >= '3.6'" } }
}"#;
    assert_eq!(
        told(&[("Pipfile.lock", pipenv)]),
        [
            "PyPI requests 2.19.0 @4",
            "PyPI local any version @5",
            "PyPI pytest 7.0.0 @7 [group develop, python_version >= '3.6'] aside",
        ]
    );
}

#[test]
fn conda_and_mlflow() {
    let environment = "\
name: x
channels: [conda-forge]
dependencies:
  - python=3.10
  - pytorch=2.0.1=py310_cuda
  - conda-forge::numpy=1.21
  - scipy>=1.7
  - pillow==9.0.0
  - cudatoolkit=11.8
  - pip:
    - transformers==4.30.0
    - -r extra/requirements.txt
";
    let comment = "[package of conda, compared by its name on PyPI]";
    assert_eq!(
        told(&[("environment.yml", environment), ("extra/requirements.txt", "peft==0.4.0\n")]),
        [
            format!("PyPI torch 2.0.1 @5 {comment}"),
            format!("PyPI numpy ==1.21.* @6 {comment}"),
            format!("PyPI scipy >=1.7 @7 {comment}"),
            format!("PyPI pillow 9.0.0 @8 {comment}"),
            "PyPI transformers 4.30.0 @11".to_owned(),
            "PyPI peft 0.4.0 @1".to_owned(),
        ]
    );
    let python_env = "python: 3.10.6\nbuild_dependencies:\n- pip==22.0\n- setuptools\ndependencies:\n- -r requirements.txt\n";
    assert_eq!(
        told(&[("python_env.yaml", python_env), ("requirements.txt", "mlflow==2.1.1\n")]),
        ["PyPI pip 22.0 @3", "PyPI setuptools any version @4", "PyPI mlflow 2.1.1 @1"]
    );
    let mlmodel = "flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n  sklearn:\n    sklearn_version: 1.0.2\nmlflow_version: 2.1.1\n";
    assert_eq!(told(&[("MLmodel", mlmodel)]), ["PyPI scikit-learn 1.0.2 @5", "PyPI mlflow 2.1.1 @6"]);
}

#[test]
fn locks_of_javascript() {
    let three = r#"{ "name": "own", "lockfileVersion": 3, "packages": {
  "": { "dependencies": { "lodash": "^4" } },
  "node_modules/lodash": { "version": "4.17.20" },
  "node_modules/a/node_modules/@babel/core": { "version": "7.0.0", "dev": true },
  "node_modules/alias": { "name": "real", "version": "1.0.0" },
  "node_modules/own-part": { "resolved": "packages/part", "link": true },
  "packages/part": { "version": "1.0.0" }
} }"#;
    assert_eq!(
        told(&[("package-lock.json", three)]),
        ["npm lodash 4.17.20 @3", "npm @babel/core 7.0.0 @4 [dev] aside", "npm real 1.0.0 @5"]
    );
    let one = r#"{ "lockfileVersion": 1, "dependencies": {
  "minimist": { "version": "0.0.8", "dependencies": { "inner": { "version": "2.0.0" } } },
  "git": { "version": "git+ssh://git@example/x.git#abc" },
  "alias": { "version": "npm:@scope/real@3.0.0" }
} }"#;
    assert_eq!(
        told(&[("package-lock.json", one)]),
        ["npm inner 2.0.0 @2", "npm minimist 0.0.8 @2", "npm @scope/real 3.0.0 @4"]
    );
    let nine = "lockfileVersion: '9.0'\npackages:\n  '@babel/core@7.0.0':\n    resolution: {integrity: x}\n  lodash@4.17.20:\n    resolution: {integrity: x}\n";
    assert_eq!(told(&[("pnpm-lock.yaml", nine)]), ["npm @babel/core 7.0.0 @3", "npm lodash 4.17.20 @5"]);
    let six = "lockfileVersion: '6.0'\npackages:\n  /react-dom@18.2.0(react@18.2.0):\n    dev: true\n  /lodash@4.17.20:\n    dev: false\n";
    assert_eq!(
        told(&[("pnpm-lock.yaml", six)]),
        ["npm react-dom 18.2.0 @3 [dev] aside", "npm lodash 4.17.20 @5"]
    );
    let five = "lockfileVersion: 5.4\npackages:\n  /@babel/core/7.0.0:\n    dev: false\n  /react-dom/18.2.0_react@18.2.0:\n    dev: false\n";
    assert_eq!(told(&[("pnpm-lock.yaml", five)]), ["npm @babel/core 7.0.0 @3", "npm react-dom 18.2.0 @5"]);
    let yarn = "\
# yarn lockfile v1


\"@babel/core@^7.0.0\", \"@babel/core@^7.1.0\":
  version \"7.1.0\"
  resolved \"https://registry.example/x.tgz#abc\"
  dependencies:
    lodash \"^4\"

lodash@^4:
  version \"4.17.20\"

\"alias@npm:real@^1\":
  version \"1.0.0\"
";
    assert_eq!(
        told(&[("yarn.lock", yarn)]),
        ["npm @babel/core 7.1.0 @4", "npm lodash 4.17.20 @10", "npm real 1.0.0 @13"]
    );
    let berry = "\
__metadata:
  version: 8

\"@babel/core@npm:^7.0.0, @babel/core@npm:^7.1.0\":
  version: 7.1.0
  resolution: \"@babel/core@npm:7.1.0\"

\"own@workspace:.\":
  version: 0.0.0-use.local
  resolution: \"own@workspace:.\"
";
    assert_eq!(told(&[("yarn.lock", berry)]), ["npm @babel/core 7.1.0 @4"]);
}

#[test]
fn cargo_and_go() {
    let cargo = "\
version = 4
[[package]]
name = \"own\"
version = \"0.1.0\"
dependencies = [\"time\"]
[[package]]
name = \"time\"
version = \"0.1.43\"
source = \"registry+https://github.com/rust-lang/crates.io-index\"
checksum = \"x\"
";
    assert_eq!(told(&[("Cargo.lock", cargo)]), ["crates.io time 0.1.43 @7"]);
    let go = "\
module example.com/own

go 1.21

require (
	golang.org/x/text v0.3.5
	github.com/a/b v1.2.3+incompatible // indirect
	github.com/old/c v1.0.0
	github.com/local/d v1.0.0
)
require golang.org/x/net v0.0.0-20190308221718-c2843e01d9a2
replace github.com/old/c => github.com/new/c v2.0.0
replace github.com/local/d => ../d
";
    assert_eq!(
        told(&[("go.mod", go)]),
        [
            "Go golang.org/x/text 0.3.5 @6",
            "Go github.com/a/b 1.2.3+incompatible @7 [indirect]",
            "Go github.com/new/c 2.0.0 @8",
            "Go golang.org/x/net 0.0.0-20190308221718-c2843e01d9a2 @11",
        ]
    );
}

#[test]
fn dockerfiles() {
    let text = "\
# syntax=docker/dockerfile:1
FROM python:3.10
ARG TORCH=2.0.1
ENV NAME value
RUN apt-get update && apt-get install -y git \\
    # a comment within
    && python -m pip install --no-cache-dir -i https://x.example torch==${TORCH} 'transformers>=4.30,<4.31' \\
    && pip3 install -r requirements.txt
RUN [\"pip\", \"install\", \"numpy==1.21.0\"]
RUN uv pip install --system pillow==9.0.0; conda install -c conda-forge scipy==1.7.0 -y
RUN npm install -g left-pad@1.3.0
COPY . /app
RUN pip install .
";
    assert_eq!(
        told(&[("Dockerfile", text), ("requirements.txt", "peft==0.4.0\n")]),
        [
            "PyPI torch 2.0.1 @5",
            "PyPI transformers >=4.30,<4.31 @5",
            "PyPI numpy 1.21.0 @9",
            "PyPI pillow 9.0.0 @10",
            "PyPI scipy 1.7.0 @10 [package of conda, compared by its name on PyPI]",
            "npm left-pad 1.3.0 @11",
            "PyPI peft 0.4.0 @1",
        ]
    );
}

#[test]
fn installed_distributions() {
    let metadata =
        "Metadata-Version: 2.1\nName: Jinja2\nVersion: 2.11.2\nSummary: x\n\nVersion: 9.9 (in the text)\n";
    assert_eq!(
        told(&[
            ("venv/lib/Jinja2-2.11.2.dist-info/METADATA", metadata),
            ("wheels/a_b-1.0-py3-none-any.whl", "PK")
        ]),
        ["PyPI jinja2 2.11.2 @3", "PyPI a-b 1.0 @0"].map(|text| text.replace("@3", "@2"))
    );
}

#[test]
fn bills_of_materials() {
    let cyclonedx = r#"{ "bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
  { "type": "library", "name": "django", "version": "2.0", "purl": "pkg:pypi/django@2.0",
    "components": [ { "type": "library", "name": "core", "purl": "pkg:npm/%40babel/core@7.0.0" } ] },
  { "type": "machine-learning-model", "name": "m", "purl": "pkg:huggingface/org/m@abc" },
  { "type": "library", "name": "nameless" }
] }"#;
    assert_eq!(told(&[("bom.json", cyclonedx)]), ["PyPI django 2.0 @2", "npm @babel/core 7.0.0 @3"]);
    let spdx = r#"{ "spdxVersion": "SPDX-2.3", "packages": [
  { "name": "x", "versionInfo": "1.1", "externalRefs": [
    { "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:golang/golang.org/x/text@v0.3.5" } ] }
] }"#;
    assert_eq!(told(&[("sbom.spdx.json", spdx)]), ["Go golang.org/x/text 0.3.5 @3"]);
    let text = "SPDXVersion: SPDX-2.3\nPackageName: flask\nPackageVersion: 0.12\nExternalRef: PACKAGE-MANAGER purl pkg:pypi/flask\n";
    assert_eq!(told(&[("sbom.spdx", text)]), ["PyPI flask 0.12 @4"]);
    let three = r#"{ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": [
  { "type": "software_Package", "name": "x", "software_packageVersion": "1.0", "software_packageUrl": "pkg:cargo/time@0.1.43" },
  { "type": "software_Package", "externalIdentifier": [ { "externalIdentifierType": "packageUrl", "identifier": "pkg:maven/org.a/b@1.0" } ] }
] }"#;
    assert_eq!(told(&[("x.jsonld", three)]), ["crates.io time 0.1.43 @2", "Maven org.a:b 1.0 @3"]);
    assert!(told(&[("config.json", "{\"bomFormat\": \"other\"}")]).is_empty());
}

#[test]
fn what_the_model_says_of_itself() {
    let mut materials = materials(&[
        ("config.json", "{\n  \"model_type\": \"bert\",\n  \"transformers_version\": \"4.30.2\"\n}"),
        ("generation_config.json", "{\"transformers_version\": \"4.30.2\"}"),
        ("unet/config.json", "{\"_diffusers_version\": \"0.6.0.dev0\"}"),
        ("adapter_config.json", "{\"peft_version\": \"0.4.0\", \"r\": 8}"),
        (
            "config_sentence_transformers.json",
            "{\"__version__\": {\"sentence_transformers\": \"2.2.2\", \"transformers\": \"4.6.1\", \"pytorch\": \"1.8.1+cu102\"}}",
        ),
        ("xgb.json", "{\"learner\": {}, \"version\": [2, 0, 3]}"),
        ("handler.py", ""),
        ("local_module.py", ""),
    ]);
    let at = materials.files.iter().position(|file| file.path == "handler.py").unwrap();
    materials.files[at].imports =
        ["os.path", "sklearn.svm", "cv2", "local_module.x", "google.protobuf.text_format", "torch"]
            .map(str::to_owned)
            .into();
    let mut onnx = file("m.onnx", "");
    let declared = |member: &str, key: &str, value: &str| crate::materials::Declared {
        member: member.to_owned(),
        key: key.to_owned(),
        value: value.to_owned(),
    };
    onnx.declared =
        vec![declared("", "onnx:producer_name", "pytorch"), declared("", "onnx:producer_version", "2.1.0")];
    let mut keras = file("m.h5", "");
    keras.declared =
        vec![declared("a!b", "hdf5:/@keras_version", "2.10.0"), declared("", "hdf5:/@backend_version", "3")];
    materials.files.extend([keras, onnx]);
    let survey = survey(&materials);
    let told: Vec<String> = survey
        .packages
        .iter()
        .map(|package| format!("{} {} {}", package.location.file, one(package), package.confidence))
        .collect();
    assert_eq!(
        told,
        [
            "adapter_config.json PyPI peft 0.4.0 @1 declared by the model",
            "config.json PyPI transformers 4.30.2 @3 declared by the model",
            "config_sentence_transformers.json PyPI sentence-transformers 2.2.2 @1 declared by the model",
            "config_sentence_transformers.json PyPI torch 1.8.1+cu102 @1 declared by the model",
            "config_sentence_transformers.json PyPI transformers 4.6.1 @1 declared by the model",
            "handler.py PyPI opencv-python any version @0 inferred from imports",
            "handler.py PyPI protobuf any version @0 inferred from imports",
            "handler.py PyPI scikit-learn any version @0 inferred from imports",
            "handler.py PyPI torch any version @0 inferred from imports",
            "m.h5 PyPI keras 2.10.0 @0 declared by the model",
            "m.onnx PyPI torch 2.1.0 @0 declared by the model",
            "unet/config.json PyPI diffusers 0.6.0.dev0 @1 declared by the model",
            "xgb.json PyPI xgboost 2.0.3 @1 declared by the model",
        ]
    );
    let keras = survey.packages.iter().find(|package| package.name == "keras").unwrap();
    assert_eq!(keras.location.members, ["a", "b"]);
}

#[test]
fn markers_are_judged_for_pythons_in_use() {
    use marker::{Holds, judge};
    for (marker, expected) in [
        ("python_version < '3'", Holds::Never),
        ("python_version >= '3.6'", Holds::Always),
        ("'3.6' <= python_version", Holds::Always),
        ("python_version == '3.10'", Holds::Sometimes),
        ("python_full_version < '3.9.1'", Holds::Sometimes),
        ("python_version == '2.7' or sys_platform == 'win32'", Holds::Sometimes),
        ("python_version == '2.7' and sys_platform == 'win32'", Holds::Never),
        ("(python_version < '3') or (python_version < '3.5')", Holds::Never),
        ("python_version in '2.6 2.7'", Holds::Never),
        ("python_version not in '2.6, 2.7'", Holds::Always),
        ("extra == 'test'", Holds::Sometimes),
        ("nonsense", Holds::Sometimes),
        ("python_version < '3' and", Holds::Sometimes),
        ("python_version < 'x'", Holds::Sometimes),
    ] {
        assert_eq!(judge(marker), expected, "{marker}");
    }
    assert_eq!(judge(&"(".repeat(100_000)), Holds::Sometimes);
}
