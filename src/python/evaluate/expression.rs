//! Expressions: values of literals, names, attributes, subscripts, operators and comprehensions.

use std::rc::Rc;

use ruff_python_ast::{
    BoolOp, CmpOp, Comprehension, Expr, ExprAttribute, ExprCompare, ExprIf, Number, Operator, UnaryOp,
};
use ruff_python_stdlib::builtins::is_python_builtin;
use ruff_text_size::Ranged;

use super::bind::is_directive;
use super::model;
use super::scope::{ModuleId, Scope};
use super::value::{Arguments, Binding, Function, FunctionBody, Value};
use super::{Interpreter, MAX_DEPTH};
use crate::python::parse::span;

/// How many steps nested expressions may take beyond [`MAX_DEPTH`] of calls.
pub(super) const MAX_EXPRESSION_DEPTH: u32 = MAX_DEPTH * 4;

impl<'a> Interpreter<'a> {
    /// The value of an expression; what it calls is called.
    pub(super) fn expression(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if !self.budget.afford(1) {
            return Value::Unknown;
        }
        self.deeper(|this| this.evaluate(expression, scope)).unwrap_or_default()
    }

    fn evaluate(&mut self, expression: &'a Expr, scope: &Rc<Scope<'a>>) -> Value<'a> {
        match expression {
            Expr::StringLiteral(node) => self.string_literal(node, scope),
            Expr::NumberLiteral(node) => match &node.value {
                Number::Int(int) => int.as_i64().map_or(Value::Unknown, Value::Int),
                Number::Float(float) => Value::Float(*float),
                Number::Complex { .. } => Value::Unknown,
            },
            Expr::BooleanLiteral(node) => Value::Bool(node.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::Name(name) => self.name(name.id.as_str(), scope),
            Expr::Attribute(node) => self.attribute_expression(node, scope),
            Expr::Call(call) => self.call(call, scope),
            Expr::FString(node) => self.f_string(node, scope),
            Expr::Tuple(node) => match self.items(&node.elts, scope) {
                (items, true) => Value::list(items, self.conditional),
                (items, false) => Value::Tuple(items.into()),
            },
            Expr::List(node) => self.list_display(&node.elts, scope),
            Expr::Set(node) => self.list_display(&node.elts, scope),
            Expr::Dict(node) => self.dict_display(node, scope),
            Expr::BinOp(node) => {
                // `a + b + c + ..` nests as deep as it is long.
                let mut links = vec![node];
                while let Some(Expr::BinOp(inner)) = links.last().map(|link| &*link.left) {
                    links.push(inner);
                }
                let mut value = self.expression(links.last().map_or(&node.left, |first| &first.left), scope);
                for link in links.into_iter().rev() {
                    let right = self.expression(&link.right, scope);
                    value = self.binary(&value, link.op, &right);
                }
                value
            }
            Expr::BoolOp(node) => self.bool_op(node.op, &node.values, scope),
            Expr::UnaryOp(node) => {
                let value = self.expression(&node.operand, scope);
                match (node.op, &value) {
                    (UnaryOp::Not, _) => value.truth().map_or(Value::Unknown, |truth| Value::Bool(!truth)),
                    (UnaryOp::USub, Value::Int(int)) => int.checked_neg().map_or(Value::Unknown, Value::Int),
                    (UnaryOp::USub, Value::Float(float)) => Value::Float(-float),
                    (UnaryOp::UAdd, _) => value,
                    _ => Value::Unknown,
                }
            }
            Expr::Compare(node) => self.compare(node, scope),
            Expr::If(node) => self.conditional_expression(node, scope),
            Expr::Named(node) => {
                let value = self.expression(&node.value, scope);
                self.assign(&node.target, value.clone(), scope);
                value
            }
            Expr::Lambda(node) => Value::Function(Rc::new(Function {
                name: "<lambda>",
                parameters: node.parameters.as_deref(),
                body: FunctionBody::Lambda(&node.body),
                scope: self.enclose(scope),
                is_async: false,
                binding: Binding::Instance,
                is_context_manager: false,
                span: span(node.range),
            })),
            Expr::ListComp(node) => self.comprehension(&node.elt, &node.generators, scope),
            Expr::SetComp(node) => self.comprehension(&node.elt, &node.generators, scope),
            Expr::Generator(node) => self.comprehension(&node.elt, &node.generators, scope),
            Expr::DictComp(node) => self.dict_comprehension(node, scope),
            Expr::Subscript(node) => {
                let container = self.expression(&node.value, scope);
                if let Expr::Slice(slice) = &*node.slice {
                    return self.slice(&container, slice, scope);
                }
                let key = self.expression(&node.slice, scope);
                self.item(&container, &key)
            }
            Expr::Starred(node) => self.expression(&node.value, scope),
            Expr::Await(node) => self.expression(&node.value, scope),
            Expr::Yield(node) => {
                let value = node.value.as_deref().map_or(Value::None, |value| self.expression(value, scope));
                self.yield_value(value);
                Value::Unknown
            }
            Expr::YieldFrom(node) => {
                let iterable = self.expression(&node.value, scope);
                let turns = self.turns(&iterable);
                if let Some(frame) = self.frames.last_mut() {
                    frame.yielded.extend(turns.items);
                }
                Value::Unknown
            }
            Expr::Slice(_)
            | Expr::BytesLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::TString(_)
            | Expr::IpyEscapeCommand(_) => Value::Unknown,
        }
    }

