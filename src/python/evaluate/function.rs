//! Calls of the project's own functions, classes and context managers.

use std::borrow::Cow;
use std::rc::Rc;

use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::Ranged;

use super::scope::{ModuleId, Scope};
use super::statement::Flow;
use super::value::{Arguments, Binding, Class, Function, FunctionBody, Instance, Value};
use super::{Frame, Interpreter, MAX_DEPTH, MAX_RECURSION};
use crate::python::parse::span;
use crate::source::Span;

impl Function<'_> {
    /// Whether the body is nothing but docstrings, `pass`, `...` and bare returns.
    pub(super) fn is_trivial(&self) -> bool {
        let FunctionBody::Suite(suite) = self.body else { return false };
        suite.iter().all(|statement| match statement {
            Stmt::Pass(_) => true,
            Stmt::Expr(expression) => expression.value.is_literal_expr(),
            Stmt::Return(node) => node.value.as_deref().is_none_or(Expr::is_none_literal_expr),
            _ => false,
        })
    }
}

impl Function<'_> {
    /// Its statements, from the first to the last; empty for a lambda.
    pub(super) fn block(&self) -> Span {
        match self.body {
            FunctionBody::Suite([first, .., last]) => {
                Span::new(span(first.range()).start, span(last.range()).end)
            }
            FunctionBody::Suite([only]) => span(only.range()),
            _ => Span::default(),
        }
    }
}

