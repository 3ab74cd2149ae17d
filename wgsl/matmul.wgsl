// matmul: what all variants of the matrix product share: parameters, bindings, epilogue.   (specification: backend.MatMul)
//
//   C[z] (+)= act(alpha * op(A[z]) . op(B[z]) + Bias[z]) + Residual[z]     op(A) [m,k], op(B) [k,n], C [m,n]
//
// then, optionally, rotary position encoding of pairs of columns (see backend.Rotation).
//
// These files are joined in this order: erf.wgsl (gelu4), halves.wgsl, matrix.wgsl, this file, then matmulwide.wgsl (loads and
// stores of aligned groups of four words: all rows begin at multiples of 4 words, and n is a multiple of 4) or matmulnarrow.wgsl
// (any layout), and finally one of
//   matmultiled.wgsl    tiles in workgroup memory: for discrete and integrated GPUs
//   matmuldirect.wgsl   registers only: for Metal and lavapipe
//   matmulreduce.wgsl   adds the pieces of a product whose sum was split
//
// If C has too few tiles to occupy the device, the sum over k is split into pieces: each workgroup computes one piece, into a dense
// m x n matrix of its own, and matmulreduce.wgsl adds the pieces in order. So results are the same on every run.
//
// Numbers   sums are float32, in the order of k, with fused multiply-adds.
// Text      a line that ends in "for I<2, J<3" stands for six lines with $I and $J replaced by numbers (kernel.go).

struct Params {
    m: u32,
    n: u32,
    k: u32,
    inner: u32,      // items z are pairs (z / inner, z % inner)
    a: Matrix,
    b: Matrix,
    c: Matrix,
    first: u32,      // the first item of this launch
    pieces: u32,     // that the sum over k is split into
    piece_k: u32,    // terms per piece
    bias: u32,       // where the bias of the first item begins
    residual: u32,   // where the residual begins; it is laid out like C
    act: u32,        // backend.Activation: 0 identity, 1 ReLU, 2 GELU
    flags: u32,      // sum of: 1 has a bias, 2 has a residual, 4 adds to C, 8 has columns to rotate
    alpha: f32,
    a_row: u32,      // words between rows of op(A), used by matmuldirect
    a_term: u32,     // words between terms of op(A), likewise
    bias_step: u32,  // from item to item
    row: u32,        // where C begins in the whole product, which the launcher may have split
    col: u32,
    rotated_cols: u32,   // rotate this many columns of the whole product, in groups of width
    width: u32,
    tokens: u32,         // row r of the whole product is token r mod tokens
    rotated_tokens: u32, // the first ones of an item are rotated
    period: u32,         // of the angles
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read> angles: array<vec2<f32>>;   // (cos, sin), [period, width/2]

// rotate applies rotary position encoding to the two elements of C at row and columns col and col + 1; see backend.Rotation.
fn rotate(row: u32, col: u32, v: vec2<f32>) -> vec2<f32> {
    let token = (params.row + row) % params.tokens;
    let at = params.col + col;
    let angle = angles[(token % params.period * params.width + at % params.width) / 2u];
    let w = vec2<f32>(v.x * angle.x - v.y * angle.y, v.x * angle.y + v.y * angle.x);
    return select(v, w, token < params.rotated_tokens && at < params.rotated_cols);
}

// finish applies the epilogue to four adjacent elements of a row of the product, and stores those that lie inside C, which begins at
// word origin.
fn finish(origin: u32, item: u32, row: u32, col: u32, sum: vec4<f32>) {
    if row >= params.m || col >= params.n {
        return;
    }
    // Lavapipe compiles a shader again for each value of a param that alone decides a branch or bounds a loop. These branches
    // depend on col too, which prevents that.
    let flags = select(0u, params.flags, col < 0x7fffffffu);
    let act = select(0u, params.act, col < 0x7fffffffu);
    var v = params.alpha * sum;
    if (flags & 1u) != 0u {
        let at = params.bias + (item - params.first) * params.bias_step + col;
        v += vec4<f32>(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
    }
    if act == 1u {
        v = select(v, vec4<f32>(0.0), v <= vec4<f32>(0.0));   // not max, which may drop NaN
    } else if act == 2u {
        v = gelu4(v);
    }
    let at = origin + row * params.c.stride + col;
    if (flags & 2u) != 0u {
        v += load_residual(at - params.c.base + params.residual);
    }
    if (flags & 4u) != 0u {
        v += load_c(at);
    }
    if (flags & 8u) != 0u {
        v = vec4<f32>(rotate(row, col, v.xy), rotate(row, col + 2u, v.zw));
    }
    store_c(at, params.n - col, v);
}
