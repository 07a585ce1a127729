//! The table of function codes: the digits to dial for each function. It must never decide who may use one.
#![forbid(unsafe_code)]

/// A function that can be dialled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
#[non_exhaustive]
pub enum Function {
    /// Pick up the call that rings at an extension.
    Pickup = 1,
    /// Activate an extension's forwarding; the PBX asks for the target by voice.
    ForwardAsk = 2,
    /// Switch an extension's forwarding off, or the stored one on again.
    ForwardToggle = 3,
    /// Set an extension's forwarding to a target.
    ForwardSet = 4,
    /// Log in at the terminal one dials from, or log out of it.
    Login = 5,
}

impl Function {
    /// All functions.
    pub const ALL: [Function; 5] =
        [Function::Pickup, Function::ForwardAsk, Function::ForwardToggle, Function::ForwardSet, Function::Login];

    /// The key in a document's `[codes]`.
    pub fn key(self) -> &'static str {
        match self {
            Function::Pickup => "pickup",
            Function::ForwardAsk => "forward_ask",
            Function::ForwardToggle => "forward_toggle",
            Function::ForwardSet => "forward_set",
            Function::Login => "login",
        }
    }
}

/// The code of each function; no code is a prefix of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeTable {
    codes: [String; Function::ALL.len()],
}

impl Default for CodeTable {
    fn default() -> CodeTable {
        CodeTable { codes: ["*8", "*70", "*71", "*74", "*44"].map(String::from) }
    }
}

impl CodeTable {
    /// The code of `function`.
    pub fn code(&self, function: Function) -> &str {
        self.codes.get(function as usize - 1).map_or("", String::as_str)
    }

    /// Gives `function` another code.
    pub fn set(&mut self, function: Function, code: &str) {
        if let Some(held) = self.codes.get_mut(function as usize - 1) {
            *held = code.into();
        }
    }

    /// The functions with their codes.
    pub fn iter(&self) -> impl Iterator<Item = (Function, &str)> {
        Function::ALL.into_iter().map(|function| (function, self.code(function)))
    }
}
