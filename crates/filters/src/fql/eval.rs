//! Nodes asked about a message.

use std::{borrow::Cow, cell::Cell, cmp::Ordering};

use memchr::memmem;
use spec::json::{Shape, Value};

use super::{
    Unsure,
    glob::{Glob, TooLong},
    number::Number,
    parse::{Function, Node},
    token::Comparison,
};

/// Steps that one statement may take with one message, counted where they could be many.
const STEPS_MAX: u32 = 1_000_000;

/// A statement and one message.
pub(crate) struct Evaluation<'a> {
    whole: Value<'a>,
    steps: Cell<u32>,
}

/// What a node gives.
enum Given<'a> {
    Null,
    Bool(bool),
    /// And its digits, when they stand anywhere.
    Number(Number, &'a [u8]),
    Text(Cow<'a, [u8]>),
    /// A list that was written in the statement.
    List(&'a [Node]),
    /// A list or an object of the message.
    Held(Value<'a>),
}

impl From<TooLong> for Unsure {
    fn from(_: TooLong) -> Unsure {
        Unsure::TooLong
    }
}

impl<'a> Evaluation<'a> {
    pub(crate) fn of(whole: Value<'a>) -> Evaluation<'a> {
        Evaluation { whole, steps: Cell::new(STEPS_MAX) }
    }

    /// Whether the node is true; nothing but `true` is.
    pub(crate) fn holds(&self, node: &'a Node) -> Result<bool, Unsure> {
        match node {
            Node::Bool(bool) => Ok(*bool),
            Node::Not(node) => Ok(!self.holds(node)?),
            Node::And(nodes) => {
                for node in nodes {
                    if !self.holds(node)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Node::Or(nodes) => {
                for node in nodes {
                    if self.holds(node)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Node::Compare(comparison, left, right) => {
                self.compares(*comparison, &self.give(left)?, &self.give(right)?)
            }
            Node::In(one, list) => {
                let (one, list) = (self.give(one)?, self.give(list)?);
                self.any(&list, |other| self.same(&one, &other))
            }
            Node::Match(text, glob) => self.matches(&self.give(text)?, glob),
            Node::Call(Function::Contains, arguments) => {
                let (text, part) = (self.give(&arguments[0])?, self.give(&arguments[1])?);
                Ok(match (text, part) {
                    (Given::Text(text), Given::Text(part)) => memmem::find(&text, &part).is_some(),
                    _ => false,
                })
            }
            Node::Call(Function::Match, arguments) => {
                let (text, pattern) = (self.give(&arguments[0])?, self.give(&arguments[1])?);
                let (Given::Text(_), Given::Text(pattern)) = (&text, pattern) else {
                    return Ok(false);
                };
                self.matches(&text, &Glob::new(&pattern).map_err(|_| Unsure::Pattern)?)
            }
            node => Ok(matches!(self.give(node)?, Given::Bool(true))),
        }
    }

    fn give(&self, node: &'a Node) -> Result<Given<'a>, Unsure> {
        Ok(match node {
            Node::Null => Given::Null,
            Node::Number(number, digits) => Given::Number(*number, digits.as_bytes()),
            Node::Text(text) => Given::Text(Cow::Borrowed(text)),
            Node::List(nodes) => Given::List(nodes),
            Node::Path(keys) => {
                let value = keys.iter().fold(self.whole, |value, key| value.get(key));
                given(value)
            }
            Node::Call(function, arguments) => {
                let first = || self.give(&arguments[0]);
                match function {
                    Function::Contains | Function::Match => Given::Bool(self.holds(node)?),
                    Function::Length => self.length(first()?),
                    Function::Lowercase => spelled(first()?, |text| text.to_lowercase()),
                    Function::Uppercase => spelled(first()?, |text| text.to_uppercase()),
                    Function::Snakecase => spelled(first()?, |text| text.replace(' ', "_")),
                    Function::Kebabcase => spelled(first()?, |text| text.replace(' ', "-")),
                    Function::Titlecase => spelled(first()?, titled),
                    Function::Typeof => Given::Text(Cow::Borrowed(type_of(&first()?).as_bytes())),
                    Function::Bool => Given::Bool(self.truth(&first()?)),
                    Function::String => self.text(first()?),
                    Function::Number => as_number(first()?),
                }
            }
            _ => Given::Bool(self.holds(node)?),
        })
    }

    fn compares(
        &self,
        comparison: Comparison,
        left: &Given<'a>,
        right: &Given<'a>,
    ) -> Result<bool, Unsure> {
        let order = match (left, right) {
            (Given::Number(left, _), Given::Number(right, _)) => left.partial_cmp(right),
            _ => None,
        };
        Ok(match comparison {
            Comparison::Equal => self.same(left, right)?,
            Comparison::Unequal => !self.same(left, right)?,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => order.is_some_and(Ordering::is_le),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => order.is_some_and(Ordering::is_ge),
        })
    }

    /// Of one type and strictly equal; objects when they stand there in the same bytes.
    fn same(&self, left: &Given<'a>, right: &Given<'a>) -> Result<bool, Unsure> {
        self.spend(1)?;
        Ok(match (left, right) {
            (Given::Null, Given::Null) => true,
            (Given::Bool(left), Given::Bool(right)) => left == right,
            (Given::Number(left, _), Given::Number(right, _)) => left == right,
            (Given::Text(left), Given::Text(right)) => left == right,
            (Given::Held(left), Given::Held(right))
                if left.is(Shape::Object) || right.is(Shape::Object) =>
            {
                left.raw() == right.raw()
            }
            (Given::Held(left), Given::List(right)) | (Given::List(right), Given::Held(left)) => {
                left.elements().are_like(&mut right.iter(), |left, right| {
                    self.same(&given(left), &self.give(right)?)
                })?
            }
            (Given::Held(left), Given::Held(right)) => {
                left.elements().are_like(&mut right.elements(), |left, right| {
                    self.same(&given(left), &given(right))
                })?
            }
            (Given::List(left), Given::List(right)) => {
                left.iter().are_like(&mut right.iter(), |left, right| {
                    self.same(&self.give(left)?, &self.give(right)?)
                })?
            }
            _ => false,
        })
    }

    /// Whether any element of the list is the one; no list has none.
    fn any(
        &self,
        list: &Given<'a>,
        is: impl Fn(Given<'a>) -> Result<bool, Unsure>,
    ) -> Result<bool, Unsure> {
        match list {
            Given::List(nodes) => {
                for node in *nodes {
                    if is(self.give(node)?)? {
                        return Ok(true);
                    }
                }
            }
            Given::Held(list) => {
                for element in list.elements() {
                    if is(given(element))? {
                        return Ok(true);
                    }
                }
            }
            _ => {}
        }
        Ok(false)
    }

    fn matches(&self, text: &Given<'a>, glob: &Glob) -> Result<bool, Unsure> {
        let Given::Text(text) = text else { return Ok(false) };
        let mut steps = self.steps.get();
        let matches = glob.matches(text, &mut steps);
        self.steps.set(steps);
        Ok(matches?)
    }

    fn spend(&self, steps: u32) -> Result<(), Unsure> {
        self.steps.set(self.steps.get().checked_sub(steps).ok_or(Unsure::TooLong)?);
        Ok(())
    }

    fn length(&self, given: Given<'a>) -> Given<'a> {
        let length = match given {
            Given::Null => 0,
            Given::Text(text) => text.len(),
            Given::List(nodes) => nodes.len(),
            Given::Held(list) if list.is(Shape::Array) => list.elements().count(),
            _ => return Given::Null,
        };
        Given::Number(Number::Whole(length as i128), b"")
    }

    /// What is neither nothing nor says no.
    fn truth(&self, given: &Given<'a>) -> bool {
        match given {
            Given::Null => false,
            Given::Bool(bool) => *bool,
            Given::Number(number, _) => !number.is_zero(),
            Given::Text(text) => !matches!(&text[..], b"" | b"0" | b"false"),
            Given::List(nodes) => !nodes.is_empty(),
            Given::Held(value) => !value.holds_nothing(),
        }
    }

    fn text(&self, given: Given<'a>) -> Given<'a> {
        Given::Text(match given {
            Given::Null | Given::List(_) => return Given::Null,
            Given::Bool(true) => Cow::Borrowed(b"true"),
            Given::Bool(false) => Cow::Borrowed(b"false"),
            Given::Number(number, b"") => Cow::Owned(number.to_string().into_bytes()),
            Given::Number(_, digits) => Cow::Borrowed(digits),
            Given::Text(text) => text,
            Given::Held(value) => Cow::Borrowed(value.raw()),
        })
    }
}

/// Whether two rows of values have the same length and are the same one by one.
trait Pairwise: Iterator + Sized {
    fn are_like<R: Iterator>(
        mut self,
        other: &mut R,
        same: impl Fn(Self::Item, R::Item) -> Result<bool, Unsure>,
    ) -> Result<bool, Unsure> {
        loop {
            match (self.next(), other.next()) {
                (None, None) => return Ok(true),
                (Some(left), Some(right)) => {
                    if !same(left, right)? {
                        return Ok(false);
                    }
                }
                _ => return Ok(false),
            }
        }
    }
}

impl<I: Iterator> Pairwise for I {}

/// A value of the message.
fn given(value: Value<'_>) -> Given<'_> {
    match value.shape {
        Shape::Absent | Shape::Null => Given::Null,
        Shape::Bool => Given::Bool(value.raw() == b"true"),
        Shape::Number => {
            let number = Number::read(value.raw());
            number.map_or(Given::Null, |number| Given::Number(number, value.raw()))
        }
        Shape::String => Given::Text(value.bytes().unwrap_or_default()),
        Shape::Array | Shape::Object => Given::Held(value),
    }
}

fn type_of(given: &Given<'_>) -> &'static str {
    match given {
        Given::Null => "null",
        Given::Bool(_) => "bool",
        Given::Number(..) => "number",
        Given::Text(_) => "string",
        Given::List(_) => "list",
        Given::Held(value) if value.is(Shape::Array) => "list",
        Given::Held(_) => "object",
    }
}

fn as_number(given: Given<'_>) -> Given<'_> {
    match given {
        Given::Number(..) => given,
        Given::Text(Cow::Borrowed(text)) => {
            let digits = text.trim_ascii();
            Number::read(digits).map_or(Given::Null, |number| Given::Number(number, digits))
        }
        Given::Text(Cow::Owned(text)) => {
            let number = Number::read(text.trim_ascii());
            number.map_or(Given::Null, |number| Given::Number(number, b""))
        }
        _ => Given::Null,
    }
}

/// The string spelled another way. What is no UTF-8 in it stays as it is.
fn spelled<'a>(given: Given<'a>, spell: impl Fn(&str) -> String) -> Given<'a> {
    let Given::Text(text) = given else { return Given::Null };
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.extend_from_slice(spell(chunk.valid()).as_bytes());
        out.extend_from_slice(chunk.invalid());
    }
    Given::Text(Cow::Owned(out))
}

/// Every word with a capital.
fn titled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begins = true;
    for c in text.chars() {
        match begins {
            true => out.extend(c.to_uppercase()),
            false => out.push(c),
        }
        begins = c.is_whitespace();
    }
    out
}
