//! Paths through the shapes of the API tables.

use portolan_tables::{Service, Shape};

use crate::nearest::nearest;

/// The shape at a path: through structures, lists and maps. None where AWS's model has no such path.
pub(crate) fn at(service: &'static Service, mut shape: &'static Shape, path: &str) -> Option<&'static Shape> {
    for segment in segments(path) {
        let (name, listed) = match segment.split_once('[') {
            Some((name, _)) => (name, true),
            None => (segment, false),
        };
        shape = match shape {
            Shape::Structure(structure) => service.shape(structure.member(name)?.shape),
            Shape::Map { value, .. } => service.shape(value.shape),
            _ => return None,
        };
        if listed {
            let Shape::List { member } = shape else { return None };
            shape = service.shape(member.shape);
        }
    }
    Some(shape)
}

/// The path with its first wrong member replaced by the most alike, for whoever misspelt it.
pub(crate) fn nearest_path(service: &'static Service, mut shape: &'static Shape, path: &str) -> Option<String> {
    let mut right: Vec<String> = Vec::new();
    let mut rest = segments(path);
    for segment in rest.by_ref() {
        if let Some(next) = at(service, shape, segment) {
            shape = next;
            right.push(segment.to_owned());
            continue;
        }
        let Shape::Structure(structure) = shape else { return None };
        let (name, selector) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
        let meant = nearest(name, structure.members.iter().map(|member| member.name.as_str()))?;
        right.push(format!("{meant}{selector}"));
        break;
    }
    right.extend(rest.map(str::to_owned));
    Some(right.join("."))
}

/// The segments of a path. A dot inside brackets belongs to the segment.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    path.split(move |character| {
        match character {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        character == '.' && !inside
    })
    .filter(|segment| !segment.is_empty())
}

/// The shape of a list's elements; of what is no list, itself.
pub(crate) fn element(service: &'static Service, shape: &'static Shape) -> &'static Shape {
    match shape {
        Shape::List { member } => service.shape(member.shape),
        other => other,
    }
}
