//! Python's grammar, as far as people write it to try a GPU: text to statements.

/// The most tokens of one text.
const MOST: usize = 20_000;

/// How deep blocks and brackets may go.
const DEPTH: usize = 24;

/// Why a text is no Python, or none that is played.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fault {
    /// Python's own complaint, and the line.
    Syntax(String, usize),
    /// Something of Python that is not played.
    NotPlayed(String),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    /// The line that it begins on, from 1.
    pub(super) line: usize,
    pub(super) what: What,
}

pub(super) type Block = Vec<Statement>;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    Value(Expr),
    /// One value into one or more targets.
    Assign(Vec<Expr>, Expr),
    /// `x += 1`
    Change(Expr, &'static str, Expr),
    /// Modules with the names that they get.
    Import(Vec<(String, Option<String>)>),
    From(String, Vec<(String, String)>),
    /// Conditions with their blocks, and what comes otherwise.
    If(Vec<(Expr, Block)>, Block),
    For(Expr, Expr, Block),
    While(Expr, Block),
    Def(String, Vec<(String, Option<Expr>)>, Block),
    Return(Option<Expr>),
    With(Expr, Option<String>, Block),
    /// The block, what catches which exceptions under which name, what comes otherwise and what comes in the end.
    Try(
        Block,
        Vec<(Vec<String>, Option<String>, Block)>,
        Block,
        Block,
    ),
    Raise(Option<Expr>),
    Assert(Expr, Option<Expr>),
    Del(Vec<String>),
    Pass,
    Break,
    Continue,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// An f-string: text, and values with how they are shown.
    Format(Vec<Piece>),
    Name(String),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
    /// `[value for target in values if condition]`
    Each(Box<Expr>, Box<Expr>, Box<Expr>, Option<Box<Expr>>),
    Attribute(Box<Expr>, String),
    Index(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, Option<Box<Expr>>, Option<Box<Expr>>),
    Call(Box<Expr>, Vec<Expr>, Vec<(String, Expr)>),
    Sign(&'static str, Box<Expr>, Box<Expr>),
    Minus(Box<Expr>),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(&'static str, Expr)>),
    /// `value if condition else other`
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
}

/// A piece of an f-string.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    Text(String),
    /// A value, whether `!r` stands behind it, and its format.
    Value(Box<Expr>, bool, String),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    Format(String),
    Sign(&'static str),
    NewLine,
    Indent,
    Dedent,
}

/// Longer ones first.
const SIGNS: [&str; 43] = [
    "**=", "//=", "...", "**", "//", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "@=",
    "->", ":=", "<<", ">>", "(", ")", "[", "]", "{", "}", ",", ":", ";", ".", "=", "+", "-", "*",
    "/", "%", "@", "<", ">", "&", "|", "^", "~", "!",
];

/// Reads a text.
pub(super) fn read(text: &str) -> Result<Block, Fault> {
    let tokens = tokens(text)?;
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let mut block = Vec::new();
    while reader.at < tokens.len() {
        if reader.takes(&Token::NewLine) {
            continue;
        }
        if reader.is(&Token::Indent) {
            return Err(Fault::Syntax(
                "IndentationError: unexpected indent".to_owned(),
                reader.line(),
            ));
        }
        reader.statements(&mut block)?;
    }
    Ok(block)
}

fn tokens(text: &str) -> Result<Vec<(Token, usize)>, Fault> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens: Vec<(Token, usize)> = Vec::new();
    let mut indents = vec![0_usize];
    let (mut at, mut line, mut depth) = (0, 1, 0_usize);
    let mut fresh = true;
    while at < chars.len() {
        if tokens.len() > MOST {
            return Err(Fault::NotPlayed("a program of this length".to_owned()));
        }
        if fresh && depth == 0 {
            let start = at;
            while chars.get(at).is_some_and(|c| matches!(c, ' ' | '\t')) {
                at += 1;
            }
            // Lines without anything say nothing of blocks.
            if chars.get(at).is_none_or(|c| matches!(c, '\n' | '#' | '\r')) {
                while chars.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
                at += 1;
                line += 1;
                continue;
            }
            fresh = false;
            let width: usize = chars[start..at]
                .iter()
                .map(|c| if *c == '\t' { 8 } else { 1 })
                .sum();
            let now = indents.last().copied().unwrap_or(0);
            if width > now {
                if indents.len() > DEPTH {
                    return Err(Fault::Syntax(
                        "IndentationError: too many levels of indentation".to_owned(),
                        line,
                    ));
                }
                indents.push(width);
                tokens.push((Token::Indent, line));
            }
            while indents.last().is_some_and(|last| *last > width) {
                indents.pop();
                tokens.push((Token::Dedent, line));
                if indents.last().is_none_or(|last| *last < width) {
                    return Err(Fault::Syntax(
                        "IndentationError: unindent does not match any outer indentation level"
                            .to_owned(),
                        line,
                    ));
                }
            }
            continue;
        }
        let c = chars[at];
        match c {
            '\n' => {
                if depth == 0 {
                    tokens.push((Token::NewLine, line));
                    fresh = true;
                }
                at += 1;
                line += 1;
            }
            '\\' if chars.get(at + 1) == Some(&'\n') => {
                at += 2;
                line += 1;
            }
            '#' => {
                while chars.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
            }
            _ if c.is_whitespace() => at += 1,
            _ if c.is_ascii_digit() => {
                let (token, end) = number(&chars, at, line)?;
                tokens.push((token, line));
                at = end;
            }
            '\'' | '"' => {
                let (text, end) = string(&chars, at, line, false)?;
                line += chars[at..end].iter().filter(|c| **c == '\n').count();
                tokens.push((Token::Text(text), line));
                at = end;
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = (at..chars.len())
                    .find(|&end| !(chars[end].is_alphanumeric() || chars[end] == '_'))
                    .unwrap_or(chars.len());
                let name: String = chars[at..end].iter().collect();
                if matches!(chars.get(end), Some('\'' | '"')) {
                    let letters = name.to_lowercase();
                    let is_raw = letters.contains('r');
                    let (text, after) = match letters.as_str() {
                        "f" | "r" | "fr" | "rf" | "u" => string(&chars, end, line, is_raw)?,
                        _ => {
                            return Err(Fault::NotPlayed(format!(
                                "a string that begins with {name}"
                            )));
                        }
                    };
                    line += chars[end..after].iter().filter(|c| **c == '\n').count();
                    tokens.push((
                        if letters.contains('f') {
                            Token::Format(text)
                        } else {
                            Token::Text(text)
                        },
                        line,
                    ));
                    at = after;
                } else {
                    tokens.push((Token::Name(name), line));
                    at = end;
                }
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| {
                    let mut wanted = sign.chars().enumerate();
                    wanted.all(|(place, c)| chars.get(at + place) == Some(&c))
                });
                let Some(sign) = sign else {
                    return Err(Fault::Syntax(
                        format!(
                            "SyntaxError: invalid character '{}'",
                            crate::visible::visible(&c.to_string())
                        ),
                        line,
                    ));
                };
                match sign {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                tokens.push((Token::Sign(sign), line));
                at += sign.len();
            }
        }
    }
    tokens.push((Token::NewLine, line));
    for _ in 1..indents.len() {
        tokens.push((Token::Dedent, line));
    }
    Ok(tokens)
}

fn number(chars: &[char], at: usize, line: usize) -> Result<(Token, usize), Fault> {
    let mut end = at;
    while let Some(c) = chars.get(end) {
        let is_sign = matches!(c, '+' | '-')
            && matches!(chars[end - 1], 'e' | 'E')
            && chars[at..end].iter().all(|c| !matches!(c, 'x' | 'X'));
        if !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_') || end > at && is_sign) {
            break;
        }
        end += 1;
    }
    let word: String = chars[at..end].iter().filter(|c| **c != '_').collect();
    let whole = match word.get(..2) {
        Some("0x" | "0X") => i64::from_str_radix(&word[2..], 16).ok(),
        _ => word.parse().ok(),
    };
    let token = whole
        .map(Token::Int)
        .or_else(|| word.parse().ok().map(Token::Float));
    match token {
        Some(token) => Ok((token, end)),
        None => Err(Fault::Syntax(
            "SyntaxError: invalid decimal literal".to_owned(),
            line,
        )),
    }
}

