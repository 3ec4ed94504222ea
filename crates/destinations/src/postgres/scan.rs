//! One pass over a message: where its values stand, and under which keys.
//!
//! Pure. Objects are entered, lists are values. Which keys lead to a value is a number, its node
//! in a [`Tree`], so that what follows from the keys is found out once and not for every message.

use std::collections::HashMap;

use super::value::Shape;

/// One value of a message.
#[derive(Debug, Clone, Copy)]
pub struct Leaf {
    /// Its place in a tree, or the field it is.
    pub node: u32,
    /// Where it begins in the message; a string behind its quote.
    pub start: u32,
    /// Its bytes; a string's without quotes.
    pub len: u32,
    /// What it is.
    pub shape: Shape,
}

impl Leaf {
    pub fn raw<'a>(&self, json: &'a [u8]) -> &'a [u8] {
        &json[self.start as usize..(self.start + self.len) as usize]
    }
}

/// Every path of keys that was seen.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

#[derive(Debug, Default)]
struct Node {
    parent: u32,
    /// As it stands in JSON, between its quotes.
    key: Box<[u8]>,
    /// In the order in which they were seen first, which most messages keep.
    children: Vec<u32>,
    by_key: HashMap<Box<[u8]>, u32>,
}

impl Tree {
    pub const ROOT: u32 = 0;

    pub fn new() -> Self {
        Tree { nodes: vec![Node::default()] }
    }

    /// How many paths it knows.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The keys that lead to `node`, outermost first, as they stand in JSON.
    pub fn path(&self, node: u32) -> Vec<&[u8]> {
        let mut path = Vec::new();
        let mut at = node;
        while at != Tree::ROOT {
            path.push(&*self.nodes[at as usize].key);
            at = self.nodes[at as usize].parent;
        }
        path.reverse();
        path
    }

    /// The child of `node` under `key`; `guess` says which comes next, and learns.
    fn child(&mut self, node: u32, key: &[u8], guess: &mut usize) -> u32 {
        let parent = &self.nodes[node as usize];
        if let Some(&next) = parent.children.get(*guess)
            && *self.nodes[next as usize].key == *key
        {
            *guess += 1;
            return next;
        }
        if let Some(&known) = parent.by_key.get(key) {
            *guess = parent.children.iter().position(|child| *child == known).unwrap_or(0) + 1;
            return known;
        }
        let new = self.nodes.len() as u32;
        self.nodes.push(Node { parent: node, key: key.into(), ..Node::default() });
        let parent = &mut self.nodes[node as usize];
        parent.children.push(new);
        parent.by_key.insert(key.into(), new);
        *guess = parent.children.len();
        new
    }
}

