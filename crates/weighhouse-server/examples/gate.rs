//! A gate for experiments and for the tests with real clients (`tools/oracles/hub`): on a free port of this machine, in a folder that is
//! made if it is not there, with the real engine.
//!
//! `gate FOLDER [UPSTREAM]` prints one line, `{"address":…,"token":…}` (the token is the administrator's), and then does what each line of
//! its input says, answering one line each, until the input ends:
//!
//! ```text
//! import<TAB>models|datasets<TAB>NAME<TAB>FOLDER<TAB>STAGE
//! ```

use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use weighhouse_core::{Inspection, RuleMeta};
use weighhouse_formats::bounded::Limits;
use weighhouse_policy::PolicySet;
use weighhouse_report::{Basis, Detail, Format, Report, Style};
use weighhouse_scan::engine::Engine;
use weighhouse_scan::source::Listing;
use weighhouse_scan::source::hub::Patience;
use weighhouse_server::{Gate, Inspector, Name, Notices, Parts, Settings, Stage, Uploads, Upstream, serve};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The rules of the program, without what needs settings.
struct Rules;

impl Inspector for Rules {
    fn ruleset(&self) -> weighhouse_core::Digest {
        weighhouse_scan::engine::tool().ruleset
    }

    fn inspect(&self, listing: Listing, cancelled: &Arc<AtomicBool>) -> Result<(Inspection, String), String> {
        let engine = Engine::new(Arc::new(Limits::default()), Arc::clone(cancelled));
        let inspection = engine.inspect(&listing);
        let rules: Vec<&'static RuleMeta> = weighhouse_scan::RULES.iter().map(|rule| rule.meta()).collect();
        let report = Report {
            inspection: &inspection,
            basis: Basis::Threshold(None),
            rules: &rules,
            waivers: &[],
            diagnostics: &[],
            date: None,
        };
        let (mut text, style) = (Vec::new(), Style { color: false, width: 80, detail: Detail::Normal });
        weighhouse_report::render(&report, Format::Json, &style, &mut text)
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8(text).map_err(|error| error.to_string())?;
        Ok((inspection, text))
    }
}

fn settings(data: PathBuf, address: String, upstream: Option<String>) -> Settings {
    Settings {
        data,
        database: None,
        address,
        origin: "example.org/gate".to_owned(),
        upstream: upstream.map(|endpoint| Upstream { endpoint, token: None, patience: Patience::default() }),
        stages: Stage::built_in(),
        stage: "research".to_owned(),
        max_files: 10_000,
        directory: None,
        workloads: Vec::new(),
        authorities: None,
        blobs: None,
        // Small, so that what clients do with larger files can be seen with files that are not.
        uploads: Uploads { largest_inline: 8 << 20, ..Uploads::default() },
        trust: weighhouse_server::Trust::default(),
        limits: weighhouse_server::Limits::default(),
        proxies: Vec::new(),
        notices: Notices::default(),
        encrypt_blobs: false,
        released: None,
        released_only: false,
        traces: None,
        seal_keys: None,
    }
}

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let data = arguments.next().ok_or("usage: gate FOLDER [UPSTREAM]")?;
    let upstream = arguments.next();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = format!("http://{}", listener.local_addr()?);
    let parts = Parts {
        policies: PolicySet::embedded(),
        inspector: Arc::new(Rules),
        clock: Arc::new(|| jiff::Timestamp::now().as_second()),
    };
    let gate = runtime.block_on(Gate::open(settings(data.into(), address.clone(), upstream), parts))?;
    let token = runtime.block_on(gate.bootstrap())?;
    say(&json!({ "address": address, "token": token.as_ref().map(weighhouse_server::Secret::expose) }))?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = runtime.spawn(serve(Arc::clone(&gate), listener, 1, async move { drop(stopped.await) }));
    for line in std::io::stdin().lock().lines() {
        say(&match runtime.block_on(obey(&gate, &line?)) {
            Ok(answer) => answer,
            Err(error) => json!({ "error": error.to_string() }),
        })?;
    }
    stop.send(()).map_err(|()| "the gate ended by itself")?;
    Ok(runtime.block_on(serving)??)
}

async fn obey(gate: &Arc<Gate>, line: &str) -> Outcome<Value> {
    let words: Vec<&str> = line.split('\t').collect();
    let ["import", kind, name, folder, stage] = words.as_slice() else {
        return Err("import, kind, name, folder and stage, parted by tabs".into());
    };
    let name = Name::new(kind.parse()?, name).ok_or("no name of a repository")?;
    Ok(json!({ "commit": gate.import("admin", &name, Path::new(folder), stage).await? }))
}

fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
