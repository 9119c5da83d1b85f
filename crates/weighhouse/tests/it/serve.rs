//! The gate as a program: opened, filled, asked, audited, closed. Needs the feature `server`.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_weighhouse"))
}

/// A gate that serves until it is dropped.
struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Served {
    fn open(data: &Path) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .current_dir(data.parent().unwrap())
            .env("HOME", data.parent().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut address, mut token) = (String::new(), String::new());
        for line in lines.map_while(Result::ok) {
            if let Some(rest) = line.strip_prefix("the gate is open at ") {
                rest.clone_into(&mut address);
            }
            if line.trim().starts_with("wh_") {
                line.trim().clone_into(&mut token);
            }
            if line.contains("gate person") {
                break;
            }
        }
        Self { child, address, token }
    }

    fn gate(&self, arguments: &[&str]) -> Output {
        let mut command = program();
        command.arg("gate").args(arguments).env("HF_ENDPOINT", &self.address).env("HF_TOKEN", &self.token);
        command.output().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already, or ended now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_model_is_refused_approved_delivered_and_the_log_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let gate = Served::open(&data);
    assert!(gate.token.starts_with("wh_"), "{}", gate.token);

    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
    let import = |stage: &str| {
        let mut command = program();
        command.args(["gate", "import"]).arg(&example).args(["--as", "acme/clean", "--stage", stage]);
        command.arg("--data").arg(&data).current_dir(folder.path()).env("HOME", folder.path());
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    };
    import("production");
    let waiting = text(&gate.gate(&["inbox"]));
    assert!(waiting.contains("acme/clean") && waiting.contains("two people"), "{waiting}");

    import("research");
    let status = gate.gate(&["status", "acme/clean"]);
    assert!(text(&status).contains("in research: released"), "{}", text(&status));
    let unknown = gate.gate(&["status", "acme/none"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown));

    let audit = || {
        let mut command = program();
        command.args(["gate", "audit", "--data"]).arg(&data).current_dir(folder.path());
        command.env("HOME", folder.path()).output().unwrap()
    };
    assert!(text(&audit()).starts_with("log and tables agree"), "{}", text(&audit()));
    let empty = program().args(["gate", "audit", "--data", "/nonexistent"]).output().unwrap();
    assert_eq!(empty.status.code(), Some(2), "{}", text(&empty));
}
