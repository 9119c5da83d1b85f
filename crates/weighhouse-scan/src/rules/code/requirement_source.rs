use weighhouse_core::Severity;
use weighhouse_formats::bundle::{BundleFacts, Role};
use weighhouse_formats::text::{Address, TextFacts};

use crate::knowledge::effects::suspicious_host;
use crate::repository::Repository;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Requirements are to be installed from somewhere else than the package indexes and code hosts that are known.
    ///
    /// # What it detects
    ///
    /// Addresses in `requirements.txt` and its kin, behind names and `@` in `pyproject.toml` and `setup.cfg`, in Conda environments and in
    /// the settings of `BentoML` and `spaCy`, as packages or as
    /// index, whose host is not on the list
    /// of known indexes and code hosts (high), or that are fetched over an unprotected connection (high; medium from a known host).
    ///
    /// # Why it matters
    ///
    /// Installing a package runs its code. Whoever answers at that address decides what is installed.
    ///
    /// # Example
    ///
    /// `--extra-index-url http://192.0.2.1/simple`
    ///
    /// # What to do
    ///
    /// Install the packages from the index you trust, by name and digest.
    ///
    /// # References
    ///
    /// - <https://pip.pypa.io/en/stable/topics/secure-installs/>
    /// - <https://cwe.mitre.org/data/definitions/829.html>
    pub(crate) RequirementSource {
        id: "WH-COD-013",
        slug: "requirement-source",
        since: "0.1.0",
        severity: High,
        confidence: Medium,
        formats: [Text, Yaml],
        cwe: [829, 494],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Indexes and code hosts that requirements of models name; what lies below a host counts as well.
const KNOWN: &[&str] = &[
    "abetlen.github.io",
    "aliyun.com",
    "anaconda.com",
    "anaconda.org",
    "baidu.com",
    "bitbucket.org",
    "codeberg.org",
    "data.pyg.org",
    "developer.download.nvidia.com",
    "dl.fbaipublicfiles.com",
    "flashinfer.ai",
    "github.com",
    "githubusercontent.com",
    "gitlab.com",
    "hf.co",
    "huaweicloud.com",
    "huggingface.co",
    "nvidia.com",
    "paddlepaddle.org.cn",
    "prefix.dev",
    "pypi.org",
    "python.org",
    "pythonhosted.org",
    "pytorch.org",
    "radeon.com",
    "storage.googleapis.com",
    "tencent.com",
    "tsinghua.edu.cn",
    "ustc.edu.cn",
    "vllm.ai",
    "pkg.dev",
    "openxlab.org.cn",
    "modelscope.cn",
    "intel.com",
    "amd.com",
];

impl Rule for RequirementSource {
    fn bundle(&self, repository: &Repository, cx: &mut Context<'_>) {
        let of = |facts: &BundleFacts| {
            facts.references.clone().into_iter().filter(|found| found.role == Role::Requirement)
        };
        for (path, reference) in
            repository.bundles.iter().flat_map(|(path, facts)| of(facts).map(move |found| (path, found)))
        {
            let Some((_, rest)) = reference.value.split_once("://") else { continue };
            let host =
                rest.rsplit_once('@').map_or(rest, |(_, host)| host).split(['/', ':', '?', '#']).next();
            let protected = !reference.value.contains("http://");
            let Some(severity) = judge(host.unwrap_or_default(), protected) else { continue };
            cx.report(format!("requirements come from {}", quote(&reference.value)))
                .severity(severity)
                .in_file(path)
                .at(reference.region)
                .key(&reference.value)
                .emit();
        }
    }

    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        let (all, some) = (lists_requirements(cx.name()), describes_package(cx.name()));
        let listed = |address: &&Address| !address.commented && (all || some && address.required);
        for address in facts.addresses.iter().filter(listed) {
            let found = judge(address.host(), !address.text.starts_with("http://"));
            let Some(severity) = found else { continue };
            let local = address.text.starts_with("file://");
            let severity = if local { Severity::Low } else { severity };
            cx.report(format!("requirements come from {}", quote(&address.text)))
                .severity(severity)
                .at(address.region)
                .line(address.line)
                .key(&address.text)
                .emit();
        }
    }
}

/// How bad it is to install from a host, if it is.
fn judge(host: &str, protected: bool) -> Option<Severity> {
    let host = host.to_ascii_lowercase();
    match (is_known_source(&host) && suspicious_host(&host).is_none(), protected) {
        (true, true) => None,
        (true, false) => Some(Severity::Medium),
        (false, _) => Some(Severity::High),
    }
}

/// Whether a host is an index or code host that is known.
pub(crate) fn is_known_source(host: &str) -> bool {
    KNOWN
        .iter()
        .any(|known| host == *known || host.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
}

fn lists_requirements(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let text = matches!(file.rsplit('.').next(), Some("txt" | "in" | "pip"));
    let listed =
        ["requirements", "constraints", "dependencies"].iter().any(|word| file.contains(word)) && text;
    listed
        || matches!(
            file.as_str(),
            "conda.yaml"
                | "conda.yml"
                | "environment.yaml"
                | "environment.yml"
                | "pip.conf"
                | "pip.ini"
                | "pipfile"
                | "python_env.yaml"
        )
}

/// Whether a file names, among other addresses, what a package needs before it is built and installed.
fn describes_package(name: &str) -> bool {
    let file = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    matches!(file.as_str(), "pyproject.toml" | "setup.cfg")
}

crate::samples! {
    RequirementSource,
    bad: {
        "another index" => [("requirements.txt", b"--index-url https://pypi.example.org/simple\ntorch\n".to_vec())],
        "a package by address" => [("requirements.txt", b"http://192.0.2.1/helper.whl\n".to_vec())],
        "an index of BentoML" => [("bentofile.yaml", b"service: s:svc\npython:\n  index_url: http://example.org/simple\n".to_vec())],
        "a package of spaCy" => [("meta.json", br#"{"lang": "en", "spacy_version": ">=3", "requirements": ["x @ https://example.org/x.whl"]}"#.to_vec())],
        "a builder by address" => [("pyproject.toml", b"[build-system]\nrequires = [\"helper @ http://192.0.2.1/x.whl\"]\nbuild-backend = \"helper\"\n".to_vec())],
        "a Conda environment" => [("conda.yaml", b"dependencies:\n- pip:\n  - https://transfer.sh/abc/helper-1.0.whl\n".to_vec())],
    },
    ok: {
        "a package of an index" => [("bentofile.yaml", b"service: s:svc\npython:\n  packages:\n  - torch\n  index_url: https://pypi.org/simple\n".to_vec())],
        "a package with pages" => [("pyproject.toml", b"[build-system]\nrequires = [\"setuptools>=61\", \"peft @ git+https://github.com/huggingface/peft\"]\n[project.urls]\nHomepage = \"https://example.org\"\n".to_vec())],
        "known hosts" => [("requirements.txt", b"--extra-index-url https://download.pytorch.org/whl/cu124\ntorch\ngit+https://github.com/huggingface/transformers\n# see https://example.org\n".to_vec())],
    },
}
