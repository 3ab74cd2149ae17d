// layernorm: rows to mean 0 and variance 1, then scale and shift.      (contract: backend.LayerNorm)
//
//   Y[r,:] = act((X[r,:] - mean) / sqrt(var + eps) * Gamma + Beta)      (var is the biased variance)
//
// Buffers   x [rows,c], gamma [c], beta [c], y [rows,c]; in place x and y are one buffer (ACCESS is read_write, else
//           read). ELEMENT is f32, or vec4<f32> and then c counts groups of four.
// Dispatch  LANES threads per row, 64/LANES rows per workgroup: 32 lanes read coalesced on GPUs; 1 lane needs no
//           barriers and is about twice as fast on adapters that are CPUs (BenchmarkMemory/LayerNorm).
// Numbers   two passes (mean, then squared differences), so a large mean does not cancel. A row is read three times;
//           the second and third come from cache.
// Text      follows rowtotal.wgsl and erf.wgsl.

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
    // Threads past the last row compute it too and do not store it: barriers need all threads.
    let row = i / {{LANES}}u;
    let first = min(row, params.rows - 1u) * params.c;
    let bases = params.base[0] / {{WIDTH}}u;
    // Loops count from the start of the row: of 0 to c, lavapipe would compile the shader anew for each c.
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
    // Lavapipe compiles a shader anew for each value of a param that alone decides a branch; row keeps it from that.
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
