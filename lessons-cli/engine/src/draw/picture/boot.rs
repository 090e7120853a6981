//! What happens when a computer starts: with nouveau, and with nouveau kept out.

use super::{Boxed, Sheet, WIDTH};
use crate::texts::Texts;

/// Draws both ways side by side, from the start to what `nvidia-smi` says.
pub fn boot(texts: &Texts) -> String {
    let say = |id: &str| {
        texts
            .shared(&format!("picture-boot-{id}"), &[])
            .replace('\n', " ")
    };
    let half = WIDTH / 2;
    let middles = [half / 2, half + half / 2];
    let mut sheet = Sheet::new();
    sheet.boxed("picture-plain", "", &say("start"), &say("start-how"));
    sheet.arrows(&[half], "");
    sheet.boxed(
        "picture-plain",
        "",
        &say("question"),
        &say("question-where"),
    );
    sheet.arrows(&middles, "");
    for (number, (bad, good)) in [
        ("without", "with"),
        ("loaded", "passed-over"),
        ("held", "nvidia"),
        ("failed", "answers"),
    ]
    .into_iter()
    .enumerate()
    {
        if number > 0 {
            sheet.arrows(&middles, "");
        }
        let last = number == 3;
        let column = |class, left, id: &str| (class, left, say(id), say(&format!("{id}-how")));
        let columns = [
            column(if last { "picture-bad" } else { "picture-plain" }, 1, bad),
            column(
                if last {
                    "picture-good"
                } else {
                    "picture-plain"
                },
                half + 5,
                good,
            ),
        ];
        let boxes = columns.each_ref().map(|(class, left, title, text)| Boxed {
            class,
            left: *left,
            width: half - 6,
            code: "",
            title,
            text,
        });
        sheet.row(&boxes);
    }
    sheet.svg("boot", texts)
}
