//! Facts as Cedar entities and requests. The shapes follow `weighhouse.cedarschema`; a test holds the two together.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use weighhouse_core::{FactValue, Severity};

use crate::access::Person;
use crate::enact::Consent;
use crate::facts::{Facts, FindingFacts};
use crate::release::Standing;

type Attributes = HashMap<String, RestrictedExpression>;

/// Entity names, parsed once.
#[derive(Debug, Clone)]
pub(crate) struct Names {
    profile: EntityTypeName,
    artifact: EntityTypeName,
    finding: EntityTypeName,
    stage: EntityTypeName,
    person: EntityTypeName,
    model: EntityTypeName,
    policy: EntityTypeName,
    action: EntityTypeName,
    admit: EntityUid,
    tolerate: EntityUid,
    release: EntityUid,
}

/// Why facts could not be put into Cedar; only our own mistake can cause it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the facts do not fit the schema: {0}")]
pub(crate) struct Misfit(String);

fn misfit(error: impl std::fmt::Display) -> Misfit {
    Misfit(error.to_string())
}

impl Names {
    pub(crate) fn new() -> Result<Self, Misfit> {
        let name = |text| EntityTypeName::from_str(text).map_err(misfit);
        let action = name("Weighhouse::Action")?;
        Ok(Self {
            profile: name("Weighhouse::Profile")?,
            artifact: name("Weighhouse::Artifact")?,
            finding: name("Weighhouse::Finding")?,
            stage: name("Weighhouse::Stage")?,
            person: name("Weighhouse::Person")?,
            model: name("Weighhouse::Model")?,
            policy: name("Weighhouse::Policy")?,
            admit: uid(&action, "admit"),
            tolerate: uid(&action, "tolerate"),
            release: uid(&action, "release"),
            action,
        })
    }

    /// The action of using an artifact.
    pub(crate) fn admit(&self) -> &EntityUid {
        &self.admit
    }

    /// The action of using it despite a finding.
    pub(crate) fn tolerate(&self) -> &EntityUid {
        &self.tolerate
    }

    /// The action of releasing an artifact to a stage.
    pub(crate) fn release(&self) -> &EntityUid {
        &self.release
    }

    /// The action of this name.
    pub(crate) fn action(&self, name: &str) -> EntityUid {
        uid(&self.action, name)
    }

    /// Whether this is the type of findings.
    pub(crate) fn is_finding(&self, entity: &EntityUid) -> bool {
        *entity.type_name() == self.finding
    }
}

/// The facts of one decision, ready to be asked about.
pub(crate) struct World<'a> {
    names: &'a Names,
    profile: EntityUid,
    artifact: EntityUid,
    entities: Entities,
}

impl<'a> World<'a> {
    pub(crate) fn new(names: &'a Names, facts: &Facts) -> Result<Self, Misfit> {
        let profile = uid(&names.profile, &facts.profile.name);
        // The digest, where there is one: policies must be able to name an artifact by its bytes.
        let digest = facts.artifact.digest.map(|digest| digest.to_string()).unwrap_or_default();
        let artifact = uid(&names.artifact, &digest);
        let entities = [
            Entity::new(profile.clone(), profile_attributes(facts), HashSet::new()).map_err(misfit)?,
            Entity::new(artifact.clone(), artifact_attributes(facts), HashSet::new()).map_err(misfit)?,
        ];
        let entities = Entities::from_entities(entities, None).map_err(misfit)?;
        Ok(Self { names, profile, artifact, entities })
    }

    /// May the artifact be used?
    pub(crate) fn admit(&self) -> Result<(Request, Entities), Misfit> {
        let request = self.request(&self.names.admit, self.artifact.clone())?;
        Ok((request, self.entities.clone()))
    }

