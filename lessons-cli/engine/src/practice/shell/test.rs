//! `test`, `[` and `[[`.

use brush_parser::ast::{BinaryPredicate, ExtendedTestExpr, TestExpr, UnaryPredicate};

use super::{Flow, Shell, arithmetic};
use crate::practice::Node;
use crate::practice::process::System;
use crate::practice::tree::{Content, absolute};

/// How many words a test may have.
const WORDS: usize = 60;

/// What `test` or `[` says of its words.
pub(super) fn plain(
    shell: &mut Shell,
    system: &mut System,
    words: &[String],
) -> Result<bool, String> {
    match words {
        [] => return Ok(false),
        [word] => return Ok(!word.is_empty()),
        [not, word] if not == "!" => return Ok(word.is_empty()),
        _ => {}
    }
    if words.len() > WORDS {
        return Err("too many arguments".to_owned());
    }
    let expression = brush_parser::test_command::parse(words).map_err(|_| match words {
        [first, _] if first.starts_with('-') => format!("{first}: unary operator expected"),
        [_, second, _] => format!("{second}: binary operator expected"),
        _ => "too many arguments".to_owned(),
    })?;
    plain_expression(shell, system, &expression)
}

fn plain_expression(
    shell: &mut Shell,
    system: &mut System,
    expression: &TestExpr,
) -> Result<bool, String> {
    Ok(match expression {
        TestExpr::False => false,
        TestExpr::Literal(word) => !word.is_empty(),
        TestExpr::And(left, right) => {
            plain_expression(shell, system, left)? && plain_expression(shell, system, right)?
        }
        TestExpr::Or(left, right) => {
            plain_expression(shell, system, left)? || plain_expression(shell, system, right)?
        }
        TestExpr::Not(of) => !plain_expression(shell, system, of)?,
        TestExpr::Parenthesized(of) => plain_expression(shell, system, of)?,
        TestExpr::UnaryTest(predicate, word) => unary(shell, system, predicate, word),
        TestExpr::BinaryTest(predicate, left, right) => {
            let number = |word: &str| {
                word.trim()
                    .parse::<i64>()
                    .map_err(|_| format!("{word}: integer expression expected"))
            };
            match predicate {
                BinaryPredicate::ArithmeticEqualTo
                | BinaryPredicate::ArithmeticNotEqualTo
                | BinaryPredicate::ArithmeticLessThan
                | BinaryPredicate::ArithmeticLessThanOrEqualTo
                | BinaryPredicate::ArithmeticGreaterThan
                | BinaryPredicate::ArithmeticGreaterThanOrEqualTo => {
                    compare(predicate, number(left)?, number(right)?)
                }
                _ => texts(shell, system, predicate, left, right),
            }
        }
    })
}

/// What `[[` says.
pub(super) fn extended(
    shell: &mut Shell,
    system: &mut System,
    expression: &ExtendedTestExpr,
) -> Result<bool, Flow> {
    Ok(match expression {
        ExtendedTestExpr::And(left, right) => {
            extended(shell, system, left)? && extended(shell, system, right)?
        }
        ExtendedTestExpr::Or(left, right) => {
            extended(shell, system, left)? || extended(shell, system, right)?
        }
        ExtendedTestExpr::Not(of) => !extended(shell, system, of)?,
        ExtendedTestExpr::Parenthesized(of) => extended(shell, system, of)?,
        ExtendedTestExpr::UnaryTest(predicate, word) => {
            let word = shell.text(system, &word.value)?;
            unary(shell, system, predicate, &word)
        }
        ExtendedTestExpr::BinaryTest(predicate, left, right) => {
            let text = shell.text(system, &left.value)?;
            match predicate {
                BinaryPredicate::StringExactlyMatchesPattern
                | BinaryPredicate::StringDoesNotExactlyMatchPattern => {
                    let fits = shell.fits(system, &right.value, &text)?;
                    fits == matches!(predicate, BinaryPredicate::StringExactlyMatchesPattern)
                }
                BinaryPredicate::StringMatchesRegex => {
                    let pattern = shell.text(system, &right.value)?;
                    let Ok(finder) = crate::practice::programs::finder(
                        &pattern,
                        true,
                        shell.options.nocasematch,
                    ) else {
                        shell.status = 2;
                        return Err(Flow::Failed);
                    };
                    let cost = 40 + pattern.len() / 2 + finder.cost(text.len());
                    if !system.spend(cost as u64) {
                        return Err(Flow::Stop);
                    }
                    let groups: Option<Vec<String>> =
                        finder.regex.captures(&text).map(|captures| {
                            captures
                                .iter()
                                .map(|group| group.map_or(String::new(), |m| m.as_str().to_owned()))
                                .collect()
                        });
                    let matched = groups.is_some();
                    shell.variables_mut().insert(
                        "BASH_REMATCH".to_owned(),
                        super::Variable::list(groups.unwrap_or_default()),
                    );
                    matched
                }
                BinaryPredicate::StringContainsSubstring => {
                    let part = shell.text(system, &right.value)?;
                    text.contains(&part)
                }
                BinaryPredicate::ArithmeticEqualTo
                | BinaryPredicate::ArithmeticNotEqualTo
                | BinaryPredicate::ArithmeticLessThan
                | BinaryPredicate::ArithmeticLessThanOrEqualTo
                | BinaryPredicate::ArithmeticGreaterThan
                | BinaryPredicate::ArithmeticGreaterThanOrEqualTo => {
                    let right = shell.text(system, &right.value)?;
                    let left = arithmetic::value(shell, system, &text);
                    let right = arithmetic::value(shell, system, &right);
                    match (left, right) {
                        (Ok(left), Ok(right)) => compare(predicate, left, right),
                        (Err(message), _) | (_, Err(message)) => {
                            shell.complain(system, &format!("[[: {message}"));
                            return Err(Flow::Failed);
                        }
                    }
                }
                _ => {
                    let right = shell.text(system, &right.value)?;
                    texts(shell, system, predicate, &text, &right)
                }
            }
        }
    })
}

