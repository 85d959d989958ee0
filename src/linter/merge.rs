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
    gather_details(found, suppressed);
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

/// Moves findings that are a part of others into these; what is a part of a suppressed one goes.
fn gather_details(found: &mut Vec<Diagnostic>, suppressed: &[Suppressed]) {
    let owners = Owners::of(found, suppressed);
    let moves: Vec<Option<Owner>> = found.iter().map(|diagnostic| owners.owner(diagnostic, found)).collect();
    if moves.iter().all(Option::is_none) {
        return;
    }
    let mut details: FxHashMap<usize, Vec<Detail>> = FxHashMap::default();
    for (diagnostic, owner) in found.iter().zip(&moves) {
        if let Some(Owner::Shown(owner)) = owner {
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

/// The finding that another one is a part of.
#[derive(Debug, Clone, Copy)]
enum Owner {
    /// The one at this index.
    Shown(usize),
    /// One that a comment suppressed.
    Suppressed,
}

/// Findings that may have parts, by place.
#[derive(Default)]
struct Owners {
    /// Those that cover places.
    covering: FxHashMap<Place, usize>,
    /// Those at places where another one is a part of some.
    by_rule: FxHashMap<Place, Vec<(&'static str, Owner, Severity)>>,
}

impl Owners {
    fn of(found: &[Diagnostic], suppressed: &[Suppressed]) -> Self {
        let mut owners = Self::default();
        for (index, diagnostic) in found.iter().enumerate().filter(|(_, d)| !d.covers.is_empty()) {
            for span in diagnostic.covers.iter().chain(std::iter::once(&diagnostic.span)) {
                owners.covering.entry((diagnostic.file, *span)).or_insert(index);
            }
        }
        let parts = found.iter().filter(|diagnostic| !diagnostic.part_of.is_empty());
        owners.by_rule = parts.map(|diagnostic| ((diagnostic.file, diagnostic.span), Vec::new())).collect();
        if !owners.by_rule.is_empty() {
            let shown = found.iter().enumerate().map(|(index, d)| (d, Owner::Shown(index)));
            let hidden = suppressed.iter().map(|suppressed| (&suppressed.diagnostic, Owner::Suppressed));
            for (diagnostic, owner) in shown.chain(hidden) {
                if let Some(at_place) = owners.by_rule.get_mut(&(diagnostic.file, diagnostic.span)) {
                    at_place.push((diagnostic.rule.name, owner, diagnostic.severity));
                }
            }
        }
        owners
    }

    fn owner(&self, diagnostic: &Diagnostic, found: &[Diagnostic]) -> Option<Owner> {
        let place = (diagnostic.file, diagnostic.span);
        self.covering_owner(diagnostic, found).or_else(|| {
            let named = diagnostic.part_of.iter().flat_map(|rule| {
                let at_place = self.by_rule.get(&place).into_iter().flatten();
                at_place.filter(move |(name, _, severity)| name == rule && *severity >= diagnostic.severity)
            });
            // A part of a finding that is a part itself goes where that one goes.
            named.map(|(_, owner, _)| *owner).next().map(|owner| match owner {
                Owner::Shown(index) => {
                    let next = found.get(index).and_then(|owner| self.owner(owner, found));
                    next.unwrap_or(Owner::Shown(index))
                }
                Owner::Suppressed => Owner::Suppressed,
            })
        })
    }

    fn covering_owner(&self, diagnostic: &Diagnostic, found: &[Diagnostic]) -> Option<Owner> {
        let index = *self.covering.get(&(diagnostic.file, diagnostic.span))?;
        let is_part = diagnostic.covers.is_empty()
            && matches!(
                diagnostic.rule.category,
                Category::Destructive | Category::Data | Category::Locking | Category::Compatibility
            )
            && found.get(index).is_some_and(|owner| diagnostic.severity <= owner.severity);
        is_part.then_some(Owner::Shown(index))
    }
}
