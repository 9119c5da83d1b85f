//! Where traces go, as configuration and environment say.

use std::path::{Path, PathBuf};

use anyhow::Result;
use weighhouse_scan::source::hub::Authorities;
use weighhouse_server::TraceCollector;

use crate::config::{COLLECTOR, GateSection, endpoint_fault};
use crate::environment::{AUTHORITIES, variable};
use crate::exit::Mistake;

/// The collector, if there is one.
pub(super) fn collector(section: &GateSection) -> Result<Option<TraceCollector>> {
    asked_for(section, &variable)
}

/// The variables that all programs with OpenTelemetry read win, those of traces before those of everything.
fn asked_for(
    section: &GateSection,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<TraceCollector>> {
    let section = &section.traces;
    let either = |name: &str| {
        let of_traces = variable(&format!("OTEL_EXPORTER_OTLP_TRACES_{name}"));
        of_traces.or_else(|| variable(&format!("OTEL_EXPORTER_OTLP_{name}")))
    };
    let is = |name: &str, word: &str| variable(name).is_some_and(|set| set.eq_ignore_ascii_case(word));
    let below = |endpoint: String| format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        .or_else(|| variable("OTEL_EXPORTER_OTLP_ENDPOINT").map(below))
        .or_else(|| section.endpoint.clone().map(below));
    let off = is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
    let Some(endpoint) = endpoint.filter(|_| !off) else { return Ok(None) };
    if let Some((what, _)) = endpoint_fault(&endpoint) {
        return Err(Mistake(format!("the address of the collector of traces {what}: {COLLECTOR}")).into());
    }
    if let Some(other) = either("PROTOCOL").filter(|protocol| protocol != "http/protobuf") {
        let why = format!(
            "traces are sent by `http/protobuf`, not by `{other}`: name the port of the collector that takes it, usually 4318"
        );
        return Err(Mistake(why).into());
    }
    let authorities = either("CERTIFICATE").map(PathBuf::from).or_else(|| section.authorities.clone());
    let authorities = authorities.or_else(|| AUTHORITIES.into_iter().find_map(variable).map(PathBuf::from));
    Ok(Some(TraceCollector {
        endpoint,
        percent: section.percent.filter(|_| variable("OTEL_TRACES_SAMPLER").is_none()),
        authorities: authorities.as_deref().map(|path: &Path| Authorities::read(path)).transpose()?,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::TracesSection;

    fn asked(section: TracesSection, set: &[(&str, &str)]) -> Result<Option<TraceCollector>> {
        let section = GateSection { traces: section, ..GateSection::default() };
        asked_for(&section, &|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        })
    }

    fn own() -> TracesSection {
        TracesSection {
            endpoint: Some("http://own:4318".to_owned()),
            percent: Some(5),
            ..TracesSection::default()
        }
    }

    #[test]
    fn the_environment_wins_and_nothing_is_traced_unless_somebody_says_where() {
        let where_to = |set: &[(&str, &str)]| asked(own(), set).unwrap().unwrap().endpoint;
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://all:4318/");
        let traces = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://t/as-it-is");
        assert!(asked(TracesSection::default(), &[]).unwrap().is_none());
        assert!(asked(TracesSection::default(), &[all]).unwrap().is_some());
        assert_eq!(where_to(&[]), "http://own:4318/v1/traces");
        assert_eq!(where_to(&[all]), "http://all:4318/v1/traces");
        assert_eq!(where_to(&[all, traces]), "http://t/as-it-is");
        for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
            assert!(asked(own(), &[all, off]).unwrap().is_none(), "{off:?}");
        }
        assert_eq!(asked(own(), &[]).unwrap().unwrap().percent, Some(5));
        let sampler = ("OTEL_TRACES_SAMPLER", "always_on");
        assert_eq!(asked(own(), &[sampler]).unwrap().unwrap().percent, None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in [
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/json"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "localhost:4318"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:password@own:4318"),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere/ca.pem"),
        ] {
            assert!(asked(own(), &[wrong]).is_err(), "{wrong:?}");
        }
    }
}
