//! Small books, built in-process and through the protocol of a stock mdBook.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "book/cards.rs"]
mod cards;

use std::fs;
use std::path::Path;
use std::rc::Rc;

use cards::Sample;
use lessons_cli::book::{self, Built, Problems};
use serde_json::{Value, json};
use tempfile::TempDir;

const DRIVER: &str = "# The driver\n\n{{#step driver.gpu-visible}}\n\n{{#step driver.installed}}\n";
const SMI: &str = "# nvidia-smi\n\n{{#step smi.runs}}\n\n{{#smi ubuntu-4x4090}}\n";

/// A book of two chapters; the second ends with `more`.
struct Book(TempDir);

impl Book {
    fn new(more: &str) -> Self {
        let book = Self(TempDir::new().unwrap());
        book.write(
            "book.toml",
            "[book]\ntitle = \"Sample\"\nlanguage = \"en\"\n\n\
             [preprocessor.lessons]\ncommand = \"lessons-is-not-started-here\"\nbefore = [\"links\"]\n\n\
             [output.html]\nadditional-css = [\"theme/lessons.css\", \"theme/mdbook-admonish.css\"]\n",
        );
        let theme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/theme");
        for sheet in ["lessons.css", "mdbook-admonish.css"] {
            book.write(
                &format!("theme/{sheet}"),
                &fs::read_to_string(theme.join(sheet)).unwrap(),
            );
        }
        book.write(
            "src/SUMMARY.md",
            "# Summary\n\n- [The driver](driver.md)\n- [nvidia-smi](smi.md)\n",
        );
        book.write("src/driver.md", DRIVER);
        book.write("src/smi.md", &format!("{SMI}\n{more}\n"));
        book
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn build(&self) -> anyhow::Result<Built> {
        book::build(self.0.path(), None, "en", Rc::new(Sample))
    }

    fn page(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join("book").join(name)).unwrap()
    }

    /// What is wrong with the book, as it is shown.
    fn problems(&self) -> Vec<String> {
        let error = self.build().unwrap_err();
        let problems = error
            .downcast_ref::<Problems>()
            .unwrap_or_else(|| panic!("{error:?}"));
        let shown = problems.as_slice().iter().map(ToString::to_string);
        shown.map(|problem| problem.replace('\\', "/")).collect()
    }
}

/// The page that a second chapter ending with `more` becomes.
fn smi_page(more: &str) -> String {
    let book = Book::new(more);
    book.build().unwrap();
    book.page("smi.html")
}

/// What is wrong with a book whose second chapter ends with `more`.
fn problems(more: &str) -> Vec<String> {
    Book::new(more).problems()
}

