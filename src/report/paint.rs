//! Colours, or none. Whether there are any is decided by the caller.

use std::fmt::Display;

use owo_colors::{OwoColorize, Style};

use crate::rule::Severity;

/// Puts escape codes around text where colours are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    /// Whether colours are wanted.
    pub colour: bool,
}

impl Paint {
    fn with(self, text: impl Display, style: Style) -> String {
        if self.colour { text.style(style).to_string() } else { text.to_string() }
    }

    /// What names the thing that is spoken of.
    pub fn bold(self, text: impl Display) -> String {
        self.with(text, Style::new().bold())
    }

    /// What may be overlooked.
    pub fn faint(self, text: impl Display) -> String {
        self.with(text, Style::new().dimmed())
    }

    /// What destroys or fails.
    pub fn danger(self, text: impl Display) -> String {
        self.with(text, Style::new().red().bold())
    }

    /// What deserves a second look.
    pub fn caution(self, text: impl Display) -> String {
        self.with(text, Style::new().yellow().bold())
    }

    /// What is as it should be, or can be made so.
    pub fn good(self, text: impl Display) -> String {
        self.with(text, Style::new().green().bold())
    }

    /// Places, links and hints.
    pub fn hint(self, text: impl Display) -> String {
        self.with(text, Style::new().cyan())
    }

    /// Text about a finding of this severity.
    pub fn severity(self, severity: Severity, text: impl Display) -> String {
        match severity {
            Severity::Error => self.danger(text),
            Severity::Warning => self.caution(text),
            Severity::Info => self.with(text, Style::new().cyan().bold()),
        }
    }
}
