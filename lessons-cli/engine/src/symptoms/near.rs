//! Likeness of texts: letters with mistakes, and words in whatever order.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::LazyLock;

use super::{Symptom, all};

/// How many bytes of a sentence are compared, a bit for each.
pub(super) const LONGEST_SENTENCE: usize = 128;

/// The first of the best places of a word or sentence in a text, with no more than `most` letters wrong, missing or too
/// many, and how many those are.
///
/// It goes through the text once, with a bit a letter (Myers 1999, in the form of Hyyrö 2003). Of a longer sentence the
/// first [`LONGEST_SENTENCE`] bytes count.
pub(super) fn find(sentence: &str, text: &str, most: usize) -> Option<(Range<usize>, usize)> {
    let sentence = &sentence.as_bytes()[..sentence.len().min(LONGEST_SENTENCE)];
    let (end, mistakes) = best_end(sentence.iter(), text.as_bytes().iter(), most, None)?;
    // Backwards from there: the beginning is where the sentence turned round ends best.
    let before = &text.as_bytes()[..end];
    let (back, _) = best_end(
        sentence.iter().rev(),
        before.iter().rev(),
        mistakes,
        Some(sentence.len() + mistakes),
    )?;
    let mut range = end - back..end;
    while !text.is_char_boundary(range.start) {
        range.start -= 1;
    }
    while !text.is_char_boundary(range.end) {
        range.end += 1;
    }
    Some((range, mistakes))
}

/// Where the best match ends, as the number of bytes up to there. With `within`, it begins at the beginning of the text and only so many bytes are looked at.
fn best_end<'b>(
    sentence: impl Iterator<Item = &'b u8>,
    text: impl Iterator<Item = &'b u8>,
    most: usize,
    within: Option<usize>,
) -> Option<(usize, usize)> {
    let mut masks = [0u128; 256];
    let mut length = 0;
    for (place, byte) in sentence.enumerate() {
        masks[usize::from(*byte)] |= 1 << place;
        length = place + 1;
    }
    if length == 0 {
        return None;
    }
    let last = 1u128 << (length - 1);
    let (mut plus, mut minus) = (u128::MAX, 0u128);
    let mut mistakes = length;
    let mut best: Option<(usize, usize)> = None;
    for (at, byte) in text.enumerate().take(within.unwrap_or(usize::MAX)) {
        let equal = masks[usize::from(*byte)];
        let vertical = equal | minus;
        let horizontal = (((equal & plus).wrapping_add(plus)) ^ plus) | equal;
        let mut up = minus | !(horizontal | plus);
        let mut down = plus & horizontal;
        if up & last != 0 {
            mistakes += 1;
        }
        if down & last != 0 {
            mistakes -= 1;
        }
        // A match that begins at the text's beginning pays for every letter that it leaves out there.
        up = up << 1 | u128::from(within.is_some());
        down <<= 1;
        plus = down | !(vertical | up);
        minus = up & vertical;
        if mistakes <= most && best.is_none_or(|(_, least)| mistakes < least) {
            best = Some((at + 1, mistakes));
        }
    }
    best
}

/// How a short text is like a symptom's words.
pub(super) struct Candidate {
    pub(super) symptom: &'static Symptom,
    /// From 0 to 1.
    pub(super) score: f64,
    pub(super) alike: Alike,
}

/// Whether a symptom is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Alike {
    /// The words leave hardly a doubt.
    Meant,
    /// It has words of it.
    Perhaps,
}

struct Vocabulary {
    sentences: Vec<(&'static Symptom, Vec<String>)>,
    /// How much a word tells: the fewer symptoms have it, the more.
    weights: HashMap<String, f64>,
    /// The weight of a word that no symptom has.
    stranger: f64,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let mut sentences = Vec::new();
    let mut symptoms_of: HashMap<String, HashSet<&str>> = HashMap::new();
    for symptom in all() {
        let own = symptom
            .says
            .iter()
            .cloned()
            .chain(symptom.asked.iter().cloned());
        let shells = symptom
            .no_such_program
            .iter()
            .map(|program| format!("{program}: command not found"));
        for sentence in own.chain(shells) {
            let words = words(&sentence);
            for word in &words {
                symptoms_of
                    .entry(word.clone())
                    .or_default()
                    .insert(&symptom.id);
            }
            sentences.push((symptom, words));
        }
    }
    let count = all().count();
    let weight = |having: usize| (1.0 + ratio(count, having)).ln();
    let weights = symptoms_of
        .into_iter()
        .map(|(word, symptoms)| (word, weight(symptoms.len())))
        .collect();
    Vocabulary {
        sentences,
        weights,
        stranger: weight(2),
    }
});

