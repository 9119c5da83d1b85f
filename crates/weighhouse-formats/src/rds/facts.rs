//! What a file of R objects holds.

use crate::region::Region;

/// What is found.
#[derive(Debug, Default)]
pub struct RFacts {
    /// Version of the serialisation.
    pub version: u32,
    /// Version of R that wrote it: `4.3.1`.
    pub writer: String,
    /// Names of the objects that loading an `.RData` file puts into the workspace.
    pub objects: Vec<String>,
    /// Names in language objects.
    pub names: Vec<RName>,
    /// Calls of nothing but constants whose results other calls take.
    pub computed: Vec<RComputed>,
    /// Calls of native code by a name that is looked for in every library that is loaded.
    pub natives: Vec<RNative>,
    /// Promises that are not evaluated and whose code is a call: those among plain data, which R never writes.
    pub promises: Vec<Region>,
    /// Packages whose namespaces are loaded with the data.
    pub namespaces: Vec<String>,
    /// Classes of compact vectors, `package::class`: code of the package rebuilds them.
    pub compact: Vec<(String, Region)>,
    /// Objects that a function given to the reader has to find.
    pub persistent: u64,
}

/// A name in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RName {
    /// The name of a function or variable, or a text.
    pub name: String,
    /// What it is there for.
    pub role: RRole,
    /// The call that it is an argument of.
    pub argument_of: Option<String>,
    /// Where the code stands.
    pub place: RPlace,
    /// How often.
    pub count: u64,
    /// The first time.
    pub region: Region,
}

/// What a name in code is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RRole {
    /// A call calls it.
    Called,
    /// A function or variable.
    Symbol,
    /// A text.
    Text,
    /// The name of an argument.
    Tag,
}

/// A call of constants that is handed to another call: `get(paste0("a", "b"))`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RComputed {
    /// The outer function.
    pub callee: String,
    /// What is called with constants, and whose result it takes.
    pub by: String,
    /// Where the code stands.
    pub place: RPlace,
    /// The inner call.
    pub region: Region,
}

/// A call of native code that says no package: `.Call("name")`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RNative {
    /// The function of R that calls it.
    pub callee: String,
    /// The name of the routine.
    pub routine: String,
    /// Where the code stands.
    pub place: RPlace,
    /// The name.
    pub region: Region,
}

/// Where code stands, which says when it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RPlace {
    /// A call, formula or expression kept as data.
    Data,
    /// A promise in a frame: an argument that a function never looked at.
    Argument,
    /// A promise among plain data: runs when the value is touched.
    Promise,
    /// A function that runs when a variable is looked at.
    ActiveBinding,
    /// Body or default of a function.
    Function,
}
