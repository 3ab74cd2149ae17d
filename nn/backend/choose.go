package backend

// Choose takes, of K candidates of each of B items, the one that ranks highest, the first among equals, and something else
// for items that are not open:
//
//	k(b) = argmax_k Rank[RankOff + b*RankItem + k]       0 without Rank
//	Y[b,n] = X[Off + b*Item + k(b)*N + n]                where Gate[b] > 0, everywhere without Gate
//	Y[b,n] = Other[n mod Period]                         elsewhere; with Add, both
//
// It decides where scores and ranks are, so that nobody has to wait for them.
type Choose struct {
	X                 Buffer
	Off, Item         int    // where the first item's candidates begin; words from item to item
	Rank              Buffer // nil only if K is 1
	RankOff, RankItem int
	Gate, Other       Buffer // [B], [Period], or both nil
	Period            int    // divides N; 0 without Other
	Add               bool
	Y                 Buffer // [B,N]
	B, K, N           int
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

// check demands what forward and backward need.
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
//	DX[Off + b*Item + k(b)*N + n] += DY[b,n]             where Gate[b] > 0, everywhere without Gate or with Add
//	DOther[n mod Period] += sum of DY[b,n]               over the items with Gate[b] <= 0
//
// DX and DOther may be nil. X, Other and Y are not looked at.
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
