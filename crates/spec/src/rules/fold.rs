//! Compares names as people read them: without case, separators, order of words, or tense.
//! Names become numbers, so that a look-up neither copies nor compares text.

/// Equal for names that differ only in case and separators.
#[inline]
pub(super) fn fold(name: &[u8]) -> u64 {
    let mut hash = SEED;
    for &byte in name {
        if !separates(byte) {
            hash = mix(hash, byte.to_ascii_lowercase());
        }
    }
    hash
}

/// Equal for names of the same words in any order.
pub(super) fn bag(name: &[u8]) -> u64 {
    words(name).fold(0, |sum, word| sum.wrapping_add(spread(fold(word))))
}

/// Equal for names of the same words in any order, number and tense.
pub(super) fn stems(name: &[u8]) -> u64 {
    words(name).fold(0, |sum, word| sum.wrapping_add(stem(word)))
}

/// The words of a name: parted by separators, or by a capital behind a small letter.
pub(super) fn words(name: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let start = rest.iter().position(|byte| !separates(*byte))?;
        let word = &rest[start..];
        let end = (1..word.len())
            .find(|&at| {
                separates(word[at])
                    || word[at].is_ascii_uppercase() && !word[at - 1].is_ascii_uppercase()
            })
            .unwrap_or(word.len());
        rest = &word[end..];
        Some(&word[..end])
    })
}

/// Equal for the forms of a word: `complete`, `completes`, `completed`, `completing`.
pub(super) fn stem(word: &[u8]) -> u64 {
    let mut small = [0_u8; 24];
    let Some(small) = small.get_mut(..word.len()) else {
        return spread(fold(word));
    };
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    let mut stem: &[u8] = match &*small {
        b"sent" => b"send",
        other => other,
    };
    for (suffix, least) in [(&b"ing"[..], 6), (b"ed", 5), (b"s", 4), (b"e", 4)] {
        if stem.len() >= least && stem.ends_with(suffix) && !stem.ends_with(b"ss") {
            stem = &stem[..stem.len() - suffix.len()];
        }
    }
    if let [.., a, b] = stem
        && a == b
        && stem.len() > 2
    {
        stem = &stem[..stem.len() - 1];
    }
    match stem {
        [most @ .., b'y'] => spread(mix(fold(most), b'i')),
        _ => spread(fold(stem)),
    }
}

/// One letter more, less, other, or swapped with its neighbour; case does not count.
pub(super) fn one_slip(a: &[u8], b: &[u8]) -> bool {
    let same = |a: u8, b: u8| a.eq_ignore_ascii_case(&b);
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let Some(at) = short.iter().zip(long).position(|(a, b)| !same(*a, *b)) else {
        return long.len() - short.len() == 1;
    };
    let (short, long) = (&short[at..], &long[at..]);
    if long.len() > short.len() {
        return long[1..].eq_ignore_ascii_case(short);
    }
    short.len() == long.len()
        && (short[1..].eq_ignore_ascii_case(&long[1..])
            || short.len() > 1
                && same(short[0], long[1])
                && same(short[1], long[0])
                && short[2..].eq_ignore_ascii_case(&long[2..]))
}

#[inline(always)]
fn separates(byte: u8) -> bool {
    matches!(byte, b' ' | b'_' | b'-' | b'.' | b'/' | b':')
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// One step of FNV-1a.
#[inline(always)]
fn mix(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Makes sums of words as unlike as the words.
fn spread(hash: u64) -> u64 {
    let hash = (hash ^ hash >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ hash >> 29
}
