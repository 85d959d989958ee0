//! `--output-format full`: each finding with its source and what to do. The only file that knows miette.

use std::borrow::Cow;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode,
    SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use owo_colors::Style;
use textwrap::core::Word;
use textwrap::{WordSeparator, WordSplitter};

use super::place::{Place, Places, one_line};
use super::{Findings, Look};
use crate::diagnostic::{Applicability, Detail, Diagnostic};
use crate::rule::Severity;
use crate::source::{FileId, LineIndex, SourceFile, Span};

/// Source lines longer than this are not shown: generated data, not something to read.
const LONGEST_LINE: usize = 500;

/// All findings, each followed by an empty line.
pub fn render(findings: &Findings<'_>, look: Look) -> String {
    let mut places = Places::new(findings.project);
    let mut out = String::new();
    let mut current: Option<(FileId, Excerpts<'_>)> = None;
    for (diagnostic, suppressed) in findings.shown() {
        let place = places.place(diagnostic.file, diagnostic.span);
        if current.as_ref().is_none_or(|(id, _)| *id != diagnostic.file) {
            let Some(file) = findings.project.file(diagnostic.file) else { continue };
            current = Some((diagnostic.file, Excerpts::new(file)));
        }
        let excerpts = current.as_ref().map(|(_, excerpts)| excerpts).filter(|e| e.can_show(diagnostic.span));
        let labels = excerpts.map(|excerpts| excerpts.labels(diagnostic)).unwrap_or_default();
        let suppression = suppressed.map(|found| {
            let line = places.place(diagnostic.file, found.comment).line;
            format!("suppressed by the comment on line {line}: {}", one_line(&found.reason))
        });
        let message = if suppression.is_some() {
            one_line(&diagnostic.message).into_owned()
        } else {
            message(diagnostic, look)
        };
        let shown = Shown { diagnostic, suppression, message, labels, excerpts };
        let handler = handler(diagnostic, &place, excerpts.is_some(), look);
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = handler.render_report(&mut text, &shown);
        if look.cut_source && is_in_sight(diagnostic, &place, look) {
            text.lines().for_each(|line| cut(line, look.width, &mut out));
        } else {
            out += &text;
        }
        out.push('\n');
    }
    out
}

fn message(diagnostic: &Diagnostic, look: Look) -> String {
    let mark = if look.marks(diagnostic) { " [*]" } else { "" };
    format!("{}{mark}", one_line(&diagnostic.message))
}

/// The rule's name takes the place of miette's icons; without an excerpt the place goes before it.
fn handler(diagnostic: &Diagnostic, place: &Place<'_>, excerpt: bool, look: Look) -> GraphicalReportHandler {
    let label = format!("{}[{}]:", diagnostic.severity, diagnostic.rule.name);
    let label = if excerpt {
        label
    } else {
        format!("{}:{}:{}: {label}", one_line(place.path), place.line, place.column)
    };
    let mut characters = ThemeCharacters::unicode();
    characters.error.clone_from(&label);
    characters.warning.clone_from(&label);
    characters.advice = label;
    let styles = if look.paint.colour { colours(diagnostic.severity) } else { ThemeStyles::none() };
    GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_links(false)
        .with_width(look.width)
        .with_context_lines(1)
        .with_break_words(false)
        .with_word_separator(WordSeparator::Custom(words))
        .with_word_splitter(WordSplitter::NoHyphenation)
        .without_syntax_highlighting()
}

/// Where a line may be wrapped: at blanks, but not within backticks, as people copy what stands there.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let is_balanced = line.matches('`').count().is_multiple_of(2);
    let (mut in_code, mut after_blank) = (false, false);
    let starts = line.char_indices().filter_map(move |(at, c)| {
        let is_start = after_blank && c != ' ' && !in_code;
        in_code ^= is_balanced && c == '`';
        after_blank = c == ' ';
        is_start.then_some(at)
    });
    let mut from = 0;
    Box::new(starts.chain(std::iter::once(line.len())).filter_map(move |to| {
        let word = line.get(from..to)?;
        from = to;
        Some(Word::from(word))
    }))
}

