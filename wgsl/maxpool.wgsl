// maxpool: the maximum of each 2 x 2 block.              (specification: backend.MaxPool)
//
//   Y[b,y,x,c] = max of X[b, 2y..2y+1, 2x..2x+1, c]
//
// Buffers   x [B,h,w,c], y [B,h/2,w/2,c]. If the launcher splits a call, a piece computes the rows from first on, counted over the
//           flattened [B,h/2], and x begins at the image row x_row, counted over the flattened [B,h].
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of y.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    x_row: u32,
    h: u32,
    w: u32,
    c: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> y: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let ch = i % params.c;
    let ox = i / params.c % (params.w / 2u);
    let row = params.first + i / params.c / (params.w / 2u);
    let line = row / (params.h / 2u) * params.h + row % (params.h / 2u) * 2u - params.x_row;
    let bases = params.base[0] / {{WIDTH}}u;
    let at = bases.x + (line * params.w + 2u * ox) * params.c + ch;
    let below = at + params.w * params.c;
    y[bases.y + i] = max(max(x[at], x[at + params.c]), max(x[below], x[below + params.c]));
}
