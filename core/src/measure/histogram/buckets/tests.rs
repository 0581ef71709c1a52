use proptest::prelude::*;

use super::*;
use crate::measure::histogram::Histogram;

fn buckets(millis: &[u64]) -> Buckets {
    let mut histogram = Histogram::new(3);
    for &it in millis {
        histogram.record(Duration::from_millis(it));
    }
    histogram.buckets()
}

#[track_caller]
fn check(millis: &[u64], quantile: f64, expected: Option<u128>) {
    let found = buckets(millis).quantile(quantile).map(|it| it.as_millis());
    assert_eq!(found, expected);
}

#[test]
fn a_quantile_is_a_time_that_was_recorded() {
    check(&[10, 20, 30, 40], 0.0, Some(10));
    check(&[10, 20, 30, 40], 0.5, Some(20));
    check(&[10, 20, 30, 40], 0.51, Some(30));
    check(&[10, 20, 30, 40], 1.0, Some(40));
}

#[test]
fn without_times_there_is_no_quantile() {
    check(&[], 0.5, None);
}

#[test]
fn quiet_buckets_take_no_memory_and_busy_ones_little() {
    assert_eq!(buckets(&[]).bytes.len(), 0);
    let busy = buckets(&Vec::from_iter((0..1000).flat_map(|it| [it; 3])));
    assert_eq!(busy.count(), 3000);
    assert!(busy.bytes.len() < 2200, "{}", busy.bytes.len());
}

#[test]
fn bytes_that_no_histogram_wrote_are_refused() {
    let check = |bytes: &[u8], expected| assert_eq!(parse(bytes).is_some(), expected);
    check(&[], true);
    check(&[0, 1], true);
    check(&[5, 1, 1, 200, 1], true);
    // Half a bucket, half a number, no count, the same slot twice, a number with an idle byte.
    check(&[5], false);
    check(&[5, 200], false);
    check(&[5, 0], false);
    check(&[5, 1, 0, 1], false);
    check(&[5, 0x81, 0], false);
    // Nothing beyond 64 bits: 2^63 is the tenth byte's only bit.
    let long = |top| [&[5][..], &[0x80; 9], &[top]].concat();
    check(&long(1), true);
    check(&long(2), false);
    // A slot beyond one hour, and one beyond all numbers.
    check(&[0xff, 0xff, 0x7f, 1], false);
    check(&[0xff; 30], false);
}

proptest! {
    #[test]
    fn merging_is_the_same_as_recording_together(
        a in proptest::collection::vec(0_u64..100_000, 0..50),
        b in proptest::collection::vec(0_u64..100_000, 0..50),
        c in proptest::collection::vec(0_u64..100_000, 0..50),
    ) {
        let together = buckets(&[a.clone(), b.clone(), c.clone()].concat());
        let parts = [a, b, c].map(|it| buckets(&it));
        prop_assert_eq!(&Buckets::merged(&parts), &together);
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let mut merged = Buckets::default();
            for index in order {
                merged.merge(&parts[index]);
            }
            prop_assert_eq!(&merged, &together);
        }
    }

    /// By definition: sort, and take the first with enough at or below it.
    #[test]
    fn a_quantile_is_what_sorting_finds(
        mut millis in proptest::collection::vec(0_u64..3_000_000, 1..200),
        per_mille in 0..=1000_usize,
    ) {
        let found = buckets(&millis).quantile(per_mille as f64 / 1e3).unwrap().as_secs_f64() * 1e3;
        millis.sort_unstable();
        let rank = (per_mille * millis.len()).div_ceil(1000).max(1);
        let exact = millis[rank - 1] as f64;
        prop_assert!(exact <= found + 1e-9 && found <= exact * 1.001 + 0.001, "{found} {exact}");
    }

    #[test]
    fn many_quantiles_are_the_same_as_one_by_one(
        millis in proptest::collection::vec(0_u64..1000, 0..50),
        mut quantiles in proptest::collection::vec(0.0..=1.0_f64, 0..20),
    ) {
        let buckets = buckets(&millis);
        quantiles.sort_by(f64::total_cmp);
        let one_by_one: Vec<Duration> =
            quantiles.iter().filter_map(|&it| buckets.quantile(it)).collect();
        prop_assert_eq!(buckets.quantiles(&quantiles), one_by_one);
    }

    #[test]
    fn what_is_sent_arrives(millis in proptest::collection::vec(0_u64..4_000_000, 0..50)) {
        let sent = buckets(&millis);
        let bytes = postcard::to_stdvec(&sent).unwrap();
        prop_assert_eq!(&postcard::from_bytes::<Buckets>(&bytes).unwrap(), &sent);
        let text = serde_json::to_string(&sent).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Buckets>(&text).unwrap(), &sent);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        if let Some(read) = parse(&bytes) {
            prop_assert_eq!(read.bytes.as_ref(), bytes.as_slice());
        }
    }
}
