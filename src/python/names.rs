//! What a module binds and uses: imports, undefined names, uses of modules. Follows Python's scoping rules
//! (Language Reference, "Naming and binding"); the order of statements is not judged.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprContext, ExprName, Stmt};
use ruff_python_stdlib::builtins::{is_python_builtin, python_magic_globals};
use ruff_text_size::Ranged;
use rustc_hash::FxHashSet;

use super::bindings::{Bindings, GlobalStatements, is_type_checking};
use super::parse::span;
use crate::revision::{BoundName, ImportStatement, ModuleNames, ModuleUse, UndefinedName};

/// The newest Python 3 minor version whose builtins count.
pub(super) const NEWEST_MINOR: u8 = 14;

/// Whether a module can use `name` without binding it.
pub(super) fn is_builtin(name: &str) -> bool {
    is_python_builtin(name, NEWEST_MINOR, false)
        || python_magic_globals(NEWEST_MINOR).any(|magic| magic == name)
        || matches!(name, "__path__" | "__module__" | "__qualname__" | "__class__")
}

/// Reads bindings and uses of a module.
pub(super) fn module_names(suite: &[Stmt], text: &str) -> ModuleNames {
    static WALRUS: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(":="));
    static GLOBAL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("global"));
    let mut names =
        ModuleNames { first_import_offset: first_import_offset(suite, text), ..ModuleNames::default() };
    names.imports = suite.iter().filter_map(import_statement).collect();
    let future_annotations = names.imports.iter().any(|import| {
        import.is_future
            && import.bound.iter().any(
                |bound| matches!(bound, BoundName::Alias { path, .. } if &**path == "__future__.annotations"),
            )
    });

    let walrus = WALRUS.find(text.as_bytes()).is_some();
    let mut module = Bindings::new(walrus);
    module.names.reserve(suite.len());
    module.visit_body(suite);
    if GLOBAL.find(text.as_bytes()).is_some() {
        let mut globals = GlobalStatements::default();
        globals.visit_body(suite);
        module.names.extend(globals.names);
    }
    let aliases = names
        .imports
        .iter()
        .flat_map(|import| &import.bound)
        .filter_map(|bound| match bound {
            BoundName::Alias { name, .. } => Some(&**name),
            BoundName::Module { .. } => None,
        })
        .collect();
    names.has_star_import = module.star;
    let mut walker = Walker {
        scopes: vec![Scope { names: module.names, is_class: false }],
        walrus,
        type_checking: module.type_checking,
        aliases,
        future_annotations,
        star: module.star,
        in_annotation: false,
        undefined: Vec::new(),
        uses: Vec::new(),
    };
    walker.visit_body(suite);
    let Walker { undefined, uses, star, .. } = walker;
    names.has_star_import |= star;
    names.undefined = if star { Vec::new() } else { undefined };
    names.module_uses = uses;
    names
}

/// The import that a top-level statement is.
fn import_statement(statement: &Stmt) -> Option<ImportStatement> {
    let bound = match statement {
        Stmt::Import(import) => import
            .names
            .iter()
            .map(|alias| match &alias.asname {
                Some(name) => {
                    BoundName::Alias { path: alias.name.as_str().into(), name: name.as_str().into() }
                }
                None => BoundName::Module { path: alias.name.as_str().into() },
            })
            .collect(),
        Stmt::ImportFrom(import) => {
            let module = import.module.as_ref().map_or("", |module| module.as_str());
            let dots = ".".repeat(import.level as usize);
            import
                .names
                .iter()
                .map(|alias| BoundName::Alias {
                    path: [&dots, module, ".", alias.name.as_str()].concat().into(),
                    name: alias.asname.as_ref().unwrap_or(&alias.name).as_str().into(),
                })
                .collect()
        }
        _ => return None,
    };
    let is_future = matches!(statement, Stmt::ImportFrom(import)
        if import.level == 0 && import.module.as_ref().is_some_and(|module| module.as_str() == "__future__"));
    Some(ImportStatement { span: span(statement.range()), is_future, bound })
}

