//! Who calls by what the system or TLS proves: the user of a unix socket, the certificate of a connection.
#![forbid(unsafe_code)]

use crate::client::Client;
use crate::server::{Server, caller, callers, companies};
use linewarden_agent::http::caller::digest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

#[test]
fn the_user_of_the_socket_is_known_by_the_system() {
    let uid = std::fs::metadata("/proc/self").unwrap().uid();
    let mine =
        |uid: u32| format!("[[caller]]\nname = \"me\"\nrole = \"ask\"\ndomain = \"acme.example\"\nuid = {uid}\n");
    let listen = "listen = [\"unix:FOLDER/socket\", \"127.0.0.1:0\"]\nsocket_mode = \"0600\"\n";
    for (known, status) in [(uid, 200), (uid + 1, 401)] {
        let server =
            Server::with(&companies(), &format!("{listen}{}{}", mine(known), caller("admin", "administer", "*", "")));
        let path = server.folder.path().join("socket");
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        let client = |token: &str| Client::over(UnixStream::connect(&path).unwrap(), token);
        assert_eq!(client("").get("/v1/status").status, status);
        // A socket has no name that a stranger's page could take.
        let mut named = client("");
        named.write(b"GET /v1/status HTTP/1.1\r\nhost: whatever\r\n\r\n");
        assert_eq!(named.read().status, status);
        // A token counts before the user, a wrong one too.
        assert_eq!(client("wrong").get("/v1/status").status, 401);
        assert_eq!(client("admin").get("/metrics").status, 200);
        // The user of the socket is no one on another way.
        let address = server.addresses.iter().find(|address| !address.starts_with("unix:")).unwrap();
        assert_eq!(Client::new(address, "").get("/v1/status").status, 401);
    }
}

/// Makes a root and two certificates that it signed, by openssl.
fn certificates(folder: &Path) {
    let run = |line: &str| {
        let done = Command::new("sh").args(["-ec", line]).current_dir(folder).output().unwrap();
        assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let key = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    run(&format!("{key} -x509 -days 2 -subj /CN=root -keyout root.key -out root.pem"));
    for name in ["service", "known", "other"] {
        run(&format!("{key} -subj /CN={name} -keyout {name}.key -out {name}.csr"));
        run(&format!("printf 'subjectAltName=DNS:localhost' > {name}.ext"));
        run(&format!(
            "openssl x509 -req -in {name}.csr -CA root.pem -CAkey root.key -CAcreateserial -days 2 -extfile {name}.ext -out {name}.pem"
        ));
    }
    run(&format!("{key} -x509 -days 2 -subj /CN=stranger -keyout stranger.key -out stranger.pem"));
}

fn connect(server: &Server, folder: &Path, name: Option<&str>) -> Option<Client> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(folder.join("root.pem")).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let builder = builder.with_root_certificates(roots);
    let config = match name {
        None => builder.with_no_client_auth(),
        Some(name) => {
            let certificate = CertificateDer::from_pem_file(folder.join(format!("{name}.pem"))).unwrap();
            let key = PrivateKeyDer::from_pem_file(folder.join(format!("{name}.key"))).unwrap();
            builder.with_client_auth_cert(vec![certificate], key).unwrap()
        }
    };
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    while connection.is_handshaking() {
        connection.complete_io(&mut stream).ok()?;
    }
    Some(Client::over(StreamOwned::new(connection, stream), ""))
}

/// The status of an answer; `None` where the service closed the connection.
fn asked(client: Option<Client>) -> Option<u16> {
    let mut client = client?;
    client.token = None;
    let request = b"GET /v1/status HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    client.try_write(request).ok()?;
    let answer = client.rest();
    answer.split(' ').nth(1)?.parse().ok()
}

#[test]
fn a_certificate_is_known_by_its_hash() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let known = CertificateDer::from_pem_file(folder.path().join("known.pem")).unwrap();
    let hex: Vec<String> = digest(&known).0.iter().map(|byte| format!("{byte:02X}")).collect();
    let at = folder.path().display();
    // As openssl prints it.
    let config = format!(
        "[tls]\ncertificate = \"{at}/service.pem\"\nkey = \"{at}/service.key\"\nclient_ca = \"{at}/root.pem\"\n\
         [[caller]]\nname = \"pbx\"\nrole = \"ask\"\ndomain = \"acme.example\"\ncertificate_sha256 = \"{}\"\n{}",
        hex.join(":"),
        callers()
    );
    let server = Server::new(&companies(), &config);
    assert_eq!(asked(connect(&server, folder.path(), Some("known"))), Some(200));
    // Signed by the same root, and no caller.
    assert_eq!(asked(connect(&server, folder.path(), Some("other"))), Some(401));
    assert_eq!(asked(connect(&server, folder.path(), Some("stranger"))), None);
    assert_eq!(asked(connect(&server, folder.path(), None)), None);
    // In the clear there is no answer.
    let mut plain = server.client("admin");
    plain.write(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n");
    assert!(!plain.rest().contains("200"));
    assert_eq!(asked(connect(&server, folder.path(), Some("known"))), Some(200));
}
