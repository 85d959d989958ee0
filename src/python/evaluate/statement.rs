//! Statements: control flow and binding of names.

use std::rc::Rc;

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtFor, StmtIf, StmtMatch, StmtTry, StmtWhile, StmtWith};

use crate::operation::Arm;
use ruff_text_size::Ranged;

use super::scope::{ModuleId, Scope};
use super::value::{Arguments, Value};
use super::{Interpreter, PendingBody};
use crate::python::parse::span;

/// How often a loop over something known is unrolled.
const MAX_TURNS: usize = 2_000;

/// How deep blocks of statements may nest, those of functions that are called included.
const MAX_BLOCKS: u32 = 400;

/// How a statement ends.
#[derive(Debug, Clone)]
pub(super) enum Flow<'a> {
    Next,
    Break,
    Continue,
    Return(Value<'a>),
    Raise,
}

impl<'a> Interpreter<'a> {
    /// Runs statements in order.
    pub(super) fn block(&mut self, suite: &'a [Stmt], scope: &Rc<Scope<'a>>) -> Flow<'a> {
        if self.blocks == MAX_BLOCKS {
            if let Some(first) = suite.first() {
                self.unresolved_in(span(first.range()), scope, "the code nests too deep to be followed");
            }
            return Flow::Next;
        }
        self.blocks += 1;
        let flow = self.run(suite, scope);
        self.blocks -= 1;
        flow
    }

    fn run(&mut self, suite: &'a [Stmt], scope: &Rc<Scope<'a>>) -> Flow<'a> {
        for statement in suite {
            if !self.step() {
                return Flow::Next;
            }
            match self.statement(statement, scope) {
                Flow::Next => {}
                flow => return flow,
            }
        }
        Flow::Next
    }

    fn statement(&mut self, statement: &'a Stmt, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        match statement {
            Stmt::Expr(node) => return self.expression_statement(&node.value, scope),
            Stmt::Assign(node) => {
                let value = self.expression(&node.value, scope);
                for target in &node.targets {
                    self.assign(target, value.clone(), scope);
                }
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    let value = self.expression(value, scope);
                    self.assign(&node.target, value, scope);
                }
            }
            Stmt::AugAssign(node) => self.augmented(node, scope),
            Stmt::FunctionDef(def) => {
                let value = self.define(def, scope);
                scope.set(def.name.as_str(), value);
            }
            Stmt::ClassDef(class) => {
                let value = self.define_class(class, scope);
                scope.set(class.name.as_str(), value);
            }
            Stmt::Import(import) => self.import(import, scope),
            Stmt::ImportFrom(import) => self.import_from(import, scope),
            Stmt::Return(node) => {
                let value = node.value.as_deref().map_or(Value::None, |value| self.expression(value, scope));
                return Flow::Return(value);
            }
            Stmt::Raise(_) => return Flow::Raise,
            Stmt::Break(_) => return Flow::Break,
            Stmt::Continue(_) => return Flow::Continue,
            Stmt::If(node) => return self.if_statement(node, scope),
            Stmt::For(node) => return self.for_statement(node, scope),
            Stmt::While(node) => return self.while_statement(node, scope),
            Stmt::With(node) => return self.with_items(&node.items, node, scope),
            Stmt::Try(node) => return self.try_statement(node, scope),
            Stmt::Match(node) => return self.match_statement(node, scope),
            Stmt::Assert(node) => {
                self.expression(&node.test, scope);
            }
            Stmt::Global(node) => node.names.iter().for_each(|name| scope.declare_global(name.as_str())),
            Stmt::Nonlocal(node) => node.names.iter().for_each(|name| scope.declare_nonlocal(name.as_str())),
            Stmt::Delete(_) | Stmt::TypeAlias(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
        Flow::Next
    }

    /// A call that stands alone may be one of a function that surely raises.
    fn expression_statement(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        if let Expr::Call(call) = expression {
            self.statement = span(call.range());
            return match self.call_statement(call, scope) {
                Some(_) => Flow::Next,
                None => Flow::Raise,
            };
        }
        self.expression(expression, scope);
        Flow::Next
    }

    /// Binds a target to a value.
    pub(super) fn assign(&mut self, target: &'a Expr, value: Value<'a>, scope: &Rc<Scope<'a>>) {
        match target {
            Expr::Name(name) => scope.set(name.id.as_str(), value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value, scope),
            Expr::List(list) => self.unpack(&list.elts, &value, scope),
            Expr::Starred(starred) => self.assign(&starred.value, value, scope),
            Expr::Subscript(subscript) => {
                let container = self.expression(&subscript.value, scope);
                let key = self.expression(&subscript.slice, scope);
                self.set_item(&container, key, value);
            }
            Expr::Attribute(attribute) => {
                if let Value::Instance(instance) = self.expression(&attribute.value, scope) {
                    instance.attributes.set(attribute.attr.as_str(), value);
                }
            }
            _ => {}
        }
    }

    fn unpack(&mut self, targets: &'a [Expr], value: &Value<'a>, scope: &Rc<Scope<'a>>) {
        let items = value
            .exact_items()
            .map(|items| if self.budget.afford(items.len()) { items.to_vec() } else { Vec::new() });
        let star = targets.iter().position(Expr::is_starred_expr);
        for (i, target) in targets.iter().enumerate() {
            let item = match (&items, star) {
                (Some(items), None) if items.len() == targets.len() => items.get(i).cloned(),
                (Some(items), Some(star)) if items.len() + 1 >= targets.len() => {
                    let after = targets.len() - star - 1;
                    match i.cmp(&star) {
                        std::cmp::Ordering::Less => items.get(i).cloned(),
                        std::cmp::Ordering::Equal => {
                            let middle = items.get(star..items.len() - after).unwrap_or_default().to_vec();
                            Some(Value::list(middle, self.conditional))
                        }
                        std::cmp::Ordering::Greater => items.get(items.len() + i - targets.len()).cloned(),
                    }
                }
                _ => None,
            };
            self.assign(target, item.unwrap_or(Value::Unknown), scope);
        }
    }

    fn augmented(&mut self, node: &'a ruff_python_ast::StmtAugAssign, scope: &Rc<Scope<'a>>) {
        let current = self.expression(&node.target, scope);
        let right = self.expression(&node.value, scope);
        if let Value::List(list) = &current {
            self.extend(list, &right);
            return;
        }
        let value = self.binary(&current, node.op, &right);
        self.assign(&node.target, value, scope);
    }

    fn if_statement(&mut self, node: &'a StmtIf, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        let mut arms: Vec<Option<&'a [Stmt]>> = Vec::new();
        let clauses = node.elif_else_clauses.iter().map(|clause| (clause.test.as_ref(), &*clause.body));
        for (test, body) in std::iter::once((Some(&*node.test), &*node.body)).chain(clauses) {
            let truth = test.map_or(Some(true), |test| self.expression(test, scope).truth());
            match truth {
                Some(true) if arms.is_empty() => return self.block(body, scope),
                Some(true) => {
                    arms.push(Some(body));
                    return self.undecided(&arms, scope);
                }
                Some(false) => {}
                None => arms.push(Some(body)),
            }
        }
        if arms.is_empty() {
            return Flow::Next;
        }
        arms.push(None);
        self.undecided(&arms, scope)
    }

    /// Runs each arm as one that may be the one taken, and goes on with all outcomes.
    fn undecided(&mut self, arms: &[Option<&'a [Stmt]>], scope: &Rc<Scope<'a>>) -> Flow<'a> {
        if !self.charge(scope.len().saturating_mul(2 * arms.len())) {
            return Flow::Next;
        }
        let before = scope.snapshot();
        let mut ways = Vec::with_capacity(arms.len());
        let mut ends = Vec::with_capacity(arms.len());
        let branch = self.branches;
        self.branches += 1;
        let mut going_on = Vec::new();
        for (arm, way) in arms.iter().zip(0..) {
            scope.restore(before.clone());
            let depth = self.arms.len();
            self.enter_arm(Arm { branch, way });
            let flow = self.maybe(|this| arm.map_or(Flow::Next, |body| this.block(body, scope)));
            self.arms.truncate(depth);
            if matches!(flow, Flow::Next) {
                ways.push(scope.snapshot());
            }
            if !matches!(flow, Flow::Return(_) | Flow::Raise) {
                going_on.push(Arm { branch, way });
            }
            ends.push(flow);
        }
        // All others have left the function: the rest of it belongs to this arm.
        if let [arm] = *going_on {
            self.enter_arm(arm);
        }
        if ways.is_empty() {
            scope.restore(before);
        } else {
            scope.join(ways);
        }
        self.combine(ends)
    }

    fn enter_arm(&mut self, arm: Arm) {
        if self.repeats == 0 {
            self.arms.push(arm);
        }
    }

    /// How code goes on after one of several ends was taken.
    fn combine(&mut self, ends: Vec<Flow<'a>>) -> Flow<'a> {
        let goes_on = ends.iter().any(|flow| matches!(flow, Flow::Next));
        let leaves_loop = ends.iter().any(|flow| matches!(flow, Flow::Break | Flow::Continue));
        let mut returned = Vec::new();
        for flow in ends {
            if let Flow::Return(value) = flow {
                returned.push(value);
            }
        }
        if !goes_on && !leaves_loop {
            return if returned.is_empty() { Flow::Raise } else { Flow::Return(Value::one_of(returned)) };
        }
        let mut newly_conditional = 0;
        if let Some(frame) = self.frames.last_mut() {
            if !returned.is_empty() {
                frame.returned.append(&mut returned);
                frame.left_early += 1;
                newly_conditional += 1;
            }
            if leaves_loop
                && goes_on
                && let Some(current) = frame.loops.last_mut()
            {
                *current += 1;
                newly_conditional += 1;
            }
        }
        self.conditional += newly_conditional;
        if goes_on { Flow::Next } else { Flow::Continue }
    }

    fn for_statement(&mut self, node: &'a StmtFor, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        let iterable = self.expression(&node.iter, scope);
        self.send_query(&iterable, span(node.iter.range()), scope);
        let turns = self.turns(&iterable);
        let before = (!turns.certain && self.charge(3 * scope.len())).then(|| scope.snapshot());
        self.begin_loop(!turns.certain);
        let mut left = None;
        for item in turns.items.into_iter().take(MAX_TURNS) {
            self.assign(&node.target, item, scope);
            match self.block(&node.body, scope) {
                Flow::Next | Flow::Continue => {}
                flow => {
                    left = Some(flow);
                    break;
                }
            }
            if self.fuel == 0 {
                break;
            }
        }
        let may_break = self.end_loop(!turns.certain);
        if let Some(before) = before {
            let after = scope.snapshot();
            scope.join(vec![before, after]);
        }
        match left {
            Some(Flow::Break) if turns.certain => Flow::Next,
            Some(Flow::Break) => self.undecided(&[None, Some(&node.orelse)], scope),
            Some(flow) if turns.certain => flow,
            Some(flow) => self.combine(vec![flow, Flow::Next]),
            None if may_break => self.undecided(&[None, Some(&node.orelse)], scope),
            None => self.block(&node.orelse, scope),
        }
    }

    fn begin_loop(&mut self, conditional: bool) {
        self.conditional += u32::from(conditional);
        self.repeats += u32::from(conditional);
        if let Some(frame) = self.frames.last_mut() {
            frame.loops.push(0);
        }
    }

    /// Ends the innermost loop; `true` where one of its turns may have left it early.
    fn end_loop(&mut self, conditional: bool) -> bool {
        let left_early = self.frames.last_mut().and_then(|frame| frame.loops.pop()).unwrap_or_default();
        self.conditional -= left_early + u32::from(conditional);
        self.repeats -= u32::from(conditional);
        left_early > 0
    }

    fn while_statement(&mut self, node: &'a StmtWhile, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        for _ in 0..MAX_TURNS {
            match self.expression(&node.test, scope).truth() {
                Some(false) => return self.block(&node.orelse, scope),
                Some(true) => {
                    let leaving = |this: &Self| this.frames.last().map_or(0, |frame| frame.left_early);
                    let before = leaving(self);
                    self.begin_loop(false);
                    let flow = self.block(&node.body, scope);
                    let broken =
                        self.frames.last().and_then(|frame| frame.loops.last()).is_some_and(|n| *n > 0);
                    // Where only the database tells when the loop ends, one turn shows what it does.
                    let undecided = broken || leaving(self) > before;
                    self.end_loop(false);
                    match flow {
                        Flow::Break => return Flow::Next,
                        Flow::Next | Flow::Continue if undecided => return Flow::Next,
                        Flow::Next | Flow::Continue => {}
                        flow => return flow,
                    }
                    if self.fuel == 0 {
                        return Flow::Next;
                    }
                }
                None => {
                    if !self.charge(3 * scope.len()) {
                        return Flow::Next;
                    }
                    let before = scope.snapshot();
                    self.begin_loop(true);
                    let flow = self.block(&node.body, scope);
                    self.end_loop(true);
                    scope.join(vec![before, scope.snapshot()]);
                    return match flow {
                        Flow::Return(_) => self.combine(vec![flow, Flow::Next]),
                        _ => Flow::Next,
                    };
                }
            }
        }
        self.unresolved_in(
            span(node.range()),
            scope,
            "the loop takes too many turns to be followed to its end",
        );
        Flow::Next
    }

    fn with_items(
        &mut self,
        items: &'a [ruff_python_ast::WithItem],
        node: &'a StmtWith,
        scope: &Rc<Scope<'a>>,
    ) -> Flow<'a> {
        let Some((item, rest)) = items.split_first() else { return self.block(&node.body, scope) };
        let target = item.optional_vars.as_deref();
        if let Expr::Call(call) = &item.context_expr
            && let Value::Function(function) = self.expression(&call.func, scope)
            && function.is_context_manager
        {
            let arguments = self.arguments(&call.arguments, scope);
            let frames = self.frames.len();
            self.pending_bodies.push(PendingBody {
                items: rest,
                target,
                body: &node.body,
                scope: Rc::clone(scope),
                frames,
            });
            let depth = self.pending_bodies.len();
            self.enter(&function, arguments, Self::site(span(call.range()), scope));
            // A generator that never yields runs no body.
            self.pending_bodies.truncate(depth - 1);
            return Flow::Next;
        }
        let manager = self.expression(&item.context_expr, scope);
        let autocommit = matches!(manager, Value::AutocommitBlock);
        let is_suppressing =
            matches!(&manager, Value::Object(object) if &*object.callee == "contextlib.suppress");
        let is_block = autocommit || matches!(manager, Value::Batch(_));
        if is_block && self.recording && is_idle(node) {
            if autocommit {
                self.empty_commits.push(self.operations.len());
            } else if scope.module == ModuleId::Revision {
                self.idle_blocks.push(span(node.range()));
            }
        }
        let entered = match manager {
            Value::Object(object) if object.callee.ends_with("closing") => {
                object.arguments.positional.first().cloned().unwrap_or(Value::Unknown)
            }
            Value::Instance(_) => {
                self.call_method(&manager, "__enter__", Arguments::default(), span(item.range()), scope)
            }
            other => other,
        };
        if let Some(target) = target {
            self.assign(target, entered, scope);
        }
        self.autocommit += u32::from(autocommit);
        self.guards += u32::from(is_suppressing);
        let flow = self.with_items(rest, node, scope);
        self.guards -= u32::from(is_suppressing);
        self.autocommit -= u32::from(autocommit);
        flow
    }

    /// `yield`: hands the value to the `with` statement or the loop that drives the generator.
    pub(super) fn yield_value(&mut self, value: Value<'a>) {
        let drives = self.pending_bodies.last().is_some_and(|body| body.frames + 1 == self.frames.len());
        if drives && let Some(pending) = self.pending_bodies.pop() {
            if let Some(target) = pending.target {
                self.assign(target, value, &pending.scope);
            }
            // The body runs in the frame of the `with`, not in the generator's.
            let generator = self.frames.split_off(pending.frames);
            for item in pending.items {
                let entered = self.expression(&item.context_expr, &pending.scope);
                if let Some(target) = item.optional_vars.as_deref() {
                    self.assign(target, entered, &pending.scope);
                }
            }
            self.block(pending.body, &pending.scope);
            self.frames.extend(generator);
        } else if let Some(frame) = self.frames.last_mut() {
            frame.yielded.push(value);
        }
    }

    fn try_statement(&mut self, node: &'a StmtTry, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        let is_guarded =
            node.handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| goes_on(&handler.body));
        self.guards += u32::from(is_guarded);
        let tried = self.block(&node.body, scope);
        self.guards -= u32::from(is_guarded);
        let body = match tried {
            Flow::Next => self.block(&node.orelse, scope),
            flow => flow,
        };
        if !self.charge(scope.len().saturating_mul(2 * node.handlers.len() + 3)) {
            return Flow::Next;
        }
        let before = scope.snapshot();
        let mut ways = vec![before.clone()];
        let mut ends = vec![body];
        for handler in &node.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            scope.restore(before.clone());
            if let Some(name) = &handler.name {
                scope.set(name.as_str(), Value::Unknown);
            }
            let flow = self.maybe(|this| this.block(&handler.body, scope));
            if matches!(flow, Flow::Next) {
                ways.push(scope.snapshot());
            }
            ends.push(flow);
        }
        scope.join(ways);
        let single = ends.len() == 1;
        let flow = match ends.pop() {
            Some(flow) if single => flow,
            Some(flow) => {
                ends.push(flow);
                self.combine(ends)
            }
            None => Flow::Next,
        };
        match self.block(&node.finalbody, scope) {
            Flow::Next => flow,
            last => last,
        }
    }

    fn match_statement(&mut self, node: &'a StmtMatch, scope: &Rc<Scope<'a>>) -> Flow<'a> {
        let subject = self.expression(&node.subject, scope);
        let mut arms: Vec<Option<&'a [Stmt]>> = Vec::new();
        for case in &node.cases {
            let truth = self.matches(&case.pattern, &subject, scope);
            let guarded = case.guard.is_some();
            match truth {
                Some(false) => {}
                Some(true) if !guarded => {
                    if arms.is_empty() {
                        return self.block(&case.body, scope);
                    }
                    arms.push(Some(&case.body));
                    return self.undecided(&arms, scope);
                }
                _ => arms.push(Some(&case.body)),
            }
        }
        arms.push(None);
        self.undecided(&arms, scope)
    }

    fn matches(
        &mut self,
        pattern: &'a ruff_python_ast::Pattern,
        subject: &Value<'a>,
        scope: &Rc<Scope<'a>>,
    ) -> Option<bool> {
        use ruff_python_ast::Pattern;
        match pattern {
            Pattern::MatchValue(node) => self.expression(&node.value, scope).equals(subject, &self.budget),
            Pattern::MatchAs(node) => {
                let truth =
                    node.pattern.as_deref().map_or(Some(true), |inner| self.matches(inner, subject, scope));
                if let Some(name) = &node.name {
                    scope.set(name.as_str(), subject.clone());
                }
                truth
            }
            Pattern::MatchOr(node) => {
                let truths: Vec<_> =
                    node.patterns.iter().map(|inner| self.matches(inner, subject, scope)).collect();
                if truths.contains(&Some(true)) {
                    Some(true)
                } else if truths.contains(&None) {
                    None
                } else {
                    Some(false)
                }
            }
            _ => None,
        }
    }
}

/// Whether an `except` arm may end without an error: it does not raise whatever it is given.
fn goes_on(body: &[Stmt]) -> bool {
    !body.iter().any(|statement| matches!(statement, Stmt::Raise(_)))
}

/// Whether a `with` statement of one item holds nothing but `pass`, `...` or a text.
fn is_idle(node: &StmtWith) -> bool {
    let is_nothing = |statement: &Stmt| match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(node) => matches!(&*node.value, Expr::EllipsisLiteral(_) | Expr::StringLiteral(_)),
        _ => false,
    };
    node.items.len() == 1 && node.body.iter().all(is_nothing)
}