fn compare(predicate: &BinaryPredicate, left: i64, right: i64) -> bool {
    match predicate {
        BinaryPredicate::ArithmeticEqualTo => left == right,
        BinaryPredicate::ArithmeticNotEqualTo => left != right,
        BinaryPredicate::ArithmeticLessThan => left < right,
        BinaryPredicate::ArithmeticLessThanOrEqualTo => left <= right,
        BinaryPredicate::ArithmeticGreaterThan => left > right,
        _ => left >= right,
    }
}

fn texts(
    shell: &Shell,
    system: &System,
    predicate: &BinaryPredicate,
    left: &str,
    right: &str,
) -> bool {
    let changed = |path: &str| {
        system
            .machine
            .tree
            .get(&absolute(&shell.cwd, path))
            .ok()
            .map(|node| node.mtime)
    };
    match predicate {
        BinaryPredicate::StringExactlyMatchesString
        | BinaryPredicate::StringExactlyMatchesPattern => left == right,
        BinaryPredicate::StringDoesNotExactlyMatchString
        | BinaryPredicate::StringDoesNotExactlyMatchPattern => left != right,
        BinaryPredicate::LeftSortsBeforeRight => left < right,
        BinaryPredicate::LeftSortsAfterRight => left > right,
        BinaryPredicate::FilesReferToSameDeviceAndInodeNumbers => {
            let real = |path: &str| {
                system
                    .machine
                    .tree
                    .real_path(&absolute(&shell.cwd, path))
                    .ok()
            };
            real(left).is_some() && real(left) == real(right)
        }
        BinaryPredicate::LeftFileIsNewerOrExistsWhenRightDoesNot => changed(left) > changed(right),
        BinaryPredicate::LeftFileIsOlderOrDoesNotExistWhenRightDoes => {
            changed(left) < changed(right)
        }
        _ => false,
    }
}

fn unary(shell: &mut Shell, system: &mut System, predicate: &UnaryPredicate, word: &str) -> bool {
    match predicate {
        UnaryPredicate::StringHasZeroLength => return word.is_empty(),
        UnaryPredicate::StringHasNonZeroLength => return !word.is_empty(),
        UnaryPredicate::ShellVariableIsSetAndAssigned => return shell.variables.contains_key(word),
        UnaryPredicate::FdIsOpenTerminal => {
            return match word {
                "0" => shell.streams.stdin.is_terminal(),
                "1" => shell.streams.stdout.is_terminal(),
                "2" => shell.streams.stderr.is_terminal(),
                _ => false,
            };
        }
        UnaryPredicate::ShellOptionEnabled => {
            return match word {
                "errexit" => shell.options.errexit,
                "nounset" => shell.options.nounset,
                "pipefail" => shell.options.pipefail,
                "noglob" => shell.options.noglob,
                _ => false,
            };
        }
        _ => {}
    }
    let files = system.machine.files(shell.user, &shell.cwd);
    if matches!(predicate, UnaryPredicate::FileExistsAndIsSymlink) {
        return files
            .get_link(word)
            .is_ok_and(|node| matches!(node.content, Content::Link(_)));
    }
    let Ok(node) = files.get(word) else {
        return false;
    };
    match predicate {
        UnaryPredicate::FileExists => true,
        UnaryPredicate::FileExistsAndIsDir => node.is_dir(),
        UnaryPredicate::FileExistsAndIsRegularFile => matches!(
            node.content,
            Content::File(_) | Content::Untold(_) | Content::Program(_)
        ),
        UnaryPredicate::FileExistsAndIsCharSpecialFile => {
            matches!(node.content, Content::Device(_))
        }
        UnaryPredicate::FileExistsAndIsReadable => files.allows(node, 4),
        UnaryPredicate::FileExistsAndIsWritable => files.allows(node, 2),
        UnaryPredicate::FileExistsAndIsExecutable => files.allows(node, 1),
        UnaryPredicate::FileExistsAndIsNotZeroLength => Node::size(node) > 0,
        UnaryPredicate::FileExistsAndOwnedByEffectiveUserId
        | UnaryPredicate::FileExistsAndOwnedByEffectiveGroupId => {
            (node.owner == crate::practice::Owner::Root)
                == (shell.user == crate::practice::User::Root)
        }
        _ => false,
    }
}
