//! The names that one scope of Python binds.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt, TypeParams,
};
use rustc_hash::FxHashSet;

/// The names a statement binds, and the one it changes (`NAMES.append(..)`, `NAMES["x"] = ..`).
pub(super) fn bound_by(statement: &Stmt) -> Vec<&str> {
    let mut bindings = Bindings::new(true);
    bindings.visit_stmt(statement);
    let mut names: Vec<&str> = bindings.names.into_iter().collect();
    names.extend(match statement {
        Stmt::Expr(node) => match &*node.value {
            Expr::Call(call) => root_name(&call.func),
            _ => None,
        },
        Stmt::Assign(assign) => assign.targets.first().and_then(root_name),
        _ => None,
    });
    names.sort_unstable();
    names.dedup();
    names
}

fn root_name(expression: &Expr) -> Option<&str> {
    match expression {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => root_name(&attribute.value),
        Expr::Subscript(subscript) => root_name(&subscript.value),
        _ => None,
    }
}

/// Whether a condition is `TYPE_CHECKING`, whose body never runs.
pub(super) fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(attribute) => attribute.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}

/// Collects the names one scope binds, without going into nested scopes.
#[derive(Default)]
pub(super) struct Bindings<'a> {
    pub(super) names: FxHashSet<&'a str>,
    /// Whether expressions may bind (`:=`); where none does, most of a body need not be walked.
    walrus: bool,
    /// Names bound only under `if TYPE_CHECKING`.
    pub(super) type_checking: FxHashSet<&'a str>,
    pub(super) star: bool,
}

impl<'a> Bindings<'a> {
    pub(super) fn new(walrus: bool) -> Self {
        Self { walrus, ..Self::default() }
    }

    pub(super) fn type_params(&mut self, params: Option<&'a TypeParams>) {
        self.names
            .extend(params.into_iter().flat_map(|params| params.iter()).map(|param| param.name().as_str()));
    }

    pub(super) fn parameters(&mut self, parameters: &'a Parameters) {
        self.names.extend(parameters.iter().map(|parameter| parameter.name().as_str()));
    }
}

impl<'a> Visitor<'a> for Bindings<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => {
                self.names.insert(def.name.as_str());
                def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                for default in def.parameters.iter_non_variadic_params().filter_map(|p| p.default.as_deref())
                {
                    self.visit_expr(default);
                }
            }
            Stmt::ClassDef(class) => {
                self.names.insert(class.name.as_str());
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    self.names.insert(name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.star = true;
                    } else {
                        self.names.insert(alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                    }
                }
            }
            Stmt::If(node) if is_type_checking(&node.test) => {
                let mut never = Bindings::new(self.walrus);
                never.visit_body(&node.body);
                self.type_checking.extend(never.names);
                for clause in &node.elif_else_clauses {
                    self.visit_elif_else_clause(clause);
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if !matches!(name.ctx, ExprContext::Load) => {
                self.names.insert(name.id.as_str());
            }
            Expr::Lambda(_) => {}
            Expr::Tuple(_) | Expr::List(_) | Expr::Starred(_) => visitor::walk_expr(self, expression),
            _ if self.walrus => visitor::walk_expr(self, expression),
            _ => {}
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        // The target belongs to the comprehension; only a walrus inside binds here.
        self.visit_expr(&comprehension.iter);
        comprehension.ifs.iter().for_each(|test| self.visit_expr(test));
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        self.names.extend(inner.name.as_ref().map(ruff_python_ast::Identifier::as_str));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchAs(node) => {
                self.names.extend(node.name.as_ref().map(ruff_python_ast::Identifier::as_str));
            }
            Pattern::MatchStar(node) => {
                self.names.extend(node.name.as_ref().map(ruff_python_ast::Identifier::as_str));
            }
            Pattern::MatchMapping(node) => {
                self.names.extend(node.rest.as_ref().map(ruff_python_ast::Identifier::as_str));
            }
            _ => {}
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// Collects names declared `global` anywhere: a function may bind them for the module.
#[derive(Default)]
pub(super) struct GlobalStatements<'a> {
    pub(super) names: FxHashSet<&'a str>,
}

impl<'a> Visitor<'a> for GlobalStatements<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::Global(global) = statement {
            self.names.extend(global.names.iter().map(ruff_python_ast::Identifier::as_str));
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, _: &'a Expr) {}
}
