package backend

// Choose copies, for each of B items, the one of its K candidates with the highest rank (the first, if several are equal). Items
// whose gate is not above 0 get Other instead, or in addition:
//
//	k(b) = argmax_k Rank[RankOff + b*RankItem + k]       0 if Rank is nil
//	Y[b,n] = X[Off + b*Item + k(b)*N + n]                if Gate[b] > 0 or Gate is nil
//	Y[b,n] = Other[n mod Period]                         otherwise; with Add, the sum of both
//
// The choice is made where the ranks are, so that the host does not have to wait for them.
type Choose struct {
	X                 Buffer
	Off, Item         int    // where the first item's candidates begin, and the distance from item to item
	Rank              Buffer // may be nil if K is 1
	RankOff, RankItem int    // likewise
	Gate, Other       Buffer // [B], [Period]; both nil, or neither
	Period            int    // a divisor of N; unused without Gate
	Add               bool
	Y                 Buffer // [B,N]
	B, K, N           int    // items, candidates, words of a candidate
}

// Check panics unless a keeps the contract.
func (a Choose) Check() {
	const op = "Choose"
	a.check(op)
	reaches(op, "X", a.X, a.Off, []int{a.B, a.K * a.N}, []int{a.Item, 1})
	if a.Gate != nil {
		holds(op, "Other", a.Other, 0, a.Period)
	}
	holds(op, "Y", a.Y, 0, a.B*a.N)
}

// check requires what the forward and the backward kernel have in common.
func (a Choose) check(op string) {
	positive(op, "B, K, N", a.B, a.K, a.N)
	check(a.B == 1 || a.Item >= a.K*a.N, op, "got %d words from item to item, want at least K*N = %d", a.Item, a.K*a.N)
	check(a.Rank != nil || a.K == 1, op, "got nil for Rank of %d candidates, want a buffer", a.K)
	if a.Rank != nil {
		reaches(op, "Rank", a.Rank, a.RankOff, []int{a.B, a.K}, []int{a.RankItem, 1})
	}
	mayHold(op, "Gate", a.Gate, a.B)
	if a.Gate != nil {
		positive(op, "Period", a.Period)
		check(a.N%a.Period == 0, op, "got Period %d, want a divisor of N = %d", a.Period, a.N)
	}
}

// ChooseBackward adds the gradients of a Choose; Rank and Gate have none:
//
//	DX[Off + b*Item + k(b)*N + n] += DY[b,n]             if Gate[b] > 0, Gate is nil, or Add is set
//	DOther[n mod Period] += sum of DY[b,n]               over the other items: those with Gate[b] <= 0
//
// DX and DOther may be nil. X, Other and Y are not used.
type ChooseBackward struct {
	Choose
	DY, DX, DOther Buffer
}

// Check panics unless a keeps the contract.
func (a ChooseBackward) Check() {
	const op = "ChooseBackward"
	a.Choose.check(op)
	holds(op, "DY", a.DY, 0, a.B*a.N)
	if a.DX != nil {
		reaches(op, "DX", a.DX, a.Off, []int{a.B, a.K * a.N}, []int{a.Item, 1})
	}
	check(a.DOther == nil || a.Gate != nil, op, "got DOther without Gate, want nil")
	mayHold(op, "DOther", a.DOther, a.Period)
}
