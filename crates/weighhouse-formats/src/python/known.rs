//! What calls of Python's library and of common packages do, as far as following data needs it. No judgement: which of them
//! are dangerous is for rules to say.

pub(super) use super::names::{canonical, is_assumed, is_builtin, is_harmless, is_powerful};
use super::value::Taint;

fn any(name: &str, exact: &[&str], prefixes: &[&str]) -> bool {
    exact.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Run code or a program.
const EXECUTES: &[&str] = &[
    "os.system",
    "os.popen",
    "os.startfile",
    "os.fork",
    "os.forkpty",
    "builtins.exec",
    "builtins.eval",
    "builtins.compile",
    "builtins.execfile",
    "builtins.__import__",
    "importlib.import_module",
    "subprocess.Popen",
    "subprocess.run",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.getoutput",
    "subprocess.getstatusoutput",
    "commands.getoutput",
    "commands.getstatusoutput",
    "pty.spawn",
    "runpy.run_path",
    "runpy.run_module",
    "runpy._run_code",
    "code.interact",
    "types.FunctionType",
    "types.CodeType",
    "asyncio.create_subprocess_shell",
    "asyncio.create_subprocess_exec",
    "ctypes.CDLL",
    "ctypes.WinDLL",
    "ctypes.PyDLL",
    "ctypes.cdll.LoadLibrary",
    "ctypes.windll.LoadLibrary",
    "torch.ops.load_library",
    "torch.classes.load_library",
    "_posixsubprocess.fork_exec",
    "webbrowser.open",
    "imp.load_source",
    "timeit.timeit",
    "timeit.repeat",
    "torch.utils.cpp_extension.load",
    "torch.utils.cpp_extension.load_inline",
    "numpy.testing.runstring",
    "platform.popen",
    "popen2.popen2",
    "cProfile.run",
    "profile.run",
    "pdb.run",
    "bdb.Bdb.run",
    "trace.Trace.run",
    "pexpect.spawn",
    "pexpect.run",
    "sh.Command",
    "concurrent.futures.process._process_worker",
    "doctest.debug_script",
    "code.InteractiveInterpreter.runcode",
    "code.InteractiveInterpreter.runsource",
    "code.InteractiveConsole.push",
    "cffi.FFI.dlopen",
    "_xxsubinterpreters.run_string",
    "importlib.util.spec_from_file_location",
    "distutils.spawn.spawn",
    "setuptools._distutils.spawn.spawn",
    "pip.main",
    "pip._internal.main",
];

/// Runs code or a program from its argument.
pub(super) fn executes(name: &str) -> bool {
    any(name, EXECUTES, &["os.exec", "os.spawn", "os.posix_spawn"])
}

/// Builds objects from bytes by running what they say.
pub(super) fn deserialises(name: &str) -> bool {
    any(
        name,
        &[
            "pickle.loads",
            "pickle.load",
            "pickle.Unpickler",
            "pickle.Unpickler.load",
            "marshal.loads",
            "marshal.load",
            "torch.load",
            "joblib.load",
            "dill.loads",
            "dill.load",
            "cloudpickle.loads",
            "cloudpickle.load",
            "shelve.open",
            "yaml.load",
            "yaml.unsafe_load",
            "yaml.full_load",
            "yaml.load_all",
            "yaml.unsafe_load_all",
            "pandas.read_pickle",
            "numpy.load",
            "jsonpickle.decode",
            "torch.jit.load",
            "torch.package.PackageImporter",
            "keras.models.load_model",
            "tensorflow.keras.models.load_model",
            "tensorflow.saved_model.load",
            "torch.hub.load",
            "torch.serialization.load",
            "_pickle.loads",
            "skops.io.load",
            "cPickle.loads",
            "mlflow.pyfunc.load_model",
        ],
        &[],
    )
}

/// Reach another machine.
const NETWORKS: &[&str] = &[
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "urllib.request.Request",
    "urllib.urlopen",
    "urllib.urlretrieve",
    "urllib2.urlopen",
    "urllib.request.URLopener.open",
    "urllib.request.build_opener",
    "urllib.request.OpenerDirector.open",
    "urllib.request.build_opener.open",
    "wget.download",
    "http.client.HTTPSConnection.request",
    "http.client.HTTPConnection.request",
    "http.client.HTTPConnection",
    "http.client.HTTPSConnection",
    "socket.create_connection",
    "smtplib.SMTP.sendmail",
    "smtplib.SMTP.send_message",
    "smtplib.SMTP_SSL.sendmail",
    "smtplib.SMTP",
    "smtplib.SMTP_SSL",
    "ftplib.FTP",
    "ftplib.FTP.storbinary",
    "ftplib.FTP.retrbinary",
    "telnetlib.Telnet",
    "paramiko.SSHClient.connect",
    "paramiko.SSHClient.exec_command",
    "websocket.create_connection",
    "websockets.connect",
    "pycurl.Curl.perform",
    "xmlrpc.client.ServerProxy",
    "dns.resolver.resolve",
    "socket.gethostbyname",
    "socket.getaddrinfo",
    "torch.hub.download_url_to_file",
    "torch.hub.load_state_dict_from_url",
    "asyncio.open_connection",
    "boto3.client",
    "socket.socket",
    "gdown.download",
    "tensorflow.keras.utils.get_file",
    "pooch.retrieve",
];

/// Sends to, or fetches from, another machine.
pub(super) fn networks(name: &str) -> bool {
    const VERBS: &[&str] = &[
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "request",
        "stream",
        "send",
        "build_request",
    ];
    let (module, last) = name.rsplit_once('.').unwrap_or(("", name));
    let verb_of = [
        "requests",
        "httpx",
        "urllib3",
        "aiohttp",
        "requests.Session",
        "requests.session",
        "requests.sessions.Session",
        "requests.api",
        "httpx.Client",
        "httpx.AsyncClient",
        "aiohttp.ClientSession",
        "urllib3.PoolManager",
        "cloudscraper.create_scraper",
        "requests_toolbelt.sessions.BaseUrlSession",
        "curl_cffi.requests",
    ];
    (VERBS.contains(&last) && verb_of.contains(&module))
        || any(
            name,
            NETWORKS,
            &[
                "socket.socket.send",
                "socket.socket.connect",
                "socket.socket.recv",
                "socket.socket.bind",
                "socket.create_connection.",
            ],
        )
}

/// Fetches from a model or data hub.
pub(super) fn hub(name: &str) -> bool {
    any(
        name,
        &[
            "huggingface_hub.hf_hub_download",
            "huggingface_hub.snapshot_download",
            "huggingface_hub.cached_download",
            "huggingface_hub.HfApi.hf_hub_download",
            "transformers.utils.cached_file",
            "transformers.utils.hub.cached_file",
            "huggingface_hub.file_download.hf_hub_download",
            "modelscope.snapshot_download",
        ],
        &[],
    )
}

/// Writes a file.
pub(super) fn writes_file(name: &str) -> bool {
    any(
        name,
        &[
            "builtins.open.write",
            "builtins.open.writelines",
            "pathlib.Path.write_text",
            "pathlib.Path.write_bytes",
            "os.write",
            "tempfile.NamedTemporaryFile.write",
            "tempfile.TemporaryFile.write",
            "shutil.copyfileobj",
            "codecs.open.write",
        ],
        &[],
    )
}

/// The taint that a call's result has of itself.
pub(super) fn source(name: &str) -> Taint {
    match name {
        "os.getenv"
        | "os.environ.get"
        | "os.environ.copy"
        | "os.environ.items"
        | "os.environ.values"
        | "os.environ.keys"
        | "os.environ.pop"
        | "os.environ.setdefault"
        | "os.environb.get"
        | "os.getenvb"
        | "os.environ.__getitem__" => Taint::ENVIRONMENT,
        "getpass.getpass"
        | "huggingface_hub.get_token"
        | "huggingface_hub.HfFolder.get_token"
        | "huggingface_hub.utils.get_token"
        | "google.colab.userdata.get" => Taint::TOKEN,
        "keyring.get_password"
        | "netrc.netrc"
        | "browser_cookie3.load"
        | "browser_cookie3.chrome"
        | "boto3.Session.get_credentials" => Taint::CREDENTIAL,
        "builtins.open.read"
        | "builtins.open.readlines"
        | "builtins.open.readline"
        | "pathlib.Path.read_text"
        | "pathlib.Path.read_bytes"
        | "builtins.open"
        | "codecs.open"
        | "os.read" => Taint::FILE,
        "base64.b64decode"
        | "base64.urlsafe_b64decode"
        | "base64.standard_b64decode"
        | "base64.b32decode"
        | "base64.b16decode"
        | "base64.b85decode"
        | "base64.a85decode"
        | "base64.decodebytes"
        | "binascii.unhexlify"
        | "binascii.a2b_hex"
        | "binascii.a2b_base64"
        | "zlib.decompress"
        | "codecs.decode"
        | "gzip.decompress"
        | "bz2.decompress"
        | "lzma.decompress"
        | "builtins.bytes.fromhex" => Taint::DECODED,
        name if hub(name) => Taint::HUB,
        name if networks(name) => Taint::NETWORK,
        _ => Taint::default(),
    }
}

/// Whether an environment variable's name says that it holds a secret.
pub(super) fn secret_variable(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["TOKEN", "SECRET", "PASSW", "APIKEY", "API_KEY", "ACCESS_KEY", "PRIVATE", "CREDENTIAL", "AUTH"]
        .iter()
        .any(|word| name.contains(word))
        || name.ends_with("_KEY")
        || name.starts_with("AWS_ACCESS")
}

/// Whether a path is one where credentials live.
pub(super) fn credential_path(path: &str) -> bool {
    let path = path.replace('\\', "/");
    [
        "/.ssh",
        "/.aws",
        "/.netrc",
        "/.kube/config",
        "/etc/shadow",
        "/etc/passwd",
        ".git-credentials",
        "/.npmrc",
        "/.pypirc",
        "/id_rsa",
        "/id_ed25519",
        "/.docker/config.json",
        "/Login Data",
        "/cookies.sqlite",
        "/.config/gcloud",
        "/.azure",
        "huggingface/token",
        "huggingface/stored_tokens",
        "/.bash_history",
        "/.zsh_history",
        "wallet.dat",
        "/Local State",
        "/.gnupg",
        "/.config/gh/hosts",
        "/proc/self/environ",
        "/var/run/secrets",
        "/.config/solana",
        "/.ethereum/keystore",
    ]
    .iter()
    .any(|mark| path.contains(mark))
        || path.starts_with(".ssh")
        || path.starts_with(".aws")
        || path == ".netrc"
}

/// Calls a function that it is given: at which position, by which keyword, and where the arguments of that function are.
pub(super) struct Invoker {
    pub(super) position: usize,
    pub(super) keyword: &'static str,
    pub(super) arguments: Passed,
}

/// Where the arguments of an invoked function come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// One by one from the iterable that follows.
    Each,
    /// From a sequence given by keyword `args` or the next position.
    Sequence,
    /// The positional arguments that follow.
    Rest,
    /// Unknown.
    Nothing,
}

