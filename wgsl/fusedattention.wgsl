// fusedattention: softmax attention in one kernel; the scores never leave the workgroup.      (specification: backend.Attention)
//
//   S = scale * Q K^T;  O = softmax(S) V;  LSE[z,i] = log(sum_j exp(S[i,j]))
//
// Buffers   q, o: [rows,width] and [rows,value_width], k, v: [keys,width] and [keys,value_width], for each item z = (batch,
//           head), see matrix.wgsl; lse [items,lse_stride], from lse_base on, written if has_lse. The keys may be split into
//           pieces; then o is [items,pieces,rows,value_width] and lse [items,pieces,rows], and attentionmerge.wgsl combines them.
// Dispatch  workgroups of 8 x {{WY}} threads: x is a tile of 64 queries, y the item, z the piece of the keys.
// Method    a workgroup loops over tiles of 64 keys. For each tile:
//           1. The 64 x 64 scores are a matrix product, with 16 channels of Q and K at a time in workgroup memory, as in
//              matmultiled.wgsl. Each thread keeps {{ROWS4}}*4 rows x 8 keys of them in registers.
//           2. Online softmax: each row has the largest score so far, m, and the sum of exp(S - m). When m grows, the sum and the
//              row of O are scaled down to match.
//           3. The probabilities go through workgroup memory, 32 keys at a time, to the threads that add their multiples of V's rows
//              to O. Each thread keeps {{ROWS4}}*4 rows x {{OUT4}}*4 columns of O in registers.
// Memory    8 KiB for channels of Q and K, or probabilities, and 2 KiB for maxima and sums of rows; every device has 16 KiB or
//           more.
// Numbers   rows are divided by their sums at the end. Channels beyond width count as zeros; keys beyond the end get the score
//           -3e38, and their V is not read.
// Origin    online softmax (Milakov and Gimelshein, arXiv 1805.02867) over tiles, as in FlashAttention (Dao et al., arXiv
//           2205.14135).
// Needs     matrix.wgsl.
// Measure   go test ./wgsl -run XXX -bench Attention

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
    piece_keys: u32,   // keys of a piece
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> k: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> v: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read_write> o: array<f32>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;

var<workgroup> tile: array<vec4<f32>, 512>;   // [16 terms, 64 queries /4] and [16 terms, 64 keys /4], or [32 keys, 64 queries /4]
var<workgroup> shared_rows: array<vec4<f32>, 128>;   // [8 threads along the keys, 64 queries /4]

// load_q, load_k and load_v return four adjacent words.
fn load_q(at: u32) -> vec4<f32> {
    return {{LOAD_Q}};
}

fn load_k(at: u32) -> vec4<f32> {
    return {{LOAD_K}};
}

fn load_v(at: u32) -> vec4<f32> {
    return {{LOAD_V}};
}

// inside returns x, which begins at channel term, with channels beyond width replaced by zeros.
fn inside(x: vec4<f32>, term: u32) -> vec4<f32> {
    return select(vec4<f32>(0.0), x, vec4<u32>(term, term + 1u, term + 2u, term + 3u) < vec4<u32>(params.width));
}

// masked scales the scores of four keys, from key on. Keys from end on get a score that is as good as minus infinity.
fn masked(s: vec4<f32>, key: u32, end: u32) -> vec4<f32> {
    return select(vec4<f32>(-3.0e38), params.scale * s, vec4<u32>(key, key + 1u, key + 2u, key + 3u) < vec4<u32>(end));
}

fn largest(x: vec4<f32>) -> f32 {
    return max(max(x.x, x.y), max(x.z, x.w));
}

fn total(x: vec4<f32>) -> f32 {
    return x.x + x.y + x.z + x.w;
}

// store stores four columns of a row of O, or as many of them as exist.
fn store(at: u32, row: u32, col: u32, x: vec4<f32>) {
    if row >= params.rows || col >= params.value_width {
        return;
    }
    o[at] = x.x;
    let left = params.value_width - col;
    if left > 1u {
        o[at + 1u] = x.y;
    }
    if left > 2u {
        o[at + 2u] = x.z;
    }
    if left > 3u {
        o[at + 3u] = x.w;
    }
}

