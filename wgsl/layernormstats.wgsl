// layernormstats: statistics of each row for the gradient of a layer norm.   (specification: backend.LayerNormBackward)
//
//   Stats[r] = (mean, 1/sqrt(var + eps), mean(g), mean(g*xh)),  xh = (X - mean)/sqrt(var + eps),  g = DY*Gamma
//
// Buffers   x, dy [rows,c]; gamma [c]; stats [rows,4].
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  LANES threads per row, as in layernorm.wgsl.
// Numbers   two passes, as in layernorm.wgsl.
// Needs     rowtotal.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    rows: u32,
    c: u32,
    eps: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> gamma: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> dy: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read_write> stats: array<vec4<f32>>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
        @builtin(local_invocation_index) lane: u32) {
    let i = id.y * groups.x * 64u + id.x;
    // All threads must reach the barriers in row_total: those past the last row compute it again and do not store it.
    let row = i / {{LANES}}u;
    let first = min(row, params.rows - 1u) * params.c;
    let bases = params.base[0] / {{WIDTH}}u;
    let begin = first + i % {{LANES}}u;         // as in layernorm.wgsl
    let end = first + params.c;
    let scale = 1.0 / f32(params.c * {{WIDTH}}u);
    var sum = {{ELEMENT}}(0.0);
    var sum_g = {{ELEMENT}}(0.0);
    for (var k = begin; k < end; k += {{LANES}}u) {
        sum += x[bases.x + k];
        sum_g += dy[bases.z + k] * gamma[bases.y + k - first];
    }
    let means = row_total(vec2<f32>(add_up(sum), add_up(sum_g)), lane) * scale;
    var squares = {{ELEMENT}}(0.0);
    var products = {{ELEMENT}}(0.0);
    for (var k = begin; k < end; k += {{LANES}}u) {
        let d = x[bases.x + k] - means.x;
        squares += d * d;
        products += d * dy[bases.z + k] * gamma[bases.y + k - first];
    }
    let spread = row_total(vec2<f32>(add_up(squares), add_up(products)), lane) * scale;
    let inverse = 1.0 / sqrt(spread.x + params.eps);
    if row < params.rows && i % {{LANES}}u == 0u {
        stats[params.base[0].w / 4u + row] = vec4<f32>(means.x, inverse, means.y, spread.y * inverse);
    }
}
