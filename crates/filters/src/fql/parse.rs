//! Words made into nodes that know what they give.

use super::{
    Fault, STATEMENT_BYTES_MAX, STATEMENT_DEPTH_MAX,
    glob::Glob,
    number::Number,
    token::{Comparison, Token, Word, fault, words},
};

/// What gives a value.
#[derive(Debug, Clone)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number, Box<str>),
    Text(Box<[u8]>),
    List(Vec<Node>),
    Path(Vec<Box<[u8]>>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    Compare(Comparison, Box<Node>, Box<Node>),
    In(Box<Node>, Box<Node>),
    /// `match` with a pattern that is known beforehand.
    Match(Box<Node>, Glob),
    Call(Function, Vec<Node>),
}

/// A function by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    Match,
    Length,
    Lowercase,
    Uppercase,
    Snakecase,
    Kebabcase,
    Titlecase,
    Typeof,
    Bool,
    String,
    Number,
}

const FUNCTIONS: [(&str, Function); 12] = [
    ("contains", Function::Contains),
    ("match", Function::Match),
    ("length", Function::Length),
    ("lowercase", Function::Lowercase),
    ("uppercase", Function::Uppercase),
    ("snakecase", Function::Snakecase),
    ("kebabcase", Function::Kebabcase),
    ("titlecase", Function::Titlecase),
    ("typeof", Function::Typeof),
    ("bool", Function::Bool),
    ("string", Function::String),
    ("number", Function::Number),
];

/// What a node gives, as far as that is known before there is a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Type {
    Any,
    Null,
    Bool,
    Number,
    Text,
    List,
}

impl Type {
    fn as_str(self) -> &'static str {
        match self {
            Type::Any => "a field",
            Type::Null => "null",
            Type::Bool => "a condition",
            Type::Number => "a number",
            Type::Text => "a string",
            Type::List => "a list",
        }
    }
}

impl Node {
    fn gives(&self) -> Type {
        match self {
            Node::Null => Type::Null,
            Node::Path(_) => Type::Any,
            Node::Number(..) => Type::Number,
            Node::Text(_) => Type::Text,
            Node::List(_) => Type::List,
            Node::Bool(_)
            | Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare(..)
            | Node::In(..)
            | Node::Match(..) => Type::Bool,
            Node::Call(function, _) => match function {
                Function::Contains | Function::Match | Function::Bool => Type::Bool,
                Function::Length | Function::Number => Type::Number,
                _ => Type::Text,
            },
        }
    }
}

/// The statement as one node.
pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    if text.len() > STATEMENT_BYTES_MAX {
        let found = format!("a statement of {} bytes", text.len());
        let expected = format!("keep it to {STATEMENT_BYTES_MAX} bytes");
        return Err(fault(STATEMENT_BYTES_MAX, found, expected));
    }
    let words = words(text)?;
    let mut parser = Parser { text, words: &words, next: 0, depth: 0 };
    let node = parser.condition()?;
    match parser.peek() {
        Token::End => Ok(node),
        _ => Err(parser.unexpected("end the statement here, or write and or or before this")),
    }
}

struct Parser<'a> {
    text: &'a str,
    words: &'a [Word],
    next: usize,
    depth: usize,
}

