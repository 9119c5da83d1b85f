//! From what somebody wrote (a tag, an expression, a title, a link) to a licence.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::table::{plain, spdx_id, table};

/// What a statement of a licence means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// These licences: all of them, or one of them at the receiver's choice.
    Licences { keys: BTreeSet<String>, choice: bool },
    /// A family of licences (`gpl`, `cc`): which one is not said.
    Family(String),
    /// Expressly none, or one that is named elsewhere (`other`, `unknown`).
    Nothing(String),
    /// Something that nobody here knows.
    Unknown(String),
}

impl Said {
    pub(crate) fn one(key: impl Into<String>) -> Self {
        Self::Licences { keys: BTreeSet::from([key.into()]), choice: false }
    }

    /// The licences, if they are known.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        let keys = match self {
            Self::Licences { keys, .. } => Some(keys),
            _ => None,
        };
        keys.into_iter().flatten().map(String::as_str)
    }

    /// Whether two statements cannot both be right.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Licences { keys, .. }, Self::Licences { keys: others, .. }) => keys.is_disjoint(others),
            (Self::Family(family), licences @ Self::Licences { .. })
            | (licences @ Self::Licences { .. }, Self::Family(family)) => {
                !licences.keys().any(|key| belongs(key, family))
            }
            (Self::Family(one), Self::Family(other)) => one != other,
            _ => false,
        }
    }
}

/// Whether a licence belongs to a family of the Hub.
fn belongs(key: &str, family: &str) -> bool {
    let prefix = match family {
        "gfdl" => "gfdl-",
        "openrail" => return table().record(key).is_some_and(|record| record.family == "openrail"),
        other => other,
    };
    key.starts_with(prefix)
}

/// The licence meant by a tag or an expression.
pub(crate) fn tag(said: &str) -> Said {
    let said = said.trim();
    let lower = said.to_lowercase();
    if matches!(lower.as_str(), "" | "other" | "unknown" | "none" | "n/a" | "proprietary" | "noassertion") {
        return Said::Nothing(lower);
    }
    if let Some(hub) = table().hub.iter().find(|hub| hub.id == lower) {
        return hub.key.as_ref().map_or_else(|| Said::Family(lower.clone()), Said::one);
    }
    key(&lower)
        .map(Said::one)
        .or_else(|| expression(said))
        .or_else(|| title(said))
        .or_else(|| link(&lower))
        .unwrap_or(Said::Unknown(said.to_owned()))
}

/// The key of a licence by one of its identifiers, in lower case.
fn key(lower: &str) -> Option<String> {
    if let Some(record) = table().by_hub_name(lower) {
        return Some(record.id.clone());
    }
    if table().records.contains_key(lower) {
        return Some(lower.to_owned());
    }
    spdx_id(plain(lower)).map(|_| plain(lower).to_owned())
}

/// An SPDX expression: `MIT OR Apache-2.0`. Where `OR` and `AND` are mixed, all parts are taken to apply.
fn expression(said: &str) -> Option<Said> {
    let parsed = spdx::Expression::parse_mode(said, spdx::ParseMode::LAX).ok()?;
    let keys: BTreeSet<String> = parsed
        .requirements()
        .filter_map(|part| part.req.license.id())
        .map(|id| plain(&id.name.to_lowercase()).to_owned())
        .collect();
    let all_known = parsed.requirements().all(|part| part.req.license.id().is_some());
    let upper = said.to_uppercase();
    let choice = upper.contains(" OR ") && !upper.contains(" AND ");
    (all_known && !keys.is_empty()).then_some(Said::Licences { keys, choice })
}

/// Words of titles with the key of the licence, longest first.
fn titles() -> &'static [(Vec<String>, String)] {
    static TITLES: OnceLock<Vec<(Vec<String>, String)>> = OnceLock::new();
    TITLES.get_or_init(|| {
        let own = table().records.values().filter(|record| record.family != "none");
        let own =
            own.flat_map(|record| record.names.iter().map(move |name| (name.clone(), record.id.clone())));
        let spdx = spdx::identifiers::LICENSES
            .iter()
            .map(|licence| (licence.full_name.to_owned(), plain(&licence.name.to_lowercase()).to_owned()));
        let usual = USUAL.iter().map(|(title, key)| ((*title).to_owned(), (*key).to_owned()));
        let mut titles: Vec<_> =
            own.chain(spdx).chain(usual).map(|(title, key)| (words(&title), key)).collect();
        titles.retain(|(title, _)| title.len() > 1 || title.iter().any(|word| word.len() > 8));
        titles.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        titles
    })
}

