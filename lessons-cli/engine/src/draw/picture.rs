//! Pictures for the chapters, drawn from what the engine knows: a machine's facts, a wheel's name.
//!
//! Each is SVG without colours of its own: lines and letters are `currentColor`, and every shape carries a class
//! (`picture-box`, `picture-strong`, `picture-aside`, `picture-good`, `picture-bad`, `picture-arrow`) for a page's style
//! sheet. Title and description say to a screen reader what there is to see. They are narrow, so that a telephone shows
//! them whole and can still be read.

mod boot;
mod stack;
mod versions;
mod wheel;

use std::fmt::Write as _;

use crate::texts::Texts;

pub use boot::boot;
pub use stack::stack;
pub use versions::versions;
pub use wheel::wheel;

/// The width of every picture, in its own units.
const WIDTH: usize = 360;
/// From one thing to the next.
const GAP: usize = 22;
/// From a box to what is in it.
const PADDING: usize = 12;
/// From one line of text to the next.
const LINE: usize = 18;

/// A sheet that is drawn on from top to bottom.
struct Sheet {
    /// The lower edge of what is drawn.
    bottom: usize,
    shapes: String,
    /// What the shapes say, in words.
    words: Vec<String>,
}

/// A box on a sheet: where it stands and what is in it.
struct Boxed<'a> {
    class: &'a str,
    left: usize,
    width: usize,
    /// What it shows as a machine writes it: a version, a part of a name.
    code: &'a str,
    title: &'a str,
    text: &'a str,
}

impl Sheet {
    fn new() -> Self {
        Self {
            bottom: 2,
            shapes: String::new(),
            words: Vec::new(),
        }
    }

    /// Draws boxes side by side, of one height, and moves on below them. Returns their upper edge.
    fn row(&mut self, boxes: &[Boxed<'_>]) -> usize {
        let top = self.bottom;
        let height = boxes.iter().map(Boxed::height).max().unwrap_or(0);
        for boxed in boxes {
            boxed.draw(&mut self.shapes, top, height);
            let parts = [boxed.title, boxed.code, boxed.text];
            let said: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            self.words.push(said.join(": "));
        }
        self.bottom = top + height;
        top
    }

    /// Draws one box over the whole width.
    fn boxed(&mut self, class: &str, code: &str, title: &str, text: &str) -> usize {
        self.row(&[Boxed {
            class,
            left: 1,
            width: WIDTH - 2,
            code,
            title,
            text,
        }])
    }

    /// Draws an arrow downwards at each place, with words beside the first, and moves on below it.
    fn arrows(&mut self, at: &[usize], words: &str) {
        let room = WIDTH - at.first().copied().unwrap_or(0) - PADDING - 4;
        let lines = wrapped(words, room, Face::Plain);
        let height = (lines.len() * LINE + 8).max(GAP);
        let (from, to) = (self.bottom, self.bottom + height);
        for x in at {
            let _ = writeln!(
                self.shapes,
                "<path class=\"picture-arrow\" d=\"M{x} {from}V{to}m-5 -7l5 7l5 -7\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"/>",
            );
        }
        if let Some(x) = at.first() {
            for (number, line) in lines.iter().enumerate() {
                text(
                    &mut self.shapes,
                    "picture-note",
                    x + PADDING,
                    from + 16 + number * LINE,
                    line,
                );
            }
        }
        if !words.is_empty() {
            self.words.push(words.to_owned());
        }
        self.bottom = to;
    }

    /// Leaves some room.
    fn gap(&mut self) {
        self.bottom += GAP / 2;
    }

    /// The finished picture; `id` is the beginning of its texts' names: the title is `picture-ID`.
    fn svg(self, id: &str, texts: &Texts) -> String {
        let title = texts
            .shared(&format!("picture-{id}"), &[])
            .replace('\n', " ");
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"picture picture-{id}\" role=\"img\" viewBox=\"0 0 {WIDTH} {}\" \
             font-family=\"sans-serif\" font-size=\"13\" fill=\"currentColor\" stroke=\"none\">\n\
             <title>{}</title>\n<desc>{}</desc>\n{}</svg>\n",
            self.bottom + 2,
            escaped(&title),
            escaped(&self.words.join(". ")),
            self.shapes
        )
    }
}

