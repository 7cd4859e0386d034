//! A validator of JSON Schema, draft 7: the keywords that the schemas of this directory use. It fails on any
//! other, so that nothing is passed over in silence.

use serde_json::Value;

/// What is wrong with `value`, one line each with the place.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    validate(schema, schema, value, "$", &mut found);
    found
}

fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
    let mut found = Vec::new();
    validate(root, schema, value, "", &mut found);
    found.is_empty()
}

fn has_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}

fn validate(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let schema = match schema {
        Value::Bool(true) => return,
        Value::Bool(false) => return found.push(format!("{at}: not allowed")),
        schema => schema.as_object().expect("a schema is an object"),
    };
    let members = || schema.get("properties").and_then(Value::as_object);
    let number = |keyword: &Value| keyword.as_f64().expect("a number");
    let length = |keyword: &Value| usize::try_from(keyword.as_u64().unwrap()).unwrap();
    for (keyword, rule) in schema {
        let fulfilled = match (keyword.as_str(), value) {
            ("$schema" | "$id" | "title" | "description" | "definitions" | "default", _) => true,
            ("$ref", _) => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                validate(root, root.pointer(pointer).unwrap(), value, at, found);
                true
            }
            ("type", _) => has_type(rule.as_str().unwrap(), value),
            ("const", _) => rule == value,
            ("enum", _) => rule.as_array().unwrap().contains(value),
            ("allOf", _) => {
                for part in rule.as_array().unwrap() {
                    validate(root, part, value, at, found);
                }
                true
            }
            ("anyOf", _) => rule
                .as_array()
                .unwrap()
                .iter()
                .any(|part| valid(root, part, value)),
            ("oneOf", _) => {
                let parts = rule.as_array().unwrap();
                parts.iter().filter(|part| valid(root, part, value)).count() == 1
            }
            ("not", _) => !valid(root, rule, value),
            ("properties", Value::Object(object)) => {
                for (name, part) in rule.as_object().unwrap() {
                    if let Some(member) = object.get(name) {
                        validate(root, part, member, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            ("additionalProperties", Value::Object(object)) => {
                for (name, member) in object {
                    if !members().is_some_and(|known| known.contains_key(name)) {
                        validate(root, rule, member, &format!("{at}.{name}"), found);
                    }
                }
                true
            }
            ("required", Value::Object(object)) => {
                let names = rule.as_array().unwrap();
                names
                    .iter()
                    .all(|name| object.contains_key(name.as_str().unwrap()))
            }
            ("items", Value::Array(array)) => {
                for (index, item) in array.iter().enumerate() {
                    validate(root, rule, item, &format!("{at}[{index}]"), found);
                }
                true
            }
            ("minItems", Value::Array(array)) => array.len() >= length(rule),
            ("maxItems", Value::Array(array)) => array.len() <= length(rule),
            ("uniqueItems", Value::Array(array)) => {
                rule == false
                    || array
                        .iter()
                        .enumerate()
                        .all(|(index, item)| !array[..index].contains(item))
            }
            ("minimum", Value::Number(_)) => number(value) >= number(rule),
            ("maximum", Value::Number(_)) => number(value) <= number(rule),
            ("minLength", Value::String(text)) => text.chars().count() >= length(rule),
            ("maxLength", Value::String(text)) => text.chars().count() <= length(rule),
            ("format", Value::String(text)) => has_format(rule.as_str().unwrap(), text),
            (
                "properties"
                | "additionalProperties"
                | "required"
                | "items"
                | "minItems"
                | "maxItems"
                | "uniqueItems"
                | "minimum"
                | "maximum"
                | "minLength"
                | "maxLength"
                | "format",
                _,
            ) => true,
            (other, _) => panic!("this validator does not know `{other}` (at {at})"),
        };
        if !fulfilled {
            found.push(format!("{at}: {value} breaks {keyword}: {rule}"));
        }
    }
}

/// RFC 3986, as far as its characters go: section 2, and section 4.2 for a colon in the first segment.
fn has_format(format: &str, text: &str) -> bool {
    let bytes = text.as_bytes();
    let characters = bytes.iter().enumerate().all(|(at, byte)| match byte {
        b'%' => bytes
            .get(at + 1..at + 3)
            .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)),
        byte => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    });
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    match format {
        "uri" => characters && scheme,
        "uri-reference" => {
            let first = text.split(['/', '?', '#']).next().unwrap_or("");
            characters && (scheme || !first.contains(':'))
        }
        other => panic!("this validator does not know the format {other}"),
    }
}

mod tests {
    use serde_json::{Value, json};

    use super::violations;

    /// A validator that finds nothing would let every other test pass.
    #[test]
    fn finds_what_breaks_a_schema() {
        let schema = json!({
            "type": "object",
            "required": ["a"],
            "additionalProperties": false,
            "properties": { "a": { "$ref": "#/definitions/n" }, "u": { "type": "string", "format": "uri-reference" },
                            "l": { "type": "array", "uniqueItems": true, "items": { "enum": ["x", "y"] } },
                            "m": { "type": "array", "uniqueItems": false } },
            "definitions": { "n": { "type": "integer", "minimum": 1 } }
        });
        let count = |value: Value| violations(&schema, &value).len();
        assert_eq!(count(json!({ "a": 1, "u": "a%20b/c:d", "l": ["x", "y"] })), 0);
        assert_eq!(count(json!({ "a": 1, "m": [1, 1] })), 0);
        assert_eq!(count(json!({ "a": 0 })), 1);
        assert_eq!(count(json!({ "a": "1" })), 1);
        assert_eq!(count(json!({})), 1);
        assert_eq!(count(json!({ "a": 1, "b": 2 })), 1);
        assert_eq!(count(json!({ "a": 1, "u": "a b" })), 1);
        assert_eq!(count(json!({ "a": 1, "u": "1:b" })), 1);
        assert_eq!(count(json!({ "a": 1, "u": "%2" })), 1);
        assert_eq!(count(json!({ "a": 1, "l": ["x", "x", "z"] })), 2);
        assert_eq!(count(json!([])), 1);
    }
}