    /// May it be used despite this finding?
    pub(crate) fn tolerate(&self, finding: &FindingFacts) -> Result<(Request, Entities), Misfit> {
        let id = EntityId::new(finding.fingerprint.to_string());
        let uid = EntityUid::from_type_name_and_id(self.names.finding.clone(), id);
        let attributes = finding_attributes(finding, &self.artifact);
        let entity = Entity::new(uid.clone(), attributes, HashSet::new()).map_err(misfit)?;
        let entities = self.entities.clone().add_entities([entity], None).map_err(misfit)?;
        Ok((self.request(&self.names.tolerate, uid)?, entities))
    }

    /// May it be released to a stage, as it stands with it?
    pub(crate) fn release(
        &self,
        standing: &Standing,
        model: &str,
        profile: &str,
    ) -> Result<(Request, Entities), Misfit> {
        let stage = uid(&self.names.stage, &standing.stage);
        let attributes = named([("name", text(&standing.stage)), ("profile", text(profile))]);
        let entity = Entity::new(stage.clone(), attributes, HashSet::new()).map_err(misfit)?;
        let entities = self.entities.clone().add_entities([entity], None).map_err(misfit)?;
        let context = Context::from_pairs(standing_attributes(standing, model)?).map_err(misfit)?;
        let request = Request::new(stage, self.names.release.clone(), self.artifact.clone(), context, None)
            .map_err(misfit)?;
        Ok((request, entities))
    }

    fn request(&self, action: &EntityUid, resource: EntityUid) -> Result<Request, Misfit> {
        Request::new(self.profile.clone(), action.clone(), resource, Context::empty(), None).map_err(misfit)
    }
}

/// May a person do this with a model?
pub(crate) fn access(
    names: &Names,
    person: &Person,
    action: &EntityUid,
    model: &str,
) -> Result<(Request, Entities), Misfit> {
    let resource = uid(&names.model, model);
    let named_model = named([("name", text(model)), ("namespace", text(&namespace(model)))]);
    let something = Entity::new(resource, named_model, HashSet::new()).map_err(misfit)?;
    let context = named([("agent", RestrictedExpression::new_bool(person.agent))]);
    acting(names, person, action, something, Context::from_pairs(context).map_err(misfit)?)
}

/// May a person put these policies in force?
pub(crate) fn enacting(
    names: &Names,
    person: &Person,
    consent: &Consent,
) -> Result<(Request, Entities), Misfit> {
    let digest = consent.policy.to_string();
    let attributes = named([("digest", text(&digest))]);
    let policy = Entity::new(uid(&names.policy, &digest), attributes, HashSet::new()).map_err(misfit)?;
    let context = named([
        ("approvals", count(consent.approvals)),
        ("approver_roles", words(consent.approver_roles.iter().map(String::as_str))),
        ("agent", RestrictedExpression::new_bool(person.agent)),
    ]);
    let context = Context::from_pairs(context).map_err(misfit)?;
    acting(names, person, &names.action("enact"), policy, context)
}

fn acting(
    names: &Names,
    person: &Person,
    action: &EntityUid,
    something: Entity,
    context: Context,
) -> Result<(Request, Entities), Misfit> {
    let principal = uid(&names.person, &person.name);
    let roles = words(person.roles.iter().map(String::as_str));
    let attributes =
        named([("name", text(&person.name)), ("namespace", text(&person.namespace())), ("roles", roles)]);
    let someone = Entity::new(principal.clone(), attributes, HashSet::new()).map_err(misfit)?;
    let resource = something.uid();
    let entities = Entities::from_entities([someone, something], None).map_err(misfit)?;
    let request = Request::new(principal, action.clone(), resource, context, None).map_err(misfit)?;
    Ok((request, entities))
}

/// Names are compared without regard to letter case, and so are those who own them.
fn namespace(model: &str) -> String {
    model.split_once('/').map_or("", |(namespace, _)| namespace).to_ascii_lowercase()
}