/// A string from its quote on, and where it ends.
fn string(chars: &[char], at: usize, line: usize, raw: bool) -> Result<(String, usize), Fault> {
    let quote = chars[at];
    let long = chars.get(at + 1) == Some(&quote) && chars.get(at + 2) == Some(&quote);
    let mut text = String::new();
    let mut at = if long { at + 3 } else { at + 1 };
    loop {
        let Some(&c) = chars.get(at) else {
            let kind = if long {
                "unterminated triple-quoted string literal"
            } else {
                "unterminated string literal"
            };
            return Err(Fault::Syntax(
                format!("SyntaxError: {kind} (detected at line {line})"),
                line,
            ));
        };
        if c == quote && !long {
            return Ok((text, at + 1));
        }
        if c == quote && chars.get(at + 1) == Some(&quote) && chars.get(at + 2) == Some(&quote) {
            return Ok((text, at + 3));
        }
        if c == '\n' && !long {
            return Err(Fault::Syntax(
                format!("SyntaxError: unterminated string literal (detected at line {line})"),
                line,
            ));
        }
        if c == '\\' && !raw {
            let next = chars.get(at + 1).copied().unwrap_or('\\');
            match next {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                '\\' | '\'' | '"' => text.push(next),
                '\n' => {}
                other => {
                    text.push('\\');
                    text.push(other);
                }
            }
            at += 2;
            continue;
        }
        text.push(c);
        at += 1;
    }
}

