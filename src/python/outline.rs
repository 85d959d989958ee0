//! The statements of a revision one by one, each with the names it binds and uses: what taking a revision apart needs. Evaluates
//! nothing.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef, StmtWith};
use ruff_text_size::Ranged;

use super::{bindings, parse};
use crate::source::Span;

/// A revision file as statements.
#[derive(Debug, Clone, Default)]
pub struct Outline {
    /// What stands in the module beside imports, `upgrade` and `downgrade`, in order; the docstring left out.
    pub module: Vec<Item>,
    /// `def upgrade`.
    pub upgrade: Option<Function>,
    /// `def downgrade`.
    pub downgrade: Option<Function>,
}

/// A function of the module.
#[derive(Debug, Clone)]
pub struct Function {
    /// The whole statement with its decorators.
    pub span: Span,
    /// Its body without a docstring; the statements of a batch or `autocommit_block` stand here one by one.
    pub items: Vec<Item>,
}

/// A statement.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Default)]
pub struct Item {
    /// The statement.
    pub span: Span,
    /// The `with` around it, up to its colon: a batch or an `autocommit_block`.
    pub header: Option<Span>,
    /// `pass`, `...`, a string.
    pub is_idle: bool,
    /// A loop, a condition or another statement that holds others.
    pub is_compound: bool,
    /// `raise`, `return`, `global`, `yield`, ..: its place is a part of what it does.
    pub is_bound_to_place: bool,
    /// It returns from the function, or may: what follows does not always run.
    pub returns: bool,
    /// The names that it binds.
    pub binds: Vec<Box<str>>,
    /// The name whose method it calls: it may change what that stands for.
    pub changes: Option<Box<str>>,
    /// The names that it uses, those of its header among them.
    pub uses: Vec<Box<str>>,
}

/// Reads a text; `None` where it is no Python.
pub fn outline(text: &str) -> Option<Outline> {
    let (parsed, errors) = parse::parse(text);
    let parsed = parsed.filter(|_| errors.is_empty())?;
    let mut outline = Outline::default();
    for (at, statement) in parsed.suite().iter().enumerate() {
        match statement {
            Stmt::Import(_) | Stmt::ImportFrom(_) => {}
            Stmt::Expr(node) if at == 0 && node.value.is_string_literal_expr() => {}
            Stmt::FunctionDef(def) if def.name.as_str() == "upgrade" => {
                outline.upgrade = Some(function(def, text));
            }
            Stmt::FunctionDef(def) if def.name.as_str() == "downgrade" => {
                outline.downgrade = Some(function(def, text));
            }
            statement => outline.module.push(item(statement)),
        }
    }
    Some(outline)
}

fn function(def: &StmtFunctionDef, text: &str) -> Function {
    let mut items = Vec::new();
    for (at, statement) in def.body.iter().enumerate() {
        match statement {
            Stmt::Expr(node) if at == 0 && node.value.is_string_literal_expr() => {}
            Stmt::With(with) => match header(with, text) {
                Some(header) => {
                    let outer = Used::of(with.items.iter().map(|item| &item.context_expr));
                    items.extend(with.body.iter().map(|inner| {
                        let mut inner = item(inner);
                        inner.header = Some(header);
                        inner.uses.extend(outer.iter().cloned());
                        inner
                    }));
                }
                None => items.push(item(statement)),
            },
            statement => items.push(item(statement)),
        }
    }
    Function { span: parse::span(def.range()), items }
}

/// From `with` to the colon, where it is a block whose statements can stand in several such blocks.
fn header(with: &StmtWith, text: &str) -> Option<Span> {
    let [only] = with.items.as_slice() else { return None };
    let Expr::Call(call) = &only.context_expr else { return None };
    let Expr::Attribute(method) = &*call.func else { return None };
    let is_divisible = matches!(method.attr.as_str(), "batch_alter_table" | "autocommit_block");
    let holds_blocks = with.body.iter().any(|inner| matches!(inner, Stmt::With(_)));
    if !is_divisible || holds_blocks || with.is_async {
        return None;
    }
    let start = with.start().to_u32();
    let end = only.end().to_u32();
    let rest = text.get(end as usize..with.body.first()?.start().to_usize())?;
    let colon = u32::try_from(rest.find(':')?).ok()?;
    Some(Span::new(start, end + colon + 1))
}

