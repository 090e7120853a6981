//! Tables of numbers: small ones hold them, of large ones the mean and how far they lie around it are enough.

/// The most numbers that are held.
const HELD: i64 = 4096;

/// What kind of number a tensor has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Bool,
    Int64,
    Int32,
    Float16,
    BFloat16,
    Float32,
    Float64,
}

impl Kind {
    pub(super) const ALL: [(Self, &'static str); 10] = [
        (Self::Bool, "bool"),
        (Self::Int64, "int64"),
        (Self::Int64, "long"),
        (Self::Int32, "int32"),
        (Self::Float16, "float16"),
        (Self::Float16, "half"),
        (Self::BFloat16, "bfloat16"),
        (Self::Float32, "float32"),
        (Self::Float32, "float"),
        (Self::Float64, "float64"),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, known)| *known == name);
        found.map(|(kind, _)| *kind)
    }

    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.iter().find(|(kind, _)| *kind == self);
        found.map_or("float32", |(_, name)| *name)
    }

    pub(super) fn is_float(self) -> bool {
        self >= Self::Float16
    }

    fn bytes(self) -> i64 {
        match self {
            Self::Bool => 1,
            Self::Float16 | Self::BFloat16 => 2,
            Self::Int32 | Self::Float32 => 4,
            Self::Int64 | Self::Float64 => 8,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub(super) shape: Vec<i64>,
    pub(super) kind: Kind,
    /// The GPU that it is on; none for the processor.
    pub(super) gpu: Option<usize>,
    pub(super) numbers: Numbers,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    Held(Vec<f64>),
    /// The mean, and how far they lie around it: none where all are the same.
    Around(f64, f64),
}

#[expect(
    clippy::cast_precision_loss,
    reason = "what is printed has five digits"
)]
fn wide(number: i64) -> f64 {
    number as f64
}

impl Tensor {
    pub(super) fn count_of(shape: &[i64]) -> i64 {
        shape
            .iter()
            .fold(1_i64, |count, length| count.saturating_mul(*length))
    }

    /// One of which each number comes from a function.
    pub(super) fn made(
        shape: Vec<i64>,
        kind: Kind,
        around: (f64, f64),
        mut next: impl FnMut() -> f64,
    ) -> Self {
        let count = Self::count_of(&shape);
        let numbers = match usize::try_from(count) {
            Ok(held) if count <= HELD => Numbers::Held((0..held).map(|_| next()).collect()),
            _ => Numbers::Around(around.0, around.1),
        };
        Self {
            shape,
            kind,
            gpu: None,
            numbers,
        }
    }

    pub(super) fn single(number: f64, kind: Kind, gpu: Option<usize>) -> Self {
        Self {
            shape: Vec::new(),
            kind,
            gpu,
            numbers: Numbers::Held(vec![number]),
        }
    }

    pub(super) fn count(&self) -> i64 {
        Self::count_of(&self.shape)
    }

    /// How much memory it takes; CUDA's allocator gives it in steps of 512 bytes.
    pub(super) fn bytes(&self) -> i64 {
        let bytes = self.count().saturating_mul(self.kind.bytes());
        bytes.saturating_add(511) / 512 * 512
    }

    pub(super) fn mean(&self) -> f64 {
        match &self.numbers {
            Numbers::Held(all) if all.is_empty() => f64::NAN,
            Numbers::Held(all) => all.iter().sum::<f64>() / wide(self.count()),
            Numbers::Around(mean, _) => *mean,
        }
    }

    pub(super) fn sum(&self) -> f64 {
        match &self.numbers {
            Numbers::Held(all) => all.iter().sum(),
            Numbers::Around(mean, _) => mean * wide(self.count()),
        }
    }

    pub(super) fn most(&self, least: bool) -> f64 {
        match &self.numbers {
            Numbers::Held(all) => {
                let sign = if least { -1.0 } else { 1.0 };
                sign * all
                    .iter()
                    .fold(f64::NEG_INFINITY, |most, one| most.max(sign * one))
            }
            Numbers::Around(mean, spread) if least => mean - spread,
            Numbers::Around(mean, spread) => mean + spread,
        }
    }

    pub(super) fn mapped(&self, kind: Kind, map: impl Fn(f64) -> f64) -> Self {
        let numbers = match &self.numbers {
            Numbers::Held(all) => Numbers::Held(all.iter().map(|one| map(*one)).collect()),
            Numbers::Around(mean, spread) => {
                let (low, high) = (map(mean - spread), map(mean + spread));
                Numbers::Around(map(*mean), (high - low).abs() / 2.0)
            }
        };
        Self {
            kind,
            numbers,
            ..self.clone()
        }
    }

    /// The shape of what two have in common, by torch's rule: lengths of one stretch.
    pub(super) fn common(&self, other: &Self) -> Option<Vec<i64>> {
        let longest = self.shape.len().max(other.shape.len());
        let length = |shape: &[i64], place: usize| {
            let missing = longest - shape.len();
            place.checked_sub(missing).map_or(1, |place| shape[place])
        };
        (0..longest)
            .map(
                |place| match (length(&self.shape, place), length(&other.shape, place)) {
                    (one, other) if one == other || other == 1 => Some(one),
                    (1, other) => Some(other),
                    _ => None,
                },
            )
            .collect()
    }

