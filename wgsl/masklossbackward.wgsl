// masklossbackward: the gradient of maskloss.             (specification: backend.MaskLossBackward)
//
//   DX += G0 * a*(2*u*u'*bce + u^2*(p-t)) + (G1*t + G2) * p*q,  u' = p*q*(1-2t),  p - t = p*(1-t) - q*t
//
// with p, q = 1 - p, u, a and bce as in maskpixel.wgsl.
//
// Buffers   x, dx [B,pixels]; truth [masks,pixels]; g [B,3]. The truth of mask b is number (phase + b)/repeat.
// Dispatch  one thread per element of dx.
// Needs     maskpixel.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    pixels: u32,
    repeat: u32,
    phase: u32,
    alpha: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> truth: array<f32>;
@group(0) @binding(3) var<storage, read> g: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let b = i / params.pixels;
    let t = truth[params.base[0].y + (params.phase + b) / params.repeat * params.pixels + i % params.pixels];
    let px = mask_pixel(x[params.base[0].x + i], t, params.alpha);
    let slope = px.p * px.q;
    let du = slope * (1.0 - 2.0 * t);
    let focal = px.a * (2.0 * px.u * du * px.bce + px.u * px.u * (px.p * (1.0 - t) - px.q * t));
    let gs = params.base[0].z + b * 3u;
    dx[params.base[0].w + i] += g[gs] * focal + (g[gs + 1u] * t + g[gs + 2u]) * slope;
}
