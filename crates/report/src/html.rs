//! A report as HTML: one file that needs no other, without script, made to be printed. Every text goes through the template engine, which
//! escapes it; nothing may be put in unescaped but the style sheet below.
#![forbid(unsafe_code)]

use crate::layout::{Layout, Section};
use crate::words::{Lang, Word};
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// The style sheet. It holds no text from a report.
const STYLE: &str = "
:root { color-scheme: light; }
body { font: 11pt/1.45 system-ui, sans-serif; color: #1a1a1a; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .25rem; }
p { margin: .25rem 0 .5rem; }
.lead, .note { color: #555; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0 0 1rem; }
dt { color: #555; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: .92em; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
th { border-bottom: 2px solid #888; }
.wide { overflow-x: auto; }
.signatures { display: flex; gap: 3rem; margin-top: 4rem; break-inside: avoid; }
.signatures div { flex: 1; border-top: 1px solid #1a1a1a; padding-top: .25rem; font-size: .9em; }
@media print {
  @page { size: A4; margin: 18mm 15mm; }
  body { margin: 0; max-width: none; padding: 0; font-size: 9.5pt; }
  h2 { break-after: avoid; } .wide { overflow: visible; } tr { break-inside: avoid; } thead { display: table-header-group; }
}
";

/// A whole HTML document. `head` is what its head has beside title and character set.
pub fn document(lang: Lang, title: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang=(lang.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                (head)
            }
            body { (body) }
        }
    }
}

/// The whole file.
pub fn page(layout: &Layout) -> String {
    let style = html! { style { (PreEscaped(STYLE)) } };
    let main = html! { main { h1 { (layout.title) } (body(layout)) } };
    document(layout.lang, &layout.title, &style, &main).into_string()
}

/// The report without its title, for a page with its own title.
pub fn body(layout: &Layout) -> Markup {
    let lang = layout.lang;
    html! {
        dl {
            @for (name, value) in &layout.facts {
                dt { (name) } dd { (value) }
            }
        }
        @for note in &layout.notes { p.note { (note) } }
        @for part in &layout.sections { (section(part)) }
        div.signatures {
            div { (Word::Signatures.of(lang)) }
            div { (Word::Employer.of(lang)) }
            div { (Word::WorksCouncil.of(lang)) }
        }
    }
}

fn section(section: &Section) -> Markup {
    html! {
        section {
            h2 { (section.title) }
            @if !section.lead.is_empty() { p.lead { (section.lead) } }
            @if section.rows.is_empty() {
                p { (section.empty) }
            } @else {
                // Scrolls sideways on small screens, by keyboard too.
                div.wide tabindex="0" { table {
                    thead { tr { @for column in &section.columns { th scope="col" { (column) } } } }
                    tbody {
                        @for row in &section.rows {
                            tr { @for cell in row { td { (cell) } } }
                        }
                    }
                } }
            }
            @if !section.note.is_empty() { p.note { (section.note) } }
        }
    }
}
