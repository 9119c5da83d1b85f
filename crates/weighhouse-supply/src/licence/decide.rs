//! May we use it for this? One licence, one company, one use.

use std::collections::BTreeSet;

use weighhouse_core::words::grouped;

use super::company::{Company, SECTORS, Use};
use super::table::{Clause, Commercial, Condition, Confirmed, Obligation, Record, table};

/// The answer, from the best to the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// Without further ado.
    Allowed,
    /// If the duties are kept.
    WithDuties,
    /// Not known: a person must decide.
    Undetermined,
    /// Only with a licence of its own from the licensor.
    NeedsLicence,
    /// Not at all.
    Forbidden,
}

impl Verdict {
    /// The words used in reports.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::WithDuties => "allowed with duties",
            Self::Undetermined => "undetermined",
            Self::NeedsLicence => "needs a licence",
            Self::Forbidden => "forbidden",
        }
    }
}

/// Why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) verdict: Verdict,
    pub(crate) text: String,
    /// Where the licence says so.
    pub(crate) clause: Option<&'static Clause>,
}

/// The answer for one licence and one use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) licence: String,
    pub(crate) wanted: Use,
    pub(crate) verdict: Verdict,
    /// Those of the verdict first.
    pub(crate) reasons: Vec<Reason>,
    /// What must be done, in the words of the table.
    pub(crate) duties: Vec<Obligation>,
}

/// What of the model itself decides.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Model {
    /// Whether it takes in or gives out more than text, if that is known.
    pub(crate) multimodal: Option<bool>,
}

struct Deciding<'a> {
    record: &'a Record,
    company: &'a Company,
    wanted: Use,
    model: Model,
    reasons: Vec<Reason>,
    duties: Vec<Obligation>,
}

/// Decides.
pub(crate) fn decide(record: &Record, company: &Company, wanted: Use, model: Model) -> Decision {
    let mut deciding = Deciding { record, company, wanted, model, reasons: Vec::new(), duties: Vec::new() };
    deciding.standing();
    for condition in &record.conditions {
        deciding.condition(condition);
    }
    if record.commercial == Commercial::No
        && wanted != Use::Research
        && !record.conditions.iter().any(|known| known.kind == "purpose_limit")
    {
        deciding.give(Verdict::NeedsLicence, "commercial use is not licensed".to_owned(), "purpose_limit");
    }
    deciding.sectors();
    deciding.outputs();
    deciding.obligations();
    deciding.conclude()
}