pub(super) fn invoker(callee: &str) -> Option<Invoker> {
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let invoker = |position, keyword, arguments| Some(Invoker { position, keyword, arguments });
    match callee {
        "builtins.map"
        | "builtins.filter"
        | "functools.reduce"
        | "itertools.starmap"
        | "itertools.takewhile"
        | "itertools.filterfalse"
        | "itertools.dropwhile" => {
            return invoker(0, "function", Passed::Each);
        }
        "builtins.sorted" | "builtins.min" | "builtins.max" => {
            return invoker(usize::MAX, "key", Passed::Each);
        }
        "threading.Thread"
        | "multiprocessing.Process"
        | "threading.Timer"
        | "multiprocessing.context.Process" => {
            return invoker(1, if last == "Timer" { "function" } else { "target" }, Passed::Sequence);
        }
        "_thread.start_new_thread" | "_thread.start_new" => return invoker(0, "function", Passed::Sequence),
        "atexit.register" | "operator.call" | "contextlib.ExitStack.callback" => {
            return invoker(0, "func", Passed::Rest);
        }
        "signal.signal" => return invoker(1, "handler", Passed::Nothing),
        "builtins.iter"
        | "codecs.register"
        | "codecs.register_error"
        | "sys.settrace"
        | "sys.setprofile"
        | "threading.settrace" => return invoker(0, "", Passed::Nothing),
        "timeit.timeit" | "weakref.finalize" | "asyncio.run" | "asyncio.to_thread" | "sys.addaudithook"
        | "builtins.apply" => return invoker(usize::from(callee == "weakref.finalize"), "", Passed::Rest),
        _ => {}
    }
    match last {
        "submit" | "apply" | "apply_async" | "run_in_executor" | "call_soon" | "register_at_fork"
        | "start_soon" => invoker(
            usize::from(last == "run_in_executor"),
            "func",
            if last.starts_with("apply") { Passed::Sequence } else { Passed::Rest },
        ),
        "map" | "imap" | "starmap" | "imap_unordered" | "map_async" => invoker(0, "func", Passed::Each),
        _ => None,
    }
}

