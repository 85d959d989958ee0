//! One finding for one problem: what several rules say of the same statement is put together.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Detail, Diagnostic, Suppressed};
use crate::rule::{Category, Severity};
use crate::source::{FileId, Span};

/// A place in a file.
type Place = (FileId, Span);

/// Puts findings together that are about the same problem; `suppressed` ones speak for their statement too.
pub(super) fn merge(found: &mut Vec<Diagnostic>, suppressed: &[Suppressed], is_strict: bool) {
    leave_out_yielding(found, suppressed, is_strict);
    gather_details(found);
}

/// Takes out findings that yield to others about their statement.
///
/// A suppressed finding counts like a shown one: its reason covers the statement.
fn leave_out_yielding(found: &mut Vec<Diagnostic>, suppressed: &[Suppressed], is_strict: bool) {
    let yielding: FxHashSet<Place> = found.iter().filter(|d| d.yields).map(|d| (d.file, d.span)).collect();
    if yielding.is_empty() {
        return;
    }
    let mut covering: FxHashMap<Place, Severity> = FxHashMap::default();
    let others = found.iter().chain(suppressed.iter().map(|suppressed| &suppressed.diagnostic));
    for other in others.filter(|other| !other.yields) {
        let weight = weight(other, is_strict);
        for span in std::iter::once(other.span).chain(other.call_sites.iter().copied()) {
            let place = (other.file, span);
            if yielding.contains(&place) {
                let known = covering.entry(place).or_insert(weight);
                *known = (*known).max(weight);
            }
        }
    }
    found.retain(|d| !d.yields || covering.get(&(d.file, d.span)).is_none_or(|weight| *weight < d.severity));
}

/// The severity up to which a finding speaks for its statement. A warning about what happens to rows and objects says
/// all there is to say, but in the preset `strict`.
fn weight(diagnostic: &Diagnostic, is_strict: bool) -> Severity {
    let says_what_happens =
        matches!(diagnostic.rule.category, Category::Destructive | Category::Data | Category::Sql);
    if says_what_happens && diagnostic.severity == Severity::Warning && !is_strict {
        Severity::Error
    } else {
        diagnostic.severity
    }
}

/// Moves findings at places that others cover into these.
fn gather_details(found: &mut Vec<Diagnostic>) {
    let mut owners: FxHashMap<Place, usize> = FxHashMap::default();
    for (index, diagnostic) in found.iter().enumerate().filter(|(_, d)| !d.covers.is_empty()) {
        for span in diagnostic.covers.iter().chain(std::iter::once(&diagnostic.span)) {
            owners.entry((diagnostic.file, *span)).or_insert(index);
        }
    }
    if owners.is_empty() {
        return;
    }
    let owner_of = |diagnostic: &Diagnostic| {
        let owner = *owners.get(&(diagnostic.file, diagnostic.span))?;
        let is_part = diagnostic.covers.is_empty()
            && matches!(
                diagnostic.rule.category,
                Category::Destructive | Category::Data | Category::Locking | Category::Compatibility
            )
            && found.get(owner).is_some_and(|owner| diagnostic.severity <= owner.severity);
        is_part.then_some(owner)
    };
    let moves: Vec<Option<usize>> = found.iter().map(owner_of).collect();
    let mut details: FxHashMap<usize, Vec<Detail>> = FxHashMap::default();
    for (diagnostic, owner) in found.iter().zip(&moves) {
        if let Some(owner) = owner {
            let Diagnostic { rule, span, message, .. } = diagnostic;
            let detail = Detail { rule: rule.name, span: *span, message: message.clone() };
            details.entry(*owner).or_default().push(detail);
        }
    }
    for (owner, mut details) in details {
        details.sort_by(|a, b| (a.span.start, a.rule, &a.message).cmp(&(b.span.start, b.rule, &b.message)));
        details.dedup();
        if let Some(owner) = found.get_mut(owner) {
            owner.details = details;
        }
    }
    let mut moves = moves.into_iter();
    found.retain(|_| moves.next().flatten().is_none());
}
