//! Everything that a person reads, as Fluent messages: one file a lesson in `texts/<language>/`, each step one
//! message whose attributes are its title, why, hints, the summaries of its outcomes and the notes of its fixes.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use fluent_syntax::ast::Entry;
use unic_langid::LanguageIdentifier;

use crate::finding::{Arg, Finding, Message, TextId};
use crate::steps::{Lesson, Step};

/// The texts of one language; what it lacks is said in English.
pub struct Texts {
    bundles: Vec<FluentBundle<FluentResource>>,
}

/// The bundled languages by their tags, each with its files: every folder of `texts/`.
const LANGUAGES: &[(&str, &[(&str, &str)])] = include!(concat!(env!("OUT_DIR"), "/languages.rs"));

/// The language that has every text.
const ENGLISH: &str = "en";

/// Why a set of texts cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("texts of {file}: {why}")]
pub struct TextError {
    file: String,
    why: String,
}

impl Texts {
    /// English.
    pub fn english() -> Self {
        Self::in_language(ENGLISH)
    }

    /// The bundled language that a tag or a locale names (`zh-CN`, `zh_CN.UTF-8`), else English.
    pub fn in_language(tag: &str) -> Self {
        let wanted = tag
            .split(['.', '@'])
            .next()
            .unwrap_or_default()
            .replace('_', "-");
        let files = |tag: &str| {
            let (name, files) = LANGUAGES
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(tag))?;
            Some((name.parse().ok()?, *files))
        };
        let bundles = [wanted.as_str(), ENGLISH]
            .into_iter()
            .filter_map(files)
            .map(|(language, files)| {
                bundle(language, files).unwrap_or_else(|error| {
                    unreachable!("a test reads every bundled text: {error}")
                })
            })
            .collect();
        Self { bundles }
    }

    /// The tags of all bundled languages.
    pub fn languages() -> impl Iterator<Item = &'static str> {
        LANGUAGES.iter().map(|(tag, _)| *tag)
    }

    /// A step's title.
    pub fn title(&self, step: &Step) -> String {
        self.of_step(step, "title")
    }

    /// Why a step matters.
    pub fn why(&self, step: &Step) -> String {
        self.of_step(step, "why")
    }

    /// How to take back what a step asks for; `None` where there is nothing to take back.
    pub fn undo(&self, step: &Step) -> Option<String> {
        self.attribute(step, "undo", &[])
    }

    /// The step's hints, from a nudge to the answer.
    pub fn hints(&self, step: &Step) -> Vec<String> {
        (1..)
            .map_while(|level| self.attribute(step, &format!("hint-{level}"), &[]))
            .collect()
    }

    /// The hints for what a check has found: those of the branch that it took, where the branch has its own, else the
    /// step's.
    pub fn hints_for(&self, step: &Step, finding: &Finding) -> Vec<String> {
        let TextId::OfStep(branch) = finding.summary.text else {
            return self.hints(step);
        };
        let own: Vec<String> = (1..)
            .map_while(|level| {
                let name = format!("hint-{branch}-{level}");
                self.attribute(step, &name, &finding.summary.args)
            })
            .collect();
        if own.is_empty() {
            self.hints(step)
        } else {
            own
        }
    }

    /// A lesson's title.
    pub fn lesson(&self, lesson: Lesson) -> String {
        self.shared(&format!("lesson-{lesson}"), &[])
    }

    /// A message of a step's finding.
    pub fn message(&self, step: &Step, message: &Message) -> String {
        match message.text {
            TextId::OfStep(attribute) => self
                .attribute(step, attribute, &message.args)
                .unwrap_or_else(|| missing(&format!("{}.{attribute}", step.id))),
            TextId::Shared(id) => self.shared(id, &message.args),
        }
    }

    /// A sentence that belongs to no step, such as those of [`crate::explain`], on one line however its file breaks it.
    pub fn sentence(&self, message: &Message) -> String {
        match message.text {
            TextId::Shared(id) => self.shared(id, &message.args).replace('\n', " "),
            TextId::OfStep(attribute) => missing(attribute),
        }
    }

    /// A message that belongs to no step.
    pub fn shared(&self, id: &str, args: &[(&'static str, Arg)]) -> String {
        self.bundles
            .iter()
            .find_map(|bundle| Some((bundle, bundle.get_message(id)?.value()?)))
            .map_or_else(
                || missing(id),
                |(bundle, pattern)| format(bundle, id, pattern, args),
            )
    }

    /// The ids of the messages in a file (`page` for `page.ftl`), as English, which has every text, has them.
    pub fn ids(file: &str) -> Vec<String> {
        let sources = LANGUAGES.iter().find(|(tag, _)| *tag == ENGLISH);
        let source = sources.and_then(|(_, files)| files.iter().find(|(name, _)| *name == file));
        let Some(Ok(resource)) =
            source.map(|(_, source)| FluentResource::try_new((*source).to_owned()))
        else {
            return Vec::new();
        };
        let ids = resource.entries().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        });
        ids.collect()
    }

    /// Whether the step's message has an attribute.
    pub fn has(&self, step: &Step, attribute: &str) -> bool {
        self.bundles.iter().any(|bundle| {
            bundle
                .get_message(&message_id(step))
                .is_some_and(|message| message.get_attribute(attribute).is_some())
        })
    }

    /// The names of all attributes of the step's message, as English, which has every text, has them.
    pub fn attributes(&self, step: &Step) -> Vec<String> {
        self.bundles
            .last()
            .and_then(|english| english.get_message(&message_id(step)))
            .map(|message| {
                let names = message
                    .attributes()
                    .map(|attribute| attribute.id().to_owned());
                names.collect()
            })
            .unwrap_or_default()
    }

    fn of_step(&self, step: &Step, attribute: &str) -> String {
        self.attribute(step, attribute, &[])
            .unwrap_or_else(|| missing(&format!("{}.{attribute}", step.id)))
    }

    fn attribute(
        &self,
        step: &Step,
        attribute: &str,
        args: &[(&'static str, Arg)],
    ) -> Option<String> {
        self.bundles.iter().find_map(|bundle| {
            let message = bundle.get_message(&message_id(step))?;
            let pattern = message.get_attribute(attribute)?.value();
            Some(format(
                bundle,
                &format!("{}.{attribute}", step.id),
                pattern,
                args,
            ))
        })
    }
}

/// A language from its Fluent files, each with a name for errors.
fn bundle(
    language: LanguageIdentifier,
    files: &[(&str, &str)],
) -> Result<FluentBundle<FluentResource>, TextError> {
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // The marks that isolate a value from the direction of the text around it would end up in pasted commands.
    bundle.set_use_isolating(false);
    for (name, source) in files {
        let error = |why: String| TextError {
            file: (*name).to_owned(),
            why,
        };
        let resource = FluentResource::try_new((*source).to_owned())
            .map_err(|(_, errors)| error(format!("{errors:?}")))?;
        bundle
            .add_resource(resource)
            .map_err(|errors| error(format!("{errors:?}")))?;
    }
    Ok(bundle)
}

fn format(
    bundle: &FluentBundle<FluentResource>,
    id: &str,
    pattern: &fluent_syntax::ast::Pattern<&str>,
    args: &[(&'static str, Arg)],
) -> String {
    let mut values = FluentArgs::with_capacity(args.len());
    for (name, arg) in args {
        match arg {
            Arg::Text(text) => values.set(*name, text.as_str()),
            Arg::Count(count) => values.set(*name, *count),
        }
    }
    let mut errors: Vec<FluentError> = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&values), &mut errors);
    // A value that the text asks for and the code does not give is a mistake of ours, which tests look for.
    if errors.is_empty() {
        text.into_owned()
    } else {
        missing(id)
    }
}

/// The mark of a text that is not there; no report may hold it.
pub const MISSING: &str = "⟦no text";

fn missing(id: &str) -> String {
    format!("{MISSING}: {id}⟧")
}

/// Fluent's names have no dots.
fn message_id(step: &Step) -> String {
    step.id.replace('.', "-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use fluent_syntax::ast;

    use super::*;
    use crate::steps;

    #[test]
    fn every_bundled_text_is_read() {
        for (language, files) in LANGUAGES {
            bundle(language.parse().unwrap(), files).unwrap();
        }
    }

    #[test]
    fn what_a_language_lacks_is_said_in_english() {
        let english = Texts::english();
        let other =
            FluentResource::try_new("check-card = eo\nlesson-smi = Legi nvidia-smi\n".to_owned());
        let mut bundle = FluentBundle::new_concurrent(vec!["eo".parse().unwrap()]);
        bundle.add_resource(other.unwrap()).unwrap();
        let mut bundles = vec![bundle];
        bundles.extend(english.bundles);
        let texts = Texts { bundles };
        assert_eq!(texts.lesson(Lesson::Smi), "Legi nvidia-smi");
        assert_eq!(texts.lesson(Lesson::Driver), "Install the driver");
        let unknown = Texts::in_language("tlh_QO.UTF-8");
        assert_eq!(unknown.lesson(Lesson::Driver), "Install the driver");
    }

    #[test]
    fn every_step_has_its_texts() {
        let texts = Texts::english();
        for lesson in Lesson::ALL {
            assert!(!texts.lesson(lesson).contains(MISSING));
        }
        for step in steps::all() {
            for attribute in ["title", "why"] {
                assert!(texts.has(step, attribute), "{} has no {attribute}", step.id);
            }
            assert!(
                texts.hints(step).len() >= 2,
                "{} has less than two hints",
                step.id
            );
        }
    }

    /// The variables that a text takes.
    fn variables(pattern: &ast::Pattern<&str>) -> BTreeSet<String> {
        fn of_inline(expression: &ast::InlineExpression<&str>, found: &mut BTreeSet<String>) {
            match expression {
                ast::InlineExpression::VariableReference { id } => {
                    found.insert(id.name.to_owned());
                }
                ast::InlineExpression::Placeable { expression } => of(expression, found),
                _ => {}
            }
        }
        fn of(expression: &ast::Expression<&str>, found: &mut BTreeSet<String>) {
            match expression {
                ast::Expression::Inline(inline) => of_inline(inline, found),
                ast::Expression::Select { selector, variants } => {
                    of_inline(selector, found);
                    for variant in variants {
                        found.extend(variables(&variant.value));
                    }
                }
            }
        }
        let mut found = BTreeSet::new();
        for element in &pattern.elements {
            if let ast::PatternElement::Placeable { expression } = element {
                of(expression, &mut found);
            }
        }
        found
    }

    /// A check that fails for a reason of its own has hints of its own, and they ask for no value that the check does not
    /// give: what the summary says is given in any case.
    #[test]
    fn each_way_to_fail_has_its_own_hints() {
        /// Values that a check gives besides those of its summary; a machine in the tests of the failure modes shows each.
        const MORE: &[&str] = &["build", "headers", "install", "key", "ready"];
        let (_, files) = LANGUAGES.iter().find(|(tag, _)| *tag == ENGLISH).unwrap();
        let mut ways = 0;
        for (_, text) in *files {
            let resource = fluent_syntax::parser::parse(*text).unwrap();
            for entry in &resource.body {
                let Entry::Message(message) = entry else {
                    continue;
                };
                if !steps::all().any(|step| message_id(step) == message.id.name) {
                    continue;
                }
                let attribute = |name: &str| {
                    (message.attributes.iter())
                        .find(|attribute| attribute.id.name == name)
                        .map(|attribute| &attribute.value)
                };
                for way in message.attributes.iter().map(|attribute| attribute.id.name) {
                    let Some(branch) = way.strip_prefix("fail-") else {
                        continue;
                    };
                    ways += 1;
                    let said = variables(attribute(way).unwrap());
                    for level in 1..=2 {
                        let name = format!("hint-fail-{branch}-{level}");
                        let at = format!("{}.{name}", message.id.name);
                        let hint = attribute(&name).unwrap_or_else(|| panic!("{at} is missing"));
                        for variable in variables(hint) {
                            assert!(
                                said.contains(&variable) || MORE.contains(&&*variable),
                                "{at} asks for {variable}"
                            );
                        }
                    }
                }
            }
        }
        assert!(ways > 60, "{ways}");
    }
}
