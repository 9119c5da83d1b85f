//! How findings speak of named objects.

use weighhouse_formats::objects::{Framework, Role};

/// What loading does with an object of this role.
pub(super) fn done(framework: Framework, role: Role) -> String {
    let verb = match role {
        Role::Class => "builds",
        Role::Function | Role::Type => "imports",
        Role::Call => "calls",
        Role::Method => "takes the method",
        Role::Secret => return "loading fills in the environment variable".to_owned(),
    };
    format!("loading it with {} {verb}", framework.name())
}
