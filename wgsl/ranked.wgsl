// ranked: finds the highest-ranked candidate of an item, for choose and its gradient, which it is joined in front of and which bind
// rank. It only compares, so it decides as the CPU does: of equal ranks, the first one wins.

// highest returns the index of the highest of k ranks, which begin at word first.
fn highest(first: u32, k: u32) -> u32 {
    var best = first;
    for (var r = first + 1u; r < first + k; r += 1u) {
        best = select(best, r, rank[r] > rank[best]);
    }
    return best - first;
}
