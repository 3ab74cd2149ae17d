// windowattention: softmax attention over at most {{KEYS}} keys in one kernel.      (specification: backend.Attention)
//
//   S = scale * Q K^T;  O = softmax(S) V;  LSE[z,i] = log(sum_j exp(S[i,j]))
//
// Buffers   q, o: [rows,width] and [rows,value_width], k, v: [keys,width] and [keys,value_width], for each item z = (batch,
//           head), see matrix.wgsl; lse [items,lse_stride], from lse_base on, written if has_lse.
// Dispatch  one workgroup of 64 threads per 8 queries (x) of an item (y).
// Method    all scores of the 8 queries fit in workgroup memory. First, each thread computes the scores of every 64th key with
//           all 8 queries; then 8 threads share the softmax of a row; then each thread computes 4 rows x 4 columns of O.
// Numbers   the largest score of a row is subtracted before exp; rows are divided by their sums at the end.
// Needs     matrix.wgsl.

struct Params {
    rows: u32,
    keys: u32,
    width: u32,        // of Q and K
    value_width: u32,  // of V and O
    q: Matrix,
    k: Matrix,
    v: Matrix,
    o: Matrix,
    first: u32,        // the first item of this launch
    inner: u32,        // heads: items z are pairs (z / inner, z % inner)
    lse_base: u32,
    lse_stride: u32,
    has_lse: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> k: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> v: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read_write> o: array<f32>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;

var<workgroup> scores: array<f32, {{SCORES}}>;   // [8, {{KEYS}}]
var<workgroup> part_max: array<f32, 64>;
var<workgroup> part_sum: array<f32, 64>;

// first_words returns v with all but its first left words replaced by zeros.
fn first_words(v: vec4<f32>, left: u32) -> vec4<f32> {
    return select(vec4<f32>(0.0), v, vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(left));
}

// load_q, load_k and load_v return four adjacent words of a row, of which left words are left; words beyond its end are zeros.
fn load_q(at: u32, left: u32) -> vec4<f32> {
    return {{LOAD_Q}};
}

fn load_k(at: u32, left: u32) -> vec4<f32> {
    return {{LOAD_K}};
}

fn load_v(at: u32, left: u32) -> vec4<f32> {
    return {{LOAD_V}};
}

// store stores four columns of a row of O, or as many of them as exist.
fn store(at: u32, row: u32, left: u32, v: vec4<f32>) {
    if row >= params.rows {
        return;
    }
    o[at] = v.x;
    if left > 1u {
        o[at + 1u] = v.y;
    }
    if left > 2u {
        o[at + 2u] = v.z;
    }
    if left > 3u {
        o[at + 3u] = v.w;
    }
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let item = params.first + group.y;
    let row0 = group.x * 8u;
    let q_start = start(params.q, item);
    let k_start = start(params.k, item);
    let v_start = start(params.v, item);

    let q$I = q_start + min(row0 + $Iu, params.rows - 1u) * params.q.stride;      // for I<8
    for (var key = lane; key < params.keys; key += 64u) {
        let k_row = k_start + key * params.k.stride;
        var s$I = vec4<f32>(0.0);                                                 // for I<8
        for (var at = k_row; at < k_row + params.width; at += 4u) {   // not 0..width: see finish in matmul.wgsl
            let c = at - k_row;
            let left = params.width - c;
            let x = load_k(at, left);
            s$I = fma(load_q(q$I + c, left), x, s$I);                             // for I<8
        }
        scores[$Iu * {{KEYS}}u + key] = params.scale * (s$I.x + s$I.y + s$I.z + s$I.w);   // for I<8
    }
    workgroupBarrier();

    let row = lane / 8u;
    var m = -3.0e38;
    for (var key = lane % 8u; key < params.keys; key += 8u) {
        m = max(m, scores[row * {{KEYS}}u + key]);
    }
    part_max[lane] = m;
    workgroupBarrier();
    m = max(m, part_max[row * 8u + $Iu]);                                         // for I<8
    var sum = 0.0;
    for (var key = lane % 8u; key < params.keys; key += 8u) {
        let e = exp(scores[row * {{KEYS}}u + key] - m);
        scores[row * {{KEYS}}u + key] = e;
        sum += e;
    }
    part_sum[lane] = sum;
    workgroupBarrier();
    if lane < 8u && row0 + lane < params.rows && params.has_lse != 0u {
        var total = 0.0;
        total += part_sum[lane * 8u + $Iu];                                       // for I<8
        var largest = part_max[lane * 8u];
        largest = max(largest, part_max[lane * 8u + $Iu]);                        // for I<8
        lse[params.lse_base + group.y * params.lse_stride + row0 + lane] = largest + log(total);
    }

    let fours = (params.value_width + 3u) / 4u;
    for (var unit = lane; unit < 2u * fours; unit += 64u) {
        let r = unit / fours * 4u;
        let c = unit % fours * 4u;
        let left = params.value_width - c;
        var s = r * {{KEYS}}u;
        let v_end = v_start + c + params.keys * params.v.stride;
        var o$I = vec4<f32>(0.0);                                                 // for I<4
        for (var at = v_start + c; at < v_end; at += params.v.stride) {
            let x = load_v(at, left);
            o$I = fma(vec4<f32>(scores[s + $Iu * {{KEYS}}u]), x, o$I);            // for I<4
            s++;
        }
        var t$I = 0.0;                                                            // for I<4
        for (var p = r * 8u; p < r * 8u + 8u; p++) {
            t$I += part_sum[p + $Iu * 8u];                                        // for I<4
        }
        let o_at = start(params.o, item) + (row0 + r) * params.o.stride + c;
        store(o_at + $Iu * params.o.stride, row0 + r + $Iu, left, o$I / t$I);     // for I<4
    }
}