/// How people write well-known titles.
const USUAL: &[(&str, &str)] = &[
    ("Apache 2.0", "apache-2.0"),
    ("Apache 2", "apache-2.0"),
    ("Apache-2.0", "apache-2.0"),
    ("Apache License Version 2.0", "apache-2.0"),
    ("Apache Software License", "apache-2.0"),
    ("BSD 3 Clause", "bsd-3-clause"),
    ("CC BY 4.0", "cc-by-4.0"),
    ("CC BY NC 4.0", "cc-by-nc-4.0"),
    ("CC BY NC SA 4.0", "cc-by-nc-sa-4.0"),
    ("CC BY NC ND 4.0", "cc-by-nc-nd-4.0"),
    ("CC BY SA 4.0", "cc-by-sa-4.0"),
    ("CreativeML OpenRAIL-M", "creativeml-openrail-m"),
    ("Gemma license", "gemma"),
    ("Llama 2 license", "llama2"),
    ("Llama 3 license", "llama3"),
    ("Meta Llama 3 Community License", "llama3"),
    ("Llama 3 Community License", "llama3"),
    ("Llama 3.1 license", "llama3.1"),
    ("Llama 3.1 Community License", "llama3.1"),
    ("Llama 3.2 Community License", "llama3.2"),
    ("Llama 3.3 Community License", "llama3.3"),
    ("Llama 4 Community License", "llama4"),
    ("MIT License", "mit"),
    ("the MIT", "mit"),
    ("Stability AI Community License", "stability-community"),
];

/// Words of a text in which titles are looked for. Numbers stay one word (`2.0`), because `Llama 3` is not `Llama 3.1`.
fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !c.is_alphanumeric() && c != '.');
    let parts = parts.map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    parts
        .map(|word| {
            if word.starts_with("licence") { word.replacen("licence", "license", 1) } else { word.to_owned() }
        })
        .collect()
}

/// The licences whose title stands in a text, in the order in which they stand there.
pub(crate) fn named(text: &str) -> Vec<String> {
    let words = words(text);
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = words.get(at..).filter(|rest| !rest.is_empty()) {
        match titles().iter().find(|(title, _)| rest.starts_with(title)) {
            Some((title, key)) => {
                found.push(key.clone());
                at += title.len();
            }
            None => at += 1,
        }
    }
    found.dedup();
    found
}

/// The one licence whose title makes up most of a short text.
fn title(said: &str) -> Option<Said> {
    if said.len() > 200 {
        return None;
    }
    let words = words(said);
    let found: BTreeSet<String> = named(said).into_iter().collect();
    let title =
        titles().iter().find(|(title, _)| words.windows(title.len()).any(|run| run == title.as_slice()))?;
    (found.len() == 1 && title.0.len() * 2 >= words.len())
        .then_some(Said::Licences { keys: found, choice: false })
}

/// The licence at a well-known address.
pub(crate) fn link(address: &str) -> Option<Said> {
    let lower = address.trim().to_lowercase();
    let (_, rest) = lower.split_once("://")?;
    let rest = rest.trim_start_matches("www.").trim_end_matches('/');
    let known = LINKS.iter().find(|(start, _)| rest.starts_with(start)).map(|(_, key)| (*key).to_owned());
    let own = || {
        let of = |known: &Option<String>| {
            known.as_deref().and_then(|known| known.split_once("://")).is_some_and(|(_, known)| {
                let known = known.trim_start_matches("www.").trim_end_matches('/').to_lowercase();
                known.contains('/') && rest.starts_with(&known)
            })
        };
        table().records.values().find(|record| of(&record.text_url)).map(|record| record.id.clone())
    };
    let listed = || {
        let name =
            rest.strip_prefix("spdx.org/licenses/").or_else(|| rest.strip_prefix("opensource.org/licenses/"));
        let name = name.or_else(|| rest.strip_prefix("opensource.org/license/"))?;
        key(name.trim_end_matches(".html").trim_end_matches(".txt"))
    };
    let creative = || {
        let (kind, version) = rest.strip_prefix("creativecommons.org/licenses/")?.split_once('/')?;
        let version = version.split('/').next()?;
        key(&format!("cc-{kind}-{version}"))
    };
    known.or_else(own).or_else(listed).or_else(creative).map(Said::one)
}