    /// The value a name is bound to.
    fn name(&mut self, name: &str, scope: &Rc<Scope<'a>>) -> Value<'a> {
        if let Some(value) = scope.get(name) {
            return value;
        }
        match name {
            "__name__" => {
                return match &scope.module {
                    ModuleId::Revision => Value::str("revision"),
                    ModuleId::Project { name, .. } => Value::str(name.to_string()),
                };
            }
            "__file__" | "__doc__" => return Value::Unknown,
            _ => {}
        }
        if let Some(value) = self.module_name(&scope.root(), name).or_else(|| self.starred(name, scope)) {
            return value;
        }
        let stars = scope.stars();
        if is_directive(name) && stars.iter().any(|module| &**module == "alembic.op") {
            return Value::dotted("alembic.op", name);
        }
        if is_python_builtin(name, crate::python::names::NEWEST_MINOR, false) {
            return Value::dotted("builtins", name);
        }
        match stars.iter().rev().find(|module| self.modules.get(module).is_none()) {
            Some(module) => Value::dotted(module, name),
            None => Value::Unknown,
        }
    }

    fn attribute_expression(&mut self, node: &'a ExprAttribute, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let value = self.expression(&node.value, scope);
        self.attribute(&value, node.attr.as_str())
    }

    /// `value.name` without calling it.
    pub(super) fn attribute(&mut self, value: &Value<'a>, name: &str) -> Value<'a> {
        match value {
            Value::Path(path) if &**path == "typing" && name == "TYPE_CHECKING" => Value::Bool(false),
            Value::Path(path) if &**path == "sqlalchemy.dialect" && name == "name" => {
                match self.dialect_name() {
                    Value::Unknown => Value::dotted(path, name),
                    known => known,
                }
            }
            Value::Path(path) => Value::dotted(path, name),
            Value::Module(module) => self.module_attribute(module, name),
            Value::Instance(instance) => {
                if let Some(own) = instance.attributes.own(name) {
                    return own;
                }
                match instance.class.attribute(name) {
                    Some(Value::Function(function)) if function.binding == Binding::Property => self
                        .enter(&function, Arguments::of(vec![value.clone()]), None)
                        .unwrap_or(Value::Unknown),
                    Some(Value::Function(_)) => Value::method(value.clone(), name),
                    Some(own) => own,
                    None => Value::Unknown,
                }
            }
            Value::Class(class) => match class.attribute(name) {
                // Members of an enum keep their name and value.
                Some(member @ (Value::Str(_) | Value::Int(_))) if Self::is_enum(class) => {
                    Self::enum_member(class, name, member)
                }
                Some(Value::Function(function)) if function.binding == Binding::Class => {
                    Value::method(value.clone(), name)
                }
                Some(own) => own,
                None if name == "__table__" => Value::Object(Rc::new(model::table(class))),
                None => Value::method(value.clone(), name),
            },
            Value::Connection if name == "name" => self.dialect_name(),
            Value::Connection | Value::DriverConnection | Value::Context => {
                Self::connection_attribute(value, name)
            }
            Value::Object(object) => Self::object_attribute(object, value, name),
            Value::OneOf(values) => {
                let values = values.clone();
                Value::one_of(values.iter().map(|value| self.attribute(value, name)).collect::<Vec<_>>())
            }
            Value::Unknown | Value::None => {
                // What an unknown object is asked to do matters only if it is a directive.
                if is_directive(name) { Value::method(value.clone(), name) } else { Value::Unknown }
            }
            _ => Value::method(value.clone(), name),
        }
    }

    fn bool_op(&mut self, op: BoolOp, values: &'a [Expr], scope: &Rc<Scope<'a>>) -> Value<'a> {
        let mut outcomes = Vec::new();
        let mut undecided = 0;
        for (i, operand) in values.iter().enumerate() {
            let value = self.expression(operand, scope);
            let last = i + 1 == values.len();
            let decides = match (op, value.truth()) {
                (BoolOp::And, Some(truth)) => Some(!truth),
                (BoolOp::Or, Some(truth)) => Some(truth),
                (_, None) => None,
            };
            if decides == Some(true) || last {
                outcomes.push(value);
                break;
            }
            if decides.is_none() {
                outcomes.push(value);
                // What follows runs only if this one lets it.
                self.conditional += 1;
                undecided += 1;
            }
        }
        self.conditional -= undecided;
        // An undecided first operand makes the result's truth unknown, whatever the others are.
        if outcomes.iter().any(|value| matches!(value, Value::Unknown)) {
            Value::Unknown
        } else {
            Value::one_of(outcomes)
        }
    }

    fn conditional_expression(&mut self, node: &'a ExprIf, scope: &Rc<Scope<'a>>) -> Value<'a> {
        match self.expression(&node.test, scope).truth() {
            Some(true) => self.expression(&node.body, scope),
            Some(false) => self.expression(&node.orelse, scope),
            None => {
                let body = self.maybe(|this| this.expression(&node.body, scope));
                let orelse = self.maybe(|this| this.expression(&node.orelse, scope));
                Value::one_of([body, orelse])
            }
        }
    }

