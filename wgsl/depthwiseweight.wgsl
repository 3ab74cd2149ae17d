// depthwiseweight: first stage of the gradient of a depthwise convolution's kernel.
//                                                        (contract: backend.DepthwiseConvBackward)
//
//   Part[s,ky,kx,c] = sum over the rows r = first + s + j*segments of X[r+ky-K/2, x+kx-K/2, c] * DY[r,x,c]
//
// Rows r run over the flattened [B,h]; a tap outside the image adds nothing. sum.wgsl adds Part over s.
//
// Buffers   x [B,h,w,c], from row x_row; dy [rows,w,c], from row first; part [segments,K,K,c].
// Dispatch  one thread per element of part, channels along the lanes.
// Numbers   each row is summed by itself and the row sums are added after: rounding grows like w + rows, not w*rows.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads: segments*K*K*c
    first: u32,
    x_row: u32,
    rows: u32,
    h: u32,
    w: u32,
    c: u32,
    k: u32,
    segments: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> part: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let ch = i % params.c;
    let kx = i / params.c % params.k;
    let ky = i / params.c / params.k % params.k;
    let half = params.k / 2u;

    // Columns ox for which 0 <= ox + kx - half < w.
    let ox_begin = max(kx, half) - kx;
    let ox_end = params.w - min(params.w, max(kx, half) - half);
    var total = 0.0;
    for (var row = i / params.c / params.k / params.k; row < params.rows; row += params.segments) {
        if (params.first + row) % params.h + ky - half >= params.h {   // wraps above the image
            continue;
        }
        let line = params.first + row + ky - half - params.x_row;
        var tap = params.base[0].x + (line * params.w + ox_begin + kx - half) * params.c + ch;
        var at = params.base[0].y + (row * params.w + ox_begin) * params.c + ch;
        var sum = 0.0;
        for (var ox = ox_begin; ox < ox_end; ox += 1u) {
            sum += x[tap] * dy[at];
            tap += params.c;
            at += params.c;
        }
        total += sum;
    }
    part[params.base[0].z + i] = total;
}
