//! What a server said of a repository, exported as JSON by whoever may ask it: GitHub and the Hub.
//!
//! Nothing here asks a server. A snapshot is what somebody else wrote down; answers that rest on it are declared, not measured.

use std::collections::BTreeMap;

use serde_json::Value;
use weighhouse_core::Date;

/// What snapshots said, from however many files.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    repository: Option<Repository>,
    protection: Option<Protection>,
    requests: Option<Vec<Request>>,
    releases: Option<Vec<Vec<String>>>,
    hooks: Option<(usize, usize)>,
    badge: Option<String>,
    /// What the Hub says of the model.
    pub(super) model: Option<Model>,
    /// What the Hub says of the organisation.
    pub(super) verified: Option<bool>,
}

/// What GitHub says of a repository.
#[derive(Debug, Clone, Default)]
struct Repository {
    archived: bool,
    created: Option<i64>,
}

/// How a branch is protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) force_pushes: bool,
    pub(super) deletions: bool,
    pub(super) approvals: u64,
    pub(super) owners: bool,
    pub(super) dismiss_stale: bool,
    pub(super) status_checks: bool,
    pub(super) admins: bool,
}

/// A pull request that was merged.
#[derive(Debug, Clone, Default)]
struct Request {
    bot: bool,
    /// Absent if the snapshot has no reviews.
    approved: Option<bool>,
    /// Absent if the snapshot has no checks.
    checked: Option<bool>,
}

/// What the Hub says of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Model {
    /// `org/name`.
    pub(super) name: String,
    /// The name that the Hub never gives again.
    pub(super) id: Option<String>,
    pub(super) sha: Option<String>,
    pub(super) created: Option<String>,
    pub(super) modified: Option<String>,
    pub(super) downloads: Option<u64>,
    pub(super) likes: Option<u64>,
    pub(super) gated: bool,
    pub(super) disabled: bool,
    /// SHA-256 of its large files.
    pub(super) files: BTreeMap<String, String>,
}

/// Why a snapshot is not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// No JSON.
    #[error("no JSON: {0}")]
    Json(String),
    /// JSON of something else.
    #[error(
        "none of the snapshots that are known: a model of the Hub (`api/models/…`), a repository, the protection of a branch, pull \
         requests, releases or webhooks of GitHub, or a badge of best practices"
    )]
    Kind,
}

/// Elements of a list that are looked at.
const MOST: usize = 100_000;
/// Merged pull requests that are judged, newest first.
const REQUESTS: usize = 30;

impl Snapshot {
    /// Takes in one file.
    ///
    /// # Errors
    ///
    /// If it is nothing that is known.
    pub fn add(&mut self, json: &[u8]) -> Result<(), Unknown> {
        let value: Value = serde_json::from_slice(json).map_err(|error| Unknown::Json(error.to_string()))?;
        match &value {
            Value::Array(items) => self.list(items),
            Value::Object(_) => self.object(&value),
            _ => Err(Unknown::Kind),
        }
    }

    fn object(&mut self, value: &Value) -> Result<(), Unknown> {
        let has = |key: &str| value.get(key).is_some();
        if has("full_name") && has("default_branch") {
            self.repository = Some(Repository {
                archived: flag(value, "archived"),
                created: text(value, "created_at").and_then(|created| seconds(&created)),
            });
        } else if (has("modelId") || has("id")) && (has("siblings") || has("sha")) {
            self.model = Some(model(value));
        } else if has("allow_force_pushes") || has("required_pull_request_reviews") || has("enforce_admins") {
            self.protection = Some(protection(value));
        } else if let Some(level) = text(value, "badge_level") {
            self.badge = Some(level);
        } else if has("isVerified") && (has("fullname") || has("name")) {
            self.verified = Some(flag(value, "isVerified"));
        } else {
            return Err(Unknown::Kind);
        }
        Ok(())
    }

    fn list(&mut self, items: &[Value]) -> Result<(), Unknown> {
        let has = |key: &str| items.first().is_some_and(|first| first.get(key).is_some());
        if has("tag_name") {
            self.releases = Some(items.iter().take(MOST).map(assets).collect());
        } else if has("config") && has("events") {
            let secret = items.iter().filter(|hook| hook.pointer("/config/secret").is_some()).count();
            self.hooks = Some((secret, items.len()));
        } else if has("number") && (has("mergedAt") || has("merged_at")) {
            self.requests = Some(requests(items));
        } else {
            return Err(Unknown::Kind);
        }
        Ok(())
    }

    pub(super) fn archived(&self) -> Option<bool> {
        self.repository.as_ref().map(|repository| repository.archived)
    }

    /// When it was made, in seconds since 1970.
    pub(super) fn created(&self) -> Option<i64> {
        let hub = self.model.as_ref().and_then(|model| seconds(model.created.as_deref()?));
        self.repository.as_ref().and_then(|repository| repository.created).or(hub)
    }

    pub(super) fn protection(&self) -> Option<&Protection> {
        self.protection.as_ref()
    }

    /// Merged pull requests of people that were approved, and all of them.
    pub(super) fn reviews(&self) -> Option<(usize, usize)> {
        let requests = self.requests.as_ref()?;
        let human = requests.iter().filter(|request| !request.bot).take(REQUESTS);
        let told: Vec<bool> = human.filter_map(|request| request.approved).collect();
        Some((told.iter().filter(|approved| **approved).count(), told.len()))
    }

