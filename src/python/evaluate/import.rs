//! Imports: modules of the project are evaluated, everything else is a dotted path.

use std::borrow::Cow;
use std::rc::Rc;

use ruff_python_ast::{StmtImport, StmtImportFrom};

use super::Interpreter;
use super::path::Path;
use super::scope::{ModuleId, Scope};
use super::value::Value;

/// How many names of the project's modules may wait for each other.
const MAX_BINDING: usize = 50;

impl<'a> Interpreter<'a> {
    pub(super) fn import(&mut self, import: &'a StmtImport, scope: &Rc<Scope<'a>>) {
        for alias in &import.names {
            let path = alias.name.as_str();
            if let Some(name) = &alias.asname {
                let value = self.module(path);
                scope.set(name.as_str(), value);
            } else {
                let first = path.split('.').next().unwrap_or(path);
                let value = self.module(first);
                scope.set(first, value);
            }
        }
    }

    pub(super) fn import_from(&mut self, import: &'a StmtImportFrom, scope: &Rc<Scope<'a>>) {
        let written = import.module.as_ref().map_or("", |module| module.as_str());
        let Some(path) = absolute(written, import.level, &scope.module) else {
            for alias in &import.names {
                scope.set(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), Value::Unknown);
            }
            return;
        };
        let module = self.module(&path);
        for alias in &import.names {
            let name = alias.name.as_str();
            if name == "*" {
                scope.add_star(&path);
                continue;
            }
            let value = match &module {
                Value::Module(module) => self.module_attribute(module, name),
                _ if name == "TYPE_CHECKING" => Value::Bool(false),
                // A namespace package has no file of its own.
                _ => self.module(&Path::dotted(&path, name)),
            };
            scope.set(alias.asname.as_ref().unwrap_or(&alias.name).as_str(), value);
        }
    }

    /// The module of a dotted path: evaluated if it is the project's, else the path.
    pub(super) fn module(&mut self, path: &str) -> Value<'a> {
        if let Some(scope) = self.loaded.get(path) {
            return Value::Module(Rc::clone(scope));
        }
        let Some((name, module)) = self.modules.get(path) else { return Value::path(path) };
        let id = ModuleId::Project { name: name.into(), is_package: module.is_package };
        let scope = Scope::of_module(id);
        self.loaded.insert(name, Rc::clone(&scope));
        Value::Module(scope)
    }

    /// `module.name`: a name it binds, or a module below it. While a package imports a name from itself, it does not have
    /// the name yet.
    pub(super) fn module_attribute(&mut self, module: &Rc<Scope<'a>>, name: &str) -> Value<'a> {
        let is_being_bound =
            |(scope, bound): &(Rc<Scope<'a>>, &str)| Rc::ptr_eq(scope, module) && *bound == name;
        if !self.binding.iter().any(is_being_bound)
            && let Some(value) = self.module_name(module, name)
        {
            return value;
        }
        match &module.module {
            ModuleId::Project { name: package, .. } => {
                let path = Path::dotted(package, name);
                self.module(&path)
            }
            ModuleId::Revision => Value::Unknown,
        }
    }
}

impl<'a> Interpreter<'a> {
    /// A name of a module; in a module of the project only the statements that bind it are run, and only now:
    /// most of such a module (models, services) has nothing to do with the revision.
    pub(super) fn module_name(&mut self, module: &Rc<Scope<'a>>, name: &str) -> Option<Value<'a>> {
        if let Some(value) = module.own(name) {
            return Some(value);
        }
        let ModuleId::Project { name: path, .. } = &module.module else { return None };
        let (_, source) = self.modules.get(path)?;
        let (name, statements) = source.bindings(name)?;
        if self.binding.len() > MAX_BINDING {
            return Some(Value::Unknown);
        }
        // Bound first: what it is made of may refer back to it.
        module.set(name, Value::Unknown);
        self.binding.push((Rc::clone(module), name));
        let recording = std::mem::replace(&mut self.recording, false);
        let conditional = std::mem::take(&mut self.conditional);
        for statement in statements {
            self.block(std::slice::from_ref(statement), module);
        }
        self.conditional = conditional;
        self.recording = recording;
        self.binding.pop();
        module.own(name)
    }

    /// A name that a star import may have brought in.
    pub(super) fn starred(&mut self, name: &str, scope: &Rc<Scope<'a>>) -> Option<Value<'a>> {
        let stars = scope.stars();
        for path in stars.iter().rev() {
            if let Value::Module(module) = self.module(path)
                && let Some(value) = self.module_name(&module, name)
            {
                return Some(value);
            }
        }
        None
    }
}

/// The absolute dotted path of a `from` import; `None` for a relative one where there is no package.
fn absolute<'w>(written: &'w str, level: u32, module: &ModuleId) -> Option<Cow<'w, str>> {
    if level == 0 {
        return Some(written.into());
    }
    let ModuleId::Project { name, is_package } = module else { return None };
    let mut parts: Vec<&str> = name.split('.').collect();
    let up = level as usize - usize::from(*is_package);
    parts.truncate(parts.len().checked_sub(up)?);
    if !written.is_empty() {
        parts.push(written);
    }
    Some(parts.join(".").into())
}
