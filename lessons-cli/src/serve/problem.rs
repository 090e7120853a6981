//! What a request gets that cannot be answered: one sentence on what is wrong and one on what to do.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    #[serde(skip)]
    status: u16,
    /// What is wrong.
    pub(super) error: String,
    /// What to do about it.
    pub(super) hint: String,
}

impl Problem {
    pub(super) fn new(
        status: StatusCode,
        error: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self {
            status: status.as_u16(),
            error: error.into(),
            hint: hint.into(),
        }
    }

    /// It cannot be done now, and may be later.
    pub(super) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "there is more to do than this server takes on at once",
            "try again in a moment",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, json(&self)).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let after = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, after);
        }
        response
    }
}

/// A document as a response.
pub(super) fn json(document: &impl Serialize) -> Response {
    match serde_json::to_vec(document) {
        Ok(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
