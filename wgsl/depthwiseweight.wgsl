// depthwiseweight: first stage of the gradient of a depthwise convolution with respect to its weights.
//                                                        (specification: backend.DepthwiseConvBackward)
//
//   Part[s,ky,kx,c] = sum over x and the rows r = first + s + j*segments of X[r+ky-K/2, x+kx-K/2, c] * DY[r,x,c]
//
// Rows r are counted over the flattened [B,h]. A tap outside the image contributes nothing. sum.wgsl then sums Part over s.
//
// Buffers   x [B,h,w,c], from row x_row on; dy [rows,w,c], from row first on; part [segments,K,K,c].
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per (s, ky, c), for all kx; adjacent threads have adjacent channels.
// Method    K is inserted into the text and the taps kx are unrolled, with a sum in a register for each.
// Numbers   each row is summed separately before the row sums are added, so that rounding errors grow like w + rows, not w*rows.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads: segments*K*c
    first: u32,
    x_row: u32,
    rows: u32,
    h: u32,
    w: u32,
    c: u32,
    segments: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> dy: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read_write> part: array<{{ELEMENT}}>;

// load returns X at column sx of the row that begins at word line, 0 outside the image.
fn load(line: u32, sx: u32) -> {{ELEMENT}} {
    if sx < params.w {
        return x[line + sx * params.c];
    }
    return {{ELEMENT}}(0.0);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let bases = params.base[0] / {{WIDTH}}u;
    let ch = i % params.c;
    let ky = i / params.c % {{KERNEL}}u;
    let segment = i / params.c / {{KERNEL}}u;
    let half = {{KERNEL}}u / 2u;

    var total$T = {{ELEMENT}}(0.0);                                     // for T<{{KERNEL}}
    for (var row = segment; row < params.rows; row += params.segments) {
        // Coordinates before the image wrap around to huge numbers, which fail the comparisons with h and w too.
        if (params.first + row) % params.h + ky - half >= params.h {
            continue;
        }
        let line = bases.x + (params.first + row + ky - half - params.x_row) * params.w * params.c + ch;
        let outputs = bases.y + row * params.w * params.c + ch;
        var sum$T = {{ELEMENT}}(0.0);                                   // for T<{{KERNEL}}
        // The loop counts words, not 0..w: see finish in matmul.wgsl.
        var ox = 0u;
        for (var at = outputs; at < outputs + params.w * params.c; at += params.c) {
            let g = dy[at];
            sum$T += g * load(line, ox + $Tu - half);                   // for T<{{KERNEL}}
            ox += 1u;
        }
        total$T += sum$T;                                               // for T<{{KERNEL}}
    }
    let at = bases.z + (segment * {{KERNEL}}u + ky) * {{KERNEL}}u * params.c + ch;
    part[at + $Tu * params.c] = total$T;                                // for T<{{KERNEL}}
}