/// Reads valid JSON from one end to the other. What is not valid ends early.
#[derive(Debug)]
pub struct Scanner<'a> {
    json: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub fn new(json: &'a [u8], at: usize) -> Self {
        Scanner { json, at }
    }

    /// Enters an object, if one comes next.
    pub fn enter(&mut self) -> Option<()> {
        (self.next()? == b'{').then(|| self.at += 1)
    }

    /// The next key of the object that was entered; `None` behind the last one. Its value comes
    /// next.
    pub fn key(&mut self) -> Option<&'a [u8]> {
        let mut next = self.next()?;
        if next == b',' {
            self.at += 1;
            next = self.next()?;
        }
        if next == b'}' {
            self.at += 1;
            return None;
        }
        let key = self.string()?;
        (self.next()? == b':').then(|| self.at += 1)?;
        Some(key)
    }

    /// The next element of the list that was entered with [`Scanner::enter_list`] comes next.
    pub fn element(&mut self) -> Option<()> {
        let next = self.next()?;
        self.at += usize::from(matches!(next, b',' | b']'));
        (next != b']').then_some(())
    }

    /// Enters a list that is not empty, if one comes next.
    pub fn enter_list(&mut self) -> Option<()> {
        if self.next()? != b'[' {
            return None;
        }
        self.at += 1;
        (self.next()? != b']').then_some(())
    }

    /// Takes the value that comes next: its leaves are appended to `leaves`.
    pub fn leaves(&mut self, tree: &mut Tree, node: u32, leaves: &mut Vec<Leaf>) -> Option<()> {
        if self.next()? != b'{' {
            leaves.push(self.value(node)?);
            return Some(());
        }
        self.at += 1;
        let mut guess = 0;
        while let Some(key) = self.key() {
            let child = tree.child(node, key, &mut guess);
            self.leaves(tree, child, leaves)?;
        }
        Some(())
    }

    /// Takes the value that comes next as one, even an object.
    pub fn value(&mut self, node: u32) -> Option<Leaf> {
        let first = self.next()?;
        let begin = self.at;
        let (start, end, shape) = match first {
            b'"' => {
                let raw = self.string()?;
                (begin + 1, self.at - 1, Shape::of_string(raw))
            }
            b'{' | b'[' => {
                self.skip()?;
                (begin, self.at, Shape::List)
            }
            _ => {
                self.bare();
                let raw = &self.json[begin..self.at];
                let shape = match raw {
                    b"null" => Shape::Null,
                    b"true" => Shape::True,
                    b"false" => Shape::False,
                    _ => Shape::of_number(raw),
                };
                (begin, self.at, shape)
            }
        };
        Some(Leaf { node, start: start as u32, len: (end - start) as u32, shape })
    }

    /// Passes over a list or an object.
    pub fn skip(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            match self.next()? {
                b'"' => _ = self.string()?,
                b'{' | b'[' => (depth, self.at) = (depth + 1, self.at + 1),
                b'}' | b']' => (depth, self.at) = (depth.checked_sub(1)?, self.at + 1),
                b',' | b':' => self.at += 1,
                _ => self.bare(),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// The first byte of the next token.
    fn next(&mut self) -> Option<u8> {
        loop {
            let byte = *self.json.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// What stands between the quotes of the string that begins here.
    fn string(&mut self) -> Option<&'a [u8]> {
        let begin = self.at + 1;
        let mut at = begin;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.json.get(at..)?)?;
            if self.json[at] == b'"' {
                self.at = at + 1;
                return Some(&self.json[begin..at]);
            }
            at += 2;
        }
    }

    /// Passes over a number or a word.
    fn bare(&mut self) {
        let rest = &self.json[self.at..];
        let end = rest.iter().position(|byte| {
            matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t' | b':' | b'"')
        });
        self.at += end.unwrap_or(rest.len()).max(1);
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(json: &str, expect: Expect) {
        let mut tree = Tree::new();
        let mut first = Vec::new();
        Scanner::new(json.as_bytes(), 0).leaves(&mut tree, Tree::ROOT, &mut first);
        let mut again = Vec::new();
        Scanner::new(json.as_bytes(), 0).leaves(&mut tree, Tree::ROOT, &mut again);
        let told = |leaves: &[Leaf]| {
            let lines = leaves.iter().map(|leaf| {
                let keys = tree.path(leaf.node).into_iter().map(String::from_utf8_lossy);
                let keys: Vec<_> = keys.collect();
                let raw = String::from_utf8_lossy(leaf.raw(json.as_bytes()));
                format!("{} {:?} {raw}\n", keys.join("."), leaf.shape)
            });
            lines.collect::<String>()
        };
        assert_eq!(told(&first), told(&again));
        expect.assert_eq(&told(&first));
    }

    #[test]
    fn objects_are_entered_and_lists_are_values() {
        check(
            r#" { "a" : 1 , "b":{"c":"x\"y","d":{},"e":{"f":null}}, "g":[1,{"h":"]"}], "i":true}"#,
            expect![[r#"
                a Int 1
                b.c Text x\"y
                b.e.f Null null
                g List [1,{"h":"]"}]
                i True true
            "#]],
        );
    }

    #[test]
    fn the_order_of_keys_may_change_within_a_message() {
        check(
            r#"{"a":{"x":1,"y":2},"b":{"y":3,"x":4},"a":{"y":5}}"#,
            expect![[r#"
            a.x Int 1
            a.y Int 2
            b.y Int 3
            b.x Int 4
            a.y Int 5
        "#]],
        );
    }

    #[test]
    fn what_is_not_json_ends_early() {
        for json in ["", "{", r#"{"a"#, r#"{"a":"#, r#"{"a":[1,"#, r#"{"a" 1}"#, "]"] {
            let mut leaves = Vec::new();
            Scanner::new(json.as_bytes(), 0).leaves(&mut Tree::new(), Tree::ROOT, &mut leaves);
            assert!(leaves.len() <= 1, "{json}");
        }
    }
}
