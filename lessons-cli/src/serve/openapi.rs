//! The description of the API. What the command line prints as well is described by the same schemas as there.

use std::sync::LazyLock;

use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};

use super::{api, documents, guard};

#[derive(OpenApi)]
#[openapi(
    info(title = "lessons serve", description = "The reader's machine, step by step"),
    paths(
        api::all_steps, api::one_step, api::check, api::machines, api::output, api::read, api::progress, api::stream,
    ),
    components(schemas(documents::StepProgress, documents::State)),
    modifiers(&Token)
)]
struct Description;

struct Token;

impl utoipa::Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let token = ApiKey::Header(ApiKeyValue::with_description(
            guard::TOKEN_HEADER,
            "What a page of this run holds as <meta name=\"lessons-serve\">",
        ));
        if let Some(components) = &mut description.components {
            components.add_security_scheme("token", SecurityScheme::ApiKey(token));
        }
    }
}

/// The schemas of documents, each with the name that it has among the components.
const SCHEMAS: &[(&str, &str)] = &[
    (
        "lessons-check",
        include_str!("../../schemas/lessons-check.schema.json"),
    ),
    (
        "lessons-machines",
        include_str!("../../schemas/lessons-machines.schema.json"),
    ),
    (
        "lessons-serve-output",
        include_str!("../../schemas/lessons-serve-output.schema.json"),
    ),
    (
        "lessons-serve-read",
        include_str!("../../schemas/lessons-serve-read.schema.json"),
    ),
    (
        "lessons-serve-step",
        include_str!("../../schemas/lessons-serve-step.schema.json"),
    ),
];

/// The whole description.
pub(super) fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let mut document = serde_json::to_value(Description::openapi()).unwrap_or_default();
        for (name, text) in SCHEMAS {
            let mut schema: Value = serde_json::from_str(text).unwrap_or_default();
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("$schema");
            }
            place(&mut schema, name);
            document["components"]["schemas"][*name] = schema;
        }
        document["servers"] = json!([{"url": "/"}]);
        document
    });
    &DOCUMENT
}

/// Makes references within a schema, and to the file of another, lead to where these are in the description.
fn place(schema: &mut Value, name: &str) {
    match schema {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get_mut("$ref") {
                let (file, path) = reference.split_once('#').unwrap_or((reference, ""));
                let file = file.strip_suffix(".schema.json").unwrap_or(file);
                let file = if file.is_empty() { name } else { file };
                *reference = format!("#/components/schemas/{file}{path}");
            }
            for field in fields.values_mut() {
                place(field, name);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| place(item, name)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every reference leads somewhere.
    #[test]
    fn the_description_is_whole() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(fields) => {
                    for (name, field) in fields {
                        match field.as_str() {
                            Some(reference) if name == "$ref" => found.push(reference.to_owned()),
                            _ => references(field, found),
                        }
                    }
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        let document = document();
        let mut found = Vec::new();
        references(document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
        assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    }
}
