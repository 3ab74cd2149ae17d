// matmulreduce: adds the pieces of a product that was split along k, then applies the epilogue.
//
//   C[z] = act(alpha * sum_s A[z,s] + Bias) + Residual[z]        A: the pieces, each [m,n]
//
// Dispatch  one thread per four columns of a row, workgroups in x and y; z items.

@group(0) @binding(1) var<storage, read> a: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let i = id.y * groups.x * 64u + id.x;
    let fours = (params.n + 3u) / 4u;
    let row = i / fours;
    let col = i % fours * 4u;
    if row >= params.m {
        return;
    }
    let item = params.first + id.z;
    var at = start(params.a, item) + row * params.a.stride + col;
    var sum = vec4<f32>(0.0);
    let size = params.m * params.n;
    let end = at + params.pieces * size;   // of words, not of 0..pieces: see finish
    for (; at < end; at += size) {
        sum += vec4<f32>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
    }
    finish(start(params.c, item), item, row, col, sum);
}
