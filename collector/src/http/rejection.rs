//! Makes of what the framework refuses by itself, in plain text, an answer like all others.

use super::error::ApiError;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The most bytes that such a text has.
const TEXT_BYTES: usize = 16 << 10;

/// Lets the request through, and tells a refusal in plain text as JSON, with the status it has.
pub(crate) async fn tell(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !is_plain(&response) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let bytes = to_bytes(body, TEXT_BYTES).await.unwrap_or_default();
    let (told, body) =
        ApiError::BadRequest(words(&String::from_utf8_lossy(&bytes))).into_response().into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(told.headers);
    Response::from_parts(parts, body)
}

fn is_plain(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    response.status().is_client_error() && kind.is_some_and(|kind| kind.starts_with(b"text/plain"))
}

/// What the framework says, as our messages are: what is not understood, and why.
fn words(text: &str) -> String {
    let why = |text: &str| text.trim().trim_end_matches('.').to_owned();
    match text.split_once(": ") {
        Some(("Failed to deserialize query string", rest)) => {
            format!("the address is not understood: {}", why(rest))
        }
        Some(("Failed to deserialize form body" | "Failed to deserialize form", rest)) => {
            format!("the form is not understood: {}", why(rest))
        }
        _ => format!("the request is not understood: {}", why(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_told_in_our_words() {
        let text = "Failed to deserialize query string: missing field `element`";
        assert_eq!(words(text), "the address is not understood: missing field `element`");
        let text = "Failed to deserialize form body: missing field `name`";
        assert_eq!(words(text), "the form is not understood: missing field `name`");
        let text = "Invalid UTF-8 in `project`";
        assert_eq!(words(text), "the request is not understood: Invalid UTF-8 in `project`");
    }
}
