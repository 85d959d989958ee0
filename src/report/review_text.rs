//! `review` in plain words: what each revision does, what is lost first.

use std::fmt::Write;

use super::place::{Places, one_line};
use super::review::{Direction, Entry, Review};
use super::{Paint, counted};
use crate::linter::LocksOf;
use crate::operation::{HOLE, Name, Operation};
use crate::server::{Effect, Lock, Work};

/// SQL longer than this is cut; `--output-format json` has all of it.
const SQL_SHOWN: usize = 200;

/// The revisions, one after the other.
pub fn render(review: &Review<'_>, paint: Paint) -> String {
    let mut places = Places::new(review.project);
    let mut out = String::new();
    for entry in &review.entries {
        revision(&mut out, entry, &mut places, paint);
    }
    let shown = review.entries.len();
    let applied = match review.applied {
        0 => String::new(),
        1 => "; 1 is applied and not shown (`--all` shows it)".to_owned(),
        applied => format!("; {applied} are applied and not shown (`--all` shows them)"),
    };
    if shown == 0 && review.applied > 0 {
        let which = match review.applied {
            1 => "the only revision is applied".to_owned(),
            applied => format!("all {applied} revisions are applied"),
        };
        line(
            &mut out,
            &format!(
                "Nothing to review: {which}. `--all` shows applied revisions too, `--applied-ref false` counts \
                 every revision as new."
            ),
        );
    } else {
        line(&mut out, &format!("{} to review{applied}.", counted(shown, "revision")));
        let mut servers: Vec<String> = Vec::new();
        for locks in review.entries.iter().filter_map(|entry| entry.locks) {
            let server = locks.server.to_string();
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        if !servers.is_empty() {
            line(&mut out, &format!("Locks are those of {}.", servers.join(" and ")));
        }
    }
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn revision<'a>(out: &mut String, entry: &Entry<'a>, places: &mut Places<'a>, paint: Paint) {
    line(out, &paint.bold(format!("{}:1", one_line(&entry.file.path))));
    let id =
        entry.revision.id().map_or("revision without identifier".to_owned(), |id| format!("revision {id}"));
    let parents = if entry.is_base() {
        "base".to_owned()
    } else if entry.down_revisions().is_empty() {
        "down revision not known".to_owned()
    } else {
        format!("after {}", entry.down_revisions().join(", "))
    };
    let labels = entry.revision.identifiers.branch_labels.value.strings();
    let labels = if labels.is_empty() { String::new() } else { format!(", branch {}", labels.join(", ")) };
    let needs = entry.revision.identifiers.depends_on.value.strings();
    let needs = if needs.is_empty() { String::new() } else { format!(", depends on {}", needs.join(", ")) };
    let applied = if entry.is_applied { ", applied" } else { "" };
    line(out, &format!("  {}", one_line(&format!("{id}, {parents}{labels}{needs}{applied}"))));
    match entry.revision.message() {
        Some(message) => line(out, &format!("  {}", one_line(message))),
        None => line(out, &paint.faint("  (no message)")),
    }
    side(out, entry, Direction::Upgrade, places, paint);
    side(out, entry, Direction::Downgrade, places, paint);
    out.push('\n');
}

fn side<'a>(
    out: &mut String,
    entry: &Entry<'a>,
    direction: Direction,
    places: &mut Places<'a>,
    paint: Paint,
) {
    let title = match direction {
        Direction::Upgrade => "Upgrade",
        Direction::Downgrade => "Downgrade",
    };
    line(out, &format!("  {}", paint.bold(title)));
    let (lost, kept): (Vec<_>, Vec<_>) =
        entry.operations(direction).partition(|(operation, _)| operation.is_destructive());
    let is_empty = lost.is_empty() && kept.is_empty();
    for (operation, locks) in lost {
        step(out, operation, locks, entry, places, paint);
    }
    for unread in entry.unread(direction, places) {
        let at = place(&unread.place, paint);
        line(
            out,
            &format!("    {} {}  {at}", paint.caution("? could not be read:"), one_line(&unread.reason)),
        );
    }
    for (operation, locks) in kept {
        step(out, operation, locks, entry, places, paint);
    }
    if is_empty && let Some(why) = why_empty(entry, direction) {
        line(out, &format!("    {}", paint.faint(why)));
    }
}

