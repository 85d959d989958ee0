//! Columns and constraints of PostgreSQL tables, and the names in its syntax trees.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxElement, SyntaxKind, SyntaxNode};

use super::names;
use crate::operation::{Argument, Column, Constraint, ConstraintKind, Name, ServerDefault, TableName};

/// Keyword arguments that are being collected.
#[derive(Default)]
pub(super) struct Options(Vec<(Box<str>, Argument)>);

impl Options {
    /// Adds one.
    pub(super) fn push(&mut self, key: &str, value: Argument) {
        self.0.push((key.into(), value));
    }

    /// Adds the text of a node.
    pub(super) fn text(&mut self, key: &str, node: &SyntaxNode) {
        self.push(key, names::text(&node_text(node)));
    }

    /// Adds the text of a node as an expression.
    pub(super) fn expression(&mut self, key: &str, node: &SyntaxNode) {
        self.push(key, names::expression(&node_text(node)));
    }
}

impl From<Options> for crate::operation::Options {
    fn from(options: Options) -> Self {
        options.0.into()
    }
}

/// The text of a node without blanks and comments at its ends.
pub(super) fn node_text(node: &SyntaxNode) -> String {
    let tokens = node.descendants_with_tokens().filter_map(SyntaxElement::into_token);
    let mut text = String::new();
    for token in tokens {
        if token.kind() == SyntaxKind::COMMENT {
            text.push(' ');
        } else {
            text.push_str(token.text());
        }
    }
    text.trim().to_owned()
}

/// The parts of a dotted name.
fn parts(node: &SyntaxNode) -> Vec<Name> {
    node.descendants_with_tokens()
        .filter_map(SyntaxElement::into_token)
        .filter(|token| {
            !matches!(token.kind(), SyntaxKind::DOT | SyntaxKind::WHITESPACE | SyntaxKind::COMMENT)
        })
        .map(|token| names::name(token.text()))
        .collect()
}

/// A table by its path.
pub(super) fn table(path: &SyntaxNode) -> TableName {
    names::table(&parts(path))
}

/// The last part of a path.
pub(super) fn last_name(path: &SyntaxNode) -> Name {
    parts(path).pop().unwrap_or_default()
}

/// A name that stands alone.
pub(super) fn name(node: &SyntaxNode) -> Name {
    last_name(node)
}

/// The names of columns.
fn column_names(columns: impl Iterator<Item = SyntaxNode>) -> Vec<Name> {
    columns.map(|column| name(&column)).collect()
}

/// Whether it is `CASCADE`.
pub(super) fn cascades(behavior: Option<&ast::DropBehavior>) -> bool {
    matches!(behavior, Some(ast::DropBehavior::Cascade(_)))
}

/// A default by its expression; `NULL` is none.
pub(super) fn default(expression: &str) -> ServerDefault {
    let is_null = expression
        .get(..4)
        .filter(|head| head.eq_ignore_ascii_case("null"))
        .and_then(|_| expression.get(4..))
        .is_some_and(|rest| rest.is_empty() || rest.trim_start().starts_with("::"));
    if is_null { ServerDefault::None } else { ServerDefault::Value(names::expression(expression)) }
}

/// A column of `CREATE TABLE` or `ADD COLUMN`; `node` holds its constraints.
pub(super) fn column(column_name: Option<SyntaxNode>, ty: Option<ast::Type>, node: &SyntaxNode) -> Column {
    let mut column = Column {
        name: column_name.map_or(Name::Unknown, |column_name| name(&column_name)),
        type_: ty.map(|ty| names::text(&node_text(ty.syntax()))),
        nullable: None,
        primary_key: false,
        unique: false,
        index: false,
        server_default: ServerDefault::NotGiven,
        python_default: None,
        items: Box::default(),
        options: Box::default(),
        complete: true,
    };
    let mut items = Vec::new();
    for constraint in node.children().filter_map(ast::Constraint::cast) {
        match &constraint {
            ast::Constraint::NotNullConstraint(_) => column.nullable = Some(false),
            ast::Constraint::NullConstraint(_) => column.nullable = Some(true),
            ast::Constraint::PrimaryKeyConstraint(_) => column.primary_key = true,
            ast::Constraint::UniqueConstraint(_) => column.unique = true,
            ast::Constraint::DefaultConstraint(item) => {
                column.server_default =
                    item.expr().map_or(ServerDefault::Value(Argument::Unknown), |expression| {
                        default(&node_text(expression.syntax()))
                    });
            }
            ast::Constraint::ReferencesConstraint(item) => items.push(foreign_key(&constraint, item)),
            ast::Constraint::CheckConstraint(item) => {
                let condition = item
                    .expr()
                    .map_or(Argument::Unknown, |expression| names::text(&node_text(expression.syntax())));
                let options = named(&constraint, constraint_options(constraint.constraint_options()));
                items.push(names::call("sqlalchemy.CheckConstraint", vec![condition], options.0));
            }
            ast::Constraint::GeneratedConstraint(item) => items.push(generated(item)),
            ast::Constraint::ExcludeConstraint(_) | ast::Constraint::ForeignKeyConstraint(_) => {
                column.complete = false;
            }
        }
    }
    column.items = items.into();
    column
}

