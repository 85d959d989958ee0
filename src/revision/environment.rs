//! What `env.py` says of how revisions run, as far as its text tells. Runs nothing.

/// How revisions of a script directory run.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Environment {
    /// `transaction_per_migration=True`: each revision is committed before the next one runs.
    pub has_transaction_per_migration: bool,
    /// It, or a module of the project that it leads to, speaks of `lock_timeout`.
    pub has_lock_timeout: bool,
    /// Each statement may be committed at once: it speaks of the isolation level `AUTOCOMMIT`, or leaves the run to code
    /// elsewhere.
    pub may_autocommit: bool,
    /// It, or a module of the project that it leads to, turns SQLite's `PRAGMA foreign_keys` on.
    pub has_foreign_keys_on: bool,
    /// It, or a module of the project that it leads to, sets the time zone of PostgreSQL's sessions to UTC.
    pub is_utc: bool,
}

impl Environment {
    /// What the text of an `env.py` tells.
    pub(super) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut runs_here = false;
        for line in text.lines() {
            let code = line.split('#').next().unwrap_or_default();
            found.has_transaction_per_migration |= is_switched_on(code, "transaction_per_migration");
            found.has_lock_timeout |= code.contains("lock_timeout");
            found.may_autocommit |= code.contains("AUTOCOMMIT");
            found.has_foreign_keys_on |= turns_foreign_keys_on(code);
            found.is_utc |= sets_utc(code);
            runs_here |= code.contains("begin_transaction");
        }
        found.may_autocommit |= !runs_here;
        found
    }

    /// Adds what a module of the project tells.
    pub(super) fn add_module(&mut self, text: &str) {
        self.has_lock_timeout |= text.contains("lock_timeout");
        self.is_utc |= text.lines().any(sets_utc);
        self.has_foreign_keys_on |= text.contains("foreign_keys") && text.lines().any(turns_foreign_keys_on);
    }

    /// Adds what was read of modules before `env.py` itself.
    pub(super) fn add(&mut self, of_modules: Self) {
        self.has_lock_timeout |= of_modules.has_lock_timeout;
        self.has_foreign_keys_on |= of_modules.has_foreign_keys_on;
        self.is_utc |= of_modules.is_utc;
    }

    /// What `env.py` still needs so that a second revision runs in a transaction of its own, as the end of a sentence.
    pub const fn to_commit_between(self) -> &'static str {
        if self.has_transaction_per_migration {
            ""
        } else {
            ", with `transaction_per_migration=True` in `env.py`"
        }
    }
}

fn turns_foreign_keys_on(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().to_ascii_lowercase();
    let value = code.split_once("foreign_keys").map(|(_, rest)| rest.trim_start_matches([' ', '=', '(']));
    value.is_some_and(|value| ["on", "1", "true", "yes"].iter().any(|on| value.starts_with(on)))
}

/// Whether an argument is given, and not `False`.
fn is_switched_on(code: &str, name: &str) -> bool {
    code.split_once(name).is_some_and(|(_, rest)| {
        let rest = rest.trim_start_matches(['"', '\'', ' ']);
        rest.strip_prefix(['=', ':']).is_some_and(|value| !value.trim_start().starts_with("False"))
    })
}

/// Whether a text sets a session's time zone to UTC: `SET TIME ZONE 'UTC'`, `-c timezone=utc`, `{"timezone": "UTC"}`.
pub fn sets_utc(code: &str) -> bool {
    let has_words = |code: &str| code.contains("zone") || code.contains("ZONE") || code.contains("Zone");
    if !has_words(code) || code.trim_start().starts_with('#') {
        return false;
    }
    let is_plain = |char: &char| !char.is_whitespace() && !matches!(char, '"' | '\'' | '\\');
    let squeezed = code.to_ascii_lowercase().chars().filter(is_plain).collect::<String>();
    ["timezone=utc", "timezone:utc", "timezoneutc", "timezonetoutc"].iter().any(|set| squeezed.contains(set))
}

#[cfg(test)]
mod tests {
    use super::Environment;

    #[test]
    fn what_the_text_tells() {
        let text = "context.configure(\n    connection=connection,\n    transaction_per_migration=True,\n)\n";
        assert!(Environment::of(text).has_transaction_per_migration);
        assert_eq!(Environment::of(text).to_commit_between(), "");
        assert!(
            Environment::of("options = {\"transaction_per_migration\": True}").has_transaction_per_migration
        );
        assert!(!Environment::of("transaction_per_migration=False").has_transaction_per_migration);
        assert!(!Environment::of("# transaction_per_migration=True").has_transaction_per_migration);
        let engine = "create_engine(url, connect_args={'options': '-c lock_timeout=5000'})";
        assert!(Environment::of(engine).has_lock_timeout);
        let run = "with context.begin_transaction():\n    context.run_migrations()\n";
        assert!(!Environment::of(run).may_autocommit);
        let engine = format!("create_engine(url, isolation_level=\"AUTOCOMMIT\")\n{run}");
        assert!(Environment::of(&engine).may_autocommit);
        assert!(Environment::of("run_migrations_online(context, config)").may_autocommit);
    }

    #[test]
    fn the_time_zone_of_sessions() {
        for line in [
            "connect_args={'options': '-c timezone=utc'}",
            "connect_args={'server_settings': {'timezone': 'UTC'}}",
            "connection.execute(text(\"SET TIME ZONE 'UTC'\"))",
            "connection.execute(text(\"SET timezone TO 'UTC'\"))",
        ] {
            assert!(Environment::of(line).is_utc, "{line}");
        }
        for line in [
            "datetime.now(timezone.utc)",
            "# SET TIME ZONE 'UTC'",
            "'-c timezone=Europe/Berlin'",
            "zone = utc",
        ] {
            assert!(!Environment::of(line).is_utc, "{line}");
        }
    }
}
