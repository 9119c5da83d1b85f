//! Contents of files: exactly the bytes that were inspected, never compressed, from any byte on.

use std::io::{ErrorKind, SeekFrom};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::Response;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use super::range::{Part, part};
use super::refusal::Refusal;
use super::view::View;
use crate::blobs::Opened;
use crate::error::GateError;
use crate::gate::Gate;
use crate::store::revisions::File;

/// Bytes read at once.
const WINDOW: usize = 512 << 10;

/// Sends a file, or the part of it that was asked for.
pub(super) async fn send(
    gate: &Gate,
    view: &View,
    file: &File,
    method: &Method,
    asked: &HeaderMap,
) -> Result<Response, Refusal> {
    let range = asked.get(header::RANGE).and_then(|value| value.to_str().ok());
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
    let tag = if file.large { file.sha256.hex() } else { file.git_oid.clone() };
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
    set(header::CONTENT_DISPOSITION, "attachment");
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'");
    if *method == Method::HEAD {
        return Ok(response);
    }
    let lost = |error: std::io::Error| GateError::of_disk(&format!("content {}", file.sha256), &error);
    let opened = gate.blobs.open_sound(file.sha256, file.size, first..first + length).await;
    // Gone or not what it was: not merely too busy for the moment.
    if let Err(error) = &opened
        && matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData)
    {
        let why =
            format!("`{}` cannot be served: {error}", weighhouse_core::printable::printable(&file.path));
        gate.unservable(&view.revision.id, &why).await?;
    }
    let content = match opened.map_err(lost)? {
        Opened::File(content) => content,
        Opened::Stream(part) => {
            *response.body_mut() = Body::from_stream(part);
            return Ok(response);
        }
    };
    let mut content = tokio::fs::File::from_std(content);
    content.set_max_buf_size(WINDOW);
    if first > 0 {
        content.seek(SeekFrom::Start(first)).await.map_err(lost)?;
    }
    *response.body_mut() = Body::from_stream(ReaderStream::with_capacity(content.take(length), WINDOW));
    Ok(response)
}
