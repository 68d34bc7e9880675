//! From tokens to a tree, by recursive descent.

use super::{
    ExpressionError, Folded, MAX_DEPTH, MAX_LENGTH, Node, Operand, Test,
    lexer::{Lexer, Token},
    words::{RESERVED, TESTS, names, unknown},
};
use crate::{
    model::Attribute,
    policy::{Glob, fold},
};

/// Parses a whole expression.
pub(super) fn parse(text: &str) -> Result<Node, ExpressionError> {
    if text.len() > MAX_LENGTH {
        return Err(ExpressionError::new(1, format!("the expression is longer than {MAX_LENGTH} bytes")));
    }
    let mut lexer = Lexer::new(text);
    let (column, token) = lexer.next()?;
    let mut parser = Parser { lexer, column, token, depth: 0 };
    let root = parser.any()?;
    if parser.token == Token::Close {
        return Err(parser.wrong("this `)` closes nothing"));
    }
    if parser.token == Token::End { Ok(root) } else { Err(parser.expected("`&&`, `||` or the end")) }
}

struct Parser<'t> {
    lexer: Lexer<'t>,
    /// Where the current token begins.
    column: usize,
    token: Token,
    depth: usize,
}

impl Parser<'_> {
    fn wrong(&self, problem: impl Into<String>) -> ExpressionError {
        ExpressionError::new(self.column, problem)
    }

    fn expected(&self, what: &str) -> ExpressionError {
        self.wrong(format!("expected {what}, found {}", self.token.shown()))
    }

    /// Takes the current token and goes to the next.
    fn advance(&mut self) -> Result<Token, ExpressionError> {
        let (column, next) = self.lexer.next()?;
        self.column = column;
        Ok(std::mem::replace(&mut self.token, next))
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(&self.token, Token::Word(word) if word == wanted)
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), ExpressionError> {
        if self.token != *wanted {
            return Err(self.expected(&wanted.shown()));
        }
        self.advance().map(drop)
    }

    fn nested<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, ExpressionError>,
    ) -> Result<T, ExpressionError> {
        if self.depth == MAX_DEPTH {
            return Err(self.wrong(format!("nested more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let result = parse(self);
        self.depth -= 1;
        result
    }

    fn any(&mut self) -> Result<Node, ExpressionError> {
        let first = self.all()?;
        let mut parts = Vec::new();
        while self.token == Token::Or || self.is_word("or") {
            self.advance()?;
            parts.push(self.all()?);
        }
        Ok(chain(first, parts, Node::Or))
    }

    fn all(&mut self) -> Result<Node, ExpressionError> {
        let first = self.one()?;
        let mut parts = Vec::new();
        while self.token == Token::And || self.is_word("and") {
            self.advance()?;
            parts.push(self.one()?);
        }
        Ok(chain(first, parts, Node::And))
    }

    fn one(&mut self) -> Result<Node, ExpressionError> {
        if self.token == Token::Not || self.is_word("not") {
            return self.nested(|parser| {
                parser.advance()?;
                parser.one().map(|part| Node::Not(Box::new(part)))
            });
        }
        if self.token == Token::Open {
            return self.nested(|parser| {
                parser.advance()?;
                let inner = parser.any()?;
                parser.expect(&Token::Close)?;
                Ok(inner)
            });
        }
        match self.operand()? {
            operand @ Operand::AccountEnabled => self.switch(Node::Flag(operand)),
            operand @ Operand::Group(_) => Ok(Node::Flag(operand)),
            operand @ (Operand::Attribute(_) | Operand::Domain) => {
                self.test().map(|test| Node::Compare(operand, test))
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, ExpressionError> {
        let operand = if let Token::Extension(name) = &self.token {
            Operand::Attribute(Attribute::Extension(name.clone()))
        } else if let Token::Word(word) = &self.token {
            match word.as_str() {
                "email" => Operand::Attribute(Attribute::Mail),
                "domain" => Operand::Domain,
                "account_enabled" => Operand::AccountEnabled,
                "in_group" => return self.group(),
                "extension" => return Err(self.wrong("an extension is written `extension:NAME`")),
                word if RESERVED.contains(&word) || TESTS.contains(&word) => {
                    return Err(self.expected("a user attribute"));
                }
                word => match word.parse() {
                    Ok(attribute) => Operand::Attribute(attribute),
                    Err(_) => return Err(self.wrong(unknown("user attribute", word, &names()))),
                },
            }
        } else {
            return Err(self.expected("a user attribute"));
        };
        self.advance()?;
        Ok(operand)
    }

    /// `in_group("ID")`
    fn group(&mut self) -> Result<Operand, ExpressionError> {
        self.advance()?;
        self.expect(&Token::Open)?;
        let id = fold(&self.whole_text()?);
        self.expect(&Token::Close)?;
        Ok(Operand::Group(id))
    }

    /// `== true`, `!= false` and so on after a flag; nothing is fine, too.
    fn switch(&mut self, flag: Node) -> Result<Node, ExpressionError> {
        let equal = self.token == Token::Equal;
        if !equal && self.token != Token::NotEqual {
            return Ok(flag);
        }
        self.advance()?;
        let value = self.is_word("true");
        if !value && !self.is_word("false") {
            return Err(self.expected("`true` or `false`"));
        }
        self.advance()?;
        Ok(if value == equal { flag } else { Node::Not(Box::new(flag)) })
    }

    fn test(&mut self) -> Result<Test, ExpressionError> {
        let word = if self.token == Token::Equal {
            "=="
        } else if self.token == Token::NotEqual {
            "!="
        } else if let Token::Word(word) = &self.token {
            let known = TESTS.iter().find(|test| *test == word);
            known.ok_or_else(|| self.wrong(unknown("comparison", word, &TESTS)))?
        } else {
            return Err(self.expected("a comparison such as `==` or `in`"));
        };
        self.advance()?;
        match word {
            "==" => self.text().map(|text| Test::Equal(Folded::new(text.trim()))),
            "!=" => self.text().map(|text| Test::NotEqual(Folded::new(text.trim()))),
            "in" => self.list().map(Test::OneOf),
            "contains" => self.part().map(Test::Contains),
            "starts_with" => self.part().map(Test::StartsWith),
            "ends_with" => self.part().map(Test::EndsWith),
            "glob" => self.whole_text().map(|text| Test::Glob(Glob::new(&text))),
            _ => Ok(Test::Blank),
        }
    }

    fn list(&mut self) -> Result<Vec<Folded>, ExpressionError> {
        self.expect(&Token::OpenList)?;
        if self.token == Token::CloseList {
            return Err(self.wrong("the list is empty, so it would take nobody"));
        }
        let mut list = Vec::new();
        loop {
            list.push(Folded::new(self.text()?.trim()));
            if self.token != Token::Comma {
                break;
            }
            self.advance()?;
        }
        self.expect(&Token::CloseList)?;
        Ok(list)
    }

    fn text(&mut self) -> Result<String, ExpressionError> {
        let Token::Text(text) = &mut self.token else {
            return Err(self.expected("a text in double quotes"));
        };
        let text = std::mem::take(text);
        self.advance()?;
        Ok(text)
    }

    /// A text that is not empty: every text contains the empty one, so that would be no condition.
    fn part(&mut self) -> Result<Folded, ExpressionError> {
        if matches!(&self.token, Token::Text(text) if text.is_empty()) {
            return Err(self.wrong("every text has the empty text in it"));
        }
        self.text().map(|text| Folded::new(&text))
    }

    /// A text that is not blank.
    fn whole_text(&mut self) -> Result<String, ExpressionError> {
        if matches!(&self.token, Token::Text(text) if text.trim().is_empty()) {
            return Err(self.wrong("the text is blank"));
        }
        self.text()
    }
}

fn chain(first: Node, rest: Vec<Node>, make: fn(Vec<Node>) -> Node) -> Node {
    if rest.is_empty() { first } else { make(std::iter::once(first).chain(rest).collect()) }
}
