//! Judges the names that a pickle imports: allow list first.
//!
//! A name is allowed only as an exact pair of module and qualified name, and only for the roles its entry lists: a class that may
//! be given attributes is not thereby callable. The list of dangers only explains and escalates; what is on no list is never
//! silent. Names that walk through modules (`torch.serialization` → `os.system`) are matched by component, so an innocent module
//! in front hides nothing. No entry resolves names, takes a callable of another library, loads, compiles or runs; a test
//! holds that line.

use std::cell::OnceCell;
use std::sync::LazyLock;

use weighhouse_formats::pickle::{Global, GlobalName, PickleFacts, Uses};

use super::arguments::Arguments;
use super::attributes::kept_method;
use super::table::Table;

/// The allow lists, one file per library.
const LISTS: &[(&str, &str)] = &[
    ("python", include_str!("../../data/globals/python.tsv")),
    ("category-encoders", include_str!("../../data/globals/category_encoders.tsv")),
    ("catboost", include_str!("../../data/globals/catboost.tsv")),
    ("dill", include_str!("../../data/globals/dill.tsv")),
    ("feature-engine", include_str!("../../data/globals/feature_engine.tsv")),
    ("formulaic", include_str!("../../data/globals/formulaic.tsv")),
    ("gensim", include_str!("../../data/globals/gensim.tsv")),
    ("hdbscan", include_str!("../../data/globals/hdbscan.tsv")),
    ("hmmlearn", include_str!("../../data/globals/hmmlearn.tsv")),
    ("imbalanced-learn", include_str!("../../data/globals/imblearn.tsv")),
    ("joblib", include_str!("../../data/globals/joblib.tsv")),
    ("lightgbm", include_str!("../../data/globals/lightgbm.tsv")),
    ("lifelines", include_str!("../../data/globals/lifelines.tsv")),
    ("mlxtend", include_str!("../../data/globals/mlxtend.tsv")),
    ("networkx", include_str!("../../data/globals/networkx.tsv")),
    ("nltk", include_str!("../../data/globals/nltk.tsv")),
    ("numpy", include_str!("../../data/globals/numpy.tsv")),
    ("optuna", include_str!("../../data/globals/optuna.tsv")),
    ("pandas", include_str!("../../data/globals/pandas.tsv")),
    ("pillow", include_str!("../../data/globals/pillow.tsv")),
    ("pyarrow", include_str!("../../data/globals/pyarrow.tsv")),
    ("regex", include_str!("../../data/globals/regex.tsv")),
    ("scikit-learn", include_str!("../../data/globals/sklearn.tsv")),
    ("scipy", include_str!("../../data/globals/scipy.tsv")),
    ("sentence-transformers", include_str!("../../data/globals/sentence_transformers.tsv")),
    ("sklearn-crfsuite", include_str!("../../data/globals/sklearn_crfsuite.tsv")),
    ("statsmodels", include_str!("../../data/globals/statsmodels.tsv")),
    ("tables", include_str!("../../data/globals/tables.tsv")),
    ("time zones", include_str!("../../data/globals/time.tsv")),
    ("torch", include_str!("../../data/globals/torch.tsv")),
    ("torchvision", include_str!("../../data/globals/torchvision.tsv")),
    ("transformers", include_str!("../../data/globals/transformers.tsv")),
    ("ultralytics", include_str!("../../data/globals/ultralytics.tsv")),
    ("xgboost", include_str!("../../data/globals/xgboost.tsv")),
];
const DANGEROUS: &str = include_str!("../../data/dangerous.tsv");
const STANDARD_LIBRARY: &str = include_str!("../../data/stdlib.txt");
const LIBRARIES: &str = include_str!("../../data/libraries.tsv");
const HELD: &str = include_str!("../../data/held.tsv");

