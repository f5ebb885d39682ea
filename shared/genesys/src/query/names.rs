//! The names the specification gives to dimensions, metrics and the like: one list per line of `names.txt`.

/// All lists. A test compares them with the published definitions.
const LISTS: &str = include_str!("names.txt");

/// How many names are offered in place of a wrong one.
const OFFERED: usize = 3;

/// The names of a list: `conversation.dimension`, `users.metric`, …
pub(super) fn names(list: &str) -> impl Iterator<Item = &'static str> {
    LISTS
        .lines()
        .filter_map(move |line| line.split_once(": ").filter(|(key, _)| *key == list))
        .flat_map(|(_, names)| names.split(' '))
}

/// Whether a list has a name. Case counts, as it does to the API.
pub(super) fn has(list: &str, name: &str) -> bool {
    names(list).any(|known| known == name)
}

/// The names of a list that look most like `name`, the nearest first.
pub(super) fn nearest(list: &str, name: &str) -> String {
    let wanted = name.to_lowercase();
    let mut known: Vec<_> = names(list)
        .map(|known| (distance(&wanted, &known.to_lowercase()), known))
        .collect();
    known.sort_unstable();
    let offered: Vec<_> = known.iter().take(OFFERED).map(|(_, name)| *name).collect();
    offered.join(", ")
}

/// Characters to insert, drop or change to make one text of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    // A name nobody could have meant need not be measured to its end.
    for (at, letter) in from.chars().take(200).enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        assert!(nearest("segment.dimension", "queueid").starts_with("queueId, "));
        assert!(nearest("conversation.metric", "tHandel").starts_with("tHandle, "));
        assert_eq!(nearest("users.dimension", "agent"), "userId");
        assert_eq!(distance("kitten", "sitting"), 3);
    }

    #[test]
    fn a_list_nobody_wrote_has_no_names() {
        assert_eq!(names("conversation.colour").count(), 0);
        assert!(!has("conversation.colour", "red"));
    }
}
