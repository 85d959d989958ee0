//! The parts of a normalised module, and which of them differ.

use std::collections::BTreeSet;

use ruff_python_ast::comparable::{ComparableExpr, ComparableStmt};
use ruff_python_ast::identifier::Identifier as _;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{self as ast, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use super::canonical::Canonical;
use super::normal::Module;
use super::{Difference, Part};

const IDENTIFIERS: [&str; 4] = ["revision", "down_revision", "branch_labels", "depends_on"];

/// Calls that reach functions of the module by names made up at run time.
const DYNAMIC: [&str; 6] = ["globals", "locals", "vars", "eval", "exec", "__name__"];

/// The module's statements by what they bind.
#[derive(Default)]
struct Parts<'a> {
    /// Functions, classes and simple assignments by name, each in order.
    named: FxHashMap<&'a str, Vec<&'a Stmt>>,
    /// The names of `named` in the order of the text.
    order: Vec<&'a str>,
    /// Everything else.
    loose: Vec<&'a Stmt>,
}

impl<'a> Parts<'a> {
    fn new(body: &'a [Stmt]) -> Self {
        let mut parts = Self::default();
        for statement in body {
            let Some(name) = bound_name(statement) else {
                parts.loose.push(statement);
                continue;
            };
            let statements = parts.named.entry(name).or_default();
            if statements.is_empty() {
                parts.order.push(name);
            }
            // A second `def` replaces the first one; a second assignment may use the first one's value.
            if matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                statements.clear();
            }
            statements.push(statement);
        }
        parts
    }

    fn get(&self, name: &str) -> &[&'a Stmt] {
        self.named.get(name).map_or(&[], Vec::as_slice)
    }

    /// The value of the last assignment to `name`, one further name followed.
    fn value(&self, name: &str) -> Option<&'a Expr> {
        let assigned = |name: &str| match self.get(name).last() {
            Some(Stmt::Assign(assign)) => Some(&*assign.value),
            _ => None,
        };
        let value = assigned(name)?;
        match value {
            Expr::Name(other) => assigned(&other.id).or(Some(value)),
            _ => Some(value),
        }
    }

    /// Everything that `root` and the statements at module level may use. With names made up at run time
    /// that is everything but what the other direction has in its name.
    fn reached(&self, root: &'a str, other: &str) -> FxHashSet<&'a str> {
        let mut uses = Uses::default();
        self.loose.iter().for_each(|statement| uses.visit_stmt(statement));
        let mut reached = FxHashSet::default();
        let mut waiting = vec![root];
        loop {
            while let Some(name) = waiting.pop() {
                if reached.insert(name) {
                    self.get(name).iter().for_each(|statement| uses.visit_stmt(statement));
                    waiting.append(&mut uses.names);
                }
            }
            if uses.dynamic {
                uses.dynamic = false;
                waiting.extend(self.order.iter().filter(|name| !name.starts_with(other)));
                if waiting.iter().any(|name| !reached.contains(name)) {
                    continue;
                }
            }
            return reached;
        }
    }
}

/// The one name that a definition or simple assignment binds.
fn bound_name(statement: &Stmt) -> Option<&str> {
    match statement {
        Stmt::FunctionDef(function) => Some(&function.name),
        Stmt::ClassDef(class) => Some(&class.name),
        Stmt::Assign(assign) => match assign.targets.as_slice() {
            [Expr::Name(name)] => Some(&name.id),
            _ => None,
        },
        _ => None,
    }
}

/// The names a piece of code loads.
#[derive(Default)]
struct Uses<'a> {
    names: Vec<&'a str>,
    dynamic: bool,
}

impl<'a> Visitor<'a> for Uses<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && matches!(name.ctx, ExprContext::Load)
        {
            self.dynamic |= DYNAMIC.contains(&name.id.as_str());
            self.names.push(&name.id);
        }
        visitor::walk_expr(self, expression);
    }
}

