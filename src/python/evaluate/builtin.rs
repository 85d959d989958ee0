//! Built-in functions, the standard library's small helpers, and methods of lists and dictionaries.

use std::rc::Rc;

use super::Interpreter;
use super::argument::display;
use super::budget::Growing;
use super::scope::Scope;
use super::text::dedent;
use super::value::{Arguments, Class, Object, Partial, Sequence, Value};
use crate::operation::HOLE;
use crate::source::Span;

impl<'a> Interpreter<'a> {
    /// A call of a built-in function.
    pub(super) fn builtin(
        &mut self,
        name: &str,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("str", Some(value)) => Value::one_of(value.alternatives().iter().map(|v| match v {
                Value::Str(_) => v.clone(),
                other => self.shown(other),
            })),
            ("repr", Some(Value::Str(text))) if self.budget.afford_text(text.value.len()) => {
                Value::str(format!("'{}'", text.value))
            }
            ("int", Some(value @ Value::Int(_))) => value,
            ("bool", Some(value)) => value.truth().map_or(Value::Unknown, Value::Bool),
            ("list" | "set" | "frozenset" | "sorted" | "reversed" | "iter", Some(value)) => {
                self.listed(name, &value)
            }
            ("tuple", Some(value)) => {
                let items = value.exact_items().map(|items| {
                    if self.budget.afford(items.len()) {
                        Value::Tuple(items.to_vec().into())
                    } else {
                        Value::Unknown
                    }
                });
                items.unwrap_or_else(|| value.clone())
            }
            ("list" | "set" | "frozenset", None) => Value::list(Vec::new(), self.conditional),
            ("tuple", None) => Value::Tuple([].into()),
            ("str", None) => Value::str(""),
            ("dict", _) => self.dict_call(&arguments),
            ("len", Some(value)) => self.length(&value),
            ("range", Some(_)) => self.range(&arguments),
            ("enumerate", Some(value)) => self.enumerate(&value, arguments.get(1, "start")),
            ("zip", Some(_)) => self.zip(&arguments),
            ("map", Some(function)) => {
                let turns = match arguments.positional.get(1) {
                    Some(iterable) => self.turns(&iterable.clone()),
                    None => return Value::Unknown,
                };
                let certain = turns.certain;
                let items = turns
                    .items
                    .into_iter()
                    .map(|item| self.call_value(&function, Arguments::of(vec![item]), span, scope))
                    .collect();
                self.sequence(items, certain)
            }
            ("filter", Some(_)) => {
                let turns = match arguments.positional.get(1) {
                    Some(iterable) => self.turns(&iterable.clone()),
                    None => return Value::Unknown,
                };
                self.sequence(turns.items, false)
            }
            ("getattr", Some(receiver)) => self.get_attribute(&receiver, &arguments),
            ("globals" | "locals" | "vars", None) => Value::Module(scope.root()),
            ("eval", Some(Value::Str(text))) => self.eval(&text.value, span, scope),
            ("exec" | "compile", _) => {
                self.unresolved_in(span, scope, format!("the code given to `{name}` is not followed"));
                Value::Unknown
            }
            ("isinstance", Some(Value::Path(path))) if &*path == "sqlalchemy.dialect" => {
                self.is_of_dialect(arguments.positional.get(1))
            }
            ("any" | "all", Some(value)) => self.quantify(name, &value),
            (
                "min" | "max" | "sum" | "abs" | "round" | "hasattr" | "isinstance" | "issubclass"
                | "callable" | "next" | "print" | "input" | "id" | "hash" | "repr" | "ord" | "chr" | "type"
                | "super" | "float" | "int" | "bytes" | "object" | "open" | "format" | "staticmethod"
                | "classmethod" | "property" | "setattr" | "delattr" | "help" | "dir" | "divmod" | "pow"
                | "slice",
                first,
            ) => match (name, first) {
                ("staticmethod" | "classmethod" | "property", Some(function)) => function,
                ("open", _) => Value::Object(Rc::new(Object {
                    callee: "builtins.open".into(),
                    receiver: None,
                    arguments,
                })),
                _ => Value::Unknown,
            },
            // Exceptions and the like.
            _ => Value::Unknown,
        }
    }

    fn enumerate(&self, value: &Value<'a>, start: Option<&Value<'a>>) -> Value<'a> {
        let start = match start {
            Some(Value::Int(start)) => *start,
            _ => 0,
        };
        let turns = self.turns(value);
        if !self.budget.afford(3 * turns.items.len()) {
            return Value::Unknown;
        }
        let numbered = (start..i64::MAX).zip(turns.items);
        let pairs = numbered.map(|(i, item)| Value::Tuple([Value::Int(i), item].into()));
        self.sequence(pairs.collect(), turns.certain)
    }

    fn zip(&self, arguments: &Arguments<'a>) -> Value<'a> {
        let columns: Vec<_> = arguments.positional.iter().map(|values| self.turns(values)).collect();
        let certain = columns.iter().all(|turns| turns.certain);
        let rows = columns.iter().map(|turns| turns.items.len()).min().unwrap_or(0);
        if !self.budget.afford(rows.saturating_mul(columns.len() + 1)) {
            return Value::Unknown;
        }
        let row =
            |i: usize| Value::Tuple(columns.iter().filter_map(|turns| turns.items.get(i).cloned()).collect());
        self.sequence((0..rows).map(row).collect(), certain)
    }

    /// A value as it reads inside a string.
    fn shown(&self, value: &Value<'a>) -> Value<'a> {
        let mut out = Growing::new(&self.budget);
        out.push(&display(value));
        out.finish()
    }

    fn sequence(&self, items: Vec<Value<'a>>, certain: bool) -> Value<'a> {
        let list = Value::list(items, self.conditional);
        if let Value::List(list) = &list {
            list.uncertain.set(!certain);
        }
        list
    }

    fn listed(&mut self, name: &str, value: &Value<'a>) -> Value<'a> {
        if matches!(value, Value::Unknown) {
            return Value::Unknown;
        }
        let turns = self.turns(value);
        let mut items = turns.items;
        match name {
            "sorted" => {
                if !items.iter().all(|item| item.as_str().is_some()) {
                    return self.sequence(items, turns.certain);
                }
                let letters: usize = items.iter().filter_map(Value::as_str).map(str::len).sum();
                if !self.budget.afford_text(letters.saturating_mul(8)) {
                    return Value::Unknown;
                }
                items.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
            "reversed" => items.reverse(),
            _ => {}
        }
        self.sequence(items, turns.certain)
    }

    fn dict_call(&mut self, arguments: &Arguments<'a>) -> Value<'a> {
        let mut entries = Vec::new();
        let mut open = arguments.open;
        match arguments.positional.first() {
            Some(Value::Dict(dict)) if self.budget.afford(2 * dict.entries.borrow().len()) => {
                open |= dict.open.get();
                entries.extend(dict.entries.borrow().iter().cloned());
            }
            Some(pairs) => {
                let turns = self.turns(&pairs.clone());
                open |= !turns.certain;
                for pair in turns.items {
                    match pair.exact_items().as_deref() {
                        Some([key, value]) => entries.push((key.clone(), value.clone())),
                        _ => open = true,
                    }
                }
            }
            None => {}
        }
        entries
            .extend(arguments.keywords.iter().map(|(key, value)| (Value::str(key.clone()), value.clone())));
        Value::dict(entries, open, self.conditional)
    }

    fn length(&self, value: &Value<'a>) -> Value<'a> {
        let length = match value {
            Value::Str(text) if !text.dynamic => {
                self.budget.afford_text(text.value.len()).then(|| text.value.chars().count())
            }
            Value::Dict(dict) if !dict.open.get() => Some(dict.entries.borrow().len()),
            other => other.exact_items().map(|items| items.len()),
        };
        length.and_then(|length| i64::try_from(length).ok()).map_or(Value::Unknown, Value::Int)
    }

    fn range(&self, arguments: &Arguments<'a>) -> Value<'a> {
        let bounds: Option<Vec<i64>> = arguments
            .positional
            .iter()
            .map(|value| match value {
                Value::Int(int) => Some(*int),
                _ => None,
            })
            .collect();
        let (start, end, step) = match bounds.as_deref() {
            Some([end]) => (0, *end, 1),
            Some([start, end]) => (*start, *end, 1),
            Some([start, end, step]) if *step > 0 => (*start, *end, *step),
            _ => return Value::Unknown,
        };
        // Longer ranges are batches of rows, not of schema objects.
        let turns = end.saturating_sub(start) / step;
        if turns > 2_000 || !self.budget.afford(usize::try_from(turns).unwrap_or(0)) {
            return Value::Unknown;
        }
        let step = usize::try_from(step).unwrap_or(1);
        Value::list((start..end).step_by(step).map(Value::Int).collect(), self.conditional)
    }

    fn get_attribute(&mut self, receiver: &Value<'a>, arguments: &Arguments<'a>) -> Value<'a> {
        let Some(name) = arguments.positional.get(1).cloned() else { return Value::Unknown };
        if let Value::Module(module) = receiver
            && matches!(&name, Value::Str(text) if text.dynamic)
        {
            return Self::function_by_name(module, &name);
        }
        let found: Vec<_> = name
            .alternatives()
            .iter()
            .map(|name| match name.as_str() {
                Some(name) => self.attribute(receiver, name),
                None => Value::Unknown,
            })
            .collect();
        Value::one_of(found)
    }

    /// `eval("upgrade_%s()" % name)`, as old multi-database templates write it.
    fn eval(&mut self, code: &str, span: Span, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let called = code.trim().strip_suffix("()");
        let function =
            Self::function_by_name(&scope.root(), &Value::str(called.unwrap_or(code.trim()).to_owned()));
        match called {
            Some(_) => self.call_value(&function, Arguments::default(), span, scope),
            None => function,
        }
    }

    fn quantify(&self, name: &str, value: &Value<'a>) -> Value<'a> {
        let turns = self.turns(value);
        let truths: Vec<_> = turns.items.iter().map(Value::truth).collect();
        let decisive = Some(name == "any");
        if truths.contains(&decisive) && turns.certain {
            Value::Bool(name == "any")
        } else if turns.certain && !truths.contains(&None) {
            Value::Bool(name == "all")
        } else {
            Value::Unknown
        }
    }

    /// A function of the standard library or SQLAlchemy that only makes a value.
    pub(super) fn library_function(&mut self, path: &str, arguments: &Arguments<'a>) -> Option<Value<'a>> {
        let first = arguments.positional.first();
        Some(match path {
            "textwrap.dedent" | "inspect.cleandoc" => match first {
                Some(Value::Str(text)) if self.budget.afford_text(4 * text.value.len()) => {
                    let dedented = dedent(&text.value);
                    Value::str(if path == "inspect.cleandoc" { dedented.trim().to_owned() } else { dedented })
                }
                _ => Value::str(HOLE),
            },
            "functools.partial" => {
                let function = first?.clone();
                let mut bound = arguments.clone();
                bound.positional.remove(0);
                Value::Partial(Rc::new(Partial { function, bound }))
            }
            "itertools.chain" => {
                let parts: Vec<_> = arguments.positional.iter().map(|values| self.turns(values)).collect();
                let certain = parts.iter().all(|turns| turns.certain);
                self.sequence(parts.into_iter().flat_map(|turns| turns.items).collect(), certain)
            }
            "itertools.product" => match arguments.positional.as_slice() {
                [left, right] => {
                    let (left, right) = (self.turns(left), self.turns(right));
                    if !self
                        .budget
                        .afford(left.items.len().saturating_mul(right.items.len()).saturating_mul(3))
                    {
                        return Some(Value::Unknown);
                    }
                    let pairs = left.items.iter().flat_map(|l| {
                        right.items.iter().map(move |r| Value::Tuple([l.clone(), r.clone()].into()))
                    });
                    let pairs = pairs.collect();
                    self.sequence(pairs, left.certain && right.certain)
                }
                _ => Value::Unknown,
            },
            "copy.copy" | "copy.deepcopy" | "typing.cast" => arguments.positional.last()?.clone(),
            "collections.OrderedDict" => self.dict_call(arguments),
            "collections.defaultdict" => Value::dict(Vec::new(), true, self.conditional),
            "functools.wraps" | "operator.attrgetter" | "operator.itemgetter" => Value::Unknown,
            _ if path.starts_with("sqlalchemy.")
                && matches!(crate::operation::last_part(path), "quoted_name" | "conv") =>
            {
                first?.clone()
            }
            _ => return None,
        })
    }

    fn list_method(
        &mut self,
        receiver: &Value<'a>,
        list: &Rc<Sequence<'a>>,
        name: &str,
        arguments: &Arguments<'a>,
    ) -> Value<'a> {
        let first = arguments.positional.first().cloned();
        match (name, first) {
            ("append" | "add", Some(item)) => {
                if self.conditional > list.level {
                    list.uncertain.set(true);
                }
                list.items.borrow_mut().push(item);
                Value::None
            }
            ("insert", _) => {
                if !self.budget.afford(list.items.borrow().len() / 16) {
                    list.uncertain.set(true);
                    return Value::None;
                }
                let item = arguments.positional.get(1).cloned().unwrap_or(Value::Unknown);
                let at = match arguments.positional.first() {
                    Some(Value::Int(at)) => usize::try_from(*at).unwrap_or(0),
                    _ => 0,
                };
                let mut items = list.items.borrow_mut();
                let at = at.min(items.len());
                items.insert(at, item);
                Value::None
            }
            ("extend" | "update", Some(other)) => {
                self.extend(list, &other);
                Value::None
            }
            ("copy", _) if !self.budget.afford(list.items.borrow().len()) => Value::Unknown,
            ("copy", _) => Value::list(list.items.borrow().clone(), self.conditional),
            ("reverse", _) if !self.budget.afford(list.items.borrow().len() / 4) => Value::Unknown,
            ("reverse", _) => {
                list.items.borrow_mut().reverse();
                Value::None
            }
            ("sort", _) => Value::None,
            ("pop", None) if self.conditional <= list.level => {
                list.items.borrow_mut().pop().unwrap_or(Value::Unknown)
            }
            ("difference", Some(other)) => self.difference(receiver, &other),
            ("union", Some(other)) => self.merge(receiver, &other),
            ("remove" | "pop" | "discard" | "clear", _) => {
                list.uncertain.set(true);
                Value::Unknown
            }
            _ => Value::Unknown,
        }
    }

    /// A method of a list, tuple or dictionary.
    pub(super) fn collection_method(
        &mut self,
        receiver: &Value<'a>,
        name: &str,
        arguments: &Arguments<'a>,
    ) -> Value<'a> {
        match receiver {
            Value::List(list) => self.list_method(receiver, list, name, arguments),
            Value::Dict(dict) => match name {
                "items" | "keys" | "values" | "copy" | "update"
                    if !self.budget.afford(4 * dict.entries.borrow().len()) =>
                {
                    dict.open.set(true);
                    Value::Unknown
                }
                "items" => {
                    let pair = |(key, value): &(Value<'a>, Value<'a>)| {
                        Value::Tuple([key.clone(), value.clone()].into())
                    };
                    let pairs = dict.entries.borrow().iter().map(pair).collect();
                    self.sequence(pairs, !dict.open.get())
                }
                "keys" => {
                    let keys = dict.entries.borrow().iter().map(|(key, _)| key.clone()).collect();
                    self.sequence(keys, !dict.open.get())
                }
                "values" => {
                    let values = dict.entries.borrow().iter().map(|(_, value)| value.clone()).collect();
                    self.sequence(values, !dict.open.get())
                }
                "get" | "pop" | "setdefault" => {
                    let key = arguments.positional.first().cloned().unwrap_or(Value::Unknown);
                    let default = arguments.positional.get(1).cloned().unwrap_or(Value::None);
                    let found = self.item(receiver, &key);
                    let absent = self.contains(receiver, &key) == Some(false);
                    if name == "setdefault" && absent {
                        self.set_item(receiver, key, default.clone());
                    }
                    if absent { default } else { found }
                }
                "update" => {
                    if let Some(Value::Dict(other)) = arguments.positional.first() {
                        let entries = other.entries.borrow().clone();
                        for (key, value) in entries {
                            self.set_item(receiver, key, value);
                        }
                        dict.open.set(dict.open.get() || other.open.get());
                    } else if !arguments.positional.is_empty() {
                        dict.open.set(true);
                    }
                    for (key, value) in &arguments.keywords {
                        self.set_item(receiver, Value::str(key.clone()), value.clone());
                    }
                    Value::None
                }
                "copy" => Value::dict(dict.entries.borrow().clone(), dict.open.get(), self.conditional),
                _ => Value::Unknown,
            },
            _ => Value::Unknown,
        }
    }

    /// Whether a class of the project is an enum.
    pub(super) fn is_enum(class: &Class<'a>) -> bool {
        class.is_enum
    }

    /// A member of an enum: an object with `name` and `value`.
    pub(super) fn enum_member(class: &Rc<Class<'a>>, name: &str, value: Value<'a>) -> Value<'a> {
        let attributes = Scope::of_module(class.attributes.module.clone());
        attributes.set("name", Value::str(name.to_owned()));
        attributes.set("value", value);
        Value::Instance(Rc::new(super::value::Instance { class: Rc::clone(class), attributes }))
    }
}
