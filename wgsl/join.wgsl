// join: places up to seven matrices side by side.      (specification: backend.Join)
//
//   Y[o, start_i + j] = X_i[o,j] for j < size_i
//
// Buffers   x0 .. x6 [outer,size_i]; for a matrix that does not exist, size_i is 0 and anything may be bound. y: rows `width`
//           apart. ELEMENT is f32, or vec4<f32>, and then all widths count groups of four words. The x may all be float16 in
//           pairs.
// Dispatch  one thread per element of Y.
// Needs     halves.wgsl.

struct Params {
    base: array<vec4<u32>, 2>,
    count: u32,      // threads
    group: u32,      // the sum of the sizes
    width: u32,      // from row to row of y
    start$I: u32,    // for I<7
    size$I: u32,     // for I<7
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x0: array<{{X_ELEMENT}}>;
@group(0) @binding(2) var<storage, read> x1: array<{{X_ELEMENT}}>;
@group(0) @binding(3) var<storage, read> x2: array<{{X_ELEMENT}}>;
@group(0) @binding(4) var<storage, read> x3: array<{{X_ELEMENT}}>;
@group(0) @binding(5) var<storage, read> x4: array<{{X_ELEMENT}}>;
@group(0) @binding(6) var<storage, read> x5: array<{{X_ELEMENT}}>;
@group(0) @binding(7) var<storage, read> x6: array<{{X_ELEMENT}}>;
@group(0) @binding(8) var<storage, read_write> y: array<{{ELEMENT}}>;

fn load$I(at: u32) -> {{ELEMENT}} { return {{LOAD_X}}; }  // for I<7

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    if i >= params.count {
        return;
    }
    let o = i / params.group;
    let j = i % params.group;
    var v = {{ELEMENT}}(0.0);
    // For j below start, the difference wraps around and is larger than any size.
    if j - params.start$I < params.size$I { v = load$I(params.base[$Iu / 4u][$Iu % 4u] / {{WIDTH}}u + o * params.size$I + j - params.start$I); } // for I<7
    y[params.base[1].w / {{WIDTH}}u + o * params.width + j] = v;
}