    /// Each number of one with that of the other; `None` where the shapes do not go together.
    pub(super) fn with(&self, other: &Self, map: impl Fn(f64, f64) -> f64) -> Option<Self> {
        let shape = self.common(other)?;
        let kind = self.kind.max(other.kind);
        let numbers = match (&self.numbers, &other.numbers) {
            (Numbers::Held(_), Numbers::Held(_)) if Self::count_of(&shape) <= HELD => {
                let count = usize::try_from(Self::count_of(&shape)).ok()?;
                let one = (0..count).map(|place| self.at(&shape, place));
                let all = one.zip((0..count).map(|place| other.at(&shape, place)));
                Numbers::Held(all.map(|(one, other)| map(one, other)).collect())
            }
            _ => {
                let (spread, more) = (self.spread(), other.spread());
                Numbers::Around(map(self.mean(), other.mean()), spread.max(more))
            }
        };
        Some(Self {
            shape,
            kind,
            gpu: self.gpu.or(other.gpu),
            numbers,
        })
    }

    /// The number at a place of a larger shape.
    fn at(&self, shape: &[i64], place: usize) -> f64 {
        let Numbers::Held(all) = &self.numbers else {
            return self.mean();
        };
        let (mut rest, mut index, mut step) = (place, 0_usize, 1_usize);
        for (back, length) in shape.iter().rev().enumerate() {
            let length = usize::try_from(*length).unwrap_or(1).max(1);
            let here = rest % length;
            rest /= length;
            let Some(own) = self
                .shape
                .len()
                .checked_sub(back + 1)
                .map(|at| self.shape[at])
            else {
                break;
            };
            let own = usize::try_from(own).unwrap_or(1);
            if own > 1 {
                index += here * step;
            }
            step *= own;
        }
        all.get(index).copied().unwrap_or(0.0)
    }

    fn spread(&self) -> f64 {
        match &self.numbers {
            Numbers::Held(_) => (self.most(false) - self.most(true)).abs() / 2.0,
            Numbers::Around(_, spread) => *spread,
        }
    }

    /// The product of two tables.
    pub(super) fn product(&self, other: &Self) -> Result<Self, String> {
        let (&[rows, inner], &[below, columns]) = (self.shape.as_slice(), other.shape.as_slice())
        else {
            if let (&[one], &[other_one]) = (self.shape.as_slice(), other.shape.as_slice())
                && one == other_one
                && let Some(each) = self.with(other, |one, other| one * other)
            {
                return Ok(Self::single(each.sum(), each.kind, each.gpu));
            }
            return Err(format!(
                "RuntimeError: mat1 and mat2 must have the same number of dimensions, got {}D and {}D",
                self.shape.len(),
                other.shape.len()
            ));
        };
        if inner != below {
            return Err(format!(
                "RuntimeError: mat1 and mat2 shapes cannot be multiplied ({rows}x{inner} and {below}x{columns})"
            ));
        }
        let shape = vec![rows, columns];
        let work = rows.saturating_mul(inner).saturating_mul(columns);
        let numbers = match (&self.numbers, &other.numbers) {
            (Numbers::Held(one), Numbers::Held(two)) if work <= 200_000 => {
                let at = |number: i64| usize::try_from(number).unwrap_or(0);
                let mut all = Vec::new();
                for row in 0..rows {
                    for column in 0..columns {
                        let each = (0..inner).map(|place| {
                            one[at(row * inner + place)] * two[at(place * columns + column)]
                        });
                        all.push(each.sum());
                    }
                }
                Numbers::Held(all)
            }
            _ => {
                let same = self.spread() == 0.0 && other.spread() == 0.0;
                let spread = if same { 0.0 } else { wide(inner).sqrt() * 0.4 };
                Numbers::Around(self.mean() * other.mean() * wide(inner), spread)
            }
        };
        Ok(Self {
            shape,
            kind: self.kind.max(other.kind),
            gpu: self.gpu,
            numbers,
        })
    }

    /// As torch shows it (`torch/_tensor_str.py`): 80 columns, four digits, the edges of what is large.
    pub(super) fn shown(&self) -> String {
        let mut end = String::new();
        if let Some(gpu) = self.gpu {
            end.push_str(&format!(", device='cuda:{gpu}'"));
        }
        let usual = matches!(self.kind, Kind::Bool | Kind::Int64 | Kind::Float32);
        if !usual || self.count() == 0 && self.kind != Kind::Float32 {
            end.push_str(&format!(", dtype=torch.{}", self.kind.name()));
        }
        if self.count() == 0 {
            let size: Vec<String> = self.shape.iter().map(i64::to_string).collect();
            let size = if self.shape == [0] {
                String::new()
            } else {
                format!(", size=({})", size.join(", "))
            };
            return format!("tensor([]{size}{end})");
        }
        let form = Form::of(&self.seen(), self.kind);
        if self.shape.is_empty() {
            return format!("tensor({}{end})", form.shown(self.mean(), 0));
        }
        let mut source = Source {
            tensor: self,
            state: 0x2545_f491_4f6c_dd1d,
        };
        let is_short = self.count() > 1000;
        let width = self
            .seen()
            .iter()
            .map(|number| form.shown(*number, 0).len())
            .max()
            .unwrap_or(0);
        let text = listed(&mut source, &self.shape, 0, 0, is_short, &form, width);
        format!("tensor({text}{end})")
    }