    fn compare(&mut self, node: &'a ExprCompare, scope: &Rc<Scope<'a>>) -> Value<'a> {
        let mut left = self.expression(&node.left, scope);
        let mut all = Some(true);
        for (op, right) in node.ops.iter().zip(&node.comparators) {
            let right = self.expression(right, scope);
            all = match (all, self.compare_two(&left, *op, &right)) {
                (_, Some(false)) => return Value::Bool(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
            left = right;
        }
        match all {
            Some(truth) => Value::Bool(truth),
            // `table.c.name == value` is an object for SQLAlchemy.
            None => Value::Unknown,
        }
    }

    fn compare_two(&self, left: &Value<'a>, op: CmpOp, right: &Value<'a>) -> Option<bool> {
        let order = match (left, right) {
            (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
            (Value::Str(a), Value::Str(b)) if !a.dynamic && !b.dynamic => {
                let cost = a.value.len().min(b.value.len());
                self.budget.afford_text(cost).then(|| a.value.cmp(&b.value))
            }
            _ => None,
        };
        match op {
            CmpOp::Eq | CmpOp::Is => left.equals(right, &self.budget),
            CmpOp::NotEq | CmpOp::IsNot => left.equals(right, &self.budget).map(|equal| !equal),
            CmpOp::Lt => order.map(std::cmp::Ordering::is_lt),
            CmpOp::LtE => order.map(std::cmp::Ordering::is_le),
            CmpOp::Gt => order.map(std::cmp::Ordering::is_gt),
            CmpOp::GtE => order.map(std::cmp::Ordering::is_ge),
            CmpOp::In => self.contains(right, left),
            CmpOp::NotIn => self.contains(right, left).map(|inside| !inside),
        }
    }

    /// The value of a binary operator.
    pub(super) fn binary(&self, left: &Value<'a>, op: Operator, right: &Value<'a>) -> Value<'a> {
        if matches!(left, Value::OneOf(_)) || matches!(right, Value::OneOf(_)) {
            let pairs =
                left.alternatives().iter().flat_map(|l| right.alternatives().iter().map(move |r| (l, r)));
            return Value::one_of(pairs.map(|(l, r)| self.binary(l, op, r)).collect::<Vec<_>>());
        }
        match (left, op, right) {
            (Value::Int(a), _, Value::Int(b)) => integer(*a, op, *b).map_or(Value::Unknown, Value::Int),
            (Value::Str(text), Operator::Mod, _) => self.percent_format(&text.value, right),
            (Value::Str(_), Operator::Add, _) | (_, Operator::Add, Value::Str(_)) => {
                self.concatenate(left, right)
            }
            (Value::Str(text), Operator::Mult, Value::Int(times)) => match usize::try_from(*times) {
                Ok(times) if self.budget.afford_text(times.saturating_mul(text.value.len())) => {
                    Value::str(text.value.repeat(times))
                }
                _ => Value::Unknown,
            },
            (_, Operator::Add | Operator::BitOr, _) => self.merge(left, right),
            (_, Operator::Sub, _) => self.difference(left, right),
            _ => Value::Unknown,
        }
    }

    fn comprehension(
        &mut self,
        element: &'a Expr,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let inner = scope.nested();
        let mut items = Vec::new();
        let certain = self.generate(generators, &inner, &mut |this, scope| {
            let value = this.expression(element, scope);
            items.push(value);
        });
        let list = Value::list(items, self.conditional);
        if let Value::List(list) = &list {
            list.uncertain.set(!certain);
        }
        list
    }

    fn dict_comprehension(
        &mut self,
        node: &'a ruff_python_ast::ExprDictComp,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let inner = scope.nested();
        let mut entries = Vec::new();
        let certain = self.generate(&node.generators, &inner, &mut |this, scope| {
            let key = node.key.as_deref().map_or(Value::Unknown, |key| this.expression(key, scope));
            let value = this.expression(&node.value, scope);
            entries.push((key, value));
        });
        Value::dict(entries, !certain, self.conditional)
    }

    /// Runs `yields` once a turn; says whether the turns are certain.
    fn generate(
        &mut self,
        generators: &'a [Comprehension],
        scope: &Rc<Scope<'a>>,
        yields: &mut dyn FnMut(&mut Self, &Rc<Scope<'a>>),
    ) -> bool {
        let Some((generator, rest)) = generators.split_first() else {
            yields(self, scope);
            return true;
        };
        let iterable = self.expression(&generator.iter, scope);
        self.send_query(&iterable, span(generator.iter.range()), scope);
        let turns = self.turns(&iterable);
        let mut certain = turns.certain;
        for item in turns.items {
            if !self.step() {
                break;
            }
            self.assign(&generator.target, item, scope);
            let mut undecided = !turns.certain;
            let mut skipped = false;
            for test in &generator.ifs {
                match self.expression(test, scope).truth() {
                    Some(false) => skipped = true,
                    Some(true) => {}
                    None => undecided = true,
                }
            }
            if skipped {
                continue;
            }
            certain &= !undecided;
            self.conditional += u32::from(undecided);
            certain &= self.generate(rest, scope, yields);
            self.conditional -= u32::from(undecided);
        }
        certain
    }

    /// Evaluates the arguments of a call.
    pub(super) fn arguments(
        &mut self,
        arguments: &'a ruff_python_ast::Arguments,
        scope: &Rc<Scope<'a>>,
    ) -> Arguments<'a> {
        let (positional, mut open) = self.items(&arguments.args, scope);
        let mut keywords = Vec::with_capacity(arguments.keywords.len());
        for keyword in &arguments.keywords {
            let value = self.expression(&keyword.value, scope);
            match (&keyword.arg, value) {
                (Some(name), value) => keywords.push((name.as_str().into(), value)),
                (None, Value::Dict(dict)) if self.budget.afford(4 * dict.entries.borrow().len()) => {
                    open |= dict.open.get();
                    for (key, value) in dict.entries.borrow().iter() {
                        match key.as_str() {
                            Some(key) => keywords.push((key.to_owned().into(), value.clone())),
                            None => open = true,
                        }
                    }
                }
                (None, _) => open = true,
            }
        }
        Arguments { positional, keywords, open }
    }

    /// Elements of a display or a call; `true` when some are not known.
    pub(super) fn items(&mut self, elements: &'a [Expr], scope: &Rc<Scope<'a>>) -> (Vec<Value<'a>>, bool) {
        let mut items = Vec::with_capacity(elements.len());
        let mut open = false;
        for element in elements {
            let value = self.expression(element, scope);
            if element.is_starred_expr() {
                let turns = self.turns(&value);
                open |= !turns.certain;
                if turns.certain || !matches!(value, Value::Unknown) {
                    items.extend(turns.items);
                }
            } else {
                items.push(value);
            }
        }
        (items, open)
    }
}

/// Arithmetic as Python does it; `None` for what does not fit.
fn integer(a: i64, op: Operator, b: i64) -> Option<i64> {
    match op {
        Operator::Add => a.checked_add(b),
        Operator::Sub => a.checked_sub(b),
        Operator::Mult => a.checked_mul(b),
        // Rounded down, where Rust rounds towards zero.
        Operator::FloorDiv => {
            let quotient = a.checked_div(b)?;
            let is_inexact = a.checked_rem(b)? != 0;
            if is_inexact && (a < 0) != (b < 0) { quotient.checked_sub(1) } else { Some(quotient) }
        }
        // The sign is that of the divisor.
        Operator::Mod => {
            let rest = a.checked_rem(b)?;
            if rest != 0 && (rest < 0) != (b < 0) { rest.checked_add(b) } else { Some(rest) }
        }
        _ => None,
    }
}
