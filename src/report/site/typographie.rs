//! Typography of pages: what is read is set as French is, tags, scripts and pictures stay as they are.

use crate::format::unbroken;

/// Elements whose content is not text to be set.
const BRUTS: [&str; 5] = ["script", "style", "svg", "pre", "code"];

/// A page whose lines begin with no mark of punctuation.
pub(super) fn unbroken_page(html: &str) -> String {
    let mut set = String::with_capacity(html.len() + html.len() / 64);
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        set.push_str(&unbroken(&rest[..open]));
        let tag = &rest[open..];
        let length = verbatim(tag);
        set.push_str(&tag[..length]);
        rest = &tag[length..];
    }
    set.push_str(&unbroken(rest));
    set
}

/// Length of a tag, with what it holds where that is no text to be set.
fn verbatim(tag: &str) -> usize {
    let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    if BRUTS.contains(&name)
        && let Some(close) = tag.find(&format!("</{name}"))
    {
        return close + end(&tag[close..]);
    }
    end(tag)
}

/// Length of a tag up to its `>`, those inside its quoted attributes apart.
fn end(tag: &str) -> usize {
    let mut quote = None;
    for (i, c) in tag.char_indices() {
        match (quote, c) {
            (None, '>') => return i + 1,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    tag.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_set_and_nothing_else() {
        let page = "<p title=\"a > b : c\">Champ : <b>tous</b> ; « oui »</p><style>p : x { }</style>\
                    <svg><text>loi : 25 %</text></svg><code>a : b</code> : fin <";
        let set = "<p title=\"a > b : c\">Champ\u{a0}: <b>tous</b>\u{a0}; «\u{a0}oui\u{a0}»</p><style>p : x { }</style>\
                   <svg><text>loi : 25 %</text></svg><code>a : b</code>\u{a0}: fin <";
        assert_eq!(unbroken_page(page), set);
        for cut in ["<script>a : b", "<p class='a : b", "", "<"] {
            assert_eq!(unbroken_page(cut).replace('\u{a0}', " "), cut);
        }
    }
}
