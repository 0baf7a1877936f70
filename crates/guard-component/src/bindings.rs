wit_bindgen::generate!({
    world: "guard",
    path: "../../wit/guard",
});

export!(Component with_types_in self);

use super::component::Component;