fn generated(constraint: &ast::GeneratedConstraint) -> Argument {
    match constraint.generated_as() {
        Some(ast::GeneratedAs::GeneratedStored(stored)) => {
            let text = node_text(stored.syntax());
            let expression =
                text.find('(').zip(text.rfind(')')).and_then(|(open, close)| text.get(open + 1..close));
            let expression = names::text(expression.unwrap_or(&text));
            let persisted = match stored.generated_kind() {
                Some(ast::GeneratedKind::Stored(_)) => Argument::Bool(true),
                Some(ast::GeneratedKind::Virtual(_)) => Argument::Bool(false),
                None => Argument::None,
            };
            names::call("sqlalchemy.Computed", vec![expression], vec![("persisted".into(), persisted)])
        }
        _ => names::call("sqlalchemy.Identity", Vec::new(), Vec::new()),
    }
}

/// `REFERENCES t (c)` at a column.
fn foreign_key(constraint: &ast::Constraint, item: &ast::ReferencesConstraint) -> Argument {
    let path = item.table().and_then(|table| table.path_ref());
    let mut target: Vec<Name> = path.map(|path| parts(path.syntax())).unwrap_or_default();
    target.extend(item.column().map(|column| name(column.syntax())));
    let known: Option<Vec<&str>> = target.iter().map(Name::known).collect();
    let target = known.map_or(Argument::Unknown, |known| Argument::Str(known.join(".").into()));
    let options = actions(item.referential_actions(), constraint_options(item.constraint_options()));
    names::call("sqlalchemy.ForeignKey", vec![target], named(constraint, options).0)
}

fn named(constraint: &ast::Constraint, mut options: Options) -> Options {
    if let Some(given) = constraint.constraint_name() {
        options.push("name", names::argument(&name(given.syntax())));
    }
    options
}

/// `ON DELETE` and `ON UPDATE`.
fn actions(actions: impl Iterator<Item = ast::ReferentialAction>, mut options: Options) -> Options {
    for action in actions {
        let (key, action) = match action {
            ast::ReferentialAction::OnDeleteAction(action) => ("ondelete", action.ref_action()),
            ast::ReferentialAction::OnUpdateAction(action) => ("onupdate", action.ref_action()),
        };
        if let Some(action) = action {
            options.push(key, names::text(&node_text(action.syntax()).to_ascii_uppercase()));
        }
    }
    options
}

fn constraint_options(given: impl Iterator<Item = ast::ConstraintOption>) -> Options {
    let mut options = Options::default();
    for option in given {
        match option {
            ast::ConstraintOption::NotValid(_) => options.push("postgresql_not_valid", Argument::Bool(true)),
            ast::ConstraintOption::DeferrableConstraintOption(_) => {
                options.push("deferrable", Argument::Bool(true));
            }
            ast::ConstraintOption::NotDeferrableConstraintOption(_) => {
                options.push("deferrable", Argument::Bool(false));
            }
            ast::ConstraintOption::InitiallyDeferredConstraintOption(_) => {
                options.push("initially", Argument::Str("DEFERRED".into()));
            }
            ast::ConstraintOption::InitiallyImmediateConstraintOption(_) => {
                options.push("initially", Argument::Str("IMMEDIATE".into()));
            }
            _ => {}
        }
    }
    options
}

/// A constraint of a table or of `ADD CONSTRAINT`; `None` for those that are no constraint of their own.
pub(super) fn constraint(node: &SyntaxNode) -> Option<Constraint> {
    let item = ast::Constraint::cast(node.clone())?;
    let mut options = constraint_options(item.constraint_options());
    let mut referent = None;
    let mut referent_columns = None;
    let (kind, columns) = match &item {
        ast::Constraint::ForeignKeyConstraint(key) => {
            referent =
                key.table_name_ref().and_then(|table| table.path_ref()).map(|path| table(path.syntax()));
            referent_columns = names_in(key.to_columns().map(|list| list.column_name_refs()));
            options = actions(key.referential_actions(), options);
            let columns = names_in(key.from_columns().map(|list| list.column_name_refs()));
            (ConstraintKind::ForeignKey, columns)
        }
        ast::Constraint::UniqueConstraint(unique) => {
            (ConstraintKind::Unique, index_columns(unique.index_parameters()))
        }
        ast::Constraint::PrimaryKeyConstraint(primary) => {
            (ConstraintKind::PrimaryKey, index_columns(primary.index_parameters()))
        }
        ast::Constraint::CheckConstraint(check) => {
            let condition = check
                .expr()
                .map_or(Argument::Unknown, |expression| names::text(&node_text(expression.syntax())));
            options.push("condition", condition);
            (ConstraintKind::Check, None)
        }
        ast::Constraint::ExcludeConstraint(exclude) => {
            if let Some(elements) = exclude.constraint_exclusion_list() {
                options.text("elements", elements.syntax());
            }
            (ConstraintKind::Exclude, None)
        }
        _ => return None,
    };
    let name = item.constraint_name().map_or(Name::None, |given| name(given.syntax()));
    Some(Constraint { kind, name, columns, referent, referent_columns, options: options.into() })
}

fn index_columns(parameters: Option<ast::IndexParameters>) -> Option<Vec<Name>> {
    names_in(parameters?.column_list().map(|list| list.column_name_refs()))
}

/// Names in a list of columns; `None` where there is no list.
fn names_in<N: AstNode>(list: Option<impl Iterator<Item = N>>) -> Option<Vec<Name>> {
    list.map(|list| column_names(list.map(|column| column.syntax().clone())))
}
