//! Lists of names. They must never hold a name twice, nor one that needs quoting; their order is part of what a seed
//! means.
#![forbid(unsafe_code)]

/// First names, frequent ones first.
#[rustfmt::skip]
pub(super) const FIRST: [&str; 120] = [
    "anna", "thomas", "maria", "michael", "julia", "andreas", "laura", "stefan", "sarah", "peter", "lena", "martin",
    "lisa", "christian", "katrin", "daniel", "sabine", "markus", "eva", "jan", "petra", "alexander", "claudia",
    "david", "nina", "florian", "monika", "tobias", "sophie", "frank", "hannah", "robert", "ines", "paul", "clara",
    "simon", "emma", "lukas", "olga", "felix", "vera", "oliver", "marta", "patrick", "irene", "sven", "helena",
    "georg", "tanja", "mario", "silvia", "jonas", "beate", "philipp", "carla", "matthias", "elena", "rainer", "greta",
    "uwe", "paula", "klaus", "amira", "joachim", "zoe", "ahmed", "yara", "emre", "aylin", "mehmet", "fatma", "omar",
    "leila", "ivan", "natalia", "pavel", "irina", "marek", "zofia", "tomasz", "kasia", "luca", "giulia", "marco",
    "chiara", "pierre", "camille", "louis", "manon", "hugo", "james", "emily", "oscar", "charlotte", "harry", "alice",
    "jack", "grace", "noah", "ella", "lars", "freja", "erik", "astrid", "nils", "ingrid", "pablo", "lucia", "diego",
    "carmen", "joao", "ana", "minh", "linh", "wei", "mei", "raj", "priya", "kenji", "yuki",
];

/// Last names, frequent ones first.
#[rustfmt::skip]
pub(super) const LAST: [&str; 200] = [
    "mueller", "schmidt", "schneider", "fischer", "weber", "meyer", "wagner", "becker", "schulz", "hoffmann", "koch",
    "bauer", "richter", "klein", "wolf", "schroeder", "neumann", "schwarz", "zimmermann", "braun", "hofmann",
    "krueger", "hartmann", "lange", "schmitt", "werner", "krause", "meier", "lehmann", "maier", "koehler", "herrmann",
    "koenig", "walter", "mayer", "huber", "kaiser", "fuchs", "peters", "lang", "scholz", "moeller", "weiss", "jung",
    "hahn", "schubert", "vogel", "friedrich", "keller", "guenther", "frank", "berger", "winkler", "roth", "beck",
    "lorenz", "baumann", "franke", "albrecht", "schuster", "simon", "ludwig", "boehm", "winter", "kraus",
    "schumacher", "kraemer", "vogt", "stein", "jaeger", "otto", "sommer", "gross", "seidel", "heinrich", "brandt",
    "haas", "schreiber", "graf", "dietrich", "ziegler", "kuhn", "pohl", "engel", "horn", "busch", "bergmann",
    "thomas", "voigt", "sauer", "arnold", "wolff", "pfeiffer", "yilmaz", "kaya", "demir", "oeztuerk", "arslan",
    "aydin", "nowak", "kowalski", "wisniewski", "lewandowski", "novak", "svoboda", "horvat", "kovacs", "nagy",
    "popescu", "ionescu", "ivanov", "petrov", "smirnov", "rossi", "russo", "ferrari", "esposito", "bianchi", "romano",
    "garcia", "martinez", "lopez", "sanchez", "perez", "silva", "santos", "ferreira", "martin", "bernard", "dubois",
    "durand", "leroy", "moreau", "laurent", "smith", "jones", "taylor", "brown", "williams", "wilson", "johnson",
    "davies", "evans", "walker", "white", "hughes", "green", "hall", "wood", "harris", "clarke", "cooper", "jansen",
    "devries", "bakker", "visser", "smit", "peeters", "maes", "andersen", "hansen", "larsen", "nilsson", "eriksson",
    "lindberg", "virtanen", "korhonen", "nguyen", "tran", "pham", "wang", "li", "zhang", "chen", "kim", "park", "lee",
    "sato", "suzuki", "tanaka", "singh", "patel", "sharma", "kumar", "haddad", "nasser", "hassan", "ali", "rahman",
    "cohen", "levi", "okafor", "mensah", "diallo", "pereira", "costa", "oliveira", "gruber", "steiner", "moser",
];

/// Places of sites.
#[rustfmt::skip]
pub(super) const CITIES: [&str; 40] = [
    "munich", "berlin", "hamburg", "cologne", "stuttgart", "frankfurt", "vienna", "zurich", "leipzig", "dresden",
    "nuremberg", "bremen", "hanover", "essen", "dortmund", "salzburg", "graz", "basel", "geneva", "prague", "warsaw",
    "krakow", "budapest", "milan", "turin", "lyon", "paris", "lille", "brussels", "antwerp", "amsterdam", "rotterdam",
    "copenhagen", "stockholm", "oslo", "london", "leeds", "dublin", "madrid", "lisbon",
];

/// Departments of a site.
#[rustfmt::skip]
pub(super) const DEPARTMENTS: [&str; 16] = [
    "sales", "support", "development", "accounting", "logistics", "marketing", "it", "purchasing", "production",
    "service", "quality", "personnel", "legal", "research", "export", "facilities",
];

/// Teams across departments.
#[rustfmt::skip]
pub(super) const PROJECTS: [&str; 30] = [
    "aurora", "beacon", "cedar", "delta", "ember", "falcon", "granite", "harbour", "iris", "jade", "kestrel", "lotus",
    "meridian", "nimbus", "orion", "pioneer", "quartz", "raven", "summit", "tundra", "umbra", "vertex", "willow",
    "xenon", "yonder", "zenith", "acme", "bridge", "compass", "dune",
];

/// Domains of partners.
#[rustfmt::skip]
pub(super) const HOSTS: [&str; 7] = [
    "partner.example", "sales.partner.example", "supplier.example", "eu.supplier.example", "customer.example",
    "agency.example", "lawfirm.example",
];

/// The name of that place in a list, with a number from the second round on: `munich`, `munich-2`.
pub(super) fn numbered(list: &[&str], place: usize) -> String {
    let rounds = place / list.len().max(1);
    let name = list.get(place % list.len().max(1)).copied().unwrap_or("");
    if rounds == 0 { name.to_owned() } else { format!("{name}-{}", rounds + 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_name_is_twice_and_none_needs_quoting() {
        for list in [&FIRST[..], &LAST, &CITIES, &DEPARTMENTS, &PROJECTS, &HOSTS] {
            assert_eq!(list.iter().collect::<HashSet<_>>().len(), list.len());
            assert!(list.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.')));
        }
    }

    #[test]
    fn names_are_numbered_from_the_second_round() {
        assert_eq!(numbered(&["a", "b"], 1), "b");
        assert_eq!(numbered(&["a", "b"], 5), "b-3");
    }
}
