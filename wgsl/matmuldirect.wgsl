// matmuldirect: the matrix product from registers alone. Each thread computes {{ROWS}} rows x 4*{{COLS}} columns; op(B) is
// B, stored [k,n] (the launcher transposes a B stored [n,k]); A is stored either way.
//
// Dispatch  workgroups of {{WX}} x {{WY}}: x along n, y along m, z item * pieces + piece.
// Origin    the register-blocked form that was fastest on Mesa's lavapipe, whose lanes are neighbors in x: all lanes
//           read the same A, so that only B is gathered. Columns of a thread lie {{STEP}} words apart, threads {{LANE}}.
// Measure   go test ./wgsl -run XXX -bench MatMul

@group(0) @binding(1) var<storage, read> a: array<{{A_ELEMENT}}>;

fn load_a(at: u32) -> f32 {
    return {{LOAD_A}};
}

@compute @workgroup_size({{WX}}, {{WY}})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) lane: vec3<u32>) {
    let row = (group.y * {{WY}}u + lane.y) * {{ROWS}}u;
    let col = group.x * {{TILE_N}}u + lane.x * {{LANE}}u;
    if row >= params.m || col >= params.n {
        return;
    }
    let item = params.first + group.z / params.pieces;
    let piece = group.z % params.pieces;
    let begin = piece * params.piece_k;
    let end = min(begin + params.piece_k, params.k);

    let a_start = start(params.a, item) + row * params.a_row;
    let a$I = a_start + $Iu * params.a_row;                                   // for I<{{ROWS}}
    var b_at = start(params.b, item) + begin * params.b.stride + col;
    var c$I_$J = vec4<f32>(0.0);                                              // for I<{{ROWS}}, J<{{COLS}}
    for (var k = begin; k < end; k++) {
        let term = k * params.a_term;
        let b$J = load_b(b_at + $Ju * {{STEP}}u);                             // for J<{{COLS}}
        let x$I = vec4<f32>(load_a(a$I + term));                              // for I<{{ROWS}}
        c$I_$J = fma(x$I, b$J, c$I_$J);                                       // for I<{{ROWS}}, J<{{COLS}}
        b_at += params.b.stride;
    }
    let origin = start(params.c, item) + piece * params.m * params.n;
    finish(origin, item, row + $Iu, col + $Ju * {{STEP}}u, c$I_$J);                 // for I<{{ROWS}}, J<{{COLS}}
}
