//! A browser for tests: it keeps cookies, follows redirects, and sends forms as they stand in a page.
#![forbid(unsafe_code)]

use crate::client::{Answer, Client, Wire};
use crate::server::Server;
use std::collections::BTreeMap;

pub struct Browser {
    client: Client,
    pub cookies: BTreeMap<String, String>,
    /// Headers of each request, beside cookies.
    pub headers: Vec<(String, String)>,
    /// The name that the service is called by.
    pub host: String,
}

impl Browser {
    pub fn new(server: &Server) -> Browser {
        Browser::at(&server.address)
    }

    pub fn at(address: &str) -> Browser {
        Browser::of_client(Client::new(address, ""))
    }

    /// Over a connection that is there.
    pub fn over(stream: impl Wire + 'static) -> Browser {
        Browser::of_client(Client::over(stream, ""))
    }

    fn of_client(client: Client) -> Browser {
        Browser { client, cookies: BTreeMap::new(), headers: Vec::new(), host: "localhost".into() }
    }

    /// Logged in with a token.
    pub fn of(server: &Server, token: &str) -> Browser {
        let mut browser = Browser::new(server);
        let answer = browser.login(token);
        assert_eq!((answer.status, answer.header("location")), (303, Some("/page/")), "{answer:?}");
        browser
    }

    pub fn login(&mut self, token: &str) -> Answer {
        let form = self.get("/page/login");
        let once = hidden(&form.body, "once");
        self.send("/page/login", &[("once", &once), ("token", token)])
    }

    pub fn get(&mut self, path: &str) -> Answer {
        let answer = self.request("GET", path, &[], b"");
        self.whole(path, answer)
    }

    /// A page that is being made is asked for until it is there, as a browser does.
    fn whole(&mut self, path: &str, mut answer: Answer) -> Answer {
        let mut path = path.to_owned();
        while let Some(refresh) = answer.header("refresh") {
            if let Some((_, to)) = refresh.split_once("url=") {
                path = to.to_owned();
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
            answer = self.request("GET", &path, &[], b"");
        }
        answer
    }

    /// Sends a form without what the page hides in it.
    pub fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let answer = self.post(path, &body);
        self.whole(path, answer)
    }

    /// Sends a form, and takes what comes first.
    pub fn post(&mut self, path: &str, body: &str) -> Answer {
        self.request("POST", path, &[("content-type", "application/x-www-form-urlencoded")], body.as_bytes())
    }

    /// Sends a form with the token of the session.
    pub fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = hidden(&self.get("/page/").body, "csrf");
        self.send(path, &[&[("csrf", csrf.as_str())], fields].concat())
    }

    pub fn request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies = cookies.join("; ");
        let mut all: Vec<(&str, &str)> = headers.to_vec();
        all.extend(self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        if !cookies.is_empty() {
            all.push(("cookie", &cookies));
        }
        self.client.host = self.host.clone();
        let answer = self.client.request(method, path, &all, body);
        for (_, value) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let (name, value) = value.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => drop(self.cookies.remove(name)),
                value => drop(self.cookies.insert(name.to_owned(), value.to_owned())),
            }
        }
        answer
    }
}

/// The value of a hidden field.
pub fn hidden(page: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let found = page.split(start.as_str()).nth(1).unwrap_or_else(|| panic!("no field {name} in {page}"));
    unescaped(found.split('"').next().unwrap())
}

/// The text that a page shows, without its markup.
pub fn shown(page: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in page.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    unescaped(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}
