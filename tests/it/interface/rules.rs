//! The rules of the boundary (wit/VERSIONING.md), over the parsed WIT: what a host in Python, JavaScript or Rust can be given.

use wit_parser::{FunctionKind, Result_, Type, TypeDefKind, TypeId};

use super::Wit;

/// What a package has that it may not have.
fn broken(wit: &Wit) -> Vec<String> {
    let package = &wit.resolve.packages[wit.package];
    let mut broken = Vec::new();
    for (name, id) in &package.interfaces {
        let interface = &wit.resolve.interfaces[*id];
        if interface.functions.is_empty() {
            broken.push(format!("{name} has types alone: each host would have to define it to link"));
        }
        for (function, it) in &interface.functions {
            if it.kind != FunctionKind::Freestanding {
                broken.push(format!("{name}.{function} is no plain synchronous function"));
            }
        }
    }
    for (id, ty) in &wit.resolve.types {
        let name = ty.name.clone().unwrap_or_else(|| used_in(wit, id));
        let mut say = |what: &str| broken.push(format!("{name}: {what}"));
        match &ty.kind {
            TypeDefKind::Variant(_) => say("a variant: Python loses the tag; an enum and a record, or two records"),
            TypeDefKind::Flags(_) => say("flags: a list of an enum"),
            TypeDefKind::Result(Result_ { ok, err })
                if [ok, err].into_iter().any(|side| !is_record(wit, side.as_ref())) =>
            {
                say("a result without a record on both sides: Python tells them by their types");
            }
            TypeDefKind::Option(of)
                if matches!(kind(wit, of), Some(TypeDefKind::Option(_) | TypeDefKind::Result(_))) =>
            {
                say("an option of an option or a result");
            }
            TypeDefKind::List(of) if of_bytes(wit, of) => say("a list of bytes: text, which crosses 480 times faster"),
            TypeDefKind::Future(_) | TypeDefKind::Stream(_) => say("asynchronous: does not link from Python"),
            TypeDefKind::Resource | TypeDefKind::Handle(_) => say("a resource: state that has to be kept on two sides"),
            TypeDefKind::FixedLengthList(..) | TypeDefKind::Map(..) => say("not in every runtime yet"),
            _ => {}
        }
    }
    broken
}

fn kind<'a>(wit: &'a Wit, ty: &Type) -> Option<&'a TypeDefKind> {
    let Type::Id(id) = ty else { return None };
    match &wit.resolve.types[*id].kind {
        TypeDefKind::Type(of) => kind(wit, of),
        kind => Some(kind),
    }
}

fn is_record(wit: &Wit, ty: Option<&Type>) -> bool {
    ty.is_some_and(|ty| matches!(kind(wit, ty), Some(TypeDefKind::Record(_))))
}

fn of_bytes(wit: &Wit, ty: &Type) -> bool {
    match ty {
        Type::U8 | Type::S8 => true,
        Type::Id(id) => matches!(&wit.resolve.types[*id].kind, TypeDefKind::Type(of) if of_bytes(wit, of)),
        _ => false,
    }
}

/// The function or the record in which a type without a name stands, for the message.
fn used_in(wit: &Wit, wanted: TypeId) -> String {
    let is = |ty: &Type| *ty == Type::Id(wanted);
    let functions = wit.resolve.interfaces.iter().flat_map(|(_, interface)| interface.functions.values());
    let mut users = functions.filter(|it| it.result.as_ref().is_some_and(is) || it.params.iter().any(|p| is(&p.ty)));
    users.next().map_or_else(|| "a type".to_owned(), |function| function.name.clone())
}

#[test]
fn the_interface_keeps_the_rules_of_the_boundary() {
    for wit in Wit::current() {
        assert_eq!(broken(&wit), Vec::<String>::new(), "{}", wit.name());
    }
}

#[test]
fn each_rule_is_held() {
    for (body, words) in [
        ("variant v { a(string), b(u32) } f: func() -> v;", "a variant"),
        ("flags v { a, b } f: func() -> v;", "flags"),
        ("record e { m: string } f: func() -> result<string, e>;", "a result without a record"),
        ("record e { m: string } f: func() -> result<e>;", "a result without a record"),
        ("record e { m: string } f: func() -> result<option<e>, e>;", "a result without a record"),
        ("f: func(a: option<option<string>>);", "an option of an option"),
        ("record e { m: string } f: func(a: option<result<e, e>>);", "an option of an option or a result"),
        ("f: func(a: list<u8>);", "a list of bytes"),
        ("type byte = u8; f: func(a: list<byte>);", "a list of bytes"),
        ("f: func() -> stream<string>;", "asynchronous"),
        ("f: func() -> future<string>;", "asynchronous"),
        ("f: async func();", "no plain synchronous function"),
        ("resource r { m: func(); } f: func();", "a resource"),
        ("record e { m: string }", "types alone"),
    ] {
        let found = broken(&Wit::of_text(&format!("package a:b;\ninterface i {{ {body} }}")));
        assert!(found.iter().any(|one| one.contains(words)), "{body}: {found:?}");
    }
    let good = "record a { x: option<string> } record e { m: string } f: func(l: list<tuple<string, string>>) -> result<a, e>;";
    assert_eq!(broken(&Wit::of_text(&format!("package a:b;\ninterface i {{ {good} }}"))), Vec::<String>::new());
}
