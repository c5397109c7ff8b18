//! What the description says of every call alike: words that are one of a list, and the refusals that the server
//! has for any call of its kind. From the same lists and types that the calls themselves use.

use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, ResponseBuilder, Schema};

use crate::domain::{JobState, Outcome, Proof, Service};

/// How a refusal travels.
pub const PROBLEM: &str = "application/problem+json";
const PROBLEM_REF: &str = "#/components/schemas/Problem";

/// The services' names.
pub fn service() -> Object {
    one_of(&Service::ALL.map(|service| service.spec().wire))
}

/// The states of a job.
pub fn state() -> Object {
    one_of(&JobState::ALL.map(JobState::wire))
}

/// How an attempt can end.
pub fn outcome() -> Object {
    one_of(&Outcome::ALL.map(Outcome::wire))
}

/// What can prove it.
pub fn proof() -> Object {
    one_of(&Proof::ALL.map(Proof::wire))
}

fn one_of(words: &[&'static str]) -> Object {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().copied()))
        .build()
}

/// Adds the refusals that each call's kind has to its own answers, and gives every refusal its media type.
pub fn complete(mut openapi: OpenApi) -> OpenApi {
    for item in openapi.paths.paths.values_mut() {
        for call in [&mut item.get, &mut item.post].into_iter().flatten() {
            complete_call(call);
        }
    }
    openapi
}

fn complete_call(call: &mut Operation) {
    let mut refusals = vec![
        (
            "429",
            "Too many requests: ask again after `Retry-After` seconds",
        ),
        (
            "503",
            "The server or its database is busy, gone or starting: ask again after `Retry-After` seconds",
        ),
    ];
    if call.security.is_some() {
        refusals.extend([
            ("401", "No token, or none that opens anything"),
            ("403", "The token lacks the scope"),
        ]);
    }
    let parameters = call.parameters.iter().flatten();
    let is_in_path = |parameter: &RefOr<Parameter>| match parameter {
        RefOr::T(parameter) => matches!(parameter.parameter_in, ParameterIn::Path),
        RefOr::Ref(_) => false,
    };
    for parameter in parameters {
        refusals.push(if is_in_path(parameter) {
            ("404", "There is no such thing")
        } else {
            ("422", "The request cannot be used; `detail` says why")
        });
    }
    if call.request_body.is_some() {
        refusals.extend([
            ("413", "The request is too large"),
            ("422", "The request cannot be used; `detail` says why"),
        ]);
    }
    let answers = &mut call.responses.responses;
    for (status, about) in refusals {
        let problem = RefOr::Ref(Ref::new(PROBLEM_REF));
        answers.entry(status.to_owned()).or_insert_with(|| {
            ResponseBuilder::new()
                .description(about)
                .content(PROBLEM, Content::new(Some(problem)))
                .build()
                .into()
        });
    }
    for answer in answers.values_mut() {
        let RefOr::T(answer) = answer else { continue };
        let is_problem = |content: &&RefOr<Content>| match content {
            RefOr::T(content) => {
                matches!(&content.schema, Some(RefOr::Ref(to)) if to.ref_location == PROBLEM_REF)
            }
            RefOr::Ref(_) => false,
        };
        if let Some(content) = answer.content.get("application/json").filter(is_problem) {
            let content = content.clone();
            answer.content.clear();
            answer.content.insert(PROBLEM.to_owned(), content);
        }
    }
}

/// Makes sure that the refusals' schema is among the components, whoever names it.
pub fn with_problem(mut openapi: OpenApi) -> OpenApi {
    use utoipa::PartialSchema;
    let problem: RefOr<Schema> = crate::server::web::problem::Problem::schema();
    openapi
        .components
        .get_or_insert_default()
        .schemas
        .insert("Problem".to_owned(), problem);
    openapi
}
