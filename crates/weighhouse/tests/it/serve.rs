//! The gate as a program: opened, filled, asked, audited, closed. Needs the feature `server`.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

#[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_weighhouse"))
}

/// A gate that serves until it is dropped.
pub(crate) struct Served {
    child: Child,
    address: String,
    token: String,
}

impl Served {
    pub(crate) fn open(data: &Path) -> Self {
        Self::open_with(data, |_| ())
    }

    /// The same, with more arguments and variables.
    pub(crate) fn open_with(data: &Path, set: impl FnOnce(&mut Command)) -> Self {
        Self::begun(data, "gate person", set)
    }

    /// Stops it and opens it again.
    fn again(mut self, data: &Path) -> Self {
        let token = std::mem::take(&mut self.token);
        drop(self);
        let mut opened = Self::begun(data, "audit log:", |_| ());
        opened.token = token;
        opened
    }

    /// A gate that said its last word.
    fn begun(data: &Path, last: &str, set: impl FnOnce(&mut Command)) -> Self {
        let mut command = program();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .current_dir(data.parent().unwrap())
            .env("HOME", data.parent().unwrap())
            .stderr(Stdio::piped());
        set(&mut command);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (mut address, mut token) = (String::new(), String::new());
        for line in lines.map_while(Result::ok) {
            if let Some(rest) = line.strip_prefix("the gate is open at ") {
                rest.clone_into(&mut address);
            }
            if line.trim().starts_with("hf_wh") {
                line.trim().clone_into(&mut token);
            }
            if line.contains(last) {
                break;
            }
        }
        Self { child, address, token }
    }

    pub(crate) fn gate(&self, arguments: &[&str]) -> Output {
        self.ask_as(&self.token, arguments)
    }

    pub(crate) fn ask_as(&self, token: &str, arguments: &[&str]) -> Output {
        let mut command = program();
        command.arg("gate").args(arguments).env("HF_ENDPOINT", &self.address).env("HF_TOKEN", token);
        command.output().unwrap()
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Ended already, or ended now.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Somebody with a role; gives a token of theirs.
fn person(gate: &Served, name: &str, role: &str) -> String {
    let set = gate.gate(&["person", name, "--role", role]);
    assert_eq!(text(&set), format!("{name}: {role}\n"));
    text(&gate.gate(&["token", "--person", name])).trim().to_owned()
}

pub(crate) fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Whether something is told within half a minute.
pub(crate) fn soon(tell: impl Fn() -> String, expected: &str) -> bool {
    (0..300).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        tell().contains(expected)
    })
}

#[test]
fn nobody_brings_a_model_into_a_gate_that_knows_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
    let mut command = program();
    command
        .args(["gate", "import"])
        .arg(&example)
        .args(["--as", "acme/clean", "--data"])
        .arg(folder.path().join("data"));
    let done = command.current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", text(&done));
    assert!(text(&done).contains("nobody called `admin` is known"), "{}", text(&done));
}

#[test]
fn keys_that_a_program_prints_stay_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let reseal = |command: &str, keys: &str| {
        let mut program = program();
        program.args(["gate", "reseal", "--data"]).arg(&data).current_dir(folder.path());
        program.env("HOME", folder.path()).env("WEIGHHOUSE_SEAL_COMMAND", command);
        let done = program.env("WEIGHHOUSE_SEAL_KEYS", keys).output().unwrap();
        (done.status.code(), text(&done))
    };
    drop(Served::open(&data));
    std::fs::remove_file(data.join("seal.key")).unwrap();
    let key = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=\n";
    std::fs::write(folder.path().join("kept"), key).unwrap();
    assert_eq!(reseal("cat kept", "").0, Some(0));
    assert!(!data.join("seal.key").exists());
    for (command, keys, expected) in [
        ("cat kept", key, "keep one of them"),
        ("no-such-program at all", "", "cannot be started"),
        ("cat nothing", "", "ended with exit status: 1"),
        ("true", "", "the keys under which secrets are sealed"),
    ] {
        let (code, said) = reseal(command, keys);
        assert!(code != Some(0) && said.contains(expected), "{command}: {said}");
    }
}

