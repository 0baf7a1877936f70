wit_bindgen::generate!({
    world: "integration",
    path: "../wit",
});

export!(Component with_types_in self);

use super::Component;
