//! Text as HTML.

/// Text as the HTML of a card shows it, inside `<pre>` and in an attribute too. Markdown ends a block of HTML at an empty
/// line, so there is none in it; and it opens no directive of mdBook's, which looks for its own later.
pub fn literal(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in text.lines().enumerate() {
        if number > 0 {
            html.push_str(if line.trim().is_empty() {
                "&#10;"
            } else {
                "\n"
            });
        }
        let mut before = ' ';
        for c in line.chars() {
            match c {
                '&' => html.push_str("&amp;"),
                '<' => html.push_str("&lt;"),
                '>' => html.push_str("&gt;"),
                '"' => html.push_str("&quot;"),
                '\'' => html.push_str("&#39;"),
                '{' if before == '{' => html.push_str("&#123;"),
                _ => html.push(c),
            }
            before = c;
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_empty() {
        assert_eq!(
            literal("<a>\n\n \n{{#b}}\n"),
            "&lt;a&gt;&#10;&#10; \n{&#123;#b}}"
        );
    }

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            literal("<b>\"a\" & 'b'</b>\n\n{{#include x}} {{{"),
            "&lt;b&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/b&gt;&#10;\n{&#123;#include x}} {&#123;&#123;"
        );
    }
}
