//! Templates of answers: text with `${…}` in it, taken apart once.

use anyhow::{Context as _, Result, bail};
use portolan_scripted_aws::{kinds, mix};

/// A template, ready to be filled.
#[derive(Debug, Default)]
pub(crate) struct Template(pub(crate) Vec<Piece>);

/// Something of the resource's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Name {
    /// 12 hexadecimal digits, by which a resource is found again.
    Key,
    /// 16: 4 of its own before the key.
    Id,
    /// A UUID that ends in the key.
    Uuid,
}

#[derive(Debug)]
pub(crate) enum Piece {
    Text(String),
    Named {
        name: Name,
        upper: bool,
    },
    /// The name of the first resource of another kind, in the same account and region.
    NamedOf {
        name: Name,
        kind: u16,
    },
    Hash {
        digits: usize,
        upper: bool,
    },
    Pick {
        of: Vec<String>,
        salt: u64,
    },
    Number {
        from: u64,
        to: u64,
        salt: u64,
    },
    Word(Word),
}

macro_rules! words {
    ($($text:literal => $name:ident),+ $(,)?) => {
        /// The placeholders without arguments.
        #[derive(Debug, Clone, Copy)]
        pub(crate) enum Word { $($name),+ }

        impl Word {
            fn parse(text: &str) -> Option<Self> {
                Some(match text { $($text => Self::$name,)+ _ => return None })
            }
        }
    };
}

words! {
    "account" => Account, "region" => Region, "management" => Management, "home" => Home,
    "index" => Index, "version" => Version, "made" => Made, "made.epoch" => MadeEpoch, "made.offset" => MadeOffset,
    "request" => Request, "next" => Next, "more" => More, "truncated" => Truncated, "count" => Count, "page" => Page,
    "absent" => Absent, "asked" => Asked,
    "unit" => Unit, "parent" => Parent, "parent.type" => ParentType,
    "arn" => Arn, "user" => User,
    "session.name" => SessionName, "session.key" => SessionKey, "session.secret" => SessionSecret,
    "session.token" => SessionToken, "session.expires" => SessionExpires,
}

impl Template {
    /// Reads a template. Line breaks are for the reader of the file and no part of it.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let text: String = text.lines().collect();
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("${") {
            let (word, after) = after.split_once('}').with_context(|| format!("`{after}` has no `}}`"))?;
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(piece(word)?);
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }
}

fn piece(word: &str) -> Result<Piece> {
    let named = |name: &str| {
        Some(match name {
            "key" | "KEY" => Name::Key,
            "id" => Name::Id,
            "uuid" => Name::Uuid,
            _ => return None,
        })
    };
    if let Some(name) = named(word) {
        return Ok(Piece::Named { name, upper: word == "KEY" });
    }
    if let Some(word) = Word::parse(word) {
        return Ok(Piece::Word(word));
    }
    let (name, argument) = word.split_once(':').with_context(|| format!("no placeholder ${{{word}}}"))?;
    let salt = argument.bytes().fold(0, |salt, byte| mix(salt ^ u64::from(byte)));
    if let Some(name) = name.strip_suffix(".of").and_then(named) {
        let place =
            kinds().iter().position(|kind| kind.name == argument).with_context(|| format!("no kind {argument}"))?;
        return Ok(Piece::NamedOf { name, kind: u16::try_from(place)? });
    }
    Ok(match name {
        "hash" | "HASH" => Piece::Hash { digits: argument.parse()?, upper: name == "HASH" },
        "pick" => Piece::Pick { of: argument.split('|').map(str::to_owned).collect(), salt },
        "number" => {
            let (from, to) = argument.split_once('-').context("a number has bounds")?;
            Piece::Number { from: from.parse()?, to: to.parse()?, salt }
        }
        _ => bail!("no placeholder ${{{word}}}"),
    })
}