#[test]
fn builds() {
    let book = Book::new("See [the driver](driver.md#driver.installed), or <https://pytorch.org>.");
    let built = book.build().unwrap();
    assert_eq!(built.chapters, 2);
    assert!(built.index.is_file());
    assert_eq!(built.dir, book.0.path().join("book"));

    let page = book.page("smi.html");
    assert!(
        page.contains(r#"<section class="step-card" id="smi.runs""#),
        "{page}"
    );
    assert!(
        page.contains(r#"href="driver.html#driver.installed""#),
        "{page}"
    );
    assert!(book.page("print.html").contains("NVIDIA GeForce RTX 4090"));
    // A second build replaces the first.
    book.build().unwrap();
}

#[test]
fn what_a_machine_printed_is_shown_to_the_letter() {
    let page = smi_page("{{#output ubuntu-4x4090 docker ps}}");
    assert!(
        page.contains("{{#include missing}} &lt;b&gt;&amp;amp;"),
        "{page}"
    );
    assert!(
        page.contains("+----------------------+\n\nNo running processes found</samp></pre>"),
        "{page}"
    );
}

/// As a picture and as a name to point at: a third form would have to be kept in step with them by hand.
#[test]
fn a_wheels_name_is_taken_apart_by_the_engine_only() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../book/src/torch.md");
    let chapter = fs::read_to_string(chapter).unwrap();
    let section = chapter.split("{#wheel-name}").nth(1).unwrap();
    let section = section.split("\n##").next().unwrap();
    let name = "torch-2.9.1+cu126-cp311-cp311-manylinux_2_28_x86_64.whl";
    let shown: Vec<&str> = section.lines().filter(|line| line.contains(name)).collect();
    assert_eq!(
        shown,
        [
            format!("{{{{#picture wheel {name}}}}}"),
            format!("{{{{#annotated {name}}}}}")
        ]
    );
}

#[test]
fn a_table_is_drawn() {
    let page = smi_page("{{#table cuda-driver}}");
    assert!(page.contains("<td>525.60.13</td>"), "{page}");
}

#[test]
fn an_unknown_step_is_named_with_its_line() {
    assert_eq!(
        problems("Text.\n\n{{#step driver.instaled}}"),
        ["src/smi.md:9: there is no step `driver.instaled`; did you mean `driver.installed`?"]
    );
}

#[test]
fn an_unknown_machine_command_or_table_is_named_with_its_line() {
    assert_eq!(
        problems(
            "{{#smi box}}\n{{#topology box}}\n{{#output ubuntu-4x4090 ls -l}}\n{{#table t}}\n{{#stepp a}}"
        ),
        [
            "src/smi.md:7: there is no recording `box`",
            "src/smi.md:8: there is no recording `box`",
            "src/smi.md:9: `ubuntu-4x4090` has no output of `ls -l`",
            "src/smi.md:10: there is no table `t`",
            "src/smi.md:11: `{{#stepp a}}` is not a directive; there are `{{#step ID}}`, `{{#annotated MACHINE COMMAND…}}` or `{{#annotated NAME.whl}}`, \
             `{{#smi MACHINE}}`, `{{#topology MACHINE}}`, `{{#output MACHINE COMMAND…}}`, `{{#table NAME}}`, \
             `{{#causes SYMPTOM}}`, `{{#picture NAME WORDS…}}`",
        ]
    );
}

#[test]
fn every_step_is_taught_once() {
    let book = Book::new("");
    book.write("src/smi.md", "# nvidia-smi\n\n{{#step driver.installed}}\n");
    assert_eq!(
        book.problems(),
        [
            "src/smi.md:3: the step `driver.installed` is already taught at src/driver.md:5",
            "no chapter teaches the step `smi.runs`",
        ]
    );
}

#[test]
fn a_broken_link_is_named() {
    assert_eq!(
        problems("[a](nowhere.md) and ![b](no.png)\n\n[c](../../etc/passwd) [d](/driver.html)"),
        [
            "src/smi.md: `nowhere.html` leads to no file of the book",
            "src/smi.md: `no.png` leads to no file of the book",
            "src/smi.md: `../../etc/passwd` leads out of the book's folder",
            "src/smi.md: `/driver.html` leads out of the book's folder",
        ]
    );
}

#[test]
fn a_broken_anchor_is_named() {
    assert_eq!(
        problems("[a](driver.md#driver.instaled) [b](#nowhere)"),
        [
            "src/smi.md: `driver.html#driver.instaled`: driver.html has no anchor #driver.instaled",
            "src/smi.md: `#nowhere`: smi.html has no anchor #nowhere",
        ]
    );
}

#[test]
fn nothing_is_fetched_from_elsewhere() {
    for (more, url) in [
        (
            "<script src=\"https://cdn.example/x.js\"></script>",
            "https://cdn.example/x.js",
        ),
        (
            "<link rel=\"stylesheet\" href=\"//cdn.example/x.css\">",
            "//cdn.example/x.css",
        ),
        (
            "![a](http://pictures.example/x.png)",
            "http://pictures.example/x.png",
        ),
        ("```rust\nfn main() {}\n```", "https://play.rust-lang.org"),
    ] {
        let expected = format!(
            "src/smi.md: `{url}` is fetched from elsewhere; a book must read with the network off"
        );
        assert_eq!(problems(more), [expected]);
    }

    let book = Book::new("");
    book.write(
        "theme/lessons.css",
        "@import url(https://fonts.example/css);",
    );
    let [problem] = &book.problems()[..] else {
        panic!("one problem")
    };
    assert!(
        problem.starts_with("theme/lessons-") && problem.contains("`https://fonts.example/css`"),
        "{problem}"
    );
}

#[test]
fn what_mdbook_only_warns_of_fails_too() {
    let found = problems("{{#include gone.md}}");
    assert!(
        found.iter().any(|problem| problem.contains("gone.md")),
        "{found:?}"
    );
    let found = problems("<div>\n\nnever closed");
    assert!(
        found
            .iter()
            .any(|problem| problem.contains("unclosed HTML tag `<div>`")),
        "{found:?}"
    );
}

#[test]
fn directives_in_code_stay_as_written() {
    let page = smi_page("```text\n{{#step a.b}}\n```\n\n`{{#smi m}}` and\n\n\\{{#table t}}");
    for directive in ["{{#step a.b}}", "{{#smi m}}", "{{#table t}}"] {
        assert!(page.contains(directive), "{page}");
    }
    assert!(!page.contains("\\{{"), "{page}");
}

#[test]
fn admonitions_are_drawn_with_cards_in_them() {
    let page = smi_page(
        "```admonish warning title=\"Careful\"\nIt *restarts*.\n\n{{#topology ubuntu-4x4090}}\n```",
    );
    assert!(
        page.contains("class=\"admonition admonish-warning\""),
        "{page}"
    );
    assert!(page.contains("It <em>restarts</em>."), "{page}");
    assert!(page.contains("<figure class=\"recorded\">"), "{page}");
    assert!(!page.contains("```"), "{page}");
}

#[test]
fn a_mistake_in_an_admonition_names_the_chapter() {
    let found = problems("```admonish warning title=\"Careful\nText\n```");
    assert!(found[0].starts_with("src/smi.md: "), "{found:?}");
}

#[test]
fn a_missing_chapter_is_not_created() {
    let book = Book::new("");
    book.write(
        "src/SUMMARY.md",
        "# Summary\n\n- [The driver](driver.md)\n- [Torch](torch.md)\n",
    );
    let error = format!("{:#}", book.build().unwrap_err());
    assert!(error.contains("torch.md"), "{error}");
    assert!(!book.0.path().join("src/torch.md").exists());
}

#[test]
fn a_folder_with_something_else_in_it_is_not_emptied() {
    let book = Book::new("");
    book.write("photos/one.jpg", "dear");
    let root = book.0.path();
    for (dest, why) in [
        (root.join("photos"), "holds no book"),
        (root.to_owned(), "holds the chapters"),
    ] {
        let error = book::build(root, Some(&dest), "en", Rc::new(Sample))
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    }
    assert!(root.join("photos/one.jpg").exists() && root.join("src/driver.md").exists());
    assert_eq!(
        book::build(root, Some(&root.join("new/deep")), "en", Rc::new(Sample))
            .unwrap()
            .dir,
        root.join("new/deep")
    );
}

#[test]
fn a_language_that_there_is_not_is_said() {
    let book = Book::new("");
    let error = book::build(book.0.path(), None, "zh-CN", Rc::new(Sample))
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "the book is written in en, and has no translation into zh-CN"
    );
}

