// halves: reads float16 numbers, for the kernels it is joined to; they compute in float32. Numbers are stored in pairs, as by
// pack2x16float: number i is in word i/2, in the low half if i is even, in the high half if it is odd.

// four_halves returns four neighbors, the first at a multiple of four.
fn four_halves(words: vec2<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

// half_of returns number at of the word that holds it.
fn half_of(word: u32, at: u32) -> f32 {
    let pair = unpack2x16float(word);
    return select(pair.x, pair.y, at % 2u == 1u);
}