/// Symptoms whose words a short text has: those that are meant, or else those that come near.
pub(super) fn to(text: &str) -> Vec<Candidate> {
    let Vocabulary {
        sentences,
        weights,
        stranger,
    } = &*VOCABULARY;
    // A typed word stands for the word that it is nearest to.
    let typed: Vec<(String, f64)> = words(text)
        .into_iter()
        .take(200)
        .map(|word| {
            let known = if weights.contains_key(&word) {
                Some(word.clone())
            } else {
                weights
                    .keys()
                    .filter(|known| nearly(&word, known))
                    .min()
                    .cloned()
            };
            match known {
                Some(known) => {
                    let weight = weights[&known];
                    (known, weight)
                }
                // A number of the reader's own tells nothing.
                None if word.bytes().all(|b| b.is_ascii_digit()) => (word, 0.0),
                None => (word, *stranger),
            }
        })
        .collect();
    let all_typed: f64 = typed.iter().map(|(_, weight)| weight).sum();
    let mut best: Vec<Candidate> = Vec::new();
    for (symptom, sentence) in sentences {
        let whole: f64 = sentence.iter().map(|word| weights[word]).sum();
        let (mut common, mut of_typed, mut telling) = (0.0, 0.0, 0.0);
        for (word, weight) in &typed {
            if sentence.contains(word) {
                common += weight;
                of_typed += weight;
                if word.chars().any(char::is_alphabetic) {
                    telling += weight;
                }
            }
        }
        if common <= 0.0 || whole <= 0.0 || all_typed <= 0.0 {
            continue;
        }
        let (of_typed, of_sentence) = (of_typed / all_typed, common / whole);
        let score = f64::midpoint(of_typed, of_sentence);
        let tells_enough = common >= 5.0;
        let is_part = of_typed >= 0.8 && of_sentence >= 0.35;
        let is_whole = of_sentence >= 0.97 && of_typed >= 0.4;
        let is_same = score >= 0.95 && sentence.len() >= 3;
        let alike = if is_same || tells_enough && (is_part || is_whole) {
            Alike::Meant
        } else {
            Alike::Perhaps
        };
        // Numbers and one word that half of the symptoms have bring nothing near.
        if alike == Alike::Perhaps && (score < 0.25 || telling < 2.5) {
            continue;
        }
        let candidate = Candidate {
            symptom,
            score,
            alike,
        };
        match best.iter_mut().find(|known| known.symptom.id == symptom.id) {
            Some(known)
                if (known.alike == Alike::Meant, known.score) < (alike == Alike::Meant, score) =>
            {
                *known = candidate;
            }
            Some(_) => {}
            None => best.push(candidate),
        }
    }
    if best.iter().any(|candidate| candidate.alike == Alike::Meant) {
        best.retain(|candidate| candidate.alike == Alike::Meant);
        let top = best
            .iter()
            .map(|candidate| candidate.score)
            .fold(0.0, f64::max);
        best.retain(|candidate| candidate.score >= top - 0.1);
    }
    best.sort_by(|one, other| other.score.total_cmp(&one.score));
    best.truncate(3);
    best
}

fn ratio(one: usize, other: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts of symptoms are small")]
    let ratio = one as f64 / other.max(1) as f64;
    ratio
}

/// The words of a text, each once, without those that every sentence has.
fn words(text: &str) -> Vec<String> {
    const COMMON: [&str; 26] = [
        "the", "a", "an", "is", "to", "of", "in", "for", "and", "on", "with", "that", "it", "was",
        "be", "are", "at", "by", "i", "my", "do", "does", "or", "as", "but", "you",
    ];
    let mut words: Vec<String> = Vec::new();
    let quotes = ['\'', '\u{2019}'];
    let text = text.replace(quotes, "").to_lowercase();
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if !word.is_empty() && !COMMON.contains(&word) && !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// Whether two words are one with a letter or two mistyped.
fn nearly(one: &str, other: &str) -> bool {
    let (short, long) = (one.len().min(other.len()), one.len().max(other.len()));
    let most = match short {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    // A number with another digit is another number.
    let digits = |word: &str| word.bytes().any(|b| b.is_ascii_digit());
    long - short <= most
        && !digits(one)
        && !digits(other)
        && strsim::osa_distance(one, other) <= most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by the textbook's table.
    fn by_table(sentence: &[u8], text: &[u8]) -> Option<usize> {
        let mut row: Vec<usize> = (0..=sentence.len()).collect();
        let mut best = None;
        for byte in text {
            let mut diagonal = row[0];
            row[0] = 0;
            for place in 1..row.len() {
                let cost = usize::from(sentence[place - 1] != *byte);
                let next = (diagonal + cost)
                    .min(row[place] + 1)
                    .min(row[place - 1] + 1);
                diagonal = row[place];
                row[place] = next;
            }
            best = best
                .min(Some(row[sentence.len()]))
                .or(Some(row[sentence.len()]));
        }
        best
    }

    proptest! {
        #[test]
        fn mistakes_are_counted_as_the_table_counts_them(sentence in "[a-d]{1,20}", text in "[a-d]{0,60}") {
            let most = sentence.len() - 1;
            let expected = by_table(sentence.as_bytes(), text.as_bytes()).filter(|least| *least <= most);
            let found = find(&sentence, &text, most);
            prop_assert_eq!(found.as_ref().map(|(_, mistakes)| *mistakes), expected);
            if let Some((range, mistakes)) = found {
                prop_assert_eq!(strsim::levenshtein(&sentence, &text[range]), mistakes);
            }
        }
    }

    #[test]
    fn words_mistyped_are_known() {
        for (one, other, expected) in [
            ("comand", "command", true),
            ("mismtach", "mismatch", true),
            ("nvcc", "gcc", false),
            ("802", "804", false),
            ("libcudart", "libcublas", false),
        ] {
            assert_eq!(nearly(one, other), expected, "{one} {other}");
        }
    }
}
