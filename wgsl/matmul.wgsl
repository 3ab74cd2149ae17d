// matmul: what all forms of the matrix product share: parameters, bindings, epilogue.   (contract: backend.MatMul)
//
//   C[z] = act(alpha * op(A[z]) . op(B[z]) + Bias[z]) + Residual[z]     op(A) [m,k], op(B) [k,n], C [m,n]
//   pairs of columns (u, v) = (u cos - v sin, u sin + v cos), (cos, sin) = Turn[row mod period, pair]: see backend.Rotation
//
// Joined, in this order, with erf.wgsl (gelu4), halves.wgsl, this file, matmulwide.wgsl or matmulnarrow.wgsl (loads and stores of
// four words; wide needs all rows to begin at multiples of 4 words and n to be one), and one of
//   matmultiled.wgsl    tiles in workgroup memory: discrete and integrated GPUs
//   matmuldirect.wgsl   registers only: Metal, lavapipe
//   matmulreduce.wgsl   the sum of the pieces of a product split along k
//
// Items z are pairs (z / inner, z % inner), for instance (batch, head); item z of a matrix x begins at word
// x.base + z/inner * x.outer + z%inner * x.inner. A product may be split along k: then a workgroup computes one piece
// of the sum into a dense m x n matrix of its own, and matmulreduce adds the pieces in order: results repeat exactly.
// Numbers: sums are plain float32 in the order of k, with fused multiply-add.
//
// A line that ends in "for I<2, J<3" stands for six lines with $I and $J replaced (kernel.go).

struct Matrix {
    base: u32,
    stride: u32,   // between rows as stored
    outer: u32,
    inner: u32,
}

struct Params {
    m: u32,
    n: u32,
    k: u32,
    inner: u32,      // items per outer step
    a: Matrix,
    b: Matrix,
    c: Matrix,
    first: u32,      // first item
    pieces: u32,     // of k
    piece_k: u32,    // terms per piece
    bias: u32,       // where the bias begins
    residual: u32,   // where the residual begins; its layout is C's
    act: u32,        // backend.Activation: 0 identity, 1 ReLU, 2 GELU
    flags: u32,      // 1 has bias, 2 has residual, 4 add to C, 8 has columns that are turned
    alpha: f32,
    a_row: u32,      // words between rows and between terms of op(A), used by matmuldirect
    a_term: u32,
    bias_step: u32,  // from item to item
    row: u32,        // of the whole product, where C begins
    col: u32,
    turned: u32,     // columns that are turned, each width of them one token's channels
    width: u32,
    tokens: u32,     // row r of the whole product is token r mod tokens; it is turned if that is less than rotated
    rotated: u32,
    period: u32,     // of the table
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read> turn: array<vec2<f32>>;

// start returns the word at which an item of a matrix begins.
fn start(x: Matrix, item: u32) -> u32 {
    return x.base + item / params.inner * x.outer + item % params.inner * x.inner;
}

// turned returns a pair of neighbors at row and col of C, rotated as Turn says.
fn turned(row: u32, col: u32, v: vec2<f32>) -> vec2<f32> {
    let token = (params.row + row) % params.tokens;
    let at = params.col + col;
    let angle = turn[(token % params.period * params.width + at % params.width) / 2u];
    let w = vec2<f32>(v.x * angle.x - v.y * angle.y, v.x * angle.y + v.y * angle.x);
    return select(v, w, token < params.rotated && at < params.turned);
}

// finish applies the epilogue to four neighbors in a row of the product and stores those inside of C, which begins
// at word origin.
fn finish(origin: u32, item: u32, row: u32, col: u32, sum: vec4<f32>) {
    if row >= params.m || col >= params.n {
        return;
    }
    // Lavapipe compiles a shader anew for each value of a param that alone decides a branch; col keeps it from that.
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
        v = vec4<f32>(turned(row, col, v.xy), turned(row, col + 2u, v.zw));
    }
    store_c(at, params.n - col, v);
}