impl Parser<'_> {
    fn word(&self) -> &Word {
        &self.words[self.next]
    }

    fn peek(&self) -> &Token {
        &self.word().token
    }

    fn start(&self) -> usize {
        self.word().start
    }

    /// Goes past the word when it is this one.
    fn take(&mut self, token: &Token) -> bool {
        let there = self.peek() == token;
        self.next += usize::from(there);
        there
    }

    /// The words from `start` to here, as they were written.
    fn since(&self, start: usize) -> &str {
        &self.text[start..self.words[self.next - 1].end]
    }

    fn unexpected(&self, expected: impl Into<String>) -> Fault {
        let Word { token, start, end } = self.word();
        let found = match token {
            Token::End => "the end of the statement".to_owned(),
            _ => format!("`{}`", &self.text[*start..*end]),
        };
        fault(*start, found, expected)
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > STATEMENT_DEPTH_MAX {
            let expected = format!("nest at most {STATEMENT_DEPTH_MAX} of them in one another");
            return Err(self.unexpected(expected));
        }
        Ok(())
    }

    /// Conditions with `or` between them; what they give is a condition.
    fn condition(&mut self) -> Result<Node, Fault> {
        self.several(&Token::Or, Node::Or, |parser| {
            parser.several(&Token::And, Node::And, Parser::comparison)
        })
    }

    fn several(
        &mut self,
        between: &Token,
        all: fn(Vec<Node>) -> Node,
        one: impl Fn(&mut Self) -> Result<Node, Fault>,
    ) -> Result<Node, Fault> {
        let start = self.start();
        let first = one(self)?;
        if self.peek() != between {
            return self.decides(first, start);
        }
        let mut nodes = vec![self.decides(first, start)?];
        while self.take(between) {
            let start = self.start();
            let node = one(self)?;
            nodes.push(self.decides(node, start)?);
        }
        Ok(all(nodes))
    }

    /// The node, when it can be true or false.
    fn decides(&self, node: Node, start: usize) -> Result<Node, Fault> {
        match node.gives() {
            Type::Bool | Type::Any => Ok(node),
            Type::Null => Ok(node),
            other => {
                let found = format!("`{}`, which is {}", self.since(start), other.as_str());
                let expected = "write a condition: compare it with =, !=, <, <=, >, >= or in";
                Err(fault(start, found, expected))
            }
        }
    }

    fn comparison(&mut self) -> Result<Node, Fault> {
        let start = self.start();
        let negated = self.peek() == &Token::Not;
        let left = self.value()?;
        let (sign, at) = (self.peek().clone(), self.start());
        let compares = matches!(sign, Token::Compare(_) | Token::In);
        if !compares {
            return Ok(left);
        }
        if negated {
            let found = format!("`{}` before a comparison", self.since(start));
            let expected = "write != , or put the comparison in parentheses: !( … )";
            return Err(fault(start, found, expected));
        }
        self.next += 1;
        let right_at = self.start();
        let right = self.value()?;
        if matches!(self.peek(), Token::Compare(_) | Token::In) {
            return Err(self.unexpected("write and between two comparisons"));
        }
        if sign == Token::In {
            if !matches!(right.gives(), Type::List | Type::Any) {
                let found = format!("`{}` behind in", self.since(right_at));
                let expected = "write a list as in ['a', 'b'], or the path of one";
                return Err(fault(right_at, found, expected));
            }
            return Ok(Node::In(left.into(), right.into()));
        }
        let Token::Compare(comparison) = sign else { unreachable!("it compares") };
        if !matches!(comparison, Comparison::Equal | Comparison::Unequal) {
            for (node, start) in [(&left, start), (&right, right_at)] {
                if !matches!(node.gives(), Type::Number | Type::Any) {
                    let sign = &self.text[at..self.words[self.next - 1].start];
                    let sign = sign.split_whitespace().next().unwrap_or_default();
                    let found = format!("{} beside `{sign}`", node.gives().as_str());
                    let expected = "compare numbers: write 100 without quotes, or number( … )";
                    return Err(fault(start, found, expected));
                }
            }
        }
        Ok(Node::Compare(comparison, left.into(), right.into()))
    }

    fn value(&mut self) -> Result<Node, Fault> {
        let start = self.start();
        self.deeper()?;
        let node = match self.peek().clone() {
            Token::Not => {
                self.next += 1;
                let at = self.start();
                let inside = self.value()?;
                Node::Not(self.decides(inside, at)?.into())
            }
            Token::Open => {
                self.next += 1;
                let inside = self.condition()?;
                if !self.take(&Token::Close) {
                    return Err(self.unexpected("close the parenthesis with )"));
                }
                inside
            }
            Token::OpenList => {
                self.next += 1;
                let listed = self.listed(&Token::CloseList, "]")?;
                Node::List(listed.into_iter().map(|(_, node)| node).collect())
            }
            Token::Path(keys) => {
                self.next += 1;
                match self.peek() {
                    Token::Open => self.call(start)?,
                    _ => Node::Path(keys),
                }
            }
            literal => {
                let node = match literal {
                    Token::Text(text) => Node::Text(text.into()),
                    Token::Number(number) => {
                        let Word { start, end, .. } = self.word();
                        Node::Number(number, self.text[*start..*end].into())
                    }
                    Token::True | Token::All => Node::Bool(true),
                    Token::False => Node::Bool(false),
                    Token::Null => Node::Null,
                    _ => {
                        return Err(self.unexpected("write a path, a value or a function here"));
                    }
                };
                self.next += 1;
                node
            }
        };
        self.depth -= 1;
        Ok(node)
    }

    /// Values with commas between them, up to what closes them, and where each begins.
    fn listed(&mut self, close: &Token, closing: &str) -> Result<Vec<(usize, Node)>, Fault> {
        let mut nodes = Vec::new();
        if self.take(close) {
            return Ok(nodes);
        }
        loop {
            nodes.push((self.start(), self.value()?));
            if self.take(close) {
                return Ok(nodes);
            }
            if !self.take(&Token::Comma) {
                return Err(self.unexpected(format!("write a comma or {closing}")));
            }
        }
    }

    /// The call of the function whose name was just read.
    fn call(&mut self, start: usize) -> Result<Node, Fault> {
        let name = self.since(start).to_owned();
        let known = FUNCTIONS.iter().find(|(known, _)| *known == name);
        let Some((_, function)) = known else {
            let names: Vec<&str> = FUNCTIONS.iter().map(|(name, _)| *name).collect();
            let expected = format!("the functions are {}", names.join(", "));
            return Err(fault(start, format!("`{name}(`, which is no function"), expected));
        };
        self.next += 1;
        let mut arguments = self.listed(&Token::Close, ")")?;
        let (wants, form) = match function {
            Function::Contains => (2, "contains( string, part )"),
            Function::Match => (2, "match( string, pattern )"),
            _ => (1, "one value"),
        };
        if arguments.len() != wants {
            let found = format!("{} arguments of `{name}`", arguments.len());
            return Err(fault(start, found, format!("give it {form}")));
        }
        if let (Function::Match, Some((at, Node::Text(pattern)))) = (function, arguments.last()) {
            let glob = Glob::new(pattern).map_err(|bad| {
                let found = format!("`{}`, which is no pattern", String::from_utf8_lossy(pattern));
                fault(self.text.floor_char_boundary(at + 1 + bad.at), found, bad.expected)
            })?;
            let (_, text) = arguments.swap_remove(0);
            return Ok(Node::Match(text.into(), glob));
        }
        Ok(Node::Call(*function, arguments.into_iter().map(|(_, node)| node).collect()))
    }
}