/// Why nothing is listed; `None` where something was said already.
fn why_empty(entry: &Entry<'_>, direction: Direction) -> Option<&'static str> {
    if entry.file.text.is_err() || !entry.revision.syntax_errors.is_empty() {
        return match direction {
            Direction::Upgrade => None,
            Direction::Downgrade => Some("not known: the file could not be read"),
        };
    }
    match entry.body(direction) {
        None => Some(match direction {
            Direction::Upgrade => "there is no upgrade()",
            Direction::Downgrade => "there is no downgrade()",
        }),
        Some(body) if body.is_async => Some("does nothing: it is async, and Alembic never awaits it"),
        Some(body) if body.raises => Some("raises an error before it does anything"),
        Some(body) if body.unresolved.is_empty() => Some("does nothing"),
        Some(_) => None,
    }
}

fn step<'a>(
    out: &mut String,
    operation: &Operation,
    locks: &LocksOf,
    entry: &Entry<'a>,
    places: &mut Places<'a>,
    paint: Paint,
) {
    let summary = operation.summary();
    let summary = one_line(&summary);
    let maybe = if operation.conditional { format!("{} ", paint.caution("maybe")) } else { String::new() };
    let at = place(&places.place(entry.id, operation.span), paint);
    if operation.is_destructive() {
        line(out, &format!("    {} {maybe}{}  {at}", paint.danger("!"), paint.danger(summary)));
    } else {
        line(out, &format!("    - {maybe}{summary}  {at}"));
    }
    if let Some(sql) = operation.sql() {
        line(out, &format!("        {}", paint.faint(one_line(&shortened(sql)))));
    }
    for waiting in waiting(locks.as_deref().unwrap_or_default()) {
        line(out, &format!("        {}", paint.faint(one_line(&waiting))));
    }
}

/// Who waits for what, a line for each table; nothing where nobody waits and no row is looked at.
fn waiting(effects: &[Effect]) -> Vec<String> {
    let mut tables: Vec<Effect> = Vec::new();
    for effect in effects {
        match tables.iter_mut().find(|known| known.table == effect.table) {
            Some(known) => {
                known.lock = known.lock.max(effect.lock);
                known.work = known.work.max(effect.work);
            }
            None => tables.push(effect.clone()),
        }
    }
    // That SQLite has one writer at a time is no news.
    let matters = |effect: &&Effect| {
        effect.work != Work::None || (effect.lock.blocks_writes() && effect.lock != Lock::Database)
    };
    tables.iter().filter(matters).map(wait).collect()
}

fn wait(effect: &Effect) -> String {
    let work = match effect.work {
        Work::None => "",
        Work::Scan => ", reads every row",
        Work::IndexBuild => ", builds an index",
        Work::Unknown => ", may rewrite the table",
        Work::Rewrite => ", rewrites the table",
    };
    if effect.lock == Lock::Database {
        return format!("locks the database: blocks writes{work}");
    }
    let table = match effect.table.name {
        Name::None => "every table".to_owned(),
        Name::Known(_) | Name::Unknown => effect.table.quoted(),
    };
    format!("locks {table} ({}): blocks {}{work}", effect.lock.name(), effect.lock.blocks().name())
}

fn place(place: &super::place::Place<'_>, paint: Paint) -> String {
    paint.hint(format!("{}:{}", one_line(place.path), place.line))
}

/// SQL on one line, blanks collapsed, its end cut where it is long.
fn shortened(sql: &str) -> String {
    let mut text = String::new();
    for word in sql.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        // A part that is not known is shown as a gap.
        text.push_str(&word.replace(HOLE, "{..}"));
        if text.len() > SQL_SHOWN {
            let end = text.char_indices().nth(SQL_SHOWN).map_or(text.len(), |(at, _)| at);
            if end < text.len() {
                let mut cut = text.get(..end).unwrap_or_default().to_owned();
                let _ = write!(cut, " .. ({} characters)", sql.chars().count());
                return cut;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sql_is_cut_and_says_how_long_it_is() {
        let sql = format!("SELECT\n   {}", "x".repeat(300));
        let shown = shortened(&sql);
        assert!(shown.starts_with("SELECT xxx"), "{shown}");
        assert!(shown.ends_with("x .. (310 characters)"), "{shown}");
        assert!(shown.chars().count() < 230, "{shown}");
    }

    #[test]
    fn unknown_parts_of_sql_are_gaps() {
        assert_eq!(shortened(&format!("DROP TABLE {HOLE}")), "DROP TABLE {..}");
    }
}
