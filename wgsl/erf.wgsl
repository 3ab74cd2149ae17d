// erf: the exact GELU and its derivative, joined in front of the kernels that need them.
//
//   gelu(x) = x * Phi(x)      gelu'(x) = Phi(x) + x * phi(x)      Phi, phi: distribution and density of the standard normal
//
// Phi(-|x|) = erfc(|x|/sqrt(2))/2, by the polynomial 7.1.26 of Abramowitz and Stegun, whose error is below 1.5e-7 in exact
// arithmetic. Computing this tail, not 1 + erf, avoids cancellation in gelu(-|x|). Errors measured on lavapipe against float64
// (map_test.go): 1.7e-7*max(1,|x|) for gelu, 2.7e-7 for its derivative.

// Normal holds Phi(x) and exp(-x^2/2) of four elements.
struct Normal {
    cdf: vec4<f32>,
    bell: vec4<f32>,
}

fn normal4(x: vec4<f32>) -> Normal {
    let z = abs(x) * 0.70710678;
    let bell = exp(-z * z);
    let t = 1.0 / (1.0 + 0.3275911 * z);
    let poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    let tail = 0.5 * poly * bell;
    return Normal(select(1.0 - tail, tail, x < vec4<f32>(0.0)), bell);
}

fn gelu4(x: vec4<f32>) -> vec4<f32> {
    return x * normal4(x).cdf;
}

fn gelu_derivative4(x: vec4<f32>) -> vec4<f32> {
    let n = normal4(x);
    return n.cdf + x * n.bell * 0.39894228;
}

fn gelu(x: f32) -> f32 {
    return gelu4(vec4<f32>(x)).x;
}