/// The texts without their headers, made once.
struct Tables {
    lists: Vec<(&'static str, Table)>,
    dangerous: Table,
    standard_library: Table,
    libraries: Table,
    held: Table,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables {
    lists: LISTS.iter().map(|(library, text)| (*library, Table::new(text))).collect(),
    dangerous: Table::new(DANGEROUS),
    standard_library: Table::new(STANDARD_LIBRARY),
    libraries: Table::new(LIBRARIES),
    held: Table::new(HELD),
});

/// Whether programs import a top-level module of this name: of the standard library, or of a library that is known well.
pub fn is_importable(module: &str) -> bool {
    TABLES.standard_library.find_key(module).is_some() || TABLES.libraries.find_key(module).is_some()
}

/// Whether a top-level module of this name belongs to Python itself.
pub fn is_standard_library(module: &str) -> bool {
    TABLES.standard_library.find_key(module).is_some()
}

/// Modules whose object itself, reached as an attribute of another module, gives everything below it away.
const MODULE_OBJECTS: &[&str] = &[
    "builtins",
    "ctypes",
    "functools",
    "imp",
    "importlib",
    "io",
    "marshal",
    "nt",
    "operator",
    "os",
    "pickle",
    "posix",
    "pty",
    "runpy",
    "shutil",
    "socket",
    "subprocess",
    "sys",
    "types",
];

/// Components of the longest listed danger; hostile names can have any number.
pub(super) const LONGEST_DANGER: usize = 6;

/// Words of identifiers that name a way to run, resolve or load something, wherever they are defined.
const TELLING_NAMES: &[&str] = &[
    "Popen",
    "attrgetter",
    "call_method",
    "check_call",
    "check_output",
    "eval",
    "exec",
    "exec_module",
    "execfile",
    "execute",
    "execute_command",
    "execv",
    "execve",
    "getattr",
    "getoutput",
    "getstatusoutput",
    "import_file",
    "import_from_string",
    "import_module",
    "import_object",
    "import_string",
    "load_module",
    "load_object",
    "methodcaller",
    "os_system",
    "popen",
    "popen2",
    "pyeval",
    "run_cmd",
    "run_code",
    "run_command",
    "run_module",
    "run_path",
    "run_script",
    "run_shell",
    "runcode",
    "runcommand",
    "runctx",
    "runsource",
    "runstring",
    "safe_eval",
    "shell",
    "shell_exec",
    "spawn",
    "spawnl",
    "spawnv",
    "startfile",
    "system",
];

/// Every text that takes part in judging, with a name, in the order of the digest.
pub(super) fn texts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let others = [
        ("dangerous", DANGEROUS),
        ("standard library", STANDARD_LIBRARY),
        ("libraries", LIBRARIES),
        ("held", HELD),
    ];
    LISTS.iter().copied().chain(others)
}

/// One use of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Passed as an argument or stored as a value.
    Import,
    /// Called with arguments from the stream.
    Call,
    /// Instantiated through `__new__`.
    New,
    /// What it produced receives state.
    Build,
    /// What it produced receives items by key.
    Fill,
    /// What it produced receives elements.
    Append,
    /// The imported object itself receives state. No entry ever has this role.
    Patch,
}

impl Role {
    const ALL: [Self; 7] =
        [Self::Call, Self::Patch, Self::Build, Self::New, Self::Append, Self::Fill, Self::Import];

    fn parse(word: &str) -> Option<Self> {
        match word {
            "import" => Some(Self::Import),
            "call" => Some(Self::Call),
            "new" => Some(Self::New),
            "build" => Some(Self::Build),
            "fill" => Some(Self::Fill),
            "append" => Some(Self::Append),
            _ => None,
        }
    }

    fn among(self, uses: Uses) -> bool {
        match self {
            Self::Import => uses.passed,
            Self::Call => uses.called,
            Self::New => uses.constructed,
            Self::Build => uses.built,
            Self::Fill => uses.filled,
            Self::Append => uses.appended,
            Self::Patch => uses.patched,
        }
    }

    /// The role as part of a sentence: "is not listed to be …".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Import => "passed on as a value",
            Self::Call => "called",
            Self::New => "instantiated",
            Self::Build => "given state",
            Self::Fill => "filled with items",
            Self::Append => "given elements",
            Self::Patch => "changed itself",
        }
    }
}

/// A set of roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Roles(u8);

impl Roles {
    fn parse(words: &str) -> Option<Self> {
        let mut bits = 0;
        for word in words.split(' ') {
            bits |= 1 << Role::parse(word)? as u8;
        }
        Some(Self(bits))
    }

    /// Whether the role is in the set.
    pub fn has(self, role: Role) -> bool {
        self.0 & (1 << role as u8) != 0
    }

    /// The most dangerous use that the set does not cover.
    fn missing(self, uses: Uses) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.among(uses) && !self.has(*role))
    }
}

