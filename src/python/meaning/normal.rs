//! A module without what has no meaning: the syntax tree after layout, annotations, docstrings and the
//! spelling of imports are taken out of it.

use std::cell::RefCell;

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::transformer::{self, Transformer};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    self as ast, AtomicNodeIndex, Expr, ExprContext, Identifier, ModModule, Stmt, StringLiteral,
    StringLiteralFlags, StringLiteralValue, Suite,
};
use ruff_python_parser::Parsed;
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::python::names::is_builtin;
use crate::python::parse;
use crate::revision::import_for;
use crate::source::Span;

/// Marks a name as the root of an imported path; no identifier can hold the blank.
const IMPORTED: &str = "import ";

/// What each name is imported from.
pub(super) type Imports = FxHashMap<Name, String>;

/// A parsed module and its text.
#[derive(Debug)]
pub(super) struct Module {
    /// The text with `\n` line ends, as Python sees it.
    text: String,
    /// Offsets in `text` before which a `\r` was taken out.
    removed: Vec<u32>,
    /// The statements; after [`Module::normalise`] without imports, `pass`, docstrings and annotations.
    pub(super) body: Suite,
    /// What plain import statements at module level bind.
    pub(super) imports: Imports,
}

impl Module {
    /// Parses `text`; `None` where it is no Python.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (text, removed) = python_newlines(text);
        let (parsed, errors) = parse::parse(&text);
        let body = parsed.filter(|_| errors.is_empty())?.into_syntax().body;
        let mut imports = Imports::default();
        collect_imports(&body, &mut imports);
        Some(Self { text, removed, body, imports })
    }

    /// A module whose text has no carriage returns, and whose tree is used without it.
    pub(super) fn new(parsed: Parsed<ModModule>) -> Self {
        let body = parsed.into_syntax().body;
        let mut imports = Imports::default();
        collect_imports(&body, &mut imports);
        Self { text: String::new(), removed: Vec::new(), body, imports }
    }

    /// Takes out what has no meaning. Imports that only `now` has count for `base` too: a name that was
    /// missing could only fail, so adding it changes nothing that ever ran.
    pub(super) fn normalise(mut base: Self, mut now: Self) -> (Self, Self) {
        let assigned_in_base = {
            clean(&mut base.body);
            assigned_names(&base.body)
        };
        clean(&mut now.body);
        for (name, path) in &now.imports {
            if !assigned_in_base.contains(name) && !base.imports.contains_key(name) {
                base.imports.insert(name.clone(), path.clone());
            }
        }
        base.resolve_names(false);
        now.resolve_names(false);
        (base, now)
    }

    /// Takes out what has no meaning, where there is no other text to compare with. A name that nothing binds
    /// counts as imported from where it most likely comes, so that adding the missing import changes nothing.
    pub(super) fn normalise_alone(mut self) -> Self {
        clean(&mut self.body);
        self.resolve_names(true);
        self
    }

    fn resolve_names(&mut self, unbound_is_imported: bool) {
        let assigned = assigned_names(&self.body);
        let imports = self.imports.clone();
        let scopes = RefCell::new(vec![Scope { imports, assigned }]);
        Normalise { scopes, unbound_is_imported }.visit_body(&mut self.body);
    }

    /// The place of a node in the text that was given to [`Module::parse`].
    pub(super) fn span(&self, range: TextRange) -> Span {
        let original = |offset: u32| {
            let removed = self.removed.partition_point(|place| *place < offset);
            offset.saturating_add(u32::try_from(removed).unwrap_or(u32::MAX))
        };
        Span::new(original(range.start().to_u32()), original(range.end().to_u32()))
    }

    /// The source text of a node.
    pub(super) fn source(&self, node: &impl Ranged) -> &str {
        Span::new(node.start().to_u32(), node.end().to_u32()).of(&self.text)
    }
}

/// Turns `\r\n` and `\r` into `\n`, as Python does before it reads a literal, so that a file that git checked
/// out with other line ends has the same strings.
fn python_newlines(text: &str) -> (String, Vec<u32>) {
    let mut plain = String::with_capacity(text.len());
    let mut removed = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() == Some(&'\n') => {
                removed.push(u32::try_from(plain.len()).unwrap_or(u32::MAX));
            }
            '\r' => plain.push('\n'),
            other => plain.push(other),
        }
    }
    (plain, removed)
}

