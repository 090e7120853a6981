//! Reads a program of awk: words, then expressions and statements.

use crate::practice::said::said;
use std::collections::BTreeMap;

/// How deeply expressions and statements may be in one another.
const DEEPEST: usize = 60;

/// The longest program, in bytes.
const LONGEST: usize = 64 << 10;

/// A program.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) begin: Vec<Statement>,
    pub(super) rules: Vec<Rule>,
    pub(super) end: Vec<Statement>,
    /// Whether there is an `END`, which reads all input even with no rule.
    pub(super) has_end: bool,
    pub(super) functions: BTreeMap<String, Function>,
}

#[derive(Debug)]
pub(super) struct Rule {
    pub(super) pattern: Pattern,
    /// `None`: the record is printed.
    pub(super) body: Option<Vec<Statement>>,
}

#[derive(Debug)]
pub(super) enum Pattern {
    Always,
    When(Expr),
    From(Expr, Expr),
}

#[derive(Debug, Default)]
pub(super) struct Function {
    pub(super) params: Vec<String>,
    pub(super) body: Vec<Statement>,
}

#[derive(Debug)]
pub(super) enum Statement {
    Expr(Expr),
    Print {
        words: Vec<Expr>,
        to: Option<(Target, Expr)>,
    },
    Printf {
        words: Vec<Expr>,
        to: Option<(Target, Expr)>,
    },
    If(Expr, Vec<Statement>, Vec<Statement>),
    While(Expr, Vec<Statement>),
    Do(Vec<Statement>, Expr),
    For(
        Option<Box<Statement>>,
        Option<Expr>,
        Option<Box<Statement>>,
        Vec<Statement>,
    ),
    ForIn(String, String, Vec<Statement>),
    Delete(String, Option<Vec<Expr>>),
    Block(Vec<Statement>),
    Next,
    Break,
    Continue,
    Exit(Option<Expr>),
    Return(Option<Expr>),
}

/// Where `print` prints to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Target {
    File,
    Append,
    Command,
}

