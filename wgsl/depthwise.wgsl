// depthwise: convolves each channel with its own K x K kernel.      (specification: backend.DepthwiseConv)
//
//   Y[b,y,x,c] (+)= Bias[c] + sum_{ky,kx} X[b, y+ky-K/2, x+kx-K/2, c] * Weight[ky,kx,c]
//
// The gradient with respect to X is the same sum over DY, with the kernel rotated by 180 degrees (flip).
//
// Buffers   x [B,h,w,c], weight [K,K,c], bias [c] (read only if has_bias), y [B,h,w,c]. If the launcher splits a call, a piece
//           computes the rows from first on, counted over the flattened [B,h], and x begins at row x_row.
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread for 8 adjacent pixels of a row and one channel; adjacent threads have adjacent channels.
// Method    K and SPAN = K + 7 are inserted into the text and all taps are unrolled, so that the SPAN inputs under 8 outputs stay
//           in registers: each is loaded once for up to K products.
// Note      no condition depends on params alone: lavapipe would compile the shader again for each value.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    first: u32,
    x_row: u32,
    h: u32,
    w: u32,
    c: u32,
    has_bias: u32,
    flip: u32,
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> weight: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> bias: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read_write> y: array<{{ELEMENT}}>;

// flipped returns the index of a tap, in the kernel rotated by 180 degrees if flip is set.
fn flipped(tap: u32) -> u32 {
    return select(tap, {{KERNEL}}u * {{KERNEL}}u - 1u - tap, params.flip != 0u);
}

// load returns X at column sx of the row that begins at word line, 0 outside the image.
fn load(line: u32, sx: u32) -> {{ELEMENT}} {
    if sx < params.w {
        return x[line + sx * params.c];
    }
    return {{ELEMENT}}(0.0);
}

fn store(line: u32, ox: u32, v: {{ELEMENT}}) {
    if ox < params.w {
        let at = line + ox * params.c;
        y[at] = v + select({{ELEMENT}}(0.0), y[at], params.accumulate != 0u);
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let bases = params.base[0] / {{WIDTH}}u;
    let strips = (params.w + 7u) / 8u;
    let ch = i % params.c;
    let ox = i / params.c % strips * 8u;
    let row = i / params.c / strips;
    let oy = (params.first + row) % params.h;
    let half = {{KERNEL}}u / 2u;

    let first = select({{ELEMENT}}(0.0), bias[bases.z + ch], params.has_bias != 0u);
    var a$I = first;                                                                   // for I<8
    var inputs: array<{{ELEMENT}}, {{SPAN}}>;
    for (var ky = 0u; ky < {{KERNEL}}u; ky += 1u) {
        // Coordinates before the image wrap around to huge numbers, which fail the comparisons with h and w too.
        if oy + ky - half >= params.h {
            continue;
        }
        let line = bases.x + (params.first + row + ky - half - params.x_row) * params.w * params.c + ch;
        inputs[$I] = load(line, ox - half + $Iu);                                      // for I<{{SPAN}}
        let k$T = weight[bases.y + flipped(ky * {{KERNEL}}u + $Tu) * params.c + ch];        // for T<{{KERNEL}}
        a$I += k$T * inputs[$Iu + $Tu];                                                // for I<8, T<{{KERNEL}}
    }
    let line = bases.w + row * params.w * params.c + ch;
    store(line, ox + $Iu, a$I);                                                        // for I<8
}