@compute @workgroup_size(8, {{WY}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let tx = thread % 8u;
    let ty = thread / 8u;
    let row0 = group.x * 64u;
    let item = params.first + group.y;
    let begin = group.z * params.piece_keys;
    let end = min(begin + params.piece_keys, params.keys);
    let q_start = start(params.q, item);
    let k_start = start(params.k, item);
    let v_start = start(params.v, item) + tx * 4u;
    let last_row = params.rows - 1u;

    var m$I = vec4<f32>(-3.0e38);                                                     // for I<{{ROWS4}}
    var sum$I = vec4<f32>(0.0);                                                       // for I<{{ROWS4}}
    var o$I_$R_$C = vec4<f32>(0.0);                                                   // for I<{{ROWS4}}, R<4, C<{{OUT4}}
    for (var key0 = begin; key0 < end; key0 += 64u) {
        // The scores: s{I}_{R}_{J} holds row (ty + I*WY)*4 + R of the tile, keys (tx + J*8)*4 and the three that follow.
        var s$I_$R_$J = vec4<f32>(0.0);                                               // for I<{{ROWS4}}, R<4, J<2
        for (var q_at = q_start; q_at < q_start + params.width; q_at += 16u) {   // not 0..width: see finish in matmul.wgsl
            let term0 = q_at - q_start;
            for (var t = thread; t < 128u; t += {{THREADS}}u) {
                let term = t % 4u * 4u;
                let four = t / 4u % 16u;
                var w$R = vec4<f32>(0.0);                                             // for R<4
                if t < 64u {
                    let row = row0 + four * 4u;
                    w$R = load_q(q_start + min(row + $Ru, last_row) * params.q.stride + term0 + term);   // for R<4
                } else {
                    let key = key0 + four * 4u;
                    w$R = load_k(k_start + min(key + $Ru, end - 1u) * params.k.stride + term0 + term);   // for R<4
                }
                w$R = inside(w$R, term0 + term);                                      // for R<4
                let to = t / 64u * 256u + term * 16u + four;
                tile[to + $Ru * 16u] = vec4<f32>(w0[$R], w1[$R], w2[$R], w3[$R]);     // for R<4
            }
            workgroupBarrier();
            for (var term = 0u; term < 16u; term++) {
                let a$I = tile[term * 16u + ty + $Iu * {{WY}}u];                      // for I<{{ROWS4}}
                let b$J = tile[256u + term * 16u + tx + $Ju * 8u];                    // for J<2
                s$I_$R_$J = fma(vec4<f32>(a$I[$R]), b$J, s$I_$R_$J);                  // for I<{{ROWS4}}, R<4, J<2
            }
            workgroupBarrier();
        }

        // Online softmax. The maxima of rows over the 8 threads that share them go through shared_rows.
        s$I_$R_$J = masked(s$I_$R_$J, key0 + tx * 4u + $Ju * 32u, end);               // for I<{{ROWS4}}, R<4, J<2
        let most$I_$R = largest(max(s$I_$R_0, s$I_$R_1));                             // for I<{{ROWS4}}, R<4
        shared_rows[tx * 16u + ty + $Iu * {{WY}}u] = vec4<f32>(most$I_0, most$I_1, most$I_2, most$I_3);   // for I<{{ROWS4}}
        workgroupBarrier();
        var next$I = m$I;                                                             // for I<{{ROWS4}}
        next$I = max(next$I, shared_rows[$Tu * 16u + ty + $Iu * {{WY}}u]);            // for I<{{ROWS4}}, T<8
        let down$I = exp(m$I - next$I);                                               // for I<{{ROWS4}}
        m$I = next$I;                                                                 // for I<{{ROWS4}}
        s$I_$R_$J = exp(s$I_$R_$J - vec4<f32>(m$I[$R]));                              // for I<{{ROWS4}}, R<4, J<2
        let more$I_$R = total(s$I_$R_0 + s$I_$R_1);                                   // for I<{{ROWS4}}, R<4
        sum$I = fma(sum$I, down$I, vec4<f32>(more$I_0, more$I_1, more$I_2, more$I_3));   // for I<{{ROWS4}}
        o$I_$R_$C *= down$I[$R];                                                      // for I<{{ROWS4}}, R<4, C<{{OUT4}}

        // O += P V, 32 keys at a time.
        for (var low = key0; low < min(key0 + 64u, end); low += 32u) {
            if low == key0 {
                tile[(tx * 4u + $Ku) * 16u + ty + $Iu * {{WY}}u] = vec4<f32>(s$I_0_0[$K], s$I_1_0[$K], s$I_2_0[$K], s$I_3_0[$K]);   // for I<{{ROWS4}}, K<4
            } else {
                tile[(tx * 4u + $Ku) * 16u + ty + $Iu * {{WY}}u] = vec4<f32>(s$I_0_1[$K], s$I_1_1[$K], s$I_2_1[$K], s$I_3_1[$K]);   // for I<{{ROWS4}}, K<4
            }
            workgroupBarrier();
            let stop = min(low + 32u, end);
            for (var key = low; key < stop; key++) {
                let p$I = tile[(key - low) * 16u + ty + $Iu * {{WY}}u];              // for I<{{ROWS4}}
                let at = v_start + key * params.v.stride;
                let x$C = load_v(at + $Cu * 32u);                                     // for C<{{OUT4}}
                o$I_$R_$C = fma(vec4<f32>(p$I[$R]), x$C, o$I_$R_$C);                  // for I<{{ROWS4}}, R<4, C<{{OUT4}}
            }
            workgroupBarrier();
        }
    }

    shared_rows[tx * 16u + ty + $Iu * {{WY}}u] = sum$I;                               // for I<{{ROWS4}}
    workgroupBarrier();
    var all$I = vec4<f32>(0.0);                                                       // for I<{{ROWS4}}
    all$I += shared_rows[$Tu * 16u + ty + $Iu * {{WY}}u];                             // for I<{{ROWS4}}, T<8
    let row = row0 + ty * 4u;
    let o_start = start(params.o, item) + group.z * params.rows * params.value_width + tx * 4u;
    let at$I_$R = o_start + (row + $Iu * 4u * {{WY}}u + $Ru) * params.o.stride;       // for I<{{ROWS4}}, R<4
    store(at$I_$R + $Cu * 32u, row + $Iu * 4u * {{WY}}u + $Ru, tx * 4u + $Cu * 32u, o$I_$R_$C / all$I[$R]);   // for I<{{ROWS4}}, R<4, C<{{OUT4}}
    if params.has_lse != 0u && tx == 0u {
        let to = params.lse_base + group.y * params.lse_stride + group.z * params.rows + row;
        let r$I = row + $Iu * 4u * {{WY}}u;                                           // for I<{{ROWS4}}
        if r$I + $Ru < params.rows { lse[to + $Iu * 4u * {{WY}}u + $Ru] = m$I[$R] + log(all$I[$R]); }   // for I<{{ROWS4}}, R<4
    }
}
