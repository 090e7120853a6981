//! Plays commands: lists, pipelines, loops, functions, redirections.

use crate::practice::said::said;
use std::sync::Arc;

use brush_parser::ast;

use super::{DEEPEST, Flow, LONGEST, Shell, Variable, arithmetic, builtins, missing, parse, test};
use crate::practice::budget::Stop;
use crate::practice::process::{CannotRun, Exit, System};
use crate::practice::streams::{Input, Sink};
use crate::practice::tree::{Content, Device, Errno, absolute};

/// The highest number of an element of an array.
const MOST_ELEMENTS: i64 = 1 << 40;

impl Shell {
    /// Reads a text and runs it.
    pub(super) fn text_as_commands(&mut self, system: &mut System, text: &str) -> Result<(), Flow> {
        let (program, cost) = system.read.program(text);
        if !system.spend(cost) {
            return Err(Flow::Stop);
        }
        let program = match program {
            Ok(program) => program,
            Err(error) => {
                let message = match error {
                    parse::Unreadable::Open => "syntax error: unexpected end of file".to_owned(),
                    parse::Unreadable::Syntax(_) if parse::selects(text) => {
                        said("practice-select", &[])
                    }
                    parse::Unreadable::Syntax(near) => {
                        format!("syntax error near unexpected token `{near}'")
                    }
                    parse::Unreadable::TooLong => said(
                        "practice-commands-too-long",
                        &[("most", &(parse::LONGEST >> 10).to_string())],
                    ),
                    parse::Unreadable::TooDeep => said("practice-commands-too-deep", &[]),
                    parse::Unreadable::Nul => said("practice-commands-nul", &[]),
                };
                self.complain(system, &message);
                self.status = 2;
                return Ok(());
            }
        };
        for list in &program.complete_commands {
            match self.list(system, list) {
                // The next line is another matter.
                Err(Flow::Discard) => self.status = 1,
                other => other?,
            }
        }
        Ok(())
    }

    /// Runs a script to its end and says how it ended.
    pub(super) fn run_to_the_end(&mut self, system: &mut System, text: &str) -> Exit {
        let result = self.text_as_commands(system, text);
        self.ended(system, result)
    }

    /// Reads a file into this shell, as `source` does.
    pub(super) fn source(
        &mut self,
        system: &mut System,
        text: &str,
        name: &str,
    ) -> Result<(), Flow> {
        self.deeper(system)?;
        let before = std::mem::replace(&mut self.name, name.to_owned());
        self.sourced += 1;
        let result = self.text_as_commands(system, text);
        self.sourced -= 1;
        self.name = before;
        self.depth -= 1;
        match result {
            Err(Flow::Return(exit)) => {
                self.status = exit;
                Ok(())
            }
            Err(Flow::Failed) => {
                self.status = 1;
                Ok(())
            }
            other => other,
        }
    }

    /// What commands print, as in `$( )`.
    pub(super) fn output_of(&mut self, system: &mut System, text: &str) -> Result<Vec<u8>, Flow> {
        let (pipe, sink) = Sink::pipe();
        let mut shell = self.subshell(system)?;
        shell.streams.stdout = sink;
        let exit = shell.run_to_the_end(system, text);
        self.status = exit;
        if system.stopped.is_some() {
            return Err(Flow::Stop);
        }
        if pipe.borrow().overflowed {
            system.stopped = Some(Stop::Printed);
            return Err(Flow::Stop);
        }
        Ok(std::mem::take(&mut pipe.borrow_mut().bytes))
    }

    pub(super) fn subshell(&mut self, system: &mut System) -> Result<Self, Flow> {
        self.deeper(system)?;
        // What it shares now it copies as soon as it changes something.
        let copied = self.params.len() / 4 + self.variables.len() / 8;
        if !system.spend(copied as u64) {
            self.depth -= 1;
            return Err(Flow::Stop);
        }
        let mut shell = self.clone();
        shell.traps.clear();
        shell.beside.clear();
        self.depth -= 1;
        Ok(shell)
    }

    fn deeper(&mut self, system: &mut System) -> Result<(), Flow> {
        self.depth += 1;
        if self.depth > DEEPEST {
            system.stopped.get_or_insert(Stop::Depth);
        }
        if system.spend(20) {
            Ok(())
        } else {
            self.depth -= 1;
            Err(Flow::Stop)
        }
    }

