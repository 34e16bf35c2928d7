package kit

import (
	"context"
)

// Background runs work off Fyne's goroutine and then done on it. The work's context ends with the console.
type Background func(work func(context.Context) error, done func(error))

// Fetch asks off Fyne's goroutine and passes the answer to done on it.
func Fetch[T any](background Background, ask func(context.Context) (T, error), done func(T, error)) {
	var answer T
	background(func(ctx context.Context) (err error) {
		answer, err = ask(ctx)
		return err
	}, func(err error) { done(answer, err) })
}

// FetchCancellable asks as Fetch does. The returned function cancels: done then gets context.Canceled.
func FetchCancellable[T any](background Background, ask func(context.Context) (T, error), done func(T, error)) (cancel func()) {
	asking, cancel := context.WithCancel(context.Background())
	Fetch(background, func(ctx context.Context) (T, error) {
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		return ask(asking)
	}, done)
	return cancel
}
