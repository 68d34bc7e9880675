//! A tiny deterministic random source (SplitMix64), so that a seed always makes the same world.

/// The generator. Equal seeds give equal sequences on every platform.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// A generator for one purpose: equal seeds with other labels give unrelated sequences.
    pub(crate) fn new(seed: u64, label: &str) -> Self {
        let mut state = seed ^ 0x9e37_79b9_7f4a_7c15;
        for byte in label.bytes() {
            state = mix(state.wrapping_add(u64::from(byte)).wrapping_add(0x9e37_79b9_7f4a_7c15));
        }
        Self(state)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        if bound == 0 {
            return 0;
        }
        let wide = u128::from(self.next()) * bound as u128;
        usize::try_from(wide >> 64).unwrap_or(0)
    }

    /// True in `per_mille` of 1,000 calls on average.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// One of `items`; the default value when there are none.
    pub(crate) fn pick<T: Copy + Default>(&mut self, items: &[T]) -> T {
        items.get(self.below(items.len())).copied().unwrap_or_default()
    }

    /// A version 4 UUID as lower-case text.
    pub(crate) fn uuid(&mut self) -> String {
        let (high, low) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            8 + (low >> 62),
            (low >> 48) & 0xfff,
            low & 0xffff_ffff_ffff
        )
    }

    /// `length` letters and digits: for made-up secrets and tokens.
    pub(crate) fn word(&mut self, length: usize) -> String {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(self.pick(ALPHABET))).collect()
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_and_labels_give_equal_sequences() {
        let (mut one, mut two) = (Rng::new(7, "a"), Rng::new(7, "a"));
        assert_eq!(one.uuid(), two.uuid());
        assert_ne!(Rng::new(7, "a").next(), Rng::new(7, "b").next());
        assert_ne!(Rng::new(7, "a").next(), Rng::new(8, "a").next());
    }

    #[test]
    fn a_uuid_has_the_version_and_variant_bits() {
        let mut rng = Rng::new(1, "uuid");
        for _ in 0..200 {
            let text = rng.uuid();
            let bytes = text.as_bytes();
            assert_eq!(text.len(), 36);
            assert_eq!(bytes[14], b'4');
            assert!(b"89ab".contains(&bytes[19]), "{text}");
        }
    }
}
