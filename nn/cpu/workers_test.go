package cpu

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWorkersShareTasks checks that every task runs once, and that no two tasks have the same worker number at the
// same time.
func TestWorkersShareTasks(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		c := newWorkers(threads)
		for _, n := range []int{0, 1, 2, 7, 300} {
			seen, inUse := make([]int, n), make([]atomic.Bool, threads)
			c.share(threads, n, func(worker, task int) {
				require.True(t, inUse[worker].CompareAndSwap(false, true), "worker %d", worker)
				seen[task]++
				inUse[worker].Store(false)
			})
			for task, times := range seen {
				require.Equal(t, 1, times, "task %d of %d on %d threads", task, n, threads)
			}
		}
		c.stop()
	}
}

// TestWorkersWakeUp checks that sleeping workers are woken, with a job whose tasks wait for each other.
func TestWorkersWakeUp(t *testing.T) {
	c := newWorkers(2)
	defer c.stop()
	for range 20 {
		var both sync.WaitGroup
		both.Add(2)
		c.share(2, 2, func(int, int) { both.Done(); both.Wait() })
		require.Eventually(t, func() bool { return c.asleep.Load() == 1 }, 20*time.Second, 10*time.Microsecond)
	}
}

// TestWorkersRunNestedTasks checks that tasks within tasks run on the worker that shares them.
func TestWorkersRunNestedTasks(t *testing.T) {
	c := newWorkers(4)
	defer c.stop()
	var count atomic.Int32
	c.share(4, 10, func(int, int) {
		c.share(4, 10, func(worker, _ int) {
			require.Zero(t, worker)
			count.Add(1)
		})
	})
	require.EqualValues(t, 100, count.Load())
}

// TestWorkersPassPanicsOn checks that a panic in a task is passed on when no task is running anymore, and that the
// workers can be used again.
func TestWorkersPassPanicsOn(t *testing.T) {
	c := newWorkers(3)
	defer c.stop()
	for bad := range 20 {
		var running atomic.Int32
		text := func() (r any) {
			defer func() { r = recover() }()
			c.share(3, 20, func(_, task int) {
				running.Add(1)
				defer running.Add(-1)
				if task == bad {
					panic("no such row")
				}
				time.Sleep(10 * time.Microsecond)
			})
			return nil
		}()
		require.IsType(t, "", text)
		require.True(t, strings.HasPrefix(text.(string), "no such row\n"), text)
		require.Contains(t, text, "workers_test.go", "the stack of the task")
		require.Zero(t, running.Load())
	}
	var count atomic.Int32
	c.share(3, 20, func(int, int) { count.Add(1) })
	require.EqualValues(t, 20, count.Load())
}

// TestWorkersOfSeveralDevices lets several devices work at once on fewer cores than they have threads.
func TestWorkersOfSeveralDevices(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var all sync.WaitGroup
	var total atomic.Int64
	all.Add(4)
	for range 4 {
		go func() {
			defer all.Done()
			d := New(3)
			defer d.Close()
			for range 50 {
				d.parallel(64, minParallel, func(lo, hi int) { total.Add(int64(hi - lo)) })
			}
		}()
	}
	all.Wait()
	require.EqualValues(t, 4*50*64, total.Load())
}

// TestWorkersStop checks that a device that is closed, or no longer referenced, leaves no goroutine behind.
func TestWorkersStop(t *testing.T) {
	before := runtime.NumGoroutine()
	use := func() *Device {
		d := New(4)
		d.parallel(64, minParallel, func(int, int) {})
		return d
	}
	use().Close()
	use()
	require.Eventually(t, func() bool {
		runtime.GC()
		return runtime.NumGoroutine() <= before
	}, 20*time.Second, time.Millisecond)
}
