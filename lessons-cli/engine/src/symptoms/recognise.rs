//! Finds symptoms in a text: first by the letters of their sentences, then by letters that are nearly those, and in a
//! short text by its words.

use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::letters::Letters;
use super::near::{self, Alike};
use super::{Symptom, all};
use crate::read::text::Pasted;
use crate::visible::visible;

/// What was found in a text.
#[derive(Debug, Clone)]
pub struct Recognised {
    /// The symptoms, in the order in which the text has them.
    pub seen: Vec<Seen>,
    /// Where nothing was found: what comes nearest, the nearest first.
    pub nearest: Vec<Near>,
    /// How many lines the text has.
    pub lines: usize,
}

/// A symptom that was found.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The symptom.
    pub symptom: &'static Symptom,
    /// The first line with it, from 1.
    pub line: usize,
    /// That line, made safe to look at and not longer than a line should be.
    pub quote: String,
    /// How often it is there.
    pub count: usize,
    /// How the text was like the sentence.
    pub likeness: Likeness,
}

/// How a text was like a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// The sentence itself.
    Same,
    /// The sentence with some letters wrong.
    Nearly,
    /// Words of it.
    Words,
}

/// A symptom that a text without any comes near to.
#[derive(Debug, Clone, Copy)]
pub struct Near {
    /// The symptom.
    pub symptom: &'static Symptom,
    /// How near, from 0 to 1.
    pub score: f64,
}

/// How many letters may stand in the place of a `*`.
const GAP: usize = 160;
/// Sentences with fewer letters than this are not looked for with mistakes.
const SHORTEST_WITH_MISTAKES: usize = 20;
/// Texts with more letters than this are not looked through for sentences with mistakes.
const LONGEST_WITH_MISTAKES: usize = 400_000;
/// What a text that somebody typed, rather than a log, has at most.
const SHORT: usize = 600;
/// How often the places of one sentence are counted.
const MOST_PLACES: usize = 100_000;
/// The longest quotation, in characters.
const LONGEST_QUOTE: usize = 160;

/// Finds the symptoms of a text, however it was pasted. Takes time and memory in proportion to the text.
pub fn recognise(text: &str) -> Recognised {
    let pasted = Pasted::new(text);
    let letters = Letters::of(&pasted);
    let mut places = exact(&letters);
    let is_short = letters.text().chars().take(SHORT + 1).count() <= SHORT;
    if letters.text().len() <= LONGEST_WITH_MISTAKES {
        let more = with_mistakes(&letters, &places, is_short);
        places.extend(more);
    }
    let mut seen = gathered(&letters, &pasted, places);
    let mut nearest = Vec::new();
    if seen.is_empty() {
        let asked = if is_short {
            vec![pasted.text().to_owned()]
        } else {
            complaints(&pasted)
        };
        for text in &asked {
            for near in near::to(text) {
                match near.alike {
                    Alike::Meant if is_short => seen.push(Seen {
                        symptom: near.symptom,
                        line: 1,
                        quote: quote(pasted.text()),
                        count: 1,
                        likeness: Likeness::Words,
                    }),
                    _ => nearest.push(Near {
                        symptom: near.symptom,
                        score: near.score,
                    }),
                }
            }
        }
    }
    if !seen.is_empty() {
        nearest.clear();
    }
    nearest.sort_by(|one, other| other.score.total_cmp(&one.score));
    let mut ids = std::collections::HashSet::new();
    nearest.retain(|near| ids.insert(near.symptom.id.as_str()));
    nearest.truncate(3);
    Recognised {
        seen,
        nearest,
        lines: pasted.lines().count(),
    }
}

/// A place in the letters where a symptom's sentence is.
#[derive(Debug, Clone)]
struct Place {
    symptom: &'static Symptom,
    range: Range<usize>,
    likeness: Likeness,
}

/// All sentences, ready to be looked for at once.
struct Sentences {
    all: Vec<Sentence>,
    pieces: AhoCorasick,
    /// For each piece, its sentence and its place in it.
    of_piece: Vec<(usize, usize)>,
    /// Parts of the sentences that are looked for with mistakes, so short that one of them must be right.
    parts: AhoCorasick,
    /// For each part, its sentence.
    of_part: Vec<usize>,
}

struct Sentence {
    symptom: &'static Symptom,
    /// Its letters, parted where a `*` is.
    pieces: Vec<String>,
    /// The letters of its longer words.
    words: Vec<String>,
    /// Whether it may have letters wrong: a translation is pasted, not remembered.
    may_be_wrong: bool,
}

