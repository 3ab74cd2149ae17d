// layernorm: rows to mean 0 and variance 1, then scale and shift.      (contract: backend.LayerNorm)
//
//   Y[r,:] = (X[r,:] - mean) / sqrt(var + eps) * Gamma + Beta      (var is the biased variance)
//
// Buffers   x [rows,c], gamma [c], beta [c], y [rows,c]; in place x and y are one buffer (ACCESS is read_write, else
//           read).
// Dispatch  LANES threads per row, 64/LANES rows per workgroup: 32 lanes read coalesced on GPUs; 1 lane needs no
//           barriers and is five times faster on adapters that are CPUs.
// Numbers   two passes (mean, then squared differences), so a large mean does not cancel. A row is read three times;
//           the second and third come from cache.
// Text      follows rowtotal.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    rows: u32,
    c: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let i = id.y * groups.x * 64u + id.x;
    // Threads past the last row compute it too and do not store it: barriers need all threads.
    let row = i / {{LANES}}u;
    let first = min(row, params.rows - 1u) * params.c;
    let xs = params.base[0].x + first;
    let ys = params.base[0].w + first;
    let scale = 1.0 / f32(params.c);
    var sum = 0.0;
    for (var k = i % {{LANES}}u; k < params.c; k += {{LANES}}u) {
        sum += x[xs + k];
    }
    let mean = row_total(vec2<f32>(sum, 0.0), lane).x * scale;
    var squares = 0.0;
    for (var k = i % {{LANES}}u; k < params.c; k += {{LANES}}u) {
        let d = x[xs + k] - mean;
        squares += d * d;
    }
    let variance = row_total(vec2<f32>(squares, 0.0), lane).x * scale;
    let inverse = 1.0 / sqrt(variance + params.eps);
    if row < params.rows {
        for (var k = i % {{LANES}}u; k < params.c; k += {{LANES}}u) {
            y[ys + k] = (x[xs + k] - mean) * inverse * gamma[params.base[0].y + k] + beta[params.base[0].z + k];
        }
    }
}