impl Deciding<'_> {
    fn give(&mut self, verdict: Verdict, text: String, topic: &str) {
        let clause = table().clause(&self.record.id, topic);
        self.reasons.push(Reason { verdict, text, clause });
    }

    /// What was not confirmed from a text is never "allowed".
    fn standing(&mut self) {
        match &self.record.confirmed {
            Confirmed::Nothing => {
                let text =
                    "what is known of this licence was not confirmed from its text: read it".to_owned();
                self.give(Verdict::Undetermined, text, "");
            }
            Confirmed::Except(_)
                if !self.record.confirms("obligations")
                    && !matches!(self.wanted, Use::Internal | Use::Research) =>
            {
                let text = "its duties were not confirmed from its text: read it".to_owned();
                self.give(Verdict::Undetermined, text, "");
            }
            _ => {}
        }
    }

    fn condition(&mut self, condition: &Condition) {
        match condition.kind.as_str() {
            "mau_threshold" => self.users(condition),
            "revenue_threshold" => self.revenue(condition),
            "geographic_exclusion" => self.place(condition),
            "purpose_limit" => self.purpose(condition),
            "deployment_limit" => self.deployment(condition),
            "registration" if self.wanted != Use::Research => {
                self.duty("register with the licensor", "commercial use", "registration");
            }
            "written_authorisation" if self.wanted != Use::Research => {
                self.weigh(
                    condition,
                    Verdict::NeedsLicence,
                    "commercial use needs a written authorisation of the licensor".to_owned(),
                );
            }
            "competitor" if self.wanted != Use::Research => {
                let text = "whoever competes with the licensor needs a licence of its own: whether you do is for a person to say".to_owned();
                self.weigh(condition, Verdict::Undetermined, text);
            }
            "use_policy_guardrails" => {
                self.duty("keep to the policy of use of the licensor", "", "use_policy_guardrails");
            }
            "termination_on" => {
                let what = condition.what.clone().unwrap_or_default();
                self.duty(&format!("do not bring the licence to an end by: {what}"), "", "termination_on");
            }
            _ => {}
        }
    }

    /// A reason that is only as sure as the condition.
    fn weigh(&mut self, condition: &Condition, verdict: Verdict, text: String) {
        let (verdict, text) = if condition.confirmed {
            (verdict, text)
        } else {
            (Verdict::Undetermined, format!("{text} (as reported; not confirmed from the text)"))
        };
        self.give(verdict, text, &condition.kind);
    }

    /// What happens above a threshold.
    fn beyond(&mut self, condition: &Condition, fact: &str) {
        // Hosting a model for others is the business that some thresholds are about.
        let service = condition.scope.as_deref().is_some_and(|scope| scope.contains("Model-as-a-Service"));
        if service && self.wanted != Use::Hosted {
            return;
        }
        match condition.then.as_deref() {
            Some("obligation:display") => {
                let text = format!("{fact}: the name must be shown");
                self.give(Verdict::WithDuties, text, &condition.kind);
            }
            _ if condition.scope.is_some() && !service => {
                let scope = condition.scope.as_deref().unwrap_or_default();
                self.weigh(
                    condition,
                    Verdict::Undetermined,
                    format!("{fact}, which needs a licence if {scope}"),
                );
            }
            Some("license_terminates") => {
                self.weigh(
                    condition,
                    Verdict::NeedsLicence,
                    format!("{fact}, where this licence ends: an enterprise licence is needed"),
                );
            }
            _ => self.weigh(
                condition,
                Verdict::NeedsLicence,
                format!("{fact}: a licence of its own is needed"),
            ),
        }
    }

    fn users(&mut self, condition: &Condition) {
        let Some(limit) = condition.more_than else { return };
        let asked = match condition.measured.as_deref() {
            Some(measured) if measured.starts_with("on_release_date") => {
                let day = measured.trim_start_matches("on_release_date").trim_start_matches('_');
                format!(" on the release date{}{day}", if day.is_empty() { "" } else { " " })
            }
            _ => String::new(),
        };
        match self.company.users {
            None => {
                let text = format!(
                    "depends on monthly users (limit {}{asked}), and `monthly-users` is not given",
                    grouped(limit)
                );
                self.weigh(condition, Verdict::Undetermined, text);
            }
            Some(users) if users > limit => {
                self.beyond(
                    condition,
                    &format!("{} monthly users are more than {}{asked}", grouped(users), grouped(limit)),
                );
            }
            Some(users) if !condition.confirmed => {
                let text = format!(
                    "{} monthly users are within the limit of {}, as it is reported",
                    grouped(users),
                    grouped(limit)
                );
                self.give(Verdict::Undetermined, text, &condition.kind);
            }
            Some(users) => {
                self.give(
                    Verdict::Allowed,
                    format!("{} monthly users are within {}", grouped(users), grouped(limit)),
                    &condition.kind,
                );
            }
        }
    }

    fn revenue(&mut self, condition: &Condition) {
        let Some(limit) = condition.more_than else { return };
        let times = if condition.period.as_deref() == Some("month") { 12 } else { 1 };
        let year = limit.saturating_mul(times);
        // No rate of exchange is known here, but it lies between 5 and 10 yuan to the dollar.
        let (low, high) = match condition.currency.as_deref() {
            Some("CNY") => (year / 10, year / 5),
            _ => (year, year),
        };
        let currency = condition.currency.as_deref().unwrap_or("USD");
        let shown = format!("{currency} {} a year", grouped(year));
        match self.company.revenue {
            None => {
                let text = format!("depends on revenue (limit {shown}), and `revenue` is not given");
                self.weigh(condition, Verdict::Undetermined, text);
            }
            Some(revenue) if revenue > high => {
                self.beyond(condition, &format!("a revenue of USD {} is above {shown}", grouped(revenue)));
            }
            Some(revenue) if revenue > low => {
                let text = format!("a revenue of USD {} is about the limit of {shown}", grouped(revenue));
                self.give(Verdict::Undetermined, text, &condition.kind);
            }
            Some(revenue) if !condition.confirmed => {
                let text = format!(
                    "a revenue of USD {} is within the limit of {shown}, as it is reported",
                    grouped(revenue)
                );
                self.give(Verdict::Undetermined, text, &condition.kind);
            }
            Some(revenue) => {
                self.give(
                    Verdict::Allowed,
                    format!("a revenue of USD {} is within {shown}", grouped(revenue)),
                    &condition.kind,
                );
            }
        }
    }

    fn place(&mut self, condition: &Condition) {
        let regions = condition.regions.join(", ");
        let multimodal = condition.scope.as_deref().is_some_and(|scope| scope.starts_with("multimodal"));
        if multimodal && self.model.multimodal == Some(false) {
            return;
        }
        let sits: Vec<Option<bool>> =
            condition.regions.iter().map(|region| self.company.sits_in(region)).collect();
        if sits.contains(&None) {
            let text = format!("excludes {regions}, and `seat` is not given");
            return self.weigh(condition, Verdict::Undetermined, text);
        }
        if !sits.contains(&Some(true)) {
            return;
        }
        let seat = self.company.seat.clone().unwrap_or_default();
        if multimodal && self.model.multimodal.is_none() {
            let text = format!(
                "multimodal models are not licensed in {regions} (seat {seat}), and it is not known whether this is one"
            );
            return self.weigh(condition, Verdict::Undetermined, text);
        }
        self.weigh(
            condition,
            Verdict::Forbidden,
            format!("no rights are granted in {regions}, and the seat is {seat}"),
        );
    }

    fn purpose(&mut self, condition: &Condition) {
        let purposes = condition.allowed.join(", ").replace('_', " ");
        if self.wanted == Use::Research {
            let fits = condition
                .allowed
                .iter()
                .any(|purpose| purpose.contains("research") || purpose == "non_commercial");
            let verdict = if fits { Verdict::Allowed } else { Verdict::Undetermined };
            return self.weigh(condition, verdict, format!("licensed for: {purposes}"));
        }
        let text = if self.wanted == Use::Internal {
            format!(
                "licensed for {purposes} only; internal use in a business is commercial use, also when the tool only helps to close a sale"
            )
        } else {
            format!("licensed for {purposes} only")
        };
        self.weigh(condition, Verdict::NeedsLicence, text);
    }

    fn deployment(&mut self, condition: &Condition) {
        if self.wanted != Use::Hosted {
            return;
        }
        let what = condition.what.as_deref().unwrap_or("hosting for others");
        let verdict = if condition.then.as_deref() == Some("forbidden") {
            Verdict::Forbidden
        } else {
            Verdict::NeedsLicence
        };
        self.weigh(condition, verdict, format!("not licensed for: {what}"));
    }

    fn sectors(&mut self) {
        for (sector, words) in SECTORS.iter().filter(|(sector, _)| self.company.sectors.contains(*sector)) {
            let hit: BTreeSet<&str> = words
                .iter()
                .copied()
                .filter(|word| self.record.prohibited.iter().any(|known| known == word))
                .collect();
            if hit.is_empty() {
                if self.record.prohibited.iter().any(|known| known == "see_use_policy") {
                    let text = format!(
                        "whether the policy of use allows the sector `{sector}` is not in the table: read it"
                    );
                    self.give(Verdict::Undetermined, text, "comply_with_use_policy");
                }
                continue;
            }
            let what = hit.iter().copied().collect::<Vec<_>>().join(", ").replace('_', " ");
            // A hospital does more than give medical advice; an army does nothing but military things.
            let partly = matches!(*sector, "health" | "justice" | "critical-infrastructure");
            let verdict = if partly || !self.record.confirms("prohibited_uses") {
                Verdict::Undetermined
            } else {
                Verdict::Forbidden
            };
            self.give(verdict, format!("prohibits {what}, and the sector is `{sector}`"), "prohibited_uses");
        }
    }

    fn outputs(&mut self) {
        if self.wanted != Use::TrainOnOutputs {
            return;
        }
        let topic = "outputs";
        match self.record.training.as_str() {
            "no_other_llm" => self.give(
                Verdict::Forbidden,
                "outputs must not improve another language model".to_owned(),
                topic,
            ),
            "no_other_model" => {
                self.give(Verdict::Forbidden, "outputs must not improve another model".to_owned(), topic);
            }
            "no_foundation_model" => self.give(
                Verdict::Forbidden,
                "outputs must not create or improve a foundation model".to_owned(),
                topic,
            ),
            "no_competing_model" => {
                self.give(Verdict::Forbidden, "outputs must not train a competing model".to_owned(), topic);
            }
            "non_commercial_only" | "non_production_only" => {
                self.give(
                    Verdict::NeedsLicence,
                    "outputs are licensed for the same purposes only".to_owned(),
                    topic,
                );
            }
            "derivative_terms_follow" => {
                self.duty(
                    "a model trained to imitate it is a derivative: the same terms must come with it",
                    "",
                    topic,
                );
            }
            "allowed_with_naming" => {
                let duties: Vec<Obligation> = ["name_prefix", "display"]
                    .iter()
                    .filter_map(|kind| self.record.obligation(kind))
                    .cloned()
                    .collect();
                self.give(
                    Verdict::WithDuties,
                    "a model trained with outputs must be named after it when it is given away".to_owned(),
                    topic,
                );
                self.add(duties);
            }
            _ => {}
        }
    }

    fn duty(&mut self, text: &str, when: &str, topic: &str) {
        self.give(Verdict::WithDuties, text.to_owned(), topic);
        let when = Some(when.to_owned()).filter(|when| !when.is_empty());
        self.add(vec![Obligation {
            kind: topic.to_owned(),
            text: Some(text.to_owned()),
            when,
            ..Obligation::default()
        }]);
    }

    fn add(&mut self, duties: Vec<Obligation>) {
        for duty in duties {
            if !self.duties.contains(&duty) {
                self.duties.push(duty);
            }
        }
    }

    /// Which obligations this use brings about.
    fn obligations(&mut self) {
        // Some licences count a hosted service as distribution, or say so of the restrictions they pass on.
        let hosted_too = matches!(self.record.id.as_str(), "gemma" | "bigcode-openrail-m")
            || self.record.family == "openrail";
        let gives = self.wanted.gives_away() || self.wanted == Use::Hosted && hosted_too;
        let research_given = self.wanted == Use::Research;
        let mut brought = Vec::new();
        for obligation in &self.record.obligations {
            let applies = match obligation.kind.as_str() {
                "comply_with_use_policy" => true,
                "display" => {
                    let conditional = obligation.when.as_deref().is_some_and(|when| when.contains("M MAU"));
                    let over =
                        self.reasons.iter().any(|reason| reason.text.ends_with("the name must be shown"));
                    if conditional { over } else { self.wanted.gives_away() || self.wanted == Use::Hosted }
                }
                "offer_source_over_network" => self.wanted == Use::Hosted,
                "name_prefix" | "statement" | "identify_derivatives" => self.wanted == Use::FineTune,
                "bind_users_to_use_restrictions" => gives || self.wanted == Use::Hosted,
                "mark_modified_files" | "indicate_changes" | "documentation_of_changes" => {
                    gives || self.wanted == Use::FineTune
                }
                "no_derivatives_shared" => self.wanted == Use::FineTune || gives,
                "acknowledge_in_publications" => research_given,
                "encouraged_display" => false,
                "reasonable_effort_to_use_latest_version" => true,
                _ => gives,
            };
            if applies {
                brought.push(obligation.clone());
            }
        }
        for obligation in &brought {
            let text = describe(obligation, self.record);
            self.give(Verdict::WithDuties, text, &obligation.kind);
        }
        self.add(brought);
    }

    fn conclude(mut self) -> Decision {
        let verdict = self.reasons.iter().map(|reason| reason.verdict).max().unwrap_or(Verdict::Allowed);
        self.reasons.sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
        if self.reasons.is_empty() {
            let text = format!("`{}` allows it and asks for nothing in return", self.record.id);
            self.give(Verdict::Allowed, text, "");
        }
        Decision {
            licence: self.record.id.clone(),
            wanted: self.wanted,
            verdict,
            reasons: self.reasons,
            duties: self.duties,
        }
    }
}