fn item(statement: &Stmt) -> Item {
    let is_idle = match statement {
        Stmt::Pass(_) => true,
        Stmt::Expr(node) => node.value.is_string_literal_expr() || node.value.is_ellipsis_literal_expr(),
        _ => false,
    };
    let is_simple = matches!(
        statement,
        Stmt::Pass(_)
            | Stmt::Expr(_)
            | Stmt::Assign(_)
            | Stmt::AnnAssign(_)
            | Stmt::Import(_)
            | Stmt::ImportFrom(_)
    );
    let is_definition = matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_));
    let is_compound = matches!(
        statement,
        Stmt::For(_) | Stmt::While(_) | Stmt::If(_) | Stmt::With(_) | Stmt::Match(_) | Stmt::Try(_)
    );
    let mut used = Used::default();
    used.visit_stmt(statement);
    let mut binds: Vec<Box<str>> = bindings::bound_by(statement).into_iter().map(Box::from).collect();
    let changes = method_owner(statement).map(Box::from);
    if matches!(statement, Stmt::Expr(_)) {
        binds.clear();
    }
    Item {
        span: parse::span(statement.range()),
        header: None,
        is_idle,
        is_compound,
        is_bound_to_place: !(is_simple || is_definition || is_compound),
        returns: used.returns && !is_definition,
        binds,
        changes,
        uses: used.names,
    }
}

/// `NAMES` of `NAMES.append(..)`.
fn method_owner(statement: &Stmt) -> Option<&str> {
    let Stmt::Expr(node) = statement else { return None };
    let Expr::Call(call) = &*node.value else { return None };
    let Expr::Attribute(method) = &*call.func else { return None };
    let Expr::Name(owner) = &*method.value else { return None };
    Some(owner.id.as_str())
}

impl Item {
    /// Whether what a name stands for comes from here.
    pub fn makes(&self, name: &str) -> bool {
        self.binds.iter().any(|bound| **bound == *name) || self.changes.as_deref() == Some(name)
    }
}

/// All names that are loaded.
#[derive(Default)]
struct Used {
    names: Vec<Box<str>>,
    returns: bool,
}

impl Used {
    fn of<'e>(expressions: impl Iterator<Item = &'e Expr>) -> Vec<Box<str>> {
        let mut used = Self::default();
        expressions.for_each(|expression| used.visit_expr(expression));
        used.names
    }
}

impl<'a> Visitor<'a> for Used {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.returns |= matches!(statement, Stmt::Return(_));
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression {
            let name: Box<str> = name.id.as_str().into();
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
        visitor::walk_expr(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
\"\"\"add it\"\"\"
from alembic import op
revision = 'a'
T = sa.table('t')


def upgrade():
    \"\"\"What it does.\"\"\"
    bind = op.get_bind()
    with op.batch_alter_table('t') as batch_op:  # why
        batch_op.add_column(sa.Column('a'))
        batch_op.drop_column('b')
    bind.execute(T.update())
    if x:
        op.drop_table('t')


def downgrade():
    pass
";

    #[test]
    fn statements_stand_one_by_one_with_their_names() {
        let outline = outline(TEXT).unwrap();
        let module: Vec<_> = outline.module.iter().map(|item| item.span.of(TEXT)).collect();
        assert_eq!(module, ["revision = 'a'", "T = sa.table('t')"]);
        let upgrade = outline.upgrade.unwrap();
        let shown: Vec<_> = upgrade
            .items
            .iter()
            .map(|item| (item.header.map_or("", |header| header.of(TEXT)), item.span.of(TEXT)))
            .collect();
        let header = "with op.batch_alter_table('t') as batch_op:";
        assert_eq!(
            shown,
            [
                ("", "bind = op.get_bind()"),
                (header, "batch_op.add_column(sa.Column('a'))"),
                (header, "batch_op.drop_column('b')"),
                ("", "bind.execute(T.update())"),
                ("", "if x:\n        op.drop_table('t')"),
            ]
        );
        let names = |names: &[Box<str>]| names.join(" ");
        assert_eq!(names(&upgrade.items[0].binds), "bind");
        assert_eq!(names(&upgrade.items[1].uses), "batch_op sa op");
        assert_eq!(
            (names(&upgrade.items[3].binds), names(&upgrade.items[3].uses)),
            (String::new(), "bind T".into())
        );
        assert!(upgrade.items[4].is_compound);
        assert!(outline.downgrade.unwrap().items[0].is_idle);
    }
}
