//! Lists, tuples and dictionaries: displays, items, slices and what a loop goes over.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprDict, ExprSlice};

use super::Interpreter;
use super::budget::Budget;
use super::scope::{ModuleId, Scope};
use super::value::{Arguments, Object, Sequence, Value};
use crate::operation::HOLE;

/// What a loop goes over.
pub(super) struct Turns<'a> {
    pub(super) items: Vec<Value<'a>>,
    /// Whether exactly these turns happen.
    pub(super) certain: bool,
}

impl<'a> Interpreter<'a> {
    /// The turns of a loop over `iterable`; an unknown one takes one turn with an unknown item.
    pub(super) fn turns(&self, iterable: &Value<'a>) -> Turns<'a> {
        let cost = match iterable {
            Value::Tuple(items) => items.len(),
            Value::List(list) => list.items.borrow().len(),
            Value::Dict(dict) => dict.entries.borrow().len(),
            Value::Str(text) => 4 * text.value.len(),
            Value::Class(class) => 20 * class.members.len(),
            _ => 1,
        };
        match iterable {
            _ if !self.budget.afford(cost) => Turns { items: vec![Value::Unknown], certain: false },
            Value::Tuple(items) => Turns { items: items.to_vec(), certain: true },
            Value::List(list) => {
                let mut items = list.items.borrow().clone();
                if list.open.get() {
                    items.push(Value::Unknown);
                }
                Turns { items, certain: !list.open.get() && !list.uncertain.get() }
            }
            Value::Dict(dict) => {
                let mut items: Vec<_> = dict.entries.borrow().iter().map(|(key, _)| key.clone()).collect();
                if dict.open.get() {
                    items.push(Value::Unknown);
                }
                Turns { items, certain: !dict.open.get() }
            }
            Value::Str(text) if !text.dynamic => Turns {
                items: text.value.chars().map(|c| Value::str(c.to_string())).collect(),
                certain: true,
            },
            Value::Class(class) if Self::is_enum(class) => {
                let members = class.members.iter().filter(|name| !name.starts_with('_'));
                let items =
                    members.filter_map(|name| Some(Self::enum_member(class, name, class.attribute(name)?)));
                Turns { items: items.collect(), certain: true }
            }
            Value::OneOf(values) => {
                let items = values.iter().flat_map(|value| self.turns(value).items).collect();
                Turns { items, certain: false }
            }
            _ => Turns { items: vec![Value::Unknown], certain: false },
        }
    }

    pub(super) fn list_display(&mut self, elements: &'a [Expr], scope: &Rc<Scope<'a>>) -> Value<'a> {
        let (items, open) = self.items(elements, scope);
        let list = Value::list(items, self.conditional);
        if let Value::List(list) = &list {
            list.open.set(open);
        }
        list
    }

    pub(super) fn dict_display(&mut self, node: &'a ExprDict, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let mut entries = Vec::with_capacity(node.items.len());
        let mut open = false;
        for item in &node.items {
            let value = self.expression(&item.value, scope);
            match (&item.key, value) {
                (Some(key), value) => entries.push((self.expression(key, scope), value)),
                (None, Value::Dict(dict)) if self.budget.afford(2 * dict.entries.borrow().len()) => {
                    open |= dict.open.get();
                    entries.extend(dict.entries.borrow().iter().cloned());
                }
                (None, _) => open = true,
            }
        }
        Value::dict(entries, open, self.conditional)
    }

    /// `container[key] = value`.
    pub(super) fn set_item(&mut self, container: &Value<'a>, key: Value<'a>, value: Value<'a>) {
        match container {
            Value::Dict(dict) => {
                if self.conditional > dict.level {
                    dict.open.set(true);
                }
                let mut entries = dict.entries.borrow_mut();
                match position(&entries, &key, &self.budget) {
                    Some(at) => {
                        if let Some((_, slot)) = entries.get_mut(at) {
                            *slot = value;
                        }
                    }
                    None => entries.push((key, value)),
                }
            }
            Value::List(list) => {
                let mut items = list.items.borrow_mut();
                let slot = match key {
                    Value::Int(index) => index_of(index, items.len()).and_then(|index| items.get_mut(index)),
                    _ => None,
                };
                match slot {
                    Some(slot) => *slot = value,
                    None => list.uncertain.set(true),
                }
            }
            _ => {}
        }
    }