/// The parts of `now` that differ from `base`: identifiers, `upgrade`, `downgrade`, then the others in order.
pub(super) fn compare(base: &Module, now: &Module) -> Vec<Difference> {
    let old = Parts::new(&base.body);
    let new = Parts::new(&now.body);
    let mut differences: Vec<Difference> =
        IDENTIFIERS.iter().filter_map(|name| identifier(name, (base, &old), (now, &new))).collect();

    for (name, part) in [("upgrade", Part::Upgrade), ("downgrade", Part::Downgrade)] {
        let moved = base.imports.get(name) != now.imports.get(name);
        if let Some(range) = named_difference(name, &old, &new).or(moved.then(TextRange::default)) {
            differences.push(Difference { part, span: now.span(range) });
        }
    }

    let upgrade = &old.reached("upgrade", "downgrade") | &new.reached("upgrade", "downgrade");
    let downgrade = &old.reached("downgrade", "upgrade") | &new.reached("downgrade", "upgrade");
    let gone = old.order.iter().filter(|name| !new.named.contains_key(*name));
    for name in new.order.iter().chain(gone) {
        let own_part = IDENTIFIERS.contains(name) || ["upgrade", "downgrade"].contains(name);
        if own_part || !(upgrade.contains(name) || downgrade.contains(name)) {
            continue;
        }
        if let Some(range) = named_difference(name, &old, &new) {
            let part = Part::Helper { name: helper_name(name, &old, &new), upgrade: upgrade.contains(name) };
            differences.push(Difference { part, span: now.span(range) });
        }
    }

    let around = new.loose.last().map_or_else(TextRange::default, Ranged::range);
    if let Some(range) = first_difference(&old.loose, &new.loose, around) {
        differences.push(Difference { part: Part::Module, span: now.span(range) });
    }
    differences
}

/// What `module` does, as a text: its functions, what they use, and what runs at import; identifiers aside.
pub(super) fn canonical(module: &Module) -> String {
    let parts = Parts::new(&module.body);
    let reached = &parts.reached("upgrade", "downgrade") | &parts.reached("downgrade", "upgrade");
    let mut names: Vec<&str> = reached
        .into_iter()
        .filter(|name| !IDENTIFIERS.contains(name) && parts.named.contains_key(name))
        .collect();
    // The order of definitions has no meaning.
    names.sort_unstable();
    let mut out = Canonical::default();
    for name in ["downgrade", "upgrade"] {
        if let Some(path) = module.imports.get(name) {
            out.node("imported", |out| {
                out.text(name);
                out.text(path);
            });
        }
    }
    names.iter().flat_map(|name| parts.get(name)).for_each(|statement| out.statement(statement));
    parts.loose.iter().for_each(|statement| out.statement(statement));
    out.finish()
}

fn helper_name(name: &str, old: &Parts<'_>, new: &Parts<'_>) -> Box<str> {
    let definition = new.get(name).last().or(old.get(name).last());
    match definition {
        Some(Stmt::FunctionDef(_)) => format!("{name}()").into(),
        _ => name.into(),
    }
}

fn identifier(
    name: &'static str,
    (base, old): (&Module, &Parts<'_>),
    (now, new): (&Module, &Parts<'_>),
) -> Option<Difference> {
    let (before, after) = (old.value(name), new.value(name));
    if before.map(ComparableExpr::from) == after.map(ComparableExpr::from) {
        return None;
    }
    if name != "revision" && references(name, before).is_some_and(|ids| Some(ids) == references(name, after))
    {
        return None;
    }
    let statement = new.get(name).last();
    let range = statement.map_or_else(TextRange::default, Ranged::range);
    let part = Part::Identifier {
        name,
        base: before.map(|value| base.source(value).into()),
        now: after.map(|value| now.source(value).into()),
    };
    Some(Difference { part, span: now.span(range) })
}

/// The revisions or labels that a value names, where it spells them out. Their order, a tuple around a
/// single one, and `None` for none at all make no difference to Alembic; only `down_revision` must be there.
fn references<'a>(name: &str, value: Option<&'a Expr>) -> Option<BTreeSet<&'a str>> {
    let elements = match value {
        None => return (name != "down_revision").then(BTreeSet::new),
        Some(Expr::NoneLiteral(_)) => return Some(BTreeSet::new()),
        Some(Expr::StringLiteral(one)) => return Some(BTreeSet::from([one.value.to_str()])),
        Some(Expr::Tuple(tuple)) => &tuple.elts,
        Some(Expr::List(list)) => &list.elts,
        Some(Expr::Set(set)) => &set.elts,
        Some(_) => return None,
    };
    elements
        .iter()
        .map(|element| match element {
            Expr::StringLiteral(one) => Some(one.value.to_str()),
            _ => None,
        })
        .collect()
}