static SENTENCES: LazyLock<Sentences> = LazyLock::new(|| {
    let mut sentences = Vec::new();
    for symptom in all() {
        let own = symptom.sentences().map(|sentence| (sentence, true));
        let translated = symptom.translated().map(|sentence| (sentence, false));
        for (sentence, may_be_wrong) in own.chain(translated) {
            sentences.push(Sentence {
                may_be_wrong,
                symptom,
                pieces: sentence
                    .split('*')
                    .map(Letters::of_sentence)
                    .filter(|piece| !piece.is_empty())
                    .collect(),
                words: sentence
                    .split(|c: char| !c.is_alphabetic())
                    .filter(|word| word.chars().count() >= 4)
                    .map(str::to_lowercase)
                    .collect(),
            });
        }
    }
    let mut of_piece = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        of_piece.extend((0..sentence.pieces.len()).map(|piece| (index, piece)));
    }
    let pieces = sentences.iter().flat_map(|sentence| &sentence.pieces);
    let pieces = AhoCorasick::new(pieces)
        .unwrap_or_else(|error| unreachable!("some hundred short sentences: {error}"));
    let (mut parts, mut of_part) = (Vec::new(), Vec::new());
    for (index, sentence) in sentences.iter().enumerate() {
        if let Some(piece) = sentence.with_mistakes() {
            let cut = parts_of(piece, mistakes_in_log(piece) + 1);
            of_part.extend(cut.iter().map(|_| index));
            parts.extend(cut);
        }
    }
    let parts = AhoCorasick::new(parts)
        .unwrap_or_else(|error| unreachable!("some thousand short words: {error}"));
    Sentences {
        all: sentences,
        pieces,
        of_piece,
        parts,
        of_part,
    }
});

impl Sentence {
    /// Its letters, where they are looked for with mistakes.
    fn with_mistakes(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [piece] if self.may_be_wrong && piece.chars().count() >= SHORTEST_WITH_MISTAKES => {
                Some(piece)
            }
            _ => None,
        }
    }
}

/// How many letters of a sentence may be wrong in a log.
fn mistakes_in_log(piece: &str) -> usize {
    piece.chars().count() / 12
}

/// A sentence's letters, as far as they are compared, cut into so many parts. With fewer mistakes than parts, one part
/// stands in the text as it is.
fn parts_of(piece: &str, count: usize) -> Vec<String> {
    let letters: Vec<char> = piece
        .char_indices()
        .take_while(|(at, c)| at + c.len_utf8() <= near::LONGEST_SENTENCE)
        .map(|(_, c)| c)
        .collect();
    let length = letters.len().div_ceil(count).max(1);
    letters
        .chunks(length)
        .map(|part| part.iter().collect())
        .collect()
}

/// The sentences of which a part stands in the text.
fn with_a_part(letters: &Letters) -> Vec<bool> {
    let mut there = vec![false; SENTENCES.all.len()];
    for found in SENTENCES.parts.find_overlapping_iter(letters.text()) {
        there[SENTENCES.of_part[found.pattern().as_usize()]] = true;
    }
    there
}

/// The places where a sentence stands letter by letter.
fn exact(letters: &Letters) -> Vec<Place> {
    let Sentences {
        all: sentences,
        pieces,
        of_piece,
        ..
    } = &*SENTENCES;
    let mut places = Vec::new();
    // For a sentence of several pieces: where its last piece that was found began and ended, and which it was.
    let mut begun: Vec<Option<(usize, usize, usize)>> = vec![None; sentences.len()];
    for found in pieces.find_overlapping_iter(letters.text()) {
        let (index, piece) = of_piece[found.pattern().as_usize()];
        let sentence = &sentences[index];
        let ascii = letters.text().as_bytes()[found.start()].is_ascii();
        if piece == 0 && ascii && !letters.word_begins(found.start()) {
            continue;
        }
        let start = if piece == 0 {
            found.start()
        } else {
            match begun[index] {
                Some((start, end, last))
                    if last + 1 == piece && end <= found.start() && found.start() - end <= GAP =>
                {
                    start
                }
                _ => continue,
            }
        };
        if piece + 1 < sentence.pieces.len() {
            begun[index] = Some((start, found.end(), piece));
        } else {
            begun[index] = None;
            if places.len() < MOST_PLACES {
                places.push(Place {
                    symptom: sentence.symptom,
                    range: start..found.end(),
                    likeness: Likeness::Same,
                });
            }
        }
    }
    places
}