    /// `container[key]`.
    pub(super) fn item(&mut self, container: &Value<'a>, key: &Value<'a>) -> Value<'a> {
        match container {
            Value::OneOf(values) => {
                let values = values.clone();
                Value::one_of(values.iter().map(|value| self.item(value, key)).collect::<Vec<_>>())
            }
            Value::Module(module) => Self::function_by_name(module, key),
            // `metadata.tables["user"]`.
            Value::Method(method) if &*method.name == "tables" && matches!(key, Value::Str(_)) => {
                let arguments = Arguments::of(vec![key.clone(), Value::Unknown]);
                Value::Object(Rc::new(Object {
                    callee: "sqlalchemy.Table".into(),
                    receiver: None,
                    arguments,
                }))
            }
            Value::Path(path) if &**path == "sys.modules" => Value::Module(Rc::clone(&self.root)),
            Value::Dict(dict) => {
                let entries = dict.entries.borrow();
                if let Value::OneOf(keys) = key {
                    let found = keys.iter().filter_map(|key| lookup(&entries, key, &self.budget));
                    return Value::one_of(found.collect::<Vec<_>>());
                }
                match lookup(&entries, key, &self.budget) {
                    Some(value) => value,
                    // An unknown key picks one of the known entries, if there can be no others.
                    None if matches!(key, Value::Unknown | Value::Path(_)) && !dict.open.get() => {
                        Value::one_of(entries.iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())
                    }
                    None => Value::Unknown,
                }
            }
            Value::Tuple(_) | Value::List(_) => match (container.exact_items(), key) {
                (Some(items), Value::Int(index)) => index_of(*index, items.len())
                    .and_then(|index| items.get(index).cloned())
                    .unwrap_or(Value::Unknown),
                _ => Value::Unknown,
            },
            Value::Str(text) if !text.dynamic => match key {
                Value::Int(index) => {
                    if !self.budget.afford_text(text.value.len()) {
                        return Value::Unknown;
                    }
                    let length = text.value.chars().count();
                    let char = index_of(*index, length).and_then(|index| text.value.chars().nth(index));
                    char.map_or(Value::Unknown, |char| Value::str(char.to_string()))
                }
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// `globals()["upgrade_%s" % name]`: the functions of the module whose name fits.
    pub(super) fn function_by_name(module: &Rc<Scope<'a>>, key: &Value<'a>) -> Value<'a> {
        let Value::Str(text) = key else { return Value::Unknown };
        if !text.dynamic {
            let known = Self::known_name(module, &text.value);
            return known.unwrap_or(Value::Unknown);
        }
        let Some((before, after)) = text.value.split_once(HOLE) else { return Value::Unknown };
        if module.module != ModuleId::Revision || (before.is_empty() && after.is_empty()) {
            return Value::Unknown;
        }
        let names = module.snapshot();
        let mut fitting: Vec<(&str, Value<'a>)> = names
            .into_iter()
            .filter(|(name, value)| {
                name.starts_with(before)
                    && name.ends_with(after)
                    && name.len() > before.len() + after.len()
                    && matches!(value, Value::Function(_))
            })
            .collect();
        fitting.sort_by_key(|(_, value)| match value {
            Value::Function(function) => function.span,
            _ => crate::source::Span::default(),
        });
        // Which one is called is not known, even where only one fits.
        let unknown = std::iter::once(Value::Unknown);
        Value::one_of(fitting.into_iter().map(|(_, value)| value).chain(unknown).collect::<Vec<_>>())
    }

    fn known_name(module: &Rc<Scope<'a>>, name: &str) -> Option<Value<'a>> {
        module.own(name)
    }

    pub(super) fn slice(
        &mut self,
        container: &Value<'a>,
        slice: &'a ExprSlice,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let mut bound = |expression: Option<&'a Expr>| match expression.map(|e| self.expression(e, scope)) {
            None | Some(Value::None) => Some(None),
            Some(Value::Int(int)) => Some(Some(int)),
            Some(_) => None,
        };
        let (Some(lower), Some(upper)) = (bound(slice.lower.as_deref()), bound(slice.upper.as_deref()))
        else {
            return Value::Unknown;
        };
        let reverse = match bound(slice.step.as_deref()) {
            Some(None | Some(1)) => false,
            Some(Some(-1)) if lower.is_none() && upper.is_none() => true,
            _ => return Value::Unknown,
        };
        let range = |len: usize| {
            let clamp = |bound: i64| {
                let len = i64::try_from(len).unwrap_or(i64::MAX);
                usize::try_from(if bound < 0 { len.saturating_add(bound).max(0) } else { bound.min(len) })
                    .unwrap_or(0)
            };
            let start = lower.map_or(0, clamp);
            start..upper.map_or(len, clamp).max(start)
        };
        match container {
            Value::Str(text) => {
                if !self.budget.afford_text(text.value.len().saturating_mul(4)) {
                    return Value::Unknown;
                }
                let chars: Vec<char> = text.value.chars().collect();
                let part = chars.get(range(chars.len())).unwrap_or_default();
                let part: String = if reverse { part.iter().rev().collect() } else { part.iter().collect() };
                // How long an unknown part is, is unknown too: only what lies beside it may be cut.
                let holes = |text: &str| text.matches(HOLE).count();
                let fits = holes(&part) == holes(&text.value);
                Value::str(if fits { part } else { HOLE.to_owned() })
            }
            _ => match container.exact_items() {
                Some(items) => {
                    let part = items.get(range(items.len())).unwrap_or_default();
                    if !self.budget.afford(part.len()) {
                        return Value::Unknown;
                    }
                    let mut part = part.to_vec();
                    if reverse {
                        part.reverse();
                    }
                    Value::list(part, self.conditional)
                }
                None => Value::Unknown,
            },
        }
    }

    /// `list.extend(other)`.
    pub(super) fn extend(&mut self, list: &Rc<Sequence<'a>>, other: &Value<'a>) {
        let turns = self.turns(other);
        if self.conditional > list.level {
            list.uncertain.set(true);
        }
        if !turns.certain {
            list.uncertain.set(true);
            list.open.set(true);
        }
        if turns.certain || !matches!(other, Value::Unknown) {
            list.items.borrow_mut().extend(turns.items);
        }
    }

    /// `left + right` of lists and tuples, `left | right` of sets and dictionaries.
    pub(super) fn merge(&self, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
        if let (Value::Dict(a), Value::Dict(b)) = (left, right) {
            if !self.budget.afford(2 * (a.entries.borrow().len() + b.entries.borrow().len())) {
                return Value::Unknown;
            }
            let mut entries = a.entries.borrow().clone();
            entries.extend(b.entries.borrow().iter().cloned());
            return Value::dict(entries, a.open.get() || b.open.get(), a.level);
        }
        match (left.exact_items(), right.exact_items()) {
            (Some(items), Some(more)) if self.budget.afford(items.len() + more.len()) => {
                let items: Vec<_> = items.iter().chain(more.iter()).cloned().collect();
                match left {
                    Value::Tuple(_) => Value::Tuple(items.into()),
                    _ => Value::list(items, 0),
                }
            }
            _ => Value::Unknown,
        }
    }

    /// `left - right` of sets.
    pub(super) fn difference(&self, left: &Value<'a>, right: &Value<'a>) -> Value<'a> {
        let (Some(items), Some(removed)) = (left.exact_items(), right.exact_items()) else {
            return Value::Unknown;
        };
        if !self.budget.afford(items.len().saturating_mul(removed.len() + 1)) {
            return Value::Unknown;
        }
        let is_removed =
            |item: &Value<'a>| removed.iter().any(|r| r.equals(item, &self.budget) == Some(true));
        Value::list(items.iter().filter(|item| !is_removed(item)).cloned().collect(), 0)
    }

    /// `item in container`, where that is known.
    pub(super) fn contains(&self, container: &Value<'a>, item: &Value<'a>) -> Option<bool> {
        match container {
            Value::Str(text) if !text.dynamic => {
                let item = item.as_str()?;
                self.budget.afford_text(text.value.len()).then(|| text.value.contains(item))
            }
            Value::Dict(dict) => {
                let entries = dict.entries.borrow();
                let found = among(entries.iter().map(|(key, _)| key), item, &self.budget);
                if dict.open.get() && found != Some(true) { None } else { found }
            }
            _ => among(container.exact_items()?.iter(), item, &self.budget),
        }
    }
}

fn among<'v, 'a: 'v>(
    items: impl Iterator<Item = &'v Value<'a>>,
    item: &Value<'a>,
    budget: &Budget,
) -> Option<bool> {
    let mut answer = Some(false);
    for known in items {
        if budget.is_spent() {
            return None;
        }
        match known.equals(item, budget) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => answer = None,
        }
    }
    answer
}

fn lookup<'a>(entries: &[(Value<'a>, Value<'a>)], key: &Value<'a>, budget: &Budget) -> Option<Value<'a>> {
    entries.get(position(entries, key, budget)?).map(|(_, value)| value.clone())
}

/// Where the last entry is whose key is surely this one.
fn position<'a>(entries: &[(Value<'a>, Value<'a>)], key: &Value<'a>, budget: &Budget) -> Option<usize> {
    if !budget.afford(entries.len() / 4) {
        return None;
    }
    let is_key = |known: &Value<'a>| match (known, key) {
        (Value::Str(a), Value::Str(b)) => {
            !a.dynamic && !b.dynamic && a.value.len() == b.value.len() && a.value == b.value
        }
        (Value::Tuple(_), Value::Tuple(_)) => known.equals(key, budget) == Some(true),
        _ if std::mem::discriminant(known) != std::mem::discriminant(key) => false,
        _ => known.equals(key, budget) == Some(true),
    };
    entries.iter().rposition(|(known, _)| is_key(known))
}

fn index_of(index: i64, len: usize) -> Option<usize> {
    let len = i64::try_from(len).ok()?;
    usize::try_from(if index < 0 { len.checked_add(index)? } else { index }).ok()
}