/// How far a listed name is from plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tier {
    /// Tensors, arrays, containers, plain values.
    Data,
    /// State of a framework's own classes.
    Framework,
    /// State of classes of common third-party packages.
    ThirdParty,
}

impl Tier {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "T0" => Some(Self::Data),
            "T1" => Some(Self::Framework),
            "T2" => Some(Self::ThirdParty),
            _ => None,
        }
    }
}

/// One line of an allow list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Library whose list holds it.
    pub library: &'static str,
    /// Module.
    pub module: &'static str,
    /// Qualified name in the module.
    pub name: &'static str,
    /// What may be done with it.
    pub roles: Roles,
    /// What it may be called with.
    pub arguments: Arguments,
    /// How far it is from plain data.
    pub tier: Tier,
    /// Why it is harmless.
    pub reason: &'static str,
}

impl Entry {
    fn parse(library: &'static str, line: &'static str) -> Option<Self> {
        let mut columns = line.split('\t');
        Some(Self {
            library,
            module: columns.next()?,
            name: columns.next()?,
            roles: Roles::parse(columns.next()?)?,
            arguments: Arguments::parse(columns.next()?)?,
            tier: Tier::parse(columns.next()?)?,
            reason: columns.next().filter(|reason| !reason.is_empty())?,
        })
    }
}

/// What is known about a name and the use that a stream makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Judgement {
    /// Listed for every use made of it. Its arguments remain to be checked: [`Arguments::objection`].
    Allowed {
        /// How far it is from plain data.
        tier: Tier,
        /// The entry.
        entry: Entry,
    },
    /// Listed, but not for this use.
    AllowedNameWrongRole {
        /// The entry.
        entry: Entry,
        /// The most dangerous use that is not covered.
        missing_role: Role,
    },
    /// Known to be dangerous.
    Dangerous {
        /// The listed name that matched, or the telling component.
        matched: String,
        /// What it does.
        why: &'static str,
    },
    /// The qualified name walks through modules or internals to something that its module does not stand for.
    DottedEscape {
        /// The component that gives it away.
        component: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// In Python's standard library and on no list.
    StandardLibrary,
    /// Defined by the script that saved the file.
    MainModule,
    /// A type of TorchScript: its code is text in the same archive, and no Python module of that name exists.
    ScriptType,
    /// In a library whose saved names were enumerated, and not among them.
    Unlisted {
        /// The library.
        library: &'static str,
    },
    /// In a package about which nothing is known.
    Unknown,
}

/// The shipped lists.
#[derive(Debug, Clone, Copy, Default)]
pub struct Globals;

impl Globals {
    /// Every entry of every allow list, in the order of the files.
    pub fn entries() -> impl Iterator<Item = Entry> {
        LISTS.iter().flat_map(|(library, text)| {
            Table::new(text).lines().filter_map(|line| Entry::parse(library, line))
        })
    }

    /// The entry of a name, if it has one.
    pub fn entry(name: &GlobalName) -> Option<Entry> {
        let sought = (name.module.as_str(), name.name.as_str());
        TABLES.lists.iter().find_map(|(library, table)| {
            let line = table.find(|line| {
                let mut columns = line.split('\t');
                (columns.next().unwrap_or(""), columns.next().unwrap_or("")).cmp(&sought)
            })?;
            Entry::parse(library, line)
        })
    }

    /// Whether a partial may hold it: it does no harm whatever of the stream it is called with.
    pub fn may_be_held(name: &GlobalName) -> bool {
        TABLES.held.find_key(&name.to_string()).is_some() && Self::entry(name).is_some()
    }

    /// Whether nothing is known of a name, good or bad: it is told as unknown wherever it is imported.
    pub fn is_only_unknown(name: &GlobalName) -> bool {
        matches!(Self::judge(name, &Uses::default()), Judgement::Unknown | Judgement::Unlisted { .. })
    }

    /// Judges a canonical name and what is done with it.
    pub fn judge(name: &GlobalName, uses: &Uses) -> Judgement {
        if let Some(entry) = Self::entry(name) {
            return match entry.roles.missing(*uses) {
                Some(missing_role) => Judgement::AllowedNameWrongRole { entry, missing_role },
                None => Judgement::Allowed { tier: entry.tier, entry },
            };
        }
        let kept = || {
            let entry = kept_method(name, *uses)?;
            Some(Judgement::Allowed { tier: entry.tier, entry })
        };
        dangerous(&name.to_string())
            .or_else(kept)
            .or_else(|| escape(name))
            .or_else(|| telling(name))
            .unwrap_or_else(|| origin(name))
    }
}