/// Whether the place is shown when lines are cut.
fn is_in_sight(diagnostic: &Diagnostic, place: &Place<'_>, look: Look) -> bool {
    /// The most that line numbers and frame take.
    const GUTTER: usize = 10;
    diagnostic.call_sites.is_empty() && place.column as usize + GUTTER < look.width
}

/// Adds a line of the report to `out`; one with source in it ends at `width`. Escape codes take no room.
fn cut(line: &str, width: usize, out: &mut String) {
    let is_source = line.contains(" │ ") || line.contains(" · ");
    let mut room = if is_source { width } else { usize::MAX };
    let mut in_escape = false;
    for c in line.chars() {
        if in_escape || c == '\u{1b}' {
            in_escape = c != 'm';
            out.push(c);
        } else if room > 1 {
            room -= 1;
            out.push(c);
        } else if room == 1 {
            room = 0;
            out.push(if c == '─' { c } else { '…' });
        }
    }
    out.push('\n');
}

fn colours(severity: Severity) -> ThemeStyles {
    let highlight = match severity {
        Severity::Error => Style::new().red().bold(),
        Severity::Warning => Style::new().yellow().bold(),
        Severity::Info => Style::new().cyan().bold(),
    };
    ThemeStyles {
        error: Style::new().red().bold(),
        warning: Style::new().yellow().bold(),
        advice: Style::new().cyan().bold(),
        help: Style::new().cyan(),
        link: Style::new().bold(),
        linum: Style::new().dimmed(),
        highlights: vec![highlight, Style::new().cyan()],
    }
}

/// A finding in miette's terms.
#[derive(Debug)]
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    /// Shown instead of the help where a comment suppresses the finding.
    suppression: Option<String>,
    message: String,
    labels: Vec<LabeledSpan>,
    excerpts: Option<&'a Excerpts<'a>>,
}

impl Shown<'_> {
    /// A line for each finding that is a part of this one.
    fn details(&self) -> Option<String> {
        let line = |detail: &Detail| {
            let line = self.excerpts.map_or(0, |excerpts| excerpts.lines.line(detail.span.start));
            format!("part of it: line {line}: {}: {}", detail.rule, one_line(&detail.message))
        };
        let lines: Vec<String> = self.diagnostic.details.iter().map(line).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Info => miette::Severity::Advice,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        if let Some(suppression) = &self.suppression {
            return Some(Box::new(suppression));
        }
        let help = match (&self.diagnostic.help, &self.diagnostic.fix) {
            (Some(help), _) => one_line(help).into_owned(),
            (None, Some(fix)) => {
                let switch = match fix.applicability {
                    Applicability::Safe => "--fix",
                    Applicability::Unsafe => "--fix --unsafe-fixes",
                };
                format!("{} (`{switch}` does it)", one_line(&fix.description))
            }
            (None, None) => return self.details().map(|details| Box::new(details) as Box<dyn fmt::Display>),
        };
        let details = self.details().map(|details| format!("\n{details}")).unwrap_or_default();
        Some(Box::new(help + &details))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpts.map(|excerpts| excerpts as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.labels.is_empty() { None } else { Some(Box::new(self.labels.iter().cloned())) }
    }
}

/// One file, from which a few lines are shown.
#[derive(Debug)]
struct Excerpts<'a> {
    path: String,
    text: Cow<'a, str>,
    lines: LineIndex,
}

impl<'a> Excerpts<'a> {
    fn new(file: &'a SourceFile) -> Self {
        let lines = LineIndex::new(file.text());
        Self { path: one_line(&file.path).into_owned(), text: harmless(file.text()), lines }
    }

    /// Whether there is a place to point at, in lines that a person would read.
    fn can_show(&self, span: Span) -> bool {
        let line = self.lines.line(span.start);
        span != Span::default() && !self.text.is_empty() && self.line_text(line).len() <= LONGEST_LINE
    }

    fn line_text(&self, line: u32) -> &str {
        self.line_span(line).of(&self.text).trim_end_matches(['\r', '\n'])
    }

