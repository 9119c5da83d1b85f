//! Policy sets: what was written, compiled, and identified by a digest.

use std::collections::BTreeMap;
use std::ops::Range;

use cedar_policy::{Effect, EntityUid};
use weighhouse_core::diagnostic::{Level, SourceText};
use weighhouse_core::{Diagnostic, Digest, Outcome, Reason};

use crate::access::Access;
use crate::classes::Sight;
use crate::compile;
use crate::entities::{Misfit, Names};

/// The schema that policies are validated against.
pub const SCHEMA: &str = include_str!("weighhouse.cedarschema");

/// Whether the schema lets policies read an answer of this name. Answers are the attributes that may be absent.
pub fn is_answer(name: &str) -> bool {
    let attributes = SCHEMA.lines().filter_map(|line| line.trim().split_once("?: "));
    let mut answers =
        attributes.map(|(attribute, _)| attribute).filter(|name| !matches!(*name, "digest" | "member"));
    answers.any(|attribute| attribute == name)
}

/// The text of the default policies.
pub const DEFAULT_POLICIES: &str = include_str!("default.cedar");

/// What written policies build on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Base {
    /// The default policies stay in force.
    #[default]
    Default,
    /// Nothing: the written policies are all there is.
    Nothing,
}

/// What is known about one policy beside its condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInfo {
    /// Its `@id`.
    pub id: String,
    /// Whether it forbids; otherwise it permits.
    pub forbids: bool,
    /// What it asks for when it forbids.
    pub outcome: Outcome,
    /// Its `@message`; empty for most permits.
    pub message: String,
    /// The text it stands in.
    pub source: SourceText,
    /// Where in that text.
    pub span: Range<usize>,
}

/// Compiled policies.
#[derive(Debug, Clone)]
pub struct PolicySet {
    /// Those that are asked about the artifact, about each finding, about releases, and about people by what they want to do.
    admitting: cedar_policy::PolicySet,
    tolerating: cedar_policy::PolicySet,
    releasing: cedar_policy::PolicySet,
    people: BTreeMap<Access, cedar_policy::PolicySet>,
    enacting: cedar_policy::PolicySet,
    policies: Vec<PolicyInfo>,
    base: Base,
    written: Vec<SourceText>,
    names: Result<Names, Misfit>,
    warnings: Vec<Diagnostic>,
    sight: Sight,
    digest: Digest,
}

impl PolicySet {
    /// The default policies alone. They are validated when Weighhouse is built (by a test), not at run time.
    pub fn embedded() -> Self {
        // They compile, by that same test. If they did not, the empty set would deny everything.
        compile::compile(&[default_source()]).map_or_else(|_| Self::empty(), Self::of)
    }

    /// A set without policies. It denies everything.
    pub fn empty() -> Self {
        Self { base: Base::Nothing, ..Self::of(compile::Compiled::default()) }
    }

    /// Compiles written policies and validates them strictly against the schema.
    ///
    /// # Errors
    /// All problems of all texts. A set with a problem is never used: leaving out one policy could allow what it forbids.
    pub fn load(base: Base, written: &[SourceText]) -> Result<Self, Vec<Diagnostic>> {
        let mut sources = match base {
            Base::Default => vec![default_source()],
            Base::Nothing => Vec::new(),
        };
        sources.extend_from_slice(written);
        let compiled = compile::compile(&sources)?;
        let (errors, warnings): (Vec<_>, Vec<_>) =
            compile::validate(&compiled).into_iter().partition(|diagnostic| diagnostic.level == Level::Error);
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Self { warnings, base, written: written.to_vec(), ..Self::of(compiled) })
    }

    fn of(compiled: compile::Compiled) -> Self {
        let names = Names::new();
        // Without names nothing is ever asked.
        let about = |action: fn(&Names) -> &EntityUid| match &names {
            Ok(names) => compile::about(&compiled.cedar, action(names)),
            Err(_) => compiled.cedar.clone(),
        };
        let tolerating = about(Names::tolerate);
        let sight =
            names.as_ref().map_or_else(|_| Sight::everything(), |names| Sight::of(&tolerating, names));
        let of_people = |access: Access| match &names {
            Ok(names) => compile::about(&compiled.cedar, &names.action(access.as_str())),
            Err(_) => compiled.cedar.clone(),
        };
        Self {
            admitting: about(Names::admit),
            tolerating,
            releasing: about(Names::release),
            people: Access::ALL.into_iter().map(|access| (access, of_people(access))).collect(),
            enacting: match &names {
                Ok(names) => compile::about(&compiled.cedar, &names.action("enact")),
                Err(_) => compiled.cedar.clone(),
            },
            policies: compiled.policies,
            base: Base::Default,
            written: Vec::new(),
            names,
            warnings: Vec::new(),
            sight,
            digest: compiled.digest,
        }
    }

    /// Digest of the schema and all policy texts.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// What the written policies build on.
    pub fn base(&self) -> Base {
        self.base
    }

    /// The written texts, without the default policies.
    pub fn written(&self) -> &[SourceText] {
        &self.written
    }

    /// All policies, in the order written.
    pub fn policies(&self) -> &[PolicyInfo] {
        &self.policies
    }

    /// The policy of this id.
    pub fn policy(&self, id: &str) -> Option<&PolicyInfo> {
        self.policies.iter().find(|policy| policy.id == id)
    }

    /// What the validator warns of: policies that can never apply, confusable characters.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Points at the policy that gave a reason; nothing for reasons that Weighhouse gives itself.
    pub fn explain(&self, reason: &Reason) -> Option<Diagnostic> {
        let info = self.policy(&reason.policy)?;
        let asks = if info.forbids { info.outcome.to_string() } else { Outcome::Allow.to_string() };
        let headline = format!("policy `{}` asks for `{asks}`: {}", info.id, info.message);
        let about = match reason.findings.len() {
            0 => "applies to the artifact as a whole".to_owned(),
            1 => "applies to 1 finding".to_owned(),
            count => format!("applies to {count} findings"),
        };
        Some(Diagnostic::new(Level::Note, "WH-CFG-030", headline).at(&info.source, info.span.clone(), about))
    }

    pub(crate) fn for_admitting(&self) -> &cedar_policy::PolicySet {
        &self.admitting
    }

    pub(crate) fn for_tolerating(&self) -> &cedar_policy::PolicySet {
        &self.tolerating
    }

    pub(crate) fn for_releasing(&self) -> &cedar_policy::PolicySet {
        &self.releasing
    }

    pub(crate) fn for_people(&self, access: Access) -> Option<&cedar_policy::PolicySet> {
        self.people.get(&access)
    }

    pub(crate) fn for_enacting(&self) -> &cedar_policy::PolicySet {
        &self.enacting
    }

    pub(crate) fn names(&self) -> Result<&Names, Misfit> {
        self.names.as_ref().map_err(Clone::clone)
    }

    pub(crate) fn sight(&self) -> &Sight {
        &self.sight
    }
}

fn default_source() -> SourceText {
    SourceText { name: "default.cedar".to_owned(), text: DEFAULT_POLICIES.into() }
}

impl PolicyInfo {
    pub(crate) fn new(
        policy: &cedar_policy::Policy,
        outcome: Outcome,
        source: &SourceText,
        span: Range<usize>,
    ) -> Self {
        Self {
            id: policy.id().to_string(),
            forbids: policy.effect() == Effect::Forbid,
            outcome,
            message: policy.annotation("message").unwrap_or_default().to_owned(),
            source: source.clone(),
            span,
        }
    }
}
