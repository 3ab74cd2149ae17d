// matmulwide: loads and stores for matmul.wgsl if every row begins at a multiple of 4 words and n is a multiple of 4.

@group(0) @binding(2) var<storage, read> b: array<{{B_ELEMENT}}>;
@group(0) @binding(3) var<storage, read_write> c: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> residual: array<vec4<f32>>;

fn load_b(at: u32) -> vec4<f32> {
    return {{LOAD_B}};
}

fn load_c(at: u32) -> vec4<f32> {
    return c[at / 4u];
}

fn load_residual(at: u32) -> vec4<f32> {
    return residual[at / 4u];
}

// store_c stores four words. The number of words left in the row is at least 4 here.
fn store_c(at: u32, left: u32, v: vec4<f32>) {
    c[at / 4u] = v;
}
