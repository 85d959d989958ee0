//! `secret-in-migration`: a password stands in the repository.

use crate::operation::{Argument, Change, Operation, Origin, last_part};
use crate::revision::RevisionContext;
use crate::rule::{Sink, declare_rule};

declare_rule! {
    /// ## What it does
    /// Finds SQL that gives a role or user a password that is written into the revision, and columns of an encrypted type whose key
    /// is: `EncryptedString(key="..")` and `EncryptedText` of Advanced Alchemy, `StringEncryptedType(.., "..")` and `EncryptedType` of
    /// SQLAlchemy-Utils.
    ///
    /// ## Why is this bad?
    /// Revisions are kept for ever, in every clone and every backup of the repository, and the same password is set in every
    /// database that runs them. PostgreSQL writes the statement into its log as well. Autogenerate writes the key of a model's
    /// `EncryptedString` into the revision by itself; the database does not need it to make the column.
    ///
    /// ## Example
    /// ```python bad
    /// op.execute("CREATE ROLE reporting LOGIN PASSWORD 'tr0ub4dor'")
    /// op.add_column("person", sa.Column("iban", advanced_alchemy.types.EncryptedString(key="tr0ub4dor")))
    /// ```
    ///
    /// ## Use instead
    /// ```python good
    /// op.execute("CREATE ROLE reporting LOGIN")
    /// op.add_column("person", sa.Column("iban", sa.String()))
    /// ```
    /// and set the password where the database is set up, from a secret store. What was committed must be changed.
    ///
    /// ## References
    /// - [PostgreSQL: CREATE ROLE](https://www.postgresql.org/docs/current/sql-createrole.html)
    /// - CWE-798
    "secret-in-migration", Security, Error,
    preset: Recommended, fix: None, since: "0.1.0",
    check: Revision(check),
}

fn check(context: &RevisionContext<'_>, sink: &mut Sink<'_>) {
    let bodies = [&context.revision.upgrade, &context.revision.downgrade];
    for operation in bodies.into_iter().flatten().flat_map(|body| &body.operations) {
        report_key(operation, sink);
        let Origin::RawSql { text, span, .. } = &operation.origin else { continue };
        if !sets_password(text) {
            continue;
        }
        sink.report(
            span.unwrap_or(operation.span),
            "this SQL sets a password that everyone who has the repository can read",
        )
        .call_sites(&[operation.span])
        .help("leave the password out and set it from a secret store; change it, if it was ever used");
    }
}

/// Reports the key of an encrypted column.
fn report_key(operation: &Operation, sink: &mut Sink<'_>) {
    let mut types: Vec<&Argument> = Vec::new();
    if let Some((_, columns)) = operation.change.new_columns() {
        types.extend(columns.iter().filter_map(|column| column.type_.as_ref()));
    } else if let Change::AlterColumn(alter) = &operation.change {
        types.extend(alter.type_.iter().chain(&alter.existing_type));
    }
    let Some(class) = types.into_iter().find_map(holds_key) else { return };
    sink.report(
        operation.span,
        format!(
            "{} is given the key of `{class}`, which everyone who has the repository can read",
            operation.subject()
        ),
    )
    .call_sites(&operation.call_sites)
    .help("write the type that the column has in the database; change the key, if it was ever used");
}

/// The class of an encrypted type that holds its key as a literal.
fn holds_key(type_: &Argument) -> Option<&str> {
    let Argument::Call(call) = type_ else { return None };
    let (package, _) = call.callee.split_once('.')?;
    let class = last_part(&call.callee);
    let place = match (package, class) {
        ("advanced_alchemy", "EncryptedString" | "EncryptedText") => 0,
        ("sqlalchemy_utils", "StringEncryptedType" | "EncryptedType") => 1,
        _ => return None,
    };
    let key = call.keyword("key").or_else(|| call.args.get(place))?;
    key.as_str().filter(|key| !key.is_empty()).map(|_| class)
}

/// Whether a statement about a role holds a password as a literal.
fn sets_password(sql: &str) -> bool {
    let upper = sql.to_ascii_uppercase();
    let words: Vec<&str> = upper.split_whitespace().collect();
    let is_about_roles = match words.as_slice() {
        ["CREATE" | "ALTER", what, ..] => matches!(*what, "ROLE" | "USER" | "GROUP"),
        ["GRANT" | "SET", ..] => true,
        _ => false,
    };
    let is_literal = |at: usize| words.get(at).is_some_and(|next| next.starts_with('\'') && next.len() > 2);
    is_about_roles
        && words.iter().enumerate().any(|(at, word)| match *word {
            "PASSWORD" => is_literal(at + 1) || (words.get(at + 1) == Some(&"=") && is_literal(at + 2)),
            "IDENTIFIED" => words.get(at + 1) == Some(&"BY") && is_literal(at + 2),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::testing::Tester;

    fn upgrade(body: &str) -> Tester {
        Tester::new(&RULE).upgrade(body)
    }

    #[test]
    fn passwords() {
        upgrade("op.execute(\"CREATE ROLE r LOGIN PASSWORD 'secret'\")")
            .finds(&["sets a password that everyone"]);
        upgrade("op.execute(\"ALTER USER r WITH ENCRYPTED PASSWORD 'md5abc'\")").finds(&["sets a password"]);
        upgrade("op.execute(\"CREATE USER 'r'@'%' IDENTIFIED BY 'secret'\")").finds(&["sets a password"]);
    }

    #[test]
    fn keys() {
        let column = |type_: &str| {
            upgrade(&format!("op.create_table('t', sa.Column('a', {type_}))"))
                .header("import advanced_alchemy\nimport sqlalchemy_utils\nimport os\nfrom app import conf")
        };
        column("advanced_alchemy.types.encrypted_string.EncryptedString(key='k', length=None)")
            .finds(&["`op.create_table` is given the key of `EncryptedString`"]);
        column("sqlalchemy_utils.StringEncryptedType(sa.String, 'k')").finds(&["`StringEncryptedType`"]);
        column("sqlalchemy_utils.EncryptedType(sa.String, key='k')").finds(&["`EncryptedType`"]);
        upgrade("op.alter_column('t', 'a', existing_type=advanced_alchemy.types.EncryptedText(key='k'), nullable=False)")
            .header("import advanced_alchemy")
            .finds(&["`op.alter_column` is given the key of `EncryptedText`"]);
        column("advanced_alchemy.types.EncryptedString(key=os.environ['KEY'])").ok();
        column("advanced_alchemy.types.EncryptedString(key=conf.key)").ok();
        column("sqlalchemy_utils.types.encrypted.encrypted_type.StringEncryptedType()").ok();
    }

    #[test]
    fn no_password_or_one_from_elsewhere() {
        upgrade("op.execute('CREATE ROLE r LOGIN')").ok();
        upgrade("op.execute('ALTER ROLE r PASSWORD NULL')").ok();
        upgrade("op.execute(sa.text('ALTER ROLE r PASSWORD :password').bindparams(password=given()))").ok();
        upgrade("op.execute(\"UPDATE t SET password = 'x'\")").ok();
    }
}