/// Adds what the plain import statements directly in `body` bind.
fn collect_imports(body: &[Stmt], imports: &mut Imports) {
    for statement in body {
        match statement {
            Stmt::Import(import) => {
                for alias in &import.names {
                    let root = alias.name.split('.').next().unwrap_or_default();
                    let (name, path) = match &alias.asname {
                        Some(name) => (name.as_str(), alias.name.as_str()),
                        None => (root, root),
                    };
                    imports.insert(Name::new(name), path.to_string());
                }
            }
            Stmt::ImportFrom(import) if !is_star(import) => {
                let module = import.module.as_ref().map_or("", Identifier::as_str);
                let dots = ".".repeat(import.level as usize);
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    imports.insert(name.id.clone(), format!("{dots}{module}.{}", alias.name));
                }
            }
            _ => {}
        }
    }
}

fn is_star(import: &ast::StmtImportFrom) -> bool {
    import.names.iter().any(|alias| &*alias.name == "*")
}

/// The names that `body` binds otherwise than by a plain import statement of its own.
fn assigned_names(body: &[Stmt]) -> FxHashSet<Name> {
    let mut names = Binder::default();
    for statement in body {
        if !matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)) {
            names.visit_stmt(statement);
        }
    }
    names.0
}

/// Collects bound names. Inner functions have names of their own and are not entered.
#[derive(Default)]
struct Binder(FxHashSet<Name>);

impl<'a> Visitor<'a> for Binder {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(function) => {
                self.0.insert(function.name.id.clone());
            }
            Stmt::ClassDef(class) => {
                self.0.insert(class.name.id.clone());
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && !matches!(name.ctx, ExprContext::Load)
        {
            self.0.insert(name.id.clone());
        }
        visitor::walk_expr(self, expression);
    }

    fn visit_alias(&mut self, alias: &'a ast::Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name);
        self.0.insert(Name::new(name.split('.').next().unwrap_or_default()));
    }
}

/// Takes out of the body of a module or function what does nothing. Its imports are known by then.
fn clean(body: &mut Suite) {
    clean_block(body);
    body.retain(|statement| match statement {
        Stmt::Import(_) | Stmt::AnnAssign(_) => false,
        Stmt::ImportFrom(import) => is_star(import),
        Stmt::If(branch) => !is_type_checking(&branch.test) || !branch.elif_else_clauses.is_empty(),
        _ => true,
    });
}

/// Takes out of a nested block what does nothing. Its imports may not run and stay.
fn clean_block(body: &mut Suite) {
    for statement in body.iter_mut() {
        if let Stmt::AnnAssign(assign) = statement
            && let Some(value) = assign.value.clone()
        {
            *statement = Stmt::Assign(ast::StmtAssign {
                node_index: AtomicNodeIndex::NONE,
                range: assign.range,
                targets: vec![(*assign.target).clone()],
                value,
            });
        }
    }
    clean_class(body);
}

/// Takes out of a class body what does nothing. Its annotations declare fields and stay.
fn clean_class(body: &mut Suite) {
    body.retain(|statement| match statement {
        Stmt::Pass(_) => false,
        Stmt::Expr(expression) => !expression.value.is_literal_expr(),
        _ => true,
    });
}

/// Makes `elif` of an `if` that is all there is in an `else`.
fn flatten(clauses: &mut Vec<ast::ElifElseClause>) {
    while let Some(last) = clauses.last_mut().filter(|clause| clause.test.is_none())
        && let [Stmt::If(_)] = last.body.as_slice()
        && let Some(Stmt::If(inner)) = last.body.pop()
    {
        last.test = Some(*inner.test);
        last.body = inner.body;
        clauses.extend(inner.elif_else_clauses);
    }
}

fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id == "TYPE_CHECKING",
        Expr::Attribute(attribute) => &*attribute.attr == "TYPE_CHECKING",
        _ => false,
    }
}

struct Scope {
    imports: Imports,
    assigned: FxHashSet<Name>,
}

struct Normalise {
    scopes: RefCell<Vec<Scope>>,
    unbound_is_imported: bool,
}

impl Normalise {
    /// The path that `name` stands for, where an import gives it.
    fn imported(&self, name: &Name) -> Option<String> {
        for scope in self.scopes.borrow().iter().rev() {
            if scope.assigned.contains(name) {
                return None;
            }
            if let Some(path) = scope.imports.get(name) {
                return Some(path.clone());
            }
        }
        (self.unbound_is_imported && !is_builtin(name)).then(|| likely_origin(name))
    }

