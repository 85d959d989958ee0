//! Normalised statements as a text that stays the same from release to release, to be hashed. Compares nothing.
//!
//! Each node is `(name part part ..)`, a list `[..]`, a part that is not there `_`, a text its length and itself, so
//! that no two trees give the same text. A word changed here changes every hash in every lock: the format's version
//! then has to change as well.

use std::fmt::Write;

use ruff_python_ast::{
    self as ast, ExceptHandler, Expr, FStringPart, InterpolatedStringElement, Number, Pattern, Singleton,
    Stmt,
};

/// A text in the making.
#[derive(Default)]
pub(super) struct Canonical(String);

impl Canonical {
    /// The text.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// A node with what `parts` writes.
    pub(super) fn node(&mut self, name: &str, parts: impl FnOnce(&mut Self)) {
        self.0.push('(');
        self.0.push_str(name);
        parts(self);
        self.0.push(')');
    }

    /// A text of the source.
    pub(super) fn text(&mut self, text: &str) {
        let _ = write!(self.0, " {}:{text}", text.len());
    }

    fn word(&mut self, word: &str) {
        self.0.push(' ');
        self.0.push_str(word);
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        self.0.push('[');
        for item in items {
            write(self, item);
        }
        self.0.push(']');
    }

    fn option<T>(&mut self, item: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match item {
            Some(item) => write(self, item),
            None => self.word("_"),
        }
    }

    fn block(&mut self, body: &[Stmt]) {
        self.list(body, Self::statement);
    }

    fn expressions(&mut self, expressions: &[Expr]) {
        self.list(expressions, Self::expression);
    }

    fn maybe(&mut self, expression: Option<&Expr>) {
        self.option(expression, Self::expression);
    }

    fn names(&mut self, names: &[ast::Identifier]) {
        self.list(names, |out, name| out.text(name));
    }

