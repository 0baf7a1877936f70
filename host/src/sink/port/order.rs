//! In which order entities are sent where a relation's target has to be there first.

use std::collections::BTreeMap;

/// What is needed of an entity: its identifier, and those that it has relations to.
pub(super) struct Related {
    pub identifier: String,
    pub targets: Vec<String>,
}

/// The places of entities in layers: what one leads to lies in an earlier layer. Entities that lead to one another in a
/// circle, and what needs them, are the last layer.
///
/// A relation says an identifier and not its blueprint, so entities of one identifier are taken for one another: an order
/// too many does no harm.
pub(super) fn layers(entities: &[Related]) -> Vec<Vec<usize>> {
    let mut by_identifier: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, entity) in entities.iter().enumerate() {
        by_identifier.entry(&entity.identifier).or_default().push(place);
    }
    let mut waits = vec![0_usize; entities.len()];
    let mut frees: Vec<Vec<usize>> = vec![Vec::new(); entities.len()];
    for (place, entity) in entities.iter().enumerate() {
        let targets = entity.targets.iter().filter_map(|target| by_identifier.get(target.as_str())).flatten();
        // One that leads to itself waits for nobody.
        for target in targets.filter(|target| **target != place) {
            if let (Some(waits), Some(frees)) = (waits.get_mut(place), frees.get_mut(*target)) {
                *waits += 1;
                frees.push(place);
            }
        }
    }
    let mut layers = Vec::new();
    let mut free: Vec<usize> = (0..entities.len()).filter(|place| waits.get(*place) == Some(&0)).collect();
    let mut placed = vec![false; entities.len()];
    while !free.is_empty() {
        let mut next = Vec::new();
        for place in &free {
            if let Some(placed) = placed.get_mut(*place) {
                *placed = true;
            }
            for freed in frees.get(*place).into_iter().flatten() {
                if let Some(waits) = waits.get_mut(*freed) {
                    *waits -= 1;
                    if *waits == 0 {
                        next.push(*freed);
                    }
                }
            }
        }
        layers.push(std::mem::replace(&mut free, next));
    }
    let circle: Vec<usize> = (0..entities.len()).filter(|place| placed.get(*place) == Some(&false)).collect();
    if !circle.is_empty() {
        layers.push(circle);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::{Related, layers};

    fn of(entities: &[(&str, &[&str])]) -> Vec<Vec<String>> {
        let owned = |(identifier, targets): &(&str, &[&str])| Related {
            identifier: (*identifier).to_owned(),
            targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        };
        let related: Vec<Related> = entities.iter().map(owned).collect();
        let named = |place: usize| related[place].identifier.clone();
        layers(&related).into_iter().map(|layer| layer.into_iter().map(named).collect()).collect()
    }

    #[test]
    fn targets_come_first() {
        assert_eq!(of(&[("a", &["b", "c"]), ("b", &["c", "elsewhere"]), ("c", &[])]), [["c"], ["b"], ["a"]]);
        assert_eq!(of(&[("a", &[]), ("b", &[])]), [["a", "b"]]);
        assert_eq!(of(&[("a", &["a"])]), [["a"]], "it waits for nobody");
        assert_eq!(of(&[("a", &["b"]), ("b", &["b2"]), ("b", &[])]), [vec!["b", "b"], vec!["a"]]);
        assert!(of(&[]).is_empty());
    }

    #[test]
    fn a_circle_is_the_last() {
        assert_eq!(of(&[("a", &["b"]), ("b", &["a"]), ("c", &["a"]), ("d", &[])]), [vec!["d"], vec!["a", "b", "c"]]);
    }
}
