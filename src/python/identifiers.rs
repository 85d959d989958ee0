//! Where a module binds its identifiers. Their values come from evaluation.

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::parse::span;
use crate::revision::Docstring;
use crate::source::Span;

/// The last module-level statement that binds `name`, also inside `if` and `try`.
pub(super) fn binding(suite: &[Stmt], name: &str) -> Option<Span> {
    suite.iter().rev().find_map(|statement| {
        let is_name = |target: &Expr| matches!(target, Expr::Name(target) if target.id.as_str() == name);
        let own = || Some(span(statement.range()));
        match statement {
            Stmt::Assign(assign) => assign
                .targets
                .iter()
                .any(|target| match target {
                    Expr::Tuple(tuple) => tuple.elts.iter().any(is_name),
                    _ => is_name(target),
                })
                .then(own)?,
            Stmt::AnnAssign(assign) if assign.value.is_some() => is_name(&assign.target).then(own)?,
            Stmt::FunctionDef(def) => (def.name.as_str() == name).then(|| span(def.name.range())),
            Stmt::ImportFrom(import) => import
                .names
                .iter()
                .any(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str() == name)
                .then(own)?,
            Stmt::If(node) => {
                let clauses =
                    node.elif_else_clauses.iter().rev().find_map(|clause| binding(&clause.body, name));
                clauses.or_else(|| binding(&node.body, name))
            }
            Stmt::Try(node) => binding(&node.orelse, name).or_else(|| binding(&node.body, name)),
            _ => None,
        }
    })
}

/// The module docstring.
pub(super) fn docstring(suite: &[Stmt]) -> Option<Docstring> {
    let Some(Stmt::Expr(statement)) = suite.first() else { return None };
    let Expr::StringLiteral(literal) = &*statement.value else { return None };
    Some(Docstring { span: span(literal.range()), text: literal.value.to_str().into() })
}
