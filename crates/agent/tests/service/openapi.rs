//! The OpenAPI file against the service: each path and method is there and no other, and answers have the form it says.
#![forbid(unsafe_code)]

use crate::client::Client;
use crate::server::Server;
use linewarden_agent::http::openapi::TEXT;
use serde_json::{Value, json};

fn file() -> Value {
    serde_json::from_str(TEXT).unwrap()
}

/// What a value lacks or has too much for a schema: the places.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let file = file();
    if let Some(name) = schema["$ref"].as_str() {
        let path = name.strip_prefix('#').unwrap();
        return faults(file.pointer(path).unwrap_or_else(|| panic!("no {name}")), value, at);
    }
    if let Some(list) = schema["enum"].as_array() {
        return if list.contains(value) { Vec::new() } else { vec![format!("{at}: {value} is not one of {list:?}")] };
    }
    let is = |word: &str| match word {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        word => panic!("{at}: type {word}"),
    };
    let wanted: Vec<&str> = match &schema["type"] {
        Value::String(word) => vec![word],
        Value::Array(words) => words.iter().map(|word| word.as_str().unwrap()).collect(),
        _ => panic!("{at}: no type in {schema}"),
    };
    if !wanted.into_iter().any(is) {
        return vec![format!("{at}: {value} is no {}", schema["type"])];
    }
    let mut found = Vec::new();
    if let (Some(known), Some(given)) = (schema["properties"].as_object(), value.as_object()) {
        for (key, value) in given {
            match known.get(key) {
                Some(schema) => found.extend(faults(schema, value, &format!("{at}.{key}"))),
                None => found.push(format!("{at}.{key} is not in the file")),
            }
        }
        let required = schema["required"].as_array().unwrap();
        let lacks = required.iter().filter(|key| !given.contains_key(key.as_str().unwrap()));
        found.extend(lacks.map(|key| format!("{at}.{key} is missing")));
    }
    for (place, value) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(&schema["items"], value, &format!("{at}[{place}]")));
    }
    found
}

/// Every path of the file with its method, and a request that is answered.
pub fn requests() -> Vec<(&'static str, &'static str, String, Value)> {
    let user = |id: &str| json!({ "type": "user", "id": id });
    let (bob, alice, action) = (user("bob"), user("alice"), json!({ "name": "call.pickup.first" }));
    let question = json!({ "subject": bob, "action": action, "resource": alice });
    let get = |path: &'static str, query: &str| ("get", path, format!("{path}{query}"), Value::Null);
    let post = |path: &'static str, body: Value| ("post", path, path.to_owned(), body);
    vec![
        post("/access/v1/evaluation", question.clone()),
        post("/access/v1/evaluations", json!({ "evaluations": [question.clone(), {}] })),
        post("/access/v1/search/subject", question.clone()),
        post("/access/v1/search/resource", question.clone()),
        post("/access/v1/search/action", question),
        get("/.well-known/authzen-configuration", ""),
        get("/v1/explain", "?actor=carol&right=call.pickup.first&target=alice"),
        get("/v1/rights", "?actor=bob&target=alice"),
        get("/v1/who", "?right=call.pickup.first&target=alice&from=0&limit=10"),
        get("/v1/whom", "?right=call.pickup.first&actor=bob"),
        post("/v1/preview", json!({ "changes": ["set vip alice yes"] })),
        post("/v1/changes", json!({ "changes": ["set vip alice yes"], "domain": "acme.example" })),
        get("/v1/history", "?since=0&limit=1&by=administrator&match=vip"),
        get("/v1/pending", "?owner=alice"),
        get("/v1/status", ""),
        get("/v1/wait", "?at_least=1&seconds=0"),
        get("/v1/flips", ""),
        get("/v1/openapi.json", ""),
        get("/metrics", ""),
        get("/healthz", ""),
        get("/readyz", ""),
    ]
}

#[test]
fn each_route_is_in_the_file_and_answers_as_it_says() {
    let server = Server::usual();
    let file = file();
    assert_eq!(server.client("").get("/v1/openapi.json").json(), file);
    let requests = requests();
    for (path, methods) in file["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let is_it = |request: &&(&str, &str, String, Value)| request.0 == method && request.1 == path;
            assert!(requests.iter().any(|request| is_it(&request)), "no request for {method} {path}");
        }
    }
    for (method, path, asked, body) in requests {
        let described = &file["paths"][path][method];
        assert!(described.is_object(), "{method} {path} is not in the file");
        let token = if path == "/metrics" { "all" } else { "admin" };
        // Without a caller only what the file says so.
        let stranger = |client: &mut Client| match method {
            "post" => client.post(&asked, &body),
            _ => client.get(&asked),
        };
        let is_open = described["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(stranger(&mut server.client("")).status != 401, is_open, "{path}");
        let problem = stranger(&mut server.client("wrong"));
        assert_eq!(
            faults(&json!({ "$ref": "#/components/schemas/Problem" }), &problem.json(), ""),
            Vec::<String>::new()
        );
        if path == "/v1/flips" {
            continue;
        }
        let answer = stranger(&mut server.client(token));
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let (kind, content) = described["responses"]["200"]["content"].as_object().unwrap().iter().next().unwrap();
        assert!(answer.header("content-type").unwrap().starts_with(kind), "{path}: {kind}");
        if kind == "application/json" && path != "/v1/openapi.json" {
            assert_eq!(faults(&content["schema"], &answer.json(), path), Vec::<String>::new(), "{}", answer.body);
        }
        // What a query may have is what the file names.
        for parameter in described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            if parameter["required"] == true && parameter["in"] == "query" {
                let without: Vec<&str> =
                    asked.split(['?', '&']).filter(|part| !part.starts_with(&format!("{name}="))).collect();
                let (path, query) = without.split_first().unwrap();
                let answer = server.client(token).get(&format!("{path}?{}", query.join("&")));
                assert_eq!(answer.status, 400, "{path} without {name}");
            }
        }
        // The other method is not there.
        let other = if method == "post" { "GET" } else { "POST" };
        let answer = server.client(token).request(other, path, &[("content-type", "application/json")], b"{}");
        assert_eq!(answer.status, 405, "{other} {path}");
    }
}