/// Where the first import line may stand: behind docstring and `__future__`, before everything else.
fn first_import_offset(suite: &[Stmt], text: &str) -> u32 {
    let mut statements = suite.iter().peekable();
    let mut last = statements.next_if(|statement| is_docstring(statement));
    while let Some(future) =
        statements.next_if(|s| import_statement(s).is_some_and(|import| import.is_future))
    {
        last = Some(future);
    }
    match (last, statements.peek()) {
        (Some(last), _) => {
            let end = last.end().to_usize();
            let rest = text.get(end..).unwrap_or_default();
            let line = rest.find('\n').map_or(text.len(), |newline| end + newline + 1);
            u32::try_from(line).unwrap_or(u32::MAX)
        }
        (None, Some(first)) => first.start().to_u32(),
        (None, None) => u32::try_from(text.len()).unwrap_or(u32::MAX),
    }
}

fn is_docstring(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Expr(expression) if expression.value.is_string_literal_expr())
}

struct Scope<'a> {
    names: FxHashSet<&'a str>,
    is_class: bool,
}

/// Walks all scopes and looks each loaded name up.
#[expect(clippy::struct_excessive_bools, reason = "facts about the module, each of its own")]
struct Walker<'a> {
    scopes: Vec<Scope<'a>>,
    /// As in [`Bindings`].
    walrus: bool,
    type_checking: FxHashSet<&'a str>,
    aliases: Vec<&'a str>,
    future_annotations: bool,
    star: bool,
    in_annotation: bool,
    undefined: Vec<UndefinedName>,
    uses: Vec<ModuleUse>,
}

/// Where a name is bound.
enum Binding {
    Local,
    Module,
    Builtin,
    Nowhere,
}

impl<'a> Walker<'a> {
    fn binding(&self, name: &str) -> Binding {
        let innermost = self.scopes.len().saturating_sub(1);
        for (depth, scope) in self.scopes.iter().enumerate().rev() {
            if scope.is_class && depth != innermost {
                continue;
            }
            // Most loaded names are those of imports, which are few.
            if (depth == 0 && self.aliases.contains(&name)) || scope.names.contains(name) {
                return if depth == 0 { Binding::Module } else { Binding::Local };
            }
        }
        if self.in_annotation && self.type_checking.contains(name) {
            return Binding::Module;
        }
        if is_builtin(name) { Binding::Builtin } else { Binding::Nowhere }
    }

    /// A loaded name, with the attribute path it starts.
    fn load(&mut self, name: &'a ExprName, path: &Expr) {
        let id = name.id.as_str();
        match self.binding(id) {
            Binding::Local | Binding::Builtin => {}
            Binding::Module => {
                if path.is_attribute_expr() && !self.aliases.contains(&id) {
                    self.uses
                        .extend(dotted(path).map(|text| ModuleUse { path: text, span: span(path.range()) }));
                }
            }
            Binding::Nowhere => {
                let text = dotted(path).unwrap_or_else(|| id.into());
                if path.is_attribute_expr() {
                    self.uses.push(ModuleUse { path: text.clone(), span: span(path.range()) });
                }
                self.undefined.push(UndefinedName { name: id.into(), path: text, span: span(name.range()) });
            }
        }
    }

    fn within(&mut self, names: FxHashSet<&'a str>, is_class: bool, walk: impl FnOnce(&mut Self)) {
        self.scopes.push(Scope { names, is_class });
        walk(self);
        self.scopes.pop();
    }

    fn annotation(&mut self, annotation: &'a Expr) {
        if !self.future_annotations {
            let outer = std::mem::replace(&mut self.in_annotation, true);
            self.visit_expr(annotation);
            self.in_annotation = outer;
        }
    }

    fn function(&mut self, def: &'a ruff_python_ast::StmtFunctionDef) {
        def.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        for default in def.parameters.iter_non_variadic_params().filter_map(|p| p.default.as_deref()) {
            self.visit_expr(default);
        }
        let mut own = Bindings::new(self.walrus);
        own.type_params(def.type_params.as_deref());
        self.within(own.names, false, |walker| {
            let annotations = def
                .parameters
                .iter()
                .filter_map(ruff_python_ast::AnyParameterRef::annotation)
                .chain(def.returns.as_deref());
            annotations.for_each(|annotation| walker.annotation(annotation));
            let mut own = Bindings::new(walker.walrus);
            own.parameters(&def.parameters);
            own.visit_body(&def.body);
            walker.star |= own.star;
            walker.within(own.names, false, |walker| walker.visit_body(&def.body));
        });
    }

