//! Takes the content out of elements by name, and leaves the rest of a document as it stands.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::{MAX_DEPTH, MAX_ELEMENTS, XmlError, resolve};

/// Empties every element with one of these local names, at any depth: text, children and attributes go, its tags stay.
///
/// Comments and processing instructions go everywhere, since nobody reads them and they may repeat what was dropped. An
/// element that bears one of the names as an attribute loses its attributes. Goes through the text once; what is outside
/// of these places is copied byte by byte.
///
/// ```
/// let blanked = portolan_xml::blank("<a><b x='1'>2<c/></b><bb>3</bb></a>", &["b".to_owned()]).unwrap();
/// assert_eq!(blanked, "<a><b></b><bb>3</bb></a>");
/// ```
///
/// # Errors
///
/// As [`crate::parse`]: what cannot be read cannot be blanked.
pub fn blank(text: &str, names: &[String]) -> Result<String, XmlError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut out = String::with_capacity(text.len());
    let mut place = Place::default();
    loop {
        let at = reader.buffer_position();
        let malformed = |reason: String| XmlError::Malformed { at, reason };
        let event = reader.read_event().map_err(|error| malformed(error.to_string()))?;
        let span = span(text, at, reader.buffer_position()).ok_or_else(|| malformed("a broken character".into()))?;
        match event {
            Event::Start(start) => {
                place.open(at)?;
                place.tag(&start, span, names, &mut out).map_err(malformed)?;
                place.depth += 1;
            }
            Event::Empty(start) => {
                place.open(at)?;
                place.tag(&start, span, names, &mut out).map_err(malformed)?;
                // An empty element has no inside in which to be.
                place.leave();
            }
            Event::End(_) => {
                // The reader has checked that every end has its start.
                place.depth = place.depth.saturating_sub(1);
                place.leave();
                place.copy(span, &mut out);
            }
            Event::GeneralRef(reference) => {
                resolve(&reference).map_err(malformed)?;
                place.text(span, &mut out).map_err(malformed)?;
            }
            Event::Text(_) | Event::CData(_) => place.text(span, &mut out).map_err(malformed)?,
            Event::Decl(_) => place.copy(span, &mut out),
            Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) => return Err(malformed("a document type: AWS sends none".into())),
            Event::Eof if place.depth > 0 => return Err(malformed("cut short".into())),
            Event::Eof if place.elements == 0 => return Err(malformed("no element".into())),
            Event::Eof => return Ok(out),
        }
    }
}

fn span(text: &str, from: u64, to: u64) -> Option<&str> {
    text.get(usize::try_from(from).ok()?..usize::try_from(to).ok()?)
}

#[derive(Default)]
struct Place {
    /// How many elements are open.
    depth: usize,
    /// How many have been opened.
    elements: usize,
    /// The depth of the element whose content is being dropped.
    dropping: Option<usize>,
}

impl Place {
    fn open(&mut self, at: u64) -> Result<(), XmlError> {
        if self.depth == 0 && self.elements > 0 {
            return Err(XmlError::Malformed { at, reason: "a second root element".into() });
        }
        if self.depth >= MAX_DEPTH {
            return Err(XmlError::TooLarge { limit: MAX_DEPTH, what: "nested elements" });
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XmlError::TooLarge { limit: MAX_ELEMENTS, what: "elements" });
        }
        Ok(())
    }

    fn tag(&mut self, start: &BytesStart<'_>, span: &str, names: &[String], out: &mut String) -> Result<(), String> {
        if self.dropping.is_some() {
            return Ok(());
        }
        let named = |name: &str| names.iter().any(|known| known == name);
        let mut bare = false;
        for attribute in start.attributes() {
            bare |= named(attribute.map_err(|error| error.to_string())?.key.local_name().as_ref());
        }
        if named(start.local_name().as_ref()) {
            self.dropping = Some(self.depth);
            bare = true;
        }
        if bare {
            let end = if span.ends_with("/>") { "/>" } else { ">" };
            out.extend(["<", start.name().as_ref(), end]);
        } else {
            out.push_str(span);
        }
        Ok(())
    }

    /// After an element has ended.
    fn leave(&mut self) {
        if self.dropping == Some(self.depth) {
            self.dropping = None;
        }
    }

    fn text(&self, span: &str, out: &mut String) -> Result<(), String> {
        if self.depth == 0 && !span.trim().is_empty() {
            return Err("text outside of the root element".into());
        }
        self.copy(span, out);
        Ok(())
    }

    fn copy(&self, span: &str, out: &mut String) {
        if self.dropping.is_none() {
            out.push_str(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::blank;
    use crate::{MAX_DEPTH, parse};

    const NAMES: [&str; 2] = ["preSharedKey", "userData"];

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let names = NAMES.map(str::to_owned);
        assert_eq!(blank(text, &names).unwrap(), expected);
        parse(expected).unwrap();
    }

    #[test]
    fn named_elements_are_emptied() {
        check("<a><userData>x</userData></a>", "<a><userData></userData></a>");
        check(
            "<a><userData>1</userData>2<userData>3</userData></a>",
            "<a><userData></userData>2<userData></userData></a>",
        );
        check("<a><userData/>b</a>", "<a><userData/>b</a>");
        check("<a><userData x='1'/><c/></a>", "<a><userData/><c/></a>");
        check("<a><userData x='1' >y</userData ></a>", "<a><userData></userData ></a>");
        check("<a><s:userData xmlns:s='u'>y</s:userData></a>", "<a><s:userData></s:userData></a>");
        check("<userData>x</userData>", "<userData></userData>");
    }

    #[test]
    fn whatever_stands_inside_goes() {
        check(
            "<a><userData>x<b>1<userData>2</userData>3</b><userData/>4<![CDATA[</userData>5]]>&lt;6&#65;<!--7--></userData><c>8</c></a>",
            "<a><userData></userData><c>8</c></a>",
        );
        check(
            "<o><item><preSharedKey>k1</preSharedKey></item><item><preSharedKey>k2</preSharedKey><n>1</n></item></o>",
            "<o><item><preSharedKey></preSharedKey></item><item><preSharedKey></preSharedKey><n>1</n></item></o>",
        );
    }

    #[test]
    fn names_that_look_alike_and_all_else_are_kept() {
        for text in [
            "<?xml version=\"1.0\"?>\n<a>\n <userDataX>1</userDataX><UserData>2</UserData><xuserData>3</xuserData>\n</a>\n",
            "<a b='&lt;userData>' c=\"é\">x&amp;<![CDATA[<userData>y</userData>]]>&#x41;</a>",
            "<a>userData</a>",
        ] {
            check(text, text);
        }
        check("\u{feff}<a/>", "<a/>");
    }

    #[test]
    fn what_may_repeat_a_dropped_value_goes_too() {
        check("<a><!-- <userData>x</userData> --><?p userData x?><b/></a>", "<a><b/></a>");
        check("<a userData='x' c='d'><b userData='y'/></a>", "<a><b/></a>");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        let deep = "<a>".repeat(MAX_DEPTH + 1);
        for text in [
            "",
            "x",
            "{}",
            "<a>",
            "<a><userData>x</a>",
            "<a></b>",
            "<a/><b/>",
            "<a/>x",
            "<a>&lol;</a>",
            "<a x='1></a>",
            "<!DOCTYPE a><a/>",
            "<a><userData>x",
            &deep,
        ] {
            assert!(blank(text, &NAMES.map(str::to_owned)).is_err(), "{text}");
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