#[test]
fn without_its_entry_a_stock_mdbook_would_build_another_book() {
    let book = Book::new("");
    book.write("book.toml", "[book]\ntitle = \"Sample\"\n");
    let error = book.build().unwrap_err().to_string();
    assert!(error.ends_with("has no [preprocessor.lessons]"), "{error}");
}

/// What a stock mdBook 0.5 writes to a preprocessor, for a book of one chapter.
fn stock_input(content: &str) -> Vec<u8> {
    let chapter = json!({
        "name": "The driver", "content": content, "number": [1], "sub_items": [],
        "path": "driver.md", "source_path": "driver.md", "parent_names": [],
    });
    let header = json!({
        "root": "/nowhere",
        "config": { "book": { "src": "src", "title": "Sample" }, "preprocessor": { "lessons": {} } },
        "renderer": "html",
        "mdbook_version": "0.5.4",
    });
    json!([header, { "items": [{ "Chapter": chapter }] }])
        .to_string()
        .into_bytes()
}

#[test]
fn a_stock_mdbook_gets_its_book_back_with_cards() {
    let content = format!("{DRIVER}\n{{{{#step smi.runs}}}}\n\n```admonish tip\nGood.\n```\n");
    let mut output = Vec::new();
    book::preprocess(&stock_input(&content)[..], &mut output, &Sample).unwrap();
    let book: Value = serde_json::from_slice(&output).unwrap();
    let chapter = &book["items"][0]["Chapter"];
    assert_eq!(chapter["path"], "driver.md");
    let content = chapter["content"].as_str().unwrap();
    assert!(
        content.contains("id=\"driver.installed\"") && content.contains("admonish-tip"),
        "{content}"
    );
}

#[test]
fn a_stock_mdbook_is_told_what_is_wrong() {
    let error = book::preprocess(
        &stock_input("# The driver\n{{#step a.b}}\n")[..],
        Vec::new(),
        &Sample,
    )
    .unwrap_err();
    let said = error.to_string().replace('\\', "/");
    assert!(
        said.contains("src/driver.md:2: there is no step `a.b`"),
        "{said}"
    );
    assert!(
        said.contains("no chapter teaches the step `smi.runs`"),
        "{said}"
    );
}

#[test]
fn what_no_mdbook_wrote_is_refused() {
    for input in ["", "{}", "[1, 2]", "\u{0}"] {
        let error = book::preprocess(input.as_bytes(), Vec::new(), &Sample)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("this is not what mdBook 0.5 hands to a preprocessor"),
            "{error}"
        );
    }
}