impl<'a> Interpreter<'a> {
    /// Calls a function of the project; `None` where it surely raises.
    pub(super) fn enter(
        &mut self,
        function: &Rc<Function<'a>>,
        arguments: Arguments<'a>,
        site: Option<Span>,
    ) -> Option<Value<'a>> {
        let recursion = self.frames.iter().filter(|frame| std::ptr::eq(frame.name, function.name)).count();
        if recursion > MAX_RECURSION || self.depth > MAX_DEPTH || !self.step() {
            if self.changing.contains(function.name) {
                let place = site.unwrap_or(function.span);
                self.unresolved(place, format!("calls of `{}` nest too deep to be followed", function.name));
            }
            return Some(Value::Unknown);
        }
        self.depth += 1;
        let locals = function.scope.nested();
        // A scope of its own, and room for what it binds.
        if !self.charge(8 + arguments.len()) {
            self.depth -= 1;
            return Some(Value::Unknown);
        }
        self.bind_parameters(function, arguments, &locals);
        self.frames.push(Frame::new(site, function.name));
        let arms = self.arms.len();
        let ending = match function.body {
            FunctionBody::Suite(statements) => self.block(statements, &locals),
            FunctionBody::Lambda(result) => Flow::Return(self.expression(result, &locals)),
        };
        self.depth -= 1;
        let frame = self.frames.pop()?;
        self.conditional -= frame.left_early;
        self.arms.truncate(arms);
        let returned = frame.returned;
        let last = match ending {
            Flow::Return(value) => value,
            Flow::Raise if returned.is_empty() && frame.yielded.is_empty() => return None,
            _ => Value::None,
        };
        if frame.yielded.is_empty() {
            Some(Value::one_of(returned.into_iter().chain([last])))
        } else {
            Some(Value::list(frame.yielded, self.conditional))
        }
    }

    fn bind_parameters(&mut self, function: &Function<'a>, arguments: Arguments<'a>, scope: &Rc<Scope<'a>>) {
        let Some(parameters) = function.parameters else { return };
        let Arguments { positional, mut keywords, open } = arguments;
        let mut positional = positional.into_iter();
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            let name = parameter.parameter.name.as_str();
            let value = positional.next().or_else(|| self.take_keyword(&mut keywords, name));
            let value = self.or_default(value, parameter.default.as_deref(), open, function);
            scope.set(name, value);
        }
        if let Some(rest) = &parameters.vararg {
            let items = Value::Tuple(positional.collect());
            scope.set(rest.name.as_str(), if open { Value::Unknown } else { items });
        }
        for parameter in &parameters.kwonlyargs {
            let name = parameter.parameter.name.as_str();
            let value = self.take_keyword(&mut keywords, name);
            let value = self.or_default(value, parameter.default.as_deref(), open, function);
            scope.set(name, value);
        }
        if let Some(rest) = &parameters.kwarg {
            let entries = keywords.into_iter().map(|(name, value)| (Value::str(name), value)).collect();
            scope.set(rest.name.as_str(), Value::dict(entries, open, self.conditional));
        }
    }

    fn or_default(
        &mut self,
        value: Option<Value<'a>>,
        default: Option<&'a Expr>,
        open: bool,
        function: &Function<'a>,
    ) -> Value<'a> {
        match (value, default) {
            (Some(value), _) => value,
            (None, Some(default)) if !open => self.expression(default, &function.scope),
            _ => Value::Unknown,
        }
    }

    /// Defines a function, decorated or not.
    pub(super) fn define(
        &mut self,
        def: &'a ruff_python_ast::StmtFunctionDef,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let decorators: Vec<Value<'a>> = def
            .decorator_list
            .iter()
            .map(|decorator| self.expression(&decorator.expression, scope))
            .collect();
        let is_context_manager = decorators
            .iter()
            .any(|value| matches!(value, Value::Path(path) if path.ends_with("contextmanager")));
        let decorated_with = |names: &[&str]| {
            decorators.iter().any(|value| matches!(value, Value::Path(path) if names.contains(&&**path)))
        };
        let binding = if decorated_with(&["builtins.classmethod"]) {
            Binding::Class
        } else if decorated_with(&["builtins.staticmethod"]) {
            Binding::Nothing
        } else if decorated_with(&["builtins.property", "functools.cached_property"]) {
            Binding::Property
        } else {
            Binding::Instance
        };
        let header_end =
            def.returns.as_deref().map_or(def.parameters.range.end(), ruff_text_size::Ranged::end);
        let mut value = Value::Function(Rc::new(Function {
            name: def.name.as_str(),
            parameters: Some(&def.parameters),
            body: FunctionBody::Suite(&def.body),
            scope: self.enclose(scope),
            is_async: def.is_async,
            binding,
            is_context_manager,
            span: Span::new(def.name.range.start().to_u32(), header_end.to_u32()),
        }));
        for decorator in decorators.iter().rev() {
            // A decorator of the project is followed; any other one is taken to call what it decorates.
            if matches!(decorator, Value::Function(_) | Value::Class(_) | Value::Partial(_)) {
                let decorated =
                    self.call_value(decorator, Arguments::of(vec![value.clone()]), Span::default(), scope);
                if matches!(decorated, Value::Function(_) | Value::Instance(_) | Value::Partial(_)) {
                    value = decorated;
                }
            }
        }
        value
    }

    /// Defines a class of the project.
    pub(super) fn define_class(
        &mut self,
        class: &'a ruff_python_ast::StmtClassDef,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let bases = class
            .arguments
            .iter()
            .flat_map(|arguments| arguments.args.iter())
            .map(|base| self.expression(base, scope))
            .collect::<Vec<_>>();
        let ancestors = Class::ancestors(&bases);
        let is_enum = bases.iter().any(|base| match base {
            Value::Path(path) => path.starts_with("enum."),
            Value::Class(class) => class.is_enum,
            _ => false,
        });
        let attributes = scope.nested();
        self.block(&class.body, &attributes);
        let fields = class.body.iter().filter_map(|statement| match statement {
            Stmt::AnnAssign(field) => field.target.as_name_expr().map(|name| name.id.as_str()),
            _ => None,
        });
        let members = class.body.iter().flat_map(|statement| match statement {
            Stmt::Assign(assign) => assign.targets.as_slice(),
            Stmt::AnnAssign(assign) => std::slice::from_ref(&*assign.target),
            _ => &[],
        });
        let members = members.filter_map(|target| target.as_name_expr().map(|name| name.id.as_str()));
        Value::Class(Rc::new(Class {
            name: class.name.as_str(),
            attributes,
            bases,
            ancestors,
            is_enum,
            fields: fields.collect(),
            members: members.collect(),
        }))
    }

    /// Makes an instance of a class of the project.
    pub(super) fn instantiate(
        &mut self,
        class: &Rc<Class<'a>>,
        arguments: Arguments<'a>,
        span: Span,
        scope: &Rc<Scope<'a>>,
    ) -> Value<'a> {
        let attributes = Scope::of_module(scope.module.clone());
        for (field, value) in class.fields.iter().zip(&arguments.positional) {
            attributes.set(field, value.clone());
        }
        for (name, value) in &arguments.keywords {
            if self.budget.afford(class.fields.len() / 4)
                && let Some(name) = Self::field_name(class, name)
            {
                attributes.set(name, value.clone());
            }
        }
        let instance = Value::Instance(Rc::new(Instance { class: Rc::clone(class), attributes }));
        if let Some(Value::Function(init)) = class.attribute("__init__") {
            let mut with_self = arguments;
            with_self.positional.insert(0, instance.clone());
            self.enter(&init, with_self, Self::site(span, scope));
        }
        instance
    }

    /// The declared attribute of a data class, enum or named tuple with this name.
    fn field_name(class: &Class<'a>, name: &str) -> Option<&'a str> {
        let declared = || class.fields.iter().copied().find(|field| *field == name);
        class.attributes.own_name(name).or_else(declared)
    }

    /// The call's place, if it stands in the revision file.
    pub(super) fn site(span: Span, scope: &Scope<'a>) -> Option<Span> {
        (scope.module == ModuleId::Revision && span != Span::default()).then_some(span)
    }

    fn take_keyword(&self, keywords: &mut Vec<(Cow<'a, str>, Value<'a>)>, name: &str) -> Option<Value<'a>> {
        if !self.budget.afford(keywords.len() / 4) {
            return None;
        }
        let index = keywords.iter().position(|(key, _)| &**key == name)?;
        Some(keywords.swap_remove(index).1)
    }
}