impl Boxed<'_> {
    fn inner(&self) -> usize {
        self.width - 2 * PADDING
    }

    fn lines(&self) -> [(&'static str, Vec<String>); 3] {
        [
            ("picture-code", wrapped(self.code, self.inner(), Face::Code)),
            (
                "picture-title",
                wrapped(self.title, self.inner(), Face::Bold),
            ),
            (
                "picture-text",
                wrapped(self.text, self.inner(), Face::Plain),
            ),
        ]
    }

    fn height(&self) -> usize {
        let lines: usize = self.lines().iter().map(|(_, lines)| lines.len()).sum();
        lines * LINE + PADDING + 4
    }

    fn draw(&self, out: &mut String, top: usize, height: usize) {
        let _ = writeln!(
            out,
            "<rect class=\"picture-box {}\" x=\"{}\" y=\"{top}\" width=\"{}\" height=\"{height}\" rx=\"6\" fill=\"none\" stroke=\"currentColor\"/>",
            self.class, self.left, self.width
        );
        let mut y = top + PADDING / 2 + 13;
        for (class, lines) in self.lines() {
            for line in lines {
                text(out, class, self.left + PADDING, y, &line);
                y += LINE;
            }
        }
    }
}

/// A line of text.
fn text(out: &mut String, class: &str, x: usize, y: usize, words: &str) {
    let font = match class {
        "picture-code" => " font-family=\"monospace\" font-weight=\"bold\"",
        "picture-title" => " font-weight=\"bold\"",
        _ => "",
    };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{font}>{}</text>",
        escaped(words)
    );
}

/// How letters are set.
#[derive(Debug, Clone, Copy)]
enum Face {
    Plain,
    Bold,
    Code,
}

/// Text broken into lines that fit a width. Where a text is written without spaces (Chinese, a long
/// name), a line ends anywhere.
fn wrapped(words: &str, width: usize, face: Face) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut room = 0;
    for word in words.split_whitespace() {
        let space = 5;
        let needed = letters(word, face);
        match lines.last_mut() {
            Some(line) if needed + space <= room => {
                line.push(' ');
                line.push_str(word);
                room -= needed + space;
                continue;
            }
            _ => {}
        }
        if needed <= width {
            lines.push(word.to_owned());
            room = width - needed;
            continue;
        }
        let mut line = String::new();
        room = width;
        for letter in word.chars() {
            let needed = letter_width(letter, face);
            if needed > room {
                lines.push(std::mem::take(&mut line));
                room = width;
            }
            line.push(letter);
            room = room.saturating_sub(needed);
        }
        lines.push(line);
    }
    lines
}

fn letters(word: &str, face: Face) -> usize {
    word.chars().map(|letter| letter_width(letter, face)).sum()
}

/// A letter's width at the size of all pictures, on the generous side.
fn letter_width(letter: char, face: Face) -> usize {
    match (letter, face) {
        // Where Chinese, Japanese and Korean begin: as wide as high.
        ('\u{1100}'.., _) => 14,
        (_, Face::Code) => 8,
        ('i' | 'l' | 'j' | '.' | ',' | ':' | ';' | '\'', _) => 5,
        (_, Face::Plain) => 7,
        (_, Face::Bold) => 8,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundled;
    use crate::facts::Facts;
    use crate::texts::MISSING;

    #[test]
    fn lines_fit_and_lose_nothing() {
        for (words, width) in [
            ("the driver's ceiling, and what follows from it", 100),
            ("manylinux_2_28_x86_64", 80),
            ("每一块显卡都由驱动程序管理", 60),
            ("", 50),
            ("a", 1),
        ] {
            let lines = wrapped(words, width, Face::Plain);
            let kept: String = lines.concat().split_whitespace().collect();
            assert_eq!(kept, words.split_whitespace().collect::<String>());
            for line in &lines {
                let one = line.chars().count() == 1;
                assert!(
                    one || letters(line, Face::Plain) <= width + 5 * line.matches(' ').count(),
                    "{line}"
                );
            }
        }
    }

    /// Every machine that came along can be drawn, with all its words.
    #[test]
    fn every_machine_is_drawn() {
        let texts = Texts::english();
        for name in bundled::names() {
            let recording = bundled::recording(name).unwrap().unwrap();
            let facts = Facts::new(&recording);
            for svg in [versions(&facts, &texts), stack(&facts, &texts)] {
                assert!(
                    svg.starts_with("<svg") && !svg.contains(MISSING),
                    "{name}: {svg}"
                );
            }
        }
    }

    #[test]
    fn what_a_stranger_wrote_is_escaped() {
        let mut sheet = Sheet::new();
        sheet.boxed("picture-strong", "<script>", "\"&", "</svg>");
        let svg = sheet.svg("boot", &Texts::english());
        assert!(!svg.contains("<script>"), "{svg}");
        assert_eq!(svg.matches("</svg>").count(), 1, "{svg}");
    }
}
