//! The document that says where the routes of AuthZEN are. It answers every caller.
#![forbid(unsafe_code)]

use super::{ACTION, EVALUATION, EVALUATIONS, RESOURCE, SUBJECT};
use crate::http::Shared;
use crate::http::body::Answer;
use crate::http::front::public_url;
use axum::extract::State;
use serde::Serialize;

/// The document.
#[derive(Serialize)]
pub struct Document {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
    search_subject_endpoint: String,
    search_resource_endpoint: String,
    search_action_endpoint: String,
}

/// Answers it.
pub async fn document(State(service): State<Shared>) -> Answer<Document> {
    let url = public_url(&service);
    let at = |path: &str| format!("{url}{path}");
    Answer(Document {
        access_evaluation_endpoint: at(EVALUATION),
        access_evaluations_endpoint: at(EVALUATIONS),
        search_subject_endpoint: at(SUBJECT),
        search_resource_endpoint: at(RESOURCE),
        search_action_endpoint: at(ACTION),
        policy_decision_point: url,
    })
}
