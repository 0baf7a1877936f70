//! Every case of every enum, each option with and without a value, and both sides of each result, sent over the boundary in
//! each direction in which it can go, through wasmtime's Python: `conformance/crossings.py` sends them and says what arrived as
//! it was sent; what there is to send is read off the WIT here, so that nothing new is forgotten.

use std::collections::BTreeSet;
use std::process::Command;

use portolan_tests::python::environment;
use portolan_tests::{folders, programs};
use wit_parser::{Function, Resolve, Type, TypeDefKind, WorldItem};

use super::Wit;

/// The runtime that the Python host is made for.
const REQUIREMENTS: &str = "wasmtime==50.0.1\n";

/// All that can cross: `to-host sync.problem-class.denied`, `to-guest sync.unit.region none`, `to-host sync.plan err`.
#[derive(Default)]
struct Crossings {
    all: BTreeSet<String>,
}

impl Crossings {
    fn of(wit: &Wit) -> BTreeSet<String> {
        let mut crossings = Self::default();
        for (_, world) in &wit.resolve.worlds {
            for (item, given, back) in
                [(&world.imports, "to-host", "to-guest"), (&world.exports, "to-guest", "to-host")]
            {
                for item in item.values() {
                    let WorldItem::Interface { id, .. } = item else { continue };
                    for function in wit.resolve.interfaces[*id].functions.values() {
                        let interface = wit.resolve.interfaces[*id].name.clone().unwrap_or_default();
                        crossings.function(&wit.resolve, &interface, function, (given, back));
                    }
                }
            }
        }
        crossings.all
    }

    fn function(&mut self, resolve: &Resolve, interface: &str, function: &Function, (given, back): (&str, &str)) {
        let name = format!("{interface}.{}", function.name);
        for parameter in &function.params {
            self.ty(resolve, &parameter.ty, given, &format!("{name}.{}", parameter.name));
        }
        if let Some(result) = &function.result {
            self.ty(resolve, result, back, &name);
        }
    }

    /// `at` is where the type stands, for those that have no name of their own.
    fn ty(&mut self, resolve: &Resolve, ty: &Type, way: &str, at: &str) {
        let Type::Id(id) = ty else { return };
        let defined = &resolve.types[*id];
        let own = || {
            let interface = match defined.owner {
                wit_parser::TypeOwner::Interface(id) => resolve.interfaces[id].name.clone().unwrap_or_default(),
                _ => String::new(),
            };
            format!("{interface}.{}", defined.name.clone().unwrap_or_default())
        };
        match &defined.kind {
            TypeDefKind::Enum(cases) => {
                self.all.extend(cases.cases.iter().map(|case| format!("{way} {}.{}", own(), case.name)));
            }
            TypeDefKind::Record(record) => {
                for field in &record.fields {
                    self.ty(resolve, &field.ty, way, &format!("{}.{}", own(), field.name));
                }
            }
            TypeDefKind::Option(of) => {
                self.all.extend(["none", "some"].map(|case| format!("{way} {at} {case}")));
                self.ty(resolve, of, way, at);
            }
            TypeDefKind::Result(result) => {
                self.all.extend(["ok", "err"].map(|case| format!("{way} {at} {case}")));
                for side in [&result.ok, &result.err].into_iter().flatten() {
                    self.ty(resolve, side, way, at);
                }
            }
            TypeDefKind::List(of) | TypeDefKind::Type(of) => self.ty(resolve, of, way, at),
            TypeDefKind::Tuple(tuple) => tuple.types.iter().for_each(|of| self.ty(resolve, of, way, at)),
            other => panic!("{at}: a {} crosses, and nobody here knows how", other.as_str()),
        }
    }
}

#[test]
fn every_case_crosses_both_ways_in_python() {
    let python = environment("wasmtime", REQUIREMENTS).unwrap_or_else(|error| panic!("{error}"));
    let answer = Command::new(python)
        .arg(folders::workspace().join("conformance/crossings.py"))
        .args([programs::conformance(), programs::guard()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&answer.stderr);
    assert!(answer.status.success(), "{said}");
    let arrived: BTreeSet<String> = String::from_utf8_lossy(&answer.stdout).lines().map(str::to_owned).collect();
    let wanted: BTreeSet<String> = Wit::current().iter().flat_map(Crossings::of).collect();
    assert!(wanted.len() > 100, "{wanted:?}");
    let missing: Vec<&String> = wanted.difference(&arrived).collect();
    assert!(missing.is_empty(), "never sent and seen to arrive: {missing:#?}");
    let unknown: Vec<&String> = arrived.difference(&wanted).collect();
    assert!(unknown.is_empty(), "not in the interface: {unknown:#?}");
}
