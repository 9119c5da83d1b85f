//! How much the gate takes on itself, as the configuration says.

use std::time::Duration;

use anyhow::Result;
use weighhouse_server::{Limits, Uploads};

use crate::config::{ConnectionsSection, UploadsSection};
use crate::exit::Mistake;

/// What people may send.
pub(super) fn uploads(section: &UploadsSection) -> Uploads {
    let usual = Uploads::default();
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Uploads {
        largest_file: section.file.unwrap_or(usual.largest_file),
        largest_inline: section.inline.unwrap_or(usual.largest_inline),
        largest_commit: section.commit.unwrap_or(usual.largest_commit),
        most_files: section.files.map_or(usual.most_files, whole),
        per_person: section.pending.unwrap_or(usual.per_person),
        keep: section.keep_hours.map_or(usual.keep, |hours| hours.cast_signed() * 3600),
        patience: section.patience_seconds.map_or(usual.patience, Duration::from_secs),
    }
}

/// What clients may take before they are known.
pub(super) fn connections(section: &ConnectionsSection) -> Result<Limits> {
    let usual = Limits::of_system();
    let whole = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let connections = section.total.map_or(usual.connections, whole);
    let possible = Limits::possible();
    if connections > possible {
        return Err(Mistake(format!(
            "`[gate.connections]` wants {connections} connections, but this system lets the gate open files for {possible}: \
             raise the limit of open files (`LimitNOFILE`, `ulimits`) to more than twice of what you want"
        ))
        .into());
    }
    Ok(Limits {
        connections,
        per_address: section.per_address.map_or(usual.per_address, whole),
        head: section.head_seconds.map_or(usual.head, Duration::from_secs),
        silence: section.silence_seconds.map_or(usual.silence, Duration::from_secs),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual_and_what_is_said_counts() {
        let usual = Uploads::default();
        let said = uploads(&UploadsSection::default());
        assert_eq!((said.largest_file, said.most_files, said.keep), (usual.largest_file, 100_000, 86_400));
        let said = uploads(&UploadsSection {
            file: Some(1),
            inline: Some(2),
            commit: Some(3),
            files: Some(4),
            pending: Some(5),
            keep_hours: Some(6),
            patience_seconds: Some(7),
        });
        assert_eq!((said.largest_file, said.largest_inline, said.largest_commit), (1, 2, 3));
        assert_eq!((said.most_files, said.per_person, said.keep), (4, 5, 6 * 3600));
        assert_eq!(said.patience, Duration::from_secs(7));
    }

    #[test]
    fn more_connections_than_the_system_allows_are_refused() {
        let asked = |total| connections(&ConnectionsSection { total, ..ConnectionsSection::default() });
        assert_eq!(asked(Some(1)).unwrap().connections, 1);
        assert!(asked(None).unwrap().connections <= 8192);
        if let Some(beyond) = Limits::possible().checked_add(1) {
            let why = asked(Some(beyond as u64)).unwrap_err().to_string();
            assert!(why.contains("raise the limit of open files"), "{why}");
        }
    }
}
