//! The grammar of `$filter`.

use serde_json::Value;

use super::{Expr, Op};

/// Nesting of parentheses and `not`; deeper ones are refused.
const MAX_DEPTH: usize = 32;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Comma,
    Text(String),
    /// A name, a path, an operator, or a bare literal.
    Word(String),
}

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Result<Expr, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: tokens.into_iter().peekable(), depth: 0 };
    let expr = parser.or()?;
    match parser.tokens.next() {
        None => Ok(expr),
        Some(token) => Err(format!("Syntax error: unexpected {token:?} after the expression.")),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => {}
            '(' => tokens.push(Token::Open),
            ')' => tokens.push(Token::Close),
            ',' => tokens.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match rest.next() {
                        None => return Err("There is an unterminated string literal.".to_owned()),
                        // A quote inside a literal is doubled.
                        Some('\'') if rest.peek() == Some(&'\'') => {
                            rest.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => literal.push(c),
                    }
                }
                tokens.push(Token::Text(literal));
            }
            c => {
                let mut word = String::from(c);
                while let Some(c) = rest.next_if(|c| !matches!(c, ' ' | '\t' | '(' | ')' | ',' | '\'')) {
                    word.push(c);
                }
                tokens.push(Token::Word(word));
            }
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Parser {
    fn or(&mut self) -> Result<Expr, String> {
        let mut left = self.and()?;
        while self.takes_word("or") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.unary()?;
        while self.takes_word("and") {
            left = Expr::And(Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("The expression is nested too deeply.".to_owned());
        }
        let expr = if self.takes_word("not") {
            Expr::Not(Box::new(self.unary()?))
        } else if self.takes(&Token::Open) {
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn primary(&mut self) -> Result<Expr, String> {
        let word = self.word()?;
        if let Some(op) = function(&word) {
            self.expect(&Token::Open)?;
            let name = self.word()?;
            self.expect(&Token::Comma)?;
            let value = self.literal()?;
            self.expect(&Token::Close)?;
            return Ok(Expr::Compare(name, op, value));
        }
        if let Some(name) = word.strip_suffix("/any") {
            return self.any(name);
        }
        if let Some(name) = word.strip_suffix("/$count") {
            let op = self.operator()?;
            let number =
                self.word()?.parse().map_err(|error| format!("A count compares with a number: {error}."))?;
            return Ok(Expr::Count(name.to_owned(), op, number));
        }
        if self.takes_word("in") {
            self.expect(&Token::Open)?;
            let mut values = vec![self.literal()?];
            while self.takes(&Token::Comma) {
                values.push(self.literal()?);
            }
            self.expect(&Token::Close)?;
            return Ok(Expr::In(word, values));
        }
        let op = self.operator()?;
        Ok(Expr::Compare(word, op, self.literal()?))
    }

    /// The rest of `name/any(x:...)`.
    fn any(&mut self, name: &str) -> Result<Expr, String> {
        self.expect(&Token::Open)?;
        let head = self.word()?;
        let (variable, body) = head.split_once(':').ok_or("A lambda needs `variable:`.")?;
        let body = if body.is_empty() { self.word()? } else { body.to_owned() };
        let (path, op, value) = if let Some(op) = function(&body) {
            self.expect(&Token::Open)?;
            let path = self.word()?;
            self.expect(&Token::Comma)?;
            let value = self.literal()?;
            self.expect(&Token::Close)?;
            (path, op, value)
        } else {
            let op = self.operator()?;
            (body, op, self.literal()?)
        };
        self.expect(&Token::Close)?;
        let member = match path.strip_prefix(variable) {
            Some("") => "",
            Some(member) if member.starts_with('/') => member.trim_start_matches('/'),
            _ => return Err(format!("'{path}' does not start with the variable '{variable}'.")),
        };
        Ok(Expr::Any(name.to_owned(), member.to_owned(), op, value))
    }

    fn operator(&mut self) -> Result<Op, String> {
        let word = self.word()?;
        Ok(match word.as_str() {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "ge" => Op::Ge,
            "le" => Op::Le,
            "gt" => Op::Gt,
            "lt" => Op::Lt,
            _ => return Err(format!("Syntax error: '{word}' is not an operator.")),
        })
    }

    fn literal(&mut self) -> Result<Value, String> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Value::String(text)),
            Some(Token::Word(word)) => Ok(match word.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                // GUIDs and times are written bare and compare as the texts that the rows hold.
                _ if word.starts_with(|c: char| c.is_ascii_hexdigit()) => Value::String(word),
                _ => return Err(format!("Syntax error: '{word}' is not a literal.")),
            }),
            _ => Err("Syntax error: a literal is missing.".to_owned()),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(token) => Err(format!("Syntax error: unexpected {token:?}.")),
            None => Err("Syntax error: the expression ends too early.".to_owned()),
        }
    }

    fn takes_word(&mut self, wanted: &str) -> bool {
        self.tokens.next_if(|token| matches!(token, Token::Word(word) if word == wanted)).is_some()
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        self.tokens.next_if(|token| token == wanted).is_some()
    }

    fn expect(&mut self, wanted: &Token) -> Result<(), String> {
        if self.takes(wanted) { Ok(()) } else { Err(format!("Syntax error: {wanted:?} is missing.")) }
    }
}

fn function(word: &str) -> Option<Op> {
    if word.eq_ignore_ascii_case("startswith") {
        Some(Op::StartsWith)
    } else if word.eq_ignore_ascii_case("endswith") {
        Some(Op::EndsWith)
    } else {
        None
    }
}
