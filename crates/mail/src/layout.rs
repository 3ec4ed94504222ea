//! How a letter looks, as text and as HTML; both are made of the same blocks, so neither says more than the other.

use std::fmt::Write as _;

use crate::words::escaped;

/// Lines of plain text are broken before this many characters.
const TEXT_WIDTH: usize = 72;
const SIGNATURE: &str = "Headwater";

/// A letter in words, without addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// Plain text; lines end with `\n`.
    pub text: String,
    /// One HTML document that loads nothing.
    pub html: String,
}

/// A part of a letter. Words of others have been through `words` before they come here.
pub(crate) enum Block {
    Paragraph(String),
    /// The one thing to do.
    Button {
        label: &'static str,
        url: String,
    },
    /// Words of somebody else, with their lines.
    Quote {
        about: Option<String>,
        text: String,
    },
    /// Smaller and last: how long a link holds, what to do when it was somebody else.
    Note(String),
}

pub(crate) fn render(subject: String, reason: &str, blocks: &[Block]) -> Rendered {
    let text = text(reason, blocks);
    let html = html(&subject, reason, blocks);
    Rendered { subject, text, html }
}

fn text(reason: &str, blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        match block {
            Block::Paragraph(words) | Block::Note(words) => wrap(&mut text, "", words),
            // an address is never broken
            Block::Button { label, url } => writeln!(text, "{label}:\n{url}").expect(INFALLIBLE),
            Block::Quote { about, text: quoted } => {
                if let Some(about) = about {
                    wrap(&mut text, "", &format!("{about}:"));
                }
                for line in quoted.lines() {
                    wrap(&mut text, "> ", line);
                }
            }
        }
        text.push('\n');
    }
    text.push_str("-- \n");
    wrap(&mut text, "", &format!("{SIGNATURE}. {reason}"));
    text
}

/// Appends `words`, broken into lines that start with `mark`.
fn wrap(text: &mut String, mark: &str, words: &str) {
    let mut width = 0;
    text.push_str(mark);
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if width > 0 && mark.len() + width + 1 + length > TEXT_WIDTH {
            text.push('\n');
            text.push_str(mark);
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text.push_str(word);
        width += length;
    }
    text.push('\n');
}

const INFALLIBLE: &str = "a string takes every write";

/// Only what mail programs without style sheets need to look right stands beside the elements; the sheet adds the dark.
const HEAD: &str = r#"<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>
:root { color-scheme: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #14171c !important; }
  .sheet { background: #1d2229 !important; border-color: #343b45 !important; }
  .ink { color: #e8eaed !important; }
  .faint { color: #a5adb8 !important; }
  .quote { border-color: #4a5462 !important; }
  .button { background: #e8eaed !important; color: #14171c !important; }
}
</style>"#;
const PAGE: &str = "margin:0;padding:0;background:#f3f4f6;";
const SHEET: &str = "max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border:1px solid #d9dce1;border-radius:6px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;text-align:left;";
const INK: &str = "margin:0 0 16px;color:#191d23;";
const FAINT: &str = "margin:0 0 12px;font-size:13px;color:#5b6470;";
const BUTTON: &str = "display:inline-block;padding:10px 18px;background:#191d23;color:#ffffff;text-decoration:none;border-radius:4px;font-weight:600;";
const QUOTE: &str = "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #c3c8d0;";

fn html(subject: &str, reason: &str, blocks: &[Block]) -> String {
    let mut body = String::new();
    for block in blocks {
        write_block(&mut body, block).expect(INFALLIBLE);
    }
    let (title, reason) = (escaped(subject), escaped(reason));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n{HEAD}\n<title>{title}</title>\n</head>\n\
         <body class=\"page\" style=\"{PAGE}\">\n\
         <table class=\"page\" role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" style=\"background:#f3f4f6;\">\
         <tr><td align=\"center\" style=\"padding:24px 12px;\">\n\
         <div class=\"sheet\" style=\"{SHEET}\">\n{body}\
         <p class=\"faint\" style=\"{FAINT}margin:24px 0 0;\">{SIGNATURE}. {reason}</p>\n\
         </div>\n</td></tr></table>\n</body>\n</html>\n"
    )
}

fn write_block(body: &mut String, block: &Block) -> std::fmt::Result {
    match block {
        Block::Paragraph(words) => {
            writeln!(body, "<p class=\"ink\" style=\"{INK}\">{}</p>", escaped(words))
        }
        Block::Note(words) => {
            writeln!(body, "<p class=\"faint\" style=\"{FAINT}\">{}</p>", escaped(words))
        }
        Block::Button { label, url } => {
            let (label, url) = (escaped(label), escaped(url));
            writeln!(
                body,
                "<p style=\"margin:0 0 16px;\"><a class=\"button\" href=\"{url}\" style=\"{BUTTON}\">{label}</a></p>\n\
                 <p class=\"faint\" style=\"{FAINT}word-break:break-all;\">{url}</p>"
            )
        }
        Block::Quote { about, text } => {
            if let Some(about) = about {
                writeln!(
                    body,
                    "<p class=\"ink\" style=\"{INK}margin:0 0 4px;font-weight:600;\">{}</p>",
                    escaped(about)
                )?;
            }
            let lines: Vec<String> = text.lines().map(escaped).collect();
            let lines = lines.join("<br>\n");
            writeln!(
                body,
                "<div class=\"quote\" style=\"{QUOTE}\"><p class=\"ink\" style=\"{INK}margin:0;\">{lines}</p></div>"
            )
        }
    }
}