/// The judgements of the globals of one reading, made when the first rule asks for them.
#[derive(Debug, Default)]
pub struct Judged(OnceCell<Vec<Judgement>>);

impl Judged {
    /// Each global with its judgement.
    pub fn globals<'j>(
        &'j self,
        facts: &'j PickleFacts,
    ) -> impl Iterator<Item = (&'j Global, &'j Judgement)> {
        let judge = |global: &Global| Globals::judge(&global.name, &global.uses);
        facts.globals.iter().zip(self.0.get_or_init(|| facts.globals.iter().map(judge).collect()))
    }
}

/// Why giving this name to something that calls it is giving it the choice of what to call: it resolves names, or calls what it
/// is given. Wrappers that frameworks instantiate all the time are left out.
pub fn resolves_names(name: &str) -> Option<&'static str> {
    if matches!(name, "functools.partial" | "functools.lru_cache" | "functools.wraps") {
        return None;
    }
    let roots = [
        "builtins.",
        "functools.",
        "hydra.utils.",
        "importlib.",
        "operator.",
        "runpy.",
        "pydoc.",
        "pkgutil.",
    ];
    if !roots.iter().any(|root| name.starts_with(root)) {
        return None;
    }
    listed_danger(name).map(|(_, why)| why)
}

/// The listed danger that is the path or one of its parents.
fn listed_danger(path: &str) -> Option<(&'static str, &'static str)> {
    let table = TABLES.dangerous;
    let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]).take(LONGEST_DANGER);
    ends.fold(None, |found, end| path.get(..end).and_then(|prefix| table.find_key(prefix)).or(found))?
        .split_once('\t')
}

fn dangerous(path: &str) -> Option<Judgement> {
    let (matched, why) = listed_danger(path)?;
    Some(Judgement::Dangerous { matched: matched.to_owned(), why })
}

/// Whether an attribute of any object is named like something that runs code, resolves names or gives a module away.
pub(super) fn is_named_like_a_danger(attribute: &str) -> bool {
    let bare = attribute.trim_start_matches('_');
    TELLING_NAMES.contains(&bare) || MODULE_OBJECTS.contains(&bare)
}

/// Looks for components of the qualified name that leave the module: other modules, internals, lower-case stepping stones.
fn escape(name: &GlobalName) -> Option<Judgement> {
    let found = |component: &str, why| Some(Judgement::DottedEscape { component: component.to_owned(), why });
    let path = name.name.as_str();
    let starts = std::iter::once(0).chain(path.match_indices('.').map(|(at, _)| at + 1));
    for rest in starts.filter_map(|start| path.get(start..)) {
        let component = rest.split('.').next().unwrap_or(rest);
        let dotted = path.contains('.');
        if component.starts_with("__") && component.ends_with("__") {
            return found(component, "reaches the internals of an object");
        }
        if let Some((matched, why)) = listed_danger(rest)
            && (dotted || MODULE_OBJECTS.contains(&matched))
        {
            return found(matched, why);
        }
        if rest.contains('.')
            && !component.trim_start_matches('_').starts_with(|first: char| first.is_ascii_uppercase())
        {
            return found(component, "walks through something that is not a class");
        }
    }
    None
}

/// Names that say themselves that they run or resolve something, in whatever package.
fn telling(name: &GlobalName) -> Option<Judgement> {
    let last = name.name.rsplit('.').next()?;
    let word = TELLING_NAMES.iter().find(|word| last.trim_start_matches('_') == **word)?;
    Some(Judgement::Dangerous {
        matched: (*word).to_owned(),
        why: "is named like a way to run code or to resolve names",
    })
}

fn origin(name: &GlobalName) -> Judgement {
    let top = name.module.split('.').next().unwrap_or("");
    if matches!(top, "__main__" | "__mp_main__") {
        Judgement::MainModule
    } else if top == "__torch__" {
        Judgement::ScriptType
    } else if TABLES.standard_library.find_key(top).is_some() {
        Judgement::StandardLibrary
    } else if let Some((_, library)) = TABLES.libraries.find_key(top).and_then(|line| line.split_once('\t')) {
        Judgement::Unlisted { library }
    } else {
        Judgement::Unknown
    }
}