    pub(super) fn list(
        &mut self,
        system: &mut System,
        list: &ast::CompoundList,
    ) -> Result<(), Flow> {
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            if matches!(separator, ast::SeparatorOperator::Async) {
                self.job(system, and_or)?;
                continue;
            }
            self.and_or(system, and_or)?;
        }
        Ok(())
    }

    pub(super) fn and_or(
        &mut self,
        system: &mut System,
        list: &ast::AndOrList,
    ) -> Result<(), Flow> {
        let more = !list.additional.is_empty();
        self.pipeline(system, &list.first, more)?;
        let last = list.additional.len();
        for (index, item) in list.additional.iter().enumerate() {
            let (pipeline, runs) = match item {
                ast::AndOr::And(pipeline) => (pipeline, self.status == 0),
                ast::AndOr::Or(pipeline) => (pipeline, self.status != 0),
            };
            if runs {
                self.pipeline(system, pipeline, index + 1 < last)?;
            }
        }
        Ok(())
    }

    fn pipeline(
        &mut self,
        system: &mut System,
        pipeline: &ast::Pipeline,
        looked_at: bool,
    ) -> Result<(), Flow> {
        if !system.step() {
            return Err(Flow::Stop);
        }
        let before = self.looked_at;
        let started = system.machine.clock;
        self.looked_at = before || looked_at || pipeline.bang;
        let is_one = pipeline.seq.len() == 1;
        let result = if let [command] = pipeline.seq.as_slice() {
            self.command(system, command)
        } else {
            self.pipe(system, &pipeline.seq)
        };
        self.looked_at = before;
        match result {
            Err(Flow::Failed) => self.status = 1,
            other => other?,
        }
        if system.stopped.is_some() || system.power.is_some() {
            return Err(Flow::Stop);
        }
        if is_one {
            self.pipe_status.clear();
            self.pipe_status.push(self.status);
        }
        if pipeline.bang {
            self.status = Exit::from(self.status == 0);
        }
        if pipeline.timed.is_some() {
            let took = system.machine.clock - started;
            let text = format!(
                "\nreal\t{}m{}.004s\nuser\t0m0.002s\nsys\t0m0.002s\n",
                took / 60,
                took % 60
            );
            let sink = self.streams.stderr.clone();
            let _ = system.write(&sink, text.as_bytes());
        }
        if self.status != 0 && !looked_at && !before && !pipeline.bang {
            if !self.traps.is_empty() {
                self.trap_failure(system)?;
            }
            if self.options.errexit {
                return Err(Flow::Exit(self.status));
            }
        }
        Ok(())
    }

    /// Runs commands that are joined by `|`, one after the other. What never ends is cut where its reader stops.
    fn pipe(&mut self, system: &mut System, commands: &[ast::Command]) -> Result<(), Flow> {
        let mut input: Option<Input> = None;
        let mut endless = false;
        let mut failed = 0;
        let mut statuses = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let is_last = index + 1 == commands.len();
            let mut shell = self.subshell(system)?;
            if let Some(input) = &input {
                shell.streams.stdin = input.clone();
            }
            let (pipe, sink) = Sink::pipe();
            let mut aside = 0;
            if !is_last {
                shell.streams.stdout = sink;
                aside = system.budget.set_aside(system.budget.left() / 2);
            }
            let result = shell.command(system, command);
            let exit = match result {
                Err(Flow::Stop) => shell.status,
                result => shell.ended(system, result),
            };
            statuses.push(exit);
            system.budget.give_back(aside);
            let cut_short = if is_last {
                false
            } else if system.stopped == Some(Stop::Steps) {
                system.stopped = None;
                true
            } else {
                pipe.borrow().overflowed
            };
            // A reader that has read all of what never ends would still be reading.
            if endless && input.as_ref().is_some_and(Input::drained) {
                system.stopped.get_or_insert(Stop::Steps);
            }
            if system.stopped.is_some() {
                return Err(Flow::Stop);
            }
            endless = cut_short;
            if exit != 0 {
                failed = exit;
            }
            self.status = exit;
            input = Some(Input::bytes(std::mem::take(&mut pipe.borrow_mut().bytes)));
        }
        self.pipe_status = statuses;
        if self.options.pipefail && failed != 0 {
            self.status = failed;
        }
        Ok(())
    }

    fn command(&mut self, system: &mut System, command: &ast::Command) -> Result<(), Flow> {
        let before = self.beside.len();
        let result = self.one_command(system, command);
        if self.beside.len() > before {
            self.end_processes(system, before);
        }
        result
    }

    fn one_command(&mut self, system: &mut System, command: &ast::Command) -> Result<(), Flow> {
        match command {
            ast::Command::Simple(simple) => self.simple(system, simple),
            ast::Command::Compound(compound, redirects) => {
                let redirects = redirects.as_ref().map_or(&[][..], |list| &list.0);
                self.redirected(system, redirects, |shell, system| {
                    shell.compound(system, compound)
                })
            }
            ast::Command::Function(function) => {
                let name = function.fname.value.clone();
                Arc::make_mut(&mut self.functions).insert(name, Arc::new(function.body.clone()));
                self.status = 0;
                Ok(())
            }
            ast::Command::ExtendedTest(expression, redirects) => {
                let redirects = redirects.as_ref().map_or(&[][..], |list| &list.0);
                self.redirected(system, redirects, |shell, system| {
                    let is = test::extended(shell, system, &expression.expr)?;
                    shell.status = Exit::from(!is);
                    Ok(())
                })
            }
        }
    }

    fn compound(
        &mut self,
        system: &mut System,
        compound: &ast::CompoundCommand,
    ) -> Result<(), Flow> {
        match compound {
            ast::CompoundCommand::BraceGroup(group) => self.list(system, &group.list),
            ast::CompoundCommand::Subshell(subshell) => {
                let mut shell = self.subshell(system)?;
                shell.locals.clear();
                match shell.list(system, &subshell.list) {
                    Err(Flow::Stop) => return Err(Flow::Stop),
                    result => self.status = shell.ended(system, result),
                }
                Ok(())
            }
            ast::CompoundCommand::IfClause(clause) => self.if_clause(system, clause),
            ast::CompoundCommand::WhileClause(clause) => self.loops(system, clause, true),
            ast::CompoundCommand::UntilClause(clause) => self.loops(system, clause, false),
            ast::CompoundCommand::ForClause(clause) => {
                let mut values = Vec::new();
                match &clause.values {
                    Some(words) => {
                        for word in words {
                            values.extend(self.words(system, word)?);
                        }
                    }
                    None => values.clone_from(&self.params),
                }
                self.status = 0;
                for value in values {
                    self.assign(system, &clause.variable_name, value)?;
                    if self.one_turn(system, &clause.body.list)? {
                        break;
                    }
                }
                Ok(())
            }
            ast::CompoundCommand::ArithmeticForClause(clause) => {
                let of = |expression: &Option<ast::UnexpandedArithmeticExpr>| {
                    expression
                        .as_ref()
                        .map(|expression| expression.value.clone())
                };
                if let Some(first) = of(&clause.initializer) {
                    self.computed(system, &first)?;
                }
                self.status = 0;
                loop {
                    if let Some(condition) = of(&clause.condition)
                        && self.computed(system, &condition)? == 0
                    {
                        return Ok(());
                    }
                    if self.one_turn(system, &clause.body.list)? {
                        return Ok(());
                    }
                    if let Some(next) = of(&clause.updater) {
                        self.computed(system, &next)?;
                    }
                }
            }
            ast::CompoundCommand::CaseClause(clause) => self.case(system, clause),
            ast::CompoundCommand::Arithmetic(command) => {
                let number = self.computed(system, &command.expr.value)?;
                self.status = Exit::from(number == 0);
                Ok(())
            }
            ast::CompoundCommand::Coprocess(_) => Err(self.unsupported(system, "practice-coproc")),
        }
    }

    fn computed(&mut self, system: &mut System, text: &str) -> Result<i64, Flow> {
        let text = self.text_of_arithmetic(system, text)?;
        arithmetic::value(self, system, &text).map_err(|message| {
            self.complain(system, &format!("((: {message}"));
            Flow::Failed
        })
    }

    fn if_clause(
        &mut self,
        system: &mut System,
        clause: &ast::IfClauseCommand,
    ) -> Result<(), Flow> {
        if self.holds(system, &clause.condition)? {
            return self.list(system, &clause.then);
        }
        for other in clause.elses.iter().flatten() {
            let runs = match &other.condition {
                Some(condition) => self.holds(system, condition)?,
                None => true,
            };
            if runs {
                return self.list(system, &other.body);
            }
        }
        self.status = 0;
        Ok(())
    }

    fn holds(&mut self, system: &mut System, condition: &ast::CompoundList) -> Result<bool, Flow> {
        let before = std::mem::replace(&mut self.looked_at, true);
        let result = self.list(system, condition);
        self.looked_at = before;
        result?;
        Ok(self.status == 0)
    }

    fn loops(
        &mut self,
        system: &mut System,
        clause: &ast::WhileOrUntilClauseCommand,
        while_true: bool,
    ) -> Result<(), Flow> {
        let mut status = 0;
        loop {
            match self.holds(system, &clause.0) {
                Ok(holds) if holds != while_true => break,
                Ok(_) => {}
                Err(Flow::Break(n)) if n > 1 => return Err(Flow::Break(n - 1)),
                Err(Flow::Break(_)) => break,
                Err(other) => return Err(other),
            }
            let leaves = self.one_turn(system, &clause.1.list)?;
            status = self.status;
            if leaves {
                break;
            }
        }
        self.status = status;
        Ok(())
    }

    /// Runs the body of a loop; whether the loop is left.
    fn one_turn(&mut self, system: &mut System, body: &ast::CompoundList) -> Result<bool, Flow> {
        if !system.spend(2) {
            return Err(Flow::Stop);
        }
        match self.list(system, body) {
            Ok(()) => Ok(false),
            Err(Flow::Break(n)) if n > 1 => Err(Flow::Break(n - 1)),
            Err(Flow::Break(_)) => Ok(true),
            Err(Flow::Continue(n)) if n > 1 => Err(Flow::Continue(n - 1)),
            Err(Flow::Continue(_)) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn case(&mut self, system: &mut System, clause: &ast::CaseClauseCommand) -> Result<(), Flow> {
        let value = self.text(system, &clause.value.value)?;
        self.status = 0;
        let mut falls_through = false;
        for item in &clause.cases {
            let mut fits = falls_through;
            for pattern in &item.patterns {
                if fits {
                    break;
                }
                fits = self.fits(system, &pattern.value, &value)?;
            }
            if !fits {
                continue;
            }
            if let Some(list) = &item.cmd {
                self.list(system, list)?;
            }
            match item.post_action {
                ast::CaseItemPostAction::ExitCase => return Ok(()),
                ast::CaseItemPostAction::UnconditionallyExecuteNextCaseItem => {
                    falls_through = true;
                }
                ast::CaseItemPostAction::ContinueEvaluatingCases => falls_through = false,
            }
        }
        Ok(())
    }

    /// Runs something with its streams redirected.
    fn redirected(
        &mut self,
        system: &mut System,
        redirects: &[ast::IoRedirect],
        run: impl FnOnce(&mut Self, &mut System) -> Result<(), Flow>,
    ) -> Result<(), Flow> {
        if redirects.is_empty() {
            return run(self, system);
        }
        let before = self.streams.clone();
        let mut result = Ok(());
        for redirect in redirects {
            result = self.redirect(system, redirect);
            if result.is_err() {
                break;
            }
        }
        let result = result.and_then(|()| run(self, system));
        self.streams = before;
        result
    }

    fn redirect(&mut self, system: &mut System, redirect: &ast::IoRedirect) -> Result<(), Flow> {
        match redirect {
            ast::IoRedirect::File(fd, kind, target) => {
                use ast::IoFileRedirectKind as Kind;
                let name = match target {
                    ast::IoFileRedirectTarget::Filename(word)
                    | ast::IoFileRedirectTarget::Duplicate(word) => {
                        self.text(system, &word.value)?
                    }
                    ast::IoFileRedirectTarget::Fd(fd) => fd.to_string(),
                    ast::IoFileRedirectTarget::ProcessSubstitution(kind, command) => {
                        self.process_beside(system, kind, command)?
                    }
                };
                match kind {
                    Kind::Read => {
                        let input = self.open_input(system, &name)?;
                        self.set_input(*fd, input);
                    }
                    Kind::ReadAndWrite => {
                        return Err(self.unsupported(system, "practice-read-and-write"));
                    }
                    Kind::Write | Kind::Clobber | Kind::Append => {
                        let append = matches!(kind, Kind::Append);
                        let keep = self.options.noclobber && matches!(kind, Kind::Write);
                        let sink = self.open_output(system, &name, append, keep)?;
                        self.set_stream(fd.unwrap_or(1), sink);
                    }
                    Kind::DuplicateOutput => {
                        if let (Some(fd @ 3..), "-") = (fd, name.as_str()) {
                            self.streams.more.remove(fd);
                            self.streams.inputs.remove(fd);
                            return Ok(());
                        }
                        let sink = match name.as_str() {
                            "1" => self.streams.stdout.clone(),
                            "2" => self.streams.stderr.clone(),
                            "-" => Sink::Failing(Errno::BadDescriptor),
                            other => match other
                                .parse()
                                .ok()
                                .and_then(|fd: i32| self.streams.more.get(&fd).cloned())
                            {
                                Some(sink) => sink,
                                // `>& file` is `&> file`.
                                None if other.parse::<i32>().is_err() => {
                                    let sink = self.open_output(system, other, false, false)?;
                                    self.streams.stderr = sink.clone();
                                    sink
                                }
                                None => {
                                    self.complain(system, &format!("{other}: Bad file descriptor"));
                                    return Err(Flow::Failed);
                                }
                            },
                        };
                        self.set_stream(fd.unwrap_or(1), sink);
                    }
                    Kind::DuplicateInput => {
                        if name == "-" {
                            match fd {
                                None | Some(0) => self.streams.stdin = Input::empty(),
                                Some(fd) => {
                                    self.streams.inputs.remove(fd);
                                    self.streams.more.remove(fd);
                                }
                            }
                        } else if name != "0" {
                            let other = name.parse().ok();
                            let Some(input) =
                                other.and_then(|fd: i32| self.streams.inputs.get(&fd).cloned())
                            else {
                                self.complain(system, &format!("{name}: Bad file descriptor"));
                                return Err(Flow::Failed);
                            };
                            self.set_input(*fd, input);
                        }
                    }
                }
            }
            ast::IoRedirect::HereDocument(fd, document) => {
                let text = if document.requires_expansion {
                    self.here_document(system, &document.doc.value)?
                } else {
                    document.doc.value.clone()
                };
                self.set_input(*fd, Input::bytes(text.into_bytes()));
            }
            ast::IoRedirect::HereString(fd, word) => {
                let text = self.text(system, &word.value)?;
                self.set_input(*fd, Input::bytes(format!("{text}\n").into_bytes()));
            }
            ast::IoRedirect::OutputAndError(word, append) => {
                let name = self.text(system, &word.value)?;
                let sink = self.open_output(system, &name, *append, false)?;
                self.streams.stdout = sink.clone();
                self.streams.stderr = sink;
            }
        }
        Ok(())
    }

    fn set_input(&mut self, fd: Option<i32>, input: Input) {
        match fd {
            None | Some(0) => self.streams.stdin = input,
            Some(fd) => {
                self.streams.inputs.insert(fd, input);
            }
        }
    }

    fn set_stream(&mut self, fd: i32, sink: Sink) {
        match fd {
            1 => self.streams.stdout = sink,
            2 => self.streams.stderr = sink,
            fd => {
                self.streams.more.insert(fd, sink);
            }
        }
    }

    fn open_input(&mut self, system: &mut System, name: &str) -> Result<Input, Flow> {
        let path = absolute(&self.cwd, name);
        if let Ok(node) = system.machine.tree.get(&path)
            && let Content::Device(device) = node.content
        {
            return match device {
                Device::Terminal => Ok(Input::terminal()),
                Device::Zero | Device::Random => {
                    Err(self.unsupported(system, "practice-endless-device"))
                }
                _ => Ok(Input::empty()),
            };
        }
        match system.machine.files(self.user, &self.cwd).read(name) {
            Ok(bytes) => Ok(Input::bytes(bytes)),
            // What is in a file that was not recorded nobody knows.
            Err(Errno::Untold) => Ok(Input::empty()),
            Err(errno) => {
                self.complain(system, &format!("{name}: {errno}"));
                Err(Flow::Failed)
            }
        }
    }

    fn open_output(
        &mut self,
        system: &mut System,
        name: &str,
        append: bool,
        keep: bool,
    ) -> Result<Sink, Flow> {
        // To look a file up and to make it takes longer than most commands do.
        if !system.spend(30) {
            return Err(Flow::Stop);
        }
        let path = absolute(&self.cwd, name);
        match path.as_str() {
            "/dev/stdout" => return Ok(self.streams.stdout.clone()),
            "/dev/stderr" => return Ok(self.streams.stderr.clone()),
            _ => {}
        }
        if let Ok(node) = system.machine.tree.get(&path) {
            match node.content {
                Content::Device(Device::Full) => return Ok(Sink::Failing(Errno::NoSpace)),
                Content::Device(Device::Terminal) => {
                    return Ok(Sink::Screen(crate::practice::Stream::Out));
                }
                Content::Device(_) => return Ok(Sink::Null),
                Content::File(_) if keep => {
                    self.complain(system, &format!("{name}: cannot overwrite existing file"));
                    return Err(Flow::Failed);
                }
                _ => {}
            }
        }
        let mut files = system.machine.files(self.user, &self.cwd);
        let opened = if append && files.get(name).is_ok() {
            files.may_write(name)
        } else {
            files.write(name, b"", false)
        };
        let real = opened.and_then(|()| system.machine.tree.real_path(&path));
        match real {
            Ok(real) => Ok(Sink::File(real)),
            Err(errno) => {
                self.complain(system, &format!("{name}: {errno}"));
                Err(Flow::Failed)
            }
        }
    }

    fn simple(&mut self, system: &mut System, simple: &ast::SimpleCommand) -> Result<(), Flow> {
        if let Some(expanded) = self.without_alias(simple) {
            return match expanded {
                Aliased::Simple(simple) => self.simple_command(system, &simple),
                Aliased::Text(text) => self.text_as_commands(system, &text),
            };
        }
        self.simple_command(system, simple)
    }

    fn simple_command(
        &mut self,
        system: &mut System,
        simple: &ast::SimpleCommand,
    ) -> Result<(), Flow> {
        let mut redirects = Vec::new();
        let mut assignments = Vec::new();
        let mut args = Vec::new();
        let declares = simple
            .word_or_name
            .as_ref()
            .is_some_and(|word| builtins::declares(&word.value));
        for item in simple.prefix.iter().flat_map(|prefix| &prefix.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                    redirects.push(redirect.clone());
                }
                ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, _) => {
                    assignments.push(assignment);
                }
                ast::CommandPrefixOrSuffixItem::Word(word) => {
                    args.extend(self.words(system, word)?);
                }
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(kind, command) => {
                    args.push(self.process_beside(system, kind, command)?);
                }
            }
        }
        let mut arrays = Vec::new();
        if let Some(word) = &simple.word_or_name {
            args.extend(self.words(system, word)?);
        }
        for item in simple.suffix.iter().flat_map(|suffix| &suffix.0) {
            match item {
                ast::CommandPrefixOrSuffixItem::IoRedirect(redirect) => {
                    redirects.push(redirect.clone());
                }
                ast::CommandPrefixOrSuffixItem::Word(word) => {
                    args.extend(self.words(system, word)?);
                }
                ast::CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) => {
                    if !declares {
                        args.extend(self.words(system, word)?);
                        continue;
                    }
                    let ast::AssignmentName::VariableName(name) = &assignment.name else {
                        args.extend(self.words(system, word)?);
                        continue;
                    };
                    match &assignment.value {
                        ast::AssignmentValue::Scalar(value) => {
                            let mut value = self.value(system, &value.value)?;
                            if assignment.append {
                                value = self.get(name).unwrap_or_default() + &value;
                            }
                            args.push(format!("{name}={value}"));
                        }
                        ast::AssignmentValue::Array(_) => {
                            args.push(name.clone());
                            arrays.push(assignment.clone());
                        }
                    }
                }
                ast::CommandPrefixOrSuffixItem::ProcessSubstitution(kind, command) => {
                    args.push(self.process_beside(system, kind, command)?);
                }
            }
        }
        if args.len() == 1 && args[0] == "exec" {
            // The redirections are this shell's from now on.
            for redirect in &redirects {
                self.redirect(system, redirect)?;
            }
            self.status = 0;
            return Ok(());
        }
        if args.is_empty() {
            // Only assignments: they stay.
            self.status = 0;
            for assignment in assignments {
                self.assignment(system, assignment)?;
            }
            let status = self.status;
            return self.redirected(system, &redirects, |shell, _| {
                shell.status = status;
                Ok(())
            });
        }
        if self.options.xtrace {
            let sink = self.streams.stderr.clone();
            let _ = system.write(&sink, format!("+ {}\n", args.join(" ")).as_bytes());
        }
        let before: Vec<(String, Option<Variable>)> = assignments
            .iter()
            .map(|assignment| {
                let name = assigned(assignment).to_owned();
                let value = self.variables.get(&name).cloned();
                (name, value)
            })
            .collect();
        let temporary = !builtins::is_special(&args[0]);
        for assignment in &assignments {
            self.assignment(system, assignment)?;
            if let Some(variable) = self.variables_mut().get_mut(assigned(assignment)) {
                variable.exported = true;
            }
        }
        self.last_word.clear();
        self.last_word
            .push_str(args.last().map_or("", String::as_str));
        let result = self.redirected(system, &redirects, |shell, system| {
            shell.invoke(system, args)
        });
        for assignment in &arrays {
            self.assignment(system, assignment)?;
        }
        if temporary {
            for (name, value) in before.into_iter().rev() {
                match value {
                    Some(value) => self.variables_mut().insert(name, value),
                    None => self.variables_mut().remove(&name),
                };
            }
        }
        result
    }

    fn assignment(
        &mut self,
        system: &mut System,
        assignment: &ast::Assignment,
    ) -> Result<(), Flow> {
        let name = assigned(assignment).to_owned();
        match (&assignment.name, &assignment.value) {
            (ast::AssignmentName::VariableName(_), ast::AssignmentValue::Scalar(word)) => {
                let mut value = self.value(system, &word.value)?;
                if assignment.append {
                    let old = self.variables.get(&name);
                    let plus = if old.is_some_and(|old| old.integer) {
                        "+"
                    } else {
                        ""
                    };
                    value = format!("{}{plus}{value}", self.get(&name).unwrap_or_default());
                }
                let is_fixed = self.variables.get(&name).is_some_and(|old| old.readonly);
                self.assign(system, &name, value)
                    .map_err(|flow| match flow {
                        Flow::Failed if is_fixed => Flow::Discard,
                        flow => flow,
                    })
            }
            (ast::AssignmentName::VariableName(_), ast::AssignmentValue::Array(words)) => {
                let mut variable = self.variables.get(&name).cloned().unwrap_or_default();
                if assignment.append {
                    variable.become_list();
                } else {
                    variable.clear();
                }
                let mut size = 0;
                for (key, word) in words {
                    let Some(key) = key else {
                        for value in self.words(system, word)? {
                            size += value.len();
                            variable.push(value);
                        }
                        continue;
                    };
                    let value = self.value(system, &word.value)?;
                    size += value.len();
                    if variable.is_table() {
                        let key = self.text(system, &key.value)?;
                        variable.set_key(key, value);
                    } else {
                        let index = self.computed(system, &key.value)?;
                        if !(0..MOST_ELEMENTS).contains(&index) || !variable.set_at(index, value) {
                            self.complain(system, &format!("{name}: bad array subscript"));
                            return Err(Flow::Failed);
                        }
                    }
                }
                let keys = variable.keys().len();
                if size > LONGEST || !system.spend((keys + size / 64) as u64) {
                    system.stopped.get_or_insert(Stop::Steps);
                    return Err(Flow::Stop);
                }
                self.variables_mut().insert(name, variable);
                Ok(())
            }
            (
                ast::AssignmentName::ArrayElementName(_, index),
                ast::AssignmentValue::Scalar(word),
            ) => {
                let mut value = self.value(system, &word.value)?;
                let shared = self.variables.get(&name).map_or(0, |variable| {
                    variable.shared(Arc::strong_count(&self.variables) > 1)
                });
                let cost = 2 + value.len() / 64 + shared / 2;
                if value.len() > LONGEST || !system.spend(cost as u64) {
                    system.stopped.get_or_insert(Stop::Printed);
                    return Err(Flow::Stop);
                }
                if self.variables.get(&name).is_some_and(Variable::is_table) {
                    let key = self.text(system, index)?;
                    let variable = self.variables_mut().entry(name).or_default();
                    if assignment.append {
                        value = variable.of_key(&key).unwrap_or_default().to_owned() + &value;
                    }
                    variable.set_key(key, value);
                    return Ok(());
                }
                let index = self.computed(system, index)?;
                if assignment.append {
                    value = self.element(&name, index).unwrap_or_default() + &value;
                }
                if !self.set_element(&name, index, value) {
                    self.complain(system, &format!("{name}: bad array subscript"));
                    return Err(Flow::Failed);
                }
                Ok(())
            }
            (ast::AssignmentName::ArrayElementName(..), ast::AssignmentValue::Array(_)) => {
                self.complain(
                    system,
                    &format!("{name}: cannot assign list to array member"),
                );
                Err(Flow::Failed)
            }
        }
    }

    /// An element of an array.
    pub(super) fn element(&self, name: &str, index: i64) -> Option<String> {
        if name == "PIPESTATUS" {
            let place = usize::try_from(index).ok()?;
            return self.pipe_status.get(place).map(ToString::to_string);
        }
        self.variables.get(name)?.at(index).map(str::to_owned)
    }

    /// Sets an element of an array; `false` where there can be none of this number.
    pub(super) fn set_element(&mut self, name: &str, index: i64, value: String) -> bool {
        index < MOST_ELEMENTS
            && self
                .variables_mut()
                .entry(name.to_owned())
                .or_default()
                .set_at(index, value)
    }

    /// Runs a command whose words are known: a function, a builtin, a program.
    pub(super) fn invoke(&mut self, system: &mut System, args: Vec<String>) -> Result<(), Flow> {
        let name = args[0].clone();
        if let Some(function) = self.functions.get(&name).cloned() {
            return self.function(system, &function, &args);
        }
        if let Some(builtin) = builtins::find(&name) {
            if !system.spend(1) {
                return Err(Flow::Stop);
            }
            return builtin(self, system, &args);
        }
        self.program(system, args)
    }

    fn function(
        &mut self,
        system: &mut System,
        function: &ast::FunctionBody,
        args: &[String],
    ) -> Result<(), Flow> {
        self.deeper(system)?;
        if !system.spend(args.len() as u64 / 4) {
            self.depth -= 1;
            return Err(Flow::Stop);
        }
        let params = std::mem::replace(&mut self.params, args[1..].to_vec());
        self.locals.push(Vec::new());
        let redirects = function.1.as_ref().map_or(&[][..], |list| &list.0);
        let result = self.redirected(system, redirects, |shell, system| {
            shell.compound(system, &function.0)
        });
        for (name, value) in self.locals.pop().unwrap_or_default().into_iter().rev() {
            match value {
                Some(value) => self.variables_mut().insert(name, value),
                None => self.variables_mut().remove(&name),
            };
        }
        self.params = params;
        self.depth -= 1;
        match result {
            Err(Flow::Return(exit)) => {
                self.status = exit;
                Ok(())
            }
            other => other,
        }
    }

    /// Runs a program by its name.
    pub(super) fn program(&mut self, system: &mut System, args: Vec<String>) -> Result<(), Flow> {
        let name = args[0].clone();
        // The environment is copied, and the words are.
        if !system.spend((self.variables.len() + args.len()) as u64 / 4) {
            return Err(Flow::Stop);
        }
        let process = self.process();
        self.status = match system.run(process, args) {
            Ok(exit) => exit,
            Err(CannotRun::NoCommand) => {
                let text = missing::command(self, system, &name);
                let sink = self.streams.stderr.clone();
                let _ = system.write(&sink, text.as_bytes());
                127
            }
            Err(CannotRun::File(errno)) => {
                self.complain(system, &format!("{name}: {errno}"));
                if errno == Errno::NotFound { 127 } else { 126 }
            }
            Err(CannotRun::BadInterpreter(interpreter)) => {
                self.complain(
                    system,
                    &format!("{name}: {interpreter}: bad interpreter: No such file or directory"),
                );
                126
            }
            Err(CannotRun::NotPlayed) => {
                let text = missing::not_played(system, &name);
                let sink = self.streams.stderr.clone();
                let _ = system.write(&sink, text.as_bytes());
                126
            }
        };
        if system.stopped.is_some() || system.power.is_some() {
            return Err(Flow::Stop);
        }
        Ok(())
    }

    /// The command that stands for one whose first word is an alias.
    fn without_alias(&self, simple: &ast::SimpleCommand) -> Option<Aliased> {
        if !self.interactive || self.aliases.is_empty() {
            return None;
        }
        let is_alias = |word: &ast::Word| self.aliases.contains_key(&word.value);
        if !simple.word_or_name.as_ref().is_some_and(is_alias) {
            return None;
        }
        let mut simple = simple.clone();
        let mut seen: Vec<String> = Vec::new();
        let mut changed = false;
        while let Some(word) = simple.word_or_name.clone()
            && !seen.contains(&word.value)
            && let Some(alias) = self.aliases.get(&word.value)
        {
            changed = true;
            seen.push(word.value.clone());
            let program = parse::program(alias).ok()?;
            let only = match program.complete_commands.as_slice() {
                [ast::CompoundList(items)] => match items.as_slice() {
                    [ast::CompoundListItem(list, ast::SeparatorOperator::Sequence)]
                        if list.additional.is_empty() && !list.first.bang =>
                    {
                        match list.first.seq.as_slice() {
                            [ast::Command::Simple(only)] => Some(only.clone()),
                            _ => None,
                        }
                    }
                    _ => None,
                },
                _ => None,
            };
            match only {
                Some(only) => {
                    let mut suffix = only.suffix.map(|suffix| suffix.0).unwrap_or_default();
                    suffix.extend(
                        simple
                            .suffix
                            .take()
                            .map(|suffix| suffix.0)
                            .unwrap_or_default(),
                    );
                    let mut prefix = simple
                        .prefix
                        .take()
                        .map(|prefix| prefix.0)
                        .unwrap_or_default();
                    prefix.extend(only.prefix.map(|prefix| prefix.0).unwrap_or_default());
                    simple = ast::SimpleCommand {
                        prefix: (!prefix.is_empty()).then_some(ast::CommandPrefix(prefix)),
                        word_or_name: only.word_or_name,
                        suffix: (!suffix.is_empty()).then_some(ast::CommandSuffix(suffix)),
                    };
                }
                None => {
                    let rest = simple
                        .suffix
                        .map(|suffix| suffix.to_string())
                        .unwrap_or_default();
                    return Some(Aliased::Text(format!("{alias} {rest}")));
                }
            }
        }
        changed.then_some(Aliased::Simple(simple))
    }
}

enum Aliased {
    Simple(ast::SimpleCommand),
    Text(String),
}

fn assigned(assignment: &ast::Assignment) -> &str {
    match &assignment.name {
        ast::AssignmentName::VariableName(name)
        | ast::AssignmentName::ArrayElementName(name, _) => name,
    }
}
