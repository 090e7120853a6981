//! The values of a shell's variables: one text, a list, or a table.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A variable.
#[derive(Debug, Clone, Default)]
pub(super) struct Variable {
    content: Content,
    pub(super) exported: bool,
    pub(super) readonly: bool,
    /// `declare -i`: what is assigned is computed.
    pub(super) integer: bool,
}

#[derive(Debug, Clone)]
enum Content {
    One(String),
    /// An array: not every number has an element. Copies share it until one of them changes it.
    List(Arc<BTreeMap<usize, String>>),
    /// `declare -A`.
    Table(Arc<BTreeMap<String, String>>),
}

impl Default for Content {
    fn default() -> Self {
        Self::One(String::new())
    }
}

impl Variable {
    /// A variable of one text.
    pub(super) fn of(value: &str) -> Self {
        Self {
            content: Content::One(value.to_owned()),
            ..Self::default()
        }
    }

    /// An array of these.
    pub(super) fn list(values: impl IntoIterator<Item = String>) -> Self {
        Self {
            content: Content::List(Arc::new(values.into_iter().enumerate().collect())),
            ..Self::default()
        }
    }

    /// A table without elements.
    pub(super) fn table() -> Self {
        Self {
            content: Content::Table(Arc::default()),
            ..Self::default()
        }
    }

    pub(super) fn is_array(&self) -> bool {
        !matches!(self.content, Content::One(_))
    }

    pub(super) fn is_table(&self) -> bool {
        matches!(self.content, Content::Table(_))
    }

    /// The value where no element is named; of an array that of the first.
    pub(super) fn one(&self) -> String {
        match &self.content {
            Content::One(value) => value.clone(),
            Content::List(values) => values.get(&0).cloned().unwrap_or_default(),
            Content::Table(values) => values.get("0").cloned().unwrap_or_default(),
        }
    }

    /// All values.
    pub(super) fn values(&self) -> Vec<String> {
        match &self.content {
            Content::One(value) => vec![value.clone()],
            Content::List(values) => values.values().cloned().collect(),
            Content::Table(values) => values.values().cloned().collect(),
        }
    }

    /// How many elements it has.
    pub(super) fn len(&self) -> usize {
        match &self.content {
            Content::One(_) => 1,
            Content::List(values) => values.len(),
            Content::Table(values) => values.len(),
        }
    }

    /// How many elements have to be copied before one of them is changed, where the variable itself is shared or not.
    pub(super) fn shared(&self, itself: bool) -> usize {
        match &self.content {
            Content::List(values) if itself || Arc::strong_count(values) > 1 => values.len(),
            Content::Table(values) if itself || Arc::strong_count(values) > 1 => values.len(),
            _ => 0,
        }
    }

    /// The names of its elements.
    pub(super) fn keys(&self) -> Vec<String> {
        match &self.content {
            Content::One(_) => vec!["0".to_owned()],
            Content::List(values) => values.keys().map(ToString::to_string).collect(),
            Content::Table(values) => values.keys().cloned().collect(),
        }
    }

    /// An element of an array; a number below 0 counts from the end.
    pub(super) fn at(&self, index: i64) -> Option<&str> {
        match &self.content {
            Content::One(value) => (index == 0 || index == -1).then_some(value),
            Content::List(values) => values.get(&self.place(index)?).map(String::as_str),
            Content::Table(values) => values.get(&index.to_string()).map(String::as_str),
        }
    }

    /// An element of a table.
    pub(super) fn of_key(&self, key: &str) -> Option<&str> {
        match &self.content {
            Content::Table(values) => values.get(key).map(String::as_str),
            _ => None,
        }
    }

    /// Sets the value where no element is named.
    pub(super) fn set(&mut self, value: String) {
        match &mut self.content {
            Content::One(one) => *one = value,
            Content::List(values) => {
                Arc::make_mut(values).insert(0, value);
            }
            Content::Table(values) => {
                Arc::make_mut(values).insert("0".to_owned(), value);
            }
        }
    }

