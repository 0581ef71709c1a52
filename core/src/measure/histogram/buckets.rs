//! The filled buckets of a histogram, packed.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Layout, MAX};
use crate::shorten::shorten;
use crate::time::micros;

/// The filled buckets of a histogram: the largest time of each, ascending, and its count.
///
/// This is what crosses from a shard to the page: it is small, can be merged with that of other
/// shards, and loses nothing that the histogram had. Two or three bytes per bucket; buckets of
/// different precision can be merged, and stay as they are. Formats of text have the bytes in base64.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Buckets {
    // The sum of all counts.
    count: u64,
    // For each bucket its slot, less that of the bucket before, and its count. The slots are those
    // of three digits: they are closer together than times are, and buckets of fewer digits end
    // where one of these does. Both numbers are written seven bits to a byte, lowest first, and all
    // bytes but the last have the top bit set.
    bytes: Box<[u8]>,
    // The last slot; zero without buckets.
    last: u32,
}

impl Buckets {
    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            self.clone_from(other);
            return;
        }
        let mut writer = Writer::with_capacity(self.bytes.len() + other.bytes.len());
        let (mut ours, mut theirs) = (self.slots().peekable(), other.slots().peekable());
        loop {
            let next = match (ours.peek(), theirs.peek()) {
                (Some(a), Some(b)) if a.0 == b.0 => (a.0, a.1.saturating_add(b.1)),
                (Some(&a), Some(b)) if a.0 < b.0 => a,
                (Some(&a), None) => a,
                (_, Some(&b)) => b,
                (None, None) => break,
            };
            ours.next_if(|it| it.0 == next.0);
            theirs.next_if(|it| it.0 == next.0);
            writer.push(next.0, next.1);
        }
        *self = writer.finish();
    }

    /// All of `parts` merged.
    ///
    /// The same as merging one after the other, but for many parts a lot faster: each is read once.
    pub fn merged<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let filled = parts.into_iter().filter(|it| 0 < it.count);
        let parts: Vec<&Self> = filled.collect();
        match parts.as_slice() {
            [] => Self::default(),
            [only] => (*only).clone(),
            [a, b] => {
                let mut merged = (*a).clone();
                merged.merge(b);
                merged
            }
            many => Self::sum(many),
        }
    }

    /// All of `parts`, none of which is empty, added up in one array from the first to the last slot.
    fn sum(parts: &[&Self]) -> Self {
        let firsts = parts.iter().filter_map(|it| it.slots().next());
        let first = firsts.map(|(slot, _)| slot).min().unwrap_or(0);
        let last = parts.iter().map(|it| it.last).max().unwrap_or(0);
        let mut counts = vec![0_u64; last as usize + 1 - first];
        for (slot, count) in parts.iter().flat_map(|it| it.slots()) {
            let sum = &mut counts[slot - first];
            *sum = sum.saturating_add(count);
        }
        Self::from_counts(first, &counts)
    }

    /// The filled ones of `counts`, whose first is that of slot `first` of three digits.
    pub(super) fn from_counts<T: Copy + Default + Into<u64> + PartialEq>(
        first: usize,
        counts: &[T],
    ) -> Self {
        // Room for most; growing step by step would copy everything several times.
        let mut writer = Writer::with_capacity(counts.len());
        // Most counts are zero. Eight are compared in one step.
        for (start, chunk) in (first..).step_by(8).zip(counts.chunks(8)) {
            if *chunk == [T::default(); 8] {
                continue;
            }
            for (slot, &count) in (start..).zip(chunk) {
                if count != T::default() {
                    writer.push(slot, count.into());
                }
            }
        }
        writer.finish()
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The buckets, ascending: the largest time of each, and how many times it holds.
    pub fn iter(&self) -> impl Iterator<Item = (Duration, u64)> + '_ {
        self.slots().map(|(slot, count)| (time(slot), count))
    }

    /// The smallest time that at least the fraction `quantile` of all times does not exceed;
    /// `None` if there are none.
    ///
    /// `quantile` is in `[0, 1]`. The answer is the upper end of a bucket, so it is at most the
    /// histogram's precision too large.
    pub fn quantile(&self, quantile: f64) -> Option<Duration> {
        self.at_rank(rank(quantile, self.count))
    }

    /// The [quantile](Self::quantile) of each of `quantiles`, which ascend; none if there are no
    /// times. The buckets are read once for all.
    pub fn quantiles(&self, quantiles: &[f64]) -> Vec<Duration> {
        debug_assert!(quantiles.is_sorted(), "quantiles ascend");
        let mut slots = self.slots();
        let (mut seen, mut found): (u64, Vec<Duration>) = (0, Vec::new());
        let Some(mut last) = slots.next() else {
            return found;
        };
        for &quantile in quantiles {
            while seen.saturating_add(last.1) < rank(quantile, self.count)
                && let Some(next) = slots.next()
            {
                seen = seen.saturating_add(last.1);
                last = next;
            }
            found.push(time(last.0));
        }
        found
    }

    /// The `rank`-th smallest time, counted from one; `None` unless there are as many.
    pub(crate) fn at_rank(&self, rank: u64) -> Option<Duration> {
        let mut seen: u64 = 0;
        let mut slots = self.slots();
        let found = slots.find(|&(_, count)| {
            seen = seen.saturating_add(count);
            rank <= seen
        });
        found.map(|(slot, _)| time(slot))
    }

    fn slots(&self) -> Slots<'_> {
        Slots {
            bytes: &self.bytes,
            slot: 0,
        }
    }
}