#[test]
fn a_model_is_refused_approved_delivered_and_the_log_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let gate = Served::open(&data);
    assert!(gate.token.starts_with("hf_wh"), "{}", gate.token);

    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
    let import = |stage: &str| {
        let mut command = program();
        command.args(["gate", "import"]).arg(&example).args(["--as", "acme/clean", "--stage", stage]);
        command.arg("--data").arg(&data).current_dir(folder.path()).env("HOME", folder.path());
        let done = command.output().unwrap();
        assert!(done.status.success(), "{}", text(&done));
    };
    import("production");
    let waiting = text(&gate.gate(&["inbox", "--state", "reviewable"]));
    assert!(waiting.contains("acme/clean") && waiting.contains("two people"), "{waiting}");
    // Whoever asked for it does not approve it: it waits for others.
    assert_eq!(text(&gate.gate(&["inbox"])), "nothing waits for you\n");
    let bob = person(&gate, "bob", "approver");
    let waiting = text(&gate.ask_as(&bob, &["inbox"]));
    assert!(waiting.starts_with("to approve:\nacme/clean "), "{waiting}");
    let id = waiting.split("(release ").nth(1).unwrap().split(')').next().unwrap();
    let approved = text(&gate.ask_as(&bob, &["approve", id]));
    let still = "  1 approval counts (bob), and policy still asks for more\n";
    assert!(approved.ends_with(still), "{approved}");
    assert!(text(&gate.gate(&["status", "acme/clean"])).ends_with(still));
    assert_eq!(text(&gate.ask_as(&bob, &["inbox"])), "nothing waits for you\n");
    let eve = person(&gate, "eve", "approver");
    let approved = text(&gate.ask_as(&eve, &["approve", id]));
    assert!(approved.contains("in production: approved") && !approved.contains("more"), "{approved}");
    let max = person(&gate, "max", "release-manager");
    let waiting = text(&gate.ask_as(&max, &["inbox"]));
    assert!(waiting.starts_with("approved, to be released:\nacme/clean "), "{waiting}");

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

/// What a gate tells on standard error until it is stopped, after `then` was done at its addresses.
fn told(arguments: &[&str], then: impl FnOnce(&str, &str)) -> String {
    told_within(&[], arguments, then)
}

/// The same, with these variables set.
fn told_within(environment: &[(&str, &str)], arguments: &[&str], then: impl FnOnce(&str, &str)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut child = program()
        .args(["serve", "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data"])
        .arg(folder.path().join("data"))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut said = String::new();
    let (mut clients, mut operators) = (String::new(), String::new());
    for line in lines.by_ref().map_while(Result::ok) {
        if let Some(rest) = line.strip_prefix("the gate is open at http://") {
            rest.clone_into(&mut clients);
        }
        if let Some(rest) = line.strip_prefix("metrics: http://") {
            rest.trim_end_matches("/metrics").clone_into(&mut operators);
        }
        said.push_str(&line);
        said.push('\n');
        if line.contains("gate person") {
            break;
        }
    }
    then(&clients, &operators);
    interrupt(&child);
    for line in lines.map_while(Result::ok) {
        said.push_str(&line);
        said.push('\n');
    }
    assert!(child.wait().unwrap().success(), "{said}");
    said
}

#[expect(clippy::disallowed_methods, reason = "a signal, as a service manager sends it")]
fn interrupt(child: &Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
}

