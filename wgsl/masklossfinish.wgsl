// masklossfinish: last stage of the sums for the segmentation losses.      (specification: backend.MaskLoss)
//
//   Out[b,:] = (focal loss, p*t, p, t, both, either), from the sums of maskloss.wgsl
//
// Buffers   total [B,8], out [B,6].
// Dispatch  one thread per mask.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // B
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> total: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let counts = total[params.base[0].x / 4u + i * 2u];
    let sums = total[params.base[0].x / 4u + i * 2u + 1u];
    let at = params.base[0].y + i * 6u;
    out[at] = counts.x;
    out[at + 1u] = sums.x + sums.y;
    out[at + 2u] = sums.z + sums.w;
    out[at + 3u] = counts.y;
    out[at + 4u] = counts.z;
    out[at + 5u] = counts.w;
}
