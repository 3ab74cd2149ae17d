// layernorm: normalizes rows to mean 0 and variance 1, then scales and shifts them.      (specification: backend.LayerNorm)
//
//   Y[r,:] = act((X[r,:] - mean) / sqrt(var + eps) * Gamma + Beta)      (var is the biased variance)
//
// Buffers   x [rows,c], gamma [c], beta [c], y [rows,c]. In place, x and y are the same buffer and ACCESS is read_write, otherwise
//           read. ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  LANES threads per row, 64/LANES rows per workgroup. With 32 lanes, loads on GPUs are coalesced; with 1 lane, no
//           barriers are needed, which is about twice as fast on adapters that are CPUs (BenchmarkMemory/LayerNorm).
// Numbers   two passes, for the mean and then for the squared differences, so a large mean does not cancel digits. The row is read
//           three times; the second and third reads come from a cache.
// Needs     erf.wgsl, rowtotal.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    rows: u32,
    c: u32,
    eps: f32,
    act: u32,        // backend.Activation: 0 identity, 2 GELU
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, {{ACCESS}}> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> gamma: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> beta: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read_write> y: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let i = id.y * groups.x * 64u + id.x;
    // All threads must reach the barriers in row_total: those past the last row compute it again and do not store it.
    let row = i / {{LANES}}u;
    let first = min(row, params.rows - 1u) * params.c;
    let bases = params.base[0] / {{WIDTH}}u;
    // Loops count words, not 0..c: see finish in matmul.wgsl.
    let begin = bases.x + first + i % {{LANES}}u;
    let end = bases.x + first + params.c;
    let scale = 1.0 / f32(params.c * {{WIDTH}}u);
    var sum = {{ELEMENT}}(0.0);
    for (var k = begin; k < end; k += {{LANES}}u) {
        sum += x[k];
    }
    let mean = row_total(vec2<f32>(add_up(sum), 0.0), lane).x * scale;
    var squares = {{ELEMENT}}(0.0);
    for (var k = begin; k < end; k += {{LANES}}u) {
        let d = x[k] - mean;
        squares += d * d;
    }
    let variance = row_total(vec2<f32>(add_up(squares), 0.0), lane).x * scale;
    let inverse = 1.0 / sqrt(variance + params.eps);
    // The branch depends on row too: see finish in matmul.wgsl.
    let act = select(0u, params.act, row < 0x7fffffffu);
    if row < params.rows {
        for (var k = begin; k < end; k += {{LANES}}u) {
            let at = k - bases.x - first;
            var v = (x[k] - mean) * inverse * gamma[bases.y + at] + beta[bases.z + at];
            if act == 2u {
                v = gelu4(vec4<f32>(v)){{NARROW}};
            }
            y[bases.w + first + at] = v;
        }
    }
}
