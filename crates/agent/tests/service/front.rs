//! What is true of every request: its caller, its name, its headers.
#![forbid(unsafe_code)]

use crate::server::{Server, companies};

#[test]
fn all_is_refused_until_it_is_configured() {
    let server = Server::new(&companies(), "");
    let mut client = server.client("");
    assert_eq!((client.get("/healthz").status, client.get("/readyz").status), (200, 200));
    let answer = client.get("/nothing/here");
    assert_eq!((answer.status, answer.code().as_str()), (404, "no_route"));
    assert_eq!(client.request("DELETE", "/healthz", &[], b"").code(), "method");
}

#[test]
fn a_request_id_comes_back_and_a_strange_name_does_not_pass() {
    let server = Server::usual();
    let mut client = server.client("");
    let answer = client.request("GET", "/healthz", &[("x-request-id", "a b-c")], b"");
    assert_eq!((answer.status, answer.header("x-request-id")), (200, Some("a b-c")));
    assert_eq!(answer.header("linewarden-revision"), Some(server.engine.revision().to_string().as_str()));
    client.write(b"GET /healthz HTTP/1.1\r\nhost: evil.example\r\n\r\n");
    assert_eq!(client.read().code(), "wrong_host");
}