    fn class(&mut self, class: &'a ruff_python_ast::StmtClassDef) {
        class.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
        let mut params = Bindings::new(self.walrus);
        params.type_params(class.type_params.as_deref());
        self.within(params.names, false, |walker| {
            if let Some(arguments) = &class.arguments {
                walker.visit_arguments(arguments);
            }
            let mut own = Bindings::new(walker.walrus);
            own.visit_body(&class.body);
            walker.within(own.names, true, |walker| walker.visit_body(&class.body));
        });
    }

    fn comprehension_scope(&mut self, generators: &'a [Comprehension], walk: impl FnOnce(&mut Self)) {
        let mut own = Bindings::new(self.walrus);
        for generator in generators {
            own.visit_expr(&generator.target);
        }
        self.within(own.names, false, |walker| {
            for generator in generators {
                walker.visit_expr(&generator.iter);
                walker.visit_expr(&generator.target);
                generator.ifs.iter().for_each(|test| walker.visit_expr(test));
            }
            walk(walker);
        });
    }
}

/// Whether nothing after a statement of the same block runs.
fn ends_block(statement: &Stmt) -> bool {
    let ends = |body: &[Stmt]| body.iter().any(ends_block);
    match statement {
        Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => true,
        Stmt::If(node) => {
            let has_else = node.elif_else_clauses.last().is_some_and(|clause| clause.test.is_none());
            has_else && ends(&node.body) && node.elif_else_clauses.iter().all(|clause| ends(&clause.body))
        }
        // A context manager may stop an error, not a `return`.
        Stmt::With(node) => node.body.last().is_some_and(Stmt::is_return_stmt),
        Stmt::Try(node) => ends(&node.finalbody),
        _ => false,
    }
}

impl<'a> Visitor<'a> for Walker<'a> {
    /// Names in code that no run reaches are never looked up.
    fn visit_body(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.visit_stmt(statement);
            if ends_block(statement) {
                break;
            }
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(def) => self.function(def),
            Stmt::ClassDef(class) => self.class(class),
            Stmt::AnnAssign(assign) => {
                // Annotations of local variables are never evaluated.
                if self.scopes.len() == 1 {
                    self.annotation(&assign.annotation);
                }
                self.visit_expr(&assign.target);
                assign.value.iter().for_each(|value| self.visit_expr(value));
            }
            Stmt::TypeAlias(_) => {}
            Stmt::If(node) if is_type_checking(&node.test) => {
                node.elif_else_clauses.iter().for_each(|clause| self.visit_elif_else_clause(clause));
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(name) if matches!(name.ctx, ExprContext::Load) => self.load(name, expression),
            Expr::Attribute(_) => {
                let mut inner = expression;
                while let Expr::Attribute(attribute) = inner {
                    inner = &attribute.value;
                }
                match inner {
                    Expr::Name(name) => self.load(name, expression),
                    _ => self.visit_expr(inner),
                }
            }
            Expr::Lambda(lambda) => {
                let mut own = Bindings::new(self.walrus);
                if let Some(parameters) = &lambda.parameters {
                    own.parameters(parameters);
                    for default in parameters.iter_non_variadic_params().filter_map(|p| p.default.as_deref())
                    {
                        self.visit_expr(default);
                    }
                }
                own.visit_expr(&lambda.body);
                self.within(own.names, false, |walker| walker.visit_expr(&lambda.body));
            }
            Expr::ListComp(node) => {
                self.comprehension_scope(&node.generators, |walker| walker.visit_expr(&node.elt));
            }
            Expr::SetComp(node) => {
                self.comprehension_scope(&node.generators, |walker| walker.visit_expr(&node.elt));
            }
            Expr::Generator(node) => {
                self.comprehension_scope(&node.generators, |walker| walker.visit_expr(&node.elt));
            }
            Expr::DictComp(node) => self.comprehension_scope(&node.generators, |walker| {
                node.key.iter().for_each(|key| walker.visit_expr(key));
                walker.visit_expr(&node.value);
            }),
            _ => visitor::walk_expr(self, expression),
        }
    }
}

/// `a.b.c` as text; `None` where the base is no name.
fn dotted(expression: &Expr) -> Option<Box<str>> {
    let mut parts = Vec::new();
    let mut inner = expression;
    while let Expr::Attribute(attribute) = inner {
        parts.push(attribute.attr.as_str());
        inner = &attribute.value;
    }
    let Expr::Name(name) = inner else { return None };
    parts.push(name.id.as_str());
    parts.reverse();
    Some(parts.join(".").into())
}
