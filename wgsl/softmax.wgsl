// softmax: replaces each row of scores by its softmax, and stores its log-sum-exp.      (specification: backend.Attention)
//
//   m = max_j S[i,j];  t = sum_j exp(S[i,j] - m);  P[i,j] = exp(S[i,j] - m) / t;  LSE[i] = m + log(t)
//
// Buffers   s [rows,keys], in place; lse [rows], from word lse_base on, written if has_lse.
// Dispatch  one workgroup of 64 threads per row, along x and y.
// Method    one pass computes both maximum and sum: a thread scales its sum down when its maximum grows. Then the 64 pairs
//           (maximum, sum) are merged in a tree.
// Origin    online softmax (Milakov and Gimelshein, arXiv 1805.02867).

struct Params {
    rows: u32,
    keys: u32,
    lse_base: u32,
    has_lse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> s: array<f32>;
@group(0) @binding(2) var<storage, read_write> lse: array<f32>;

var<workgroup> largest: array<f32, 64>;
var<workgroup> total: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let row = group.y * groups.x + group.x;
    if row >= params.rows {   // the same for the whole workgroup
        return;
    }
    let begin = row * params.keys;
    let end = begin + params.keys;
    var m = -3.0e38;
    var t = 0.0;
    for (var at = begin + lane; at < end; at += 64u) {
        let x = s[at];
        if x > m {
            t *= exp(m - x);
            m = x;
        }
        t += exp(x - m);
    }
    largest[lane] = m;
    total[lane] = t;
    workgroupBarrier();
    for (var half = 32u; half > 0u; half /= 2u) {
        if lane < half {
            let n = max(largest[lane], largest[lane + half]);
            total[lane] = total[lane] * exp(largest[lane] - n) + total[lane + half] * exp(largest[lane + half] - n);
            largest[lane] = n;
        }
        workgroupBarrier();
    }
    m = largest[0];
    t = total[0];
    for (var at = begin + lane; at < end; at += 64u) {
        s[at] = exp(s[at] - m) / t;
    }
    if lane == 0u && params.has_lse != 0u {
        lse[params.lse_base + row] = m + log(t);
    }
}
