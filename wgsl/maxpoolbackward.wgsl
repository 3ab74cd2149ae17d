// maxpoolbackward: the gradient of maxpool.               (specification: backend.MaxPoolBackward)
//
//   DX[where block (b,y,x,c) has its maximum] += DY[b,y,x,c]; of equal elements, the first in row-major order
//
// Buffers   x, dx [B,h,w,c]; dy [B,h/2,w/2,c]. Pieces of a split call as in maxpool.wgsl; dx is split like x.
// Dispatch  one thread per element of dy. Blocks do not overlap, so no atomics are needed.

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
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

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
    let corner = (line * params.w + 2u * ox) * params.c + ch;
    let at = params.base[0].x + corner;
    let right = params.c;
    let below = params.w * params.c;

    var place = 0u;
    if x[at + right] > x[at] {
        place = right;
    }
    if x[at + below] > x[at + place] {
        place = below;
    }
    if x[at + below + right] > x[at + place] {
        place = below + right;
    }
    dx[params.base[0].z + corner + place] += dy[params.base[0].y + i];
}
