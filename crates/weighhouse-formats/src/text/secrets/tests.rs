use super::check::{self, base62};
use super::*;
use crate::bounded::Budget;
use crate::source::Memory;
use crate::text::SecretCandidate;

const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ALPHANUMERIC: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Text that looks random and is the same on every run.
fn random(seed: u64, alphabet: &[u8], len: usize) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..len)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(alphabet[(state >> 33) as usize % alphabet.len()])
        })
        .collect()
}

fn find(text: &str) -> Vec<SecretCandidate> {
    crate::text::scan::scan(&Memory::new(text.as_bytes().to_vec()), &Budget::default()).facts.secrets
}

fn github(prefix: &str) -> String {
    let body = random(3, ALPHANUMERIC, 30);
    let checksum = base62(crc32fast::hash(body.as_bytes()));
    format!("{prefix}_{body}{}", std::str::from_utf8(&checksum).unwrap())
}

/// One real-looking example of every kind.
#[expect(clippy::too_many_lines, reason = "a table")]
fn examples() -> Vec<(&'static str, String)> {
    let a = |seed, len| random(seed, ALPHANUMERIC, len);
    let h = |seed, len| random(seed, HEX, len);
    let jwt = |text: &str| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, text);
    let key: Vec<u8> = [0x30, 0x82].into_iter().chain(a(9, 118).into_bytes()).collect();
    let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, key);
    let macaroon = [b"\x02\x01\x08pypi.org\x02".as_slice(), a(4, 90).as_bytes()].concat();
    vec![
        ("huggingface-token", format!("hf_{}", random(1, LETTERS, 34))),
        ("huggingface-organisation-token", format!("api_org_{}", random(1, LETTERS, 34))),
        ("anthropic-key", format!("sk-ant-api03-{}AA", a(2, 93))),
        ("openrouter-key", format!("sk-or-v1-{}", h(2, 64))),
        ("openai-key", format!("sk-{}T3BlbkFJ{}", a(2, 20), a(3, 20))),
        ("openai-project-key", format!("sk-proj-{}", a(2, 90))),
        ("aws-access-key", format!("AKIA{} {}", random(5, UPPER, 16), a(7, 40))),
        ("google-api-key", format!("AIza{}", a(3, 35))),
        ("google-oauth-secret", format!("GOCSPX-{}", a(3, 28))),
        ("google-service-account", format!("\"private_key_id\": \"{}\"", h(3, 40))),
        ("azure-storage-key", format!("AccountKey={}==", a(4, 86))),
        ("azure-client-secret", format!("\"{}8Q~{}\"", a(1, 3), a(2, 34))),
        ("github-token", github("ghp")),
        ("github-token", github("gho")),
        ("github-fine-grained-token", format!("github_pat_{}_{}", a(1, 22), a(2, 59))),
        ("gitlab-token", format!("glpat-{}", a(1, 20))),
        ("slack-token", format!("xoxb-123456789012-987654321098-{}", a(1, 24))),
        ("slack-app-token", format!("xapp-1-A0B1C2D3E4F-1234567890123-{}", h(1, 64))),
        ("slack-webhook", format!("https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/{}", a(1, 24))),
        ("stripe-key", format!("sk_live_{}", a(1, 24))),
        ("twilio-token", format!("TWILIO_AUTH_TOKEN={}", h(1, 32))),
        ("npm-token", github("npm")),
        (
            "pypi-token",
            format!(
                "pypi-{}",
                base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, macaroon)
            ),
        ),
        ("sendgrid-key", format!("SG.{}.{}", a(1, 22), a(2, 43))),
        ("telegram-bot-token", format!("7340912856:AA{}", a(1, 33))),
        ("discord-webhook", format!("https://discord.com/api/webhooks/739182645091827364/{}", a(1, 68))),
        ("discord-bot-token", format!("DISCORD_TOKEN=M{}.{}.{}", a(1, 23), a(2, 6), a(3, 38))),
        ("private-key", format!("-----BEGIN RSA PRIVATE KEY-----\n{key}\n-----END RSA PRIVATE KEY-----")),
        ("private-key", format!("\"-----BEGIN PRIVATE KEY-----\\n{key}\\n-----END PRIVATE KEY-----\"")),
        (
            "json-web-token",
            format!("{}.{}.{}", jwt("{\"alg\":\"HS256\"}"), jwt("{\"sub\":\"12\",\"x\":1}"), a(1, 43)),
        ),
        ("wandb-key", format!("WANDB_API_KEY={}", h(1, 40))),
        ("databricks-token", format!("dapi{}", h(1, 32))),
        ("replicate-token", format!("r8_{}", a(1, 37))),
        ("groq-key", format!("gsk_{}", a(1, 52))),
        ("mistral-key", format!("MISTRAL_API_KEY=\"{}\"", a(1, 32))),
        ("cohere-key", format!("COHERE_API_KEY={}", a(1, 40))),
        ("perplexity-key", format!("pplx-{}", a(1, 48))),
        ("xai-key", format!("xai-{}", a(1, 80))),
        ("nvidia-key", format!("nvapi-{}", a(1, 64))),
        ("langsmith-key", format!("lsv2_pt_{}_{}", h(1, 32), h(2, 10))),
        ("pinecone-key", format!("pcsk_{}_{}", a(1, 5), a(2, 63))),
        ("supabase-token", format!("sbp_{}", h(1, 40))),
        ("digitalocean-token", format!("dop_v1_{}", h(1, 64))),
        ("vault-token", format!("hvs.{}", a(1, 95))),
        ("docker-token", format!("dckr_pat_{}", a(1, 27))),
        ("shopify-token", format!("shpat_{}", h(1, 32))),
        ("postman-key", format!("PMAK-{}-{}", h(1, 24), h(2, 34))),
        ("linear-key", format!("lin_api_{}", a(1, 40))),
        ("notion-token", format!("ntn_39182645091{}", a(1, 35))),
        ("doppler-token", format!("dp.pt.{}", a(1, 43))),
        ("new-relic-key", format!("NRAK-{}", random(1, UPPER, 27))),
        ("terraform-token", format!("{}.atlasv1.{}", a(1, 14), a(2, 67))),
        ("age-key", format!("AGE-SECRET-KEY-1{}", random(1, UPPER, 58))),
        ("kaggle-key", format!("{{\"username\":\"someone\",\"key\":\"{}\"}}", h(1, 32))),
        ("url-password", "postgresql://svc:Tr0ub4dor@db.internal:5432/models".to_owned()),
        ("generic-secret", format!("db_password = \"{}\"", a(1, 20))),
    ]
}