/// One request by hand; gives the answer.
#[expect(clippy::disallowed_methods, reason = "our own gate answers")]
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_gate_tells_what_it_does_in_lines_or_in_json() {
    let forged = "GET /a%0aWARN%20forged HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer wh_secret\r\n\r\n";
    let lines = told(&[], |clients, operators| {
        assert!(ask(clients, forged).contains("x-request-id: "));
        let metrics = ask(operators, "GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(metrics.contains("weighhouse_build_info{"), "{metrics}");
        let elsewhere = ask(operators, "GET /api/v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        assert!(elsewhere.starts_with("HTTP/1.1 404"), "{elsewhere}");
    });
    let requests: Vec<_> = lines.lines().filter(|line| line.contains("answered")).collect();
    assert!(requests.len() == 1 && requests[0].contains("status=404"), "{lines}");
    assert!(!lines.contains("wh_secret") && !lines.contains('\u{1b}'), "{lines}");

    let objects = told(&["--log-format", "json"], |clients, _| {
        ask(clients, forged);
    });
    let objects: Vec<serde_json::Value> =
        objects.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(objects.iter().any(|object| object["message"] == "answered" && object["status"] == 404));
    let quiet = told(&["--log", "off"], |clients, _| {
        ask(clients, forged);
    });
    assert!(!quiet.contains("answered"), "{quiet}");

    let wrong = program().args(["serve", "--log", "weighhouse_server=loud"]).output().unwrap();
    assert!(wrong.status.code() == Some(2) && text(&wrong).contains("--log"), "{}", text(&wrong));
}

/// Takes one request, as a collector of traces does; gives its head and its body.
fn collected(listener: &TcpListener) -> (String, Vec<u8>) {
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(stream.read_line(&mut head).unwrap() > 0, "{head}");
    }
    head.make_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    (head, body)
}

#[test]
fn spans_that_wait_are_sent_when_the_gate_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("weighhouse.toml");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::fs::write(&file, format!("[gate.traces]\nendpoint = \"http://{address}/otlp\"\n")).unwrap();
    let collecting = std::thread::spawn(move || collected(&listener));
    let environment =
        [("OTEL_SERVICE_NAME", "gate-7"), ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20let-me-in")];
    let arguments = ["--config", file.to_str().unwrap(), "--workers", "0"];
    let said = told_within(&environment, &arguments, |clients, _| {
        ask(clients, "GET /mystic/model/resolve/main/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    });
    let (head, body) = collecting.join().unwrap();
    assert!(head.starts_with("post /otlp/v1/traces "), "{head}");
    assert!(head.contains("authorization: bearer let-me-in\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    let body = String::from_utf8_lossy(&body);
    assert!(body.contains("gate-7") && body.contains("GET /{name}/resolve"), "{body}");
    assert!(!body.contains("mystic") && !said.contains("let-me-in"), "{body}\n{said}");
    let line = said.lines().find(|line| line.contains("answered")).unwrap();
    assert!(line.contains(" trace=\""), "{line}");
}

#[test]
fn a_gate_does_not_open_if_it_cannot_know_where_spans_go() {
    let folder = tempfile::tempdir().unwrap();
    let serve = |name: &str, value: &str| {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data"));
        command.current_dir(folder.path()).env("HOME", folder.path()).env(name, value);
        let done = command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4317").output().unwrap();
        (done.status.code(), text(&done))
    };
    let (code, said) = serve("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    assert!(code == Some(2) && said.contains("usually 4318"), "{said}");
    let (code, said) = serve("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://a\"b/");
    assert!(code == Some(2) && said.contains("traces cannot be sent to"), "{said}");
}

#[test]
fn a_gate_does_not_begin_anew_over_the_contents_of_another_database() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    drop(Served::open(&data));
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
    let run = |arguments: &[&str], database: Option<&str>| {
        let mut command = program();
        command
            .args(arguments)
            .arg("--data")
            .arg(&data)
            .current_dir(folder.path())
            .env("HOME", folder.path());
        database.map(|database| command.env("WEIGHHOUSE_DATABASE", database));
        let done = command.output().unwrap();
        (done.status.code(), text(&done))
    };
    let import = ["gate", "import", example.to_str().unwrap(), "--as", "acme/clean", "--stage", "research"];
    assert_eq!(run(&import, None).0, Some(0));
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let (code, said) = run(&serve, Some(""));
    assert!(code == Some(2) && said.contains("`WEIGHHOUSE_DATABASE` is empty"), "{said}");
    // The key is gone: no other one is made.
    let (key, kept) = (data.join("log.key"), folder.path().join("kept"));
    std::fs::rename(&key, &kept).unwrap();
    let (code, said) = run(&serve, None);
    assert!(code == Some(2) && said.contains("has a log that is signed by it") && !key.exists(), "{said}");
    std::fs::rename(&kept, &key).unwrap();
    let seal = data.join("seal.key");
    std::fs::rename(&seal, &kept).unwrap();
    let (code, said) = run(&serve, None);
    assert!(code == Some(2) && said.contains("this gate has sealed by it") && !seal.exists(), "{said}");
    std::fs::rename(&kept, &seal).unwrap();
    let backup = folder.path().join("backup-without");
    std::fs::rename(&seal, &kept).unwrap();
    assert_eq!(run(&["gate", "backup", backup.to_str().unwrap()], None).0, Some(0));
    assert!(!seal.exists());
    std::fs::rename(&kept, &seal).unwrap();
    let backup = folder.path().join("backup");
    assert_eq!(run(&["gate", "backup", backup.to_str().unwrap()], None).0, Some(0));
    // The database is another one.
    for file in ["gate.db", "gate.db-wal", "gate.db-shm"] {
        drop(std::fs::rename(data.join(file), folder.path().join(file)));
    }
    for file in [&key, &seal] {
        std::fs::rename(file, file.with_extension("kept")).unwrap();
    }
    let (code, said) = run(&serve, None);
    assert!(code == Some(2) && said.contains("is it the right database"), "{said}");
    // Nothing was made that would be in the way of a backup.
    assert!(!data.join("gate.db").exists() && !key.exists() && !seal.exists());
    for file in [&key, &seal] {
        std::fs::rename(file.with_extension("kept"), file).unwrap();
    }
    let (code, said) = run(&["gate", "restore", backup.to_str().unwrap()], None);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(run(&["gate", "audit"], None).0, Some(0));
    for file in ["gate.db", "gate.db-wal", "gate.db-shm"] {
        drop(std::fs::remove_file(data.join(file)));
        drop(std::fs::rename(folder.path().join(file), data.join(file)));
    }
    assert_eq!(run(&["gate", "audit"], None).0, Some(0));
}

#[test]
fn a_database_that_cannot_be_used_is_told_at_once_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    for (database, code, expected) in [
        (
            "postgres://wh:hunter2@127.0.0.1:1/gate",
            3,
            "the database `gate` at `127.0.0.1:1` is not available: ",
        ),
        ("postgres://wh:hun@ter2@127.0.0.1:1/gate", 2, "in a password they are `%40`"),
        ("postgres://wh:hun/ter2@127.0.0.1:1/gate", 2, "in a password they are `%40`"),
        ("postgres://wh:12?hun/ter2@127.0.0.1:1/gate", 2, "`%3F`"),
        ("postgres://wh@127.0.0.1:1/gate?pasword=hunter2&ter2", 3, "is not available: "),
        ("POSTGRES://wh@127.0.0.1:1/gate?channel_binding=x&user=me@ter3", 3, "is not available: "),
        ("postgres:wh:hunter2@127.0.0.1/gate", 2, "the database is named as"),
        ("hello", 2, "the database is named as"),
        ("mysql://a/b", 2, "the database is named as"),
    ] {
        let mut command = program();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data);
        command.env("HOME", folder.path()).env("WEIGHHOUSE_DATABASE", database);
        let done = command.output().unwrap();
        let said = text(&done);
        assert!(done.status.code() == Some(code) && said.contains(expected), "{database}: {said}");
        let told = said.lines().filter(|line| !line.contains("they are left aside"));
        assert!(!said.contains("ter2") && told.count() == 1, "{said}");
        assert!(!data.join("log.key").exists() && !data.join("seal.key").exists());
    }
    std::fs::write(data.join("gate.db"), "no database at all, but long enough for a page of one".repeat(99))
        .unwrap();
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).env("HOME", folder.path());
    let done = command.output().unwrap();
    assert!(
        done.status.code() == Some(2) && text(&done).contains("file is not a database"),
        "{}",
        text(&done)
    );
}

#[test]
fn addresses_are_looked_at_before_the_gate_opens_and_tell_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, address, fault) in [
        ("--upstream", "https://ada:hunter2@hub.example", "`--upstream` holds credentials; secrets do not"),
        ("--upstream", "hub.example", "`--upstream` is not a web address; write `https://`"),
        ("--address", "https://gate.example/?a=hunter2", "`--address` is not a web address"),
        ("--address", "https://site.example/gate/", "without a path"),
    ] {
        let mut command = program();
        command.args(["serve", flag, address, "--listen", "127.0.0.1:0", "--data"]);
        let done = command.arg(folder.path().join("data")).env("HOME", folder.path()).output().unwrap();
        let said = text(&done);
        assert!(done.status.code() == Some(2) && said.contains(fault), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
        assert!(!folder.path().join("data").exists());
    }
}

#[test]
fn a_bundle_of_the_gate_is_checked_without_it_and_its_log_by_a_witness() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let gate = Served::open(&data);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
    let here = |arguments: &[&str]| {
        let mut command = program();
        command.args(arguments).current_dir(folder.path()).env("HOME", folder.path());
        command.output().unwrap()
    };
    let import = [
        "gate",
        "import",
        example.to_str().unwrap(),
        "--as",
        "acme/clean",
        "--stage",
        "research",
        "--data",
        "data",
    ];
    assert!(here(&import).status.success());
    let bundle = folder.path().join("release.bundle");
    let fetched = gate.gate(&["bundle", "acme/clean", "--stage", "research", "-o", bundle.to_str().unwrap()]);
    assert!(fetched.status.success(), "{}", text(&fetched));
    let log = ["log", "verify"];
    let address = format!("{}/log", gate.address);
    // The key, as the operators of the gate know it.
    let told: serde_json::Value = serde_json::from_slice(&std::fs::read(&bundle).unwrap()).unwrap();
    let secret = std::fs::read_to_string(data.join("log.key")).unwrap();
    let key: weighhouse_log::SignerKey = secret.trim().parse().unwrap();
    let key = key.verifier().to_string();
    let verify = ["verify", "--bundle", "release.bundle", example.to_str().unwrap(), "--log-key", &key];
    let checked = here(&verify);
    assert!(checked.status.success(), "{}", text(&checked));
    let listed = gate.gate(&["waivers"]);
    assert!(text(&listed).contains("no waiver holds"), "{}", text(&listed));
    let read =
        here(&[&log[..], &[&address, "--log-key", &key, "--token", &gate.token, "--known", "seen"]].concat());
    assert!(read.status.success() && text(&read).contains("none changed"), "{}", text(&read));
    assert_eq!(told["statement"]["model"], "acme/clean");
    assert!(text(&checked).contains("`--log-policy` names witnesses"), "{}", text(&checked));

    // States are told by their words, however many things have them.
    for name in ["ada", "bob", "eve"] {
        person(&gate, name, "user");
    }
    let read = here(&[&log[..], &[&address, "--log-key", &key, "--token", &gate.token]].concat());
    assert!(text(&read).contains("\n      4 enabled\n"), "{}", text(&read));
    assert!(!text(&read).contains("sha256:"), "{}", text(&read));
}

#[test]
fn what_the_interface_has_is_reached_from_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Served::open(&folder.path().join("data"));
    let model = folder.path().join("bad");
    std::fs::create_dir(&model).unwrap();
    std::fs::write(model.join("pytorch_model.bin"), b"cbuiltins\nexec\n(S'print(1)'\ntR.").unwrap();
    let import = ["gate", "import", "bad", "--as", "acme/bad", "--stage", "research", "--data", "data"];
    let mut command = program();
    let done = command.args(import).current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));

    // Reasons name what they rest on.
    let status = text(&gate.gate(&["status", "acme/bad"]));
    assert!(status.contains("in research: rejected") && status.contains("pytorch_model.bin"), "{status}");
    let report = text(&gate.gate(&["report", "acme/bad"]));
    assert!(report.contains("  critical WH-PKL-") && report.contains("    finding "), "{report}");
    let commit = status.lines().nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let short = format!("acme/bad@{}", commit.get(..7).unwrap());
    assert_eq!(text(&gate.gate(&["report", &short])), report);
    let json: serde_json::Value =
        serde_json::from_slice(&gate.gate(&["report", &short, "--json"]).stdout).unwrap();
    assert!(!json["findings"].as_array().unwrap().is_empty());
    assert_eq!(text(&gate.gate(&["models"])), "acme/bad: rejected in research\n");
    assert_eq!(text(&gate.gate(&["models", "ACME/b"])), "acme/bad: rejected in research\n");
    assert!(text(&gate.gate(&["models", "--dataset"])).starts_with("nothing of that name"));

    // Words that mean nothing are told of, and taken.
    let set = gate.gate(&["person", "zed", "--role", "aprover"]);
    assert!(
        set.status.success() && text(&set).contains("no policy in force names the role `aprover`"),
        "{}",
        text(&set)
    );
    let waived = gate.gate(&["person", "sec", "--role", "security"]);
    assert_eq!(text(&waived), "sec: security\n");
    let sec = text(&gate.gate(&["token", "--person", "sec", "--label", "of sec"])).trim().to_owned();
    let waive = ["waive", &short, "--rule", "NOPE-1", "--until", "2099-01-01", "--reason", "r"];
    let refused = text(&gate.ask_as(&sec, &waive));
    assert!(refused.contains("holds 366 days at most"), "{refused}");
    let until = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(48)).to_string();
    let waive = ["waive", &short, "--rule", "NOPE-1", "--until", until.get(..10).unwrap(), "--reason", "r"];
    let waived = text(&gate.ask_as(&sec, &waive));
    assert!(
        waived.contains("note: there is no rule `NOPE-1`") && waived.contains("accepts nothing"),
        "{waived}"
    );

    // People and tokens.
    assert_eq!(text(&gate.gate(&["people"])), "admin: admin, user\nsec: security\nzed: aprover\n");
    let mine = text(&gate.ask_as(&sec, &["tokens"]));
    assert!(mine.contains(" sec \"of sec\", expires ") && mine.lines().count() == 1, "{mine}");
    let id = mine.split(' ').next().unwrap();
    assert_eq!(text(&gate.ask_as(&sec, &["revoke-token", id])), format!("token {id} is revoked\n"));
    assert!(!text(&gate.gate(&["tokens"])).contains(id));
    assert!(text(&gate.gate(&["tokens", "--all", "--person", "sec"])).contains("revoked "));
    let gone = gate.ask_as(&sec, &["tokens"]);
    assert!(gone.status.code() == Some(2), "{}", text(&gone));

    // No right: said without a name that is none.
    let ada = person(&gate, "ada", "user");
    let refused = text(&gate.ask_as(&ada, &["policy", "show"]));
    assert!(refused.contains("policy does not let `ada` see or change policy\n"), "{refused}");
    let refused = text(&gate.ask_as(&ada, &["people"]));
    assert!(refused.contains("policy does not let `ada` administer the gate\n"), "{refused}");
}

