// depthwise: a K x K convolution of each channel by itself.      (contract: backend.DepthwiseConv)
//
//   Y[b,y,x,c] (+)= Bias[c] + sum_{ky,kx} X[b, y+ky-K/2, x+kx-K/2, c] * Weight[ky,kx,c]
//
// The gradient with respect to X is the same sum over DY with the kernel turned by 180 degrees (flip).
//
// Buffers   x [B,h,w,c], weight [K,K,c], bias [c] (a placeholder without has_bias), y [B,h,w,c]. A piece of a split
//           call computes the rows first.. of the flattened [B,h]; the span of x then starts at its row x_row.
//           ELEMENT is f32, or vec4<f32> and then c counts groups of four channels.
// Dispatch  one thread per (image row, 8 neighbours along x, channel), channels along the lanes.
// Numbers   the 8 inputs under a tap slide along in registers: one load serves 8 products. K is written into the
//           text ({{KERNEL}}), so that compilers unroll the taps and the moves disappear.

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

// load returns X at column sx of the row that starts at line; 0 outside.
fn load(line: u32, sx: u32) -> {{ELEMENT}} {
    if sx < params.w {
        return x[line + sx * params.c];
    }
    return {{ELEMENT}}(0.0);
}

fn store(line: u32, ox: u32, v: {{ELEMENT}}) {
    if ox < params.w {
        let at = line + ox * params.c;
        if params.accumulate != 0u {
            y[at] += v;
        } else {
            y[at] = v;
        }
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

    var a0 = {{ELEMENT}}(0.0);
    if params.has_bias != 0u {
        a0 = bias[bases.z + ch];
    }
    var a1 = a0;
    var a2 = a0;
    var a3 = a0;
    var a4 = a0;
    var a5 = a0;
    var a6 = a0;
    var a7 = a0;
    for (var ky = 0u; ky < {{KERNEL}}u; ky += 1u) {
        // Rows and columns before the image wrap to huge numbers and fail the comparisons with h and w too.
        if oy + ky - half >= params.h {
            continue;
        }
        let line = bases.x + (params.first + row + ky - half - params.x_row) * params.w * params.c + ch;
        let sx = ox - half;
        var x0 = load(line, sx);
        var x1 = load(line, sx + 1u);
        var x2 = load(line, sx + 2u);
        var x3 = load(line, sx + 3u);
        var x4 = load(line, sx + 4u);
        var x5 = load(line, sx + 5u);
        var x6 = load(line, sx + 6u);
        for (var kx = 0u; kx < {{KERNEL}}u; kx += 1u) {
            let x7 = load(line, sx + 7u + kx);
            var tap = ky * {{KERNEL}}u + kx;
            if params.flip != 0u {
                tap = {{KERNEL}}u * {{KERNEL}}u - 1u - tap;
            }
            let k = weight[bases.y + tap * params.c + ch];
            a0 += k * x0;
            a1 += k * x1;
            a2 += k * x2;
            a3 += k * x3;
            a4 += k * x4;
            a5 += k * x5;
            a6 += k * x6;
            a7 += k * x7;
            x0 = x1;
            x1 = x2;
            x2 = x3;
            x3 = x4;
            x4 = x5;
            x5 = x6;
            x6 = x7;
        }
    }
    let line = bases.w + row * params.w * params.c + ch;
    store(line, ox, a0);
    store(line, ox + 1u, a1);
    store(line, ox + 2u, a2);
    store(line, ox + 3u, a3);
    store(line, ox + 4u, a4);
    store(line, ox + 5u, a5);
    store(line, ox + 6u, a6);
    store(line, ox + 7u, a7);
}