/// How many of `count` times are at least the fraction `quantile` of them; at least one.
///
/// A decimal such as 0.07 is not exact in binary, and 7 % of 100 must not be 8 because of the last
/// bit: products that exceed a whole number by less than a rounding error are that number.
pub(crate) fn rank(quantile: f64, count: u64) -> u64 {
    let rank = (quantile * count as f64 * (1.0 - 2.0 * f64::EPSILON)).ceil();
    (rank as u64).clamp(1, count.max(1))
}

fn time(slot: usize) -> Duration {
    Duration::from_micros(Layout::FINEST.largest(slot))
}

/// Reads the bytes of [`Buckets`]: slots, ascending, and their counts. Ends early if they are broken.
#[derive(Clone, Debug)]
struct Slots<'a> {
    bytes: &'a [u8],
    slot: usize,
}

impl Slots<'_> {
    fn number(&mut self) -> Option<u64> {
        let (&byte, rest) = self.bytes.split_first()?;
        if byte < 0x80 {
            self.bytes = rest;
            return Some(byte.into());
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let (&byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            let bits = u64::from(byte & 0x7f);
            number |= bits << shift;
            if number >> shift != bits {
                return None;
            }
            if byte < 0x80 {
                // A last byte of zero says nothing, and there is one way to write a number.
                return (0 < byte).then_some(number);
            }
        }
        None
    }
}

impl Iterator for Slots<'_> {
    type Item = (usize, u64);

    fn next(&mut self) -> Option<(usize, u64)> {
        let step = usize::try_from(self.number()?).ok()?;
        self.slot = self.slot.checked_add(step)?;
        Some((self.slot, self.number()?))
    }
}

/// Makes [`Buckets`] from slots of three digits.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    slot: usize,
    count: u64,
}

impl Writer {
    fn with_capacity(n_bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(n_bytes),
            ..Self::default()
        }
    }

    /// Slots must come in ascending order, with a count above zero.
    pub(super) fn push(&mut self, slot: usize, count: u64) {
        debug_assert!(0 < count && (self.slot < slot || self.bytes.is_empty()));
        let step = slot - self.slot;
        if step < 0x80 && count < 0x80 {
            self.bytes.extend_from_slice(&[step as u8, count as u8]);
        } else {
            self.number(step as u64);
            self.number(count);
        }
        self.slot = slot;
        self.count = self.count.saturating_add(count);
    }

    pub(super) fn finish(self) -> Buckets {
        Buckets {
            count: self.count,
            bytes: self.bytes.into_boxed_slice(),
            last: self.slot as u32,
        }
    }

    fn number(&mut self, mut number: u64) {
        while 0x80 <= number {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}

impl Serialize for Buckets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(&Base64Display::new(&self.bytes, &BASE64))
        } else {
            serializer.serialize_bytes(&self.bytes)
        }
    }
}

impl<'de> Deserialize<'de> for Buckets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(BytesVisitor)
        } else {
            deserializer.deserialize_byte_buf(BytesVisitor)
        }
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Buckets;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of the buckets of a histogram")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Buckets, E> {
        parse(bytes).ok_or_else(|| E::invalid_value(de::Unexpected::Bytes(bytes), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Buckets, E> {
        let buckets = BASE64.decode(text).ok().and_then(|bytes| parse(&bytes));
        buckets.ok_or_else(|| E::invalid_value(de::Unexpected::Str(&shorten(text)), &self))
    }
}

/// What a [`Writer`] could have written; `None` for anything else.
fn parse(bytes: &[u8]) -> Option<Buckets> {
    let end = Layout::FINEST.slot(micros(MAX)) + 1;
    let mut slots = Slots { bytes, slot: 0 };
    let mut read = Buckets::default();
    while !slots.bytes.is_empty() {
        let (slot, count) = slots.next()?;
        let is_next = read.count == 0 || (read.last as usize) < slot;
        if !is_next || end <= slot || count == 0 {
            return None;
        }
        read.last = slot as u32;
        read.count = read.count.checked_add(count)?;
    }
    read.bytes = bytes.into();
    Some(read)
}

#[cfg(test)]
mod tests;