/// The places where a sentence stands with a few letters wrong, missing or too many: each of its longer words must be
/// there, nearly, so that one library's name is not taken for another's.
fn with_mistakes(letters: &Letters, known: &[Place], is_short: bool) -> Vec<Place> {
    let mut places: Vec<(usize, Place)> = Vec::new();
    // In a typed sentence more may be wrong, and all are looked for.
    let there = if is_short {
        Vec::new()
    } else {
        with_a_part(letters)
    };
    for (index, sentence) in SENTENCES.all.iter().enumerate() {
        let Some(piece) = sentence.with_mistakes() else {
            continue;
        };
        if there.get(index) == Some(&false)
            || known
                .iter()
                .any(|place| place.symptom.id == sentence.symptom.id)
        {
            continue;
        }
        let most = if is_short {
            piece.chars().count() / 7
        } else {
            mistakes_in_log(piece)
        };
        let Some((range, mistakes)) = near::find(piece, letters.text(), most) else {
            continue;
        };
        let there = &letters.text()[range.clone()];
        let has_words = sentence.words.iter().all(|word| {
            let letters: String = word.chars().collect();
            near::find(&letters, there, letters.chars().count() / 4).is_some()
        });
        let overlaps = known
            .iter()
            .any(|place| place.range.start < range.end && range.start < place.range.end);
        if has_words && !overlaps {
            let place = Place {
                symptom: sentence.symptom,
                range,
                likeness: Likeness::Nearly,
            };
            places.push((mistakes, place));
        }
    }
    // Of sentences that are nearly in one place, the one with the fewest mistakes is meant.
    places.sort_by_key(|(mistakes, place)| (*mistakes, std::cmp::Reverse(place.range.len())));
    let mut kept: Vec<Place> = Vec::new();
    for (_, place) in places {
        let overlaps = |other: &Place| {
            place.range.start < other.range.end && other.range.start < place.range.end
        };
        if !kept.iter().any(overlaps) {
            kept.push(place);
        }
    }
    kept
}

/// Each symptom once. One whose every place lies within a longer sentence of another is that other.
fn gathered(letters: &Letters, pasted: &Pasted, mut places: Vec<Place>) -> Vec<Seen> {
    places.sort_by_key(|place| (place.range.start, std::cmp::Reverse(place.range.end)));
    let mut kept: Vec<Place> = Vec::with_capacity(places.len());
    // What reaches farthest so far: a later place that ends within it lies within it.
    let mut farthest: Option<Place> = None;
    for place in places {
        let within = farthest.as_ref().is_some_and(|far| {
            place.range.end <= far.range.end
                && (place.range.len() < far.range.len() || place.symptom.id == far.symptom.id)
        });
        if within {
            continue;
        }
        if farthest
            .as_ref()
            .is_none_or(|far| far.range.end < place.range.end)
        {
            farthest = Some(place.clone());
        }
        kept.push(place);
    }
    let mut seen: Vec<(usize, Seen)> = Vec::new();
    for place in &kept {
        let known = seen
            .iter_mut()
            .find(|(_, seen)| seen.symptom.id == place.symptom.id);
        if let Some((end, seen)) = known {
            // Several sentences of one symptom may stand for one event.
            if place.range.start >= *end {
                seen.count += 1;
            }
            *end = place.range.end.max(*end);
            continue;
        }
        let number = letters.line(place.range.start);
        let line = pasted.lines().nth(number).map_or("", |line| line.text);
        seen.push((
            place.range.end,
            Seen {
                symptom: place.symptom,
                line: number + 1,
                quote: quote(line),
                count: 1,
                likeness: place.likeness,
            },
        ));
    }
    seen.into_iter().map(|(_, seen)| seen).collect()
}

/// The lines of a log that complain, the last ones: an error is at the end.
fn complaints(pasted: &Pasted) -> Vec<String> {
    const WORDS: [&str; 7] = [
        "error",
        "fatal",
        "failed",
        "cannot",
        "could not",
        "exception",
        "not found",
    ];
    let lines: Vec<&str> = pasted
        .lines()
        .map(|line| line.text)
        .filter(|line| line.len() <= 1000)
        .filter(|line| {
            let line = line.to_lowercase();
            WORDS.iter().any(|word| line.contains(word))
        })
        .collect();
    lines
        .iter()
        .rev()
        .take(20)
        .map(|line| (*line).to_owned())
        .collect()
}

/// A line to show.
fn quote(line: &str) -> String {
    let line = line.trim().lines().next().unwrap_or_default();
    let mut shown: String = line.chars().take(LONGEST_QUOTE).collect();
    if line.chars().count() > LONGEST_QUOTE {
        shown.push('…');
    }
    visible(&shown)
}
