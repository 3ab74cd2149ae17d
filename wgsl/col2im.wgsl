// col2im: the adjoint of im2col.                        (specification: backend.Kernels.Col2Im)
//
//   X[b,y,x,ch] += the sum of all entries of Cols that im2col would copy from it
//
// Buffers   cols [B*OH*OW,kh*kw*c], x [B,h,w,c]. If the launcher splits a call, a piece computes the image rows from first on,
//           counted over the flattened [B,h], and cols begins at the patch row cols_row, counted over the flattened [B,OH].
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of x, which gathers: no atomics are needed, and the order of the sum is fixed.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    cols_row: u32,
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
@group(0) @binding(1) var<storage, read> cols: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read_write> x: array<{{ELEMENT}}>;

// first_patch returns the first patch along an axis that contains the padded coordinate s, for a kernel of k taps.
fn first_patch(s: u32, k: u32) -> u32 {
    if s < k {
        return 0u;
    }
    return (s - k) / params.stride + 1u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let ch = i % params.c;
    let row = params.first + i / params.c / params.w;
    let sx = i / params.c % params.w + params.pad;
    let sy = row % params.h + params.pad;

    // Patch oy contains the pixel as tap ky = sy - oy*stride if 0 <= ky < kh; likewise along x.
    let oy_end = min(sy / params.stride + 1u, params.oh);
    let ox_end = min(sx / params.stride + 1u, params.ow);
    var sum = {{ELEMENT}}(0.0);
    for (var oy = first_patch(sy, params.kh); oy < oy_end; oy += 1u) {
        let line = row / params.h * params.oh + oy - params.cols_row;
        let ky = sy - oy * params.stride;
        for (var ox = first_patch(sx, params.kw); ox < ox_end; ox += 1u) {
            let tap = ky * params.kw + sx - ox * params.stride;
            let at = ((line * params.ow + ox) * params.kh * params.kw + tap) * params.c + ch;
            sum += cols[params.base[0].x / {{WIDTH}}u + at];
        }
    }
    x[params.base[0].y / {{WIDTH}}u + i] += sum;
}