/// Where the definitions of `name` differ.
fn named_difference(name: &str, old: &Parts<'_>, new: &Parts<'_>) -> Option<TextRange> {
    let around = match new.get(name).last() {
        Some(Stmt::FunctionDef(function)) => function.identifier(),
        Some(statement) => statement.range(),
        None => TextRange::default(),
    };
    first_difference(old.get(name), new.get(name), around)
}

/// The first statement of `new` that differs; `around` where it stands no more.
fn first_difference(old: &[&Stmt], new: &[&Stmt], around: TextRange) -> Option<TextRange> {
    let same = |index: usize| match (old.get(index), new.get(index)) {
        (Some(before), Some(after)) => ComparableStmt::from(*before) == ComparableStmt::from(*after),
        (None, None) => true,
        _ => false,
    };
    let index = (0..old.len().max(new.len())).find(|index| !same(*index))?;
    let Some(after) = new.get(index) else {
        return Some(around);
    };
    let inner = old.get(index).filter(|before| header_is_same(before, after)).and_then(|before| {
        let inside = match after {
            Stmt::FunctionDef(function) => function.identifier(),
            _ => after.range(),
        };
        blocks(before).iter().zip(blocks(after)).find_map(|(before, after)| {
            let (before, after): (Vec<_>, Vec<_>) = (before.iter().collect(), after.iter().collect());
            first_difference(&before, &after, inside)
        })
    });
    Some(inner.unwrap_or_else(|| after.range()))
}

/// Whether two compound statements differ in their blocks alone.
fn header_is_same(before: &Stmt, after: &Stmt) -> bool {
    let same = |a: &Expr, b: &Expr| ComparableExpr::from(a) == ComparableExpr::from(b);
    match (before, after) {
        (Stmt::FunctionDef(a), Stmt::FunctionDef(b)) => {
            let without_body = |function: &ast::StmtFunctionDef| {
                let mut header = function.clone();
                header.body.clear();
                Stmt::FunctionDef(header)
            };
            ComparableStmt::from(&without_body(a)) == ComparableStmt::from(&without_body(b))
        }
        (Stmt::If(a), Stmt::If(b)) => {
            same(&a.test, &b.test) && a.elif_else_clauses.len() == b.elif_else_clauses.len()
        }
        (Stmt::For(a), Stmt::For(b)) => same(&a.target, &b.target) && same(&a.iter, &b.iter),
        (Stmt::While(a), Stmt::While(b)) => same(&a.test, &b.test),
        (Stmt::With(a), Stmt::With(b)) => {
            a.items.len() == b.items.len()
                && a.items.iter().zip(&b.items).all(|(a, b)| same(&a.context_expr, &b.context_expr))
        }
        (Stmt::Try(a), Stmt::Try(b)) => a.handlers.len() == b.handlers.len(),
        _ => false,
    }
}

/// The blocks of a compound statement, in order.
fn blocks(statement: &Stmt) -> Vec<&[Stmt]> {
    match statement {
        Stmt::FunctionDef(function) => vec![&function.body],
        Stmt::If(branch) => std::iter::once(&*branch.body)
            .chain(branch.elif_else_clauses.iter().map(|clause| &*clause.body))
            .collect(),
        Stmt::For(repeat) => vec![&repeat.body, &repeat.orelse],
        Stmt::While(repeat) => vec![&repeat.body, &repeat.orelse],
        Stmt::With(with) => vec![&with.body],
        Stmt::Try(attempt) => {
            let handlers = attempt.handlers.iter().map(|handler| {
                let ast::ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            });
            std::iter::once(&*attempt.body)
                .chain(handlers)
                .chain([&*attempt.orelse, &*attempt.finalbody])
                .collect()
        }
        _ => Vec::new(),
    }
}
