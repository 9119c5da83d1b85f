//! Contents of files: exactly the bytes that were inspected, never compressed, from any byte on.

use std::fs::File as Content;
use std::io;
use std::os::unix::fs::FileExt as _;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::range::{Part, part};
use super::refusal::Refusal;
use super::view::View;
use crate::blobs::{Opened, is_lost};
use crate::error::GateError;
use crate::gate::Gate;
use crate::http::{Lane, SMALLEST};
use crate::store::revisions::File;

/// Bytes in memory at once, for each answer that does not go by a lane.
const WINDOW: usize = 64 << 10;

/// Sends a file, or the part of it that was asked for.
pub(super) async fn send(
    gate: &Gate,
    view: &View,
    file: &File,
    method: &Method,
    asked: &HeaderMap,
    lane: Option<&Lane>,
) -> Result<Response, Refusal> {
    let tag = if file.large { file.sha256.hex() } else { file.git_oid.clone() };
    let text = |name: HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    // Who goes on with something else gets all of this. A date tells nothing here: there are no moments of change.
    let held = asked.get(header::IF_RANGE).map(|held| held.as_bytes().trim_ascii());
    let same = held.is_none_or(|held| held == format!("\"{tag}\"").as_bytes());
    let range = text(header::RANGE).filter(|_| same);
    let (status, first, length) = match part(range, file.size) {
        Part::Whole => (StatusCode::OK, 0, file.size),
        Part::Range(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Part::Beyond => return Err(Refusal::beyond_the_end()),
    };
    let mut response = super::empty(status);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, &format!("\"{tag}\""));
    set(HeaderName::from_static("x-repo-commit"), &view.revision.commit);
    if file.large {
        set(HeaderName::from_static("x-linked-etag"), &format!("\"{tag}\""));
        set(HeaderName::from_static("x-linked-size"), &file.size.to_string());
    }
    set(header::ACCEPT_RANGES, "bytes");
    set(header::CONTENT_LENGTH, &length.to_string());
    if status == StatusCode::PARTIAL_CONTENT {
        set(header::CONTENT_RANGE, &format!("bytes {first}-{}/{}", first + length - 1, file.size));
    }
    // Never shown, never run: a model may hold a page that would act in the name of who looks at it.
    set(header::CONTENT_TYPE, "application/octet-stream");
    set(header::CONTENT_DISPOSITION, &attachment(&file.path));
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    if *method == Method::HEAD {
        return Ok(response);
    }
    let lost = |error: std::io::Error| GateError::of_disk(&format!("content {}", file.sha256), &error);
    let opened = gate.blobs.open_sound(file.sha256, file.size, first..first + length).await;
    // Gone or not what it was: not merely too busy for the moment.
    if let Err(error) = &opened
        && is_lost(error)
    {
        let why =
            format!("`{}` cannot be served: {error}", weighhouse_core::printable::printable(&file.path));
        if gate.not_given(&view.revision.id, file.sha256, &why).await? {
            return Err(Refusal::on_its_way());
        }
    }
    *response.body_mut() = match opened.map_err(lost)? {
        Opened::Stream(part) => Body::from_stream(part),
        Opened::File(content) => match lane.filter(|_| length >= SMALLEST) {
            Some(lane) => Body::new(lane.body(content, first, length)),
            None => in_windows(content, first, length),
        },
    };
    Ok(response)
}

/// To be saved under the name of the file (RFC 6266): in ASCII for old programs, whole for others.
fn attachment(path: &str) -> String {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');
    let name = path.rsplit('/').next().unwrap_or_default();
    let plain =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_' | ' ');
    let ascii: String = name.chars().map(|one| if plain(one) { one } else { '_' }).collect();
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{}", utf8_percent_encode(name, PLAIN))
}

/// A part of a file that fits into memory. Blocks.
fn window(content: &Content, first: u64, length: u64) -> io::Result<Bytes> {
    let mut bytes = vec![0; length as usize];
    content.read_exact_at(&mut bytes, first)?;
    Ok(bytes.into())
}

/// A part of a file, one window after another.
fn in_windows(content: Content, first: u64, length: u64) -> Body {
    Body::from_stream(stream::try_unfold((content, first, length), |(content, first, left)| async move {
        if left == 0 {
            return Ok::<_, io::Error>(None);
        }
        let read = move || {
            let count = left.min(WINDOW as u64);
            Ok::<_, io::Error>((window(&content, first, count)?, content, count))
        };
        let (bytes, content, count) = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        Ok(Some((bytes, (content, first.saturating_add(count), left.saturating_sub(count)))))
    }))
}