fn standing_attributes(standing: &Standing, model: &str) -> Result<Attributes, Misfit> {
    let records = standing.attestations.iter().map(|one| {
        let fields = [("by", &one.by), ("kind", &one.kind), ("result", &one.result)];
        let fields = fields.map(|(name, value)| (name.to_owned(), text(value)));
        RestrictedExpression::new_record(fields).map_err(misfit)
    });
    let records: Vec<_> = records.collect::<Result<_, _>>()?;
    Ok(named([
        ("kind", text(&standing.kind)),
        ("model", text(model)),
        ("namespace", text(&namespace(model))),
        ("verdict", text(standing.verdict.word())),
        ("approvals", count(standing.approvals)),
        ("approver_roles", words(standing.approver_roles.iter().map(String::as_str))),
        ("inspected_days", RestrictedExpression::new_long(standing.inspected_days)),
        ("waivers", count(standing.waivers)),
        ("attestations", RestrictedExpression::new_set(records)),
        ("attesters", words(standing.attestations.iter().map(|one| one.by.as_str()))),
        ("attested", words(standing.attestations.iter().map(|one| one.kind.as_str()))),
    ]))
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn count(value: u64) -> RestrictedExpression {
    RestrictedExpression::new_long(i64::try_from(value).unwrap_or(i64::MAX))
}

fn words<'a>(values: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(values.into_iter().map(text))
}

fn named<const N: usize>(attributes: [(&str, RestrictedExpression); N]) -> Attributes {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn profile_attributes(facts: &Facts) -> Attributes {
    let profile = &facts.profile;
    named([
        ("name", text(&profile.name)),
        ("deny_at", count(profile.deny_at.rank().into())),
        ("review_at", count(profile.review_at.rank().into())),
        ("min_confidence", count(profile.min_confidence.rank().into())),
        ("complete_coverage", RestrictedExpression::new_bool(profile.complete_coverage)),
    ])
}

fn artifact_attributes(facts: &Facts) -> Attributes {
    let artifact = &facts.artifact;
    let rules: HashSet<&str> = facts.findings.iter().map(|finding| finding.rule.as_str()).collect();
    let families: HashSet<&str> = facts.findings.iter().map(FindingFacts::family).collect();
    let mut attributes = named([
        ("name", text(&artifact.name)),
        ("files", count(artifact.files)),
        ("bytes", count(artifact.bytes)),
        ("formats", words(artifact.formats.iter().map(String::as_str))),
        ("coverage_complete", RestrictedExpression::new_bool(artifact.is_complete())),
        ("gaps", count(artifact.gaps)),
        ("gap_reasons", words(artifact.gap_reasons.iter().map(String::as_str))),
        ("rules", words(rules)),
        ("families", words(families)),
        ("waived", count(artifact.waived)),
    ]);
    attributes.insert("assessed".to_owned(), words(artifact.assessed.iter().map(String::as_str)));
    attributes.insert("not_assessed".to_owned(), words(artifact.not_assessed.iter().map(String::as_str)));
    attributes.extend(artifact.answers.iter().map(|(name, value)| (name.clone(), answer(value))));
    attributes.extend(artifact.digest.map(|digest| ("digest".to_owned(), text(&digest.to_string()))));
    for severity in Severity::ALL {
        attributes.insert(severity.as_str().to_owned(), count(facts.count(*severity) as u64));
    }
    attributes
}

fn answer(value: &FactValue) -> RestrictedExpression {
    match value {
        FactValue::Text(value) => text(value),
        FactValue::Count(value) => count(*value),
        FactValue::Flag(value) => RestrictedExpression::new_bool(*value),
        FactValue::Words(values) => words(values.iter().map(String::as_str)),
    }
}

fn finding_attributes(finding: &FindingFacts, artifact: &EntityUid) -> Attributes {
    let mut attributes = named([
        ("rule", text(&finding.rule)),
        ("slug", text(&finding.slug)),
        ("family", text(finding.family())),
        ("severity", text(finding.severity.as_str())),
        ("severity_rank", count(finding.severity.rank().into())),
        ("confidence", text(finding.confidence.as_str())),
        ("confidence_rank", count(finding.confidence.rank().into())),
        ("file", text(&finding.file)),
        ("artifact", RestrictedExpression::new_entity_uid(artifact.clone())),
    ]);
    attributes.extend(finding.member.as_deref().map(|member| ("member".to_owned(), text(member))));
    attributes
}
