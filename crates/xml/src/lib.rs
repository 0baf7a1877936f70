//! Reads AWS's XML answers into a tree, within limits.
//!
//! Answers and error answers of three protocols are XML; what reads them wants elements by their local name and nothing
//! else of XML. So namespaces, comments and processing instructions are dropped, and a document type is refused: AWS
//! sends none, and HTML and entity bombs do.
//!
//! ```
//! let root = portolan_xml::parse("<a><b>1</b><x:b>2</x:b></a>").unwrap();
//! let texts: Vec<_> = root.children_named("b").map(|child| child.text.as_str()).collect();
//! assert_eq!(texts, ["1", "2"]);
//! ```

#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod blank;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

pub use blank::blank;

/// How deep elements may nest. The deepest answer in AWS's models nests some 20 elements.
pub const MAX_DEPTH: usize = 100;

/// How many elements a document may have. An answer may have 8 MiB, and EC2's take some 35 bytes an element.
pub const MAX_ELEMENTS: usize = 500_000;

/// One element: its name and what is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a prefix.
    pub name: String,
    /// The attributes by their local names, in order, without namespace declarations.
    pub attributes: Vec<(String, String)>,
    /// The text directly inside, joined, as it stands: white space is kept.
    pub text: String,
    /// The elements directly inside, in order.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child of a name.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of a name, in order.
    pub fn children_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Why a text is not a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not XML, or cut short.
    #[error("not XML, at byte {at}: {reason}")]
    Malformed {
        /// Where, in bytes.
        at: u64,
        /// What is wrong.
        reason: String,
    },
    /// More elements, or deeper ones, than any answer of AWS has.
    #[error("more than {limit} {what}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

/// Reads a document.
///
/// # Errors
///
/// When the text is not XML, is cut short, has a document type, or is past the limits.
pub fn parse(text: &str) -> Result<Element, XmlError> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let at = reader.buffer_position();
        let malformed = |reason: String| XmlError::Malformed { at, reason };
        match reader.read_event().map_err(|error| malformed(error.to_string()))? {
            Event::Start(start) => tree.open(&start).map_err(|error| error.at(at))?,
            Event::Empty(start) => {
                tree.open(&start).map_err(|error| error.at(at))?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content()).map_err(malformed)?,
            Event::CData(text) => tree.text(&text.xml10_content()).map_err(malformed)?,
            Event::GeneralRef(reference) => tree.text(&resolve(&reference).map_err(malformed)?).map_err(malformed)?,
            Event::DocType(_) => return Err(malformed("a document type: AWS sends none".into())),
            Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish().map_err(malformed),
        }
    }
}

/// The local name of a document's first element, found without reading the document. `None`: it begins with none.
#[must_use]
pub fn root_name(text: &str) -> Option<&str> {
    let mut rest = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    for (open, close) in [("<?", "?>"), ("<!--", "-->")] {
        while let Some(inside) = rest.strip_prefix(open) {
            rest = inside.split_once(close)?.1.trim_start();
        }
    }
    let name = rest.strip_prefix('<')?;
    let name = name.split(|c: char| c.is_whitespace() || c == '>' || c == '/').next()?;
    let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
    (!local.is_empty() && !local.starts_with(['!', '?'])).then_some(local)
}

enum OpenError {
    Malformed(String),
    TooLarge(usize, &'static str),
}

impl OpenError {
    fn at(self, at: u64) -> XmlError {
        match self {
            Self::Malformed(reason) => XmlError::Malformed { at, reason },
            Self::TooLarge(limit, what) => XmlError::TooLarge { limit, what },
        }
    }
}

/// The document as far as it was read: the elements that are still open, outermost first.
#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), OpenError> {
        if self.open.is_empty() && self.root.is_some() {
            return Err(OpenError::Malformed("a second root element".into()));
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(OpenError::TooLarge(MAX_ELEMENTS, "elements"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(OpenError::TooLarge(MAX_DEPTH, "nested elements"));
        }
        let mut element = Element { name: start.local_name().as_ref().to_owned(), ..Element::default() };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| OpenError::Malformed(error.to_string()))?;
            let name = attribute.key.as_ref();
            if name != "xmlns" && !name.starts_with("xmlns:") {
                let value = attribute
                    .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                    .map_err(|error| OpenError::Malformed(error.to_string()))?;
                element.attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
            }
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) {
        // The reader has checked that every end has its start.
        let Some(element) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty() => {}
            None => return Err("text outside of the root element".into()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Element, String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("cut short inside <{}>", open.name)),
            (None, Some(root)) => Ok(root),
            (None, None) => Err("no element".into()),
        }
    }
}

fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.to_string());
    }
    let name = reference.xml10_content();
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("an unknown entity: &{name};"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(text: &str, reason: &str) {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        check_refused("", "no element");
        check_refused("   ", "no element");
        check_refused("not xml", "outside of the root");
        check_refused("{\"a\":1}", "outside of the root");
        check_refused("<a><b>1</b>", "cut short inside <a>");
        check_refused("<a><b>1</b", "not XML");
        check_refused("<a></b>", "not XML");
        check_refused("<a/><b/>", "second root");
        check_refused("<a>&lol;</a>", "unknown entity");
        check_refused("<!DOCTYPE html><html></html>", "document type");
        check_refused("<a x='1></a>", "not XML");
    }

    #[test]
    fn limits_hold() {
        check_refused(&"<a>".repeat(MAX_DEPTH + 1), "nested elements");
        check_refused(&format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS)), "elements");
    }

    #[test]
    fn text_is_joined_and_kept_as_it_stands() {
        let root = parse("<?xml version='1.0'?>\n<a> x&amp;y<!-- no --><![CDATA[<z>]]>&#65;\n</a>\n").unwrap();
        assert_eq!(root.text, " x&y<z>A\n");
    }

    #[test]
    fn prefixes_are_dropped_and_declarations_are_no_attributes() {
        let root = parse("<s:a xmlns:s='urn:x' xmlns='urn:y' s:type=\"A &lt; B\"><s:b/></s:a>").unwrap();
        assert_eq!((root.name.as_str(), root.child("b").is_some()), ("a", true));
        assert_eq!(root.attributes, [("type".to_owned(), "A < B".to_owned())]);
    }

    #[test]
    fn the_root_is_named_without_reading_on() {
        assert_eq!(root_name("\u{feff}<?xml version=\"1.0\"?>\n<!-- x --><s:Error a='1'><"), Some("Error"));
        assert_eq!(root_name("<a/>"), Some("a"));
        for text in ["", "{}", "<", "<!DOCTYPE html>", "</a>", "<?xml"] {
            assert_eq!(root_name(text), None, "{text}");
        }
    }
}
