// attentionmerge: combines the results of an attention whose keys were split into pieces.     (specification: backend.Attention)
//
//   LSE = log(sum_p exp(LSE_p));  O = sum_p exp(LSE_p - LSE) * O_p
//
// Buffers   part [items,pieces,rows,width] and part_lse [items,pieces,rows], from fusedattention.wgsl; o: [rows,width] for each
//           item, see matrix.wgsl; lse [items,lse_stride], from lse_base on, written if has_lse.
// Dispatch  one thread for four columns of a row, in workgroups of 64 along x and y; z is the item.
// Numbers   the largest LSE_p is subtracted before exp. The pieces are added in order, so the result is the same on every run.
// Needs     matrix.wgsl.

struct Params {
    rows: u32,
    width: u32,
    pieces: u32,
    inner: u32,        // heads: items z are pairs (z / inner, z % inner)
    o: Matrix,
    first: u32,        // the first item of this launch
    lse_base: u32,
    lse_stride: u32,
    has_lse: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> part: array<f32>;
@group(0) @binding(2) var<storage, read> part_lse: array<f32>;
@group(0) @binding(3) var<storage, read_write> o: array<f32>;
@group(0) @binding(4) var<storage, read_write> lse: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let fours = (params.width + 3u) / 4u;
    let i = (group.y * groups.x + group.x) * 64u + lane;
    if i >= params.rows * fours {
        return;
    }
    let row = i / fours;
    let col = i % fours * 4u;
    let piece0 = group.z * params.pieces;
    let stop = (piece0 + params.pieces) * params.rows + row;
    var m = -3.0e38;
    for (var at = piece0 * params.rows + row; at < stop; at += params.rows) {
        m = max(m, part_lse[at]);
    }
    var sum = 0.0;
    var x = vec4<f32>(0.0);
    for (var at = piece0 * params.rows + row; at < stop; at += params.rows) {
        let w = exp(part_lse[at] - m);
        let low = at * params.width + col;
        sum += w;
        x = fma(vec4<f32>(w), vec4<f32>(part[low], part[low + 1u], part[low + 2u], part[low + 3u]), x);
    }
    x /= sum;
    let item = params.first + group.z;
    let to = start(params.o, item) + row * params.o.stride + col;
    let left = params.width - col;
    o[to] = x.x;
    if left > 1u {
        o[to + 1u] = x.y;
    }
    if left > 2u {
        o[to + 2u] = x.z;
    }
    if left > 3u {
        o[to + 3u] = x.w;
    }
    if col == 0u && params.has_lse != 0u {
        lse[params.lse_base + group.z * params.lse_stride + row] = m + log(sum);
    }
}
