// matmulreduce: adds the pieces of a matrix product whose sum was split, then applies the epilogue.
//
//   C[z] (+)= act(alpha * sum_s A[z,s] + Bias) + Residual[z]        A: the pieces, each [m,n]
//
// Bindings  1 a [items,pieces,m,n], 3 c, 4 bias, 5 residual, 6 angles; see matmul.wgsl. b (2) is not read.
// Dispatch  one thread for four columns of a row, in workgroups of 64 along x and y; z is the item.

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
    let end = at + params.pieces * size;   // not a loop over 0..pieces: see finish
    for (; at < end; at += size) {
        sum += vec4<f32>(a[at], a[at + 1u], a[at + 2u], a[at + 3u]);
    }
    finish(start(params.c, item), item, row, col, sum);
}
