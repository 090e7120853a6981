//! A wheel's name taken apart.

use super::Sheet;
use crate::explain::{self, Asked};
use crate::read::said::Said;
use crate::read::wheel::Wheel;
use crate::texts::Texts;
use crate::visible::visible;

/// Draws each part of the name in its order, with what it means.
pub fn wheel(wheel: &Wheel, texts: &Texts) -> String {
    let explained = explain::explain(&Said::Wheel(wheel.clone()), &Asked::default());
    let mut sheet = Sheet::new();
    sheet.boxed("picture-plain", &visible(&wheel.to_string()), "", "");
    sheet.gap();
    for field in &explained.fields {
        let values: Vec<String> = field
            .values
            .iter()
            .map(|value| visible(&value.shown))
            .collect();
        // What a value of its own means says more than what the field is.
        let meaning = field.meaning().pop().unwrap_or(&field.what);
        let meaning = texts.sentence(meaning);
        sheet.boxed("picture-strong", &values.join("."), &field.label, &meaning);
        sheet.gap();
    }
    sheet.svg("wheel", texts)
}