/// The name under which the methods of a call's result are known: `pathlib.Path.home()` is a `pathlib.Path`.
pub(super) fn made_by(name: &str) -> &str {
    match name {
        "pathlib.Path.home"
        | "pathlib.Path.cwd"
        | "pathlib.Path.joinpath"
        | "pathlib.Path.resolve"
        | "pathlib.Path.absolute"
        | "pathlib.Path.expanduser"
        | "pathlib.Path.with_suffix"
        | "pathlib.Path.with_name"
        | "pathlib.PosixPath"
        | "pathlib.PurePath" => "pathlib.Path",
        "pathlib.Path.open" => "builtins.open",
        "requests.session" | "requests.sessions.Session" | "requests.sessions.session" => "requests.Session",
        other => other,
    }
}

/// The function of `ctypes` that makes types of functions, of such a type or of what it has: `from_address`, `in_dll`.
pub(super) fn function_type(maker: &str) -> Option<&'static str> {
    const MAKERS: &[&str] = &["ctypes.CFUNCTYPE", "ctypes.PYFUNCTYPE", "ctypes.WINFUNCTYPE"];
    let of =
        |made: &&str| maker.strip_prefix(*made).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    MAKERS.iter().copied().find(of)
}

/// Outside callables that are not named like classes but make objects whose methods matter.
pub(super) fn makes_object(name: &str) -> bool {
    matches!(
        name,
        "builtins.open"
            | "socket.socket"
            | "socket.create_connection"
            | "get_ipython"
            | "IPython.get_ipython"
            | "IPython.core.getipython.get_ipython"
            | "requests.session"
            | "urllib.request.build_opener"
            | "sqlite3.connect"
            | "zipfile.ZipFile"
            | "tarfile.open"
            | "netrc.netrc"
            | "ctypes.CDLL"
            | "codecs.open"
            | "boto3.client"
            | "boto3.resource"
            | "cloudscraper.create_scraper"
            | "logging.getLogger"
            | "urllib.request.urlopen"
            | "os.popen"
            | "asyncio.get_event_loop"
            | "asyncio.new_event_loop"
            | "multiprocessing.get_context"
            | "websocket.create_connection"
            | "ctypes.util.find_library"
            | "threading.local"
            | "multiprocessing.Pool"
            | "importlib.util.module_from_spec"
            | "importlib.util.spec_from_file_location"
            | "concurrent.futures.ThreadPoolExecutor"
    ) || name.rsplit('.').next().and_then(|last| last.chars().next()).is_some_and(char::is_uppercase)
}
