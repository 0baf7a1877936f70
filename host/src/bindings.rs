//! What `bindgen!` makes of `wit/`: nothing else stands here.
#![expect(missing_docs, reason = "generated; the WIT files document it")]

wasmtime::component::bindgen!({
    world: "integration",
    path: "wit",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [PartialEq],
});
