//! What a page's HTML leaves in a paste: characters written as entities, and the tags of preformatted text.

/// The character that an entity at the start of `text` stands for, and the entity's length: `&#124;`, `&lt;`,
/// `&nbsp;`. One that was escaped twice (`&amp;#124;`) counts as one.
pub(super) fn entity(text: &str) -> Option<(char, usize)> {
    /// Longer ones are not known.
    const LONGEST: usize = 16;
    let body = text.strip_prefix('&')?;
    let (escaped, name) = match body.strip_prefix("amp;") {
        Some(rest) => (4, rest),
        None => (0, body),
    };
    let length = name.bytes().take(LONGEST).position(|b| b == b';');
    let known = length
        .and_then(|length| name.get(..length))
        .and_then(character)
        .zip(length);
    match known {
        Some((char, length)) => Some((char, 1 + escaped + length + 1)),
        None if escaped > 0 => Some(('&', 1 + escaped)),
        None => None,
    }
}

/// The character of an entity's name.
fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control());
    }
    // HTML's names of what stands in the outputs that are read.
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "vert" | "verbar" | "VerticalLine" => '|',
        "plus" => '+',
        "equals" => '=',
        "lowbar" | "UnderBar" => '_',
        "hyphen" | "dash" | "ndash" | "mdash" | "horbar" | "minus" => '-',
        "num" => '#',
        "percnt" => '%',
        "sol" => '/',
        "bsol" => '\\',
        "colon" => ':',
        "comma" => ',',
        "period" => '.',
        "lpar" => '(',
        "rpar" => ')',
        "lsqb" | "lbrack" => '[',
        "rsqb" | "rbrack" => ']',
        "ast" | "midast" => '*',
        "hellip" => '…',
        _ => return None,
    })
}

/// The length of a tag at the start of `text` that a page puts around or between lines, and whether it ends a line.
pub(super) fn tag(text: &str) -> Option<(usize, bool)> {
    const LONGEST: usize = 256;
    /// What stands between lines, and what stands around or in them.
    const BREAKS: [&str; 4] = ["br", "p", "div", "li"];
    const OTHERS: [&str; 5] = ["pre", "code", "span", "samp", "blockquote"];
    let body = text.strip_prefix('<')?;
    let name = body.strip_prefix('/').unwrap_or(body);
    let length = name
        .bytes()
        .take(12)
        .position(|b| !b.is_ascii_alphabetic())?;
    let (name, after) = name.split_at_checked(length)?;
    let is = |known: &&str| name.eq_ignore_ascii_case(known);
    let breaks = BREAKS.iter().any(&is);
    if !(breaks || OTHERS.iter().any(is)) || !after.starts_with(['>', ' ', '/', '\t']) {
        return None;
    }
    let end = text.bytes().take(LONGEST).position(|b| b == b'>')?;
    // A tag holds no line break and no other tag.
    let inside = text.get(1..end)?;
    (!inside.contains(['<', '\n', '|'])).then_some((end + 1, breaks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_characters() {
        for (written, char) in [
            ("&#124; 0", '|'),
            ("&#x7C;", '|'),
            ("&vert;", '|'),
            ("&lt;", '<'),
            ("&nbsp;", ' '),
            ("&amp;#124;", '|'),
            ("&amp;", '&'),
        ] {
            let (read, length) = entity(written).unwrap();
            assert_eq!(read, char, "{written}");
            assert_eq!(
                length,
                written
                    .find(';')
                    .map_or(0, |_| written.rfind(';').unwrap() + 1)
            );
        }
        for other in ["&", "& a;", "&foo;", "&#0;", "&#x110000;", "amp;", "&#124"] {
            assert_eq!(entity(other), None, "{other}");
        }
    }

    #[test]
    fn tags_of_preformatted_text_are_known() {
        for (written, known) in [
            ("<br>", Some((4, true))),
            ("<br />x", Some((6, true))),
            ("</pre>", Some((6, false))),
            ("<code class=\"x\">", Some((16, false))),
            ("<gpu id=\"0\">", None),
            ("<process_name>", None),
            ("<b", None),
            ("< br>", None),
            ("<pre\n>", None),
        ] {
            assert_eq!(tag(written), known, "{written}");
        }
    }
}
