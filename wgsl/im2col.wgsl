// im2col: copies the patches of an image to the rows of a matrix.         (specification: backend.Im2Col)
//
//   Cols[(b*OH+oy)*OW+ox, (ky*kw+kx)*c+ch] = X[b, oy*stride-pad+ky, ox*stride-pad+kx, ch]   (0 outside)
//
// Buffers   x [B,h,w,c], cols [B*OH*OW,kh*kw*c]. If the launcher splits a call, a piece computes the patch rows from first on,
//           counted over the flattened [B,OH], and x begins at the image row x_row, counted over the flattened [B,h]. ELEMENT is
//           f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of cols.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    x_row: u32,
    h: u32,
    w: u32,
    c: u32,
    oh: u32,
    ow: u32,
    kh: u32,
    kw: u32,
    stride: u32,
    pad: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> cols: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let ch = i % params.c;
    let tap = i / params.c % (params.kh * params.kw);
    let patch_index = i / params.c / (params.kh * params.kw);
    let ox = patch_index % params.ow;
    let row = params.first + patch_index / params.ow;
    // Coordinates before the image wrap around to huge numbers, which fail the comparison too.
    let sy = row % params.oh * params.stride + tap / params.kw - params.pad;
    let sx = ox * params.stride + tap % params.kw - params.pad;
    var v = {{ELEMENT}}(0.0);
    if sy < params.h && sx < params.w {
        let line = row / params.oh * params.h + sy - params.x_row;
        v = x[params.base[0].x / {{WIDTH}}u + (line * params.w + sx) * params.c + ch];
    }
    cols[params.base[0].y / {{WIDTH}}u + i] = v;
}
