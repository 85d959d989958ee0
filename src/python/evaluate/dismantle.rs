//! Dropping values one by one: a chain of a hundred thousand must not take as many calls.

use std::rc::Rc;

use super::scope::Scope;
use super::value::{
    Arguments, Batch, Class, Instance, Items, Mapping, Method, Object, Partial, Sequence, Value,
};

/// Something that holds values.
trait Holder<'a> {
    /// Moves what it holds to `open`.
    fn release(&mut self, open: &mut Vec<Value<'a>>);

    /// Drops what it holds without recursion.
    fn dismantle(&mut self) {
        let mut open = Vec::new();
        self.release(&mut open);
        while let Some(value) = open.pop() {
            match value {
                Value::Tuple(mut items) | Value::OneOf(mut items) => items.release(&mut open),
                Value::List(list) => release_last(list, &mut open),
                Value::Dict(dict) => release_last(dict, &mut open),
                Value::Object(object) => release_last(object, &mut open),
                Value::Method(method) => release_last(method, &mut open),
                Value::Partial(partial) => release_last(partial, &mut open),
                Value::Batch(batch) => release_last(batch, &mut open),
                Value::Class(class) => release_last(class, &mut open),
                Value::Instance(instance) => release_last(instance, &mut open),
                _ => {}
            }
        }
    }
}

/// Takes apart what nobody else holds.
fn release_last<'a, T: Holder<'a>>(shared: Rc<T>, open: &mut Vec<Value<'a>>) {
    if let Some(mut last) = Rc::into_inner(shared) {
        last.release(open);
    }
}

/// Moves a value that may hold others.
fn release_value<'a>(value: &mut Value<'a>, open: &mut Vec<Value<'a>>) {
    if value.holds_values() {
        open.push(std::mem::take(value));
    }
}

impl<'a> Holder<'a> for Items<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        for item in self.last_mut().unwrap_or_default() {
            release_value(item, open);
        }
    }
}

impl<'a> Holder<'a> for Sequence<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        self.items.get_mut().iter_mut().for_each(|item| release_value(item, open));
    }
}

impl<'a> Holder<'a> for Mapping<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        for (key, value) in self.entries.get_mut() {
            release_value(key, open);
            release_value(value, open);
        }
    }
}

impl<'a> Holder<'a> for Arguments<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        self.positional.iter_mut().for_each(|value| release_value(value, open));
        self.keywords.iter_mut().for_each(|(_, value)| release_value(value, open));
    }
}

impl<'a> Holder<'a> for Object<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        if let Some(receiver) = &mut self.receiver {
            release_value(receiver, open);
        }
        self.arguments.release(open);
    }
}

impl<'a> Holder<'a> for Method<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        release_value(&mut self.receiver, open);
    }
}

impl<'a> Holder<'a> for Partial<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        release_value(&mut self.function, open);
        self.bound.release(open);
    }
}

impl<'a> Holder<'a> for Batch<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        release_value(&mut self.table, open);
        release_value(&mut self.schema, open);
    }
}

impl<'a> Holder<'a> for Class<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        self.bases.iter_mut().for_each(|base| release_value(base, open));
        open.extend(self.ancestors.drain(..).map(Value::Class));
        Scope::release(&mut self.attributes, open);
    }
}

impl<'a> Holder<'a> for Instance<'a> {
    fn release(&mut self, open: &mut Vec<Value<'a>>) {
        open.push(Value::Class(Rc::clone(&self.class)));
        Scope::release(&mut self.attributes, open);
    }
}

macro_rules! dismantled {
    ($($holder:ident)*) => {
        $(impl Drop for $holder<'_> {
            fn drop(&mut self) {
                self.dismantle();
            }
        })*
    };
}

dismantled!(Items Sequence Mapping Object Method Partial Batch Class Instance);
