//! The interface as a product: documented, released, within its own rules, and crossed both ways in Python.

mod crossings;
mod rules;

use std::path::Path;

use portolan::engine::digest_of;
use portolan_tests::folders;
use wit_component::WitPrinter;
use wit_parser::{PackageId, Resolve, TypeDefKind, WorldItem};

/// The interfaces' folders, below one that holds them all.
const PACKAGES: &[&str] = &["", "guard"];
/// The packages of each released version, as they are printed without comments: whoever edits a released file by mistake, and
/// the current one alike, meets the digest.
const RELEASED: &[(&str, &str, &str)] = &[
    ("0.1.0", "", "sha256:748ffd17ffc035c65ae0482fcb192ddd8c31e73eef29d0c3765137a42de2b240"),
    ("0.1.0", "guard", "sha256:bad59e514c016b0ce6ac61c42472bfcaafbdfa88482bde3f585e293e2f622408"),
];

/// A package, parsed.
struct Wit {
    resolve: Resolve,
    package: PackageId,
}

impl Wit {
    fn read(folder: &Path) -> Self {
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder).unwrap_or_else(|error| panic!("{}: {error:#}", folder.display()));
        Self { resolve, package }
    }

    fn of_text(text: &str) -> Self {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("test.wit", text).unwrap();
        Self { resolve, package }
    }

    /// The packages as they stand.
    fn current() -> Vec<Self> {
        PACKAGES.iter().map(|package| Self::read(&folders::workspace().join("wit").join(package))).collect()
    }

    fn name(&self) -> String {
        self.resolve.packages[self.package].name.to_string()
    }

    fn version(&self) -> String {
        self.resolve.packages[self.package].name.version.clone().unwrap().to_string()
    }

    /// Its structure, as WIT without comments. The order of fields and cases is part of it, since the ABI goes by that.
    fn structure(&self) -> String {
        let mut printer = WitPrinter::default();
        printer.emit_docs(false);
        printer.print(&self.resolve, self.package, &[]).unwrap();
        String::from(printer.output)
    }

    /// What of it has no comment.
    fn undocumented(&self) -> Vec<String> {
        let package = &self.resolve.packages[self.package];
        let mut items = vec![(self.name(), &package.docs)];
        for (name, id) in &package.interfaces {
            let interface = &self.resolve.interfaces[*id];
            items.push((name.clone(), &interface.docs));
            for (ty, id) in &interface.types {
                let ty = format!("{name}.{ty}");
                let defined = &self.resolve.types[*id];
                items.push((ty.clone(), &defined.docs));
                match &defined.kind {
                    TypeDefKind::Record(record) => {
                        items.extend(record.fields.iter().map(|field| (format!("{ty}.{}", field.name), &field.docs)));
                    }
                    TypeDefKind::Enum(cases) => {
                        items.extend(cases.cases.iter().map(|case| (format!("{ty}.{}", case.name), &case.docs)));
                    }
                    _ => {}
                }
            }
            items.extend(interface.functions.iter().map(|(function, it)| (format!("{name}.{function}"), &it.docs)));
        }
        for (name, id) in &package.worlds {
            let world = &self.resolve.worlds[*id];
            items.push((name.clone(), &world.docs));
            for (index, item) in world.imports.values().chain(world.exports.values()).enumerate() {
                if let WorldItem::Interface { docs, .. } = item {
                    items.push((format!("{name}, item {index}"), docs));
                }
            }
        }
        let empty = |docs: &wit_parser::Docs| docs.contents.as_ref().is_none_or(|text| text.trim().is_empty());
        items.into_iter().filter(|(_, docs)| empty(docs)).map(|(name, _)| name).collect()
    }
}

#[test]
fn every_item_is_documented() {
    for wit in Wit::current() {
        assert_eq!(wit.undocumented(), Vec::<String>::new(), "without a comment in {}", wit.name());
    }
    let bare = Wit::of_text(
        "package a:b@0.1.0;\n/// Documented.\ninterface i {\n/// Documented.\nrecord r { f: u8 }\nenum e { a }\ng: func(); }",
    );
    assert_eq!(bare.undocumented(), ["a:b@0.1.0", "i.r.f", "i.e", "i.e.a", "i.g"]);
}

/// A change needs a new version: a component that was built against a released one goes on being loaded.
#[test]
fn a_released_version_never_changes() {
    let released = folders::workspace().join("wit/released");
    for (package, current) in PACKAGES.iter().zip(Wit::current()) {
        let kept = released.join(current.version()).join(package);
        // One that was never released may still change.
        if kept.exists() {
            assert_eq!(
                Wit::read(&kept).structure(),
                current.structure(),
                "{} differs from the version of that name in wit/released: give it a new version (wit/VERSIONING.md)",
                current.name()
            );
        }
    }
    for (version, package, digest) in RELEASED {
        let folder = released.join(version).join(package);
        let structure = Wit::read(&folder).structure();
        assert_eq!(digest_of(structure.as_bytes()), *digest, "{} is released and was changed", folder.display());
    }
    let listed = RELEASED.iter().filter(|(_, package, _)| package.is_empty()).count();
    assert_eq!(std::fs::read_dir(&released).unwrap().count(), listed, "every released version has its digest here");
}

#[test]
fn what_is_a_change_and_what_is_none() {
    let wit = |text: &str| Wit::of_text(text).structure();
    let plain = wit("package a:b@0.1.0;\ninterface i { record r { a: u8, b: string } f: func(r: r); }");
    let documented = "/// Words.\npackage a:b@0.1.0;\n/// More.\ninterface i {\n/// A record.\nrecord r { a: u8,\n/// b\nb: string }\nf: func(r: r); }";
    assert_eq!(plain, wit(documented), "comments are none");
    for changed in [
        "package a:b@0.1.0;\ninterface i { record r { b: string, a: u8 } f: func(r: r); }",
        "package a:b@0.1.0;\ninterface i { record r { a: u8, b: string, c: bool } f: func(r: r); }",
        "package a:b@0.1.0;\ninterface i { record r { a: u16, b: string } f: func(r: r); }",
        "package a:b@0.1.0;\ninterface i { record r { a: u8, b: string } f: func(r: r) -> bool; }",
        "package a:b@0.2.0;\ninterface i { record r { a: u8, b: string } f: func(r: r); }",
    ] {
        assert_ne!(plain, wit(changed), "{changed}");
    }
}

/// The conformance component stays built against what was released, so that running it proves that the host still runs that.
#[test]
fn the_conformance_component_is_built_against_the_oldest_release() {
    let bindings = folders::workspace().join("conformance/component/src/bindings.rs");
    let text = std::fs::read_to_string(bindings).unwrap();
    let (oldest, ..) = RELEASED[0];
    assert!(text.contains(&format!("path: \"../../wit/released/{oldest}\"")), "{text}");
}