/// An obligation in one line.
pub(crate) fn describe(obligation: &Obligation, record: &Record) -> String {
    let text = obligation.text.as_deref().unwrap_or_default();
    let place = obligation.place.as_deref().map(|place| format!(" ({place})")).unwrap_or_default();
    match obligation.kind.as_str() {
        "include_license_copy" => "give a copy of the licence along".to_owned(),
        "notice_file" => format!("keep a `Notice` file that says `{text}`"),
        "display" => format!("show `{text}`{place}"),
        "statement" => format!("say `{text}`{place}"),
        "name_prefix" => format!("begin the name of a derived model with `{text}`"),
        "mark_modified_files" => "mark the files that were changed".to_owned(),
        "retain_notices" => "keep the notices of copyright".to_owned(),
        "retain_documentation" => "keep the documentation".to_owned(),
        "documentation_of_changes" => "document changes as well as the model was documented".to_owned(),
        "flow_down_use_restrictions" => "pass the restrictions of use on in your own terms".to_owned(),
        "bind_users_to_use_restrictions" => "bind your users to the restrictions of use".to_owned(),
        "comply_with_use_policy" => match &record.use_policy {
            Some(policy) => format!("keep to the policy of use at `{policy}`"),
            None => "keep to the policy of use".to_owned(),
        },
        "same_license_on_distribution" => {
            "give it, and what is made of it, away under the same licence only".to_owned()
        }
        "source_on_distribution" => "give the source along".to_owned(),
        "offer_source_over_network" => "offer the source to users of the service".to_owned(),
        "attribution" | "attribute_source_to" => "name the authors, the licence and the source".to_owned(),
        "indicate_changes" => "say what was changed".to_owned(),
        "no_derivatives_shared" => "do not give changed versions away".to_owned(),
        "acknowledge_in_publications" => "acknowledge it in publications".to_owned(),
        "identify_derivatives" => "say of derived models that they are".to_owned(),
        "reasonable_effort_to_use_latest_version" => "make an effort to use the latest version".to_owned(),
        "territory" => text.to_owned(),
        other => {
            let words = other.replace('_', " ");
            if text.is_empty() { words } else { format!("{words}: {text}") }
        }
    }
}