#[test]
fn what_a_gate_keeps_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let gate = Served::open(&data);
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            assert_eq!(mode(&entry.path()), 0o600, "{:?}", entry.path());
        }
    }
    drop(gate);
    // One that somebody opened to all stays so, and is told of.
    std::fs::set_permissions(&data, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut again = program();
    again.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).env("HOME", folder.path());
    let mut child = again.current_dir(folder.path()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let said: Vec<String> =
        lines.map_while(Result::ok).take_while(|line| !line.starts_with("audit log:")).collect();
    drop(child.kill());
    drop(child.wait());
    assert!(said.iter().any(|line| line.contains("can look into")), "{said:?}");
    assert_eq!(mode(&data), 0o755);

    // Looked at from elsewhere, the key of the log says what to name.
    std::fs::write(folder.path().join("weighhouse.toml"), "[gate]\norigin = \"other.example/log\"\n")
        .unwrap();
    let audit =
        program().args(["gate", "audit", "--data"]).arg(&data).current_dir(folder.path()).output().unwrap();
    assert!(text(&audit).contains("with `--config`"), "{}", text(&audit));
}

#[test]
fn a_view_is_made_from_the_terminal_and_its_record_is_checked_without_the_gate() {
    let folder = tempfile::tempdir().unwrap();
    let gate = Served::open(&folder.path().join("data"));
    let here = |arguments: &[&str]| {
        let mut command = program();
        command.args(arguments).current_dir(folder.path()).env("HOME", folder.path());
        command.output().unwrap()
    };
    let (whole, less) = (folder.path().join("whole"), folder.path().join("less"));
    for copy in [&whole, &less] {
        std::fs::create_dir(copy).unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/clean-classifier");
        for entry in std::fs::read_dir(example).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name() != "pytorch_model.bin" {
                std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
            }
        }
    }
    std::fs::write(whole.join("pytorch_model.bin"), b"cbuiltins\nexec\n(S'print(1)'\ntR.").unwrap();
    let import = ["gate", "import", "whole", "--as", "acme/mixed", "--stage", "research", "--data", "data"];
    assert!(here(&import).status.success());
    // What is decided about again at the start, with threads, leaves room for inspections.
    let gate = gate.again(&folder.path().join("data"));

    let preview = || gate.gate(&["view", "acme/mixed", "--without", "pickle,code", "--preview"]);
    assert!(soon(|| text(&preview()), "without pytorch_model.bin"), "{}", text(&preview()));
    let preview = preview();
    assert!(preview.status.success(), "{}", text(&preview));
    let told = text(&preview);
    assert!(
        told.contains("without pytorch_model.bin") && told.contains("it runs when it is loaded"),
        "{told}"
    );
    for (arguments, said) in [
        (&["view", "acme/mixed"][..], "--without"),
        (&["view", "acme/mixed", "--without", "pickles"], "pickle"),
        (&["view", "acme/mixed", "--without-path", "*.gguf"], "the pattern `*.gguf` means no file"),
        (&["view", "acme/none", "--without", "code"], "`acme/none` is not here"),
        (&["view-record", "acme/mixed"], "write the commit"),
    ] {
        let refused = gate.gate(arguments);
        assert!(refused.status.code() == Some(2) && text(&refused).contains(said), "{}", text(&refused));
    }
    let made = gate.gate(&["view", "acme/mixed", "--without", "pickle", "--stage", "research", "--wait"]);
    assert!(made.status.success() && text(&made).contains("in research: released"), "{}", text(&made));
    let commit = text(&made).split_whitespace().nth(1).unwrap().to_owned();

    let name = format!("acme/mixed@{commit}");
    let (record, key) = (folder.path().join("view.json"), folder.path().join("gate.pem"));
    let fetched = gate.gate(&["view-record", &name, "-o", record.to_str().unwrap()]);
    assert!(fetched.status.success(), "{}", text(&fetched));
    let printed = gate.gate(&["key"]);
    assert!(printed.status.success(), "{}", text(&printed));
    std::fs::write(&key, &printed.stdout).unwrap();
    let verify =
        |model: &str| here(&["verify", model, "--statement", "view.json", "--public-key", "gate.pem"]);
    let checked = verify("less");
    assert!(checked.status.success(), "{}", text(&checked));
    assert!(text(&checked).contains("1 files left out, 0 rewritten"), "{}", text(&checked));
    assert_eq!(verify("whole").status.code(), Some(1));
    std::fs::write(less.join("extra.txt"), "x").unwrap();
    assert_eq!(verify("less").status.code(), Some(1));
    let log = gate.gate(&["key", "--log"]);
    assert!(text(&log).contains('+'), "{}", text(&log));
}

