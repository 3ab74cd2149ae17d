// maskloss: first stage of the sums for the segmentation losses.      (contract: backend.MaskLoss)
//
//   Part[b,s,:] = sums over the pixels s + k*segments of (a*u^2*bce, p*t, p, t, both, either); sum.wgsl adds over s
//
// with p = sigmoid(x), u = 1 - p_t, a = alpha_t (focal loss: Lin et al., arXiv 1708.02002, gamma = 2), both and
// either: x > 0 and, or, t > 0.5.
//
// Buffers   x [B,pixels], truth [masks,pixels], part [B,segments,6]. Item b's truth is (phase + b)/repeat.
// Dispatch  one thread per (b,s).
// Text      follows maskpixel.wgsl.

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
@group(0) @binding(3) var<storage, read_write> part: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let b = i / params.segments;
    let xs = params.base[0].x + b * params.pixels;
    let ts = params.base[0].y + (params.phase + b) / params.repeat * params.pixels;
    var soft = vec4<f32>(0.0);
    var hard = vec2<f32>(0.0);
    for (var k = i % params.segments; k < params.pixels; k += params.segments) {
        let v = x[xs + k];
        let t = truth[ts + k];
        let px = mask_pixel(v, t, params.alpha);
        soft += vec4<f32>(px.a * px.u * px.u * px.bce, px.p * t, px.p, t);
        let predicted = v > 0.0;
        let actual = t > 0.5;
        hard += vec2<f32>(select(0.0, 1.0, predicted && actual), select(0.0, 1.0, predicted || actual));
    }
    let at = params.base[0].z + i * 6u;
    part[at] = soft.x;
    part[at + 1u] = soft.y;
    part[at + 2u] = soft.z;
    part[at + 3u] = soft.w;
    part[at + 4u] = hard.x;
    part[at + 5u] = hard.y;
}