#[derive(Debug, Clone)]
pub(super) enum Expr {
    Number(f64),
    Text(String),
    Regex(String),
    Variable(String),
    Field(Box<Expr>),
    Element(String, Vec<Expr>),
    Assign(Box<Expr>, Option<char>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    In(Vec<Expr>, String),
    Match(Box<Expr>, Box<Expr>, bool),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    Binary(char, Box<Expr>, Box<Expr>),
    Concat(Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Positive(Box<Expr>),
    /// By how much, and whether the value is that from before.
    Step(Box<Expr>, f64, bool),
    Call(String, Vec<Expr>),
    Builtin(String, Vec<Expr>),
    Getline {
        into: Option<Box<Expr>>,
        from: Source,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Source {
    Input,
    File(Box<Expr>),
    Command(Box<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    Name(String),
    /// A name that a bracket follows at once.
    Callee(String),
    Keyword(&'static str),
    Op(&'static str),
    Newline,
    End,
}

const KEYWORDS: &[&str] = &[
    "BEGIN", "END", "break", "continue", "delete", "do", "else", "exit", "for", "function", "func",
    "getline", "if", "in", "next", "nextfile", "print", "printf", "return", "while",
];

/// Functions that are part of awk.
const BUILTINS: &[&str] = &[
    "length", "substr", "index", "split", "sub", "gsub", "match", "sprintf", "sin", "cos", "atan2",
    "exp", "log", "sqrt", "int", "rand", "srand", "tolower", "toupper", "system", "close",
    "fflush", "strftime", "systime",
];

const OPS: &[&str] = &[
    "**=", "&&", "||", "<=", "==", "!=", ">=", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=",
    "^=", "**", "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!",
    ">", "<", "|", "?", ":", "~", "$", "=",
];

/// Reads a program; the message is what stands after `awk: `.
pub(super) fn read(text: &str) -> Result<Script, String> {
    if text.len() > LONGEST {
        return Err(said("practice-program-too-long", &[]));
    }
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens,
        at: 0,
        depth: 0,
        no_in: false,
        no_greater: false,
    };
    parser.script()
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, String> {
    let mut tokens: Vec<(Token, usize)> = Vec::new();
    let bytes = text.as_bytes();
    let mut line = 1;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b' ' | b'\t' | b'\r' => at += 1,
            b'\n' => {
                tokens.push((Token::Newline, line));
                line += 1;
                at += 1;
            }
            b'\\' if bytes.get(at + 1) == Some(&b'\n') => {
                line += 1;
                at += 2;
            }
            b'#' => at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end),
            b'"' => {
                let end = closing(bytes, at + 1, b'"').ok_or_else(|| {
                    format!(
                        "line {line}: runaway string constant {}",
                        shown(&text[at..])
                    )
                })?;
                tokens.push((Token::Text(unescaped(&text[at + 1..end])), line));
                at = end + 1;
            }
            b'/' if !ends_operand(tokens.last().map(|(token, _)| token)) => {
                let end = closing(bytes, at + 1, b'/').ok_or_else(|| {
                    format!(
                        "line {line}: runaway regular expression {}",
                        shown(&text[at..])
                    )
                })?;
                tokens.push((Token::Regex(text[at + 1..end].replace("\\/", "/")), line));
                at = end + 1;
            }
            b'0'..=b'9' | b'.'
                if byte != b'.' || bytes.get(at + 1).is_some_and(u8::is_ascii_digit) =>
            {
                let mut end = at;
                while end < bytes.len()
                    && (bytes[end].is_ascii_digit()
                        || bytes[end] == b'.'
                        || (matches!(bytes[end], b'e' | b'E')
                            && bytes
                                .get(end + 1)
                                .is_some_and(|next| next.is_ascii_digit() || b"+-".contains(next)))
                        || (b"+-".contains(&bytes[end]) && matches!(bytes[end - 1], b'e' | b'E')))
                {
                    end += 1;
                }
                let number = text[at..end].parse().unwrap_or(0.0);
                tokens.push((Token::Number(number), line));
                at = end;
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let end = bytes[at..]
                    .iter()
                    .position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_'))
                    .map_or(bytes.len(), |length| at + length);
                let name = &text[at..end];
                let token = match KEYWORDS.iter().find(|keyword| **keyword == name) {
                    Some(&"func") => Token::Keyword("function"),
                    Some(keyword) => Token::Keyword(keyword),
                    None if bytes.get(end) == Some(&b'(') => Token::Callee(name.to_owned()),
                    None => Token::Name(name.to_owned()),
                };
                tokens.push((token, line));
                at = end;
            }
            _ => {
                let Some(op) = OPS.iter().find(|op| text[at..].starts_with(**op)) else {
                    return Err(format!(
                        "line {line}: syntax error at or near {}",
                        shown(&text[at..])
                    ));
                };
                let token = match *op {
                    "**" => "^",
                    "**=" => "^=",
                    op => op,
                };
                tokens.push((Token::Op(token), line));
                at += op.len();
            }
        }
    }
    tokens.push((Token::End, line));
    Ok(tokens)
}

/// Whether what stands before a slash can be divided.
fn ends_operand(token: Option<&Token>) -> bool {
    matches!(
        token,
        Some(
            Token::Number(_)
                | Token::Text(_)
                | Token::Name(_)
                | Token::Op(")" | "]" | "$" | "++" | "--")
        )
    )
}

fn closing(bytes: &[u8], mut at: usize, end: u8) -> Option<usize> {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' => return None,
            byte if byte == end => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn shown(text: &str) -> String {
    let word: String = text
        .chars()
        .take_while(|c| !c.is_whitespace())
        .take(20)
        .collect();
    crate::visible::visible(&word)
}

/// A string without its escapes; what is no escape keeps its backslash, as in `"\."`.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('"') => out.push('"'),
            Some('/') => out.push('/'),
            Some('\\') => out.push('\\'),
            Some('\n') => {}
            Some(first @ '0'..='7') => {
                let mut number = first.to_digit(8).unwrap_or(0);
                for _ in 0..2 {
                    match chars.peek().and_then(|c| c.to_digit(8)) {
                        Some(digit) => {
                            number = number * 8 + digit;
                            chars.next();
                        }
                        None => break,
                    }
                }
                out.extend(char::from_u32(number));
            }
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

struct Parser {
    tokens: Vec<(Token, usize)>,
    at: usize,
    depth: usize,
    /// Within the head of a `for`, where `in` is the loop's.
    no_in: bool,
    /// Within `print`, where `>` is the file's.
    no_greater: bool,
}

type Read<T> = Result<T, String>;

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at.min(self.tokens.len() - 1)].0
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn is(&self, op: &str) -> bool {
        matches!(self.peek(), Token::Op(found) if *found == op)
    }

    fn takes(&mut self, op: &str) -> bool {
        let is = self.is(op);
        if is {
            self.at += 1;
        }
        is
    }

    fn takes_keyword(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Token::Keyword(found) if *found == word);
        if is {
            self.at += 1;
        }
        is
    }

    fn expect(&mut self, op: &str) -> Read<()> {
        if self.takes(op) {
            Ok(())
        } else {
            Err(self.wrong())
        }
    }

    fn wrong(&self) -> String {
        let (token, line) = &self.tokens[self.at.min(self.tokens.len() - 1)];
        let near = match token {
            Token::End => return format!("line {}: missing }} near end of file", line + 1),
            Token::Newline => "newline".to_owned(),
            Token::Number(number) => number.to_string(),
            Token::Text(text) => format!("\"{}\"", shown(text)),
            Token::Regex(text) => format!("/{}/", shown(text)),
            Token::Name(name) | Token::Callee(name) => shown(name),
            Token::Keyword(word) => (*word).to_owned(),
            Token::Op(op) => (*op).to_owned(),
        };
        format!("line {line}: syntax error at or near {near}")
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(said("practice-too-nested", &[]));
        }
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn newlines(&mut self) {
        while matches!(self.peek(), Token::Newline) {
            self.at += 1;
        }
    }

    fn separators(&mut self) {
        while matches!(self.peek(), Token::Newline | Token::Op(";")) {
            self.at += 1;
        }
    }

    fn script(&mut self) -> Read<Script> {
        let mut script = Script::default();
        loop {
            self.separators();
            if matches!(self.peek(), Token::End) {
                return Ok(script);
            }
            if self.takes_keyword("BEGIN") {
                self.newlines();
                script.begin.extend(self.block()?);
            } else if self.takes_keyword("END") {
                self.newlines();
                script.has_end = true;
                script.end.extend(self.block()?);
            } else if self.takes_keyword("function") {
                let (Token::Name(name) | Token::Callee(name)) = self.next() else {
                    self.at -= 1;
                    return Err(self.wrong());
                };
                self.expect("(")?;
                let mut params = Vec::new();
                while !self.takes(")") {
                    self.newlines();
                    let Token::Name(param) = self.next() else {
                        self.at -= 1;
                        return Err(self.wrong());
                    };
                    params.push(param);
                    if !self.takes(",") && !self.is(")") {
                        return Err(self.wrong());
                    }
                }
                self.newlines();
                let body = self.block()?;
                script.functions.insert(name, Function { params, body });
            } else {
                script.rules.push(self.rule()?);
            }
        }
    }

    fn rule(&mut self) -> Read<Rule> {
        let pattern = if self.is("{") {
            Pattern::Always
        } else {
            let first = self.expr()?;
            if self.takes(",") {
                self.newlines();
                Pattern::From(first, self.expr()?)
            } else {
                Pattern::When(first)
            }
        };
        let body = if self.is("{") {
            Some(self.block()?)
        } else {
            None
        };
        Ok(Rule { pattern, body })
    }

    fn block(&mut self) -> Read<Vec<Statement>> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.separators();
            if self.takes("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
        }
    }

    fn ends(&self) -> bool {
        matches!(
            self.peek(),
            Token::Newline | Token::End | Token::Op(";" | "}")
        )
    }

    fn end(&mut self) -> Read<()> {
        match self.peek() {
            Token::Newline | Token::Op(";") => {
                self.at += 1;
                Ok(())
            }
            Token::Op("}") | Token::End => Ok(()),
            _ => Err(self.wrong()),
        }
    }

    /// What belongs to an `if` or a loop.
    fn body(&mut self) -> Read<Vec<Statement>> {
        self.newlines();
        if self.is("{") {
            return self.deeper(Self::block);
        }
        if self.takes(";") {
            return Ok(Vec::new());
        }
        Ok(vec![self.statement()?])
    }

    fn statement(&mut self) -> Read<Statement> {
        self.deeper(Self::one_statement)
    }

    fn one_statement(&mut self) -> Read<Statement> {
        if self.is("{") {
            return Ok(Statement::Block(self.block()?));
        }
        let Token::Keyword(word) = self.peek().clone() else {
            let simple = self.simple()?;
            self.end()?;
            return Ok(simple);
        };
        match word {
            "if" => {
                self.at += 1;
                let condition = self.bracketed()?;
                let then = self.body()?;
                let before = self.at;
                self.separators();
                let otherwise = if self.takes_keyword("else") {
                    self.body()?
                } else {
                    self.at = before;
                    Vec::new()
                };
                Ok(Statement::If(condition, then, otherwise))
            }
            "while" => {
                self.at += 1;
                let condition = self.bracketed()?;
                Ok(Statement::While(condition, self.body()?))
            }
            "do" => {
                self.at += 1;
                let body = self.body()?;
                self.separators();
                if !self.takes_keyword("while") {
                    return Err(self.wrong());
                }
                let condition = self.bracketed()?;
                self.end()?;
                Ok(Statement::Do(body, condition))
            }
            "for" => self.for_statement(),
            "next" | "nextfile" | "break" | "continue" => {
                self.at += 1;
                self.end()?;
                match word {
                    "next" => Ok(Statement::Next),
                    "break" => Ok(Statement::Break),
                    "continue" => Ok(Statement::Continue),
                    _ => Err(said("practice-awk-nextfile", &[])),
                }
            }
            "exit" | "return" => {
                self.at += 1;
                let value = if self.ends() {
                    None
                } else {
                    Some(self.expr()?)
                };
                self.end()?;
                Ok(if word == "exit" {
                    Statement::Exit(value)
                } else {
                    Statement::Return(value)
                })
            }
            _ => {
                let simple = self.simple()?;
                self.end()?;
                Ok(simple)
            }
        }
    }

    fn bracketed(&mut self) -> Read<Expr> {
        self.expect("(")?;
        let expr = self.unrestricted(Self::expr)?;
        self.expect(")")?;
        Ok(expr)
    }

    fn for_statement(&mut self) -> Read<Statement> {
        self.at += 1;
        self.expect("(")?;
        if let (
            Token::Name(name),
            Some((Token::Keyword("in"), _)),
            Some((Token::Name(array), _)),
            Some((Token::Op(")"), _)),
        ) = (
            self.peek().clone(),
            self.tokens.get(self.at + 1).cloned(),
            self.tokens.get(self.at + 2).cloned(),
            self.tokens.get(self.at + 3).cloned(),
        ) {
            self.at += 4;
            return Ok(Statement::ForIn(name, array, self.body()?));
        }
        let first = if self.is(";") {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        self.expect(";")?;
        self.newlines();
        let condition = if self.is(";") {
            None
        } else {
            Some(self.expr()?)
        };
        self.expect(";")?;
        self.newlines();
        let next = if self.is(")") {
            None
        } else {
            Some(Box::new(self.simple()?))
        };
        self.expect(")")?;
        Ok(Statement::For(first, condition, next, self.body()?))
    }

    fn simple(&mut self) -> Read<Statement> {
        if self.takes_keyword("delete") {
            let Token::Name(name) = self.next() else {
                self.at -= 1;
                return Err(self.wrong());
            };
            if !self.takes("[") {
                return Ok(Statement::Delete(name, None));
            }
            let index = self.list("]")?;
            return Ok(Statement::Delete(name, Some(index)));
        }
        let formatted = match self.peek() {
            Token::Keyword("print") => false,
            Token::Keyword("printf") => true,
            _ => return Ok(Statement::Expr(self.expr()?)),
        };
        self.at += 1;
        let before = std::mem::replace(&mut self.no_greater, true);
        let words = self.printed();
        self.no_greater = before;
        let words = words?;
        let to = match self.peek() {
            Token::Op(">") => Some(Target::File),
            Token::Op(">>") => Some(Target::Append),
            Token::Op("|") => Some(Target::Command),
            _ => None,
        };
        let to = match to {
            Some(target) => {
                self.at += 1;
                Some((target, self.concatenation()?))
            }
            None => None,
        };
        if formatted {
            if words.is_empty() {
                return Err(self.wrong());
            }
            return Ok(Statement::Printf { words, to });
        }
        Ok(Statement::Print { words, to })
    }

    /// The words of `print`, with or without brackets around all of them.
    fn printed(&mut self) -> Read<Vec<Expr>> {
        if self.ends() || matches!(self.peek(), Token::Op(">" | ">>" | "|")) {
            return Ok(Vec::new());
        }
        if self.is("(") {
            let before = self.at;
            self.at += 1;
            let words = self.unrestricted(|parser| parser.list(")"));
            if let Ok(words) = words
                && (self.ends() || matches!(self.peek(), Token::Op(">" | ">>" | "|")))
            {
                return Ok(words);
            }
            self.at = before;
        }
        let mut words = vec![self.expr()?];
        while self.takes(",") {
            self.newlines();
            words.push(self.expr()?);
        }
        Ok(words)
    }

    fn unrestricted<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let before = (self.no_in, self.no_greater);
        (self.no_in, self.no_greater) = (false, false);
        let result = read(self);
        (self.no_in, self.no_greater) = before;
        result
    }

    /// Expressions with commas between them, up to a bracket.
    fn list(&mut self, end: &str) -> Read<Vec<Expr>> {
        let mut list = Vec::new();
        loop {
            self.newlines();
            if self.takes(end) {
                return Ok(list);
            }
            list.push(self.unrestricted(Self::expr)?);
            self.newlines();
            if !self.takes(",") && !self.is(end) {
                return Err(self.wrong());
            }
        }
    }

    fn expr(&mut self) -> Read<Expr> {
        self.deeper(Self::assignment)
    }

    fn assignment(&mut self) -> Read<Expr> {
        let left = self.conditional()?;
        let op = match self.peek() {
            Token::Op("=") => None,
            Token::Op("+=") => Some('+'),
            Token::Op("-=") => Some('-'),
            Token::Op("*=") => Some('*'),
            Token::Op("/=") => Some('/'),
            Token::Op("%=") => Some('%'),
            Token::Op("^=") => Some('^'),
            _ => return Ok(left),
        };
        if !is_place(&left) {
            return Err(self.wrong());
        }
        self.at += 1;
        self.newlines();
        let right = self.expr()?;
        Ok(Expr::Assign(Box::new(left), op, Box::new(right)))
    }

    fn conditional(&mut self) -> Read<Expr> {
        let condition = self.or()?;
        if !self.takes("?") {
            return Ok(condition);
        }
        self.newlines();
        let then = self.expr()?;
        self.newlines();
        self.expect(":")?;
        self.newlines();
        let otherwise = self.expr()?;
        Ok(Expr::Conditional(
            Box::new(condition),
            Box::new(then),
            Box::new(otherwise),
        ))
    }

    fn or(&mut self) -> Read<Expr> {
        let mut left = self.and()?;
        while self.takes("||") {
            self.newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Read<Expr> {
        let mut left = self.membership()?;
        while self.takes("&&") {
            self.newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Read<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.takes_keyword("in") {
            let Token::Name(array) = self.next() else {
                self.at -= 1;
                return Err(self.wrong());
            };
            left = Expr::In(vec![left], array);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Read<Expr> {
        let mut left = self.comparison()?;
        loop {
            let negated = match self.peek() {
                Token::Op("~") => false,
                Token::Op("!~") => true,
                _ => return Ok(left),
            };
            self.at += 1;
            let right = self.comparison()?;
            left = Expr::Match(Box::new(left), Box::new(right), negated);
        }
    }

    fn comparison(&mut self) -> Read<Expr> {
        let left = self.concatenation()?;
        let op = match self.peek() {
            Token::Op(op @ ("<" | "<=" | "==" | "!=" | ">=")) => *op,
            Token::Op(">") if !self.no_greater => ">",
            _ => return Ok(left),
        };
        self.at += 1;
        let right = self.concatenation()?;
        Ok(Expr::Compare(op, Box::new(left), Box::new(right)))
    }

    fn concatenation(&mut self) -> Read<Expr> {
        let mut left = self.sum()?;
        loop {
            let begins = matches!(
                self.peek(),
                Token::Number(_)
                    | Token::Text(_)
                    | Token::Name(_)
                    | Token::Callee(_)
                    | Token::Regex(_)
                    | Token::Op("$" | "!" | "(" | "-" | "+" | "++" | "--")
            );
            if begins {
                left = Expr::Concat(Box::new(left), Box::new(self.sum()?));
                continue;
            }
            // `"command" | getline`.
            if self.is("|")
                && matches!(
                    self.tokens.get(self.at + 1),
                    Some((Token::Keyword("getline"), _))
                )
            {
                self.at += 2;
                let into = self.optional_place()?;
                left = Expr::Getline {
                    into,
                    from: Source::Command(Box::new(left)),
                };
                continue;
            }
            return Ok(left);
        }
    }

    fn sum(&mut self) -> Read<Expr> {
        let mut left = self.product()?;
        loop {
            let op = match self.peek() {
                Token::Op("+") => '+',
                Token::Op("-") => '-',
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Read<Expr> {
        let mut left = self.unary()?;
        loop {
            let op = match self.peek() {
                Token::Op("*") => '*',
                Token::Op("/") => '/',
                Token::Op("%") => '%',
                _ => return Ok(left),
            };
            self.at += 1;
            left = Expr::Binary(op, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Read<Expr> {
        let make: fn(Box<Expr>) -> Expr = match self.peek() {
            Token::Op("!") => Expr::Not,
            Token::Op("-") => Expr::Negative,
            Token::Op("+") => Expr::Positive,
            _ => return self.power(),
        };
        self.at += 1;
        let inner = self.deeper(Self::unary)?;
        Ok(make(Box::new(inner)))
    }

    fn power(&mut self) -> Read<Expr> {
        let left = self.postfix()?;
        if !self.takes("^") {
            return Ok(left);
        }
        let right = self.deeper(Self::unary)?;
        Ok(Expr::Binary('^', Box::new(left), Box::new(right)))
    }

    fn postfix(&mut self) -> Read<Expr> {
        let by = match self.peek() {
            Token::Op("++") => Some(1.0),
            Token::Op("--") => Some(-1.0),
            _ => None,
        };
        if let Some(by) = by {
            self.at += 1;
            let place = self.primary()?;
            if !is_place(&place) {
                return Err(self.wrong());
            }
            return Ok(Expr::Step(Box::new(place), by, false));
        }
        let primary = self.primary()?;
        if !is_place(&primary) {
            return Ok(primary);
        }
        let by = match self.peek() {
            Token::Op("++") => 1.0,
            Token::Op("--") => -1.0,
            _ => return Ok(primary),
        };
        self.at += 1;
        Ok(Expr::Step(Box::new(primary), by, true))
    }

    fn optional_place(&mut self) -> Read<Option<Box<Expr>>> {
        match self.peek() {
            Token::Op("$") | Token::Name(_) => Ok(Some(Box::new(self.primary()?))),
            _ => Ok(None),
        }
    }

    fn primary(&mut self) -> Read<Expr> {
        match self.next() {
            Token::Number(number) => Ok(Expr::Number(number)),
            Token::Text(text) => Ok(Expr::Text(text)),
            Token::Regex(text) => Ok(Expr::Regex(text)),
            Token::Op("$") => {
                let inner = match self.peek() {
                    Token::Op("++" | "--") => self.deeper(Self::postfix)?,
                    Token::Op("-" | "+" | "!") => self.deeper(Self::unary)?,
                    _ => self.deeper(Self::primary)?,
                };
                Ok(Expr::Field(Box::new(inner)))
            }
            Token::Op("(") => {
                let mut list = self.deeper(|parser| parser.list(")"))?;
                if list.len() > 1 {
                    if self.takes_keyword("in")
                        && let Token::Name(array) = self.next()
                    {
                        return Ok(Expr::In(list, array));
                    }
                    return Err(self.wrong());
                }
                list.pop().ok_or_else(|| self.wrong())
            }
            Token::Keyword("getline") => {
                let into = self.optional_place()?;
                let from = if self.takes("<") {
                    Source::File(Box::new(self.deeper(Self::primary)?))
                } else {
                    Source::Input
                };
                Ok(Expr::Getline { into, from })
            }
            Token::Callee(name) => {
                self.at += 1;
                let words = self.deeper(|parser| parser.list(")"))?;
                if BUILTINS.contains(&name.as_str()) {
                    return Ok(Expr::Builtin(name, words));
                }
                if matches!(
                    name.as_str(),
                    "gensub"
                        | "asort"
                        | "asorti"
                        | "strtonum"
                        | "mktime"
                        | "patsplit"
                        | "and"
                        | "or"
                        | "xor"
                        | "lshift"
                        | "rshift"
                        | "compl"
                ) {
                    return Err(said("practice-awk-gawk", &[("name", &name)]));
                }
                Ok(Expr::Call(name, words))
            }
            Token::Name(name) if name == "length" => Ok(Expr::Builtin(name, Vec::new())),
            Token::Name(name) => {
                if self.takes("[") {
                    return Ok(Expr::Element(name, self.list("]")?));
                }
                Ok(Expr::Variable(name))
            }
            _ => {
                self.at -= 1;
                Err(self.wrong())
            }
        }
    }
}

fn is_place(expr: &Expr) -> bool {
    matches!(expr, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..))
}
