// maskpixel: the quantities of a pixel that both loss kernels need, joined in front of them.
//
// Numbers   everything is computed from e = exp(-|x|) <= 1: p and q are accurate even if they are tiny, and
//           softplus(x) = max(x,0) + log1p(e) cannot overflow. log1p(e) = 2*atanh(e/(2+e)), as a series in w = z^2 <= 1/9 with a
//           relative error below 1e-7.

struct Pixel {
    p: f32,          // sigmoid(x)
    q: f32,          // 1 - p
    u: f32,          // 1 - p_t
    a: f32,          // alpha_t
    bce: f32,        // softplus(x) - x*t
}

fn log1p(e: f32) -> f32 {
    let z = e / (2.0 + e);
    let w = z * z;
    let tail = 0.14285714 + w * (0.11111111 + w * (0.09090909 + w * 0.07692308));
    return 2.0 * z * (1.0 + w * (0.33333333 + w * (0.2 + w * tail)));
}

fn mask_pixel(x: f32, t: f32, alpha: f32) -> Pixel {
    let e = exp(-abs(x));
    let large = 1.0 / (1.0 + e);
    let p = select(e * large, large, x >= 0.0);
    let q = select(large, e * large, x >= 0.0);
    // max(x,0) - x*t is x*(1-t) or -x*t, which avoids the difference of two large numbers.
    let linear = select(-x * t, x * (1.0 - t), x >= 0.0);
    return Pixel(p, q, p * (1.0 - t) + q * t, alpha * t + (1.0 - alpha) * (1.0 - t), linear + log1p(e));
}