    /// Sets an element; `false` where there can be none of this number.
    pub(super) fn set_at(&mut self, index: i64, value: String) -> bool {
        if let Content::Table(values) = &mut self.content {
            Arc::make_mut(values).insert(index.to_string(), value);
            return true;
        }
        self.become_list();
        let Some(place) = self.place(index) else {
            return false;
        };
        if let Content::List(values) = &mut self.content {
            Arc::make_mut(values).insert(place, value);
        }
        true
    }

    /// Sets an element of a table.
    pub(super) fn set_key(&mut self, key: String, value: String) {
        if let Content::Table(values) = &mut self.content {
            Arc::make_mut(values).insert(key, value);
        }
    }

    /// Takes an element away.
    pub(super) fn remove(&mut self, key: &str) {
        match &mut self.content {
            Content::One(_) => {}
            Content::List(_) => {
                let place = key.parse().ok().and_then(|index| self.place(index));
                if let (Some(place), Content::List(values)) = (place, &mut self.content) {
                    Arc::make_mut(values).remove(&place);
                }
            }
            Content::Table(values) => {
                Arc::make_mut(values).remove(key);
            }
        }
    }

    /// Adds an element behind the last one.
    pub(super) fn push(&mut self, value: String) {
        self.become_list();
        if let Content::List(values) = &mut self.content {
            let next = values.keys().next_back().map_or(0, |last| last + 1);
            Arc::make_mut(values).insert(next, value);
        }
    }

    /// Where the next element of a list goes.
    pub(super) fn next_index(&self) -> i64 {
        match &self.content {
            Content::List(values) => values
                .keys()
                .next_back()
                .and_then(|last| i64::try_from(last + 1).ok())
                .unwrap_or(0),
            _ => 0,
        }
    }

    /// Makes an empty array of it, of the kind that it is.
    pub(super) fn clear(&mut self) {
        self.content = match self.content {
            Content::Table(_) => Content::Table(Arc::default()),
            _ => Content::List(Arc::default()),
        };
    }

    /// Makes a list of one text.
    pub(super) fn become_list(&mut self) {
        if let Content::One(value) = &mut self.content {
            let value = std::mem::take(value);
            self.content = Content::List(Arc::new(if value.is_empty() {
                BTreeMap::new()
            } else {
                BTreeMap::from([(0, value)])
            }));
        }
    }

    fn place(&self, index: i64) -> Option<usize> {
        let index = if index < 0 {
            self.next_index() + index
        } else {
            index
        };
        usize::try_from(index).ok()
    }

    /// How `declare -p` writes it after its name.
    pub(super) fn declared(&self) -> String {
        let quoted = |value: &str| {
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('$', "\\$")
                .replace('`', "\\`");
            format!("\"{value}\"")
        };
        match &self.content {
            Content::One(value) => quoted(value),
            Content::List(values) => {
                let all: Vec<String> = values
                    .iter()
                    .map(|(index, value)| format!("[{index}]={}", quoted(value)))
                    .collect();
                format!("({})", all.join(" "))
            }
            Content::Table(values) => {
                let all: String = values
                    .iter()
                    .map(|(key, value)| format!("[{key}]={} ", quoted(value)))
                    .collect();
                format!("({all})")
            }
        }
    }

    /// Its flags, as `declare -p` writes them.
    pub(super) fn flags(&self) -> String {
        let mut flags = String::from("-");
        for (is, flag) in [
            (matches!(self.content, Content::List(_)), 'a'),
            (self.is_table(), 'A'),
            (self.integer, 'i'),
            (self.readonly, 'r'),
            (self.exported, 'x'),
        ] {
            if is {
                flags.push(flag);
            }
        }
        if flags.len() == 1 {
            flags.push('-');
        }
        flags
    }
}
