// matmulnarrow: loads and stores for matmul.wgsl, for any layout. What is loaded from beyond the end of a row goes into sums that
// are never stored. (WebGPU defines reads beyond the end of a binding: they return some word of the binding, or zero.)

@group(0) @binding(2) var<storage, read> b: array<{{B_ELEMENT}}>;
@group(0) @binding(3) var<storage, read_write> c: array<f32>;
@group(0) @binding(5) var<storage, read> residual: array<f32>;

fn load_b(at: u32) -> vec4<f32> {
    return {{LOAD_B}};
}

fn load_c(at: u32) -> vec4<f32> {
    return vec4<f32>(c[at], c[at + 1u], c[at + 2u], c[at + 3u]);
}

fn load_residual(at: u32) -> vec4<f32> {
    return vec4<f32>(residual[at], residual[at + 1u], residual[at + 2u], residual[at + 3u]);
}

// store_c stores four words, or as many as are left in the row.
fn store_c(at: u32, left: u32, v: vec4<f32>) {
    c[at] = v.x;
    if left > 1u {
        c[at + 1u] = v.y;
    }
    if left > 2u {
        c[at + 2u] = v.z;
    }
    if left > 3u {
        c[at + 3u] = v.w;
    }
}