    /// The line with its line break.
    fn line_span(&self, line: u32) -> Span {
        let start = self.lines.line_start(line);
        let end = if line < self.lines.count() {
            self.lines.line_start(line + 1)
        } else {
            u32::try_from(self.text.len()).unwrap_or(u32::MAX)
        };
        Span::new(start, end)
    }

    /// The part of the span on its first line: enough to find the call, however many lines it takes.
    fn first_line_of(&self, span: Span) -> Span {
        let line = self.lines.line(span.start);
        let line_end = self.lines.line_start(line) + u32::try_from(self.line_text(line).len()).unwrap_or(0);
        Span::new(span.start, span.end.min(line_end).max(span.start))
    }

    /// The place itself, and the calls that lead there.
    fn labels(&self, diagnostic: &Diagnostic) -> Vec<LabeledSpan> {
        let range = |span: Span| {
            let span = self.first_line_of(span);
            (span.start as usize, (span.end - span.start) as usize)
        };
        let callers = diagnostic
            .call_sites
            .iter()
            .filter(|site| **site != diagnostic.span && self.can_show(**site))
            .map(|site| LabeledSpan::new_with_span(Some("reached from here".to_owned()), range(*site)));
        std::iter::once(LabeledSpan::new_primary_with_span(None, range(diagnostic.span)))
            .chain(callers)
            .collect()
    }
}

impl SourceCode for Excerpts<'_> {
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        context_before: usize,
        context_after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let offset = |bytes: usize| u32::try_from(bytes).map_err(|_| MietteError::OutOfBounds);
        let wanted = Span::new(offset(span.offset())?, offset(span.offset() + span.len())?);
        let (first, last) = (self.lines.line(wanted.start), self.lines.line(wanted.end));
        let mut from = first;
        for _ in 0..context_before {
            if from > 1 && self.line_text(from - 1).len() <= LONGEST_LINE {
                from -= 1;
            }
        }
        let mut to = last;
        for _ in 0..context_after {
            if to < self.lines.count() && self.line_text(to + 1).len() <= LONGEST_LINE {
                to += 1;
            }
        }
        // Without context only the place is asked for: its line and column stand above the excerpt.
        let (start, column) = if context_before == 0 && context_after == 0 {
            (wanted.start, self.lines.line_column(&self.text, wanted.start).1 - 1)
        } else {
            (self.lines.line_start(from), 0)
        };
        let end = if context_after == 0 { wanted.end } else { self.line_span(to).end };
        let byte_order_mark = if start == 0 && self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let start = start + byte_order_mark;
        let data = Span::new(start, end.max(start));
        let bytes = data.of(&self.text).as_bytes();
        Ok(Box::new(MietteSpanContents::new_named(
            self.path.clone(),
            bytes,
            SourceSpan::from((data.start as usize, bytes.len())),
            (from - 1) as usize,
            column as usize,
            (to - from + 1) as usize,
        )))
    }
}

/// The text with control characters replaced, each byte by one, so that offsets stay.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| c.is_ascii_control() && !matches!(c, '\n' | '\r' | '\t');
    if text.contains(is_harmful) { Cow::Owned(text.replace(is_harmful, "?")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_not_wrapped_within_backticks() {
        let split = |line: &'static str| words(line).map(|word| word.word).collect::<Vec<_>>();
        assert_eq!(split("add `# x: y` now"), ["add", "`# x: y`", "now"]);
        assert_eq!(split("one ` backtick"), ["one", "`", "backtick"]);
        assert_eq!(split(""), [""]);
    }

    #[test]
    fn source_is_cut_and_words_are_not() {
        let shown = |line: &str| {
            let mut out = String::new();
            cut(line, 12, &mut out);
            out
        };
        assert_eq!(shown(" 12 │ op.drop_column()"), " 12 │ op.dr…\n");
        assert_eq!(shown("    · \u{1b}[31m────────────\u{1b}[0m"), "    · \u{1b}[31m──────\u{1b}[0m\n");
        assert_eq!(shown("  help: stop using the column"), "  help: stop using the column\n");
    }
}
