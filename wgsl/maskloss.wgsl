// maskloss: first stage of the sums for the segmentation losses.      (specification: backend.MaskLoss)
//
//   Part[b,s,:] = sums over the pixels s + k*segments of (a*u^2*bce, t, both, either, W*t, d*t, W, d)
//
// where p = sigmoid(x), u = 1 - p_t and a = alpha_t (focal loss with gamma = 2; Lin et al., arXiv 1708.02002); both and either
// count the pixels with x > 0 and, or, t > 0.5; W = 1 if x >= 0, else 0; and d = p - W. sum.wgsl then sums over s, and
// masklossfinish.wgsl combines the sums of W and d to those of p.
//
// Buffers   x [B,pixels], truth [masks,pixels], part [B,segments,8]. The truth of mask b is number (phase + b)/repeat.
// Dispatch  one thread per (b, s).
// Numbers   the Dice loss is a small difference between 1 and a quotient of sums of p. If the mask is confident, the sums of W are
//           exact, because they are integers, and those of d are small; so the result is as accurate as a single rounding.
// Needs     maskpixel.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    pixels: u32,
    repeat: u32,
    phase: u32,
    segments: u32,
    alpha: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> truth: array<f32>;
@group(0) @binding(3) var<storage, read_write> part: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let b = i / params.segments;
    let xs = params.base[0].x + b * params.pixels;
    let ts = params.base[0].y + (params.phase + b) / params.repeat * params.pixels;
    var counts = vec4<f32>(0.0);
    var sums = vec4<f32>(0.0);
    for (var k = i % params.segments; k < params.pixels; k += params.segments) {
        let v = x[xs + k];
        let t = truth[ts + k];
        let px = mask_pixel(v, t, params.alpha);
        let predicted = v > 0.0;
        let actual = t > 0.5;
        counts += vec4<f32>(px.a * px.u * px.u * px.bce, t,
            select(0.0, 1.0, predicted && actual), select(0.0, 1.0, predicted || actual));
        let whole = select(0.0, 1.0, v >= 0.0);
        let d = select(px.p, -px.q, v >= 0.0);
        sums += vec4<f32>(whole * t, d * t, whole, d);
    }
    let at = params.base[0].z / 4u + i * 2u;
    part[at] = counts;
    part[at + 1u] = sums;
}
