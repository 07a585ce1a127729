//! The five systems. None knows another; each has its words, its data, its validity, and lowers itself to rules.
#![forbid(unsafe_code)]

pub mod estos;
pub mod keevio;
pub mod linewarden;
pub mod pascom;
pub mod xphone;

/// One of the five systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[repr(u8)]
#[non_exhaustive]
pub enum System {
    /// XPhone Connect: directed relationships and a rights matrix.
    Xphone = 1,
    /// estos UCServer: authorization levels.
    Estos = 2,
    /// pascom: permissions with role types.
    Pascom = 3,
    /// IPCortex keevio: presence subscriptions.
    Keevio = 4,
    /// linewarden's own: rules between any parties.
    Linewarden = 5,
}

impl System {
    /// All systems.
    pub const ALL: [System; 5] = [System::Xphone, System::Estos, System::Pascom, System::Keevio, System::Linewarden];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            System::Xphone => "xphone",
            System::Estos => "estos",
            System::Pascom => "pascom",
            System::Keevio => "keevio",
            System::Linewarden => "linewarden",
        }
    }

    /// The system of that name.
    pub fn parse(name: &str) -> Option<System> {
        System::ALL.into_iter().find(|system| system.name() == name)
    }
}

/// The systems a domain runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Systems(u8);

impl Systems {
    /// With `system` added.
    #[must_use]
    pub fn with(self, system: System) -> Systems {
        Systems(self.0 | 1 << system as u8)
    }

    /// Whether the domain runs `system`.
    pub fn has(self, system: System) -> bool {
        self.0 & (1 << system as u8) != 0
    }

    /// The systems, in the order of [`System::ALL`].
    pub fn iter(self) -> impl Iterator<Item = System> {
        System::ALL.into_iter().filter(move |system| self.has(*system))
    }
}

impl FromIterator<System> for Systems {
    fn from_iter<I: IntoIterator<Item = System>>(systems: I) -> Systems {
        systems.into_iter().fold(Systems::default(), Systems::with)
    }
}

/// The value of a word of a closed list, or an error that says which words there are.
///
/// # Errors
/// `Argument` when it is none of `words`.
pub(crate) fn words_of<'w, T>(
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    words: impl Iterator<Item = &'w str>,
    what: &str,
) -> crate::error::Result<T> {
    parse(text).ok_or_else(|| {
        let expected = crate::wording::expected(&words.collect::<Vec<_>>());
        let message = format!("unknown {what} {}{expected}", crate::wording::quote(text));
        crate::error::Error::new(crate::error::ErrorKind::Argument, message)
    })
}

/// A closed list of words: an enum's values as documents, changes and packed snapshots have them. [`words!`] makes an enum one.
pub(crate) trait Choice: Copy + PartialEq + 'static {
    /// All values, in ascending order.
    const ALL: &'static [Self];
    /// The word in documents and changes.
    fn text(self) -> &'static str;
    /// The number in packed snapshots.
    fn number(self) -> u8;
}

/// Makes an enum with a list `ALL` a [`Choice`]; the method gives the word.
macro_rules! choice {
    ($type:ident, $word:ident) => {
        impl $crate::system::Choice for $type {
            const ALL: &'static [$type] = &$type::ALL;
            fn text(self) -> &'static str {
                self.$word()
            }
            fn number(self) -> u8 {
                self as u8
            }
        }
    };
}
pub(crate) use choice;

choice!(System, name);

/// Words of a closed list: the names a document uses for an enum's values.
macro_rules! words {
    ($type:ident: $($variant:ident = $word:literal),+ $(,)?) => {
        impl $type {
            /// All values, in ascending order.
            pub const ALL: &'static [$type] = &[$($type::$variant),+];

            /// The word in documents.
            pub fn word(self) -> &'static str {
                match self { $($type::$variant => $word),+ }
            }

            /// The value of that word.
            pub fn parse(word: &str) -> Option<$type> {
                match word { $($word => Some($type::$variant),)+ _ => None }
            }
        }

        $crate::system::choice!($type, word);
    };
}
pub(crate) use words;