    /// Merged pull requests for which checks passed, and all of them.
    pub(super) fn checked(&self) -> Option<(usize, usize)> {
        let requests = self.requests.as_ref()?.iter().take(REQUESTS);
        let told: Vec<bool> = requests.filter_map(|request| request.checked).collect();
        Some((told.iter().filter(|passed| **passed).count(), told.len()))
    }

    /// Names of the assets of each release, newest first.
    pub(super) fn releases(&self) -> Option<&[Vec<String>]> {
        self.releases.as_deref()
    }

    /// Webhooks with a secret, and all of them.
    pub(super) fn hooks(&self) -> Option<(usize, usize)> {
        self.hooks
    }

    pub(super) fn badge(&self) -> Option<&str> {
        self.badge.as_deref()
    }
}

fn flag(value: &Value, key: &str) -> bool {
    match value.get(key) {
        Some(Value::Bool(flag)) => *flag,
        // `"gated": "manual"`, `"enforce_admins": {"enabled": true}`.
        Some(Value::String(text)) => !text.is_empty() && text != "false",
        Some(object) => object.get("enabled").and_then(Value::as_bool).unwrap_or(false),
        None => false,
    }
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(|text| text.chars().take(500).collect())
}

fn number(value: &Value, key: &str) -> Option<u64> {
    value.get(key)?.as_u64()
}

fn protection(value: &Value) -> Protection {
    let reviews = value.get("required_pull_request_reviews");
    let review = |key: &str| reviews.is_some_and(|reviews| flag(reviews, key));
    // GitHub asks for one approval where reviews are required and no number is given.
    let approvals = reviews.map(|reviews| number(reviews, "required_approving_review_count").unwrap_or(1));
    let checks = value.get("required_status_checks");
    let named = |key: &str| {
        checks
            .and_then(|checks| checks.get(key))
            .and_then(Value::as_array)
            .is_some_and(|list| !list.is_empty())
    };
    Protection {
        force_pushes: flag(value, "allow_force_pushes"),
        deletions: flag(value, "allow_deletions"),
        approvals: approvals.unwrap_or(0),
        owners: review("require_code_owner_reviews"),
        dismiss_stale: review("dismiss_stale_reviews"),
        status_checks: named("contexts") || named("checks"),
        admins: flag(value, "enforce_admins"),
    }
}

fn assets(release: &Value) -> Vec<String> {
    let assets = release.get("assets").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    assets.iter().take(1_000).filter_map(|asset| text(asset, "name")).collect()
}

fn list<'a>(request: &'a Value, key: &str) -> Option<&'a [Value]> {
    request.get(key).and_then(Value::as_array).map(Vec::as_slice)
}

fn requests(items: &[Value]) -> Vec<Request> {
    let merged = items.iter().take(MOST).filter(|request| {
        let at = request.get("mergedAt").or_else(|| request.get("merged_at"));
        at.is_some_and(Value::is_string)
    });
    let read = |request: &Value| {
        let author = request.get("author").or_else(|| request.get("user"));
        let login = author.and_then(|author| text(author, "login")).unwrap_or_default();
        let bot = author.is_some_and(|author| flag(author, "is_bot")) || login.ends_with("[bot]");
        let reviews = list(request, "reviews");
        let approves = |review: &Value| {
            let reviewer = review.get("author").or_else(|| review.get("user"));
            let other = reviewer.and_then(|reviewer| text(reviewer, "login")) != Some(login.clone());
            other && text(review, "state").as_deref() == Some("APPROVED")
        };
        let checks = list(request, "statusCheckRollup");
        let passed = |check: &Value| {
            let state = text(check, "conclusion").or_else(|| text(check, "state")).unwrap_or_default();
            matches!(state.as_str(), "SUCCESS" | "success")
        };
        Request {
            bot,
            approved: reviews.map(|reviews| reviews.iter().any(approves)),
            checked: checks.map(|checks| checks.iter().any(passed)),
        }
    };
    merged.map(read).collect()
}

fn model(value: &Value) -> Model {
    let siblings = value.get("siblings").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let files = siblings.iter().take(MOST).filter_map(|sibling| {
        let lfs = sibling.get("lfs")?;
        let digest = text(lfs, "sha256").or_else(|| text(lfs, "oid"))?;
        Some((text(sibling, "rfilename")?, digest.trim_start_matches("sha256:").to_lowercase()))
    });
    Model {
        name: text(value, "id").or_else(|| text(value, "modelId")).unwrap_or_default(),
        id: text(value, "_id"),
        sha: text(value, "sha"),
        created: text(value, "createdAt"),
        modified: text(value, "lastModified"),
        downloads: number(value, "downloadsAllTime").or_else(|| number(value, "downloads")),
        likes: number(value, "likes"),
        gated: flag(value, "gated"),
        disabled: flag(value, "disabled"),
        files: files.collect(),
    }
}

/// The beginning of the day of `2024-05-01T10:00:00Z`.
fn seconds(moment: &str) -> Option<i64> {
    let day: Date = moment.get(..10)?.parse().ok()?;
    day.days().checked_mul(86_400)
}
