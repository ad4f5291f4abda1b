//! Sets of periods as bits of numbers, in SQL: as many words of 64 bits as the periods need.

/// Bits of a word of a mask.
const WORD: u32 = 64;

/// The bit of the column `period` in its word.
pub(super) const BIT: &str = "bitShiftLeft(toUInt64(1), toUInt8(bitAnd(period, 63)))";

/// The names of the words of a mask.
pub(super) fn words(name: &str, n: u32) -> Vec<String> {
    (0..n).map(|k| format!("{name}_{k}")).collect()
}

/// The words of a mask, each with the bits of its periods.
pub(super) fn masks(name: &str, n: u32, condition: &str) -> Vec<String> {
    let mask = |(word, k): (String, u32)| {
        format!("groupBitOrIf(bit, {condition} AND intDiv(period, {WORD}) = {k}) AS {word}")
    };
    words(name, n).into_iter().zip(0..).map(mask).collect()
}

/// Words that so many bits need.
pub(super) const fn words_of(bits: u32) -> u32 {
    bits.div_ceil(WORD)
}

/// The periods of a mask, in order.
pub(super) fn numbers(words: &[String]) -> String {
    format!(
        "arrayMap(n -> toInt32(n), arrayFlatten(arrayMap((word, k) -> arrayMap(bit -> bit + {WORD} * k, bitPositionsToArray(word)), [{}], range({}))))",
        words.join(", "),
        words.len()
    )
}
