use weighhouse_core::Severity;
use weighhouse_formats::text::TextFacts;

use crate::knowledge::effects::suspicious_host;
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// Requirements are to be installed from somewhere else than the package indexes and code hosts that are known.
    ///
    /// # What it detects
    ///
    /// Addresses in `requirements.txt` and its kin and in Conda environments, as packages or as index, whose host is not on the list
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
    fn text(&self, facts: &TextFacts, cx: &mut Context<'_>) {
        if !lists_requirements(cx.name()) {
            return;
        }
        for address in facts.addresses.iter().filter(|address| !address.commented) {
            let host = address.host().to_ascii_lowercase();
            let known = is_known_source(&host);
            let protected = !address.text.starts_with("http://");
            let severity = match (known && suspicious_host(&host).is_none(), protected) {
                (true, true) => continue,
                (true, false) => Severity::Medium,
                (false, _) if address.text.starts_with("file://") => Severity::Low,
                (false, _) => Severity::High,
            };
            cx.report(format!("requirements come from {}", quote(&address.text)))
                .severity(severity)
                .at(address.region)
                .line(address.line)
                .key(&address.text)
                .emit();
        }
    }
}

/// Whether a host is an index or code host that is known.
pub(super) fn is_known_source(host: &str) -> bool {
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

crate::samples! {
    RequirementSource,
    bad: {
        "another index" => [("requirements.txt", b"--index-url https://pypi.example.org/simple\ntorch\n".to_vec())],
        "a package by address" => [("requirements.txt", b"http://192.0.2.1/helper.whl\n".to_vec())],
        "a Conda environment" => [("conda.yaml", b"dependencies:\n- pip:\n  - https://transfer.sh/abc/helper-1.0.whl\n".to_vec())],
    },
    ok: {
        "known hosts" => [("requirements.txt", b"--extra-index-url https://download.pytorch.org/whl/cu124\ntorch\ngit+https://github.com/huggingface/transformers\n# see https://example.org\n".to_vec())],
    },
}