#[test]
fn every_kind_has_an_example_that_is_found() {
    let examples = examples();
    for pattern in PATTERNS {
        assert!(examples.iter().any(|(kind, _)| *kind == pattern.id), "{} has no example", pattern.id);
    }
    for (kind, example) in examples {
        let found = find(&format!("before\nvalue: {example}\nafter"));
        assert_eq!(found.len(), 1, "{kind}: {example}: {found:?}");
        assert_eq!(found[0].kind, kind, "{example}");
        assert_eq!(found[0].line, 2, "{example}");
        let may_confirm = !matches!(kind, "url-password" | "generic-secret");
        assert_eq!(found[0].confirmed, may_confirm, "{kind}: {example}");
        assert!(found[0].redacted.chars().count() < 24);
    }
}

#[test]
fn every_expression_compiles() {
    assert!(automaton().is_some());
    for (at, pattern) in PATTERNS.iter().enumerate() {
        assert!(expression(at).is_some(), "{}", pattern.id);
    }
}

#[test]
fn examples_of_documentation_are_silent() {
    for text in [
        "hf_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "hf_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "sk-proj-your-key-goes-here-your-key-goes-here-your-key-goes-here",
        "ghp_0123456789abcdefghijklmnopqrstuvwxyz",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "postgresql://user:password@localhost/db",
        "https://user:<password>@host/",
        "password = \"correct horse\"",
        "api_key = \"YOUR_API_KEY_1234\"",
        "api_key = os.environ[\"API_KEY\"]",
        "secret: \"some_variable_name_2\"",
        "password_field = \"user.password.field1\"",
        "\"tokenizer_class\": \"LlamaTokenizer2Fast99\"",
        "https://huggingface.co/org/model@main:443",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4",
    ] {
        assert_eq!(find(text), [], "{text}");
    }
}

#[test]
fn a_wrong_checksum_is_not_confirmed() {
    let mut token = github("ghp").into_bytes();
    token[10] = if token[10] == b'A' { b'B' } else { b'A' };
    let found = find(std::str::from_utf8(&token).unwrap());
    assert_eq!(found.len(), 1);
    assert!(!found[0].confirmed);
}

#[test]
fn chance_in_encoded_data_is_silent() {
    let noise = random(11, b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", 2_000_000);
    assert_eq!(find(&noise), []);
}

#[test]
fn entropy_of_a_coin_is_one() {
    assert!((check::entropy(b"abababab") - 1.0).abs() < 1e-9);
}

#[test]
fn a_key_behind_an_empty_one_is_found_as_a_key_of_its_own() {
    let (_, key) = examples().into_iter().find(|(kind, _)| *kind == "private-key").unwrap();
    let text = format!("-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n\n{key}");
    let found = find(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].line, 5);
}

/// Every hit used to search the four kilobytes behind it, so that a text of nothing but hits took minutes per megabyte.
#[test]
fn hits_side_by_side_are_cheap() {
    let started = std::time::Instant::now();
    for part in ["-----BEGIN PRIVATE KEY-----\n", "://", "hf_\n", "eyJ.", "AKIA\n", "password=\n", "ghp_ "] {
        assert_eq!(find(&part.repeat((1 << 18) / part.len())), [], "{part}");
    }
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}