/// Beginnings of addresses of licences, without the scheme.
const LINKS: &[(&str, &str)] = &[
    ("apache.org/licenses/license-2.0", "apache-2.0"),
    ("creativecommons.org/publicdomain/zero/1.0", "cc0-1.0"),
    ("ai.google.dev/gemma/terms", "gemma"),
    ("ai.meta.com/llama/license", "llama2"),
    ("llama.meta.com/llama3/license", "llama3"),
    ("llama.com/llama3/license", "llama3"),
    ("llama.com/llama3_1/license", "llama3.1"),
    ("llama.com/llama3_2/license", "llama3.2"),
    ("llama.com/llama3_3/license", "llama3.3"),
    ("llama.com/llama4/license", "llama4"),
    ("huggingface.co/meta-llama/llama-2-", "llama2"),
    ("huggingface.co/meta-llama/meta-llama-3-", "llama3"),
    ("huggingface.co/meta-llama/meta-llama-3.1", "llama3.1"),
    ("huggingface.co/meta-llama/llama-3.1", "llama3.1"),
    ("huggingface.co/meta-llama/llama-3.2", "llama3.2"),
    ("huggingface.co/meta-llama/llama-3.3", "llama3.3"),
    ("huggingface.co/qwen/qwen2.5-72b", "qwen"),
    ("huggingface.co/qwen/qwen2.5-3b", "qwen-research"),
    ("huggingface.co/spaces/compvis/stable-diffusion-license", "creativeml-openrail-m"),
    ("huggingface.co/spaces/bigscience/license", "bigscience-bloom-rail-1.0"),
    ("huggingface.co/spaces/bigcode/bigcode-model-license-agreement", "bigcode-openrail-m"),
    ("huggingface.co/stabilityai/stable-diffusion-3", "stability-community"),
    ("huggingface.co/stabilityai/stable-diffusion-xl", "openrail++"),
    ("huggingface.co/black-forest-labs/flux.1-dev", "flux-1-dev-nc"),
    ("huggingface.co/deepseek-ai/deepseek-coder", "deepseek"),
    ("github.com/deepseek-ai/deepseek-llm/blob/main/license-model", "deepseek"),
    ("github.com/deepseek-ai/deepseek-coder/blob/main/license-model", "deepseek"),
    ("github.com/qwenlm/qwen/blob/main/tongyi", "tongyi-qianwen"),
    ("nvidia.com/en-us/agreements/enterprise-software/nvidia-open-model-license", "nvidia-open-model"),
    ("developer.nvidia.com/open-model-license", "nvidia-open-model"),
    ("mistral.ai/licenses/mrl-0.1", "mrl-0.1"),
    ("mistral.ai/licenses/mnpl-0.1", "mnpl-0.1"),
    ("mistral.ai/licences/mnpl-0.1", "mnpl-0.1"),
    ("falconllm.tii.ae/falcon-2-terms", "falcon-2-11b-tii-1.0"),
    ("falconllm.tii.ae/falcon-terms", "falcon-llm-2.0"),
    ("ai21.com/licenses/jamba-open-model-license", "jamba-open-model"),
    ("databricks.com/legal/open-model-license", "dbrx"),
    ("unlicense.org", "unlicense"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(said: &Said) -> Vec<String> {
        said.keys().map(str::to_owned).collect()
    }

    #[test]
    fn every_identifier_of_the_hub_is_understood() {
        for hub in &table().hub {
            match tag(&hub.id) {
                Said::Licences { keys, .. } => assert_eq!(keys.first(), hub.key.as_ref(), "{}", hub.id),
                Said::Family(family) => assert_eq!(family, hub.id),
                Said::Nothing(word) => assert!(matches!(word.as_str(), "other" | "unknown")),
                Said::Unknown(word) => panic!("{word}"),
            }
        }
    }

    #[test]
    fn what_people_write_is_understood() {
        for (said, key) in [
            ("Apache-2.0", "apache-2.0"),
            ("apache 2.0", "apache-2.0"),
            ("Apache License, Version 2.0", "apache-2.0"),
            ("MIT License", "mit"),
            ("GPL-3.0-or-later", "gpl-3.0"),
            ("LGPL-2.1+", "lgpl-2.1"),
            ("llama3.1", "llama3.1"),
            ("Llama 3.1 Community License Agreement", "llama3.1"),
            ("mrl", "mrl-0.1"),
            ("BSL-1.0", "bsl-1.0"),
            ("bsl-1.0", "bsl-1.0"),
            ("https://creativecommons.org/licenses/by-nc/4.0/", "cc-by-nc-4.0"),
            ("https://www.llama.com/llama3_1/license/", "llama3.1"),
            ("https://opensource.org/licenses/MIT", "mit"),
            ("modified-mit", "kimi-k2-modified-mit"),
        ] {
            assert_eq!(keys(&tag(said)), [key], "{said}");
        }
        assert_eq!(
            tag("MIT OR Apache-2.0"),
            Said::Licences { keys: ["mit".to_owned(), "apache-2.0".to_owned()].into(), choice: true }
        );
        assert_eq!(tag("my-own-licence"), Said::Unknown("my-own-licence".to_owned()));
        assert_eq!(tag("Other"), Said::Nothing("other".to_owned()));
    }

    #[test]
    fn titles_are_found_in_prose_and_versions_kept_apart() {
        assert_eq!(
            named("Code is under the MIT license; weights under the Llama 3.1 Community License."),
            ["mit", "llama3.1"]
        );
        assert_eq!(named("released under Apache 2.0."), ["apache-2.0"]);
        assert_eq!(named("built on Llama 3 and Apache Spark"), Vec::<String>::new());
    }

    #[test]
    fn contradictions() {
        let says = |one, other| tag(one).contradicts(&tag(other));
        assert!(
            says("apache-2.0", "mit") && says("gpl", "mit") && says("openrail", "mit") && says("cc", "bsd")
        );
        assert!(
            !says("gpl", "gpl-3.0")
                && !says("openrail", "creativeml-openrail-m")
                && !says("MIT OR Apache-2.0", "mit")
        );
        assert!(!says("other", "mit") && !says("nobody-knows-it", "mit"));
    }
}