struct Reader<'t> {
    tokens: &'t [(Token, usize)],
    at: usize,
    depth: usize,
}

/// Words of the grammar, which are no names.
const WORDS: [&str; 33] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda",
    "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "match",
];

impl Reader<'_> {
    fn token(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn line(&self) -> usize {
        let at = self.at.min(self.tokens.len().saturating_sub(1));
        self.tokens.get(at).map_or(1, |(_, line)| *line)
    }

    fn is(&self, token: &Token) -> bool {
        self.token() == Some(token)
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is = self.is(token);
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        self.takes(&Token::Sign(sign))
    }

    fn word(&mut self, word: &str) -> bool {
        let is = self.has_word(word);
        self.at += usize::from(is);
        is
    }

    fn has_word(&self, word: &str) -> bool {
        matches!(self.token(), Some(Token::Name(name)) if name == word)
    }

    fn wrong<T>(&self) -> Result<T, Fault> {
        Err(Fault::Syntax(
            "SyntaxError: invalid syntax".to_owned(),
            self.line(),
        ))
    }

    fn wants(&mut self, sign: &'static str) -> Result<(), Fault> {
        if self.sign(sign) {
            return Ok(());
        }
        if sign == ":" {
            return Err(Fault::Syntax(
                "SyntaxError: expected ':'".to_owned(),
                self.line(),
            ));
        }
        if matches!(sign, ")" | "]" | "}") && self.token().is_none_or(|t| *t == Token::NewLine) {
            let open = match sign {
                ")" => "(",
                "]" => "[",
                _ => "{",
            };
            return Err(Fault::Syntax(
                format!("SyntaxError: '{open}' was never closed"),
                self.line(),
            ));
        }
        self.wrong()
    }

    fn name(&mut self) -> Result<String, Fault> {
        match self.token() {
            Some(Token::Name(name)) if !WORDS.contains(&name.as_str()) || name == "match" => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => self.wrong(),
        }
    }

    fn dotted(&mut self) -> Result<String, Fault> {
        let mut name = self.name()?;
        while self.sign(".") {
            name.push('.');
            name.push_str(&self.name()?);
        }
        Ok(name)
    }

    fn block(&mut self) -> Result<Block, Fault> {
        self.wants(":")?;
        let mut block = Vec::new();
        if !self.takes(&Token::NewLine) {
            // On the same line.
            self.simple(&mut block)?;
            return Ok(block);
        }
        if !self.takes(&Token::Indent) {
            return Err(Fault::Syntax(
                "IndentationError: expected an indented block".to_owned(),
                self.line(),
            ));
        }
        while !self.takes(&Token::Dedent) {
            if self.token().is_none() {
                break;
            }
            if !self.takes(&Token::NewLine) {
                self.statements(&mut block)?;
            }
        }
        Ok(block)
    }

    /// A compound statement, or the simple ones of a line.
    fn statements(&mut self, block: &mut Block) -> Result<(), Fault> {
        let line = self.line();
        let Some(Token::Name(word)) = self.token().cloned() else {
            return self.simple(block);
        };
        let what = match word.as_str() {
            "if" => {
                self.at += 1;
                let mut ways = Vec::new();
                let condition = self.expression()?;
                ways.push((condition, self.block()?));
                let mut otherwise = Vec::new();
                loop {
                    if self.word("elif") {
                        let condition = self.expression()?;
                        ways.push((condition, self.block()?));
                    } else if self.word("else") {
                        otherwise = self.block()?;
                        break;
                    } else {
                        break;
                    }
                }
                What::If(ways, otherwise)
            }
            "for" => {
                self.at += 1;
                let target = self.targets()?;
                if !self.word("in") {
                    return self.wrong();
                }
                let values = self.values()?;
                What::For(target, values, self.block()?)
            }
            "while" => {
                self.at += 1;
                let condition = self.expression()?;
                What::While(condition, self.block()?)
            }
            "def" => {
                self.at += 1;
                let name = self.name()?;
                self.wants("(")?;
                let mut parameters = Vec::new();
                while !self.sign(")") {
                    let parameter = self.name()?;
                    if self.sign(":") {
                        self.expression()?;
                    }
                    let usual = if self.sign("=") {
                        Some(self.expression()?)
                    } else {
                        None
                    };
                    parameters.push((parameter, usual));
                    if !self.sign(",") && !self.is(&Token::Sign(")")) {
                        return self.wrong();
                    }
                }
                if self.sign("->") {
                    self.expression()?;
                }
                What::Def(name, parameters, self.block()?)
            }
            "with" => {
                self.at += 1;
                let value = self.expression()?;
                let name = if self.word("as") {
                    Some(self.name()?)
                } else {
                    None
                };
                What::With(value, name, self.block()?)
            }
            "try" => {
                self.at += 1;
                self.attempt()?
            }
            "class" | "async" | "match" if self.begins_statement(&word) => {
                return Err(Fault::NotPlayed(format!("`{word}`")));
            }
            _ => return self.simple(block),
        };
        block.push(Statement { line, what });
        Ok(())
    }

    /// `match` is a name as well.
    fn begins_statement(&self, word: &str) -> bool {
        word != "match" || matches!(self.tokens.get(self.at + 1), Some((Token::Name(_), _)))
    }

    fn attempt(&mut self) -> Result<What, Fault> {
        let body = self.block()?;
        let mut catches = Vec::new();
        while self.word("except") {
            let mut kinds = Vec::new();
            if self.sign("(") {
                while !self.sign(")") {
                    kinds.push(self.dotted()?);
                    if !self.sign(",") && !self.is(&Token::Sign(")")) {
                        return self.wrong();
                    }
                }
            } else if !self.is(&Token::Sign(":")) {
                kinds.push(self.dotted()?);
            }
            let name = if self.word("as") {
                Some(self.name()?)
            } else {
                None
            };
            catches.push((kinds, name, self.block()?));
        }
        let otherwise = if self.word("else") {
            self.block()?
        } else {
            Vec::new()
        };
        let finally = if self.word("finally") {
            self.block()?
        } else {
            Vec::new()
        };
        if catches.is_empty() && finally.is_empty() {
            return Err(Fault::Syntax(
                "SyntaxError: expected 'except' or 'finally' block".to_owned(),
                self.line(),
            ));
        }
        Ok(What::Try(body, catches, otherwise, finally))
    }

    fn simple(&mut self, block: &mut Block) -> Result<(), Fault> {
        loop {
            let line = self.line();
            let what = self.one()?;
            block.push(Statement { line, what });
            if self.takes(&Token::NewLine) || self.token().is_none() {
                return Ok(());
            }
            if !self.sign(";") {
                return self.wrong();
            }
            if self.takes(&Token::NewLine) {
                return Ok(());
            }
        }
    }

    fn one(&mut self) -> Result<What, Fault> {
        if let Some(Token::Name(word)) = self.token().cloned() {
            match word.as_str() {
                "import" => {
                    self.at += 1;
                    let mut modules = Vec::new();
                    loop {
                        let module = self.dotted()?;
                        let name = if self.word("as") {
                            Some(self.name()?)
                        } else {
                            None
                        };
                        modules.push((module, name));
                        if !self.sign(",") {
                            return Ok(What::Import(modules));
                        }
                    }
                }
                "from" => {
                    self.at += 1;
                    let module = self.dotted()?;
                    if !self.word("import") {
                        return self.wrong();
                    }
                    let bracket = self.sign("(");
                    let mut names = Vec::new();
                    loop {
                        let name = self.name()?;
                        let known = if self.word("as") {
                            self.name()?
                        } else {
                            name.clone()
                        };
                        names.push((name, known));
                        if !self.sign(",") {
                            break;
                        }
                    }
                    if bracket {
                        self.wants(")")?;
                    }
                    return Ok(What::From(module, names));
                }
                "return" => {
                    self.at += 1;
                    return Ok(What::Return(if self.ends() {
                        None
                    } else {
                        Some(self.values()?)
                    }));
                }
                "raise" => {
                    self.at += 1;
                    return Ok(What::Raise(if self.ends() {
                        None
                    } else {
                        Some(self.expression()?)
                    }));
                }
                "assert" => {
                    self.at += 1;
                    let condition = self.expression()?;
                    let message = if self.sign(",") {
                        Some(self.expression()?)
                    } else {
                        None
                    };
                    return Ok(What::Assert(condition, message));
                }
                "del" => {
                    self.at += 1;
                    let mut names = vec![self.name()?];
                    while self.sign(",") {
                        names.push(self.name()?);
                    }
                    return Ok(What::Del(names));
                }
                "pass" | "break" | "continue" => {
                    self.at += 1;
                    return Ok(match word.as_str() {
                        "pass" => What::Pass,
                        "break" => What::Break,
                        _ => What::Continue,
                    });
                }
                "global" | "nonlocal" | "yield" => {
                    return Err(Fault::NotPlayed(format!("`{word}`")));
                }
                _ => {}
            }
        }
        let first = self.values()?;
        for sign in ["+=", "-=", "*=", "/=", "//=", "%=", "@=", "**="] {
            if self.sign(sign) {
                return Ok(What::Change(
                    first,
                    sign.trim_end_matches('='),
                    self.values()?,
                ));
            }
        }
        // `x: int = 1`
        if matches!(first, Expr::Name(_)) && self.sign(":") {
            self.expression()?;
        }
        let mut targets = Vec::new();
        let mut value = first;
        while self.sign("=") {
            targets.push(value);
            value = self.values()?;
        }
        if targets.is_empty() {
            return Ok(What::Value(value));
        }
        let can_be_set = targets.iter().all(|target| match target {
            Expr::Name(_) | Expr::Index(..) | Expr::Attribute(..) => true,
            Expr::Tuple(names) | Expr::List(names) => {
                names.iter().all(|name| matches!(name, Expr::Name(_)))
            }
            _ => false,
        });
        if !can_be_set {
            return Err(Fault::Syntax(
                "SyntaxError: cannot assign to expression here. Maybe you meant '==' instead of '='?"
                    .to_owned(),
                self.line(),
            ));
        }
        Ok(What::Assign(targets, value))
    }

    fn ends(&self) -> bool {
        self.token()
            .is_none_or(|token| matches!(token, Token::NewLine | Token::Sign(";")))
    }

    /// One value, or several with commas, which are a tuple.
    fn values(&mut self) -> Result<Expr, Fault> {
        let first = self.expression()?;
        if !self.is(&Token::Sign(",")) {
            return Ok(first);
        }
        let mut all = vec![first];
        while self.sign(",") {
            if self.ends() || self.is(&Token::Sign("=")) || self.is(&Token::Sign(")")) {
                break;
            }
            all.push(self.expression()?);
        }
        Ok(Expr::Tuple(all))
    }

    /// The names of a loop.
    fn targets(&mut self) -> Result<Expr, Fault> {
        let bracket = self.sign("(");
        let mut names = vec![Expr::Name(self.name()?)];
        while self.sign(",") {
            names.push(Expr::Name(self.name()?));
        }
        if bracket {
            self.wants(")")?;
        }
        Ok(match names.pop() {
            Some(one) if names.is_empty() => one,
            last => Expr::Tuple(names.into_iter().chain(last).collect()),
        })
    }

    fn expression(&mut self) -> Result<Expr, Fault> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault::Syntax(
                "SyntaxError: too many nested parentheses".to_owned(),
                self.line(),
            ));
        }
        if self.has_word("lambda") {
            return Err(Fault::NotPlayed("`lambda`".to_owned()));
        }
        let value = self.either()?;
        let value = if self.word("if") {
            let condition = self.either()?;
            if !self.word("else") {
                return Err(Fault::Syntax(
                    "SyntaxError: expected 'else' after 'if' expression".to_owned(),
                    self.line(),
                ));
            }
            let other = self.expression()?;
            Expr::Choice(Box::new(value), Box::new(condition), Box::new(other))
        } else {
            value
        };
        self.depth -= 1;
        Ok(value)
    }

    fn either(&mut self) -> Result<Expr, Fault> {
        let mut left = self.both()?;
        while self.word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Expr, Fault> {
        let mut left = self.negation()?;
        while self.word("and") {
            left = Expr::And(Box::new(left), Box::new(self.negation()?));
        }
        Ok(left)
    }

    fn negation(&mut self) -> Result<Expr, Fault> {
        let mut count = 0_usize;
        while self.word("not") {
            count += 1;
        }
        let value = self.comparison()?;
        Ok(match count {
            0 => value,
            _ if count % 2 == 1 => Expr::Not(Box::new(value)),
            _ => Expr::Not(Box::new(Expr::Not(Box::new(value)))),
        })
    }

    fn comparison(&mut self) -> Result<Expr, Fault> {
        let first = self.sum()?;
        let mut more = Vec::new();
        loop {
            let sign = ["==", "!=", "<=", ">=", "<", ">"]
                .into_iter()
                .find(|&sign| self.sign(sign));
            let sign = match sign {
                Some(sign) => sign,
                None if self.word("in") => "in",
                None if self.has_word("not")
                    && matches!(self.tokens.get(self.at + 1), Some((Token::Name(next), _)) if next == "in") =>
                {
                    self.at += 2;
                    "not in"
                }
                None if self.word("is") => {
                    if self.word("not") {
                        "!="
                    } else {
                        "=="
                    }
                }
                None => break,
            };
            more.push((sign, self.sum()?));
        }
        Ok(if more.is_empty() {
            first
        } else {
            Expr::Compare(Box::new(first), more)
        })
    }

    fn sum(&mut self) -> Result<Expr, Fault> {
        let mut left = self.product()?;
        while let Some(sign) = ["+", "-"].into_iter().find(|&sign| self.sign(sign)) {
            left = Expr::Sign(sign, Box::new(left), Box::new(self.product()?));
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Expr, Fault> {
        let mut left = self.signed()?;
        while let Some(sign) = ["*", "/", "//", "%", "@"]
            .into_iter()
            .find(|&sign| self.sign(sign))
        {
            left = Expr::Sign(sign, Box::new(left), Box::new(self.signed()?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Expr, Fault> {
        let mut minus = false;
        loop {
            if self.sign("-") {
                minus = !minus;
            } else if !self.sign("+") {
                break;
            }
        }
        let value = self.postfix()?;
        // `-2 ** 2` is `-(2 ** 2)`.
        let value = if self.sign("**") {
            self.depth += 1;
            if self.depth > DEPTH {
                return self.wrong();
            }
            let power = self.signed()?;
            self.depth -= 1;
            Expr::Sign("**", Box::new(value), Box::new(power))
        } else {
            value
        };
        Ok(if minus {
            Expr::Minus(Box::new(value))
        } else {
            value
        })
    }

    fn postfix(&mut self) -> Result<Expr, Fault> {
        let mut value = self.atom()?;
        loop {
            if self.sign(".") {
                value = Expr::Attribute(Box::new(value), self.name()?);
            } else if self.sign("(") {
                let (mut all, mut named) = (Vec::new(), Vec::new());
                while !self.sign(")") {
                    if self.is(&Token::Sign("*")) || self.is(&Token::Sign("**")) {
                        return Err(Fault::NotPlayed("`*` before an argument".to_owned()));
                    }
                    let is_named = matches!(
                        (self.token(), self.tokens.get(self.at + 1)),
                        (Some(Token::Name(_)), Some((Token::Sign("="), _)))
                    );
                    if is_named {
                        let name = self.name()?;
                        self.at += 1;
                        named.push((name, self.expression()?));
                    } else {
                        let one = self.expression()?;
                        all.push(self.each_of(one)?);
                    }
                    if !self.sign(",") && !self.is(&Token::Sign(")")) {
                        self.wants(")")?;
                        break;
                    }
                }
                value = Expr::Call(Box::new(value), all, named);
            } else if self.sign("[") {
                let from = if self.is(&Token::Sign(":")) {
                    None
                } else {
                    Some(Box::new(self.values()?))
                };
                if self.sign(":") {
                    let to = if self.is(&Token::Sign("]")) {
                        None
                    } else {
                        Some(Box::new(self.expression()?))
                    };
                    value = Expr::Slice(Box::new(value), from, to);
                } else if let Some(index) = from {
                    value = Expr::Index(Box::new(value), index);
                }
                self.wants("]")?;
            } else {
                return Ok(value);
            }
        }
    }

    /// What comes of `value for target in values`, where that follows.
    fn each_of(&mut self, value: Expr) -> Result<Expr, Fault> {
        if !self.word("for") {
            return Ok(value);
        }
        let target = self.targets()?;
        if !self.word("in") {
            return self.wrong();
        }
        let values = self.either()?;
        let condition = if self.word("if") {
            Some(Box::new(self.either()?))
        } else {
            None
        };
        Ok(Expr::Each(
            Box::new(value),
            Box::new(target),
            Box::new(values),
            condition,
        ))
    }

    fn atom(&mut self) -> Result<Expr, Fault> {
        let Some(token) = self.token().cloned() else {
            return self.wrong();
        };
        self.at += 1;
        match token {
            Token::Int(number) => Ok(Expr::Int(number)),
            Token::Float(number) => Ok(Expr::Float(number)),
            Token::Text(_) | Token::Format(_) => {
                self.at -= 1;
                self.strings()
            }
            Token::Sign("(") => {
                if self.sign(")") {
                    return Ok(Expr::Tuple(Vec::new()));
                }
                let value = self.values()?;
                let value = self.each_of(value)?;
                self.wants(")")?;
                Ok(value)
            }
            Token::Sign("[") => {
                let mut all = Vec::new();
                while !self.sign("]") {
                    let one = self.expression()?;
                    let one = self.each_of(one)?;
                    if matches!(one, Expr::Each(..)) && all.is_empty() {
                        self.wants("]")?;
                        return Ok(one);
                    }
                    all.push(one);
                    if !self.sign(",") && !self.is(&Token::Sign("]")) {
                        self.wants("]")?;
                        break;
                    }
                }
                Ok(Expr::List(all))
            }
            Token::Sign("{") => {
                let mut all = Vec::new();
                while !self.sign("}") {
                    let key = self.expression()?;
                    if !self.sign(":") {
                        return Err(Fault::NotPlayed("a set".to_owned()));
                    }
                    all.push((key, self.expression()?));
                    if !self.sign(",") && !self.is(&Token::Sign("}")) {
                        self.wants("}")?;
                        break;
                    }
                }
                Ok(Expr::Dict(all))
            }
            Token::Name(name) => match name.as_str() {
                "None" => Ok(Expr::None),
                "True" => Ok(Expr::Bool(true)),
                "False" => Ok(Expr::Bool(false)),
                _ => {
                    self.at -= 1;
                    Ok(Expr::Name(self.name()?))
                }
            },
            _ => {
                self.at -= 1;
                self.wrong()
            }
        }
    }

    /// Strings that stand one behind the other are one.
    fn strings(&mut self) -> Result<Expr, Fault> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut is_format = false;
        loop {
            match self.token().cloned() {
                Some(Token::Text(text)) => pieces.push(Piece::Text(text)),
                Some(Token::Format(text)) => {
                    is_format = true;
                    pieces.extend(self.pieces(&text)?);
                }
                _ => break,
            }
            self.at += 1;
        }
        if is_format {
            return Ok(Expr::Format(pieces));
        }
        let text = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => text,
            Piece::Value(..) => String::new(),
        });
        Ok(Expr::Text(text.collect()))
    }

    fn pieces(&mut self, text: &str) -> Result<Vec<Piece>, Fault> {
        let wrong = |what: &str, line| {
            Err(Fault::Syntax(
                format!("SyntaxError: f-string: {what}"),
                line,
            ))
        };
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            if matches!(c, '{' | '}') && chars.get(at) == Some(&c) {
                plain.push(c);
                at += 1;
                continue;
            }
            if c == '}' {
                return wrong("single '}' is not allowed", self.line());
            }
            if c != '{' {
                plain.push(c);
                continue;
            }
            // Up to the bracket that closes it, outside of strings and other brackets.
            let (mut depth, mut quote, start) = (0_usize, None, at);
            let mut format_at = None;
            let end = loop {
                let Some(&c) = chars.get(at) else {
                    return wrong("expecting '}'", self.line());
                };
                match (quote, c) {
                    (Some(open), _) if c == open => quote = None,
                    (Some(_), _) => {}
                    (None, '\'' | '"') => quote = Some(c),
                    (None, '(' | '[' | '{') => depth += 1,
                    (None, '}') if depth == 0 => break at,
                    (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
                    (None, ':') if depth == 0 && format_at.is_none() => format_at = Some(at),
                    _ => {}
                }
                at += 1;
            };
            at = end + 1;
            let mut inner: String = chars[start..format_at.unwrap_or(end)].iter().collect();
            let format: String =
                format_at.map_or_else(String::new, |at| chars[at + 1..end].iter().collect());
            let is_quoted = inner.ends_with("!r");
            for end in ["!r", "!s"] {
                if let Some(rest) = inner.strip_suffix(end) {
                    inner = rest.to_owned();
                }
            }
            let mut is_quoted = is_quoted;
            let shown = inner.trim_end();
            if let Some(rest) = shown.strip_suffix('=')
                && !rest.ends_with(['=', '!', '<', '>'])
            {
                plain.push_str(&inner);
                is_quoted = format.is_empty();
                inner = rest.to_owned();
            }
            if inner.trim().is_empty() {
                return wrong("valid expression required before '}'", self.line());
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            let tokens = tokens(inner.trim())?;
            let mut reader = Reader {
                tokens: &tokens,
                at: 0,
                depth: self.depth + 1,
            };
            let value = reader.values()?;
            if !reader.takes(&Token::NewLine) {
                return reader.wrong();
            }
            pieces.push(Piece::Value(Box::new(value), is_quoted, format));
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(pieces)
    }
}