    /// The numbers by which the form is chosen.
    fn seen(&self) -> Vec<f64> {
        match &self.numbers {
            Numbers::Held(all) => all.clone(),
            Numbers::Around(mean, spread) => vec![mean - spread, *mean, mean + spread],
        }
    }
}

/// Where shown numbers come from: those of every run are the same, a practice machine throws no dice.
struct Source<'t> {
    tensor: &'t Tensor,
    state: u64,
}

impl Source<'_> {
    fn number(&mut self, place: i64) -> f64 {
        match &self.tensor.numbers {
            Numbers::Held(all) => usize::try_from(place)
                .ok()
                .and_then(|place| all.get(place).copied())
                .unwrap_or(0.0),
            Numbers::Around(mean, spread) => mean + spread * (2.0 * chance(&mut self.state) - 1.0),
        }
    }
}

/// A number from 0 to 1 (xorshift).
pub(super) fn chance(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    f64::from(u32::try_from(*state >> 40).unwrap_or(0)) / f64::from(1_u32 << 24)
}

/// How the numbers of a tensor are written.
struct Form {
    kind: Kind,
    whole: bool,
    power: bool,
}

impl Form {
    fn of(numbers: &[f64], kind: Kind) -> Self {
        let finite: Vec<f64> = numbers
            .iter()
            .map(|number| number.abs())
            .filter(|number| number.is_finite() && *number > 0.0)
            .collect();
        let most = finite.iter().copied().fold(0.0, f64::max);
        let least = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let whole = numbers
            .iter()
            .all(|number| !number.is_finite() || number.fract() == 0.0);
        let power = !finite.is_empty()
            && (most / least > 1000.0 || most > 1.0e8 || !whole && least < 1.0e-4);
        Self { kind, whole, power }
    }

    fn shown(&self, number: f64, width: usize) -> String {
        let text = match self.kind {
            Kind::Bool => if number == 0.0 { "False" } else { "True" }.to_owned(),
            Kind::Int64 | Kind::Int32 => format!("{number:.0}"),
            _ if number.is_nan() => "nan".to_owned(),
            _ if number.is_infinite() => if number > 0.0 { "inf" } else { "-inf" }.to_owned(),
            _ if self.power => {
                let plain = format!("{number:.4e}");
                let (digits, power) = plain.split_once('e').unwrap_or((&plain, "0"));
                match power.strip_prefix('-') {
                    Some(power) => format!("{digits}e-{power:0>2}"),
                    None => format!("{digits}e+{power:0>2}"),
                }
            }
            _ if self.whole => format!("{number:.0}."),
            _ => format!("{number:.4}"),
        };
        format!("{text:>width$}")
    }
}

fn listed(
    source: &mut Source<'_>,
    shape: &[i64],
    from: i64,
    depth: usize,
    is_short: bool,
    form: &Form,
    width: usize,
) -> String {
    const EDGE: i64 = 3;
    let Some((length, inner)) = shape.split_first() else {
        return String::new();
    };
    let places: Vec<Option<i64>> = if is_short && *length > 2 * EDGE {
        let first = (0..EDGE).map(Some);
        first
            .chain([None])
            .chain((length - EDGE..*length).map(Some))
            .collect()
    } else {
        (0..*length).map(Some).collect()
    };
    // `tensor(` and a bracket for each level.
    let indent = 8 + depth;
    if inner.is_empty() {
        let words: Vec<String> = places
            .into_iter()
            .map(|place| match place {
                Some(place) => form.shown(source.number(from + place), width),
                None => " ...".to_owned(),
            })
            .collect();
        let in_a_line = ((80 - (indent - 1)) / (width + 2)).max(1);
        let lines: Vec<String> = words
            .chunks(in_a_line)
            .map(|some| some.join(", "))
            .collect();
        return format!("[{}]", lines.join(&format!(",\n{}", " ".repeat(indent))));
    }
    let step = Tensor::count_of(inner);
    let rows: Vec<String> = places
        .into_iter()
        .map(|place| match place {
            Some(place) => listed(
                source,
                inner,
                from + place * step,
                depth + 1,
                is_short,
                form,
                width,
            ),
            None => "...".to_owned(),
        })
        .collect();
    let gap = format!(",{}{}", "\n".repeat(shape.len() - 1), " ".repeat(indent));
    format!("[{}]", rows.join(&gap))
}
