//! The table of credentials: how each kind begins, what it looks like, and how a real one is told from an invented one.
//!
//! Sources: the issuers' own documentation of token formats. Examples in the tests are assembled there, so that this file
//! holds nothing that looks like a secret itself.

use super::check::Check;

/// One kind of credential.
#[derive(Debug)]
pub(super) struct Pattern {
    /// Stable id.
    pub(super) id: &'static str,
    /// Texts of which one stands in every match; compared without case.
    pub(super) literals: &'static [&'static str],
    /// Bytes before the literal at which a match may begin.
    pub(super) back: usize,
    /// The whole credential. A group `v`, if there is one, is the secret part.
    pub(super) regex: &'static str,
    /// What confirms it.
    pub(super) check: Check,
}

const fn pattern(
    id: &'static str,
    literals: &'static [&'static str],
    regex: &'static str,
    check: Check,
) -> Pattern {
    Pattern { id, literals, back: 0, regex, check }
}

/// All kinds, the special before the general.
pub(super) const PATTERNS: &[Pattern] = &[
    pattern("huggingface-token", &["hf_"], r"hf_[A-Za-z]{34}\b", Check::Entropy(3.5)),
    pattern("huggingface-organisation-token", &["api_org_"], r"api_org_[A-Za-z]{34}\b", Check::Entropy(3.5)),
    pattern("anthropic-key", &["sk-ant-"], r"sk-ant-[a-z]{3,6}\d\d-[A-Za-z0-9_-]{80,120}", Check::Entropy(4.0)),
    pattern("openrouter-key", &["sk-or-v1-"], r"sk-or-v1-[0-9a-f]{64}\b", Check::Entropy(3.0)),
    pattern(
        "openai-key",
        &["T3BlbkFJ"],
        r"sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100}",
        Check::Entropy(3.5),
    )
    .back(120),
    pattern("openai-project-key", &["sk-proj-"], r"sk-proj-[A-Za-z0-9_-]{48,200}", Check::Entropy(4.0)),
    pattern("aws-access-key", &["AKIA", "ASIA"], r"(?:AKIA|ASIA)[A-Z2-7]{16}\b", Check::AwsPair),
    pattern("google-api-key", &["AIza"], r"AIza[0-9A-Za-z_-]{35}", Check::Entropy(3.8)),
    pattern("google-oauth-secret", &["GOCSPX-"], r"GOCSPX-[A-Za-z0-9_-]{28}", Check::Entropy(3.5)),
    pattern(
        "google-service-account",
        &["private_key_id"],
        r#"private_key_id"\s*:\s*"(?P<v>[0-9a-f]{40})""#,
        Check::Entropy(3.0),
    ),
    pattern("azure-storage-key", &["AccountKey="], r"AccountKey=(?P<v>[A-Za-z0-9+/]{86}==)", Check::Entropy(4.5)),
    pattern(
        "azure-client-secret",
        &["Q~"],
        r"[A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,34}",
        Check::Entropy(3.8),
    )
    .back(4),
    pattern("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"gh[pousr]_[A-Za-z0-9]{36}\b", Check::Crc32Base62),
    pattern("github-fine-grained-token", &["github_pat_"], r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}\b", Check::Entropy(4.0)),
    pattern(
        "gitlab-token",
        &["glpat-", "gldt-", "glrt-", "glptt-"],
        r"gl(?:pat|dt|rt|ptt)-[A-Za-z0-9_-]{20,50}",
        Check::Entropy(3.5),
    ),
    pattern("slack-token", &["xoxb-", "xoxp-", "xoxa-", "xoxs-", "xoxe"], r"xox[abeps][a-z0-9.]{0,5}-[0-9]{1,13}-[A-Za-z0-9-]{16,160}", Check::Entropy(3.0)),
    pattern("slack-app-token", &["xapp-"], r"xapp-[0-9]-[A-Z0-9]{8,12}-[0-9]{10,14}-[0-9a-f]{64}", Check::Entropy(3.0)),
    pattern(
        "slack-webhook",
        &["hooks.slack.com/services/"],
        r"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<v>[A-Za-z0-9]{20,28})",
        Check::Entropy(3.5),
    ),
    pattern("stripe-key", &["sk_live_", "rk_live_"], r"[sr]k_live_[A-Za-z0-9]{24,120}", Check::Entropy(3.5)),
    pattern(
        "twilio-token",
        &["twilio"],
        r#"(?i)twilio[\w.-]{0,24}["']?\s*[=:]\s*["']?(?P<v>(?:SK)?[0-9a-f]{32})\b"#,
        Check::Entropy(3.0),
    ),
    pattern("npm-token", &["npm_"], r"npm_[A-Za-z0-9]{36}\b", Check::Crc32Base62),
    pattern("pypi-token", &["pypi-AgE"], r"pypi-AgE[A-Za-z0-9_-]{60,400}", Check::Macaroon),
    pattern("sendgrid-key", &["SG."], r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}\b", Check::Entropy(4.0)),
    pattern("telegram-bot-token", &[":AA"], r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}\b", Check::Entropy(3.8)).back(10),
    pattern(
        "discord-webhook",
        &["/api/webhooks/"],
        r"/api/webhooks/[0-9]{17,20}/(?P<v>[A-Za-z0-9_-]{60,80})",
        Check::Entropy(4.0),
    ),
    pattern(
        "discord-bot-token",
        &["discord"],
        r#"(?i)discord[\w.-]{0,24}["']?\s*[=:]\s*["']?(?P<v>[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40})"#,
        Check::Entropy(3.8),
    ),
    pattern(
        "private-key",
        &["PRIVATE KEY"],
        r"-----BEGIN (?:[A-Z]{2,9} )?PRIVATE KEY(?: BLOCK)?-----(?P<v>(?:-{0,2}[A-Za-z0-9+/=\s:,.]|\\[nr]){64,3900})",
        Check::PrivateKey,
    )
    .back(24),
    pattern(
        "json-web-token",
        &["eyJ"],
        r"eyJ[A-Za-z0-9_-]{10,1000}\.eyJ[A-Za-z0-9_-]{10,2000}\.[A-Za-z0-9_-]{20,800}",
        Check::JsonWebToken,
    ),
    pattern(
        "wandb-key",
        &["wandb"],
        r#"(?i)wandb[\w.-]{0,24}(?:["']?\s*[=:]\s*["']?|\s+|\(\s*key\s*=\s*["'])(?P<v>[0-9a-f]{40})\b"#,
        Check::Entropy(3.0),
    ),
    pattern("databricks-token", &["dapi"], r"dapi[0-9a-f]{32}(?:-[0-9])?\b", Check::Entropy(3.0)),
    pattern("replicate-token", &["r8_"], r"r8_[A-Za-z0-9]{37}\b", Check::Entropy(3.8)),
    pattern("groq-key", &["gsk_"], r"gsk_[A-Za-z0-9]{52}\b", Check::Entropy(4.0)),
    pattern(
        "mistral-key",
        &["mistral"],
        r#"(?i)mistral[\w.-]{0,8}(?:key|token)["']?\s*[=:]\s*["']?(?P<v>[A-Za-z0-9]{32})\b"#,
        Check::Entropy(3.8),
    ),
    pattern(
        "cohere-key",
        &["cohere", "co_api_key"],
        r#"(?i)co(?:here)?[\w.-]{0,8}(?:key|token)["']?\s*[=:]\s*["']?(?P<v>[A-Za-z0-9]{40})\b"#,
        Check::Entropy(3.8),
    ),
    pattern("perplexity-key", &["pplx-"], r"pplx-[A-Za-z0-9]{48}\b", Check::Entropy(4.0)),
    pattern("xai-key", &["xai-"], r"xai-[A-Za-z0-9]{80}\b", Check::Entropy(4.0)),
    pattern("nvidia-key", &["nvapi-"], r"nvapi-[A-Za-z0-9_-]{60,70}", Check::Entropy(4.0)),
    pattern("langsmith-key", &["lsv2_"], r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}\b", Check::Entropy(3.0)),
    pattern("pinecone-key", &["pcsk_"], r"pcsk_[A-Za-z0-9]{5,6}_[A-Za-z0-9]{63}\b", Check::Entropy(4.0)),
    pattern("supabase-token", &["sbp_"], r"sbp_[0-9a-f]{40}\b", Check::Entropy(3.0)),
    pattern("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"do[opr]_v1_[0-9a-f]{64}\b", Check::Entropy(3.0)),
    pattern("vault-token", &["hvs."], r"hvs\.[A-Za-z0-9_-]{90,120}", Check::Entropy(4.0)),
    pattern("docker-token", &["dckr_pat_"], r"dckr_pat_[A-Za-z0-9_-]{27}", Check::Entropy(3.5)),
    pattern("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b", Check::Entropy(3.0)),
    pattern("postman-key", &["PMAK-"], r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}\b", Check::Entropy(3.0)),
    pattern("linear-key", &["lin_api_"], r"lin_api_[A-Za-z0-9]{40}\b", Check::Entropy(3.8)),
    pattern("notion-token", &["ntn_"], r"ntn_[0-9]{11}[A-Za-z0-9]{35}\b", Check::Entropy(3.8)),
    pattern("doppler-token", &["dp.pt."], r"dp\.pt\.[A-Za-z0-9]{40,44}\b", Check::Entropy(3.8)),
    pattern("new-relic-key", &["NRAK-"], r"NRAK-[A-Z0-9]{27}\b", Check::Entropy(3.5)),
    pattern("terraform-token", &[".atlasv1."], r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{60,70}", Check::Entropy(4.0)).back(14),
    pattern("age-key", &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1(?P<v>[A-Z0-9]{58})\b", Check::Entropy(3.5)),
    pattern(
        "kaggle-key",
        &["\"username\""],
        r#""username"\s*:\s*"[^"]{1,64}"\s*,\s*"key"\s*:\s*"(?P<v>[0-9a-f]{32})""#,
        Check::Entropy(3.0),
    ),
    pattern(
        "url-password",
        &["://"],
        r#"[a-z][a-z0-9+]{1,20}://[^\s/:@"'<>{}$]{1,64}:(?P<v>[^\s/@"'<>{}$]{6,128})@[A-Za-z0-9.-]{3,}"#,
        Check::Password,
    )
    .back(20),
    pattern(
        "generic-secret",
        &["password", "passwd", "secret", "api_key", "apikey", "access_key", "access_token", "auth_token"],
        r#"(?i)(?:password|passwd|secret|api_?key|access_key|access_token|auth_token)[\w-]{0,12}["']?\s*(?:=|:|=>|:=)\s*["'](?P<v>[^"'\s]{8,128})["']"#,
        Check::Generic,
    ),
];

impl Pattern {
    const fn back(self, back: usize) -> Self {
        Self { back, ..self }
    }
}
