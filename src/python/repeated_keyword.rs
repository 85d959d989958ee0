//! Calls that give a keyword argument twice: the parser takes them, Python does not.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Stmt};

/// Whether some call does.
pub(super) fn is_repeated(suite: &[Stmt]) -> bool {
    let mut search = Search { found: false };
    search.visit_body(suite);
    search.found
}

struct Search {
    found: bool,
}

impl<'a> Visitor<'a> for Search {
    fn visit_arguments(&mut self, arguments: &'a Arguments) {
        let mut names: Vec<&str> =
            arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_deref()).collect();
        names.sort_unstable();
        self.found |= names.windows(2).any(|pair| pair.first() == pair.last());
        visitor::walk_arguments(self, arguments);
    }
}

#[cfg(test)]
mod tests {
    use crate::python::is_valid;

    #[test]
    fn python_refuses_a_repeated_keyword() {
        assert!(!is_valid("def f():\n    g(h(a=1, b=2, a=3))\n"));
        assert!(is_valid("g(a=1, b=h(a=1), **c, **d)\nclass C(metaclass=M): pass\n"));
    }
}
