// halves: float16 numbers in pairs, as pack2x16float makes them: number i is in the low half of word i/2 if i is even, else in the
// high one. Joined with the shaders that read them; what they compute with is float32.

// four_halves returns four neighbors, the first at a multiple of four.
fn four_halves(words: vec2<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

// half_of returns number at of the word that holds it.
fn half_of(word: u32, at: u32) -> f32 {
    let pair = unpack2x16float(word);
    return select(pair.x, pair.y, at % 2u == 1u);
}
