//! Where a command writes, and whether in colour.

use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write},
};

use anstream::ColorChoice;

use crate::Failure;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Good,
    Bad,
    Warn,
    Faint,
    Strong,
}

/// Where a command writes: results to one place, notes about its work to another.
pub struct Screen<'a> {
    out: Box<dyn Write + Send + 'a>,
    notes: Box<dyn Write + Send + 'a>,
    input: Box<dyn BufRead + Send + 'a>,
    colour: bool,
    notes_colour: bool,
    /// Whether somebody sits at the input and can be asked.
    pub(crate) attended: bool,
    /// Whether a person looks at the notes, so that a progress bar makes sense.
    pub(crate) interactive: bool,
}

impl<'a> Screen<'a> {
    /// Standard output and standard error. Colours where a terminal shows them and nobody
    /// declined (`NO_COLOR`, `TERM=dumb`).
    pub fn stdio() -> Screen<'static> {
        let colour = |choice| choice != ColorChoice::Never;
        Screen {
            colour: colour(anstream::AutoStream::choice(&io::stdout())),
            notes_colour: colour(anstream::AutoStream::choice(&io::stderr())),
            interactive: io::stderr().is_terminal(),
            out: Box::new(BufWriter::new(io::stdout())),
            notes: Box::new(io::stderr()),
            attended: io::stdin().is_terminal() && io::stderr().is_terminal(),
            input: Box::new(BufReader::new(io::stdin())),
        }
    }

    /// Any two writers, without colours.
    pub fn plain(out: impl Write + Send + 'a, notes: impl Write + Send + 'a) -> Screen<'a> {
        Screen {
            out: Box::new(out),
            notes: Box::new(notes),
            input: Box::new(io::empty()),
            colour: false,
            notes_colour: false,
            interactive: false,
            attended: false,
        }
    }

    /// With lines to read; `attended`: as if somebody typed them when asked.
    pub fn with_input(mut self, input: impl BufRead + Send + 'a, attended: bool) -> Screen<'a> {
        self.input = Box::new(input);
        self.attended = attended;
        self
    }

    /// Switches colours on or off, whatever the terminal says.
    pub fn with_colour(mut self, colour: bool) -> Screen<'a> {
        self.colour = colour;
        self.notes_colour = colour;
        self
    }

    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        paint(self.colour, style, text)
    }

    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(self.out, "{text}")?;
        Ok(())
    }

    /// Bytes as they are: a file.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        Ok(self.out.write_all(bytes)?)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.out.flush()?)
    }

    /// One line of the input, without its end; `None` at the end of the input.
    pub(crate) fn read_line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = self.input.read_line(&mut line)?;
        Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    /// Asks for something, on the same line as the answer.
    pub(crate) fn prompt(&mut self, text: &str) {
        let _ = write!(self.notes, "{text}");
        let _ = self.notes.flush();
    }

    /// Says something about the work. Whether it can be written matters to nobody.
    pub(crate) fn note(&mut self, style: Style, text: &str) {
        let painted = paint(self.notes_colour, style, text);
        let _ = writeln!(self.notes, "{painted}");
    }
}

fn paint(colour: bool, style: Style, text: &str) -> String {
    let code = match style {
        Style::Plain => return text.to_owned(),
        Style::Good => "32",
        Style::Bad => "31",
        Style::Warn => "33",
        Style::Faint => "2",
        Style::Strong => "1",
    };
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Text of strangers, safe on a terminal: control characters, which could recolour, rewrite or
/// drive it, are shown and not obeyed.
pub(crate) fn tame(text: &str) -> Cow<'_, str> {
    let wild = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(wild) {
        return Cow::Borrowed(text);
    }
    let tamed = text.chars().map(|c| match c {
        '\n' | '\r' | '\t' => "␣".to_owned(),
        c if wild(c) => format!("\\u{{{:x}}}", u32::from(c)),
        c => c.to_string(),
    });
    Cow::Owned(tamed.collect())
}

/// `HH:MM:SS.mmm` of an ISO time.
pub(crate) fn clock_of(iso: &str) -> &str {
    iso.get(11..23).unwrap_or(iso)
}

/// `1,234,567`.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