    fn function(&self, statement: &mut Stmt) {
        if let Stmt::FunctionDef(function) = statement {
            function.returns = None;
            function.type_params = None;
            let mut imports = Imports::default();
            collect_imports(&function.body, &mut imports);
            clean(&mut function.body);
            let mut assigned = assigned_names(&function.body);
            assigned.extend(function.parameters.iter().map(|parameter| parameter.name().id.clone()));
            self.scopes.borrow_mut().push(Scope { imports, assigned });
        }
        transformer::walk_stmt(self, statement);
        self.scopes.borrow_mut().pop();
    }
}

impl Transformer for Normalise {
    fn visit_stmt(&self, statement: &mut Stmt) {
        match statement {
            Stmt::FunctionDef(_) => return self.function(statement),
            Stmt::ClassDef(class) => clean_class(&mut class.body),
            Stmt::For(loop_) => [&mut loop_.body, &mut loop_.orelse].into_iter().for_each(clean_block),
            Stmt::While(loop_) => [&mut loop_.body, &mut loop_.orelse].into_iter().for_each(clean_block),
            Stmt::With(with) => clean_block(&mut with.body),
            Stmt::If(branch) => {
                flatten(&mut branch.elif_else_clauses);
                clean_block(&mut branch.body);
                branch.elif_else_clauses.iter_mut().for_each(|clause| clean_block(&mut clause.body));
            }
            Stmt::Try(attempt) => {
                [&mut attempt.body, &mut attempt.orelse, &mut attempt.finalbody]
                    .into_iter()
                    .for_each(clean_block);
                for ast::ExceptHandler::ExceptHandler(handler) in &mut attempt.handlers {
                    clean_block(&mut handler.body);
                }
            }
            Stmt::Match(choice) => choice.cases.iter_mut().for_each(|case| clean_block(&mut case.body)),
            _ => {}
        }
        transformer::walk_stmt(self, statement);
    }

    fn visit_parameter(&self, parameter: &mut ast::Parameter) {
        parameter.annotation = None;
    }

    fn visit_expr(&self, expression: &mut Expr) {
        transformer::walk_expr(self, expression);
        match expression {
            Expr::Name(name) if matches!(name.ctx, ExprContext::Load) => {
                if let Some(path) = self.imported(&name.id) {
                    *expression = imported_path(&path, name.range);
                }
            }
            Expr::FString(f_string) => {
                if let Some(text) = constant_text(f_string) {
                    *expression = string(&text, f_string.range);
                }
            }
            Expr::Call(call) => {
                let keywords = &mut call.arguments.keywords;
                if keywords.iter().all(|keyword| keyword.arg.is_some()) {
                    keywords.sort_by(|a, b| a.arg.as_deref().cmp(&b.arg.as_deref()));
                }
            }
            _ => {}
        }
    }
}

/// What a missing import of `name` would most likely bind it to.
fn likely_origin(name: &str) -> String {
    match import_for(name) {
        Some(line) => line.origin_of(name).unwrap_or_else(|| name.to_owned()),
        None => name.to_owned(),
    }
}

/// `a.b.c` as an expression whose root is marked as imported.
fn imported_path(path: &str, range: TextRange) -> Expr {
    let dots = path.len() - path.trim_start_matches('.').len();
    let (relative, rest) = path.split_at(dots);
    let mut names = rest.split('.');
    let root = format!("{IMPORTED}{relative}{}", names.next().unwrap_or_default());
    let root = Expr::Name(ast::ExprName {
        node_index: AtomicNodeIndex::NONE,
        range,
        id: Name::new(root),
        ctx: ExprContext::Load,
    });
    names.fold(root, |value, name| {
        Expr::Attribute(ast::ExprAttribute {
            node_index: AtomicNodeIndex::NONE,
            range,
            value: Box::new(value),
            attr: Identifier::new(name, range),
            ctx: ExprContext::Load,
        })
    })
}

/// The text of an f-string that interpolates nothing.
fn constant_text(f_string: &ast::ExprFString) -> Option<String> {
    let mut text = String::new();
    for part in &f_string.value {
        match part {
            ast::FStringPart::Literal(literal) => text.push_str(&literal.value),
            ast::FStringPart::FString(f_string) => {
                for element in &f_string.elements {
                    text.push_str(&element.as_literal()?.value);
                }
            }
        }
    }
    Some(text)
}

fn string(text: &str, range: TextRange) -> Expr {
    Expr::StringLiteral(ast::ExprStringLiteral {
        node_index: AtomicNodeIndex::NONE,
        range,
        value: StringLiteralValue::single(StringLiteral {
            range,
            node_index: AtomicNodeIndex::NONE,
            value: text.into(),
            flags: StringLiteralFlags::empty(),
        }),
    })
}
