use weighhouse_formats::source::Memory;

use super::*;

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn of(dtype: &str, old: &[u8], new: &[u8]) -> Option<Measure> {
    let (a, b) = (Memory::shared(old.to_vec()), Memory::shared(new.to_vec()));
    measure([(a.as_ref(), 0), (b.as_ref(), 0)], new.len() as u64, Element::of(dtype), &AtomicBool::new(false))
}

#[test]
fn numbers_are_measured_across_pieces() {
    let old: Vec<f32> = (0..200_000).map(|_| 2.0).collect();
    let mut new = old.clone();
    new[0] = 4.0;
    let last = new.len() - 1;
    new[last] = -1.0;
    let measure = of("F32", &floats(&old), &floats(&new)).unwrap();
    assert_eq!((measure.elements, measure.changed, measure.not_finite), (old.len() as u64, 2, 0));
    assert!((measure.largest.unwrap().get() - 3.0).abs() < 1e-12);
    let expected = (4.0_f64 + 9.0).sqrt() / (4.0_f64 * 200_000.0).sqrt();
    assert!((measure.relative.unwrap().get() - expected).abs() < 1e-12);
}

#[test]
fn numbers_that_are_none_are_counted_apart() {
    let measure = of("F32", &floats(&[1.0, f32::NAN, 3.0]), &floats(&[1.0, 2.0, f32::INFINITY])).unwrap();
    assert_eq!((measure.changed, measure.not_finite), (2, 2));
    assert_eq!(measure.largest.map(Float::get), Some(0.0));
    let zero = of("F32", &floats(&[0.0]), &floats(&[1.0])).unwrap();
    assert_eq!((zero.relative, zero.largest.map(Float::get)), (None, Some(1.0)));
}

#[test]
fn blocks_of_quantised_numbers_are_compared_as_bytes() {
    let measure = of("Q4_K", &[1, 2, 3], &[1, 9, 3]).unwrap();
    assert_eq!((measure.numeric, measure.elements, measure.changed), (false, 3, 1));
    assert_eq!(measure.largest, None);
}

#[test]
fn what_is_cut_off_is_not_measured() {
    let (a, b) = (Memory::shared(vec![0; 4]), Memory::shared(vec![0; 8]));
    let sides: [(&dyn Source, u64); 2] = [(a.as_ref(), 0), (b.as_ref(), 0)];
    assert_eq!(measure(sides, 8, Element::of("F32"), &AtomicBool::new(false)), None);
    assert_eq!(measure(sides, 4, Element::of("F32"), &AtomicBool::new(true)), None);
}