#[test]
fn what_deploy_ships_believes_its_own_door_about_addresses_and_nobody_else() {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy");
    let read = |name: &str| std::fs::read_to_string(deploy.join(name)).unwrap();
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
    };
    let (door, compose, settings) = (read("haproxy.cfg"), read("compose.yaml"), read("weighhouse.toml"));
    let rules = lines(&door);
    for rule in ["mode http", "http-request del-header x-forwarded-for", "option forwardfor"] {
        assert!(rules.iter().any(|line| line == rule), "{rule}");
    }
    assert!(!rules.iter().any(|line| line == "mode tcp" || line == "option http-buffer-request"), "{door}");
    let address =
        lines(&compose).iter().find_map(|line| line.strip_prefix("ipv4_address: ").map(str::to_owned));
    let address = address.unwrap();
    assert!(lines(&settings).contains(&format!("proxies = [\"{address}\"]")), "{address}: {settings}");
    // The program takes these settings: it goes on to look for a gate.
    let folder = tempfile::tempdir().unwrap();
    let mut audit = program();
    audit
        .args(["gate", "audit", "--config"])
        .arg(deploy.join("weighhouse.toml"))
        .arg("--data")
        .arg(folder.path());
    let audit = audit.current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert!(text(&audit).contains("there is no gate in"), "{}", text(&audit));
}

#[test]
fn an_import_from_elsewhere_follows_the_policies_in_force() {
    let (here, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let house = r#"@id("not-theirs") @message("nothing of theirs") @outcome("deny")
        forbid (principal, action == Weighhouse::Action::"release", resource) when { context.namespace == "evil" };"#;
    std::fs::write(here.path().join("house.cedar"), house).unwrap();
    std::fs::write(here.path().join("weighhouse.toml"), "[policy]\nfiles = [\"house.cedar\"]\n").unwrap();
    let data = here.path().join("data");
    let gate = Served::open(&data);
    let before = text(&gate.gate(&["policy", "show"]));
    assert!(before.contains("not-theirs"), "{before}");
    std::fs::write(elsewhere.path().join("config.json"), "{}").unwrap();
    let done = program()
        .args(["gate", "import", ".", "--as", "Evil/x", "--data"])
        .arg(&data)
        .current_dir(elsewhere.path())
        .env("HOME", elsewhere.path())
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", text(&done));
    assert_eq!(text(&gate.gate(&["policy", "show"])), before);
    let status = text(&gate.gate(&["status", "Evil/x"]));
    assert!(status.contains("rejected") && status.contains("nothing of theirs"), "{status}");
}
