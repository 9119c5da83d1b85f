use weighhouse_formats::tar::{TarFacts, TarKind};

use crate::rule::{Context, Rule, quote};

crate::rule! {
    /// A file in an archive becomes one that runs with its owner's rights.
    ///
    /// # What it detects
    ///
    /// Files in tar archives whose permissions hold set-user-ID or set-group-ID.
    ///
    /// # Why it matters
    ///
    /// Unpacked by an administrator or while an image is built, the file keeps the bit: whoever starts it then acts as its owner. No weights
    /// or code of a model need it.
    ///
    /// # Example
    ///
    /// A member `bin/helper` with the permissions `4755`, owned by root.
    ///
    /// # What to do
    ///
    /// Do not unpack the archive as an administrator; ask for one without these permissions.
    ///
    /// # References
    ///
    /// - <https://cwe.mitre.org/data/definitions/732.html>
    pub(crate) PrivilegedMember {
        id: "WH-ARC-006",
        slug: "privileged-member",
        since: "0.1.0",
        severity: High,
        confidence: High,
        formats: [Tar],
        cwe: [732],
        owasp: ["LLM03"],
        atlas: ["AML.T0010"],
    }
}

/// Set-user-ID and set-group-ID.
const BITS: u32 = 0o6000;

impl Rule for PrivilegedMember {
    fn tar(&self, facts: &TarFacts, cx: &mut Context<'_>) {
        let files = facts.members.iter().filter(|member| member.kind == TarKind::File);
        for member in files.filter(|member| member.mode & BITS != 0) {
            let name = quote(&member.name);
            cx.report(format!(
                "{name} would run with its owner's rights: its permissions are {:04o}",
                member.mode
            ))
            .at(Some(member.data))
            .key(&member.name)
            .emit();
        }
    }
}

#[cfg(test)]
fn archive(mode: u32) -> Vec<u8> {
    use weighhouse_formats::build::tar::{self, Header};
    tar::archive(&[tar::entry(&Header { mode, ..Header::new("bin/helper", b'0', 4) }, b"help")])
}

crate::samples! {
    PrivilegedMember,
    bad: {
        "a file that runs as its owner" => [("model.tar", archive(0o4755))],
        "a file that runs as its group" => [("model.tar", archive(0o2755))],
    },
    ok: {
        "an ordinary file" => [("model.tar", archive(0o755))],
    },
}