    /// A statement.
    pub(super) fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::FunctionDef(def) => self.node(if def.is_async { "async-def" } else { "def" }, |out| {
                out.text(&def.name);
                out.list(&def.decorator_list, |out, decorator| out.expression(&decorator.expression));
                out.parameters(&def.parameters);
                out.block(&def.body);
            }),
            Stmt::ClassDef(class) => self.node("class", |out| {
                out.text(&class.name);
                out.list(&class.decorator_list, |out, decorator| out.expression(&decorator.expression));
                out.option(class.arguments.as_deref(), Self::arguments);
                out.block(&class.body);
            }),
            Stmt::Return(node) => self.node("return", |out| out.maybe(node.value.as_deref())),
            Stmt::Delete(node) => self.node("del", |out| out.expressions(&node.targets)),
            Stmt::TypeAlias(node) => self.node("type", |out| {
                out.expression(&node.name);
                out.expression(&node.value);
            }),
            Stmt::Assign(node) => self.node("=", |out| {
                out.expressions(&node.targets);
                out.expression(&node.value);
            }),
            Stmt::AugAssign(node) => self.node("op=", |out| {
                out.expression(&node.target);
                out.word(node.op.as_str());
                out.expression(&node.value);
            }),
            Stmt::AnnAssign(node) => self.node("ann=", |out| {
                out.expression(&node.target);
                out.expression(&node.annotation);
                out.maybe(node.value.as_deref());
            }),
            Stmt::Raise(node) => self.node("raise", |out| {
                out.maybe(node.exc.as_deref());
                out.maybe(node.cause.as_deref());
            }),
            Stmt::Assert(node) => self.node("assert", |out| {
                out.expression(&node.test);
                out.maybe(node.msg.as_deref());
            }),
            Stmt::Import(node) => self.node("import", |out| out.list(&node.names, Self::alias)),
            Stmt::ImportFrom(node) => self.node("from", |out| {
                out.word(&node.level.to_string());
                out.option(node.module.as_deref(), Self::text);
                out.list(&node.names, Self::alias);
            }),
            Stmt::Global(node) => self.node("global", |out| out.names(&node.names)),
            Stmt::Nonlocal(node) => self.node("nonlocal", |out| out.names(&node.names)),
            Stmt::Expr(node) => self.node("do", |out| out.expression(&node.value)),
            Stmt::Pass(_) => self.node("pass", |_| ()),
            Stmt::Break(_) => self.node("break", |_| ()),
            Stmt::Continue(_) => self.node("continue", |_| ()),
            Stmt::IpyEscapeCommand(node) => self.node("escape", |out| out.text(&node.value)),
            Stmt::For(_) | Stmt::While(_) | Stmt::If(_) | Stmt::With(_) | Stmt::Match(_) | Stmt::Try(_) => {
                self.compound(statement);
            }
        }
    }

    fn compound(&mut self, statement: &Stmt) {
        match statement {
            Stmt::For(node) => self.node(if node.is_async { "async-for" } else { "for" }, |out| {
                out.expression(&node.target);
                out.expression(&node.iter);
                out.block(&node.body);
                out.block(&node.orelse);
            }),
            Stmt::While(node) => self.node("while", |out| {
                out.expression(&node.test);
                out.block(&node.body);
                out.block(&node.orelse);
            }),
            Stmt::If(node) => self.node("if", |out| {
                out.expression(&node.test);
                out.block(&node.body);
                out.list(&node.elif_else_clauses, |out, clause| {
                    out.node("else", |out| {
                        out.maybe(clause.test.as_ref());
                        out.block(&clause.body);
                    });
                });
            }),
            Stmt::With(node) => self.node(if node.is_async { "async-with" } else { "with" }, |out| {
                out.list(&node.items, |out, item| {
                    out.node("item", |out| {
                        out.expression(&item.context_expr);
                        out.maybe(item.optional_vars.as_deref());
                    });
                });
                out.block(&node.body);
            }),
            Stmt::Match(node) => self.node("match", |out| {
                out.expression(&node.subject);
                out.list(&node.cases, |out, case| {
                    out.node("case", |out| {
                        out.pattern(&case.pattern);
                        out.maybe(case.guard.as_deref());
                        out.block(&case.body);
                    });
                });
            }),
            Stmt::Try(node) => self.node(if node.is_star { "try-star" } else { "try" }, |out| {
                out.block(&node.body);
                out.list(&node.handlers, |out, ExceptHandler::ExceptHandler(handler)| {
                    out.node("except", |out| {
                        out.maybe(handler.type_.as_deref());
                        out.option(handler.name.as_deref(), Self::text);
                        out.block(&handler.body);
                    });
                });
                out.block(&node.orelse);
                out.block(&node.finalbody);
            }),
            _ => {}
        }
    }

    /// An expression.
    pub(super) fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::BoolOp(node) => self.node(node.op.as_str(), |out| out.expressions(&node.values)),
            Expr::Named(node) => self.node(":=", |out| {
                out.expression(&node.target);
                out.expression(&node.value);
            }),
            Expr::BinOp(node) => self.node(node.op.as_str(), |out| {
                out.expression(&node.left);
                out.expression(&node.right);
            }),
            Expr::UnaryOp(node) => self.node("unary", |out| {
                out.word(node.op.as_str());
                out.expression(&node.operand);
            }),
            Expr::Lambda(node) => self.node("lambda", |out| {
                out.option(node.parameters.as_deref(), Self::parameters);
                out.expression(&node.body);
            }),
            Expr::If(node) => self.node("if-else", |out| {
                out.expression(&node.test);
                out.expression(&node.body);
                out.expression(&node.orelse);
            }),
            Expr::Compare(node) => self.node("compare", |out| {
                out.expression(&node.left);
                out.list(node.ops.iter().zip(&node.comparators), |out, (operator, right)| {
                    out.word(operator.as_str());
                    out.expression(right);
                });
            }),
            Expr::Call(node) => self.node("call", |out| {
                out.expression(&node.func);
                out.arguments(&node.arguments);
            }),
            Expr::Attribute(node) => self.node(".", |out| {
                out.expression(&node.value);
                out.text(&node.attr);
            }),
            Expr::Subscript(node) => self.node("subscript", |out| {
                out.expression(&node.value);
                out.expression(&node.slice);
            }),
            Expr::Slice(node) => self.node("slice", |out| {
                out.maybe(node.lower.as_deref());
                out.maybe(node.upper.as_deref());
                out.maybe(node.step.as_deref());
            }),
            Expr::Starred(node) => self.node("star", |out| out.expression(&node.value)),
            Expr::Name(node) => self.node("name", |out| out.text(&node.id)),
            Expr::Await(node) => self.node("await", |out| out.expression(&node.value)),
            Expr::Yield(node) => self.node("yield", |out| out.maybe(node.value.as_deref())),
            Expr::YieldFrom(node) => self.node("yield-from", |out| out.expression(&node.value)),
            Expr::List(_)
            | Expr::Tuple(_)
            | Expr::Set(_)
            | Expr::Dict(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => self.collection(expression),
            Expr::FString(_)
            | Expr::TString(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => self.literal(expression),
        }
    }

    fn collection(&mut self, expression: &Expr) {
        match expression {
            Expr::List(node) => self.node("list", |out| out.expressions(&node.elts)),
            Expr::Tuple(node) => self.node("tuple", |out| out.expressions(&node.elts)),
            Expr::Set(node) => self.node("set", |out| out.expressions(&node.elts)),
            Expr::Dict(node) => self.node("dict", |out| {
                out.list(&node.items, |out, item| {
                    out.maybe(item.key.as_ref());
                    out.expression(&item.value);
                });
            }),
            Expr::ListComp(node) => self.comprehension("list-for", [Some(&*node.elt)], &node.generators),
            Expr::SetComp(node) => self.comprehension("set-for", [Some(&*node.elt)], &node.generators),
            Expr::Generator(node) => self.comprehension("gen-for", [Some(&*node.elt)], &node.generators),
            Expr::DictComp(node) => {
                self.comprehension("dict-for", [node.key.as_deref(), Some(&*node.value)], &node.generators);
            }
            _ => {}
        }
    }

    fn comprehension<const N: usize>(
        &mut self,
        name: &str,
        elements: [Option<&Expr>; N],
        generators: &[ast::Comprehension],
    ) {
        self.node(name, |out| {
            for element in elements {
                out.maybe(element);
            }
            out.list(generators, |out, generator| {
                out.node(if generator.is_async { "async-in" } else { "in" }, |out| {
                    out.expression(&generator.target);
                    out.expression(&generator.iter);
                    out.expressions(&generator.ifs);
                });
            });
        });
    }

    fn literal(&mut self, expression: &Expr) {
        match expression {
            Expr::StringLiteral(node) => self.node("str", |out| out.text(node.value.to_str())),
            Expr::BytesLiteral(node) => self.node("bytes", |out| {
                for byte in node.value.bytes() {
                    let _ = write!(out.0, "{byte:02x}");
                }
            }),
            Expr::NumberLiteral(node) => self.node("number", |out| match &node.value {
                Number::Int(value) => out.text(&value.to_string()),
                Number::Float(value) => out.text(&format!("{value:?}")),
                Number::Complex { real, imag } => out.text(&format!("{real:?}+{imag:?}j")),
            }),
            Expr::BooleanLiteral(node) => self.word(if node.value { "True" } else { "False" }),
            Expr::NoneLiteral(_) => self.word("None"),
            Expr::EllipsisLiteral(_) => self.word("..."),
            Expr::FString(node) => self.node("f-string", |out| {
                let mut literal = String::new();
                for part in &node.value {
                    match part {
                        FStringPart::Literal(part) => literal.push_str(&part.value),
                        FStringPart::FString(part) => out.elements(&part.elements, &mut literal),
                    }
                }
                out.text(&literal);
            }),
            Expr::TString(node) => self.node("t-string", |out| {
                let mut literal = String::new();
                for part in &node.value {
                    out.elements(&part.elements, &mut literal);
                }
                out.text(&literal);
            }),
            Expr::IpyEscapeCommand(node) => self.node("escape", |out| out.text(&node.value)),
            _ => {}
        }
    }

    /// The interpolations with the literal text before each; `literal` is what stands after the last one.
    fn elements<'a>(
        &mut self,
        elements: impl IntoIterator<Item = &'a InterpolatedStringElement>,
        literal: &mut String,
    ) {
        for element in elements {
            match element {
                InterpolatedStringElement::Literal(part) => literal.push_str(&part.value),
                InterpolatedStringElement::Interpolation(part) => {
                    self.text(&std::mem::take(literal));
                    self.node("{}", |out| {
                        out.expression(&part.expression);
                        out.option(part.debug_text.as_ref(), |out, text| {
                            out.text(text.leading());
                            out.text(text.trailing());
                        });
                        out.word(&(part.conversion as i8).to_string());
                        out.option(part.format_spec.as_deref(), |out, spec| {
                            let mut literal = String::new();
                            out.elements(&spec.elements, &mut literal);
                            out.text(&literal);
                        });
                    });
                }
            }
        }
    }

    fn arguments(&mut self, arguments: &ast::Arguments) {
        self.expressions(&arguments.args);
        self.list(&arguments.keywords, |out, keyword| {
            out.option(keyword.arg.as_deref(), Self::text);
            out.expression(&keyword.value);
        });
    }

    fn parameters(&mut self, parameters: &ast::Parameters) {
        for group in [&parameters.posonlyargs, &parameters.args, &parameters.kwonlyargs] {
            self.list(group, |out, parameter| {
                out.text(&parameter.parameter.name);
                out.maybe(parameter.default.as_deref());
            });
        }
        for rest in [&parameters.vararg, &parameters.kwarg] {
            self.option(rest.as_deref(), |out, parameter| out.text(&parameter.name));
        }
    }

    fn alias(&mut self, alias: &ast::Alias) {
        self.text(&alias.name);
        self.option(alias.asname.as_deref(), Self::text);
    }

    fn pattern(&mut self, pattern: &Pattern) {
        match pattern {
            Pattern::MatchValue(node) => self.node("value", |out| out.expression(&node.value)),
            Pattern::MatchSingleton(node) => self.word(match node.value {
                Singleton::None => "None",
                Singleton::True => "True",
                Singleton::False => "False",
            }),
            Pattern::MatchSequence(node) => {
                self.node("sequence", |out| out.list(&node.patterns, Self::pattern));
            }
            Pattern::MatchMapping(node) => self.node("mapping", |out| {
                out.list(node.keys.iter().zip(&node.patterns), |out, (key, pattern)| {
                    out.expression(key);
                    out.pattern(pattern);
                });
                out.option(node.rest.as_deref(), Self::text);
            }),
            Pattern::MatchClass(node) => self.node("instance", |out| {
                out.expression(&node.cls);
                out.list(&node.arguments.patterns, Self::pattern);
                out.list(&node.arguments.keywords, |out, keyword| {
                    out.text(&keyword.attr);
                    out.pattern(&keyword.pattern);
                });
            }),
            Pattern::MatchStar(node) => {
                self.node("star", |out| out.option(node.name.as_deref(), Self::text));
            }
            Pattern::MatchAs(node) => self.node("as", |out| {
                out.option(node.pattern.as_deref(), Self::pattern);
                out.option(node.name.as_deref(), Self::text);
            }),
            Pattern::MatchOr(node) => self.node("or", |out| out.list(&node.patterns, Self::pattern)),
        }
    }
}
