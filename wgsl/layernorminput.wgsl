// layernorminput: the gradient of a layer norm with respect to its input.   (specification: backend.LayerNormBackward)
//
//   DX (+)= (g - mean(g) - xh*mean(g*xh)) / sqrt(var + eps),  g = DY*Gamma,  xh = (X - mean) / sqrt(var + eps)
//
// Buffers   x, dy, dx [rows,c]; gamma [c]; stats [rows,4], from layernormstats.wgsl.
//           ELEMENT is f32, or vec4<f32>, and then c counts groups of four channels.
// Dispatch  one thread per element of dx.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    c: u32,
    overwrite: u32,  // 1: DX is overwritten, whatever it holds
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<{{ELEMENT}}>;
@group(0) @binding(2) var<storage, read> gamma: array<{{ELEMENT}}>;
@group(0) @binding(3) var<storage, read> dy: array<{{ELEMENT}}>;
@group(0) @binding(4) var<storage, read> stats: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> dx: array<{{ELEMENT}}>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let bases = params.base[0] / {{WIDTH}}u;
    let s = stats[params.base[0].w / 4u + i / params.c];
    let xh = (x[bases.x + i] - s.x) * s.y;
    let g = dy[bases.z + i] * gamma[bases.y + i % params.c];
    let at = params.base[1].x / {{WIDTH}}u + i;
    var d = (g - s.z - xh * s.w) * s.y;
    if params.overwrite == 0u {
        d += dx[at];
    }
    dx[at] = d;
}
