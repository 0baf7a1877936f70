//! What `bindgen!` makes of `wit/`: nothing else stands here.

wasmtime::component::bindgen!({
    world: "integration",
    path: "wit",
    imports: { default: async | trappable },
    exports: { default: async },
    additional_derives: [PartialEq],
});
